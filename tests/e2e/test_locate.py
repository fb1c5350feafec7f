"""``proofstill locate`` on the ledger of a real run: labels, resumption, and a run that stays as it was."""

import json
import re
import shutil
import subprocess
import time
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from conftest import SCRIPT

from engine.ledger_reader import groups
from engine.problems.word_problems import WordProblems

VERIFIERS = "verifier=[math,steps]"
RUN = ("problems=jsonl", "problems.path=problems.jsonl", "product=[sft]", "pool.workers=1", "ledger.flush_s=0.05")
LOCATE = ("locate", "run=runs/demo", "sampler=scripted", "sampler.pass_rate=0.9", "pool.workers=1", "accepted_share=1")
MAKE = ("ledger.flush_s=0.05", "progress.every_s=1")


def wrong_at(text, step):
    """The solution with a false equation at ``step``, and another answer at the end."""
    lines = text.split("\n")
    lines[step] = re.sub(r"= (\d+)", lambda found: f"= {int(found[1]) + 7}", lines[step])
    lines[-1] = re.sub(r"\{(\d+)\}", lambda found: f"{{{int(found[1]) + 7}}}", lines[-1])
    return "\n".join(lines)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Where a run was made of six problems, each with a right sample and samples that are wrong at step 1, 2, 3."""
    place = tmp_path_factory.mktemp("made")
    problems = list(WordProblems(6, 3, "hard").problems())
    keys = ("id", "prompt", "answer", "reference_solution")
    rows = [{key: getattr(problem, key) for key in keys} for problem in problems]
    (place / "problems.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    samples = []
    for problem in problems:
        right = problem.reference_solution
        texts = [right, *(wrong_at(right, step) for step in range(3))]
        samples += [{"id": problem.id, "text": text} for text in texts]
    (place / "samples.jsonl").write_text("".join(json.dumps(row) + "\n" for row in samples))
    arguments = ("run", *RUN, VERIFIERS, "sampler=replay", "sampler.path=samples.jsonl", "budget.n_samples=4")
    done = subprocess.run([SCRIPT, *arguments], cwd=place, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr
    return place


@pytest.fixture
def finished(made, tmp_path):
    """A copy of that run."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return tmp_path / "runs/demo"


def exported(proofstill, directory):
    """Bytes of everything that an export writes; the report shows the labels too."""
    done = proofstill("export", f"run={directory}")
    assert done.returncode == 0, done.stderr
    others = ("locate.json", ".lock", "report.html")
    left = {path.name: path.read_bytes() for path in directory.glob("*.*") if path.name not in others}
    return left | {str(p): p.read_bytes() for p in sorted((directory / "products").rglob("*")) if p.is_file()}


def labels(directory: Path):
    """Every label of the ledger by (problem, index)."""
    found = {}
    for group in groups(directory / "ledger"):
        for index, verdicts in group.verdicts.items():
            if "locate" in verdicts:
                found[group.problem.id, index] = verdicts["locate"]
    return found


def count(directory, what):
    return sum(pq.read_metadata(path).num_rows for path in (directory / "ledger" / what).glob("*.parquet"))


@pytest.mark.slow
def test_first_wrong_steps_are_found_and_the_run_stays_as_it_was(proofstill, finished):
    before = exported(proofstill, finished)
    done = proofstill(*LOCATE, *MAKE, "use_marks=false")
    assert done.returncode == 0, done.stderr
    assert "the rollouts' sampler is not the run's" in done.stderr
    stats = json.loads((finished / "locate.json").read_text())
    assert f"{stats['rollouts']} rollouts" in done.stdout
    assert stats["rejected"]["located"] >= 16
    assert stats["accepted"] == {"clean": 6}

    named = 0
    for (_, index), verdict in labels(finished).items():
        first = verdict.evidence["first_wrong"]
        if index == 0:
            assert (verdict.status, first) == ("PASS", None)
            assert {step.verdict for step in verdict.steps} == {"supported"}
        elif first is not None:
            named += 1
            assert verdict.status == "FAIL"
            assert first == index - 1, "sample i is wrong at step i - 1"
            assert [step.verdict for step in verdict.steps[first:]] == ["refuted"] + ["unchecked"] * (
                len(verdict.steps) - first - 1
            )
            assert all(a.score >= b.score for a, b in zip(verdict.steps, verdict.steps[1:], strict=False))
            assert sum(row["n"] for row in verdict.evidence["rollouts"]) <= verdict.evidence["asked"]
    assert named == stats["rejected"]["located"]
    for group in groups(finished / "ledger"):
        assert sorted(group.samples) == [0, 1, 2, 3]
        for rollout in group.rollouts.values():
            parent = group.samples[rollout.parent]
            assert rollout.text.startswith(parent.text[: rollout.lineage["prefix"]])
            assert rollout.index // 1_000_000 == rollout.parent + 1
    assert exported(proofstill, finished) == before

    rollouts, verdicts = count(finished, "samples"), count(finished, "verdicts")
    again = proofstill(*LOCATE, *MAKE, "use_marks=false")
    assert (again.returncode, again.stdout) == (0, done.stdout)
    assert (count(finished, "samples"), count(finished, "verdicts")) == (rollouts, verdicts), "something was done twice"

    marked = proofstill(*LOCATE, *MAKE)
    assert marked.returncode == 0, marked.stderr
    assert json.loads((finished / "locate.json").read_text())["rollouts"] < stats["rollouts"] / 2
    assert count(finished, "samples") <= rollouts + 5, "rollouts are shared by settings"
    linear = proofstill(*LOCATE, *MAKE, "method=linear", "k=2")
    assert linear.returncode == 0, linear.stderr
    assert json.loads((finished / "locate.json").read_text())["rejected"]["located"] == 18


@pytest.mark.thorough
def test_killed_and_resumed_it_gives_the_same_labels(proofstill, finished):
    whole = finished.rename(finished.with_name("whole"))
    shutil.copytree(whole, finished)
    slow = (*LOCATE, *MAKE, "sampler.delay_s=0.3", "wave=2")
    done = proofstill(*(word.replace("runs/demo", "runs/whole") for word in slow))
    assert done.returncode == 0, done.stderr
    start, kept = count(finished, "samples"), []
    for _ in range(2):
        before = kept[-1] if kept else start
        process = subprocess.Popen(
            [SCRIPT, *slow], cwd=finished.parents[1], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 60
        while count(finished, "samples") == before and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert process.poll() is None, "it ended before it could be killed"
        process.kill()
        process.wait()
        kept.append(count(finished, "samples"))
    assert kept[0] < kept[1]
    resumed = proofstill(*slow)
    assert (resumed.returncode, resumed.stdout) == (0, done.stdout)
    assert (finished / "locate.json").read_bytes() == (whole / "locate.json").read_bytes()
    assert labels(finished) == labels(whole)
    assert count(finished, "samples") == count(whole, "samples")
    made = Counter(index for group in groups(finished / "ledger") for index in group.rollouts)
    assert made
    assert count(finished, "samples") == start + made.total(), "a rollout was made twice"


@pytest.mark.slow
def test_a_sampler_that_cannot_go_on_is_named(proofstill, finished):
    done = proofstill("locate", "run=runs/demo", "use_marks=false")
    assert done.returncode == 1
    assert "replay" in done.stderr
    assert len(done.stderr.strip().splitlines()) <= 3
    assert "Traceback" not in done.stderr


@pytest.mark.thorough
def test_the_bundled_model_goes_on_from_its_own_steps(proofstill, tmp_path):
    done = proofstill("run", "problems.n_problems=2", "budget.n_samples=8", "problems.difficulty=3", "pool.workers=1")
    assert done.returncode == 0, done.stderr
    located = proofstill("locate", "run=runs/demo", "rollouts=6", "per_problem=2", "pool.workers=1")
    assert located.returncode == 0, located.stderr
    assert "sampler is not the run's" not in located.stderr
    (group, *_) = groups(tmp_path / "runs/demo/ledger")
    assert group.rollouts
    assert {sample.model for sample in group.rollouts.values()} == {"bundled:tiny"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run=runs/nothing",), "no run here"),
        (("run=runs/nothing", "method=guess"), "method"),
        (("run=runs/nothing", "prior.lucky=0"), "prior.lucky"),
        (("run=runs/nothing", "rollouts=0"), "rollouts is 0"),
        (("run=runs/nothing", "verifier=[]"), "verifier"),
        ((), "run"),
    ],
)
def test_mistakes_are_named(proofstill, arguments, said):
    done = proofstill("locate", *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_run_without_rejected_samples_is_named(proofstill):
    done = proofstill("run", "sampler=scripted", "sampler.pass_rate=1", "problems.n_problems=2", "pool.workers=1")
    assert done.returncode == 0, done.stderr
    located = proofstill("locate", "run=runs/demo", "accepted_share=0")
    assert located.returncode == 1
    assert "none is rejected" in located.stderr
