"""The run's loop: which problem is worked on next, until the budget is content. The work is done by a ``Crew``.

One asyncio task per open visit. Most budgets know from a problem's own samples when it has enough, and visit it
once. One that spends a purse over all of them (``Budget.purse``) comes back, problem by problem, wherever the next
sample is worth most.
"""

import asyncio
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Protocol

from engine.budget.plain import Fixed
from engine.budget.purse import Purse
from engine.errors import DataError, ProofstillError
from engine.group import GroupState, Outcome
from engine.intake import Admitted
from engine.problem_run import Visit, Visited
from engine.progress import Progress
from engine.protocols import Budget
from engine.records import Problem

if TYPE_CHECKING:
    from engine.export import Exporter

CHUNK = 32
FIRST_GOLD = 100  # when this many problems in a row fail their gold check, the set-up is wrong, not the data


class Crew(Protocol):
    """Those who do the work, in this process or on many machines; an executor hires it."""

    async def admit(self) -> None:
        """Wait until another problem may come, or one more visit be made."""
        ...

    async def visit(self, visit: Visit) -> Visited:
        """Work on a problem until ``visit.rule`` is content and every sample that counts is judged and recorded."""
        ...

    async def learn(self, ordinal: int, problem: Problem, outcomes: Sequence[Outcome]) -> None:
        """Tell the samplers what a problem's first visit came to; once per problem."""
        ...

    async def keep(self) -> None:
        """Commit the ledger whenever it is due, until cancelled."""
        ...

    async def close(self) -> dict[str, float]:
        """Commit everything and let all go, also after an error; returns seconds and shares for the statistics."""
        ...


class Executor(Protocol):
    """Where the work is done."""

    def hire(self, exporter: "Exporter", progress: Progress) -> Crew:
        """Build the parts of ``exporter.config``; nothing heavy starts yet. Raises ``ConfigError``."""
        ...


class Loop:
    """Drives a crew over the problems of a run."""

    def __init__(self, crew: Crew, budget: Budget, progress: Progress) -> None:
        self._crew = crew
        self._budget = budget
        self._progress = progress
        hook = getattr(budget, "purse", None)
        self._purse: Purse | None = hook() if hook else None
        self._kept: dict[int, tuple[Admitted, GroupState]] = {}
        self._returned = asyncio.Event()
        self._gold_failures: list[str] = []
        self._gold_passed = False

    async def run(self, problems: Iterator[Admitted]) -> None:
        """Work through all problems. Raises the first ``ProofstillError`` of any part; the rest is cancelled."""
        keeper = asyncio.create_task(self._crew.keep())
        try:
            async with asyncio.TaskGroup() as tasks:
                total = await self._visit_all(problems, tasks)
                if self._purse is None:
                    self._progress.total = total  # only now: a source streams; with a purse nobody knows the end
                else:
                    await self._come_back(self._purse, total, tasks)
        except ExceptionGroup as group:
            raise first_error(group) from group
        finally:
            keeper.cancel()
        if self._gold_failures and not self._gold_passed:
            raise DataError(f"no problem passed its gold check: {self._gold_failures[0]}")

    async def _visit_all(self, problems: Iterator[Admitted], tasks: asyncio.TaskGroup) -> int:
        """Begin every problem; returns how many there are."""
        total = 0
        while chunk := await asyncio.to_thread(lambda: list(islice(problems, CHUNK))):
            for admitted in chunk:
                await self._crew.admit()
                if self._purse is not None and await self._spent_early(self._purse, total):
                    self._progress.note(
                        f"the budget is spent on the first samples of {total:,} problems, no more begin"
                    )
                    return total
                tasks.create_task(self._first(admitted))
                total += 1
        return total

    async def _first(self, admitted: Admitted) -> None:
        rule = self._budget
        if self._purse is not None:
            # a first visit also brings to its end what a killed run has begun
            known = admitted.known.samples if admitted.known is not None else {}
            rule = Fixed(max(self._purse.first, max(known, default=-1) + 1))
        visited = await self._crew.visit(Visit(admitted, rule))
        self._progress.update(settled=1)
        if visited.gold_checked:
            self._count_gold(admitted.problem, visited)
        outcomes: list[Outcome] = []
        if visited.state is not None:
            outcomes = list(visited.state.outcomes(self._budget.stop_index(visited.state)))
        await self._crew.learn(admitted.ordinal, admitted.problem, outcomes)
        if self._purse is not None:
            self._report(admitted, visited)

    async def _spent_early(self, purse: Purse, begun: int) -> bool:
        """Whether the first visits have spent it all, after waiting for them where that is likely."""
        while purse.expects_end(begun) and not purse.early and purse.returned < begun:
            await self._wait()
        return purse.early

    async def _come_back(self, purse: Purse, total: int, tasks: asyncio.TaskGroup) -> None:
        """Visit problems again as long as the purse has a use for it."""
        while not purse.ready(total):
            await self._wait()
        purse.open(total)
        visits: set[asyncio.Task[None]] = set()
        while not purse.over:
            if (wanted := purse.next()) is None:
                await self._wait()
                continue
            ordinal, samples = wanted
            admitted, state = self._kept[ordinal]
            await self._crew.admit()
            task = tasks.create_task(self._again(Visit(admitted, Fixed(samples), state)))
            visits.add(task)
            task.add_done_callback(visits.discard)
        for task in visits:
            task.cancel()  # what they would bring is beyond the end

    async def _again(self, visit: Visit) -> None:
        self._report(visit.admitted, await self._crew.visit(visit))

    def _report(self, admitted: Admitted, visited: Visited) -> None:
        assert self._purse is not None
        if visited.state is not None:
            self._kept[admitted.ordinal] = (Admitted(admitted.ordinal, admitted.problem), visited.state)
        self._purse.add(admitted.ordinal, visited.state)
        self._returned.set()

    async def _wait(self) -> None:
        self._returned.clear()
        await self._returned.wait()

    def _count_gold(self, problem: Problem, visited: Visited) -> None:
        if visited.set_aside is None:
            self._gold_passed = True
        else:
            failure = f"problem {problem.id!r}: {visited.set_aside.text}"
            self._gold_failures = [*self._gold_failures, failure][:FIRST_GOLD]
        if len(self._gold_failures) == FIRST_GOLD and not self._gold_passed:
            raise DataError(
                f"the first {FIRST_GOLD} problems all fail their gold check, so nothing was sampled; "
                f"check the verifier and the answer field. {self._gold_failures[0]}"
            )


def first_error(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The error to tell the user: ours if there is one."""
    errors: list[BaseException] = []
    stack: list[BaseException] = [group]
    while stack:
        error = stack.pop(0)
        if isinstance(error, BaseExceptionGroup):
            stack += error.exceptions
        else:
            errors.append(error)
    return next((error for error in errors if isinstance(error, ProofstillError)), errors[0])
