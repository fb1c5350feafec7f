"""How results become a verdict: what is run again, what counts, and whose fault it is.

The sandbox here is a script of results, since a real one cannot be told to fail.
"""

from dataclasses import dataclass, field, replace

import pytest

from engine.errors import ConfigError
from engine.records import (
    ExecResult,
    ExecStatus,
    FinishReason,
    Limits,
    Problem,
    Sample,
    Status,
    TestCase,
    TestKind,
    Tests,
)
from verifiers.code import CodeVerifier

OK = ExecResult(ExecStatus.OK, exit_code=0, wall_s=0.1, isolation="test")
INTERNAL = ExecResult(ExecStatus.INTERNAL, detail="the machine caught fire")
WALL = ExecResult(ExecStatus.TIMEOUT, detail="wall", wall_s=10)
CPU = ExecResult(ExecStatus.TIMEOUT, detail="cpu", cpu_s=5)


def out(text, **fields):
    return replace(OK, stdout=text, **fields)


@dataclass
class Scripted:
    """Gives the next batch of its script at each call, and notes how many inputs and which variant were asked."""

    batches: list
    calls: list = field(default_factory=list)
    open: int = 0

    def run(self, program, inputs, limits):
        assert self.open == 0, "one program at a time"
        self.calls.append((len(inputs), program.variant))
        batch = self.batches.pop(0)
        self.open += 1
        try:
            yield from batch[: len(inputs)]
        finally:
            self.open -= 1

    def check(self, program, tests, limits):
        return self.run(program, tests, limits)

    def probe(self):
        return "test"

    def close(self):
        pass


def judged(batches, count=3, kind="stdin", text="```python\nx\n```", **options):
    tests = {name: options.pop(name) for name in ("checker", "limits", "entry_point") if name in options}
    if kind == "assert":
        cases = tuple(TestCase(code=f"assert f({i})", hidden=i % 2 == 1) for i in range(count))
    else:
        cases = tuple(TestCase(f"{i}", f"{i}", hidden=i % 2 == 1) for i in range(count))
    problem_repeat = options.pop("problem_repeat", 1)
    problem = Problem("p", "?", tests=Tests(TestKind(kind), cases, repeat=problem_repeat, **tests))
    sandbox = Scripted([list(batch) for batch in batches])
    verdict = CodeVerifier(sandbox, **{"repeat": 1} | options).verify(problem, Sample("p", 0, text))
    return verdict, sandbox


def told(batches, **options):
    verdict, sandbox = judged(batches, **options)
    assert sandbox.batches == [], "all of the script was used"
    return verdict.status.value, verdict.reason.code, [count for count, _ in sandbox.calls]


S = {"shared": True}


def test_one_process_does_for_all():
    assert told([[out("0"), out("1", **S), out("2", **S)]]) == ("PASS", "accepted", [3])


def test_what_is_not_accepted_in_a_shared_process_runs_again_alone():
    assert told([[out("0"), out("x", **S)], [out("1")], [out("2")]]) == ("PASS", "accepted", [3, 1, 1])
    assert told([[out("0"), out("x", **S)], [out("x")]]) == ("FAIL", "wrong_answer", [3, 1])
    crash = ExecResult(ExecStatus.NONZERO, shared=True)
    assert told([[out("0"), crash], [out("1")], [out("2")]]) == ("PASS", "accepted", [3, 1, 1])
    assert told([[out("0"), replace(CPU, shared=True)], [CPU]]) == ("TIMEOUT", "timeout", [3, 1])
    slow = replace(CPU, shared=True)
    assert told([[out("0"), slow], [out("1")], [out("2")]]) == ("PASS", "accepted", [3, 1, 1])


def test_what_ran_alone_counts_at_once():
    assert told([[out("x")]]) == ("FAIL", "wrong_answer", [3])
    assert told([[CPU]]) == ("TIMEOUT", "timeout", [3])


def test_fewer_results_than_tests_are_no_verdict():
    assert told([[out("0")], [out("1")], [out("2")]]) == ("PASS", "accepted", [3, 2, 1])
    assert told([[out("0")], [], [out("1")], [out("2")]]) == ("PASS", "accepted", [3, 2, 1, 1])
    assert told([[], []]) == ("ERROR", "sandbox", [3, 1])


def test_faults_of_the_sandbox_are_tried_once_more_and_are_never_the_programs():
    assert told([[INTERNAL], [out("0")], [out("1")], [out("2")]]) == ("PASS", "accepted", [3, 1, 1, 1])
    assert told([[out("0"), INTERNAL], [INTERNAL]]) == ("ERROR", "sandbox", [3, 1])


def test_wall_clock_is_not_held_against_a_program_at_once():
    assert told([[WALL], [out("0")], [out("1")], [out("2")]])[:2] == ("PASS", "accepted")
    assert told([[WALL], [WALL]]) == ("TIMEOUT", "timeout", [3, 1])


@pytest.mark.parametrize(
    ("status", "verdict", "code"),
    [
        ("NONZERO", "FAIL", "runtime_error"),
        ("SIGNAL", "FAIL", "signal"),
        ("OUTPUT", "FAIL", "output_limit"),
        ("REFUSED", "FAIL", "refused"),
        ("COMPILE", "FAIL", "compile_error"),
        ("MEMORY", "FAIL", "memory"),
        ("TIMEOUT", "TIMEOUT", "timeout"),
    ],
)
def test_each_end_of_a_program_has_its_verdict(status, verdict, code):
    # the right output does not help a program that ends badly
    result = ExecResult(ExecStatus(status), stdout="0", wall_s=0.1)
    assert told([[result]]) == (verdict, code, [3])


def test_what_the_sandbox_cannot_run_is_not_judged():
    never_ran = ExecResult(ExecStatus.REFUSED, detail="no such language")
    assert told([[never_ran]]) == ("ABSTAIN", "cannot_judge", [3])


def test_a_comparison_that_the_program_makes_itself_is_no_proof():
    own = replace(OK, detail="program_compared")
    assert told([[own]], kind="assert") == ("ABSTAIN", "cannot_judge", [3])
    failed = ExecResult(ExecStatus.NONZERO, detail="program_compared", stderr="AssertionError", wall_s=0.1)
    assert told([[failed]], kind="assert") == ("FAIL", "wrong_answer", [3])


def test_survivors_run_again_with_another_seed():
    good = [out("0"), out("1"), out("2")]
    back = good[::-1]
    verdict, sandbox = judged([good, back, good], repeat=3)
    assert verdict.status == Status.PASS
    assert sandbox.calls == [(3, 0), (3, 1), (3, 0)]
    assert judged([good, back], problem_repeat=2)[0].status == Status.PASS
    assert told([good, [out("2"), out("x")]], repeat=2) == ("FAIL", "unstable", [3, 3])
    verdict, _ = judged([good, [out("2"), out("1"), out("x")]], repeat=2)
    assert verdict.evidence["failed"]["index"] == 0  # in the tests' own order
    assert told([good, [out("2"), CPU]], repeat=2)[:2] == ("FAIL", "unstable")
    assert told([good, [INTERNAL], [INTERNAL]], repeat=2)[:2] == ("ERROR", "sandbox")
    assert told([[out("x")]], repeat=3) == ("FAIL", "wrong_answer", [3])


def test_score_is_the_share_of_accepted_tests():
    script = [[out("0"), out("x", **S)], [out("x")], [out("2")]]
    verdict, _ = judged(script, score="share")
    assert (verdict.status, verdict.reason.code) == (Status.FAIL, "wrong_answer")
    assert verdict.score == pytest.approx(2 / 3)
    assert verdict.evidence["tests"] == {"total": 3, "ran": 3, "accepted": 2}
    assert [row["status"] for row in verdict.evidence["measured"]] == ["accepted", "wrong_answer", "accepted"]
    verdict, _ = judged([[out("0"), INTERNAL], [INTERNAL], [out("x")]], score="share")
    assert (verdict.status.value, verdict.reason.code) == ("FAIL", "wrong_answer")  # sure, whatever the other test says
    verdict, _ = judged([[out("0"), INTERNAL], [INTERNAL], [out("2")]], score="share")
    assert (verdict.status.value, verdict.score) == ("ERROR", None)


def test_hidden_tests_stay_in_their_place():
    verdict, _ = judged([[out("0"), out("SECRET-GOT", **S)], [out("SECRET-GOT", stderr="SECRET-ERR")]])
    hidden = verdict.evidence.pop("hidden")
    assert (hidden["input"], hidden["expected"], hidden["got"], hidden["stderr"]) == (
        "1",
        "1",
        "SECRET-GOT",
        "SECRET-ERR",
    )
    assert "SECRET" not in repr(verdict)
    assert verdict.evidence["failed"] == {"index": 1, "status": "wrong_answer", "hidden": True}
    verdict, _ = judged([[out("x")]])
    assert "hidden" not in verdict.evidence
    assert verdict.evidence["failed"]["input"] == "0"
    assert verdict.evidence["failed"]["got"] == "x"


def test_evidence_is_bounded():
    verdict, _ = judged([[out("y" * 10**6, stderr="z" * 10**6)]], text=f"```python\n{'x' * 10**6}\n```")
    assert len(repr(verdict)) < 60_000
    verdict, _ = judged([[out(str(i)) for i in range(500)]], count=500)
    assert len(verdict.evidence["measured"]) == 100


def test_which_tests_count():
    assert told([[out("0"), out("2")]], tests="public") == ("PASS", "accepted", [2])
    assert told([[out("1")]], tests="hidden") == ("PASS", "accepted", [1])
    assert told([], count=1, tests="hidden") == ("ABSTAIN", "no_tests", [])
    no_tests = CodeVerifier(Scripted([])).verify(Problem("p", "?"), Sample("p", 0, "x"))
    assert (no_tests.status.value, no_tests.reason.code) == ("ABSTAIN", "no_tests")


def test_no_program_is_no_answer():
    assert told([], text="I do not know.") == ("NO_ANSWER", "no_program", [])
    assert told([], text=" ") == ("NO_ANSWER", "empty", [])
    problem = Problem("p", "?", tests=Tests(TestKind.STDIN, (TestCase("", ""),)))
    cut = Sample("p", 0, "```python\nprint(", finish_reason=FinishReason.LENGTH)
    verdict = CodeVerifier(Scripted([])).verify(problem, cut)
    assert (verdict.status.value, verdict.reason.code) == ("NO_ANSWER", "truncated")


CHECK = "def check(input, expected, output):\n    return output == expected"


def value(accepted, **fields):
    return replace(OK, value=accepted, **fields)


def test_checker_runs_after_the_program_and_is_asked_again_when_it_says_no():
    program = [out("0"), out("1", **S), out("2", **S)]
    yes = [value(True), value(True, **S), value(True, **S)]
    assert told([program, yes], checker=CHECK) == ("PASS", "accepted", [3, 3])
    doubtful = [value(True), value(False, **S)]
    rest = [[value(True)], [value(True)]]
    assert told([program, doubtful, *rest], checker=CHECK) == ("PASS", "accepted", [3, 3, 2, 1])
    # no from the checker, so the program runs again alone, and the checker says no again
    assert told([program, [value(True), value(False, **S)], [value(False), value(True, **S)], [out("x")], [value(False)]], checker=CHECK) == (
        "FAIL", "wrong_answer", [3, 3, 2, 1, 1],
    )  # fmt: skip


@pytest.mark.parametrize(
    "result",
    [
        ExecResult(ExecStatus.NONZERO, detail="KeyError"),
        CPU,
        value(None),
        value("yes"),
        value(2),
        ExecResult(ExecStatus.COMPILE),
    ],
)
def test_a_checker_that_gives_no_verdict_is_our_fault(result):
    status, code, _ = (
        told([[out("0")], [result]], count=1, checker=CHECK)
        if result.status == ExecStatus.OK
        else told([[out("0")], [result], [result], [result]], count=1, checker=CHECK)
    )
    assert (status, code) == ("ERROR", "checker_failed")


def test_a_checker_that_fails_on_the_output_alone_was_given_nonsense():
    crash = ExecResult(ExecStatus.NONZERO, detail="ValueError")
    assert told([[out("0")], [crash], [crash], [value(True)]], count=1, checker=CHECK)[0] == "FAIL"
    assert told([[out("0")], [crash], [crash], [value(False)]], count=1, checker=CHECK)[0] == "FAIL"
    assert told([[out("0")], [crash], [crash], [crash]], count=1, checker=CHECK)[0] == "ERROR"


@pytest.mark.parametrize(
    ("code", "expected"),
    [(0, "PASS"), (1, "FAIL"), (2, "FAIL"), (7, "FAIL"), (3, "ERROR"), (4, "ERROR"), (139, "ERROR")],
)
def test_exit_codes_of_checker_programs(code, expected):
    source = "import sys\nopen(sys.argv[1])"
    status = ExecStatus.NONZERO if code else ExecStatus.OK
    result = ExecResult(status, exit_code=code)
    again = [[result]] if expected == "ERROR" else []
    assert told([[out("0")], [result], *again], count=1, checker=source)[0] == expected
    crash = ExecResult(ExecStatus.NONZERO, exit_code=1, stderr="Traceback (most recent call last):\nValueError")
    assert told([[out("0")], [crash], [crash]], count=1, checker=source)[:2] == ("ERROR", "checker_failed")


def test_an_unknown_checker_is_our_fault_and_named():
    verdict, _ = judged([], checker="tokenz")
    assert (verdict.status.value, verdict.reason.code) == ("ERROR", "bad_checker")
    assert "tokenz" in verdict.reason.text


def test_the_problems_own_limits_win():
    seen = []

    class Noting(Scripted):
        def run(self, program, inputs, limits):
            seen.append(limits.cpu_s)
            return super().run(program, inputs, limits)

    for limits in (None, Limits(cpu_s=2)):
        problem = Problem("p", "?", tests=Tests(TestKind.STDIN, (TestCase("", ""),), limits=limits))
        CodeVerifier(Noting([[out("")]]), limits=Limits(cpu_s=1), repeat=1).verify(
            problem, Sample("p", 0, "```python\nx\n```")
        )
    assert seen == [1, 2]


def test_deadline_covers_every_run():
    def deadline(count, limits=None, **options):
        tests = Tests(TestKind.STDIN, (TestCase("", ""),) * count, limits=limits)
        return CodeVerifier(Scripted([]), **options).deadline(Problem("p", "?", tests=tests))

    assert deadline(10) > 10 * Limits().wall_s
    assert deadline(10, repeat=3) > 30 * Limits().wall_s
    assert deadline(10, limits=Limits(wall_s=100)) > 1000
    assert deadline(10, score="share") > 2 * 10 * Limits().wall_s
    assert CodeVerifier(Scripted([])).deadline(Problem("p", "?")) < 600


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tests": "some"}, "tests: 'some' is unknown"),
        ({"score": "best"}, "score: 'best' is unknown"),
        ({"repeat": 0}, "repeat: 0"),
    ],
)
def test_options_are_checked(options, message):
    with pytest.raises(ConfigError, match=message):
        CodeVerifier(Scripted([]), **options)
