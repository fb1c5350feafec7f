"""Every kind of answer: equal forms pass, near misses never do."""

import importlib.util
from pathlib import Path

import pytest

from engine.records import Status
from verifiers.math import MathVerifier

_PATH = Path(__file__).parents[1] / "cases" / "math_kinds.py"
_SPEC = importlib.util.spec_from_file_location("math_kinds_cases", _PATH)
_MODULE = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_MODULE)
ROWS = _MODULE.rows()
EXPECTED = {
    "P": {Status.PASS},
    "F": {Status.FAIL},
    "A": {Status.ABSTAIN},
    "X": {Status.FAIL, Status.ABSTAIN},
}
VERIFIER = MathVerifier()


@pytest.mark.parametrize(("kind", "gold", "answer", "expected"), ROWS, ids=[f"{row[0]}-{row[2]}"[:50] for row in ROWS])
def test_kind(kind, gold, answer, expected):
    verdict = VERIFIER.judge_text(gold, f"\\boxed{{{answer}}}")
    assert verdict.status in EXPECTED[expected], (kind, verdict.reason, verdict.evidence)


@pytest.mark.parametrize("kind", _MODULE.KINDS)
def test_kind_has_right_answers_and_near_misses(kind):
    codes = [row[3] for row in ROWS if row[0] == kind]
    assert "P" in codes
    assert {"F", "X", "A"} & set(codes)


ONE_WAY = ("2.65",)
"""Answers that are right because of what the gold looks like."""


@pytest.mark.parametrize(
    ("gold", "answer"), sorted({row[1:3] for row in ROWS if row[3] == "P" and row[2] not in ONE_WAY})
)
def test_passing_pairs_pass_in_either_direction(gold, answer):
    """Equality is symmetric; what is only read on the gold's side is at least no FAIL the other way."""
    status = VERIFIER.judge_text(answer, f"\\boxed{{{gold}}}").status
    assert status in {Status.PASS, Status.ABSTAIN}


@pytest.mark.parametrize(
    ("problem", "gold", "answer", "status"),
    [
        ("Where is f increasing?", "[0, 1]", "(0, 1)", Status.PASS),
        ("Where is f positive?", "[0, 1]", "(0, 1)", Status.ABSTAIN),
        ("Find the order from smallest to largest of a, b, c.", "b < a < c", "b, a, c", Status.PASS),
        ("Find the order from smallest to largest of a, b, c.", "b < a < c", "a, b, c", Status.ABSTAIN),
        ("Find all pairs (k, l) with k + l = 5.", "(x, 5 - x)", "(t, 5 - t)", Status.PASS),
        ("Find all pairs (x, t) with x + t = 5.", "(x, 5 - x)", "(t, 5 - t)", Status.ABSTAIN),
        ("By approximately what percent?", "117.95\\%", "118\\%", Status.PASS),
        ("By exactly what percent?", "117.95\\%", "118\\%", Status.FAIL),
        ("Approximately, to the nearest hundredth?", "117.95", "118", Status.FAIL),
        ("Who served in the first game?", "Kim served in the first game", "Kim", Status.PASS),
        ("Who served in the first game?", "Kim served in the first game", "Lee", Status.ABSTAIN),
        ("Which needs longer: by boat or by bus?", "By bus it takes longer than by boat.", "boat", Status.ABSTAIN),
        ("Solve y'' = y.", "C_1 e^{x} + C_2 e^{-x}", "C_2 e^{x} + C_1 e^{-x}", Status.PASS),
        ("Capacitors C_1, C_2: find the charge.", "C_1 e^{x} + C_2 e^{-x}", "C_2 e^{x} + C_1 e^{-x}", Status.ABSTAIN),
    ],
)
def test_the_problem_settles_what_is_open(problem, gold, answer, status):
    verdict = VERIFIER.judge_text(gold, f"\\boxed{{{answer}}}", problem)
    assert (verdict.status in {Status.ABSTAIN, Status.FAIL}) if status != Status.PASS else (verdict.status == status), (
        verdict.reason,
        verdict.evidence,
    )
