"""A Ray actor on a CPU machine: verifier processes that judge for all engines."""

import asyncio
from dataclasses import replace

from engine.config import PoolSection
from engine.executors.job import Job
from engine.pool import Pool
from engine.worker import Judged, Task


class VerifyWorker:
    """Holds an ``engine.pool.Pool``. Keeps nothing between calls, so what was asked may be asked again elsewhere."""

    def __init__(self, job: Job) -> None:
        """Nothing heavy starts yet."""
        self._job = job

    async def open(self) -> None:
        """Build the verifiers. Raises ``ProofstillError``."""
        exporter = self._job.enter()
        section = PoolSection(**self._job.config["pool"])
        # Ray's worker sees all CPUs of its machine, whatever it was given
        workers = section.workers or max(1, round(self._job.cpus_per_verifier))
        self._pool = Pool(exporter.verifiers, replace(section, workers=workers))

    async def judge(self, tasks: list[Task]) -> list[Judged]:
        """Verdicts in order. Raises ``VerifierError`` when a verifier cannot be started."""
        return await asyncio.gather(*map(self._judge, tasks))

    async def beat(self) -> float:
        """Show that it is there; seconds that its verifiers have spent."""
        return self._pool.busy_s

    async def close(self) -> None:
        """End the processes."""
        await self._pool.close()

    async def _judge(self, task: Task) -> Judged:
        kind, name, problem, sample = task
        if kind == "gold":
            return await self._pool.gold_check(name, problem), 0.0
        if isinstance(sample, tuple):
            return await self._pool.verify_group(name, problem, sample)
        assert sample is not None
        return await self._pool.verify(name, problem, sample)
