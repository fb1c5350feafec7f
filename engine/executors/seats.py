"""The driver's side of one actor: it is started, watched, and replaced when it is lost."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from engine.errors import SamplerError
from engine.executors.engine_worker import EngineWorker
from engine.executors.handover import hand_over, open_workshop
from engine.executors.verify_worker import VerifyWorker
from engine.plain_text import one_line
from engine.problem_run import Visit
from engine.segments import take_away

if TYPE_CHECKING:
    from engine.executors.cluster import Cluster

MISSED = 4  # heartbeats
CLOSE_S = 120.0
CALLS = 1000  # of an actor at once; all are short or wait
TEACH_S = 0.2
T = TypeVar("T")


class LostError(Exception):
    """An actor is gone, or as good as gone."""


class Seat(ABC):
    """One actor's place on the cluster."""

    def __init__(self, crew: "Cluster", name: str) -> None:
        """An empty seat."""
        self.crew = crew
        self.name = name
        self.actor: Any = None
        self.ready = False
        self.gone = False

    async def keep(self) -> None:
        """Fill the seat again and again. Raises ``ProofstillError`` when the run cannot go on."""
        import ray

        restarts = self.crew.settings.restarts
        for attempt in range(restarts + 1):
            try:
                with lost():
                    self.actor = self.start()
                    await self.within(self.crew.settings.start_s, self.open())
                    self.ready = True
                    await self.serve()
            except LostError as error:
                why = str(error)
                ray.kill(self.actor)
                self.actor, self.ready = None, False
                self.crew.progress.note(
                    f"{self.name} is lost ({why}); {restarts - attempt} of {restarts} restarts left"
                )
                await self.clear()
        self.gone = True
        self.crew.gave_up(self, why)

    async def within(self, seconds: float, answer: Awaitable[T]) -> T:
        """The answer. Raises ``LostError`` when it takes longer."""
        try:
            return await asyncio.wait_for(answer, seconds)
        except TimeoutError:
            raise LostError(f"no answer for {seconds:g} s") from None

    async def beat(self, answer: Awaitable[T]) -> T:
        """The answer to a call that an actor at work answers at once, or within a heartbeat."""
        return await self.within(MISSED * self.crew.settings.heartbeat_s, answer)

    @abstractmethod
    def start(self) -> Any:
        """Ask Ray for an actor."""

    @abstractmethod
    async def open(self) -> None:
        """Make the actor ready."""

    @abstractmethod
    async def serve(self) -> None:
        """Work with the actor until it is lost."""

    @abstractmethod
    async def clear(self) -> None:
        """See to what a lost actor had in hand."""


class VerifySeat(Seat):
    """A place for verifiers."""

    def start(self) -> Any:
        """A ``VerifyWorker``."""
        import ray

        settings = self.crew.settings
        cls = ray.remote(VerifyWorker).options(num_cpus=settings.cpus_per_verifier, max_concurrency=CALLS)
        return cls.remote(self.crew.job)

    async def open(self) -> None:
        """Build the verifiers."""
        await self.actor.open.remote()

    async def serve(self) -> None:
        """Let the engines know, and listen for its heart."""
        self.crew.staff()
        while True:
            await self.beat(self.actor.beat.remote())
            await asyncio.sleep(self.crew.settings.heartbeat_s)

    async def clear(self) -> None:
        """Let the engines know: they ask others for what it had not answered."""
        self.crew.staff()

    async def close(self) -> None:
        """End it; one that has not found its place yet ends with the driver."""
        if self.ready:
            with lost():
                await self.within(CLOSE_S, self.actor.close.remote())


class EngineSeat(Seat):
    """A place for an engine."""

    def __init__(self, crew: "Cluster", name: str) -> None:
        """An empty seat."""
        super().__init__(crew, name)
        self._workshop: Path
        self._open: dict[int, Visit] = {}
        self._handed = self._begun = self._learnt = 0
        self._room = asyncio.Event()

    def start(self) -> Any:
        """An ``EngineWorker`` with a workshop of its own."""
        import ray

        settings = self.crew.settings
        self._workshop = open_workshop(self.crew.ledger)
        self._handed = self._begun = self._learnt = 0
        cls = ray.remote(EngineWorker).options(
            num_cpus=settings.cpus_per_engine, num_gpus=settings.gpus_per_engine, max_concurrency=CALLS
        )
        return cls.remote(self.crew.job, str(self._workshop))

    async def open(self) -> None:
        """Load the model."""
        await self.actor.open.remote(self.crew.verify_workers)

    async def serve(self) -> None:
        """Give it work and take its reports."""
        works = [self._hand(), self._listen(), self._staff()] + ([self._teach()] if self.crew.learns else [])
        tasks = [asyncio.create_task(work) for work in works]
        try:
            await together(tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def clear(self) -> None:
        """Stop its writer, then let others go on with its problems."""
        visits, self._open = list(self._open.values()), {}
        crew = self.crew
        crew.put_back(await asyncio.to_thread(hand_over, crew.ledger, self._workshop, visits, crew.versions))

    async def close(self) -> dict[str, float]:
        """Let it commit; its shares for the statistics. Raises ``LedgerError`` when it cannot."""
        try:
            if not self.ready:  # it has not found its place yet, and ends with the driver
                return {}
            with lost():
                shares, report = await self.within(CLOSE_S, self.actor.close.remote())
        except LostError as error:
            self.crew.progress.note(f"{self.name} is lost while it was closing ({error})")
            return {}
        finally:
            if self.actor is not None:
                take_away(self._workshop)
        self.crew.progress.update(**report.counts)
        return dict(shares)

    async def _hand(self) -> None:
        while True:
            room = self.crew.ahead - (self._handed - self._begun)
            if room <= 0:
                self._room.clear()
                await self._room.wait()
                continue
            visits = await self.crew.take(room)
            self._open |= {visit.admitted.ordinal: visit for visit in visits}
            self._handed += len(visits)
            await self.beat(self.actor.hand.remote(visits, []))

    async def _listen(self) -> None:
        while True:
            report = await self.beat(self.actor.report.remote())
            self._begun = report.begun
            self._room.set()
            self.crew.progress.update(failure=report.failure, **report.counts)
            for ordinal, visited in report.finished.items():
                self.crew.done(self._open.pop(ordinal), visited)

    async def _staff(self) -> None:
        known: list[Any] = []
        while True:
            if known == self.crew.verify_workers:
                await self.crew.staffed.wait()
            known = self.crew.verify_workers
            await self.beat(self.actor.staff.remote(known))

    async def _teach(self) -> None:
        while True:
            if self._learnt == len(self.crew.lessons):
                self.crew.taught.clear()
                await self.crew.taught.wait()
                await asyncio.sleep(TEACH_S)  # so that many go together
            lessons = self.crew.lessons[self._learnt :]
            await self.beat(self.actor.hand.remote([], lessons))
            self._learnt += len(lessons)


async def together(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Wait until all are done. Raises the first error; the others go on."""
    for task in asyncio.as_completed(list(tasks)):
        await task


@contextmanager
def lost() -> Iterator[None]:
    """Raise ``LostError`` for what another actor may mend, and the actor's own ``ProofstillError`` for the rest."""
    from ray.exceptions import RayError, RayTaskError

    try:
        yield
    except RayTaskError as error:
        cause = error.cause
        if isinstance(cause, SamplerError):
            raise LostError(str(cause)) from None
        raise cause from None
    except RayError as error:
        raise LostError(one_line(str(error).strip().partition("\n")[0], 120)) from None
