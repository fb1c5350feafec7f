"""What was bought on one problem, and what the next sample costs. See ``engine.budget.adaptive``."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from engine.budget.prior import Evidence, Prior
from engine.group import GroupState

STEP = math.log(1.1)
Price = tuple[int, int]
"""The epoch, and what a row is expected to cost, in steps of a tenth."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What all accounts share during an epoch: see ``Adaptive``, the prior, and the mean cost of a sample."""

    k: int
    n_samples: int
    first: int
    wave: int
    decay: float
    epoch: int
    prior: Prior
    price: Callable[[int], int]
    """What a sample of so many tokens costs."""
    mean_cost: float


class Bought(NamedTuple):
    """One sample: the price of a row then, its index and cost, whether it could be judged, whether it made a row."""

    price: Price
    sample: int
    cost: int
    judged: int
    row: int


@dataclass(slots=True)
class Account:
    """One problem's samples in the order of their index."""

    terms: Terms
    cluster: str
    bought: list[Bought] = field(default_factory=list)
    trials: int = 0
    rows: int = 0
    spent: int = 0
    index: int = 0
    """The next sample's."""
    price: Price = (0, 0)
    """The next sample's; within an epoch never below one that was paid before."""

    @property
    def wants(self) -> bool:
        """Whether another sample is of use."""
        return self.rows < self.terms.k and self.index < self.terms.n_samples

    @property
    def evidence(self) -> Evidence:
        """What the samples came to."""
        return Evidence(self.cluster, self.trials, self.rows)

    @property
    def chance(self) -> float:
        """Probability that the next sample makes a row."""
        return self.terms.prior.chance(self.evidence)

    @property
    def cost(self) -> float:
        """Expected cost of the next sample; the mean of all problems counts as one sample of this one."""
        return (self.spent + self.terms.mean_cost) / (self.trials + 1)

    def read(self, state: GroupState) -> list[Bought]:
        """Go on through the samples that are judged, as far as they are wanted; returns what is new."""
        start = len(self.bought)
        while self.wants or self.index < self.terms.first:
            decision = state.decisions.get(self.index)
            if decision is None and self.index not in state.unavailable:
                break
            self.index += 1
            if decision is not None:
                cost = self.terms.price(state.samples[self.index - 1].tokens)
                self._take(Bought(self.price, self.index - 1, cost, int(not decision.error), int(decision.accepted)))
                self._reprice()
        return self.bought[start:]

    def rewind(self, end: tuple[Price, int] | None, ordinal: int, terms: Terms) -> None:
        """Begin an epoch with what was bought up to ``end``: later samples are bought again, on new terms."""
        kept = [b for b in self.bought if end is None or (b.price, ordinal) <= end]
        self.terms, self.bought, self.trials, self.rows, self.spent = terms, [], 0, 0, 0
        self.index = kept[-1].sample + 1 if kept else 0
        for item in kept:
            self._take(item)
        self.price = (terms.epoch, 0)
        self._reprice()

    def batch(self) -> int:
        """How many samples to ask for at once: those that are bought at this price even if all of them fail."""
        size, useful = 1, self.terms.k - self.rows
        while size < useful and self._step(self.trials + size) <= self.price[1]:
            size += 1
        return min(max(size, self.terms.wave), self.terms.n_samples - self.index)

    def _take(self, item: Bought) -> None:
        self.bought.append(item)
        self.spent += item.cost
        self.trials += item.judged
        self.rows += item.row

    def _reprice(self) -> None:
        if self.index >= self.terms.first:
            self.price = max(self.price, (self.terms.epoch, self._step(self.trials)))

    def _step(self, trials: int) -> int:
        """Price after ``trials`` samples with as many rows as now."""
        chance = self.terms.prior.chance(Evidence(self.cluster, trials, self.rows))
        worth = max(chance * self.terms.decay**self.rows, 1e-9)
        return math.ceil(math.log(max(self.cost, 1.0) / worth) / STEP)


def cost_per_row(price: Price) -> float:
    """What a row costs at ``price``, at most."""
    return math.exp(price[1] * STEP)
