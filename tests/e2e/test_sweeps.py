"""Sweeps through the console script: launchers, failed jobs, what resumes, what is left running."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from conftest import SCRIPT

BASE = ("run", "sampler=scripted", "problems.n_problems=6", "pool.workers=1", "run.name=s")


def comparison(cwd, name="s"):
    return json.loads((cwd / "runs" / name / "comparison.json").read_text())


def segments(directory):
    """Every file of a ledger and when it was written."""
    return {str(path): path.stat().st_mtime_ns for path in directory.rglob("*.parquet")}


def products(directory):
    return {str(p.relative_to(directory)): p.read_bytes() for p in sorted(directory.rglob("*")) if p.is_file()}


@pytest.mark.slow
def test_values_are_added_and_only_they_are_sampled(proofstill, tmp_path):
    first = proofstill(*BASE, "-m", "budget.n_samples=2,0", "objective=tokens_per_accepted", "direction=minimize")
    assert first.returncode == 2
    assert "error: job 1 (budget.n_samples=0): budget: n_samples must be at least 1, got 0" in first.stderr
    assert first.stdout.count("Sweep s") == 1
    done = tmp_path / "runs/s/budget.n_samples-2"
    before, seconds = segments(done), json.loads((done / "stats.json").read_text())["seconds"]

    second = proofstill(*BASE, "-m", "budget.n_samples=4,2")
    assert second.returncode == 0, second.stderr
    assert "was complete already" in second.stdout
    assert segments(done) == before
    assert json.loads((done / "stats.json").read_text())["seconds"] == seconds
    found = comparison(tmp_path)
    assert [(job["directory"][-1], job["status"], job["earlier"]) for job in found["jobs"]] == [
        ("4", "complete", False),
        ("2", "complete", False),
        ("0", "failed", True),
    ]
    assert found["best"] in ("budget.n_samples-4", "budget.n_samples-2")
    assert "(earlier)" in second.stdout
    page = (tmp_path / "runs/s/comparison.html").read_text()
    assert "budget.n_samples-4/report.html" in page
    # a job's directory is a run like any other, and its name needs no quotes
    again = proofstill("export", "run=runs/s/budget.n_samples-4")
    assert again.returncode == 0, again.stderr


BREAKS = """
    from engine.errors import SamplerError
    from engine.samplers.transformers import TransformersSampler

    class Breaks(TransformersSampler):
        async def stream(self, request):
            async for sample in super().stream(request):
                yield sample
                raise SamplerError("the engine broke in the middle of its work")
"""
WATCH = """
    import threading
    from pathlib import Path

    from hydra.experimental.callback import Callback

    def below(pid):
        found = []
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                line = Path(f"/proc/{child}/cmdline").read_bytes().replace(b"\\0", b" ").decode()
                found += [line.strip(), *below(child)]
        return found

    class Watch(Callback):
        def on_job_end(self, config, job_return, **_):
            with open("left.txt", "a") as out:
                print(threading.active_count(), *sorted(below("self")), sep="\\t", file=out)
"""


@pytest.mark.thorough
def test_no_engine_and_no_verifier_outlives_its_job(proofstill, tmp_path):
    (tmp_path / "breaks.py").write_text(textwrap.dedent(BREAKS))
    (tmp_path / "watch.py").write_text(textwrap.dedent(WATCH))
    target = "engine.samplers.transformers.TransformersSampler"
    done = proofstill(
        *("run", "problems.n_problems=3", "budget.n_samples=2", "pool.workers=2", "run.name=s", "sampler.batch_size=2"),
        *("-m", f"sampler._target_={target},breaks.Breaks", "run.seed=1,2"),
        "+hydra.callbacks.watch._target_=watch.Watch",
    )
    assert done.returncode == 1, done.stderr
    assert "the engine broke in the middle of its work" in done.stderr
    assert [job["status"] for job in comparison(tmp_path)["jobs"]] == ["complete", "complete", "failed", "failed"]
    lines = [line.split("\t") for line in (tmp_path / "left.txt").read_text().splitlines()]
    assert len(lines) == 4
    for threads, *processes in lines:
        # Python's own two stay for the next job: the server that forks verifiers, and what clears up behind it
        assert len(processes) <= 2, processes
        assert all("forkserver" in line or "resource_tracker" in line for line in processes), processes
        assert threads == lines[0][0]


def kill_in_second_job(cwd, how, started=()):
    """Start a sweep, send the signal ``how`` while its second job samples; returns what it wrote to standard error."""
    line = (SCRIPT, *BASE, "sampler.delay_s=0.4", "loop.open_problems=2", "ledger.flush_s=0.05", *started)
    process = subprocess.Popen(
        [*line, "-m", "budget.n_samples=1,3"], cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    samples, deadline = cwd / "runs/s/budget.n_samples-3/ledger/samples", time.monotonic() + 100
    while len(list(samples.glob("*.parquet"))) < 2:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(how)
    out, err = process.communicate(timeout=60)
    assert (cwd / "runs/s/budget.n_samples-1/stats.json").exists()
    assert not (cwd / "runs/s/budget.n_samples-3/stats.json").exists()
    assert "Sweep s" not in out
    return process.returncode, err


@pytest.mark.slow
@pytest.mark.parametrize(
    "how", [signal.SIGINT, pytest.param(signal.SIGKILL, marks=pytest.mark.thorough)], ids=["ctrl-c", "kill"]
)
def test_interrupted_sweep_goes_on_job_by_job(proofstill, tmp_path, how):
    returned, err = kill_in_second_job(tmp_path, how)
    assert returned == (130 if how == signal.SIGINT else -9), err
    first, second = (tmp_path / f"runs/s/budget.n_samples-{n}" for n in (1, 3))
    before, part = segments(first), segments(second)

    # faster, which may change on resume
    resumed = proofstill(*BASE, "sampler.delay_s=0.4", "loop.open_problems=6", "-m", "budget.n_samples=1,3")
    assert resumed.returncode == 0, resumed.stderr
    assert segments(first) == before
    assert part.items() <= segments(second).items()
    assert "job 0" in resumed.stdout
    assert resumed.stdout.count("was complete already") == 1

    whole = proofstill(
        *BASE[:-1], "run.name=whole", "sampler.delay_s=0.4", "budget.n_samples=3", "loop.open_problems=6"
    )
    assert whole.returncode == 0, whole.stderr
    expected = products(tmp_path / "runs/whole/products")
    assert {name: data for name, data in products(second / "products").items() if name.endswith(".jsonl")} == {
        name: data for name, data in expected.items() if name.endswith(".jsonl")
    }
    stats = json.loads((second / "stats.json").read_text())
    assert stats["samples"]["total"] == 18


def run_beside(proofstill, launcher, *more):
    done = proofstill(*BASE, f"hydra/launcher={launcher}", *more, "-m", "budget.n_samples=1,2,0", timeout=280)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert "Warning" not in done.stderr
    return done


def check_beside(proofstill, tmp_path):
    """The same jobs one after the other give the same samples."""
    beside = comparison(tmp_path)["jobs"]
    assert [job["status"] for job in beside] == ["complete", "complete", "failed"]
    assert beside[2]["error"] == "budget: n_samples must be at least 1, got 0"
    alone = proofstill(*BASE[:-1], "run.name=alone", "-m", "budget.n_samples=1,2")
    assert alone.returncode == 0, alone.stderr
    for one, other in zip(comparison(tmp_path, "alone")["jobs"], beside, strict=False):
        for key in ("directory", "accepted", "solved", "pass_at_1", "tokens"):
            assert one[key] == other[key], key


@pytest.mark.thorough
def test_joblib_runs_jobs_side_by_side(proofstill, tmp_path):
    run_beside(proofstill, "joblib")
    check_beside(proofstill, tmp_path)


@pytest.mark.thorough
def test_joblib_leaves_nobody_behind_when_it_is_killed(proofstill, tmp_path):
    kill_in_second_job(tmp_path, signal.SIGKILL, ["hydra/launcher=joblib", "hydra.launcher.n_jobs=1"])
    deadline = time.monotonic() + 60
    while left := [line for line in working_in(tmp_path) if "resource_tracker" not in line]:
        assert time.monotonic() < deadline, left
        time.sleep(0.1)
    resumed = proofstill(*BASE, "sampler.delay_s=0.4", "hydra/launcher=joblib", "-m", "budget.n_samples=1,3")
    assert resumed.returncode == 0, resumed.stderr
    assert resumed.stdout.count("was complete already") == 1


def working_in(directory):
    """Command lines of processes that run in ``directory``, whoever their parent is now."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has just ended
            if os.readlink(process / "cwd") == str(directory):
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
    return found


@pytest.mark.thorough
def test_submitit_runs_jobs_as_slurm_would(proofstill, tmp_path):
    run_beside(proofstill, "submitit_local", "hydra.launcher.timeout_min=5")
    assert [job["status"] for job in comparison(tmp_path)["jobs"]] == ["complete", "complete", "failed"]
    logs = list((tmp_path / "runs/s/.submitit").glob("*/*_log.out"))
    assert sum("complete, accepted_problems" in log.read_text() for log in logs) == 2


@pytest.mark.thorough
def test_ray_runs_jobs_as_tasks(proofstill, tmp_path):
    pytest.importorskip("ray", reason="extra ray is not installed")
    run_beside(proofstill, "ray", "hydra.launcher.num_cpus=2")
    check_beside(proofstill, tmp_path)
    assert not working_in(tmp_path), "the sweep's own cluster ends with it"


LAST_DIGIT = """
    from dataclasses import dataclass
    from engine.records import Problem, Reason, Sample, Status, Verdict

    @dataclass
    class LastDigit:
        name = "gullible"
        version = "1"
        resource = "cpu"

        def verify(self, problem: Problem, sample: Sample) -> Verdict:
            same = sample.text.rstrip("}. ")[-1:] == problem.answer[-1:]
            return Verdict(Status.PASS if same else Status.FAIL, reason=Reason("last_digit", "looks at one digit"))
"""


@pytest.mark.slow
def test_a_job_whose_verifier_is_gullible_is_shown_up_by_the_others(proofstill, tmp_path):
    (tmp_path / "gullible.py").write_text(textwrap.dedent(LAST_DIGIT))
    for name, text in {
        "verifier/gullible": "gullible:\n  _target_: gullible.LastDigit\n",
        "experiment/three": "# @package _global_\nsampler:\n  responses:\n"
        + "".join(f"  - 'so \\boxed{{{answer}}}'\n" for answer in ("{answer}", "7{answer}", "{wrong}")),
    }.items():
        path = tmp_path / "conf" / f"{name}.yaml"
        path.parent.mkdir(parents=True)
        path.write_text(text)
    done = proofstill(*BASE, "experiment=three", "budget.n_samples=3", "-m", "verifier=[math],[gullible]")
    assert done.returncode == 0, done.stderr
    jobs = {job["overrides"][0]: job for job in comparison(tmp_path)["jobs"]}
    strict, gullible = jobs["verifier=[math]"], jobs["verifier=[gullible]"]
    assert (strict["accepted"], gullible["accepted"]) == (6, 12)
    wrong = gullible["false_pass"]
    assert (wrong["judged"], wrong["refuted"], wrong["witnesses"]) == (12, 6, {"math": 6})
    assert wrong["low"] < wrong["share"] == 0.5 < wrong["high"]
    assert (strict["false_pass"]["judged"], strict["false_pass"]["refuted"]) == (6, 0)
    assert "false PASS" in done.stdout


WITHOUT = "import sys; sys.argv = ['proofstill', *sys.argv[1:]]; {}; from engine.cli import main; main()"
OWN_PLUGINS = f"import hydra_plugins; hydra_plugins.__path__ = [{str(Path(__file__).parents[2] / 'hydra_plugins')!r}]"


@pytest.mark.parametrize(
    ("option", "hide", "package"),
    [
        ("hydra/sweeper=optuna", "sys.modules['optuna'] = None", "optuna"),
        ("hydra/launcher=ray", "sys.modules['ray'] = None", "ray"),
        ("hydra/launcher=joblib", OWN_PLUGINS, "hydra-joblib-launcher"),
        ("hydra/launcher=submitit_slurm", OWN_PLUGINS, "hydra-submitit-launcher"),
    ],
)
def test_a_missing_package_is_named_with_what_to_install(tmp_path, option, hide, package):
    code = WITHOUT.format(hide)
    done = subprocess.run(
        [sys.executable, "-c", code, *BASE, option, "-m", "budget.n_samples=1,2"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    extra = "ray" if package == "ray" else "sweep"
    assert (
        done.stderr == f"error: {option} needs {package}, which is not installed: pip install 'proofstill[{extra}]'\n"
    )
    assert done.returncode == 2
