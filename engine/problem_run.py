"""Works on problems: gold check, sampling, judging, everything into the ledger. Who comes when is ``engine.loop``'s.

Sampling and verifying overlap sample by sample: each finished sample starts its own judging and the stream goes on. A
problem gives its place to the next one as soon as it has nothing more to ask of the sampler, so slow verifiers do
not starve it; ``max_unjudged`` bounds what may pile up in between. Verifiers that judge whole groups are asked
when a problem has nothing in flight any more.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from engine.codec import derive_seed
from engine.config import LoopSection
from engine.errors import SamplerError
from engine.group import GroupState, Outcome
from engine.intake import GOLD_ERROR, Admitted
from engine.judge import Judge, decide
from engine.ledger import Ledger, clean
from engine.ledger_reader import Group
from engine.pool import Pool
from engine.progress import Progress
from engine.protocols import AcceptRule, Budget, PromptTemplate, Sampler
from engine.records import Decision, FinishReason, Problem, Reason, Sample, SampleRequest, Status, Verdict

TICK_S = 0.1


@dataclass(slots=True)
class Visit:
    """One call on a problem: what is known of it, and the rule that says how many samples it is to have.

    The first visit brings what the ledger holds (``admitted.known``), a later one the state that the last one left, and
    both when an engine was lost in a later one.
    """

    admitted: Admitted
    rule: Budget
    state: GroupState | None = None
    order: tuple[str, ...] | None = None
    """Verifiers in the order in which they are asked; None for that of ``engine.judge.cascade``."""
    everyone: bool = False
    """Whether the first sample is judged by every verifier, to measure them (``engine.cascade``)."""


@dataclass(slots=True)
class Visited:
    """What a visit came to: the problem's state, or why it was set aside; ``gold`` where it was checked just now."""

    state: GroupState | None
    set_aside: Reason | None = None
    gold_checked: bool = False
    measured: Mapping[str, Verdict] = field(default_factory=dict)
    """What every verifier said of the first sample, without evidence, where the visit asked for it."""


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
class ProblemRunner:
    """One sampler, one judge, one ledger writer, and the problems that are open between them: a crew of one."""

    template: PromptTemplate
    sampler: Sampler
    judge: Judge
    pool: Pool
    accept: AcceptRule
    ledger: Ledger
    progress: Progress
    config: LoopSection
    seed: int
    params_hash: str
    stack: str = ""
    """Hash of the verifiers' versions, as ``engine.ledger_reader.groups`` knows it."""

    def __post_init__(self) -> None:
        """Prepare the counters."""
        self.idle = Idle()
        self.unjudged = 0
        self.judged = asyncio.Event()
        self._places = asyncio.Semaphore(self.config.open_problems)
        # as many again are checked ahead, so that a free place finds a problem that is ready
        self._admissions = asyncio.Semaphore(2 * self.config.open_problems)

    async def admit(self) -> None:
        """Wait until another problem may come, or one more visit be made."""
        await self._admissions.acquire()

    async def visit(self, visit: Visit) -> Visited:
        """Work on a problem until its rule is content and every sample that counts is judged.

        Raises ``ProofstillError`` for what ends the run. A cancelled visit cancels its samples.
        """
        reason, checked = None, False
        place = Place(self._admissions, self._places)
        try:
            if visit.state is None:
                reason, checked = await self._usable(visit.admitted)
            if reason is not None:
                return Visited(None, reason, checked)
            ready = getattr(self.sampler, "ready", None)
            if ready is not None:
                await ready(visit.admitted.ordinal)  # holding no place, which a problem that it waits for may need
            await place.enter()
            work = ProblemRun(self, visit, place)
            state = await work.run()
            if _settled(state, visit.rule):
                self.ledger.add_settled(visit.admitted.ordinal, state.problem.id, self.stack)
            return Visited(state, None, checked, work.measured)
        finally:
            place.leave()

    async def keep(self) -> None:
        """Commit the ledger whenever it is due, until cancelled."""
        while True:
            await asyncio.sleep(TICK_S)
            if self.ledger.due:
                self.ledger.flush()

    async def learn(self, ordinal: int, problem: Problem, outcomes: Sequence[Outcome]) -> None:
        """Tell the sampler what a problem's first visit came to, if it wants to know."""
        hook = getattr(self.sampler, "learn", None)
        if hook is not None:
            hook(ordinal, problem, outcomes)

    async def close(self) -> dict[str, float]:
        """Commit everything and let all go; returns seconds and shares for the statistics."""
        try:
            # commit first: whatever the other parts do on their way out, finished work is safe
            self.ledger.close()
        finally:
            await self.pool.close()
            await self.sampler.close()
        return {"verify_busy": self.pool.busy_s, "idle_share": self.idle.share()}

    async def room(self) -> None:
        """Wait until the judges have caught up."""
        while self.unjudged >= self.config.max_unjudged:
            self.judged.clear()
            await self.judged.wait()

    async def _usable(self, admitted: Admitted) -> tuple[Reason | None, bool]:
        """Gold check; records the problem. Known problems were checked when they were new."""
        known = admitted.known
        if known is not None and (known.set_aside is None or known.set_aside.code != GOLD_ERROR):
            return known.set_aside, False
        reason, checks = admitted.set_aside, admitted.set_aside is None and self.config.gold_check
        if checks:
            reason = await self.judge.gold_check(admitted.problem)
        self.ledger.add_problem(admitted.ordinal, admitted.problem, reason)
        if reason is not None:
            self.progress.update(set_aside=1)
        return reason, checks


def _settled(state: GroupState, rule: Budget) -> bool:
    """Whether another run would find nothing to do: every sample that counts was made, and judged without an error."""
    stop = rule.stop_index(state)
    if stop is None or state.unavailable:
        return False
    return all(d is not None and not d.error for i, d in state.decisions.items() if i <= stop)


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
    """One visit to a problem."""

    def __init__(self, runner: ProblemRunner, visit: Visit, place: Place) -> None:
        admitted = visit.admitted
        self._runner = runner
        self._ordinal = admitted.ordinal
        self._problem = admitted.problem
        self._known = admitted.known
        self._rule = visit.rule
        self._order, self._everyone = visit.order, visit.everyone
        self.measured: Mapping[str, Verdict] = {}
        """See ``Visited``."""
        self._place = place
        self._state = visit.state or GroupState(admitted.problem)
        self._sampling: set[asyncio.Task[None]] = set()
        self._judging: set[asyncio.Task[None]] = set()
        self._group: dict[int, Sample] = {}
        """Every sample that is no surplus, where some verifier judges them together."""
        self._waiting: dict[int, Mapping[str, Verdict]] = {}
        """Samples that nothing but the verdict on their group can decide, with what is known of them."""
        self._changed = asyncio.Event()
        self._prompt = runner.template.render(admitted.problem)

    async def run(self) -> GroupState:
        """Ask for samples until the rule has enough of them and all are judged; returns the state."""
        try:
            if self._known is not None:
                self._adopt(self._known)
            while self._rule.stop_index(self._state) is None or self._unsettled():
                await self._ask()
                if not self._sampling:
                    self._place.leave()
                    if not self._judging and not self._waiting:
                        break
                    if not self._judging:
                        self._start_judging_group()
                await self._changed.wait()
                self._changed.clear()
                self._reap()
        finally:
            await self._cancel()
        return self._state

    def _unsettled(self) -> bool:
        """Whether samples that count are missing: with a known stop index, those below it."""
        stop = self._rule.stop_index(self._state)
        assert stop is not None
        wanted = any(i <= stop for i in self._rule.allocate(self._state))
        return wanted or any(i <= stop and d is None for i, d in self._state.decisions.items())

    def _adopt(self, known: Group) -> None:
        """Take over what the ledger has beyond the state; judge what it has no decision on."""
        for index, sample in known.samples.items():
            if self._state.decisions.get(index) is not None:
                continue
            verdicts = known.verdicts.get(index, {})
            self._measure(index, verdicts)
            decision = decide(self._runner.accept, self._runner.judge.names, sample, verdicts)
            again = decision is None or (decision.error and sample.finish_reason != FinishReason.ERROR)
            self._state.decisions[index] = None if again else decision
            self._state.samples[index] = replace(sample, text="", reasoning=None)
        if self._rule.stop_index(self._state) is not None and not self._unsettled():
            return
        for index, sample in known.samples.items():
            self._remember(sample)
            if self._state.decisions[index] is None:
                self._start_judging(sample, known.verdicts.get(index, {}))

    async def _ask(self) -> None:
        wanted = tuple(self._rule.allocate(self._state))
        if not wanted:
            return
        await self._runner.room()
        for index in wanted:
            self._state.decisions[index] = None
        self._track(self._sampling, self._sample(wanted))

    async def _sample(self, indices: tuple[int, ...]) -> None:
        seeds = tuple(derive_seed(self._runner.seed, self._problem.id, i) for i in indices)
        request = SampleRequest(
            self._problem, self._prompt, indices, seeds, self._runner.params_hash, ordinal=self._ordinal
        )
        waiting = set(indices)
        self._runner.idle.add(len(indices))
        stream = self._runner.sampler.stream(request)
        try:
            async for made in stream:
                if made.index not in waiting:
                    raise SamplerError(f"the sampler gave index {made.index}, asked for {sorted(waiting)}")
                waiting.discard(made.index)
                self._runner.idle.add(-1)
                self._keep(made)
        finally:
            self._runner.idle.add(-len(waiting))
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
        self._runner.ledger.add_sample(self._ordinal, sample)
        self._runner.progress.update(samples=1, tokens=sample.tokens)
        self._state.samples[sample.index] = replace(sample, text="", reasoning=None)
        self._remember(sample)
        self._start_judging(sample, {})

    def _remember(self, sample: Sample) -> None:
        if self._runner.judge.group_names and self._counts(sample.index):
            self._group[sample.index] = sample

    def _counts(self, index: int) -> bool:
        """Whether a sample is no surplus, as one is that another command has added to the ledger."""
        stop = self._rule.stop_index(self._state)
        return stop is None or index <= stop

    def _start_judging(self, sample: Sample, known: Mapping[str, Verdict]) -> None:
        self._runner.unjudged += 1
        self._track(self._judging, self._judge(sample, known))

    async def _judge(self, sample: Sample, known: Mapping[str, Verdict]) -> None:
        try:
            everyone = self._everyone and sample.index == 0
            verdicts, decision = await self._runner.judge.judge(
                self._problem, sample, known, self._order, everyone=everyone
            )
        finally:
            self._runner.unjudged -= 1
            self._runner.judged.set()
        found = {**known, **{verdict.verifier: verdict for verdict in verdicts}}
        self._measure(sample.index, found)
        if decision is None and self._counts(sample.index):
            self._waiting[sample.index] = found
        self._record(sample.index, verdicts, decision)

    def _measure(self, index: int, verdicts: Mapping[str, Verdict]) -> None:
        if self._everyone and index == 0:
            self.measured = {
                name: Verdict(v.status, v.score, verifier=name, seconds=v.seconds) for name, v in verdicts.items()
            }

    def _start_judging_group(self) -> None:
        waiting, self._waiting = self._waiting, {}
        self._runner.unjudged += len(waiting)
        self._track(self._judging, self._judge_group(waiting))

    async def _judge_group(self, waiting: Mapping[int, Mapping[str, Verdict]]) -> None:
        """Nothing is in flight any more, so the group is whole."""
        try:
            judged = await self._runner.judge.judge_group(self._problem, self._group, waiting)
        finally:
            self._runner.unjudged -= len(waiting)
            self._runner.judged.set()
        for index, (verdicts, decision) in judged.items():
            self._record(index, verdicts, decision)

    def _record(self, index: int, verdicts: list[Verdict], decision: Decision | None) -> None:
        for verdict in verdicts:
            self._runner.ledger.add_verdict(self._ordinal, verdict)
        self._state.decisions[index] = decision
        last = verdicts[-1] if verdicts else None
        failure = None
        if last is not None and decision is not None and last.status != Status.PASS:
            failure = f"{last.verifier} {last.status.value}: {last.reason.code} {last.reason.text}"
        self._runner.progress.update(
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
