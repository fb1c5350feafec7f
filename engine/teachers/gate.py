"""Which teacher is asked: Thompson sampling on accepted samples per cost, with what cells have in common.

Thompson 1933, "On the likelihood that one unknown probability exceeds another"; Russo et al. 2018 (arXiv:1707.02038).
For every sample, each teacher's chance of being accepted is drawn from its posterior. What the teacher costs is paid in
accepted samples, at the rate that the run has had so far, and the best balance is asked. That rate rises until no
other choice would raise it (Dinkelbach 1967, "On nonlinear fractional programming"). The highest chance per cost in
each cell would not bring the most over all cells, since the cells come as they come.

A cell (a cluster of problems) borrows from the others: the prior of a teacher's chance there is a Beta around the
teacher's mean over cells, which weighs as many samples as cells were found to be alike.
"""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from engine.teachers.history import NOTHING, Cell, Count, State

EDGE = 1e-3
"""Means closer than this to 0 and 1 make no Beta that can be drawn from."""
EXPECTED = 4
"""Samples that everyone's mean weighs in what is expected of a teacher: Beta(2, 2) while nothing is known."""
ALIKE, LEAST_ALIKE = 30.0, 2.0
"""What a teacher's mean elsewhere weighs in a cell while cells cannot be compared, and at least."""
COMPARED = 100
"""Samples in several cells that the first of these weighs when they can."""
BORROWED = 4
"""Samples that a teacher's mean length weighs in each cell, and everyone's mean length in each teacher's."""


@dataclass(frozen=True, slots=True)
class Price:
    """What 1,000 tokens cost, in any unit."""

    completion: float
    prompt: float

    def of(self, tokens: float, prompt_tokens: float) -> float:
        """The cost of so many tokens."""
        return (self.completion * tokens + self.prompt * prompt_tokens) / 1000


class Thompson:
    """The gate over one state. ``prices`` has every teacher."""

    def __init__(self, state: State, prices: Mapping[str, Price]) -> None:
        """Look at the state once."""
        self._state, self._prices = state, prices
        self._alike = alike(state)
        self._means = {name: self._mean(name) for name in prices}
        self._rate = self._rate_so_far()

    def choose(self, cells: Mapping[str, Cell], rng: random.Random) -> str:
        """The teacher for one sample, which each of them would make in a cell."""

        def gain(name: str) -> float:
            return self.chance(cells[name], name, rng) - self._rate * self.cost(cells[name], name)

        return max(cells, key=gain)

    def chance(self, cell: Cell, name: str, rng: random.Random) -> float:
        """A draw from the posterior of a teacher's chance of being accepted: of its mean, then of the cell's own."""
        mean = min(max(rng.betavariate(*self._means[name]), EDGE), 1 - EDGE)
        here = self._here(cell, name)
        rejected = here.samples - here.accepted
        return rng.betavariate(self._alike * mean + here.accepted, self._alike * (1 - mean) + rejected)

    def _rate_so_far(self) -> float:
        """Accepted samples per cost, begun with a few of the cheapest teacher that are accepted half of the time."""
        totals = self._state.totals
        costs = {name: self.cost(Cell(""), name) for name in self._prices}
        accepted = sum(count.accepted for count in totals.values())
        cost = sum(totals[name].samples * each for name, each in costs.items())
        return (EXPECTED / 2 + accepted) / (EXPECTED * min(costs.values()) + cost)

    def _mean(self, name: str) -> tuple[float, float]:
        """Beta posterior of a teacher's mean over cells, in which a cell weighs no more than ``alike`` samples."""
        everyone = self._state.totals.values()
        expected = (1 + sum(c.accepted for c in everyone)) / (2 + sum(c.samples for c in everyone))
        a, b = EXPECTED * expected, EXPECTED * (1 - expected)
        for counts in self._state.cells.values():
            here = counts[name]
            weight = self._alike / (self._alike + here.samples)
            a, b = a + weight * here.accepted, b + weight * (here.samples - here.accepted)
        return a, b

    def cost(self, cell: Cell, name: str) -> float:
        """Expected cost of one sample, by its length: the cell's, pulled to the teacher's, and that to everyone's."""
        lengths = _lengths(self._state.totals.values(), (1.0, 0.0), 0)
        lengths = _lengths([self._state.totals[name]], lengths, BORROWED)
        return self._prices[name].of(*_lengths([self._here(cell, name)], lengths, BORROWED))

    def _here(self, cell: Cell, name: str) -> Count:
        return self._state.cells.get(cell, {}).get(name, NOTHING)


def _lengths(counts: Iterable[Count], towards: tuple[float, float], weight: float) -> tuple[float, float]:
    """Mean tokens of completion and prompt, with ``weight`` samples that have the lengths ``towards``."""
    counted = list(counts)
    n = weight + sum(count.counted for count in counted)
    if not n:
        return towards
    tokens, prompt_tokens = (weight * mean for mean in towards)
    tokens += sum(count.tokens for count in counted)
    prompt_tokens += sum(count.prompt_tokens for count in counted)
    return tokens / n, prompt_tokens / n


def alike(state: State) -> float:
    """How many samples of a cell the teacher's mean elsewhere is worth: a + b of the Beta that cells are drawn from.

    By moments (Kleinman 1973, for the beta-binomial): what cells of the same teacher differ beyond chance, over all
    teachers, pulled towards a usual value.
    """
    excess = room = 0.0
    for name, total in state.totals.items():
        counts = [here for counts in state.cells.values() if (here := counts[name]).samples]
        if len(counts) < 2 or not 0 < total.accepted < total.samples:
            continue
        mean, free = total.accepted / total.samples, len(counts) - 1
        spread = sum((c.accepted - c.samples * mean) ** 2 / c.samples for c in counts) / (mean * (1 - mean))
        excess += spread - free
        room += total.samples - sum(c.samples**2 for c in counts) / total.samples - free
    correlation = (max(excess, 0.0) + COMPARED / (1 + ALIKE)) / (max(room, 0.0) + COMPARED)
    return max(1 / correlation - 1, LEAST_ALIKE)
