"""The step verifier keeps the contract, built as a run builds it: from its YAML."""

from pathlib import Path

import pytest
from omegaconf import OmegaConf

from engine.build import build
from engine.contract import Case, check_verifier
from engine.errors import ConfigError
from engine.protocols import Verifier
from engine.records import Problem, Sample, Status
from verifiers.steps import Rules, StepVerifier, judged_text

CONF = Path(__file__).parents[2] / "conf" / "verifier" / "steps.yaml"
PROBLEM = Problem("apples", "Tom has 3 bags of 4 apples and eats 2. How many are left?", answer="10")
RIGHT = "Tom has 3 * 4 = 12 apples.\n\nHe keeps 12 - 2 = 10."
WRONG = "Tom has 3 * 4 = 12 apples.\n\nHe keeps 12 - 2 = 9."


def configured():
    return build(OmegaConf.load(CONF).steps, Verifier, "verifier.steps")


def judged(text, reasoning=None, **options):
    return StepVerifier(**options).verify(PROBLEM, Sample("apples", 0, text, reasoning=reasoning))


def test_yaml_states_the_defaults():
    assert configured() == StepVerifier()


def test_contract():
    cases = [
        Case(PROBLEM, RIGHT, Status.PASS),
        Case(PROBLEM, WRONG, Status.FAIL),
        Case(PROBLEM, "He has some apples.", Status.ABSTAIN),
        Case(PROBLEM, "9^9^9^9 = 9^9^9^9^9", Status.ABSTAIN),
        Case(PROBLEM, " ", Status.NO_ANSWER),
    ]
    assert check_verifier(configured(), cases) == []


def test_marks_and_evidence():
    """What a step-wise product needs: spans, verdicts, claims with rule and counter-evaluation."""
    verdict = judged(WRONG)
    assert [(WRONG[mark.start : mark.end], mark.verdict) for mark in verdict.steps] == [
        ("Tom has 3 * 4 = 12 apples.", "supported"),
        ("He keeps 12 - 2 = 9.", "refuted"),
    ]
    assert verdict.evidence["first_refuted"] == 1
    assert verdict.evidence["coverage"] == 0.5
    assert verdict.evidence["rules"]["numeric"] == {"supported": 1, "refuted": 1, "unchecked": 0}
    (claim,) = verdict.evidence["steps"][1]["claims"]
    assert claim == {
        "start": WRONG.index("12 - 2"),
        "end": len(WRONG) - 1,
        "text": "12 - 2 = 9",
        "rule": "numeric",
        "verdict": "refuted",
        "evidence": {"left": "10", "right": "9"},
    }
    assert verdict.reason.code == "refuted"
    assert "12 - 2 = 9" in verdict.reason.text


def test_spans_refer_to_reasoning_and_text():
    sample = Sample("apples", 0, "He keeps 12 - 2 = 9.", reasoning="Tom has 3 * 4 = 12 apples.")
    verdict = StepVerifier().verify(PROBLEM, sample)
    mark = verdict.steps[1]
    assert judged_text(sample)[mark.start : mark.end] == "He keeps 12 - 2 = 9."
    assert mark.verdict == "refuted"


def test_coverage_is_asked_for():
    text = "Tom has 3 * 4 = 12 apples.\n\nHe eats two.\n\nThe rest stays."
    assert judged(text).status == Status.PASS
    verdict = judged(text, min_coverage=0.5)
    assert (verdict.status, verdict.reason.code) == (Status.ABSTAIN, "low_coverage")


def test_refuted_may_only_be_flagged():
    verdict = judged(WRONG, on_refuted="flag")
    assert (verdict.status, verdict.steps[1].verdict) == (Status.ABSTAIN, "refuted")


def test_retraction():
    text = "Tom has 3 * 4 = 13 apples.\n\nWait, that is wrong: 3 * 4 = 12.\n\nHe keeps 12 - 2 = 10."
    kept = judged(text)
    assert kept.status == Status.PASS
    assert kept.evidence["steps"][0]["retracted"]
    assert judged(text, on_retracted="fail").status == Status.FAIL


def test_insisting_is_no_retraction():
    text = "Tom has 3 * 4 = 13 apples.\n\nActually, let me add 2 + 2 = 4.\n\nTom has 3 * 4 = 13 apples."
    assert judged(text).status == Status.FAIL


@pytest.mark.parametrize("rule", [name for name in Rules.__dataclass_fields__ if name != "numeric"])
def test_one_rule_off_leaves_the_others(rule):
    assert judged(WRONG, rules=Rules(**{rule: False})).status == Status.FAIL


def test_numeric_rule_off():
    assert judged(WRONG, rules=Rules(numeric=False)).status == Status.ABSTAIN


@pytest.mark.parametrize(
    "options", [{"segmenter": "words"}, {"min_coverage": 2}, {"on_refuted": "shrug"}, {"on_retracted": "x"}]
)
def test_bad_options(options):
    with pytest.raises(ConfigError, match=next(iter(options))):
        StepVerifier(**options)
