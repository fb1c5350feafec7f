"""Grading one response against a list of criteria, each answered yes, no or unsure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.records import Reason, Status, Verdict
from verifiers.endpoint import AnswerError
from verifiers.judge.asking import Asking
from verifiers.judge.case import Case


@dataclass(frozen=True)
class Grades:
    """The judge's word on every criterion."""

    met: tuple[str, ...]
    """``yes``, ``no`` or ``unsure``."""
    why: tuple[str, ...]
    speaks: bool
    """The response addresses the judge."""
    case: Case

    def score(self) -> float:
        """Share of the criteria that are met for sure."""
        return round(self.met.count("yes") / len(self.met), 4)

    def best(self) -> float:
        """The share if all that the judge is unsure of were met."""
        return round(1 - self.met.count("no") / len(self.met), 4)

    def evidence(self, judge: Asking, criteria: Sequence[str]) -> dict[str, Any]:
        """What a person can check."""
        told = [
            {"criterion": text, "met": met, "why": why}
            for text, met, why in zip(criteria, self.met, self.why, strict=True)
        ]
        return {
            "model": judge.model,
            "criteria": told,
            "speaks_to_grader": self.speaks,
            "code": self.case.code,
            "disarmed": self.case.disarmed,
        }


def graded(judge: Asking, case: Case, task: str, criteria: Sequence[str]) -> Grades | Verdict:
    """The judge's grades, or the verdict where it gives none."""
    numbered = "\n".join(f"{number}. {text}" for number, text in enumerate(criteria, 1))
    one = {"why": "one sentence", "met": "yes, no or unsure"}
    item = {
        "type": "object",
        "properties": {"why": {"type": "string"}, "met": {"enum": ["yes", "no", "unsure"]}},
        "required": ["why", "met"],
        "additionalProperties": False,
    }
    size = len(criteria)
    fields = {"criteria": {"type": "array", "items": item, "minItems": size, "maxItems": size}}
    told = f'The criteria, which "criteria" answers in this order, {size} in all:\n{numbered}'
    try:
        answer = judge.ask(case, task, told, {"criteria": [one] * size}, fields)
    except AnswerError as error:
        return error.verdict()
    met = tuple(item["met"] for item in answer["criteria"])
    why = tuple(item["why"][:1000] for item in answer["criteria"])
    return Grades(met, why, answer["speaks_to_grader"], case)


def addressed(evidence: dict[str, Any], score: float | None = None) -> Verdict:
    """The verdict on a response that tells its judge what to say: nothing that the judge says is taken."""
    reason = Reason("speaks_to_grader", "the response addresses its judge, so what the judge says of it is not taken")
    return Verdict(Status.ABSTAIN, score, reason=reason, evidence=evidence)
