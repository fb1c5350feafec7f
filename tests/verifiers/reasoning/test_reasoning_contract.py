"""The reasoning filter keeps the contract, built as a run builds it, and what its switches do."""

from dataclasses import fields
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from engine.build import build
from engine.contract import Case, check_verifier
from engine.errors import ConfigError
from engine.protocols import Verifier
from engine.records import FinishReason, Problem, Sample, Status
from verifiers.reasoning import Checks, ReasoningVerifier, Strings, Thresholds
from verifiers.steps import judged_text

CONF = Path(__file__).parents[3] / "conf" / "verifier" / "reasoning.yaml"
PROBLEM = Problem("apples", "Tom has 3 bags of 4 apples and eats 2. How many are left?", answer="10")
CLEAN = "Tom has 3 * 4 = 12 apples. He eats 2 of them, so 12 - 2 = 10 are left.\n\nThe answer is \\boxed{10}."
LOOP = "Tom has 3 * 4 = 12 apples. " + "But then he has 12 apples again. " * 40


def configured():
    return build(OmegaConf.load(CONF).reasoning, Verifier, "verifier.reasoning")


def test_yaml_states_the_defaults():
    assert configured() == ReasoningVerifier()


def test_contract():
    cases = [
        Case(PROBLEM, CLEAN, Status.PASS),
        Case(PROBLEM, f"<think>{CLEAN}</think>\\boxed{{10}}", Status.PASS),
        Case(PROBLEM, LOOP, Status.FAIL),
        Case(PROBLEM, f"{CLEAN}<|im_end|>", Status.FAIL),
        Case(PROBLEM, "\\boxed{10}", Status.FAIL),
        Case(PROBLEM, "<think>Tom has", Status.NO_ANSWER),
        Case(PROBLEM, " ", Status.NO_ANSWER),
    ]
    assert check_verifier(configured(), cases) == []


def test_the_planted_response_fails_more_than_one_check():
    right, planted = ReasoningVerifier().gold(PROBLEM)
    assert right is None
    found = ReasoningVerifier().verify(PROBLEM, Sample("apples", 0, planted)).evidence["findings"]
    assert len({item["check"] for item in found}) > 2


def test_all_findings_are_told_with_spans_and_thresholds():
    sample = Sample("apples", 0, LOOP + "</s>", reasoning="Let me see.")
    verdict = ReasoningVerifier().verify(PROBLEM, sample)
    found = {item["check"]: item for item in verdict.evidence["findings"]}
    assert set(found) == {"loop_compression", "loop_ngram", "leaked_token"}
    assert list(found) == [item.name for item in fields(Checks) if item.name in found]  # the most serious first
    assert verdict.reason.code == "loop_compression"
    token = found["leaked_token"]
    assert judged_text(sample)[token["start"] : token["end"]] == "</s>" == token["value"]
    assert found["loop_compression"]["value"] > found["loop_compression"]["threshold"] == 6.0
    assert verdict.evidence["values"]["chars"] == len(judged_text(sample))
    assert all(item["action"] == "fail" and item["text"] for item in found.values())


def test_a_check_may_only_flag():
    checks = Checks(leaked_token="flag")
    verdict = ReasoningVerifier(checks).verify(PROBLEM, Sample("apples", 0, f"{CLEAN}</s>"))
    assert (verdict.status, verdict.reason.code) == (Status.ABSTAIN, "leaked_token")
    assert [item["action"] for item in verdict.evidence["findings"]] == ["flag"]


def test_a_fault_decides_before_a_flag():
    checks = Checks(loop_end="flag", loop_compression="flag", loop_ngram="flag")
    verdict = ReasoningVerifier(checks).verify(PROBLEM, Sample("apples", 0, LOOP + "</s>"))
    assert (verdict.status, verdict.reason.code) == (Status.FAIL, "leaked_token")


def test_a_check_may_be_skipped():
    verdict = ReasoningVerifier(Checks(leaked_token="skip")).verify(PROBLEM, Sample("apples", 0, f"{CLEAN}</s>"))
    assert (verdict.status, verdict.evidence["findings"]) == (Status.PASS, [])


@pytest.mark.parametrize(
    ("action", "status"), [("fail", Status.NO_ANSWER), ("flag", Status.ABSTAIN), ("skip", Status.PASS)]
)
def test_truncation_is_no_answer(action, status):
    sample = Sample("apples", 0, CLEAN, finish_reason=FinishReason.LENGTH)
    assert ReasoningVerifier(Checks(truncated=action)).verify(PROBLEM, sample).status == status


def test_a_truncated_loop_is_no_answer_and_tells_the_loop():
    verdict = ReasoningVerifier().verify(PROBLEM, Sample("apples", 0, LOOP, finish_reason=FinishReason.LENGTH))
    assert verdict.status == Status.NO_ANSWER
    assert verdict.reason.code == "truncated"
    assert "loop_end" in [item["check"] for item in verdict.evidence["findings"]]


@pytest.mark.parametrize("name", [item.name for item in fields(Checks)])
def test_every_check_refuses_an_unknown_action(name):
    with pytest.raises(ConfigError, match=f"checks.{name}"):
        Checks(**{name: "shrug"})


@pytest.mark.parametrize(
    ("part", "options"),
    [
        (Thresholds, {"compression": -1.0}),
        (Thresholds, {"ngram_words": 0}),
        (Thresholds, {"min_chars": 300, "max_chars": 200}),
        (Strings, {"tokens": ("<s>", "")}),
        (Strings, {"think": (("<think>",),)}),
    ],
)
def test_bad_options(part, options):
    with pytest.raises(ConfigError, match=next(iter(options))):
        part(**options)
