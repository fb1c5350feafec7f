"""Published solutions against their published tests, over two processes."""

import gzip
import json
import os
import re
from pathlib import Path

import pytest
from judged import fork, one

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "code"


def rows(name, step):
    if not (DATA / name).exists():
        pytest.skip(f"no {name} in the shared data")
    with gzip.open(DATA / name, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines][::step]


def runs_plainly(program, block, entry):
    """Whether program and test code pass in one process: some published tests contradict their own solutions."""

    def action():
        names = {}
        exec(program, names)
        exec(block, names)
        if "def check(" in block:
            names["check"](names[entry])
        os._exit(0)

    return os.waitpid(fork(action), 0)[1] == 0


def disagreements(pairs):
    for name, program, block, entry in pairs:
        report = one(program, block, entry, wall_s=60)
        if (report["status"] != "OK" or report["program_compared"]) and runs_plainly(program, block, entry):
            yield name, report["status"], report["text"]


@pytest.mark.shared_data
@pytest.mark.thorough
def test_humaneval_solutions():
    pairs = []
    for row in rows("humaneval_plus.jsonl.gz", 3):
        program, plus = (
            row["prompt"] + row["canonical_solution"],
            row["prompt"] + (row["plus_canonical_solution"] or ""),
        )
        pairs.append((row["task_id"], program, row["test"], row["entry_point"]))
        if row["plus_test"]:
            pairs.append((row["task_id"] + "+", plus, row["plus_test"], row["entry_point"]))
    assert not list(disagreements(pairs))


@pytest.mark.shared_data
@pytest.mark.thorough
def test_mbpp_solutions():
    pairs = []
    for row in rows("mbpp_plus.jsonl.gz", 4):
        block = "\n".join([row["test_setup_code"] or "", *row["test_list"], *row["challenge_test_list"]])
        defined = re.findall(r"^def (\w+)", row["code"], re.MULTILINE)
        entry = next((name for name in re.findall(r"\w+", row["test_list"][0]) if name in defined), None)
        pairs.append((row["task_id"], row["code"], block, entry))
    assert len(pairs) > 100
    assert not list(disagreements(pairs))
