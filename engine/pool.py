"""Verifier processes with a deadline that the parent enforces.

Each lane is a thread that owns one worker process and feeds it batches. Verifiers are plain synchronous code and may
hang in C: the lane's clock runs per item, and a worker that overruns it is killed and replaced; that item gets
``Status.ERROR``, the rest of its batch is judged again by the new worker. Time limits by signal or thread would not do:
signals need the main thread, and a hung thread cannot be ended.
"""

import asyncio
import contextlib
import multiprocessing
import os
import pickle
import queue
import threading
import time
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess

from engine.config import PoolSection
from engine.errors import VerifierError
from engine.protocols import Verifier
from engine.records import Problem, Sample, Verdict
from engine.worker import Judged, Task, crashed, failure, serve

START_S = 120.0
BATCH_S = 0.02  # a batch takes about this long, so that no lane hoards work while others idle
MAX_BATCH = 64
LOOK_S = 0.2  # how soon a waiting lane notices that the pool closes


@dataclass(slots=True)
class Job:
    """One item of work and where its verdict goes."""

    task: Task
    future: asyncio.Future[Judged]
    deadline_s: float
    """Seconds after which its worker is stopped."""


@dataclass(slots=True)
class Queue:
    """Jobs of one resource, shared by its lanes. Gold checks go first, since sampling waits for them."""

    tokens: queue.SimpleQueue[bool] = field(default_factory=queue.SimpleQueue)
    """One True per job; False wakes a lane so that it can end."""
    first: deque[Job] = field(default_factory=deque)
    rest: deque[Job] = field(default_factory=deque)
    item_s: float = BATCH_S
    """Running mean of the seconds an item takes; decides the batch size."""
    busy_s: float = 0.0
    """Seconds spent judging, over all lanes."""

    def put(self, job: Job) -> None:
        """Add a job."""
        (self.first if job.task[0] == "gold" else self.rest).append(job)
        self.tokens.put(True)

    def get(self, *, wait: bool) -> Job | None:
        """The next job; None when there is none (or the lane was woken to end)."""
        try:
            token = self.tokens.get(block=wait)
        except queue.Empty:
            return None
        if not token:
            return None
        try:
            return self.first.popleft()
        except IndexError:
            return self.rest.popleft()


class Pool:
    """Judges samples, one by one or by groups, in worker processes.

    Verifiers of resource ``cpu`` and ``sandbox`` get ``workers`` processes each (0: one per CPU), ``http`` four
    times as many, ``gpu`` one. Must be used from one event loop.
    """

    def __init__(self, verifiers: Mapping[str, Verifier], config: PoolSection) -> None:
        """Start the lanes; their processes start when the first job comes."""
        self._loop = asyncio.get_running_loop()
        self._deadline_s = config.deadline_s
        self._deadlines = {name: getattr(verifier, "deadline", None) for name, verifier in verifiers.items()}
        self._resource = {name: verifier.resource for name, verifier in verifiers.items()}
        self._queues = {resource: Queue() for resource in set(self._resource.values())}
        self._closing = threading.Event()
        self._lanes: list[Lane] = []
        multiprocessing.get_context("forkserver").set_forkserver_preload(sorted(_modules(verifiers.values())))
        workers = config.workers or len(os.sched_getaffinity(0))
        counts = {"cpu": workers, "sandbox": workers, "http": 4 * workers, "gpu": 1}
        for resource, work in self._queues.items():
            mine = pickle.dumps({name: v for name, v in verifiers.items() if v.resource == resource})
            memory_mb = config.memory_mb if resource == "cpu" else 0
            for _ in range(counts[resource]):
                self._lanes.append(Lane(self, work, mine, memory_mb))
        for lane in self._lanes:
            lane.start()

    def _deadline(self, task: Task) -> float:
        """Seconds that one item may take: as its verifier says, else as configured."""
        kind, name, problem, _ = task
        own = self._deadlines[name]
        if own is None:
            return self._deadline_s
        return float(own(problem)) * (2 if kind == "gold" else 1)  # a gold check judges two responses

    @property
    def closing(self) -> bool:
        """Whether lanes should stop at once."""
        return self._closing.is_set()

    @property
    def busy_s(self) -> float:
        """Seconds that verifiers have spent judging, summed over processes."""
        return sum(work.busy_s for work in self._queues.values())

    async def verify(self, name: str, problem: Problem, sample: Sample) -> tuple[Verdict, float]:
        """Verdict of verifier ``name`` as it made it, and the seconds that took.

        Never raises for what the verifier does. Raises ``VerifierError`` when its process cannot be started.
        """
        verdict, seconds = await self._submit(("verify", name, problem, sample))
        assert isinstance(verdict, Verdict)
        return verdict, seconds

    async def verify_group(self, name: str, problem: Problem, samples: Sequence[Sample]) -> tuple[list[Verdict], float]:
        """The same for a verifier that judges groups: one verdict per sample, in one process, under one deadline."""
        verdicts, seconds = await self._submit(("group", name, problem, tuple(samples)))
        return verdicts if isinstance(verdicts, list) else [verdicts] * len(samples), seconds

    async def gold_check(self, name: str, problem: Problem) -> Verdict:
        """See ``engine.worker.gold_check``."""
        verdict, _ = await self._submit(("gold", name, problem, None))
        assert isinstance(verdict, Verdict)
        return verdict

    async def _submit(self, task: Task) -> Judged:
        future: asyncio.Future[Judged] = self._loop.create_future()
        try:
            seconds = self._deadline(task)
        except Exception as error:  # noqa: BLE001  a verifier's fault is a status
            return crashed(error), 0.0
        self._queues[self._resource[task[1]]].put(Job(task, future, seconds))
        return await future

    def deliver(self, results: list[tuple[Job, Judged]]) -> None:
        """Hand verdicts to their waiters; called from lanes."""
        with contextlib.suppress(RuntimeError):  # the loop is gone: nobody waits
            self._loop.call_soon_threadsafe(_resolve, results)

    def fail(self, jobs: list[Job], message: str) -> None:
        """Give the waiters an error: the verifier cannot run at all."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(_reject, jobs, message)

    async def close(self) -> None:
        """Kill every worker; the caller cancels whoever still waits. Safe to call twice."""
        self._closing.set()
        for work in self._queues.values():
            for _ in self._lanes:
                work.tokens.put(False)
        for lane in self._lanes:
            await asyncio.to_thread(lane.join)


class Lane(threading.Thread):
    """One worker process and the thread that watches it."""

    def __init__(self, pool: Pool, work: Queue, pickled: bytes, memory_mb: int) -> None:
        super().__init__(daemon=True, name="proofstill-lane")
        self._pool = pool
        self._work = work
        self._args = (pickled, memory_mb)
        self._process: ForkServerProcess | None = None
        self._connection: Connection | None = None

    def run(self) -> None:
        """Take batches until the pool closes."""
        while not self._pool.closing:
            batch = self._take()
            while batch and not self._pool.closing:
                batch = self._judge(batch)
        self._kill()

    def _take(self) -> list[Job]:
        size = max(1, min(MAX_BATCH, int(BATCH_S / max(self._work.item_s, 1e-6))))
        batch: list[Job] = []
        job = self._work.get(wait=True)
        while job is not None:
            if not job.future.cancelled():
                batch.append(job)
            if len(batch) >= size:
                break
            job = self._work.get(wait=False)
        return batch

    def _judge(self, batch: list[Job]) -> list[Job]:
        """Judge a batch; returns what is left to do after a worker was lost."""
        if self._connection is None and not self._start(batch):
            return []
        assert self._connection is not None
        done = 0
        try:
            self._connection.send([job.task for job in batch])
            while done < len(batch):
                results = self._receive(batch[done:])
                if not results:
                    return self._overrun(batch[done:])
                self._pool.deliver(results)
                done += len(results)
        except (EOFError, OSError):
            return self._lost(batch[done:])
        return []

    def _receive(self, waiting: list[Job]) -> list[tuple[Job, Judged]]:
        """Verdicts that have arrived, at least one; none when the deadline has passed or the pool closes."""
        assert self._connection is not None
        end = time.monotonic() + waiting[0].deadline_s
        while not self._connection.poll(max(0.0, min(LOOK_S, end - time.monotonic()))):
            if self._pool.closing or time.monotonic() >= end:
                return []
        results = []
        for job in waiting:
            results.append((job, self._connection.recv()))
            if not self._connection.poll(0):
                break
        spent = sum(seconds for _, (_, seconds) in results)
        self._work.busy_s += spent
        self._work.item_s += 0.1 * (spent / len(results) - self._work.item_s)
        return results

    def _overrun(self, waiting: list[Job]) -> list[Job]:
        self._kill()
        if self._pool.closing:
            return []
        self._work.item_s = max(self._work.item_s, BATCH_S)
        seconds = waiting[0].deadline_s
        text = f"the verifier did not answer within {seconds:g} s and was stopped (pool.deadline_s)"
        self._pool.deliver([(waiting[0], (failure("deadline", text), seconds))])
        return waiting[1:]

    def _lost(self, waiting: list[Job]) -> list[Job]:
        assert self._process is not None
        self._process.join(1)
        code = self._process.exitcode
        self._kill()
        text = f"the verifier's process ended (exit code {code}) while judging this sample"
        self._pool.deliver([(waiting[0], (failure("worker_died", text), 0.0))])
        return waiting[1:]

    def _start(self, batch: list[Job]) -> bool:
        """Start a worker; on failure tell the waiters."""
        parent, child = multiprocessing.Pipe()
        self._process = ForkServerProcess(target=serve, args=(child, *self._args), daemon=True)
        try:
            self._process.start()
            child.close()
            why = parent.recv() if parent.poll(START_S) else f"no answer within {START_S:g} s"
        except (EOFError, OSError) as error:
            why = f"its process ended ({error or 'end of file'})"
        if why is None:
            self._connection = parent
            return True
        self._kill()
        parent.close()
        names = ", ".join(sorted({job.task[1] for job in batch}))
        self._pool.fail(batch, f"verifier.{names}: cannot be started: {why}")
        return False

    def _kill(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._process is not None and self._process.pid is not None:
            self._process.kill()
            self._process.join(5)
        self._process = None


def _modules(verifiers: Iterable[Verifier]) -> set[str]:
    """Modules that the fork server imports once, so that a replaced worker is ready in milliseconds."""
    modules: set[str] = {"engine.worker"}
    for verifier in verifiers:
        modules |= {type(verifier).__module__, *getattr(verifier, "preload", ())}
    return modules


def _resolve(results: list[tuple[Job, Judged]]) -> None:
    for job, judged in results:
        if not job.future.done():
            job.future.set_result(judged)


def _reject(jobs: list[Job], message: str) -> None:
    for job in jobs:
        if not job.future.done():
            job.future.set_exception(VerifierError(message))
