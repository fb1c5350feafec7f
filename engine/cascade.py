"""The order in which verifiers are asked: measured once, recorded, and then kept.

The first samples of the first problems are judged by every verifier. From what that took and what each said, every
order can be replayed without asking again; the one that would have taken the fewest seconds is written to
``cascade.json`` and holds from a later problem on. Which problem that is depends on the configuration, never on how
fast anything went, so a killed and resumed run asks the same verifiers about the same samples.
"""

import asyncio
import itertools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from engine.codec import from_json, to_json
from engine.config import CascadeSection
from engine.errors import LedgerError
from engine.group import Outcome
from engine.judge import next_asked
from engine.protocols import AcceptRule
from engine.records import Problem, Verdict
from engine.worker import judges_groups

if TYPE_CHECKING:
    from engine.export import Exporter
    from engine.loop import Crew
    from engine.problem_run import Visit, Visited

EXHAUSTIVE = 5
"""Of so many verifiers every order is tried; of more, each is put in where it costs least, one after another."""
OUTLIER = 8.0
"""A verdict counts as so many times its verifier's median at most: one slow moment of the machine decides nothing."""
WORTH = 0.1
"""Share of the seconds that another order must save, so that chance does not decide between orders that are alike."""


@dataclass(frozen=True, slots=True)
class Order:
    """Verifiers of single samples in the order in which they are asked, and what that rests on."""

    names: tuple[str, ...]
    samples: int
    """Samples that every verifier has judged."""
    seconds: float
    """What they would have taken in this order."""
    declared_seconds: float
    """What they would have taken in the order of ``engine.judge.cascade``."""
    all_seconds: float
    """What they took."""


def asked(
    accept: AcceptRule, names: Sequence[str], order: Sequence[str], verdicts: Mapping[str, Verdict]
) -> Iterator[str]:
    """Those of ``order`` that are asked about a sample when ``verdicts`` is what they will say."""
    known: dict[str, Verdict] = {}
    while (name := next_asked(accept, names, order, known)) is not None:
        known[name] = verdicts[name]
        yield name


def best_order(
    accept: AcceptRule, names: Sequence[str], singles: tuple[str, ...], measured: Iterable[Mapping[str, Verdict]]
) -> Order:
    """The order of ``singles`` in which judging ``measured`` would have taken the fewest seconds.

    ``names`` are all verifiers of the run, ``singles`` those that judge single samples, in the order that holds where
    no other one is worth it.
    """
    cases: dict[tuple[tuple[object, ...], ...], tuple[Mapping[str, Verdict], dict[str, float]]] = {}
    judged = [verdicts for verdicts in measured if all(name in verdicts for name in singles)]
    most = {name: OUTLIER * median(v[name].seconds for v in judged) for name in singles} if judged else {}
    for verdicts in judged:
        key = tuple((verdicts[name].status, verdicts[name].score) for name in singles)
        _, seconds = cases.setdefault(key, (verdicts, dict.fromkeys(singles, 0.0)))
        for name in singles:
            seconds[name] += min(verdicts[name].seconds, most[name])

    def cost(order: Sequence[str]) -> float:
        """Seconds of all samples; those of whom the same was said ask the same."""
        return sum(seconds[n] for verdicts, seconds in cases.values() for n in asked(accept, names, order, verdicts))

    declared = cost(singles)
    best = min(_candidates(singles, cost), key=cost)
    if cost(best) > (1 - WORTH) * declared:
        best = singles
    return Order(best, len(judged), cost(best), declared, sum(sum(seconds.values()) for _, seconds in cases.values()))


def _candidates(names: tuple[str, ...], cost: Any) -> Iterable[tuple[str, ...]]:
    if len(names) <= EXHAUSTIVE:
        return itertools.permutations(names)
    order: tuple[str, ...] = names
    for name in names:
        rest = tuple(other for other in order if other != name)
        order = min(((*rest[:i], name, *rest[i:]) for i in range(len(names))), key=cost)
    return [order]


def recorded(path: Path) -> Order | None:
    """The order that a run has recorded. Raises ``LedgerError`` for a file that cannot be read."""
    if not path.exists():
        return None
    try:
        return from_json(Order, json.loads(path.read_text("utf-8")))
    except (OSError, ValueError) as error:
        raise LedgerError(f"{path}: cannot be read ({error}); restore it, its order belongs to the verdicts") from error


def measures(exporter: "Exporter") -> bool:
    """Whether an order is still to be found: nothing is recorded, and there are verifiers to put in order."""
    section = CascadeSection(**exporter.config["cascade"])
    return section.problems > 0 and len(_singles(exporter)) > 1 and recorded(exporter.directory.cascade) is None


def ordered(crew: "Crew", exporter: "Exporter") -> "Crew":
    """``crew`` with the measured order for all problems that it is for."""
    section = CascadeSection(**exporter.config["cascade"])
    return Cascade(crew, exporter, section) if section.problems and len(_singles(exporter)) > 1 else crew


def _singles(exporter: "Exporter") -> tuple[str, ...]:
    return tuple(name for name in exporter.names if not judges_groups(exporter.verifiers[name]))


class Cascade:
    """A crew (``engine.loop.Crew``) that is told in which order to ask.

    Problems come in order, so those that are measured have all begun before the first one that waits for the order.
    """

    def __init__(self, crew: "Crew", exporter: "Exporter", section: CascadeSection) -> None:
        self._crew = crew
        self._exporter = exporter
        self._section = section
        self._order = recorded(exporter.directory.cascade)
        self._measured: dict[int, Mapping[str, Verdict]] = {}
        self._under_way = 0
        self._all_in = asyncio.Event()

    async def admit(self) -> None:
        """See ``engine.loop.Crew``."""
        await self._crew.admit()

    async def visit(self, visit: "Visit") -> "Visited":
        """See ``engine.loop.Crew``."""
        ordinal = visit.admitted.ordinal
        if ordinal >= self._section.from_problem:
            return await self._crew.visit(replace(visit, order=await self._found()))
        if ordinal >= self._section.problems or visit.state is not None:
            return await self._crew.visit(visit)
        self._under_way += 1
        visited = await self._crew.visit(replace(visit, everyone=True))
        self._measured[ordinal] = visited.measured
        self._under_way -= 1
        if not self._under_way:
            self._all_in.set()
        return visited

    async def learn(self, ordinal: int, problem: Problem, outcomes: Sequence[Outcome]) -> None:
        """See ``engine.loop.Crew``."""
        await self._crew.learn(ordinal, problem, outcomes)

    async def keep(self) -> None:
        """See ``engine.loop.Crew``."""
        await self._crew.keep()

    async def close(self) -> dict[str, float]:
        """See ``engine.loop.Crew``."""
        return await self._crew.close()

    async def _found(self) -> tuple[str, ...]:
        """The order; it is on disk before anybody is asked in it."""
        while self._under_way:
            self._all_in.clear()
            await self._all_in.wait()
        if self._order is None:
            exporter = self._exporter
            measured = [verdicts for _, verdicts in sorted(self._measured.items())]
            self._order = best_order(exporter.accept, exporter.names, _singles(exporter), measured)
            exporter.directory.write_cascade(to_json(self._order))
        return self._order.names
