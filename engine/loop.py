"""The run's loop: problems in, samples out of the sampler, verdicts out of the pool, everything into the ledger.

One asyncio task per open problem. Sampling and verifying overlap sample by sample: each finished sample starts its own
judging and the stream goes on. A problem gives its place to the next one as soon as it has nothing more to ask of
the sampler, so slow verifiers do not starve it; ``max_unjudged`` bounds what may pile up in between. Verifiers that
judge whole groups are asked when a problem has nothing in flight any more.
"""

import asyncio
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice

from engine.codec import derive_seed
from engine.config import LoopSection
from engine.errors import DataError, ProofstillError, SamplerError
from engine.intake import GOLD_ERROR, Admitted
from engine.judge import Judge, decide
from engine.ledger import Ledger, clean
from engine.ledger_reader import Group
from engine.progress import Progress
from engine.protocols import AcceptRule, Budget, PromptTemplate, Sampler
from engine.records import Decision, FinishReason, GroupState, Sample, SampleRequest, Status, Verdict

TICK_S = 0.1
CHUNK = 32
FIRST_GOLD = 100  # when this many problems in a row fail their gold check, the set-up is wrong, not the data


@dataclass(slots=True)
class Idle:
    """Measures the share of time in which the sampler had nothing to do."""

    in_flight: int = 0
    idle_s: float = 0.0
    since: float = field(default_factory=time.monotonic)
    started: float = field(default_factory=time.monotonic)

    def add(self, samples: int) -> None:
        """Count samples that go into (+) or come out of (-) the sampler."""
        if self.in_flight == 0:
            self.idle_s += time.monotonic() - self.since
        self.in_flight += samples
        if self.in_flight == 0:
            self.since = time.monotonic()

    def share(self) -> float:
        """Idle share from the start until the last sample came out."""
        total = self.since - self.started
        return self.idle_s / total if total > 0 else 0.0


@dataclass
class Loop:
    """Everything that the problems of one run share."""

    template: PromptTemplate
    sampler: Sampler
    judge: Judge
    accept: AcceptRule
    budget: Budget
    ledger: Ledger
    progress: Progress
    config: LoopSection
    seed: int
    params_hash: str

    def __post_init__(self) -> None:
        """Prepare the counters."""
        self.idle = Idle()
        self.unjudged = 0
        self.judged = asyncio.Event()
        self._places = asyncio.Semaphore(self.config.open_problems)
        # as many again are checked ahead, so that a free place finds a problem that is ready
        self._admissions = asyncio.Semaphore(2 * self.config.open_problems)
        self._gold_failures: list[str] = []
        self._gold_passed = False

    async def run(self, problems: Iterator[Admitted]) -> None:
        """Work through all problems. Raises the first ``ProofstillError`` of any part; the rest is cancelled."""
        keeper = asyncio.create_task(self._keep())
        try:
            async with asyncio.TaskGroup() as tasks:
                total = 0
                while chunk := await asyncio.to_thread(lambda: list(islice(problems, CHUNK))):
                    for admitted in chunk:
                        await self._admissions.acquire()
                        tasks.create_task(self._work(admitted))
                    total += len(chunk)
                self.progress.total = total  # only now: a source streams
        except ExceptionGroup as group:
            raise first_error(group) from group
        finally:
            keeper.cancel()
        if self._gold_failures and not self._gold_passed:
            raise DataError(f"no problem passed its gold check: {self._gold_failures[0]}")

    async def _work(self, admitted: Admitted) -> None:
        place = Place(self._admissions, self._places)
        try:
            if await self._usable(admitted):
                await place.enter()
                await ProblemRun(self, admitted, place).run()
        finally:
            place.leave()
            self.progress.update(settled=1)

    async def _usable(self, admitted: Admitted) -> bool:
        """Gold check; records the problem. Known problems were checked when they were new."""
        known = admitted.known
        if known is not None and (known.set_aside is None or known.set_aside.code != GOLD_ERROR):
            return known.set_aside is None
        reason = admitted.set_aside
        if reason is None and self.config.gold_check:
            reason = await self.judge.gold_check(admitted.problem)
            self._count_gold(f"problem {admitted.problem.id!r}: {reason.text}" if reason else None)
        self.ledger.add_problem(admitted.ordinal, admitted.problem, reason)
        if reason is not None:
            self.progress.update(set_aside=1)
        return reason is None

    def _count_gold(self, failure: str | None) -> None:
        if failure is None:
            self._gold_passed = True
        else:
            self._gold_failures = [*self._gold_failures, failure][:FIRST_GOLD]
        if len(self._gold_failures) == FIRST_GOLD and not self._gold_passed:
            raise DataError(
                f"the first {FIRST_GOLD} problems all fail their gold check, so nothing was sampled; "
                f"check the verifier and the answer field. {self._gold_failures[0]}"
            )

    async def _keep(self) -> None:
        """Commit the ledger when it is due."""
        while True:
            await asyncio.sleep(TICK_S)
            if self.ledger.due:
                self.ledger.flush()

    async def room(self) -> None:
        """Wait until the judges have caught up."""
        while self.unjudged >= self.config.max_unjudged:
            self.judged.clear()
            await self.judged.wait()


class Place:
    """A problem's place: admitted first, then among the open ones; left once."""

    def __init__(self, admissions: asyncio.Semaphore, places: asyncio.Semaphore) -> None:
        self._held = [admissions]
        self._places = places

    async def enter(self) -> None:
        """Wait for a place among the open problems."""
        await self._places.acquire()
        self._held.append(self._places)

    def leave(self) -> None:
        """Let the next problem in. Safe to call twice."""
        for semaphore in self._held:
            semaphore.release()
        self._held = []


class ProblemRun:
    """One problem until it is settled."""

    def __init__(self, loop: Loop, admitted: Admitted, place: Place) -> None:
        self._loop = loop
        self._ordinal = admitted.ordinal
        self._problem = admitted.problem
        self._known = admitted.known
        self._place = place
        self._state = GroupState(admitted.problem)
        self._sampling: set[asyncio.Task[None]] = set()
        self._judging: set[asyncio.Task[None]] = set()
        self._group: dict[int, Sample] = {}
        """Every sample that is no surplus, where some verifier judges them together."""
        self._waiting: dict[int, Mapping[str, Verdict]] = {}
        """Samples that nothing but the verdict on their group can decide, with what is known of them."""
        self._changed = asyncio.Event()
        self._prompt = loop.template.render(admitted.problem)

    async def run(self) -> None:
        """Ask for samples until the budget has enough of them and all are judged."""
        try:
            if self._known is not None:
                self._adopt(self._known)
            while self._loop.budget.stop_index(self._state) is None or self._unsettled():
                await self._ask()
                if not self._sampling:
                    self._place.leave()
                    if not self._judging and not self._waiting:
                        return
                    if not self._judging:
                        self._start_judging_group()
                await self._changed.wait()
                self._changed.clear()
                self._reap()
        finally:
            await self._cancel()

    def _unsettled(self) -> bool:
        """Whether samples that count are missing: with a known stop index, those below it."""
        stop = self._loop.budget.stop_index(self._state)
        assert stop is not None
        wanted = any(i <= stop for i in self._loop.budget.allocate(self._state))
        return wanted or any(i <= stop and d is None for i, d in self._state.decisions.items())

    def _adopt(self, known: Group) -> None:
        """Take over what the ledger has; judge what it has no decision on."""
        for index, sample in known.samples.items():
            verdicts = known.verdicts.get(index, {})
            decision = decide(self._loop.accept, self._loop.judge.names, sample, verdicts)
            again = decision is None or (decision.error and sample.finish_reason != FinishReason.ERROR)
            self._state.decisions[index] = None if again else decision
        if self._loop.budget.stop_index(self._state) is not None and not self._unsettled():
            return
        for index, sample in known.samples.items():
            self._remember(sample)
            if self._state.decisions[index] is None:
                self._start_judging(sample, known.verdicts.get(index, {}))

    async def _ask(self) -> None:
        wanted = tuple(self._loop.budget.allocate(self._state))
        if not wanted:
            return
        await self._loop.room()
        for index in wanted:
            self._state.decisions[index] = None
        self._track(self._sampling, self._sample(wanted))

    async def _sample(self, indices: tuple[int, ...]) -> None:
        seeds = tuple(derive_seed(self._loop.seed, self._problem.id, i) for i in indices)
        request = SampleRequest(self._problem, self._prompt, indices, seeds, self._loop.params_hash)
        waiting = set(indices)
        self._loop.idle.add(len(indices))
        stream = self._loop.sampler.stream(request)
        try:
            async for made in stream:
                if made.index not in waiting:
                    raise SamplerError(f"the sampler gave index {made.index}, asked for {sorted(waiting)}")
                waiting.discard(made.index)
                self._loop.idle.add(-1)
                self._keep(made)
        finally:
            self._loop.idle.add(-len(waiting))
            close = getattr(stream, "aclose", None)
            if close is not None:
                await close()
        for index in waiting:
            del self._state.decisions[index]
            self._state.unavailable.add(index)

    def _keep(self, made: Sample) -> None:
        reasoning = clean(made.reasoning) if made.reasoning is not None else None
        # what is judged is what is stored
        sample = replace(made, text=clean(made.text), reasoning=reasoning)
        self._loop.ledger.add_sample(self._ordinal, sample)
        self._loop.progress.update(samples=1, tokens=sample.tokens)
        self._remember(sample)
        self._start_judging(sample, {})

    def _remember(self, sample: Sample) -> None:
        if self._loop.judge.group_names and self._counts(sample.index):
            self._group[sample.index] = sample

    def _counts(self, index: int) -> bool:
        """Whether a sample is no surplus, as one is that another command has added to the ledger."""
        stop = self._loop.budget.stop_index(self._state)
        return stop is None or index <= stop

    def _start_judging(self, sample: Sample, known: Mapping[str, Verdict]) -> None:
        self._loop.unjudged += 1
        self._track(self._judging, self._judge(sample, known))

    async def _judge(self, sample: Sample, known: Mapping[str, Verdict]) -> None:
        try:
            verdicts, decision = await self._loop.judge.judge(self._problem, sample, known)
        finally:
            self._loop.unjudged -= 1
            self._loop.judged.set()
        if decision is None and self._counts(sample.index):
            self._waiting[sample.index] = {**known, **{verdict.verifier: verdict for verdict in verdicts}}
        self._record(sample.index, verdicts, decision)

    def _start_judging_group(self) -> None:
        waiting, self._waiting = self._waiting, {}
        self._loop.unjudged += len(waiting)
        self._track(self._judging, self._judge_group(waiting))

    async def _judge_group(self, waiting: Mapping[int, Mapping[str, Verdict]]) -> None:
        """Nothing is in flight any more, so the group is whole."""
        try:
            judged = await self._loop.judge.judge_group(self._problem, self._group, waiting)
        finally:
            self._loop.unjudged -= len(waiting)
            self._loop.judged.set()
        for index, (verdicts, decision) in judged.items():
            self._record(index, verdicts, decision)

    def _record(self, index: int, verdicts: list[Verdict], decision: Decision | None) -> None:
        for verdict in verdicts:
            self._loop.ledger.add_verdict(self._ordinal, verdict)
        self._state.decisions[index] = decision
        last = verdicts[-1] if verdicts else None
        failure = None
        if last is not None and decision is not None and last.status != Status.PASS:
            failure = f"{last.verifier} {last.status.value}: {last.reason.code} {last.reason.text}"
        self._loop.progress.update(
            verdicts=len(verdicts),
            accepted=int(decision is not None and decision.accepted),
            judged=int(decision is not None),
            errors=int(decision is not None and decision.error),
            failure=failure,
        )

    def _track(self, tasks: set[asyncio.Task[None]], work) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
        task = asyncio.create_task(work)
        tasks.add(task)
        task.add_done_callback(lambda _: self._changed.set())

    def _reap(self) -> None:
        for tasks in (self._sampling, self._judging):
            for task in [task for task in tasks if task.done()]:
                tasks.discard(task)
                task.result()

    async def _cancel(self) -> None:
        tasks = self._sampling | self._judging
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)


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
