"""For `vllm_throughput.py`: one engine that outlives the runs that use it, its clock, problems that want programs."""

import asyncio
import contextlib
import os
import re
import threading
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

from engine.problems.word_problems import WordProblems
from engine.records import Problem, Sample, SampleRequest, TestCase, TestKind, Tests
from engine.samplers.vllm import VLLMSampler

TICKS = os.sysconf("SC_CLK_TCK")
BOXED = re.compile(r"\\boxed\{(-?\d+)")


@dataclass
class Meter:
    """What came out of the engine between the first request and the last sample."""

    capacity: int = 0
    """Sequences that the engine computes at once."""
    expected: int = 0
    """Samples that will be asked for."""
    requests: list[SampleRequest] = field(default_factory=list)
    tokens: int = 0
    samples: int = 0
    starved: float = 0.0
    """Seconds in which the engine had fewer requests than it could compute, while more were to come."""
    first: float = 0.0
    last: float = 0.0
    asked: int = 0

    def ask(self, request: SampleRequest) -> None:
        self._pass()
        self.first = self.first or self.last
        self.requests.append(request)
        self.asked += len(request.indices)

    def got(self, made: Sample) -> None:
        self._pass()
        self.tokens += made.tokens
        self.samples += 1

    def _pass(self) -> None:
        now = time.perf_counter()
        if self.first and self.asked < self.expected and self.asked - self.samples < self.capacity:
            self.starved += now - self.last
        self.last = now

    @property
    def rate(self) -> float:
        return self.tokens / (self.last - self.first)

    @property
    def starved_share(self) -> float:
        return self.starved / (self.last - self.first)


@dataclass
class Shared(VLLMSampler):
    """The one engine of the benchmark, as a run sees it: metered, and not closed when a run ends."""

    programs: bool = False
    """Turn each text into a program that prints its answer, so that the code verifier has real work."""

    engine = None  # the VLLMSampler that all share
    meter = Meter()

    async def stream(self, request: SampleRequest) -> AsyncIterator[Sample]:
        async for made in metered(request):
            yield replace(made, text=program(made.text)) if self.programs else made

    async def close(self) -> None:
        """The engine stays."""


async def metered(request: SampleRequest) -> AsyncIterator[Sample]:
    meter = Shared.meter
    meter.ask(request)
    async with contextlib.aclosing(Shared.engine.stream(request)) as stream:
        async for made in stream:
            meter.got(made)
            yield made


async def engine_only(requests: list[SampleRequest], window: int) -> None:
    """The same requests, as many problems open at once as in a run, and nobody who judges what comes."""
    places = asyncio.Semaphore(window)

    async def ask(request: SampleRequest) -> None:
        async with places:
            async for _ in metered(request):
                pass

    await asyncio.gather(*map(ask, requests))


def program(text: str) -> str:
    found = BOXED.findall(text)
    return f"```python\nprint({found[-1] if found else 0})\n```"


@dataclass
class Programs:
    """Word problems, with tests in place of a gold answer: the program must print it."""

    n_problems: int = 100
    seed: int = 0

    def problems(self) -> Iterator[Problem]:
        for made in WordProblems(self.n_problems, self.seed).problems():
            cases = tuple(TestCase(input=f"{i}\n", expected=f"{made.answer}\n") for i in range(4))
            tests = Tests(TestKind.STDIN, cases)
            yield replace(made, answer=None, tests=tests, reference_solution=f"print({made.answer})", domain="code")


class Clock(threading.Thread):
    """CPU seconds of the engine's processes, and of all others below this one (verifiers, sandboxes), as they run."""

    def __init__(self, group: int) -> None:
        super().__init__(daemon=True)
        self._group = group
        self._others: dict[int, float] = {}
        self._end = threading.Event()

    def __enter__(self) -> Self:
        self.engine, self.own = -self.engine_s(), -time.process_time()
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self.join()
        self.engine += self.engine_s()
        self.own += time.process_time()

    @property
    def verifiers(self) -> float:
        return sum(self._others.values())

    def run(self) -> None:
        while not self._end.wait(0.5):
            mine = below(os.getpid())
            self._others |= {pid: s for (pid, group), s in processes() if group != self._group and pid in mine}

    def engine_s(self) -> float:
        return sum(seconds for (_, group), seconds in processes() if group == self._group)


def processes() -> Iterator[tuple[tuple[int, int], float]]:
    """(pid, process group) and CPU seconds, those of ended children included, of every process."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = path.read_text("utf-8", "replace").rpartition(") ")[2].split()
            yield (int(path.parent.name), int(fields[2])), sum(map(int, fields[11:15])) / TICKS


def below(pid: int) -> set[int]:
    """All descendants of a process."""
    found = [pid]
    for one in found:
        for children in Path(f"/proc/{one}/task").glob("*/children"):
            with contextlib.suppress(OSError):
                found += map(int, children.read_text().split())
    return {*found} - {pid}
