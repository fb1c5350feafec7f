"""A Ray actor with one engine: its sampler on its GPUs, its writer of the ledger, and the problems open on it."""

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from engine.config import LedgerSection, LoopSection
from engine.executors.job import Job
from engine.executors.local import runner_of
from engine.executors.remote_pool import RemotePool, calls_of
from engine.group import Outcome
from engine.ledger import Ledger
from engine.pool import Pool
from engine.problem_run import TICK_S, ProblemRunner, Visit, Visited
from engine.progress import Progress, ProgressConfig
from engine.records import Problem

NO_PROBLEM = Problem("", "")
Lesson = tuple[int, Problem, Sequence[Outcome]]


@dataclass(slots=True)
class Report:
    """What an engine did since its last report."""

    begun: int = 0
    """Visits that have found a place, since the engine was opened."""
    finished: dict[int, Visited] = field(default_factory=dict)
    """By ordinal; all that was made for them is on disk."""
    counts: dict[str, int] = field(default_factory=dict)
    failure: str = ""


class EngineWorker:
    """An ``engine.problem_run.ProblemRunner`` for a driver elsewhere.

    A visit is reported when the ledger has committed it, so what was reported survives the engine.
    """

    def __init__(self, job: Job, workshop: str) -> None:
        """Nothing heavy starts yet."""
        self._job = job
        self._workshop = workshop
        self._queue: asyncio.Queue[Visit] = asyncio.Queue()
        self._open: set[asyncio.Task[None]] = set()
        self._committing: deque[tuple[int, int, Visited]] = deque()
        """Number of the commit, ordinal, and what the visit came to."""
        self._report = Report()
        self._news = asyncio.Event()
        self._failed: BaseException | None = None

    async def open(self, verify_workers: Sequence[Any]) -> None:
        """Build the parts and be ready for visits. Raises ``ProofstillError``."""
        exporter = self._job.enter()
        config = self._job.config
        self._progress = Progress(ProgressConfig(enabled=False))
        self._pool = RemotePool(calls_of(self._job.cpus_per_verifier))
        ledger = Ledger(
            exporter.directory.ledger, **vars(LedgerSection(**config["ledger"])), workshop=Path(self._workshop)
        )
        limits = replace(LoopSection(**config["loop"]), open_problems=self._job.open_problems)
        # a RemotePool does for a judge what a Pool does
        self._runner: ProblemRunner = runner_of(exporter, self._progress, cast("Pool", self._pool), ledger, limits)
        self._pool.staff(verify_workers)
        self._background = [asyncio.create_task(self._begin()), asyncio.create_task(self._keep())]

    async def staff(self, verify_workers: Sequence[Any]) -> None:
        """Let these judge from now on."""
        self._pool.staff(verify_workers)

    async def hand(self, visits: list[Visit], lessons: list[Lesson]) -> None:
        """Take visits, and what the sampler is to learn."""
        for visit in visits:
            self._queue.put_nowait(visit)
        for lesson in lessons:
            await self._runner.learn(*lesson)

    async def report(self) -> Report:
        """What is new, at the latest after a heartbeat. Raises what ended a visit: the engine is of no use then."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._news.wait(), self._job.heartbeat_s)
        if self._failed is not None:
            raise self._failed
        self._news.clear()
        report, self._report = self._report, Report(self._report.begun)
        report.counts, self._progress.counts = self._progress.counts, dict.fromkeys(self._progress.counts, 0)
        report.failure = self._progress.failure
        return report

    async def close(self) -> tuple[dict[str, float], Report]:
        """Cancel what is open, commit the rest, let all go; returns shares for the statistics and the last counts."""
        for task in [*self._background, *self._open]:
            task.cancel()
        await asyncio.wait([*self._background, *self._open])
        shares = await self._runner.close()
        return shares, Report(counts=self._progress.counts)

    async def _begin(self) -> None:
        """Let visits in as others leave their places."""
        while True:
            visit = await self._queue.get()
            await self._runner.admit()
            self._report.begun += 1
            task = asyncio.create_task(self._visit(visit))
            self._open.add(task)
            task.add_done_callback(self._open.discard)
            if self._queue.empty():
                self._news.set()  # hungry

    async def _visit(self, visit: Visit) -> None:
        try:
            visited = await self._runner.visit(visit)
        except Exception as error:  # noqa: BLE001  told to the driver, which decides
            self._fail(error)
            return
        if visited.state is not None:
            # the driver has the problem already; most drivers want to know no more than that it is done
            state = replace(visited.state, problem=NO_PROBLEM) if self._job.wants_states else None
            visited = replace(visited, state=state)
        self._committing.append((self._runner.ledger.mark, visit.admitted.ordinal, visited))

    async def _keep(self) -> None:
        """Commit, and report what is committed. Nobody waits for a commit when there is nothing else to do."""
        ledger = self._runner.ledger
        try:
            while True:
                await asyncio.sleep(TICK_S)
                if self._committing and not self._open and self._queue.empty():
                    ledger.hurry()
                if ledger.due:
                    ledger.flush()
                ledger.check()
                while self._committing and self._committing[0][0] <= ledger.committed:
                    _, ordinal, visited = self._committing.popleft()
                    self._report.finished[ordinal] = visited
                    self._news.set()
        except Exception as error:  # noqa: BLE001  told to the driver
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        self._failed = self._failed or error
        self._news.set()
