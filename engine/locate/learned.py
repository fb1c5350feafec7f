"""What is learnt of p and e over many solutions: Beta distributions fitted to counts of right outcomes."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.locate.posterior import Belief, Prior, Rates, Solution

MEANS = (0.003, 0.01, 0.02, 0.035, 0.05, 0.075, *(i / 10 for i in range(1, 10)), 0.95)
WEIGHTS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
ENOUGH = 20
"""Problems before the spread of p between them is taken from them."""
GUESS = 100.0
"""Rollouts that the first guess at the mean of e weighs as much as."""
LEAST_LUCKY = 0.01
"""Mean of e, at least: a lucky rollout hides the error behind it, so what is counted after errors looks rarer."""

Counts = Mapping[tuple[Any, Any], int]
"""``{(right, wrong): how many problems or solutions}``."""


def fit(counts: Counts) -> tuple[float, float]:
    """Mean and weight of the Beta distribution under which ``counts`` are likeliest, over a grid."""
    return max(
        ((mean, weight) for mean in MEANS for weight in WEIGHTS),
        key=lambda point: sum(many * _log_chance(*seen, *point) for seen, many in counts.items()),
    )


def _log_chance(right: float, wrong: float, mean: float, weight: float) -> float:
    a, b = mean * weight, (1 - mean) * weight
    top = math.lgamma(a + right) + math.lgamma(b + wrong) - math.lgamma(weight + right + wrong)
    return top + math.lgamma(weight) - math.lgamma(a) - math.lgamma(b)


@dataclass
class Learned:
    """Rates of a run: p from its samples, e from the solutions that are finished."""

    prior: Prior
    problems: Counts
    """Accepted and rejected samples of the run's problems."""
    own: bool = True
    """The rollouts come from the model that made those samples, so a problem's own are samples of its p."""
    after: tuple[float, float] = (0.0, 0.0)
    """Right ones, and all, of the rollouts after the first wrong steps of finished solutions, by the posterior."""

    def __post_init__(self) -> None:
        self.pass_rate = fit(self.problems) if sum(self.problems.values()) >= ENOUGH else self._pooled()
        self.lucky = (self.prior.lucky, self.prior.lucky_weight)

    def _pooled(self) -> tuple[float, float]:
        right = sum(good * many for (good, _), many in self.problems.items())
        wrong = sum(bad * many for (_, bad), many in self.problems.items())
        return (right + 1) / (right + wrong + 2), self.prior.right_weight

    def rates(self, right: int, wrong: int) -> Rates:
        """Priors for a solution of a problem of which so many samples were right and wrong."""
        (mean, weight), (lucky, lucky_weight) = self.pass_rate, self.lucky
        seen = (right, wrong) if self.own else (0, 0)
        clean = (mean * weight + seen[0], (1 - mean) * weight + seen[1])
        return Rates(clean, (lucky * lucky_weight, (1 - lucky) * lucky_weight))

    def add(self, solution: Solution, belief: Belief) -> None:
        """Remember a finished solution."""
        right, rolled = self.after
        for j, share in enumerate(belief.first):
            right += share * sum(solution.right[j + 1 :])
            rolled += share * sum(solution.rolled[j + 1 :])
        self.after = (right, rolled)

    def learn(self) -> None:
        """Take the mean of e from the finished solutions; how much solutions differ in it stays as believed."""
        right, rolled = self.after
        mean = (right + self.prior.lucky * GUESS) / (rolled + GUESS)
        self.lucky = (max(mean, LEAST_LUCKY), self.prior.lucky_weight)
