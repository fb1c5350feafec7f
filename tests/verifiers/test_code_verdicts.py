"""The code verifier on real programs in the real sandbox."""

import shutil

import pytest

from engine.problems.shapes import APPS_CHECKER, apps, humaneval, mbpp
from engine.records import Limits, Problem, Sample, TestCase, TestKind, Tests
from sandboxes.local import LocalSandbox
from verifiers.code import CodeVerifier

QUICK = Limits(cpu_s=1, wall_s=4, memory_mb=256)


@pytest.fixture(scope="module")
def sandbox():
    made = LocalSandbox()
    yield made
    made.close()


@pytest.fixture
def judge(sandbox):
    def run(tests, program, prompt="?", **options):
        text = program if "```" in program else f"```python\n{program}\n```"
        verdict = CodeVerifier(sandbox, limits=QUICK, **options).verify(
            Problem("p", prompt, tests=tests), Sample("p", 0, text)
        )
        assert "evidence" not in verdict.evidence
        return verdict

    return run


def code(verdict):
    return verdict.status.value, verdict.reason.code


def stdin(*pairs, **options):
    return Tests(TestKind.STDIN, tuple(TestCase(given, expected) for given, expected in pairs), **options)


def call(entry_point, *pairs, **options):
    return Tests(
        TestKind.CALL, tuple(TestCase(list(given), expected) for given, expected in pairs), entry_point, **options
    )


DOUBLE = stdin(("1\n", "2\n"), ("5\n", "10\n"), ("-3\n", "-6\n"))
# program -> verdict, for doubling a number on standard input
STREAMS = {
    "print(int(input()) * 2)": ("PASS", "accepted"),
    "import sys\nprint(2 * int(sys.stdin.read()))": ("PASS", "accepted"),
    "import sys\nn = int(sys.stdin.buffer.readline())\nsys.stdout.write(str(2 * n))": ("PASS", "accepted"),
    "print(2 * int(open(0).read()))": ("PASS", "accepted"),
    "import sys\nfor line in sys.stdin:\n    print(2 * int(line))\nsys.exit()": ("PASS", "accepted"),
    "if __name__ == '__main__':\n    print(int(input()) * 2)\n    exit(0)": ("PASS", "accepted"),
    # the second test of a process sees what the first left behind: it must run again alone
    "import builtins\nassert not hasattr(builtins, 'seen')\nbuiltins.seen = 1\nprint(int(input()) * 2)": (
        "PASS",
        "accepted",
    ),
    "print(int(input()) + 1)": ("FAIL", "wrong_answer"),
    "print(2)": ("FAIL", "wrong_answer"),
    "": ("NO_ANSWER", "no_program"),
    "pass": ("FAIL", "wrong_answer"),
    "print(int(input()) * 2)\nimport sys\nsys.exit(1)": ("FAIL", "runtime_error"),
    "print(int(input()) * 2)\nraise SystemExit('bye')": ("FAIL", "runtime_error"),
    "print(int(input()) * 2)\n1 / 0": ("FAIL", "runtime_error"),
    "print(int(input()) * 2": ("FAIL", "compile_error"),
    "print(\x00)": ("FAIL", "compile_error"),
    "x = 'a' * (1 << 31)\nprint(int(input()) * 2)": ("FAIL", "memory"),
    "while True:\n    print('x' * 10**6)": ("FAIL", "output_limit"),
    "import os, signal\nos.abort()": ("FAIL", "signal"),
    "import os\nprint(int(input()) * 2, flush=True)\nos._exit(3)": ("FAIL", "runtime_error"),
    "import sys\nsys.stdout.buffer.write(b'\\xff\\xfe')": ("FAIL", "refused"),
}


@pytest.mark.parametrize(("program", "expected"), STREAMS.items())
def test_streams(judge, program, expected):
    verdict = judge(DOUBLE, program)
    assert code(verdict) == expected, verdict
    if expected[0] == "PASS":
        assert verdict.evidence["tests"] == {"total": 3, "ran": 3, "accepted": 3}
        assert verdict.evidence["isolation"]
        assert verdict.answer == program


def test_endless_programs(judge):
    assert code(judge(DOUBLE, "while True: pass")) == ("TIMEOUT", "timeout")


@pytest.mark.slow
def test_sleeping_program(judge):
    assert code(judge(DOUBLE, "import time\ntime.sleep(60)")) == ("TIMEOUT", "timeout")


def test_first_failing_test_is_told(judge):
    verdict = judge(DOUBLE, "n = int(input())\nprint(n * 2 if n > 0 else 'SECRET')")
    failed = verdict.evidence["failed"]
    assert (failed["index"], failed["input"], failed["expected"], failed["got"]) == (2, "-3\n", "-6\n", "SECRET\n")
    assert verdict.score == 0.0
    assert judge(DOUBLE, "n = int(input())\nprint(n * 2 if n > 0 else 0)", score="share").score == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("checker", "program", "expected"),
    [
        ("exact", "print(1)", ("FAIL", "wrong_answer")),
        ("exact", "print(1, end='')", ("PASS", "accepted")),
        ("lines", "print('1  ')", ("PASS", "accepted")),
        ("tokens", "print('\\n 1')", ("PASS", "accepted")),
        ("float(1e-6)", "print(1.0000001)", ("PASS", "accepted")),
        ("float(1e-6)", "print('1_0')", ("FAIL", "wrong_answer")),
    ],
)
def test_rules_of_comparison(judge, checker, program, expected):
    assert code(judge(stdin(("", "1"), checker=checker), program)) == expected


CALLS = {
    "def f(a, b):\n    return a + b": ("PASS", "accepted"),
    "f = lambda a, b: (a + b)": ("PASS", "accepted"),
    "class Solution:\n    def f(self, a, b):\n        return a + b": ("PASS", "accepted"),
    "def f(a, b):\n    print('noise')\n    return a + b": ("PASS", "accepted"),
    "def f(a, b):\n    return tuple(a + b) if isinstance(a, list) else a + b": ("PASS", "accepted"),
    "def f(a, b):\n    return a": ("FAIL", "wrong_answer"),
    "def f(a, b):\n    return float(a + b)": ("FAIL", "runtime_error"),  # a list is no float
    "def f(a):\n    return a": ("FAIL", "runtime_error"),
    "def g(a, b):\n    return a + b": ("FAIL", "compile_error"),
    "def f(a, b):\n    return f(a, b)": ("FAIL", "runtime_error"),
    # what is always equal is no plain value
    "class A:\n    def __eq__(self, o):\n        return True\ndef f(a, b):\n    return A()": ("FAIL", "refused"),
    "class A(int):\n    def __eq__(self, o):\n        return True\ndef f(a, b):\n    return A()": (
        "FAIL",
        "wrong_answer",
    ),
    "import sys\ndef f(a, b):\n    sys.exit(0)": ("FAIL", "runtime_error"),
    "import os\ndef f(a, b):\n    os._exit(0)": ("FAIL", "refused"),
}


@pytest.mark.parametrize(("program", "expected"), CALLS.items())
def test_calls(judge, program, expected):
    assert code(judge(call("f", ((1, 2), 3), (([1], [2]), [1, 2])), program)) == expected


def test_arguments_and_results_of_every_json_kind(judge):
    values = [
        None,
        True,
        0,
        -1,
        2**70,
        1.5,
        "é😀",
        "",
        [],
        [[1, "a"]],
        {},
        {"a": {"b": [1]}},
        {"a": 1, "b": 2},
    ]
    assert code(judge(call("f", *(((value,), value) for value in values)), "def f(x):\n    return x")) == (
        "PASS",
        "accepted",
    )
    assert code(judge(call("f", ((1,), True)), "def f(x):\n    return x")) == ("FAIL", "wrong_answer")
    assert code(judge(call("f", ((3,), {"1": 1})), "def f(x):\n    return {1: 1}")) == ("PASS", "accepted")


def test_classes(judge):
    program = "class Stack:\n    def __init__(self):\n        self.items = []\n    def push(self, x):\n        self.items.append(x)\n    def pop(self):\n        return self.items.pop()"
    operations = ["Stack", "push", "push", "pop"], [[], [1], [2], []]
    assert code(judge(call("Stack", (operations, [None, None, None, 2])), program)) == ("PASS", "accepted")
    assert code(judge(call("Stack", (operations, [None, None, None, 1])), program)) == ("FAIL", "wrong_answer")
    assert code(judge(call("C.m", ((1,), 2)), "class C:\n    def m(self, x):\n        return x + 1")) == (
        "PASS",
        "accepted",
    )


def test_global_state_between_tests_is_no_reason_to_fail(judge):
    program = "seen = []\ndef f(x):\n    seen.append(x)\n    return len(seen)"
    assert code(judge(call("f", ((1,), 1), ((2,), 1), ((3,), 1)), program)) == ("PASS", "accepted")
    # in a fresh process each, every test gives 1: what it gives after others does not count as a failure
    assert code(judge(call("f", ((1,), 2)), program)) == ("FAIL", "wrong_answer")


def asserts(*blocks, entry_point=None):
    return Tests(TestKind.ASSERT, tuple(TestCase(code=block) for block in blocks), entry_point)


CHECK = "def check(candidate):\n    assert candidate(2) == 4\n    assert candidate(3) == 9"
UNITTEST = "import unittest\nclass T(unittest.TestCase):\n    def test_two(self):\n        self.assertEqual(f(2), 4)\n    def test_three(self):\n        self.assertEqual(f(3), 9)"
BLOCKS = {
    "asserts": asserts("assert f(2) == 4", "assert f(3) == 9"),
    "check": asserts(CHECK, entry_point="f"),
    "unittest": asserts(UNITTEST),
}


@pytest.mark.parametrize("tests", BLOCKS.values(), ids=list(BLOCKS))
@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("def f(x):\n    return x * x", ("PASS", "accepted")),
        ("def f(x):\n    return x + x", ("FAIL", "wrong_answer")),
        ("def f(x):\n    raise KeyError(x)", ("FAIL", "runtime_error")),
        ("def f(x):", ("FAIL", "compile_error")),
        ("def f(x):\n    exit(0)", ("FAIL", "runtime_error")),
        ("import os\ndef f(x):\n    os._exit(0)", ("FAIL", "runtime_error")),
        (
            "class A:\n    def __eq__(self, o):\n        return True\ndef f(x):\n    return A()",
            ("FAIL", "wrong_answer"),
        ),
    ],
)
def test_blocks(judge, tests, program, expected):
    verdict = judge(tests, program)
    if "__eq__" in program:
        assert verdict.status.value in ("FAIL", "ABSTAIN")
    else:
        assert code(verdict) == expected, verdict


def test_truth_of_a_cheating_block(judge):
    program = "import builtins, sys, atexit\nsys.exit = lambda *a: None\nbuiltins.AssertionError = Exception\nprint('OK')\ndef f(x):\n    return 5"
    for tests in BLOCKS.values():
        assert judge(tests, program).status.value == "FAIL"


def test_programs_that_depend_on_chance_are_unstable(judge):
    by_hash = "print('a' if hash('x') % 2 else 'a' if hash('y') % 3 else 'b', hash('z'))"
    tests = stdin(("", "same"))
    assert code(judge(tests, "print('same')", repeat=3)) == ("PASS", "accepted")
    seeded = "import random\nprint('same' if random.random() == random.Random(0).random() else hash('a'))"
    assert code(judge(tests, seeded, repeat=1)) == ("PASS", "accepted")
    assert code(judge(tests, seeded)) == ("FAIL", "unstable")
    first = judge(tests, by_hash).evidence["failed"]["got"]
    assert judge(tests, by_hash).evidence["failed"]["got"] == first  # the same seed each time
    assert code(judge(stdin(("", first)), by_hash, repeat=2)) == ("FAIL", "unstable")


ANY_ORDER = "def check(input, expected, output):\n    return sorted(output.split()) == sorted(expected.split())"
TESTLIB = """import sys
given, output, answer = (open(name).read().split() for name in sys.argv[1:4])
if not output: sys.exit(2)
if output[0] == "crash": raise ValueError
if output[0] == "fault": sys.exit(3)
sys.exit(0 if sorted(output) == sorted(answer) else 1)
"""


@pytest.mark.parametrize("checker", [ANY_ORDER, TESTLIB], ids=["function", "testlib"])
def test_checkers(judge, checker):
    tests = stdin(("x", "1 2 3"), ("y", "3 4"), checker=checker)
    assert code(judge(tests, "print('3 2 1' if input() == 'x' else '4 3')")) == ("PASS", "accepted")
    assert code(judge(tests, "print('3 2 1')")) == ("FAIL", "wrong_answer")
    assert code(judge(tests, "print()")) == ("FAIL", "wrong_answer")
    assert code(judge(tests, "1 / 0")) == ("FAIL", "runtime_error")


def test_a_crash_of_the_checker_is_never_the_programs(judge):
    for word in ("crash", "fault"):
        tests = stdin(("", word), checker=TESTLIB)
        assert code(judge(tests, f"print({word!r})")) == ("ERROR", "checker_failed")
        # it knows what is expected for right, and cannot read what it was given
        assert code(judge(stdin(("", "1"), checker=TESTLIB), f"print({word!r})")) == ("FAIL", "wrong_answer")
    for body in ("1 / 0", "return None", "while True: pass", "import os; os._exit(0)"):
        checker = f"def check(input, expected, output):\n    {body}"
        assert code(judge(stdin(("", "1"), checker=checker), "print(1)")) == ("ERROR", "checker_failed")


def test_checkers_of_calls_see_plain_values(judge):
    tests = call("f", ((1,), [1, 2]), checker=APPS_CHECKER)
    for value in ("[1, 2]", "(1, 2)", "1"):
        assert code(judge(tests, f"def f(x):\n    return {value}")) == ("PASS", "accepted")
    assert code(judge(tests, "def f(x):\n    return {1, 2}")) == ("PASS", "accepted")  # a set arrives as a list
    assert code(judge(tests, "def f(x):\n    return [2, 1]")) == ("FAIL", "wrong_answer")


@pytest.mark.skipif(shutil.which("g++") is None, reason="no C++ compiler")
def test_checker_in_cpp(judge):
    source = "#include <fstream>\n#include <string>\nint main(int n, char** a) { std::string x, y; std::ifstream(a[2]) >> x; std::ifstream(a[3]) >> y; return x == y ? 0 : 1; }"
    tests = stdin(("", "yes"), checker=source)
    assert code(judge(tests, "print('yes')")) == ("PASS", "accepted")
    assert code(judge(tests, "print('no')")) == ("FAIL", "wrong_answer")


@pytest.mark.skipif(shutil.which("g++") is None, reason="no C++ compiler")
def test_other_languages(judge):
    program = "```cpp\n#include <iostream>\nint main() { int n; std::cin >> n; std::cout << 2 * n; }\n```"
    assert code(judge(DOUBLE, program, language="cpp")) == ("PASS", "accepted")
    assert code(judge(DOUBLE, program.replace("2 *", "3 *"), language="cpp")) == ("FAIL", "wrong_answer")
    assert code(judge(DOUBLE, program.replace("int n;", "int;"), language="cpp")) == ("FAIL", "compile_error")
    assert code(judge(call("f", ((1,), 1)), program, language="cpp")) == ("ABSTAIN", "cannot_judge")
    assert code(judge(DOUBLE, "```brainfuck\n+.\n```", language="brainfuck")) == ("ABSTAIN", "cannot_judge")


def test_public_shapes(judge):
    row = {
        "task_id": 1,
        "prompt": "def f(x):\n",
        "entry_point": "f",
        "canonical_solution": "    return x * x\n",
        "test": CHECK,
    }
    tests = humaneval(row)["tests"]
    assert code(judge(tests, humaneval(row)["reference_solution"])) == ("PASS", "accepted")
    columns = mbpp(
        {
            "text": "Square.",
            "code": "def f(x):\n    return x * x",
            "test_list": ["assert f(2) == 4"],
            "test_setup_code": "import math",
        }
    )
    assert code(judge(columns["tests"], columns["reference_solution"])) == ("PASS", "accepted")
    columns = apps({"question": "?", "input_output": '{"inputs": [[1]], "outputs": [[2]], "fn_name": "f"}'})
    assert code(judge(columns["tests"], "class Solution:\n    def f(self, x):\n        return 2 * x")) == (
        "PASS",
        "accepted",
    )


def test_a_program_that_needs_the_tests_before_is_unstable(judge):
    """Right only for inputs in this order, in one process: it counts."""
    counting = "import builtins\nbuiltins.n = getattr(builtins, 'n', 0) + 1\nprint(builtins.n)"
    assert code(judge(stdin(("a", "1"), ("b", "2"), ("c", "3")), counting)) == ("FAIL", "unstable")
    stored = "import math\nx = input()\nprint(getattr(math, 'last', 'first'))\nmath.last = x"
    assert code(judge(stdin(("a", "first"), ("b", "a")), stored)) == ("FAIL", "unstable")


def test_a_prompts_own_helper_is_used_by_its_tests(judge):
    prompt = 'def distance(a, b):\n    return abs(a - b)\n\n\ndef f(x):\n    """Double it."""\n'
    tests = Tests(TestKind.ASSERT, (TestCase(code="assert distance(f(2), 4) == 0"),), entry_point="f")
    lying = "def distance(a, b):\n    return 0\ndef f(x):\n    return 7"
    assert judge(tests, lying, prompt=prompt).status.value == "FAIL"
    assert judge(tests, "def f(x):\n    return 2 * x", prompt=prompt).status.value == "PASS"
