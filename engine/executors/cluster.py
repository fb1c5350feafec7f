"""A crew on a Ray cluster, as the driver sees it.

Visits wait in one queue. Every engine's seat takes what its engine has room for; what a lost engine had open goes back
to the front of the queue. Actors, not Ray Data: a settled problem cancels its siblings, a budget comes back to
problems, and a stage that maps rows to rows can do neither.
"""

import asyncio
import signal
from collections import Counter
from collections.abc import Sequence
from itertools import count
from typing import TYPE_CHECKING, Any

from engine.errors import ProofstillError, SamplerError, VerifierError
from engine.executors.job import Job
from engine.executors.seats import EngineSeat, Seat, VerifySeat, together
from engine.export import Exporter
from engine.group import Outcome
from engine.problem_run import Visit, Visited
from engine.progress import Progress
from engine.records import Problem, Reason

if TYPE_CHECKING:
    from engine.executors.engine_worker import Lesson
    from engine.executors.ray import Ray

MOVES = 3  # a problem that was open on more engines that died is suspected of killing them


class Cluster:
    """Hands visits to engines and keeps the actors at work."""

    def __init__(self, settings: "Ray", job: Job, exporter: Exporter, progress: Progress, *, learns: bool) -> None:
        """Nothing starts before ``keep``."""
        self.settings, self.job, self.progress, self.learns = settings, job, progress, learns
        self.ledger = exporter.directory.path.resolve() / "ledger"
        self.versions = exporter.versions
        self.ahead = max(1, settings.problems_per_engine // 4)
        """Visits that lie ready with an engine, beside those that have a place."""
        self.verify_workers: list[Any] = []
        self.lessons: list[Lesson] = []
        self.staffed, self.taught = asyncio.Event(), asyncio.Event()
        self._queue: asyncio.PriorityQueue[tuple[int, int, Visit]] = asyncio.PriorityQueue()
        self._order = count()
        self._unread = asyncio.Semaphore(settings.engines * self.ahead)
        self._waiting: dict[int, asyncio.Future[Visited]] = {}
        self._moves: Counter[int] = Counter()
        self._failure: BaseException | None = None
        self._engines = [EngineSeat(self, f"engine {i + 1}") for i in range(settings.engines)]
        self._verifiers = [VerifySeat(self, f"verify worker {i + 1}") for i in range(settings.verify_workers)]
        self._tasks: list[asyncio.Task[None]] = []

    async def admit(self) -> None:
        """See ``engine.loop.Crew``."""
        await self._unread.acquire()
        if self._failure is not None:
            raise self._failure

    async def visit(self, visit: Visit) -> Visited:
        """See ``engine.loop.Crew``."""
        if self._failure is not None:
            raise self._failure
        ordinal = visit.admitted.ordinal
        self._waiting[ordinal] = asyncio.get_running_loop().create_future()
        self._queue.put_nowait((1, next(self._order), visit))
        try:
            return await self._waiting[ordinal]
        finally:
            del self._waiting[ordinal]

    async def learn(self, ordinal: int, problem: Problem, outcomes: Sequence[Outcome]) -> None:
        """See ``engine.loop.Crew``."""
        if self.learns:
            self.lessons.append((ordinal, problem, outcomes))
            self.taught.set()

    async def keep(self) -> None:
        """Keep the actors at work until cancelled. What makes that impossible goes to those who wait."""
        handler = signal.getsignal(signal.SIGTERM)
        try:
            self.settings.connect()
            signal.signal(signal.SIGTERM, handler)  # Ray puts its own in place of the run's
            seats: list[Seat] = [*self._engines, *self._verifiers]
            self._tasks = [asyncio.create_task(seat.keep()) for seat in seats]
            await together(self._tasks)
        except Exception as error:  # noqa: BLE001  nobody waits for this task
            self._fail(error)

    async def close(self) -> dict[str, float]:
        """See ``engine.loop.Crew``. Raises what kept an engine from committing."""
        if not self._tasks:  # there is no cluster
            return {}
        import ray

        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        try:
            ended = await asyncio.gather(*(seat.close() for seat in self._engines), return_exceptions=True)
            await asyncio.gather(*(seat.close() for seat in self._verifiers), return_exceptions=True)
        finally:
            ray.shutdown()
        shares = [share for share in ended if isinstance(share, dict) and share]
        failures = [error for error in ended if isinstance(error, ProofstillError)]
        if failures:
            raise failures[0]
        return {
            "verify_busy": sum(share["verify_busy"] for share in shares),
            "idle_share": sum(share["idle_share"] for share in shares) / max(1, len(shares)),
        }

    async def take(self, room: int) -> list[Visit]:
        """Up to ``room`` visits, at least one; a fair share of what is there."""
        taken = [await self._queue.get()]
        share = min(room, -(-self._queue.qsize() // len(self._engines)))
        while len(taken) < share and not self._queue.empty():
            taken.append(self._queue.get_nowait())
        for first, *_ in taken:
            if first:
                self._unread.release()
        return [visit for *_, visit in taken]

    def done(self, visit: Visit, visited: Visited) -> None:
        """Tell who waits for a visit that it is over."""
        future = self._waiting.get(visit.admitted.ordinal)
        if future is not None and not future.done():
            if visited.state is not None:
                visited.state.problem = visit.admitted.problem
            future.set_result(visited)

    def put_back(self, visits: Sequence[Visit]) -> None:
        """Let other engines go on with what a lost one had open."""
        for visit in visits:
            problem = visit.admitted
            self._moves[problem.ordinal] += 1
            if self._moves[problem.ordinal] > MOVES:
                text = f"{self._moves[problem.ordinal]} engines were lost with problem {problem.problem.id!r} open"
                self.progress.note(f"{text}; it is left alone, and tried again when the run is resumed")
                self.done(visit, Visited(None, Reason("engines_lost", text)))
            else:
                self._queue.put_nowait((0, next(self._order), visit))

    def staff(self) -> None:
        """Tell the engines who judges now."""
        self.verify_workers = [seat.actor for seat in self._verifiers if seat.ready]
        self.staffed.set()
        self.staffed.clear()

    def gave_up(self, seat: Seat, why: str) -> None:
        """A seat stays empty from now on. Raises ``SamplerError`` or ``VerifierError`` when it was the last."""
        self.progress.note(f"{seat.name} is not replaced any more: {why}")
        kind = self._engines if isinstance(seat, EngineSeat) else self._verifiers
        if all(other.gone for other in kind):
            what, error = ("engines", SamplerError) if kind is self._engines else ("verify workers", VerifierError)
            raise error(f"all {what} are lost (the last one: {why}); run the same command again to resume")

    def _fail(self, error: BaseException) -> None:
        self._failure = error
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(error)
        self._unread.release()
