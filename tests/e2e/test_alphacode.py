"""``proofstill alphacode`` on the ledger of a real run: its files, its resumption, its use."""

import json
import subprocess
import time

import pytest
from conftest import SCRIPT
from openai_server import OpenAIServer

READ = "n = int(input())\nvalues = list(map(int, input().split()))\n"
LARGEST = [
    READ + "print(max(values))",
    READ + "print(sorted(values)[-1])",
    READ + "best = values[0]\nfor v in values:\n    best = max(best, v)\nprint(best)",
    READ + "values.sort()\nprint(values.pop())",
    READ + "print(values[-1])",
    READ + "print(min(values))",
]
TOTAL = [
    READ + "print(sum(values))",
    READ + "total = 0\nfor v in values:\n    total += v\nprint(total)",
    "import sys\nn, *values = map(int, sys.stdin.read().split())\nprint(sum(values[:n]))",
    READ + "print(values[0] + values[1] + values[2])",
    READ + "print(values[0] + sum(values[1:]))",
]
GENERATOR = "```python\ndef generate(seed):\n    return '1\\n' + str(seed) + '\\n'\n```"
COMMAND = ("analysis.inputs=20", "analysis.mutants=8", "analysis.agreement=0.6", "analysis.draws=20")


def case(given, expected, **more):
    return {"input": given, "expected": expected} | more


PROBLEMS = [
    {
        "id": "largest",
        "prompt": "Print the largest of n numbers.",
        "tests": {
            "kind": "stdin",
            "cases": [case("3\n10 20 30\n", "30"), case("2\n9 12\n", "12"), case("3\n5 4 3\n", "5", hidden=True)],
        },
    },
    {
        "id": "total",
        "prompt": "Print the sum of n numbers.",
        "tests": {
            "kind": "stdin",
            "cases": [case("3\n10 20 30\n", "60"), case("3\n4 5 6\n", "15"), case("5\n1 1 1 1 1\n", "5", hidden=True)],
        },
    },
]


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def rows(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def contents(directory):
    names = ("tests", "problems", "submissions", "problems_with_tests")
    return {name: (directory / f"{name}.jsonl").read_bytes() for name in names} | {
        "stats": (directory / "stats.json").read_bytes()
    }


@pytest.fixture
def finished(proofstill, tmp_path):
    """A run of two problems with eleven samples; returns its directory."""
    write(tmp_path / "problems.jsonl", PROBLEMS)
    given = [("largest", program) for program in LARGEST] + [("total", program) for program in TOTAL]
    write(tmp_path / "samples.jsonl", [{"id": key, "text": f"```python\n{program}\n```"} for key, program in given])
    done = proofstill(
        "run", "problems=jsonl", "problems.path=problems.jsonl", "problems.domain=code", "sampler=replay",
        "sampler.path=samples.jsonl", "verifier=code", "budget.n_samples=6", "product=[]", "pool.workers=1",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return tmp_path / "runs/demo"


@pytest.mark.slow
def test_a_run_becomes_tests_clusters_and_submissions(proofstill, finished, tmp_path):
    done = proofstill("alphacode", "run=runs/demo", *COMMAND)
    assert done.returncode == 0, done.stderr
    out = finished / "alphacode"
    largest, total = rows(out / "problems.jsonl")
    assert (largest["problem_id"], largest["samples"], largest["right"], largest["survivors"]) == ("largest", 6, 4, 5)
    assert largest["clusters"] == [4, 1]
    assert total["killed"] == {"right": 0, "wrong": 1, "unknown": 0}
    stats = json.loads((out / "stats.json").read_text())
    assert stats["false_pass"] == {"public": pytest.approx(2 / 10), "with_generated": 0.0}
    assert stats["pass_at_k"][0]["estimate"] == pytest.approx((4 / 6 + 4 / 5) / 2)
    assert stats["solved"] == stats["majority_right"] == 1.0
    assert "wrong among what passes: 20.0 % by the public tests, 0.0 % with the new ones" in done.stdout
    assert "pass@1: 73.3 %" in done.stdout
    assert {row["problem_id"] for row in rows(out / "submissions.jsonl")} == {"largest", "total"}

    written = contents(out)
    ran = {path: path.stat().st_size for path in (out / "ran").iterdir()}
    assert ran
    again = proofstill("alphacode", "run=runs/demo", *COMMAND, "workers=1")
    assert (again.returncode, again.stdout) == (0, done.stdout)
    assert contents(out) == written
    assert {path: path.stat().st_size for path in (out / "ran").iterdir()} == ran, "something ran twice"

    judged = [
        {"id": row["id"], "prompt": row["prompt"], "tests": row["tests"], "response": f"```python\n{program}\n```"}
        for row in rows(out / "problems_with_tests.jsonl")
        for program in {"largest": LARGEST, "total": TOTAL}[row["id"]]
    ]
    weak = [
        row | {"tests": {**row["tests"], "cases": [c for c in row["tests"]["cases"] if "expected" in c]}}
        for row in judged
    ]
    write(tmp_path / "judged.jsonl", weak)
    done = proofstill("verify", "samples=judged.jsonl", "verifier=code", "out=verdicts.jsonl", "pool.workers=1")
    assert done.returncode == 0, done.stderr
    statuses = [row["status"] for row in rows(tmp_path / "verdicts.jsonl")]
    assert statuses == ["PASS"] * 4 + ["FAIL"] * 2 + ["PASS"] * 3 + ["FAIL", "PASS"]


@pytest.mark.thorough
def test_killed_and_resumed_it_writes_the_same_bytes(proofstill, finished):
    whole = finished.rename(finished.with_name("whole"))
    subprocess.run(["cp", "-r", str(whole), str(finished)], check=True)
    assert proofstill("alphacode", "run=runs/whole", *COMMAND).returncode == 0
    expected = contents(whole / "alphacode")
    sizes = []
    for wait in (1, 1500, 4000):
        command = [SCRIPT, "alphacode", "run=runs/demo", *COMMAND, "workers=1"]
        process = subprocess.Popen(
            command, cwd=finished.parents[1], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 100
        while kept(finished) < wait and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.005)
        assert process.poll() is None, "it ended before it could be killed"
        process.kill()
        process.wait()
        sizes.append(kept(finished))
    assert sizes == sorted(sizes)
    done = proofstill("alphacode", "run=runs/demo", *COMMAND)
    assert done.returncode == 0, done.stderr
    assert contents(finished / "alphacode") == expected


def kept(directory):
    return sum(path.stat().st_size for path in (directory / "alphacode/ran").glob("*.jsonl"))


@pytest.mark.slow
def test_a_model_writes_generators(proofstill, finished):
    with OpenAIServer(text=GENERATOR) as server:
        model = ("sampler=openai", f"sampler.base_url={server.base_url}", "sampler.model=tiny")
        done = proofstill("alphacode", "run=runs/demo", *COMMAND, *model, "analysis.seeds=5")
        assert done.returncode == 0, done.stderr
        asked = server.requests
        assert len(asked) == 2
        assert "generate(seed)" in asked[0]["messages"][0]["content"]
        again = proofstill("alphacode", "run=runs/demo", *COMMAND, *model, "analysis.seeds=5")
        assert again.stdout == done.stdout
        assert len(server.requests) == 2, "a model was asked twice"
    found = rows(finished / "alphacode/problems.jsonl")
    assert [row["inputs"].get("generator", 0) for row in found] == [5, 5]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run=runs/nothing",), "no run here"),
        (("run=runs/nothing", "analysis.inputs=-1"), "no run here"),
        (("run=runs/nothing", "nonsense=1"), "nonsense"),
        ((), "run"),
    ],
)
def test_mistakes_are_named(proofstill, arguments, said):
    done = proofstill("alphacode", *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
