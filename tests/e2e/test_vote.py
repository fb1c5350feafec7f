"""Problems without answers, from end to end: what most samples say is kept."""

import json
import subprocess
import time

import pytest
from conftest import SCRIPT
from test_bad_input import error_line, lines
from test_kill_and_resume import assert_nothing_twice, files
from test_run import read

RUN = (
    "run", "problems=jsonl", "problems.path=problems.jsonl", "verifier=[consensus]", "pool.workers=1",
    "ledger.flush_s=0.05", "run.name=vote",
)  # fmt: skip
REPLAY = ("sampler=replay", "sampler.path=samples.jsonl", "sampler.fields.text=response", "budget.n_samples=6")
SCRIPTED = ("sampler=scripted", "sampler.delay_s=0.5", "budget.n_samples=5")
# five samples of every problem in turn: three spellings of a half, another answer, none
RESPONSES = ["\\boxed{1/2}", "so \\boxed{0.5}", "\\boxed{3}", "\\boxed{2/4}", "I do not know."]
TRUTH = {f"p{i}": 2 * i for i in range(8)}


@pytest.fixture
def rows(tmp_path):
    """Eight problems; six samples each, of which as many as the problem's number say the wrong thing in turn."""
    lines(tmp_path / "problems.jsonl", [{"id": name, "prompt": f"What is {name[1:]} twice?"} for name in TRUTH])
    made = []
    for name, truth in TRUTH.items():
        for j in range(6):
            wrong = j < int(name[1:]) % 6
            made.append({"id": name, "response": f"It is \\boxed{{{truth + 1 + j % 2 if wrong else truth}}}."})
    lines(tmp_path / "samples.jsonl", made)


def accepted(directory):
    kept = read(directory / "products/sft/messages/train-00000.jsonl")
    return {(row["problem_id"], row["index"], row["answer"]) for row in kept}


@pytest.mark.slow
def test_the_majority_is_kept_and_nothing_else(proofstill, rows, tmp_path):
    done = proofstill(*RUN, *REPLAY, "select=[]")
    assert done.returncode == 0, done.stderr
    right = {name: 6 - int(name[1:]) % 6 for name in TRUTH}
    # three of six lead by one, two tie with each of two wrong answers, one is outvoted by too little
    won = {name: many for name, many in right.items() if many >= 4}
    expected = {(name, j, str(TRUTH[name])) for name, many in won.items() for j in range(6 - many, 6)}
    assert accepted(tmp_path / "runs/vote") == expected
    stats = json.loads((tmp_path / "runs/vote/stats.json").read_text())
    assert stats["problems"]["set_aside"] == {}
    assert stats["verdicts"]["consensus"] == {
        "PASS": len(expected),
        "FAIL": sum(6 - many for many in won.values()),
        "ABSTAIN": 6 * (len(TRUTH) - len(won)),
    }


@pytest.mark.thorough
def test_killed_and_resumed_exports_the_same_bytes(rows, tmp_path):
    """Behind another verifier, too; the spellings of one answer vote together."""
    arguments = [
        SCRIPT, *RUN, *SCRIPTED, f"sampler.responses={json.dumps(RESPONSES)}", "loop.open_problems=3", "select=[]",
        "verifier=[steps,consensus]",
    ]  # fmt: skip
    for name in ("whole", "killed"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "problems.jsonl").write_bytes((tmp_path / "problems.jsonl").read_bytes())
    ledger = tmp_path / "killed/runs/vote/ledger"
    process = subprocess.Popen(arguments, cwd=tmp_path / "killed", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while len(list(ledger.glob("verdicts/*.parquet"))) < 2 and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert process.poll() is None, "the run ended before it could be killed: raise delay_s"
    process.kill()
    process.wait()
    for name in ("killed", "whole"):
        done = subprocess.run(arguments, cwd=tmp_path / name, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
    expected = files(tmp_path / "whole/runs/vote/products")
    assert accepted(tmp_path / "whole/runs/vote") == {
        (name, i, RESPONSES[i].partition("{")[2].rstrip("}")) for name in TRUTH for i in (0, 1, 3)
    }
    assert files(tmp_path / "killed/runs/vote/products") == expected
    assert_nothing_twice(ledger)


def test_a_budget_that_stops_early_is_refused(proofstill, rows, tmp_path):
    done = proofstill(*RUN, *REPLAY, "budget=until")
    assert done.returncode == 2
    assert error_line(done) == (
        "error: verifier.consensus judges all samples of a problem together, and the budget Until may stop before they "
        "are made; use budget=fixed"
    )
    assert not (tmp_path / "runs/vote/ledger").exists()


def test_verify_judges_rows_and_says_what_judges_groups(proofstill, rows):
    done = proofstill("verify", "samples=samples.jsonl", "verifier=[consensus]")
    assert done.returncode == 2
    assert "use `proofstill run verifier=[consensus] sampler=replay sampler.path=samples.jsonl`" in error_line(done)
