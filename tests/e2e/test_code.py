"""Code problems through the console script: judging files, and runs from problems to training data."""

import json
from pathlib import Path

import pytest

CALLS = {"kind": "call", "entry_point": "f", "cases": [{"input": [2], "expected": 4}, {"input": [3], "expected": 9}]}
STREAMS = {"kind": "stdin", "cases": [{"input": "2\n", "expected": "4\n"}, {"input": "3\n", "expected": "9\n"}]}
ASSERTS = {"kind": "assert", "cases": [{"code": "assert f(2) == 4"}, {"code": "assert f(3) == 9", "hidden": True}]}
CHECK = {
    "kind": "assert",
    "entry_point": "f",
    "cases": [{"code": "def check(candidate):\n    assert candidate(3) == 9"}],
}
CLASSES = {
    "kind": "call",
    "entry_point": "Box",
    "cases": [{"input": [["Box", "put", "get"], [[], [1], []]], "expected": [None, None, 1]}],
}
CHECKER = "def check(input, expected, output):\n    return abs(int(output) - int(expected)) <= 1"
SQUARE = "def f(x):\n    return x * x"
WRONG = "def f(x):\n    return x + x"
BOX = "class Box:\n    def put(self, x):\n        self.x = x\n    def get(self):\n        return self.x"

# id, tests, response, status, reason
ROWS = [
    ("calls", CALLS, f"```python\n{SQUARE}\n```", "PASS", "accepted"),
    ("calls wrong", CALLS, f"```python\n{WRONG}\n```", "FAIL", "wrong_answer"),
    ("bare", CALLS, SQUARE, "PASS", "accepted"),
    ("streams", STREAMS, "```python\nprint(int(input()) ** 2)\n```", "PASS", "accepted"),
    ("streams wrong", STREAMS, "```python\nprint(4)\n```", "FAIL", "wrong_answer"),
    ("asserts", ASSERTS, f"```python\n{SQUARE}\n```", "PASS", "accepted"),
    ("asserts wrong", ASSERTS, f"```python\n{WRONG}\n```", "FAIL", "wrong_answer"),
    ("check", CHECK, f"```python\n{SQUARE}\n```", "PASS", "accepted"),
    ("class", CLASSES, f"```python\n{BOX}\n```", "PASS", "accepted"),
    ("checker", STREAMS | {"checker": CHECKER}, "```python\nprint(int(input()) ** 2 + 1)\n```", "PASS", "accepted"),
    ("float", STREAMS | {"checker": "float(1e-6,1e-6)"}, "```python\nprint(f'{int(input()) ** 2:.3f}')\n```", "PASS", "accepted"),
    ("repeat", STREAMS | {"repeat": 2}, "```python\nprint(int(input()) ** 2)\n```", "PASS", "accepted"),
    ("endless", STREAMS | {"limits": {"cpu_s": 1, "wall_s": 5}}, "```python\nwhile 1: pass\n```", "TIMEOUT", "timeout"),
    ("leaves early", ASSERTS, "```python\nimport os\nprint('passed')\nos._exit(0)\n```", "FAIL", None),
    ("reasoning", CALLS, f"<think>\n```python\n{WRONG}\n```\n</think>\n```python\n{SQUARE}\n```", "PASS", "accepted"),
    ("still thinking", CALLS, f"<think>\n```python\n{SQUARE}\n```\n", "NO_ANSWER", "truncated"),
    ("no program", CALLS, "I do not know.", "NO_ANSWER", "no_program"),
    ("no tests", None, SQUARE, "ABSTAIN", "no_tests"),
    ("unknown checker", STREAMS | {"checker": "tokenz"}, "```python\nprint(1)\n```", "ERROR", "bad_checker"),
    ("unknown kind", {"kind": "magic", "cases": []}, SQUARE, "ERROR", "bad_row"),
    ("unknown field", CALLS | {"entrypoint": "f"}, SQUARE, "ERROR", "bad_row"),
    ("tests are text", "assert f(2) == 4", SQUARE, "ERROR", "bad_row"),
]  # fmt: skip


def write(path: Path, rows) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def read(path: Path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_verify_judges_rows_of_every_kind(proofstill, tmp_path):
    rows = [{"id": name, "tests": tests, "response": text} for name, tests, text, _, _ in ROWS]
    write(tmp_path / "rows.jsonl", rows)
    done = proofstill("verify", "samples=rows.jsonl", "verifier=code", "out=out.jsonl")
    assert done.returncode == 0, done.stderr
    verdicts = {line["id"]: line for line in read(tmp_path / "out.jsonl")}
    assert list(verdicts) == [row[0] for row in ROWS]
    for name, _, _, status, reason in ROWS:
        line = verdicts[name]
        assert line["status"] == status, line
        assert reason in (None, line["reason"]["code"]), line
        assert status in ("NO_ANSWER", "ABSTAIN", "ERROR") or line["evidence"]["isolation"]
    assert "tokenz" in verdicts["unknown checker"]["reason"]["text"]
    assert "magic" in verdicts["unknown kind"]["reason"]["text"]
    assert "entrypoint" in verdicts["unknown field"]["reason"]["text"]
    assert verdicts["calls wrong"]["evidence"]["failed"] | {"stderr": ""} == {
        "index": 1, "status": "wrong_answer", "hidden": False, "input": "[3]", "expected": "9", "got": "6",
        "detail": "", "stderr": "", "exit_code": 0,
    }  # fmt: skip


def test_bad_options_are_named(proofstill, tmp_path):
    write(tmp_path / "rows.jsonl", [{"id": "a", "tests": CALLS, "response": SQUARE}])
    base = ("verify", "samples=rows.jsonl", "verifier=code")
    for option, words in {
        "sandbox=lokal": ["sandbox=lokal", "local"],
        "sandbox.minimum=best": ["sandbox", "minimum", "strong"],
        "sandbox.levl=strong": ["sandbox.levl", "level"],
        "verifier.code.tests=some": ["verifier.code", "tests", "hidden"],
        "verifier.code.limits.cpu_s=0": ["verifier.code.limits", "cpu_s"],
        "verifier.code.limits.cpu=1": ["limits.cpu", "cpu_s"],
    }.items():
        done = proofstill(*base, option)
        (line,) = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
        assert (done.returncode, done.stdout) == (2, ""), done.stderr
        assert all(word in line for word in words), line


def test_an_isolation_that_cannot_be_reached_ends_the_command(proofstill, tmp_path):
    """An interpreter that does not start stands for a machine that lacks every layer."""
    write(tmp_path / "rows.jsonl", [{"id": "a", "tests": CALLS, "response": SQUARE}])
    done = proofstill("verify", "samples=rows.jsonl", "verifier=code", "sandbox.python=/bin/false")
    assert done.returncode == 1
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert "verifier.code: cannot be started" in line
    assert "sandbox.minimum" in line
    assert "FAIL" not in done.stdout


PROBLEMS = [
    {"id": "square", "prompt": "Square a number: f(x).", "tests": ASSERTS, "reference_solution": SQUARE},
    {"id": "stream", "prompt": "Square a number.", "tests": STREAMS},
    {"id": "bad gold", "prompt": "Square a number.", "tests": CALLS, "reference_solution": WRONG},
    {"id": "bad tests", "prompt": "Square.", "tests": {"kind": "call", "cases": [{"input": 2, "expected": 4}]}},
]
SAMPLES = [
    {"id": "square", "response": f"Here:\n```python\n{SQUARE}\n```"},
    {"id": "square", "response": f"```python\n{WRONG}\n```"},
    {"id": "square", "response": "```python\nSECRET = 1\ndef f(x):\n    return 4 if x == 2 else 'SECRET-GOT'\n```"},
    {"id": "square", "response": "no idea"},
    {"id": "stream", "response": "```python\nprint(int(input()) ** 2)\n```"},
    {"id": "stream", "response": "```python\nprint(int(input()) * 2)\n```"},
    {"id": "stream", "response": "```python\nwhile True:\n    pass\n```"},
    {"id": "stream", "response": "```python\nimport sys\nsys.exit()\n```"},
]
RUN = (
    "run", "problems=jsonl", "problems.path=problems.jsonl", "problems.domain=code", "prompt=code", "sampler=replay",
    "sampler.path=samples.jsonl", "sampler.fields.text=response", "verifier=code", "budget.n_samples=4",
    "verifier.code.limits.cpu_s=1",
)  # fmt: skip


@pytest.fixture
def finished(proofstill, tmp_path):
    write(tmp_path / "problems.jsonl", PROBLEMS)
    write(tmp_path / "samples.jsonl", SAMPLES)
    done = proofstill(*RUN)
    assert done.returncode == 0, done.stderr
    return tmp_path / "runs/demo", done


def test_a_run_makes_training_data_of_programs_that_passed(finished):
    directory, _ = finished
    rows = read(directory / "products/sft/messages/train-00000.jsonl")
    kept = {(row["problem_id"], row["messages"][-1]["content"]) for row in rows}
    assert kept == {("square", SAMPLES[0]["response"]), ("stream", SAMPLES[4]["response"])}
    assert all(row["verifiers"][0]["name"] == "code" for row in rows)
    assert {row["answer"] for row in rows} == {SQUARE, "print(int(input()) ** 2)"}
    stats = json.loads((directory / "stats.json").read_text("utf-8"))
    assert stats["samples"]["total"] == 8
    assert stats["decisions"]["accepted"] == 2
    assert stats["decisions"]["error"] == 0


def test_hidden_tests_reach_no_product(finished):
    """The ledger has them, so that a person can check a verdict; what is exported has not."""
    directory, done = finished
    exported = [path for path in (directory / "products").rglob("*") if path.is_file()]
    exported += [directory / "README.md", directory / "stats.json"]
    for path in exported:
        content = path.read_bytes()
        assert b"f(3) == 9" not in content, path
        assert b"SECRET-GOT" not in content, path
    assert "f(3) == 9" not in done.stdout + done.stderr


def test_resuming_judges_nothing_again(finished, proofstill):
    directory, _ = finished
    before = {path: path.stat().st_mtime_ns for path in (directory / "ledger").rglob("*.parquet")}
    again = proofstill(*RUN, "sandbox.minimum=strong")  # where programs run may change
    assert again.returncode == 0, again.stderr
    assert {path: path.stat().st_mtime_ns for path in (directory / "ledger").rglob("*.parquet")} == before


def test_a_file_in_the_shape_of_humaneval(proofstill, tmp_path):
    prompt = 'from typing import List\n\n\ndef total(xs: List[int]) -> int:\n    """Add."""\n'
    row = {
        "task_id": "HumanEval/x", "prompt": prompt, "entry_point": "total", "canonical_solution": "    return sum(xs)\n",
        "test": "METADATA = {}\n\n\ndef check(candidate):\n    assert candidate([1, 2]) == 3\n    assert candidate([]) == 0\n",
    }  # fmt: skip
    write(tmp_path / "problems.jsonl", [row])
    texts = ["    return sum(xs)\n", "    return 3\n", f"```python\n{prompt}    return sum(xs)\n```", "    retrun 0\n"]
    write(tmp_path / "samples.jsonl", [{"id": "HumanEval/x", "response": text} for text in texts])
    done = proofstill(*RUN, "problems.shape=humaneval", "problems.fields.id=task_id", "prompt=text")
    assert done.returncode == 0, done.stderr
    stats = json.loads((tmp_path / "runs/demo/stats.json").read_text("utf-8"))
    assert (stats["samples"]["total"], stats["decisions"]["accepted"]) == (4, 2)
