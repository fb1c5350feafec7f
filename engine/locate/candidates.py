"""Which samples of a run are looked into: wrong ones, and a few right ones as an estimate of the noise."""

from collections.abc import Iterator
from dataclasses import dataclass

from engine.codec import derive_seed
from engine.locate.response import judged_text
from engine.records import Decision, FinishReason, Sample
from engine.tally import Settled

MOST_INDEX = 2_146
"""Of a parent: the ledger's indices have 32 bits, and rollouts take a million for each parent."""


@dataclass(frozen=True)
class Candidate:
    """One sample to look into."""

    sample: Sample
    accepted: bool


def usable(decision: Decision | None, sample: Sample) -> bool:
    """Whether a sample says something of its model: judged, made to its end, and no error of ours."""
    return decision is not None and not decision.error and sample.finish_reason == FinishReason.STOP


@dataclass(frozen=True)
class Choice:
    """How candidates are chosen."""

    per_problem: int
    accepted_share: float
    seed: int

    def of(self, settled: Settled) -> Iterator[Candidate]:
        """Up to ``per_problem`` rejected samples of a group, and each accepted one with ``accepted_share``.

        In the order of their indices; a response that was taken before is not taken again.
        """
        seen: set[str] = set()
        left = {False: self.per_problem, True: self.per_problem}
        for index, sample in sorted(settled.group.samples.items()):
            decision, text = settled.decisions[index], judged_text(sample)
            if index > MOST_INDEX or not settled.counted(index) or not usable(decision, sample) or text in seen:
                continue
            assert decision is not None
            if decision.accepted and derive_seed(self.seed, f"locate {sample.problem_id}", index) >= (
                self.accepted_share * 2**31
            ):
                continue
            seen.add(text)
            if left[decision.accepted]:
                left[decision.accepted] -= 1
                yield Candidate(sample, decision.accepted)


def draws(settled: Settled) -> tuple[int, int]:
    """How many samples of a group were accepted and rejected: draws of its p."""
    told = [
        decision.accepted
        for index, decision in settled.decisions.items()
        if decision is not None and settled.counted(index) and usable(decision, settled.group.samples[index])
    ]
    return sum(told), len(told) - sum(told)
