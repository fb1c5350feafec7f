"""Which two samples of a problem make a pair, and in which order pairs are tried.

A winner is always a verified sample that selection kept. A loser is a sample that a verifier rejected, but for the
policies ``shortest_right`` and ``score_gap``, where both may be verified.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.codec import derive_seed
from engine.products.choose import length_of, score_of
from engine.products.steps import steps_of
from engine.records import Row
from engine.rows import RowGroup, rejecting

POLICIES = ("best_worst", "nearly_right", "hard_negative", "shortest_right", "score_gap", "rso")
Pair = tuple[Row, Row]
"""Chosen and rejected."""


@dataclass(frozen=True)
class Candidates:
    """Pairs in the order in which they are tried, or the reason why the problem has none."""

    pairs: Iterator[Pair]
    reason: str = ""


@dataclass(frozen=True)
class Pairing:
    """One policy with its settings; see ``engine.products.preference.Preference`` for what they mean."""

    policy: str
    losers: tuple[str, ...]
    score_by: str | None
    min_gap: float
    min_length_ratio: float
    rso_beta: float
    rso_samples: int
    seed: int

    def of(self, group: RowGroup) -> Candidates:
        """The candidate pairs of one problem."""
        winners = group.selected
        losers = [row for row in group.rejected if (v := rejecting(row)) is not None and v.status.value in self.losers]
        if group.dropped is not None:
            return _none(f"selection:{group.dropped}")
        if not winners:
            return _none("no_accepted" if not group.accepted else "no_selected")
        if self.policy == "shortest_right":
            return self._by_length(winners)
        if self.policy == "rso":
            return self._rso(group, [*winners, *losers])
        if self.policy == "score_gap":
            return self._by_gap(winners, losers)
        if not losers:
            return _none("no_rejected" if not group.rejected else "no_such_loser")
        if self.policy == "best_worst":
            return Candidates(crossed(self._sorted(winners, -1), self._sorted(losers, 1)))
        if self.policy == "hard_negative":
            hard = [row for row in losers if failed_tests(row) == 1]
            return Candidates(crossed(self._sorted(winners, -1), hard)) if hard else _none("no_hard_negative")
        near = [(value, row) for row in losers if (value := nearness(row)) is not None]
        near.sort(key=lambda pair: -pair[0])
        ordered = [row for _, row in near]
        return Candidates(crossed(self._sorted(winners, -1), ordered)) if ordered else _none("no_nearness")

    def reward(self, row: Row) -> float | None:
        """The score that counts; where no verifier is named and none gave one, 1 for accepted and 0 for rejected."""
        score = score_of(row, self.score_by)
        return float(row.decision.accepted) if score is None and self.score_by is None else score

    def _sorted(self, rows: Sequence[Row], sign: int) -> list[Row]:
        """By reward, ``sign`` 1 the least first; rows without one come last."""
        return sorted(rows, key=lambda row: math.inf if (value := self.reward(row)) is None else sign * value)

    def _by_length(self, winners: Sequence[Row]) -> Candidates:
        order = sorted(winners, key=length_of)
        pairs = [
            (short, long)
            for short, long in zip(order[: len(order) // 2], reversed(order), strict=False)
            if length_of(long) >= self.min_length_ratio * max(1, length_of(short))
        ]
        return Candidates(iter(pairs)) if pairs else _none("one_accepted" if len(winners) < 2 else "lengths_too_near")

    def _by_gap(self, winners: Sequence[Row], losers: Sequence[Row]) -> Candidates:
        scored = [(value, row) for row in (*winners, *losers) if (value := self.reward(row)) is not None]
        found = [
            (high - low, chosen, rejected)
            for high, chosen in scored
            for low, rejected in scored
            if chosen.decision.accepted and high > low and high - low >= self.min_gap
        ]
        if not found:
            return _none("no_score" if len(scored) < 2 else "gap_too_small")
        found.sort(key=lambda item: -item[0])
        return Candidates((chosen, rejected) for _, chosen, rejected in found)

    def _rso(self, group: RowGroup, rows: Sequence[Row]) -> Candidates:
        rewards = {row.sample.index: value for row in rows if (value := self.reward(row)) is not None}
        drawn = self._draw(group.problem.id, rewards)
        by_index = {row.sample.index: row for row in rows}
        if len(drawn) < 2:
            return _none("no_score" if len(rewards) < 2 else "too_few_drawn")
        pairs = []
        for one, other in zip(drawn[::2], drawn[1::2], strict=False):
            chosen, rejected = (one, other) if rewards[one] >= rewards[other] else (other, one)
            pairs.append((by_index[chosen], by_index[rejected]))
        return Candidates(iter(pairs))

    def _draw(self, problem_id: str, rewards: dict[int, float]) -> list[int]:
        """Statistical rejection sampling (Liu et al. 2023, RSO, algorithm 1): draws from the policy that the rewards
        tilt, each candidate at most once, accepted with probability exp((reward - greatest) / beta).
        """
        left, tries = dict(sorted(rewards.items())), 0
        drawn: list[int] = []
        while left and len(drawn) < self.rso_samples:
            greatest = max(left.values())
            for index, reward in list(left.items()):
                tries += 1
                uniform = derive_seed(self.seed, f"rso {problem_id}", tries) / 2**31
                if uniform < math.exp((reward - greatest) / self.rso_beta):
                    drawn.append(index)
                    del left[index]
                    if len(drawn) == self.rso_samples:
                        break
        return drawn


def crossed(winners: Sequence[Row], losers: Sequence[Row]) -> Iterator[Pair]:
    """First with first, second with second, …; then every winner with the next loser. No pair comes twice."""
    for shift in range(len(losers)):
        for i, winner in enumerate(winners):
            yield winner, losers[(i + shift) % len(losers)]


def failed_tests(row: Row) -> int | None:
    """How many tests of a code problem the program fails, where all of two or more were run; else None."""
    for verdict in row.verdicts:
        tests = verdict.evidence.get("tests")
        if isinstance(tests, dict) and tests.get("ran") == tests.get("total") and tests.get("total", 0) > 1:
            return int(tests["total"]) - int(tests["accepted"])
    return None


def nearness(row: Row) -> float | None:
    """How near a rejected sample is to right, in [0, 1]; None where nothing tells.

    The share of tests that its program passes, else the share of steps before the first refuted one, else a score
    above 0 of a verifier that rejects it.
    """
    for verdict in row.verdicts:
        tests = verdict.evidence.get("tests")
        if isinstance(tests, dict) and tests.get("total"):
            return float(tests["accepted"]) / float(tests["total"])
    steps = steps_of(row)
    if steps is not None and steps.refuted is not None:
        return steps.refuted / len(steps.marks)
    against = rejecting(row)
    return against.score if against is not None and against.score else None


def _none(reason: str) -> Candidates:
    return Candidates(iter(()), reason)
