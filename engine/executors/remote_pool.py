"""The pool of an engine whose verifiers work on other machines.

Samples wait in one queue and go out in batches, a few at a time to every worker. A worker that cannot be reached
gives its batch back to the queue, so that another one takes it: judging is repeatable, and no verdict was recorded.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.records import Problem, Sample, Verdict
from engine.worker import Judged, Task

BATCH_S = 0.1  # a batch takes about this long, so that no worker hoards work while others idle
MAX_BATCH = 64
RETRY_S = 1.0  # a worker that did not answer is asked again after so long, unless it has been replaced by then


@dataclass(slots=True, eq=False)
class Job:
    """One item of work and where its verdict goes."""

    task: Task
    future: asyncio.Future[Judged]


class RemotePool:
    """Judges as ``engine.pool.Pool`` does, through Ray actors (``engine.executors.verify_worker``)."""

    def __init__(self, calls: int) -> None:
        """``calls``: how many batches each worker is given at once."""
        self._calls = calls
        self._jobs: deque[Job] = deque()
        self._work = asyncio.Event()
        self._feeders: dict[Any, list[asyncio.Task[None]]] = {}
        self._item_s = BATCH_S
        self.busy_s = 0.0

    def staff(self, workers: Sequence[Any]) -> None:
        """Take these workers; what is with one that is no longer among them goes to the others."""
        for worker in self._feeders.keys() - set(workers):
            for feeder in self._feeders.pop(worker):
                feeder.cancel()
        for worker in workers:
            if worker not in self._feeders:
                self._feeders[worker] = [asyncio.create_task(self._feed(worker)) for _ in range(self._calls)]

    async def verify(self, name: str, problem: Problem, sample: Sample) -> tuple[Verdict, float]:
        """See ``engine.pool.Pool.verify``."""
        verdict, seconds = await self._submit(("verify", name, problem, sample))
        assert isinstance(verdict, Verdict)
        return verdict, seconds

    async def verify_group(self, name: str, problem: Problem, samples: Sequence[Sample]) -> tuple[list[Verdict], float]:
        """See ``engine.pool.Pool.verify_group``."""
        verdicts, seconds = await self._submit(("group", name, problem, tuple(samples)))
        assert isinstance(verdicts, list)
        return verdicts, seconds

    async def gold_check(self, name: str, problem: Problem) -> Verdict:
        """See ``engine.pool.Pool.gold_check``."""
        verdict, _ = await self._submit(("gold", name, problem, None))
        assert isinstance(verdict, Verdict)
        return verdict

    async def close(self) -> None:
        """Ask nothing more. Safe to call twice."""
        self.staff([])

    async def _submit(self, task: Task) -> Judged:
        job = Job(task, asyncio.get_running_loop().create_future())
        if task[0] == "gold":  # sampling waits for it
            self._jobs.appendleft(job)
        else:
            self._jobs.append(job)
        self._work.set()
        return await job.future

    async def _feed(self, worker: Any) -> None:
        from ray.exceptions import RayActorError, RayTaskError

        while True:
            batch = await self._take()
            try:
                results = await worker.judge.remote([job.task for job in batch])
            except RayTaskError as error:
                for job in batch:
                    _fail(job, error.cause)
            except RayActorError:
                self._put_back(batch)
                await asyncio.sleep(RETRY_S)
            except BaseException:
                self._put_back(batch)
                raise
            else:
                self._deliver(batch, results)

    async def _take(self) -> list[Job]:
        while True:
            size = max(1, min(MAX_BATCH, int(BATCH_S / max(self._item_s, 1e-6))))
            batch: list[Job] = []
            while self._jobs and len(batch) < size:
                job = self._jobs.popleft()
                if not job.future.done():
                    batch.append(job)
            if batch:
                return batch
            self._work.clear()
            await self._work.wait()

    def _put_back(self, batch: list[Job]) -> None:
        self._jobs.extendleft(reversed(batch))
        self._work.set()

    def _deliver(self, batch: list[Job], results: list[Judged]) -> None:
        spent = sum(seconds for _, seconds in results)
        self.busy_s += spent
        self._item_s += 0.1 * (spent / len(batch) - self._item_s)
        for job, judged in zip(batch, results, strict=True):
            if not job.future.done():
                job.future.set_result(judged)


def _fail(job: Job, error: BaseException) -> None:
    if not job.future.done():
        job.future.set_exception(error)


def calls_of(cpus: float) -> int:
    """Batches that keep a worker with so many CPUs busy: one under way and one ready for each."""
    return 2 * max(1, round(cpus))
