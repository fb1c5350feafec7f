"""The contract kit passes every verifier of ours and names the rule that a broken one breaks."""

import sys
import threading
from pathlib import Path

import broken_verifiers as broken
import pytest

from engine.contract import Case, check_verifier
from engine.records import Problem, Status
from verifiers.math import MathVerifier

EXAMPLE = Path(__file__).parents[1] / "plugin_example"
FOUR = Problem("four", "2 + 2?", answer="4")
OPEN = Problem("open", "Why?")
CASES = [Case(FOUR, "4", Status.PASS), Case(FOUR, "5", Status.FAIL), Case(FOUR, "", Status.NO_ANSWER)]

# verifier -> what one of the findings must say
BROKEN = {
    broken.NoName: "protocol: name must be a text",
    broken.NumberAsVersion: "protocol: version must be a text that is not empty, it is 1",
    broken.OtherResource: "protocol: resource must be one of cpu, sandbox, gpu, http, it is 'tpu'",
    broken.NoVerify: "protocol: verify(problem, sample) is missing",
    broken.Boolean: "verdict: verify must return a Verdict, not True",
    broken.StatusAsText: "verdict: status must be a Status, not 'PASS'",
    broken.InfiniteScore: "verdict: score must be a finite number or None, not nan",
    broken.ObjectAsEvidence: "verdict: cannot be written as JSON",
    broken.TupleAsEvidence: "verdict: evidence must hold JSON values only",
    broken.NumberAsAnswer: "verdict: cannot be written as JSON: Verdict.answer: expected str, got int 4",
    broken.Raises: "verdict: verify raises RuntimeError: five is not my number (case 1)",
    broken.Counts: "determinism: case 0 is judged differently the second time",
    broken.Random: "determinism: case 2 is judged differently the second time",
    broken.Forgets: "pickle: a copy judges case 0 differently (status: <Status.PASS",
    broken.Locked: "pickle: cannot be sent to a worker process (TypeError: cannot pickle '_thread.lock' object)",
    broken.PassesNothing: "status: white space is PASS",
    broken.RefusesGold: "gold: problem 'four': the verifier says FAIL",
    broken.PassesThePlanted: "gold: problem 'four': the verifier passes a planted wrong response",
    broken.GoldCrashes: "gold: the gold check of problem 'four' raises IndexError",
    broken.DisownsGold: "gold: problem 'four': cannot be read",
    broken.RaisesOnNul: "hostile: NUL bytes: crashed: ValueError: embedded null byte",
    broken.RaisesOnSurrogates: "hostile: lone surrogates: crashed: UnicodeEncodeError",
    broken.Recurses: "hostile: 1 MB of open brackets: crashed: RecursionError",
    broken.Hangs: "hostile: 1 MB of digits: deadline: the verifier did not answer within 0.5 s",
    broken.Dies: "hostile: 1 MB of one letter: worker_died",
    broken.OtherInBatches: "verify_many: gives other verdicts than verify, or in another order",
    broken.BatchCrashes: "verify_many: raises RuntimeError: out of memory",
    broken.FirstOfGroup: "determinism: case 0 is judged differently the second time",
    broken.ShortGroup: "group: verify_group must return a list of 3 verdicts",
    broken.OtherAlone: "group: verify and verify_group judge case 0 alone differently",
    broken.GroupCrashes: "verdict: verify_group raises RuntimeError: too many",
    broken.GroupChokes: "hostile: in a group: crashed: MemoryError",
}


@pytest.mark.parametrize("cls", BROKEN, ids=lambda cls: cls.__name__)
def test_each_broken_rule_is_named(cls):
    findings = check_verifier(cls(), CASES, deadline_s=0.5)
    assert any(finding.startswith(BROKEN[cls]) for finding in findings), findings


@pytest.mark.parametrize("cls", [broken.Honest, broken.GoodBatches])
def test_an_honest_verifier_keeps_the_contract(cls):
    assert check_verifier(cls(), CASES) == []


def test_an_honest_verifier_of_groups_keeps_the_contract():
    cases = [*CASES, CASES[0], Case(OPEN, "4", Status.FAIL)]
    assert check_verifier(broken.Together(), cases) == []


def test_a_case_that_is_judged_otherwise_is_named():
    findings = check_verifier(broken.Honest(), [*CASES, Case(FOUR, "four", Status.PASS)])
    assert findings == ["cases: case 3 must be PASS, it is FAIL"]


@pytest.mark.parametrize("cases", [[], CASES[:1], CASES[1:]])
def test_cases_must_show_both_sides(cases):
    assert "cases: give at least one that must PASS and one that must not" in check_verifier(broken.Honest(), cases)


def test_a_class_is_no_verifier():
    assert check_verifier(broken.Honest, CASES) == ["protocol: Honest is a class; give an instance of it"]


def test_no_thread_is_left_behind():
    before = threading.active_count()
    check_verifier(broken.Hangs(), CASES, deadline_s=0.2)
    assert threading.active_count() == before


def test_math_keeps_the_contract():
    cases = [
        Case(FOUR, "so \\boxed{4}", Status.PASS),
        Case(FOUR, "so \\boxed{\\frac{8}{2}}", Status.PASS),
        Case(FOUR, "so \\boxed{5}", Status.FAIL),
        Case(FOUR, "I give up.", Status.NO_ANSWER),
        Case(OPEN, "\\boxed{4}", Status.ABSTAIN),
    ]
    assert check_verifier(MathVerifier(), cases) == []


def test_reasoning_gym_keeps_the_contract():
    pytest.importorskip("reasoning_gym")
    from engine.problems.reasoning_gym import ReasoningGym
    from verifiers.reasoning_gym import ReasoningGymVerifier

    problem = next(iter(ReasoningGym(task="basic_arithmetic", n_problems=1).problems()))
    cases = [
        Case(problem, f"<answer>{problem.answer}</answer>", Status.PASS),
        Case(problem, "<answer>wrong</answer>", Status.FAIL),
        Case(OPEN, "4", Status.ABSTAIN),
    ]
    assert check_verifier(ReasoningGymVerifier(), cases) == []


@pytest.fixture
def example(monkeypatch):
    monkeypatch.syspath_prepend(EXAMPLE)
    yield
    for name in ("parity_verifier", "my_verifier"):
        sys.modules.pop(name, None)


def test_the_example_plugin_keeps_the_contract(example):
    from parity_verifier import Parity

    cases = [
        Case(FOUR, "4", Status.PASS),
        Case(FOUR, "3 + 2 = 5", Status.FAIL),
        Case(FOUR, "four", Status.NO_ANSWER),
        Case(OPEN, "4", Status.ABSTAIN),
    ]
    assert check_verifier(Parity(), cases) == []


def test_the_verifier_of_the_readme_keeps_the_contract(example):
    from my_verifier import ShowsWorking

    solved = Problem("four", "2 + 2?", answer="4", reference_solution="2 + 2 = 4")
    cases = [Case(solved, "2 + 2 = 4", Status.PASS), Case(solved, "4", Status.FAIL)]
    assert check_verifier(ShowsWorking(), cases) == []
    assert len((EXAMPLE / "my_verifier.py").read_text().splitlines()) <= 20
