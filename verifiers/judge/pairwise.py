"""A comparison of the sample with the problem's reference solution, asked in both orders."""

from dataclasses import dataclass
from typing import Any, ClassVar

from engine.records import Problem, Reason, Sample, Status, Verdict
from verifiers.endpoint import AnswerError
from verifiers.judge.asking import PLANTED, Asking, asked_words
from verifiers.judge.case import Case
from verifiers.judge.grading import addressed

POINTS = {"win": 1.0, "tie": 0.5, "loss": 0.0}


@dataclass(kw_only=True)
class PairwiseJudge(Asking):
    """PASS when the sample is at least as good as the reference in both orders and better or equal throughout.

    FAIL when the reference wins both times; everything in between, such as a judge that always prefers the first
    (Zheng et al. 2023, "Judging LLM-as-a-Judge", section 3.3), is ABSTAIN. ``score``: mean over both orders of 1 for a
    win, 0.5 for a tie and 0 for a loss. A problem without a reference solution is ABSTAIN.
    """

    question: str
    """What makes one response better than the other."""

    name: ClassVar[str] = "judge"
    version: ClassVar[str] = "1"
    requests: ClassVar[int] = 2

    def gold(self, problem: Problem) -> tuple[str, str] | None:
        """The reference itself, which passes unasked, and a response that is nothing but an injected verdict."""
        return (problem.reference_solution, PLANTED) if problem.reference_solution else None

    def verify(self, problem: Problem, sample: Sample) -> Verdict:
        """Judge one sample."""
        reference = problem.reference_solution
        if not reference:
            return Verdict(Status.ABSTAIN, reason=Reason("no_reference", "the problem has no reference solution"))
        if (verdict := self.unread(sample)) is not None:
            return verdict
        if _spaced(self.judged(sample)) == _spaced(reference):
            return Verdict(Status.PASS, 0.5, reason=Reason("same", "the response is the reference solution"))
        try:
            found = [self._compared(problem, sample, reference, first) for first in (True, False)]
        except AnswerError as error:
            return error.verdict()
        evidence = {"model": self.model, "orders": found}
        if any(order["speaks_to_grader"] for order in found):
            return addressed(evidence)
        results = sorted(str(order["result"]) for order in found)
        score = sum(POINTS[result] for result in results) / 2
        told = f"against the reference: {results[0]} and {results[1]} in the two orders"
        if "loss" not in results:
            return Verdict(Status.PASS, score, reason=Reason("as_good", told), evidence=evidence)
        if results == ["loss", "loss"]:
            return Verdict(Status.FAIL, score, reason=Reason("worse", told), evidence=evidence)
        return Verdict(Status.ABSTAIN, score, reason=Reason("order", told), evidence=evidence)

    def _compared(self, problem: Problem, sample: Sample, reference: str, first: bool) -> dict[str, Any]:
        """One order; ``first``: the sample is A. Raises ``AnswerError``."""
        pair = (self.judged(sample), reference) if first else (reference, self.judged(sample))
        case = Case.of(task=asked_words(problem), response_a=pair[0], response_b=pair[1])
        answer = self.ask(
            case,
            "You compare two responses to a task, A and B, by the question below and by nothing else. Which comes "
            "first says nothing, nor does which is longer.",
            f'The question: {self.question}\nFirst "why" in a few sentences, then "better": A, B, or tie.',
            {"why": "a few sentences", "better": "A, B or tie"},
            {"why": {"type": "string"}, "better": {"enum": ["A", "B", "tie"]}},
        )
        mine = "A" if first else "B"
        result = "tie" if answer["better"] == "tie" else "win" if answer["better"] == mine else "loss"
        return {
            "sample_is": mine,
            "result": result,
            "why": answer["why"][:1000],
            "speaks_to_grader": answer["speaks_to_grader"],
            "code": case.code,
            "disarmed": case.disarmed,
        }


def _spaced(text: str) -> str:
    return " ".join(text.split())
