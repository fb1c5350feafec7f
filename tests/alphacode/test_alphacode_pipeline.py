"""The whole procedure for one problem, in the real sandbox."""

import json

import pytest

from engine.records import ExecResult, ExecStatus, Problem, Sample, TestCase, TestKind, Tests
from sandboxes.local import LocalSandbox
from verifiers.code.alphacode.pipeline import AlphaCode

READ = "n = int(input())\nvalues = list(map(int, input().split()))\n"
RIGHT = [
    READ + "print(max(values))",
    READ + "best = values[0]\nfor value in values:\n    if value > best:\n        best = value\nprint(best)",
    "import sys\ndata = sys.stdin.read().split()\nprint(sorted(map(int, data[1:]))[-1])",
    READ + "values.sort(reverse=True)\nprint(values[0])",
]
LAST = READ + "print(values[-1])"
ENDS = READ + "print(max(values[0], values[-1]))"
BROKEN = READ + "print(min(values))"
CASES = (
    TestCase("3\n10 20 30\n", "30\n"),
    TestCase("2\n11 15\n", "15\n"),
    TestCase("4\n9 7 5 3\n", "9\n", hidden=True),
)
LARGEST = Problem("largest", "Print the largest of n numbers.", "code", tests=Tests(TestKind.STDIN, CASES))


@pytest.fixture(scope="module")
def sandbox():
    made = LocalSandbox()
    yield made
    made.close()


def samples(programs):
    return [Sample("largest", i, f"Here it is:\n```python\n{program}\n```") for i, program in enumerate(programs)]


def analyse(sandbox, directory, given, accepted=None, problem=LARGEST, generators=(), **options):
    analysis = AlphaCode(sandbox, **{"inputs": 30, "mutants": 12, "use_reference": False} | options)
    return analysis.analyse(problem, samples(given), accepted or {}, generators, str(directory))


def test_wrong_programs_that_pass_the_examples_are_found_out(sandbox, tmp_path):
    programs = [*RIGHT, RIGHT[0] + "  # once more", LAST, ENDS, BROKEN, "no program"]
    labels = dict(enumerate([True] * 5 + [False] * 3)) | {8: None}
    result = analyse(sandbox, tmp_path, programs, labels, agreement=0.6, margin=0.4)
    row, tests, submissions = result["problem"], result["tests"], result["submissions"]
    assert (row["samples"], row["distinct"], row["survivors"], row["distinct_survivors"]) == (9, 8, 7, 6)
    assert row["killed"] == {"right": 0, "wrong": 2, "unknown": 0}
    assert row["clusters"] == [5, 1, 1]
    assert [line["right"] for line in submissions] == [True, False, False, True, True, True]
    assert row["majority_right"] is row["solved"] is True
    assert row["strength"]["after"] > row["strength"]["public"]
    assert row["strength"]["after"] >= row["strength"]["before"] >= row["strength"]["public"] > 0
    assert 0 < len(tests) == row["tests_kept"] <= 20
    for test in tests:
        n, values = test["input"].split("\n")[:2]
        assert int(test["expected"]) == max(map(int, values.split()))
        assert int(n) == len(values.split())
        assert test["weak"] is True
        assert test["kills"]["programs"] + test["kills"]["mutants"] > 0
        assert test["case"] == {"input": test["input"], "expected": test["expected"], "code": None, "hidden": True}
    assert json.loads(json.dumps(result)) == result


class Watched:
    """A sandbox that counts what it is asked to run."""

    def __init__(self, inner):
        self.inner, self.runs = inner, 0

    def run(self, program, inputs, limits):
        self.runs += 1
        return self.inner.run(program, inputs, limits)

    def check(self, program, tests, limits):
        self.runs += 1
        return self.inner.check(program, tests, limits)

    def probe(self):
        return self.inner.probe()

    def close(self):
        self.inner.close()


class StoppedError(Exception):
    pass


class Stops(Watched):
    """Ends the analysis after some runs, as a kill would."""

    def __init__(self, inner, most):
        super().__init__(inner)
        self.most = most

    def run(self, program, inputs, limits):
        if self.runs == self.most:
            raise StoppedError
        return super().run(program, inputs, limits)


@pytest.mark.slow
def test_what_was_stopped_goes_on_and_nothing_runs_twice(sandbox, tmp_path):
    programs = [*RIGHT, LAST, ENDS, BROKEN]
    whole = Watched(sandbox)
    expected = analyse(whole, tmp_path / "whole", programs)
    for most in (3, 8, 11, 20):
        with pytest.raises(StoppedError):
            analyse(Stops(sandbox, most), tmp_path / "stopped", programs)
    rest = Watched(sandbox)
    assert analyse(rest, tmp_path / "stopped", programs) == expected
    assert rest.runs < whole.runs
    again = Watched(sandbox)
    assert analyse(again, tmp_path / "stopped", programs) == expected
    assert again.runs == 0
    assert analyse(again, tmp_path / "stopped", programs, inputs=31) != expected
    assert again.runs > 0


def test_a_reference_decides_against_the_majority(sandbox, tmp_path):
    problem = Problem("largest", "", "code", tests=LARGEST.tests, reference_solution=RIGHT[1])
    wrong = [LAST, LAST + "\n# x\npass", READ + "print(values.pop())"]
    result = analyse(sandbox, tmp_path, wrong, problem=problem, use_reference=True)
    assert result["problem"]["reference"] is True
    assert result["tests"]
    for test in result["tests"]:
        assert int(test["expected"]) == max(map(int, test["input"].split("\n")[1].split()))
        assert test["weak"] is False
    assert result["problem"]["killed"]["unknown"] == 3
    alone = analyse(sandbox, tmp_path, wrong, problem=problem, use_reference=False, agreement=1.0, programs=3)
    assert all(test["weak"] for test in alone["tests"])


CALL = Problem(
    "count", "", "code",
    tests=Tests(TestKind.CALL, (TestCase([[1, 2, 2], 2], 2), TestCase([[3], 1], 0)), entry_point="count"),
)  # fmt: skip
COUNTS = [
    "def count(values, x):\n    return values.count(x)",
    "def count(values, x):\n    return sum(value == x for value in values)",
    "def count(values, x):\n    return len([value for value in values if value == x])",
    "seen = []\ndef count(values, x):\n    seen.append(x)\n    return values.count(x) if len(seen) < 4 else -1",
    "def count(values, x):\n    return min(values.count(x), 2)",
]


def test_a_program_that_remembers_is_judged_by_fresh_processes(sandbox, tmp_path):
    """The fourth is right whenever it runs alone, so it falls into the cluster of the right ones."""
    result = analyse(sandbox, tmp_path, COUNTS, problem=CALL)
    assert result["problem"]["clusters"] == [4, 1]
    assert result["problem"]["killed"]["unknown"] == 1
    assert {type(test["case"]["input"]) for test in result["tests"]} == {list}


ASSERT = Problem(
    "halves", "", "code",
    tests=Tests(TestKind.ASSERT, (TestCase(code="assert halves((4, 6)) == (2, 3)"), TestCase(code="assert halves((2,)) == (1,)"))),
)  # fmt: skip
HALVES = [
    "def halves(values):\n    return tuple(value // 2 for value in values)",
    "def halves(values):\n    return tuple(map(lambda v: v // 2, values))",
    "def halves(values):\n    made = []\n    for v in values:\n        made.append(v // 2)\n    return tuple(made)",
    "def halves(values):\n    return tuple(int(v / 2 + 0.5) for v in values)",
    "def halves(values):\n    return [value // 2 for value in values]",
]


def test_assertions_pass_tuples_and_give_assertions(sandbox, tmp_path):
    result = analyse(sandbox, tmp_path, HALVES, problem=ASSERT)
    assert result["problem"]["survivors"] == 4, "a list is no tuple"
    assert result["problem"]["clusters"] == [3, 1]
    codes = [test["case"]["code"] for test in result["tests"]]
    assert codes
    assert all(code.startswith("assert halves((") for code in codes)
    assert result["problem"]["killed"]["unknown"] == 1
    blocks = [ExecStatus.OK] * len(codes)
    found = list(sandbox.check(*checked(HALVES[0], codes)))
    assert [item.status for item in found] == blocks


def checked(source, codes):
    from engine.records import Limits, Program

    return Program(source, entry_point="halves"), codes, Limits()


GENERATOR = """A generator:
```python
import random
def generate(seed):
    rng = random.Random(seed)
    values = [rng.randint(1, 99) for _ in range(seed + 1)]
    return f"{len(values)}\\n{' '.join(map(str, values))}\\n"
```"""


def test_generators_that_a_model_wrote_run_in_the_sandbox(sandbox, tmp_path):
    hostile = "```python\nimport os\ndef generate(seed):\n    os.kill(os.getppid(), 9)\n    return '1\\n1\\n'\n```"
    wrong_kind = "```python\ndef generate(seed):\n    return seed\n```"
    given = (GENERATOR, hostile, wrong_kind, "no code at all")
    result = analyse(sandbox, tmp_path, [*RIGHT, LAST], generators=given, inputs=0, seeds=6)
    assert result["problem"]["inputs"]["generator"] >= 6
    assert result["problem"]["killed"]["unknown"] == 1
    assert {test["origin"] for test in result["tests"]} <= {"known", "generator"}
    again = Watched(sandbox)
    assert analyse(again, tmp_path, [*RIGHT, LAST], generators=given, inputs=0, seeds=6) == result
    assert again.runs == 0


class Faulty(Watched):
    def run(self, program, inputs, limits):
        yield ExecResult(ExecStatus.INTERNAL, detail="no memory")


def test_our_own_fault_is_an_error_and_is_not_kept(sandbox, tmp_path):
    broken = analyse(Faulty(sandbox), tmp_path, RIGHT)
    assert "no memory" in broken["problem"]["error"]
    assert broken["tests"] == broken["submissions"] == []
    assert analyse(sandbox, tmp_path, RIGHT) == analyse(sandbox, tmp_path / "fresh", RIGHT)


@pytest.mark.slow
def test_a_program_that_never_ends_costs_little_and_is_no_survivor(sandbox, tmp_path):
    from engine.records import Limits

    endless = READ + "print(max(values))\nif len(values) > 3:\n    while True:\n        pass"
    result = analyse(sandbox, tmp_path, [*RIGHT, endless], limits=Limits(cpu_s=1.0, wall_s=4.0), inputs=12, mutants=3)
    assert result["problem"]["survivors"] == 5
    assert result["problem"]["clusters"][0] == 4
    assert result["problem"]["killed"]["unknown"] == 1


@pytest.mark.parametrize(
    ("problem", "programs"),
    [
        (Problem("none", "", "code"), RIGHT),
        (LARGEST, []),
        (LARGEST, ["no program here"]),
        (Problem("hidden", "", "code", tests=Tests(TestKind.STDIN, (CASES[2],))), RIGHT[:2]),
    ],
    ids=["no tests", "no samples", "no programs", "no public tests"],
)
def test_nothing_to_work_with_is_said_not_raised(sandbox, tmp_path, problem, programs):
    row = analyse(sandbox, tmp_path, programs, problem=problem)["problem"]
    assert "error" not in row
    assert row.get("tests_kept", 0) == 0
