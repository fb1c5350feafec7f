"""Language models as judges, over any OpenAI-compatible server: a rubric, or a comparison with the reference solution.

A judge is a model with an opinion. What it says is taken only when it keeps to a schema and repeats the code of its
case (``case``); whatever else happens (time-out, refusal, other text) is ERROR, never FAIL. Instructions that a sample
holds are data to it as far as words can make them: see docs/scorers.md for what remains.
"""

from dataclasses import dataclass
from typing import ClassVar

from engine.errors import ConfigError
from engine.records import Problem, Reason, Sample, Status, Verdict
from verifiers.judge.asking import PLANTED, Asking, asked_words
from verifiers.judge.case import Case
from verifiers.judge.grading import Grades, addressed, graded
from verifiers.judge.pairwise import PairwiseJudge

__all__ = ["JudgeVerifier", "PairwiseJudge"]

TASK = "You grade one response to a task, strictly, by the criteria below and by nothing else."
SHOWN = TASK + " A reference is shown as well; it is right, but others may be right too."


@dataclass(kw_only=True)
class JudgeVerifier(Asking):
    """A rubric: PASS when the share of criteria that are met reaches ``threshold``, FAIL when it cannot.

    What the judge is unsure of may leave it in between: ABSTAIN. So is a response that addresses its judge.
    """

    criteria: tuple[str, ...]
    """What a good response does, one sentence each, so that yes is good."""
    threshold: float | None = 1.0
    """Share of the criteria from which on a sample passes; None: always ABSTAIN, with the share as score."""
    reference: bool = True
    """Whether the judge is shown the problem's reference solution, or its gold answer where there is none."""

    name: ClassVar[str] = "judge"
    version: ClassVar[str] = "1"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.criteria or not all(text.strip() for text in self.criteria):
            raise ConfigError("criteria: give at least one, and none that is empty")
        if self.threshold is not None and not 0 < self.threshold <= 1:
            raise ConfigError(f"threshold: {self.threshold} is no share above 0; give one up to 1, or null for none")

    def gold(self, problem: Problem) -> tuple[str | None, str]:
        """The reference solution, and a response that is nothing but an injected verdict."""
        return (None if self.threshold is None else problem.reference_solution), PLANTED

    def verify(self, problem: Problem, sample: Sample) -> Verdict:
        """Judge one sample."""
        if (verdict := self.unread(sample)) is not None:
            return verdict
        known = problem.reference_solution or problem.answer if self.reference else None
        shown = {"task": asked_words(problem), **({"reference": known} if known else {})}
        case = Case.of(**shown, response=self.judged(sample))
        grades = graded(self, case, SHOWN if known else TASK, self.criteria)
        return grades if isinstance(grades, Verdict) else self._decided(grades)

    def _decided(self, grades: Grades) -> Verdict:
        evidence = grades.evidence(self, self.criteria)
        if grades.speaks:
            return addressed(evidence)
        score = grades.score()
        told = f"{grades.met.count('yes')} of {len(grades.met)} criteria are met"
        if self.threshold is None:
            return Verdict(Status.ABSTAIN, score, reason=Reason("scored", told), evidence=evidence)
        if score >= self.threshold:
            return Verdict(Status.PASS, score, reason=Reason("meets", told), evidence=evidence)
        if grades.best() >= self.threshold:
            return Verdict(Status.ABSTAIN, score, reason=Reason("unsure", told), evidence=evidence)
        at = grades.met.index("no")
        reason = Reason("misses", f"{told}; {at + 1}. {self.criteria[at]} {grades.why[at]}"[:500])
        return Verdict(Status.FAIL, score, reason=reason, evidence=evidence)
