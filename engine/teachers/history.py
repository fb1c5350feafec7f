"""What the teachers' samples came to, taken in the order of the problems, whatever order they finish in.

Counts are integers, and states are cut after fixed numbers of problems: a state is a function of the outcomes alone.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from engine.budget.clusters import field_of
from engine.errors import ConfigError
from engine.group import Outcome
from engine.records import Problem

GROWTH = 10
"""After many problems, a state is cut when their number has grown by a tenth; so there are few, and all are kept."""
MOST_CLUSTERS = 200
OTHERS = "(others)"
TRIES = (1, 4)
"""Counted apart by a teacher's earlier tries at the same problem: none, one to three, more."""
LONGEST = 80
"""Characters of a cluster's name."""


class Cell(NamedTuple):
    """What is learned of apart: a cluster of problems, and what a problem has been through before a sample."""

    cluster: str
    own: int = 0
    """Earlier tries of the same teacher: 0, 1 or 2 for none, a few, many (``TRIES``)."""
    others: int = 0
    """Whether another teacher has tried."""


@dataclass(frozen=True, slots=True)
class Count:
    """Samples of one teacher, summed up."""

    samples: int = 0
    accepted: int = 0
    counted: int = 0
    """Those whose tokens are known: some samplers do not say."""
    tokens: int = 0
    prompt_tokens: int = 0

    def plus(self, outcome: Outcome) -> "Count":
        """With one more sample."""
        known = outcome.tokens > 0
        return Count(
            self.samples + 1,
            self.accepted + outcome.accepted,
            self.counted + known,
            self.tokens + outcome.tokens,
            self.prompt_tokens + (outcome.prompt_tokens if known else 0),
        )


NOTHING = Count()


@dataclass(frozen=True, slots=True)
class State:
    """All that is known after so many problems: per cell and teacher, and per teacher."""

    cells: Mapping[Cell, Mapping[str, Count]]
    totals: Mapping[str, Count]


class History:
    """Takes problems in any order, and knows the state after the first ``end`` of them once all those are in."""

    def __init__(self, names: Sequence[str], block: int, *, by_try: bool) -> None:
        """Nothing is known. ``block`` problems at least lie between two states."""
        self._block, self._by_try = block, by_try
        self._cells: dict[Cell, dict[str, Count]] = {}
        self._clusters: set[str] = set()
        self._totals = dict.fromkeys(names, NOTHING)
        self._early: dict[int, tuple[str, tuple[Outcome, ...]]] = {}
        self._ends = [0]
        self._states = {0: self.now()}
        self.reported = 0
        """So many problems are in, without a gap."""

    def end(self, problems: int) -> int:
        """The last cut that lies within the first ``problems`` problems."""
        while self._ends[-1] <= problems:
            self._ends.append(self._ends[-1] + max(self._block, self._ends[-1] // GROWTH))
        return self._ends[max(0, bisect_right(self._ends, problems) - 1)]

    def at(self, end: int) -> State:
        """The state at a cut that ``reported`` has reached."""
        return self._states[end]

    def now(self) -> State:
        """The state after all problems that are in without a gap."""
        return State({cell: dict(counts) for cell, counts in self._cells.items()}, dict(self._totals))

    def add(self, ordinal: int, cluster: str, outcomes: Iterable[Outcome]) -> None:
        """Take note of a problem, once."""
        if ordinal < self.reported or ordinal in self._early:
            raise ValueError(f"problem {ordinal} has been reported before")
        self._early[ordinal] = (cluster, tuple(outcomes))
        while self.reported in self._early:
            self._count(*self._early.pop(self.reported))
            self.reported += 1
            if self.end(self.reported) == self.reported:
                self._states[self.reported] = self.now()

    def cell(self, cluster: str, name: str, asked: Mapping[str, int]) -> Cell:
        """Where a teacher's next sample is counted, when a problem has ``asked`` so many of each."""
        if not self._by_try:
            return Cell(cluster)
        own = asked.get(name, 0)
        return Cell(cluster, bisect_right(TRIES, own), int(sum(asked.values()) > own))

    def _count(self, cluster: str, outcomes: tuple[Outcome, ...]) -> None:
        if cluster not in self._clusters and len(self._clusters) >= MOST_CLUSTERS:
            cluster = OTHERS
        self._clusters.add(cluster)
        asked: Counter[str] = Counter()
        for outcome in outcomes:
            name = outcome.model
            if name in self._totals:  # not so for what another command has added to the ledger
                cell = self.cell(cluster, name, asked)
                counts = self._cells.setdefault(cell, dict.fromkeys(self._totals, NOTHING))
                counts[name] = counts[name].plus(outcome)
                self._totals[name] = self._totals[name].plus(outcome)
                asked[name] += 1


def check_field(field: str | None) -> None:
    """Raise ``ConfigError`` for what names no field of a problem."""
    head, dot, path = (field or "domain").partition(".")
    if head not in ("domain", "source", "licence") if not dot else head != "meta" or not path:
        raise ConfigError(f"cluster is {field!r}: use null, domain, source, licence, or meta.NAME")


def cluster_of(problem: Problem, field: str | None) -> str:
    """The name of a problem's cluster; empty where the problem does not say, or nothing is asked for."""
    return "" if field is None else field_of(problem, field)[:LONGEST]
