"""What was bought on one problem, and what the next sample costs. See ``engine.budget.adaptive``."""

import math
from dataclasses import dataclass, field
from typing import NamedTuple

from engine.group import GroupState

STEP = math.log(1.1)


class Terms(NamedTuple):
    """What all accounts share: see ``Adaptive``, and the mean tokens of a sample."""

    k: int
    n_samples: int
    first: int
    wave: int
    mean_tokens: float


class Bought(NamedTuple):
    """One sample: the price step that was paid, its index, its tokens, and 1 if it made a row."""

    step: int
    sample: int
    tokens: int
    row: int


@dataclass(slots=True)
class Account:
    """One problem's samples in the order of their index, judged by a Beta(``right``, ``wrong``) posterior."""

    terms: Terms
    right: float
    wrong: float
    bought: list[Bought] = field(default_factory=list)
    trials: int = 0
    rows: int = 0
    tokens: int = 0
    index: int = 0
    """The next sample's."""
    step: int = 0
    """The next sample's price, in steps of a tenth; never below one that was paid before."""

    @property
    def wants(self) -> bool:
        """Whether another sample is of use."""
        return self.rows < self.terms.k and self.index < self.terms.n_samples

    @property
    def chance(self) -> float:
        """Probability that the next sample makes a row."""
        return self.right / (self.right + self.wrong)

    @property
    def cost(self) -> float:
        """Expected tokens of the next sample; that of all problems counts as one sample of this one."""
        return (self.tokens + self.terms.mean_tokens) / (self.trials + 1)

    def read(self, state: GroupState) -> list[Bought]:
        """Go on through the samples that are judged, as far as they are wanted; returns what is new."""
        fresh: list[Bought] = []
        while self.wants or self.index < self.terms.first:
            decision = state.decisions.get(self.index)
            if decision is None and self.index not in state.unavailable:
                break
            if decision is not None:
                sample = state.samples[self.index]
                fresh.append(Bought(self.step, self.index, sample.tokens, int(decision.accepted)))
                self.tokens += sample.tokens
                if not decision.error:
                    self.trials += 1
                    self.rows += decision.accepted
                    self.right += decision.accepted
                    self.wrong += not decision.accepted
            self.index += 1
            if self.index >= self.terms.first:
                self.step = max(self.step, price_step(self.cost, self.chance))
        self.bought += fresh
        return fresh

    def batch(self) -> int:
        """How many samples to ask for at once: those that are bought at this price even if all of them fail."""
        wrong, size = self.wrong, 0
        while size < self.terms.k - self.rows:
            size, wrong = size + 1, wrong + 1
            if price_step(self.cost, self.right / (self.right + wrong)) > self.step:
                break
        return min(max(size, self.terms.wave), self.terms.n_samples - self.index)


def price_step(cost: float, chance: float) -> int:
    """Tokens that a row is expected to cost, in steps of a tenth."""
    return math.ceil(math.log(max(cost, 1.0) / max(chance, 1e-9)) / STEP)


def price(step: int) -> float:
    """Tokens per row at most paid at ``step``."""
    return math.exp(step * STEP)
