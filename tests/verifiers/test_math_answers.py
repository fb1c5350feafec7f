"""The tables of tests/cases: each answer is judged as it should be, and in every wrapping that means the same."""

import importlib.util
from pathlib import Path

import pytest

from engine.records import Problem, Sample, Status
from verifiers.math import Equality, MathOptions, MathVerifier, verify_answer


def _table(name: str):
    path = Path(__file__).parents[1] / "cases" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


ANSWERS = _table("math_answers").ANSWERS
EXPECTED = {
    "P": {Status.PASS},
    "F": {Status.FAIL},
    "A": {Status.ABSTAIN},
    "X": set(Status) - {Status.PASS, Status.ERROR},
}
VERIFIER = MathVerifier()


@pytest.mark.parametrize(("gold", "answer", "expected", "why"), ANSWERS, ids=lambda value: str(value)[:40])
def test_table(gold, answer, expected, why):
    verdict = VERIFIER.judge_text(gold, f"So the answer is \\boxed{{{answer}}}.")
    assert verdict.status in EXPECTED[expected], (why, verdict.reason, verdict.evidence)


def test_table_is_large_and_has_every_outcome():
    counts = {code: sum(row[2] == code for row in ANSWERS) for code in EXPECTED}
    assert len(ANSWERS) >= 150
    assert min(counts.values()) >= 8


@pytest.mark.parametrize("gold", sorted({row[0] for row in ANSWERS}), ids=lambda value: value[:40])
def test_every_gold_passes_itself_and_fails_its_planted_wrong_answer(gold):
    problem = Problem("p", "?", answer=gold)
    right, wrong = VERIFIER.gold(problem)
    assert VERIFIER.verify(problem, Sample("p", 0, right)).status == Status.PASS
    verdict = VERIFIER.verify(problem, Sample("p", 1, wrong))
    assert verdict.status in {Status.FAIL, Status.ABSTAIN}
    assert wrong != right


@pytest.mark.parametrize(
    "gold", ["18", "\\frac{1}{2}", "2\\sqrt{2}", "x=5", "12\\frac{3}{5}", "0.5", "\\$15.48", "A", "yes"]
)
def test_planted_wrong_answer_of_ordinary_golds_is_surely_wrong(gold):
    problem = Problem("p", "?", answer=gold)
    assert VERIFIER.verify(problem, Sample("p", 0, VERIFIER.gold(problem)[1])).status == Status.FAIL


@pytest.mark.parametrize("answer", ["", "   ", "\\int_0^1 f(x)\\,dx = \\begin{cases} 1", "7" * 5000])
def test_unusable_gold_raises_one_sentence(answer):
    with pytest.raises(ValueError, match="problem p7: "):
        VERIFIER.gold(Problem("p7", "?", answer=answer))


def test_a_problem_without_an_answer_is_not_this_verifiers_to_judge():
    assert VERIFIER.gold(Problem("p", "?")) is None


@pytest.mark.parametrize(
    ("problem", "gold", "answer", "status"),
    [
        ("What percent of them are red?", "50", "50\\%", Status.PASS),
        ("How many are red?", "50", "50\\%", Status.ABSTAIN),
        ("What percent of them are red?", "50\\%", "50", Status.PASS),
        ("What percent of them are red?", "50", "0.5", Status.FAIL),
        ("Round to the nearest tenth.", "9.4", "9.43", Status.PASS),
        ("Find the exact value.", "9.4", "9.43", Status.FAIL),
        ("Write it in base 3.", "-221_3", "-221", Status.PASS),
        ("How many grams of rice?", "2600", "2600g", Status.PASS),
        ("How many are there?", "2600", "2600g", Status.ABSTAIN),
    ],
)
def test_wording_of_the_problem_settles_conventions(problem, gold, answer, status):
    response = f"\\boxed{{{answer}}}"
    assert verify_answer(gold, response, problem=problem).status == status
    assert VERIFIER.verify(Problem("p", problem, answer=gold), Sample("p", 0, response)).status == status


@pytest.mark.parametrize(
    ("equality", "gold", "answer", "status"),
    [
        (Equality(percent="always"), "50", "50\\%", Status.PASS),
        (Equality(percent="never"), "50", "50\\%", Status.FAIL),
        (Equality(rounding="never"), "6.46", "\\frac{84}{13}", Status.FAIL),
        (Equality(rounding="always"), "3.5", "3.52", Status.PASS),
        (Equality(units="required"), "5\\text{ m}", "5", Status.FAIL),
        (Equality(units="required"), "5\\text{ m}", "5\\text{ m}", Status.PASS),
        (Equality(assignment=False), "x=5", "5", Status.FAIL),
        (Equality(assignment=False), "x=5", "x=5.0", Status.PASS),
    ],
)
def test_options_change_the_verdict(equality, gold, answer, status):
    assert verify_answer(gold, f"\\boxed{{{answer}}}", MathOptions(equality=equality)).status == status
