"""How rollouts are placed and read: adaptively with a posterior, or by the two usual schedules, as baselines.

A method looks at a ``Solution`` and says where the next rollouts start; when it wants none, ``conclude`` says what it
found. Methods keep no state, so the same evidence gives the same answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from engine.locate.posterior import Belief, Solution, believe, wave

Found = Literal["located", "clean", "unlocatable", "budget"]
KNOWN = 10
"""Samples of a problem, or as many by its prior, before it counts as too hard."""
NOTHING_GAINED = 1e-4
"""Nats; below it no rollout tells what is still open, such as whether a rejected solution has no wrong step at all."""


@dataclass(frozen=True)
class Conclusion:
    """What a method found in one solution of T steps."""

    found: Found
    first: int | None
    """The first wrong step, where it is located."""
    clean: tuple[float, ...]
    """For every step, the probability that everything up to and including it is right."""
    belief: Belief
    """What the posterior says of the same evidence, whatever the method."""


@dataclass(frozen=True)
class Bayes:
    """Rollouts go where they inform most on the first wrong step, until the posterior is sure.

    The rule of generalised binary search under noise (Nowak 2009), with Bayesian updates.
    """

    confidence: float = 0.95
    budget: int = 48
    """Rollouts per solution."""
    wave: int = 1
    """Rollouts in flight per solution."""
    least_right: float = 0.1
    """Give up where a clean prefix comes out right less often than this: silence would say nothing."""

    def ask(self, solution: Solution) -> Sequence[int]:
        """Prefixes of the next rollouts, one entry each; empty when it has seen enough."""
        return self._look(solution)[1]

    def conclude(self, solution: Solution) -> Conclusion:
        """What the evidence says."""
        found, _, belief = self._look(solution)
        best = max(range(solution.steps + 1), key=lambda j: belief.first[j])
        first = best if found == "located" else None
        return Conclusion(found, first, belief.clean[1:], belief)

    def _look(self, solution: Solution) -> tuple[Found, Sequence[int], Belief]:
        belief = believe(solution)
        if max(belief.first) >= self.confidence:
            return ("clean" if belief.first[-1] >= self.confidence else "located"), (), belief
        left = self.budget - sum(solution.asked)
        if left <= 0:
            return "budget", (), belief
        asked, gain = wave(belief, min(self.wave, left))
        if gain < NOTHING_GAINED:
            return "unlocatable", (), belief
        if max(belief.right[i] for i in asked) < self.least_right:
            # the problem may be too hard, or the very first step wrong: whole samples tell which
            known = sum(solution.rates.clean) + solution.asked[0] >= KNOWN
            return ("unlocatable", (), belief) if known else ("budget", [0] * len(asked), belief)
        return "budget", asked, belief


@dataclass(frozen=True)
class Linear:
    """Math-Shepherd (Wang et al. 2024): k rollouts after every step, which is right when any of them is."""

    k: int = 8
    accepted: bool = False
    """The sample's own end was right, so its last step is."""

    def ask(self, solution: Solution) -> Sequence[int]:
        """See ``Bayes``."""
        return [i for i in range(1, solution.steps) for _ in range(self.k - solution.asked[i])]

    def conclude(self, solution: Solution) -> Conclusion:
        """See ``Bayes``; steps after the first wrong one count as wrong."""
        belief = believe(solution)
        good = [solution.right[i] > 0 for i in range(1, solution.steps)] + [self.accepted]
        first = next((step for step, right in enumerate(good) if not right), None)
        if any(not solution.rolled[i] for i in range(1, solution.steps)):
            return Conclusion("unlocatable", None, belief.clean[1:], belief)
        return _hard(solution, first, belief)


@dataclass(frozen=True)
class Binary:
    """OmegaPRM (Luo et al. 2024): halves the solution; a half is right when any of k rollouts from its end is."""

    k: int = 8
    accepted: bool = False

    def ask(self, solution: Solution) -> Sequence[int]:
        """See ``Bayes``."""
        low, high = self._interval(solution)
        middle = (low + high) // 2
        return [middle] * (self.k - solution.asked[middle]) if high - low > 1 else []

    def conclude(self, solution: Solution) -> Conclusion:
        """See ``Bayes``."""
        belief = believe(solution)
        first = None if self.accepted else self._interval(solution)[0]
        if any(asked and not rolled for asked, rolled in zip(solution.asked, solution.rolled, strict=True)):
            return Conclusion("unlocatable", None, belief.clean[1:], belief)
        return _hard(solution, first, belief)

    def _interval(self, solution: Solution) -> tuple[int, int]:
        """Prefix that counts as clean, and the first one that counts as wrong, as far as probes tell."""
        low, high = 0, 0 if self.accepted else solution.steps
        while high - low > 1:
            middle = (low + high) // 2
            if solution.asked[middle] < self.k:
                break
            low, high = (middle, high) if solution.right[middle] else (low, middle)
        return low, high


Method = Bayes | Linear | Binary


def _hard(solution: Solution, first: int | None, belief: Belief) -> Conclusion:
    """Labels 1 and 0 around ``first``."""
    clean = tuple(float(first is None or step < first) for step in range(solution.steps))
    return Conclusion("clean" if first is None else "located", first, clean, belief)
