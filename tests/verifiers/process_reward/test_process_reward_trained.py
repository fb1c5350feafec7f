"""A process reward model that was really trained, a short time and on one kind of error, judges as a user runs it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from engine.contract import Case, check_verifier
from engine.records import Sample, Status
from verifiers.process_reward import ProcessRewardVerifier

SCRIPT = str(Path(sys.executable).with_name("proofstill"))
EASY = ("1", ("operation",))

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def held_out(prm_train):
    return prm_train.solutions(200, 1, "fresh", *EASY)


@pytest.fixture(scope="module")
def trained(prm_train, tmp_path_factory):
    """A directory with a token classifier of two labels: 40 steps of training, some 6 s of one core."""
    items = prm_train.solutions(640, 0, "train", *EASY)
    model, tokenizer = prm_train.train(items, batch=16, lr=3e-3, seed=0)
    path = tmp_path_factory.mktemp("trained")
    model.save_pretrained(path)
    tokenizer.save_pretrained(path)
    return path


def response(item):
    return "\n".join(item.steps)


def test_it_tells_right_steps_from_wrong_ones_that_it_never_saw(prm_train, trained, held_out):
    found = prm_train.measure(str(trained), held_out)
    assert found.auc > 0.8
    assert found.step_accuracy > found.step_base_rate + 0.05
    assert found.exact > 0.3
    assert found.clean > 0.6
    assert found.checker_exact == 0.0, "these errors are right sums: the step checker cannot see them"


def test_others_can_load_it(trained):
    from transformers import pipeline

    score = pipeline("token-classification", model=str(trained), device="cpu")
    assert {found["entity"] for found in score("3 + 4 = 7\n")} <= {"LABEL_0", "LABEL_1"}


def test_contract(trained, held_out):
    verifier = ProcessRewardVerifier(str(trained), device="cpu", segmenter="lines")
    some = held_out[:40]
    verdicts = [verifier.verify(item.problem, Sample(item.problem.id, 0, response(item))) for item in some]
    passing = next(item for item, v in zip(some, verdicts, strict=True) if v.status == Status.PASS)
    failing = next(item for item, v in zip(some, verdicts, strict=True) if v.status == Status.FAIL)
    cases = [
        Case(passing.problem, response(passing), Status.PASS),
        Case(failing.problem, response(failing), Status.FAIL),
        Case(passing.problem, response(passing) * 200, Status.ABSTAIN),
        Case(passing.problem, "\n", Status.NO_ANSWER),
    ]
    assert check_verifier(verifier, cases) == []


def test_planted_errors_are_labelled_as_they_are(prm_train):
    """The label of the training data: up to the first error as the reference, and not at it."""
    items = prm_train.solutions(400, 5, "train")
    for item in items:
        right = item.problem.reference_solution.split("\n")
        end = len(right) if item.first_error is None else item.first_error
        assert list(item.steps[:end]) == right[:end]
        assert item.first_error is None or item.steps[end] != right[end]
    assert {item.kind for item in items} == {"none", *prm_train.KINDS}
    assert sum(item.first_error is not None for item in items) == 200


def test_verify_command(trained, held_out, tmp_path):
    """Beside the math verifier, over rows of which every second one has an error: scores per step reach the output."""
    rows = [
        {
            "id": item.problem.id,
            "prompt": item.problem.prompt,
            "answer": item.problem.answer,
            "response": response(item),
        }
        for item in held_out
    ]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    done = proofstill(
        tmp_path,
        "verify",
        "samples=rows.jsonl",
        "out=out.jsonl",
        "verifier=[math,process_reward]",
        f"verifier.process_reward.model={trained}",
    )
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    scored = [line for line in lines if line["verifier"] == "process_reward"]
    assert [line["id"] for line in scored] == [row["id"] for row in rows]
    in_process = ProcessRewardVerifier(str(trained), device="cpu")
    for item, line in zip(held_out[:40], scored, strict=False):
        verdict = in_process.verify(item.problem, Sample(item.problem.id, 0, response(item)))
        assert (line["status"], line["score"]) == (verdict.status.value, verdict.score)
        assert [step["score"] for step in line["evidence"]["steps"]] == [mark.score for mark in verdict.steps]


@pytest.mark.thorough
def test_run_command(trained, tmp_path):
    """A run with both verifiers: what is exported was passed by both."""
    done = proofstill(
        tmp_path,
        "run",
        "problems.n_problems=12",
        "problems.difficulty=1",
        "budget.n_samples=3",
        "sampler=scripted",
        "verifier=[math,process_reward]",
        f"verifier.process_reward.model={trained}",
    )
    assert done.returncode == 0, done.stderr
    rows = [
        json.loads(line)
        for line in (tmp_path / "runs/demo/products/sft/messages/train-00000.jsonl").read_text("utf-8").splitlines()
    ]
    assert rows
    for row in rows:
        assert {one["name"]: one["status"] for one in row["verifiers"]} == {
            "math": "PASS",
            "process_reward": "PASS",
        }


def test_a_model_that_is_none_ends_the_run_with_one_sentence(tmp_path):
    done = proofstill(
        tmp_path,
        "run",
        "sampler=scripted",
        "verifier=[process_reward]",
        "verifier.process_reward.model=no/such-model",
        offline=True,
    )
    assert done.returncode == 1
    assert "verifier.process_reward.model=no/such-model cannot be used" in done.stderr
    assert "Traceback" not in done.stderr


def proofstill(cwd, *arguments, offline=False):
    import os

    env = os.environ | ({"HF_HUB_OFFLINE": "1"} if offline else {}) | {"OMP_NUM_THREADS": "1"}
    env.pop("HYDRA_FULL_ERROR", None)  # set by tests that ran Hydra in this process; it asks for tracebacks
    return subprocess.run(
        [SCRIPT, *arguments], cwd=cwd, capture_output=True, text=True, timeout=240, check=False, env=env
    )
