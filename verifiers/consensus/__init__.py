"""Self-consistency: where there is no gold answer, what most samples of a problem say stands for it.

Wang et al. 2022 (arXiv:2203.11171) vote by the final answer as a string; here answers vote together when the math
verifier's comparison calls them equal. A majority is evidence and no proof: samples of one model share its mistakes.
So a verdict needs a share of all votes and a lead, both configured, and says ABSTAIN below them.
"""

import typing
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from engine.errors import ConfigError
from engine.protocols import Resource
from engine.records import FinishReason, Problem, Reason, Sample, Status, Verdict
from verifiers.consensus.clusters import Cluster, Clusters, is_placeholder
from verifiers.consensus.values import agreements, derived
from verifiers.consensus.vote import Vote
from verifiers.math.clean import printable
from verifiers.math.extract import boxes, extract
from verifiers.math.options import RULES, Equality
from verifiers.math.outcome import Asked
from verifiers.steps import prompt_text

__all__ = ["ConsensusVerifier"]

Intermediate = Literal["ignore", "score", "require"]


@dataclass
class ConsensusVerifier:
    """Judges all samples of a problem together. Deterministic, never evaluates text, needs no gold answer.

    PASS: the sample gives the winning answer; FAIL: it gives another; ABSTAIN: there is no winner, or the answer
    cannot be compared with the winner's; NO_ANSWER: it gives none, which counts as a vote for nothing.
    """

    agreement: float = 0.5
    """Share of all samples that must give the winning answer."""
    margin: float = 0.2
    """Lead over the next answer, as a share of all samples."""
    min_votes: int = 3
    """Samples with an answer that a group must have."""
    intermediate: Intermediate = "ignore"
    """Values computed on the way, compared with those of the others that give the same answer: ``ignore``; ``score``:
    the score is multiplied by their agreement; ``require``: below ``min_intermediate``, or without any, ABSTAIN."""
    min_intermediate: float = 0.2
    """``require``: least agreement, from 0 to 1."""
    rules: tuple[str, ...] = ("json", "boxed", "hash", "phrase")
    """Where the answer stands; see ``verifiers.math.Extraction``."""
    equality: Equality = field(default_factory=Equality)
    deadline_s: float = 60.0
    """Seconds for one group."""

    name: ClassVar[str] = "consensus"
    version: ClassVar[str] = "1"
    resource: ClassVar[Resource] = "cpu"
    operational: ClassVar[tuple[str, ...]] = ("deadline_s",)
    preload: ClassVar[tuple[str, ...]] = ("mpmath", "sympy")

    def __post_init__(self) -> None:
        for key in ("agreement", "margin", "min_intermediate"):
            if not 0 <= getattr(self, key) <= 1:
                raise ConfigError(f"{key}: {getattr(self, key)} is no share; give a number from 0 to 1")
        if self.min_votes < 2:
            raise ConfigError(f"min_votes: {self.min_votes} is too few for a vote; give 2 or more")
        if self.deadline_s <= 0:
            raise ConfigError(f"deadline_s: {self.deadline_s} must be more than 0")
        if self.intermediate not in typing.get_args(Intermediate):
            known = ", ".join(typing.get_args(Intermediate))
            raise ConfigError(f"intermediate: {self.intermediate!r} is none of {known}")
        if not self.rules or not set(self.rules) <= set(RULES):
            raise ConfigError(f"rules: {list(self.rules)} must name at least one of {', '.join(RULES)} and no other")

    def deadline(self, _problem: Problem) -> float:
        """Seconds after which the pool gives up on a group."""
        return self.deadline_s

    def gold(self, problem: Problem) -> tuple[None, str] | None:
        """No gold is needed, so there is nothing to check; None for programs, which have tests to judge them."""
        return None if problem.tests is not None else (None, "")

    def verify(self, problem: Problem, sample: Sample) -> Verdict:
        """Judge the group of one, which is no majority."""
        return self.verify_group(problem, [sample])[0]

    def verify_group(self, problem: Problem, samples: Sequence[Sample]) -> list[Verdict]:
        """One verdict per sample, in their order; a verdict does not depend on it."""
        if problem.tests is not None:
            reason = Reason("not_applicable", "programs do not agree by what they say; use verifier=code")
            return [Verdict(Status.ABSTAIN, reason=reason)] * len(samples)
        answers = [self._answer(sample) for sample in samples]
        texts = Counter(answer for answer in answers if answer is not None)
        clusters = Clusters(texts, self.equality, Asked(prompt_text(problem)))
        vote = Vote(clusters, len(samples), texts.total(), self.agreement, self.margin, self.min_votes)
        agreed = self._agreed(problem, samples, answers, vote)
        return [
            _no_answer(sample, vote) if answer is None else self._verdict(sample, answer, vote, agreed.get(number))
            for number, (sample, answer) in enumerate(zip(samples, answers, strict=True))
        ]

    def _answer(self, sample: Sample) -> str | None:
        found = extract(sample.text, self.rules)
        text = printable(found.text).strip() if found is not None else ""
        return text if text and not is_placeholder(text) else None

    def _agreed(
        self, problem: Problem, samples: Sequence[Sample], answers: Sequence[str | None], vote: Vote
    ) -> dict[int, dict[str, Any]]:
        """For each sample of the winner the number of its intermediate values and how far they agree."""
        if self.intermediate == "ignore" or vote.winner is None:
            return {}
        numbers = [n for n, a in enumerate(answers) if a is not None and vote.clusters.of(a) is vote.winner]
        values = [derived(problem, samples[n]) for n in numbers]
        shares = zip(numbers, values, agreements(values), strict=True)
        return {n: {"values": len(own), "agreement": share and round(share, 4)} for n, own, share in shares}

    def _verdict(self, sample: Sample, answer: str, vote: Vote, agreed: dict[str, Any] | None) -> Verdict:
        own, winner = vote.clusters.of(answer), vote.winner
        share = score = own.votes / vote.samples
        if winner is None:
            status, reason = Status.ABSTAIN, vote.why_none()
        elif own is winner:
            status, reason = Status.PASS, Reason("majority", f"{vote.told(own)} give this answer")
        elif vote.clusters.relation(winner.gold, own.gold) == "unsure" or _boxed_apart(sample, winner):
            status = Status.ABSTAIN
            reason = Reason("unclear", "the answer cannot be compared with the one that most samples give")
        else:
            status = Status.FAIL
            reason = Reason("minority", f"{vote.told(winner)} give another answer, {own.votes} this one")
        evidence = vote.evidence() | {"share": round(share, 4)}
        if agreed is not None:
            evidence["intermediate"] = agreed
            agreement = agreed["agreement"] or 0.0
            if self.intermediate == "score":
                score *= agreement
            elif agreement < self.min_intermediate:
                status, reason = Status.ABSTAIN, _another_way(agreed, self.min_intermediate)
        return Verdict(status, score, answer[:2000], vote.expected, reason, evidence)


def _boxed_apart(sample: Sample, winner: Cluster) -> bool:
    """Whether the sample has one box for each of the values that the winner lists; its vote was for the last."""
    parts = winner.gold.parts
    return parts > 1 and len(boxes(sample.text)) == parts


def _no_answer(sample: Sample, vote: Vote) -> Verdict:
    truncated = sample.finish_reason == FinishReason.LENGTH
    reason = Reason("no_answer_found", "the text gives no answer where one is looked for")
    if truncated or not sample.text.strip():
        reason = Reason("truncated", "the text ended before an answer") if truncated else Reason("empty", "no text")
    return Verdict(Status.NO_ANSWER, expected=vote.expected, reason=reason, evidence=vote.evidence())


def _another_way(agreed: dict[str, Any], least: float) -> Reason:
    if agreed["agreement"] is None:
        return Reason("no_values", "it gives the majority's answer, and no value on the way that could be compared")
    told = f"its {agreed['values']} values agree with those of the majority by {agreed['agreement']:.0%}"
    return Reason("another_way", f"it gives the majority's answer, but {told}; {least:.0%} is asked for")
