"""Several teachers: a sampler over samplers, with a gate that learns which one pays for which problems.

Which teacher makes a sample depends on seed, problem, index, and the outcomes of problems that come ``ahead`` or more
earlier in the source, never on the order in which samples finish: an interrupted and resumed run asks alike.
"""

import asyncio
import difflib
import math
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from engine.codec import content_id, derive_seed
from engine.errors import ConfigError, SamplerError
from engine.group import Outcome
from engine.protocols import Sampler
from engine.records import Problem, Sample, SampleRequest
from engine.teachers.gate import Price, Thompson
from engine.teachers.history import History, check_field, cluster_of
from engine.teachers.stall import Stall
from engine.teachers.summary import summarise

__all__ = ["Teachers"]


@dataclass
class Teachers:
    """Asks one of several samplers for each sample. ``Sample.model`` is then the teacher's name.

    The run tells ``learn`` what came of each problem. A request waits until all problems that its routing rests on are
    in, so problems must be given to the sampler in the order of the source. Raises ``SamplerError`` that names the
    teacher when one of them cannot go on: the run ends, and resumes once it is mended.
    """

    teachers: dict[str, Sampler]
    """Name to sampler."""
    prices: dict[str, float] = field(default_factory=dict)
    """Name to the cost of 1,000 completion tokens, in any unit; 1 for a teacher that is not named."""
    prompt_prices: dict[str, float] = field(default_factory=dict)
    """Name to the cost of 1,000 prompt tokens; 0 for a teacher that is not named."""
    gate: Literal["thompson", "uniform"] = "thompson"
    """``thompson`` learns; ``uniform`` asks every teacher equally often, and waits for nothing."""
    cluster: str | None = None
    """Field of a problem that names its cluster: domain, source, licence, meta.NAME; None for one cluster."""
    by_try: bool = True
    """Learn apart by who has tried a problem before: what ``budget=until`` asks again resists."""
    ahead: int = 128
    """Problems that are routed before the verdicts on earlier ones must be in."""
    block: int = 16
    """Problems between two looks of the gate at what has been learned, at least."""
    seed: int = 0
    """Of the gate's draws."""

    def __post_init__(self) -> None:
        if not self.teachers:
            raise ConfigError("teachers is empty: give at least one, as in {small: {_target_: …}}")
        for key, least in (("prices", math.ulp(0.0)), ("prompt_prices", 0.0)):
            for name, price in getattr(self, key).items():
                self._check_price(key, name, price, least)
        check_field(self.cluster)
        for key, least in (("ahead", 1), ("block", 1)):
            if getattr(self, key) < least:
                raise ConfigError(f"{key} is {getattr(self, key)}: it must be at least {least}")
        self._prices = {n: Price(self.prices.get(n, 1.0), self.prompt_prices.get(n, 0.0)) for n in self.teachers}
        self._history = History(tuple(self.teachers), self.block, by_try=self.by_try)
        self._gates: dict[int, Thompson] = {}
        self._cuts: dict[int, asyncio.Event] = {}
        self._stall = Stall()

    @property
    def model(self) -> str:
        """All teachers' names."""
        return ", ".join(self.teachers)

    async def stream(self, request: SampleRequest) -> AsyncIterator[Sample]:
        """Yield the samples of all teachers that are asked, as they finish; closing cancels them."""
        if request.continues:
            raise SamplerError("several teachers cannot go on from a prefix: choose one of them as the sampler")
        await self.ready(request.ordinal)
        parts = self._parts(request)
        results: asyncio.Queue[Sample | str] = asyncio.Queue()
        tasks = {name: asyncio.create_task(self._ask(name, part, results)) for name, part in parts.items()}
        try:
            for _ in tasks:
                while isinstance(made := await results.get(), Sample):
                    yield made
                await tasks[made]  # raises what the teacher raised
        finally:
            for task in tasks.values():
                task.cancel()
            await asyncio.gather(*tasks.values(), return_exceptions=True)

    async def ready(self, ordinal: int) -> None:
        """Wait until the outcomes are in that the routing of this problem rests on."""
        cut = self._cut(ordinal)
        if cut > self._history.reported:
            known = self._cuts.setdefault(cut, asyncio.Event())
            self._stall.add(waiting=1)
            try:
                await known.wait()
            finally:
                self._stall.add(waiting=-1)

    def learn(self, ordinal: int, problem: Problem, outcomes: Sequence[Outcome]) -> None:
        """Take note of what the samples of a problem came to: once per problem, in any order, surplus left out.

        Called for every ordinal from 0 on, also (with no outcomes) for problems that are set aside.
        """
        self._history.add(ordinal, cluster_of(problem, self.cluster), outcomes)
        for cut in [cut for cut in self._cuts if cut <= self._history.reported]:
            self._cuts.pop(cut).set()

    def facts(self) -> dict[str, Any]:
        """What was learned, for ``stats.json``: see ``engine.teachers.summary``; ``idle_s``: see ``Stall``."""
        return {"gate": self.gate, "idle_s": self._stall.seconds} | summarise(self._history.now(), self._prices)

    async def close(self) -> None:
        """Close every teacher; raises the first error when all are closed."""
        done = await asyncio.gather(*(teacher.close() for teacher in self.teachers.values()), return_exceptions=True)
        for error in done:
            if error is not None:
                raise error

    def _check_price(self, key: str, name: str, price: float, least: float) -> None:
        if name not in self.teachers:
            close = difflib.get_close_matches(name, self.teachers, n=1)
            hint = f"did you mean {close[0]!r}? " if close else ""
            raise ConfigError(f"{key}.{name} names no teacher: {hint}There is {self.model}")
        if not least <= price < math.inf:
            raise ConfigError(
                f"{key}.{name} is {price}: it must be a finite number {'of at least' if not least else 'above'} 0"
            )

    def _cut(self, ordinal: int) -> int:
        """How many of the first problems the routing of a problem rests on: at first half of those before it."""
        if self.gate == "uniform":
            return 0
        return self._history.end(ordinal - min(self.ahead, max(self.block, ordinal // 2)))

    def _learned(self, cut: int) -> Thompson:
        if cut not in self._gates:
            self._gates[cut] = Thompson(self._history.at(cut), self._prices)
        return self._gates[cut]

    def _routes(self, problem: Problem, ordinal: int, samples: int) -> Iterator[str]:
        """The teachers of a problem's first samples: a choice knows the ones before it, not what they gave."""
        gate = self._learned(self._cut(ordinal)) if self.gate == "thompson" else None
        cluster = cluster_of(problem, self.cluster)
        asked: Counter[str] = Counter()
        for index in range(samples):
            rng = random.Random(derive_seed(self.seed, f"teacher of {problem.id}", index))
            cells = {name: self._history.cell(cluster, name, asked) for name in self.teachers}
            name = gate.choose(cells, rng) if gate else rng.choice(list(cells))
            asked[name] += 1
            yield name

    def _parts(self, request: SampleRequest) -> dict[str, SampleRequest]:
        """The request of each teacher that is to make some of the samples."""
        routes = list(self._routes(request.problem, request.ordinal, max(request.indices) + 1))
        shares: dict[str, list[tuple[int, int]]] = {}
        for index, seed in zip(request.indices, request.seeds, strict=True):
            shares.setdefault(routes[index], []).append((index, seed))
        return {
            name: replace(
                request,
                indices=tuple(index for index, _ in share),
                seeds=tuple(seed for _, seed in share),
                params_hash=content_id(request.params_hash, name),
            )
            for name, share in shares.items()
        }

    async def _ask(self, name: str, part: SampleRequest, results: "asyncio.Queue[Sample | str]") -> None:
        """Pass on one teacher's samples, and its name at the end."""
        missing = len(part.indices)
        self._stall.add(asked=missing)
        stream = self.teachers[name].stream(part)
        try:
            async for made in stream:
                missing -= 1
                self._stall.add(asked=-1)
                results.put_nowait(replace(made, model=name))
        except SamplerError as error:
            raise SamplerError(f"teacher {name}: {error}") from error
        finally:
            self._stall.add(asked=-missing)
            results.put_nowait(name)
            close = getattr(stream, "aclose", None)
            if close is not None:
                await close()
