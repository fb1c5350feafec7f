"""The seams: what each pluggable part promises. Structural, so a plug-in needs no base class.

Standard library only; ``verifiers`` and ``sandboxes`` import from here.
"""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any, Literal, Protocol, runtime_checkable

from engine.group import GroupState
from engine.records import (
    BadRow,
    Decision,
    ExecResult,
    Limits,
    Problem,
    Program,
    Rendered,
    Sample,
    SampleRequest,
    Verdict,
)
from engine.rows import Finding, RowGroup

Resource = Literal["cpu", "sandbox", "gpu", "http"]


@runtime_checkable
class Verifier(Protocol):
    """Judges one sample at a time, as plain synchronous code.

    The pool supplies processes, deadlines and the kill, so ``verify`` needs no time-out of its own and never
    catches broadly: an exception becomes ``Status.ERROR`` with its message. Instances are pickled into worker
    processes, so heavy resources are opened on first use, not in ``__init__``.

    ``verify`` must be deterministic: the same problem and sample give the same verdict, apart from ``seconds`` and
    what stands under ``evidence["measured"]`` (times, memory).
    A verifier may also define

    - ``verify_many(problems, samples) -> list[Verdict]`` for batched devices, same order as its input;
    - ``verify_group(problem, samples) -> list[Verdict]``, same order as its input, where a verdict depends on the
      problem's other samples, and not on their order. A run asks once per problem, when every other verifier has
      judged and no sample is to come, with all samples but those that the sampler could not make, in the order of their
      index; it needs a budget whose samples do not depend on decisions (``fixed``). ``verify`` then judges the group of
      one, which usually is ABSTAIN, and without a ``gold`` of its own there is no gold check;
    - ``gold(problem) -> tuple[str | None, str] | None``: a response that must PASS (None where the problem has none,
      so that nothing is checked) and one that must not, for the gold check; None for a problem that is not this
      verifier's to judge. It raises ``ValueError`` when the gold cannot be used. Without it the engine uses
      ``problem.reference_solution`` and an empty response;
    - ``deadline(problem) -> float``: seconds after which the pool gives up on one of its verdicts, in place of
      ``pool.deadline_s``, for a verifier that keeps limits of its own;
    - ``start() -> None``: called once in each of its processes before the first sample; what it raises ends the run;
    - ``preload: tuple[str, ...]``: modules to import once before its processes start, since each of those then
      starts in milliseconds and the first verdict is no slower than the rest.
    """

    name: str
    version: str
    resource: Resource

    def verify(self, problem: Problem, sample: Sample) -> Verdict:
        """Judge ``sample`` as an answer to ``problem``."""
        ...


@runtime_checkable
class Sampler(Protocol):
    """Produces samples from one model.

    A class may list in ``operational`` the parameters that do not decide what a sample says (addresses, time-outs,
    batch sizes); those may differ when a run is resumed. It may define

    - ``learn(ordinal, problem, outcomes) -> None``: told once per problem, also of one that the ledger brings or that
      was set aside, when its first visit is over: what came of its samples, as ``Outcome`` in the order of their index.
      Problems come back in any order, so what depends on it must wait for all up to an ordinal to stay repeatable;
    - ``async ready(ordinal) -> None``: returns when that problem may be sampled; until then it takes no place. It may
      wait for ``learn`` of earlier problems, and of no other ones;
    - ``facts() -> dict``: JSON values for ``stats.json``, asked for at the end.

    Many ``stream`` calls run at once; the sampler batches or windows them as its back end likes. Raises
    ``SamplerError`` for what no retry mends. A single request that fails (content filter, prompt too long) is
    a ``Sample`` with ``finish_reason="error"`` and empty text. A sampler that cannot go on from a prefix
    (``SampleRequest.continues``) raises ``SamplerError`` when it is asked to.
    """

    model: str

    def stream(self, request: SampleRequest) -> AsyncIterator[Sample]:
        """Yield one ``Sample`` per index of ``request``, in any order, as each finishes.

        Closing the iterator (``aclose``) cancels what is still being computed.
        """
        ...

    async def close(self) -> None:
        """Release devices, processes and connections. Safe to call twice."""
        ...


@runtime_checkable
class ProblemSource(Protocol):
    """Where problems come from."""

    def problems(self) -> Iterator[Problem | BadRow]:
        """Yield problems in a stable order, streaming; a row that cannot be used is a ``BadRow``.

        Raises ``DataError`` when the source as a whole is missing or unreadable.
        """
        ...


@runtime_checkable
class PromptTemplate(Protocol):
    """Turns a problem into what the model is asked."""

    def render(self, problem: Problem) -> Rendered:
        """Messages for a chat model, or raw text for a completion model."""
        ...


@runtime_checkable
class Budget(Protocol):
    """Decides who gets the next sample, and when a problem is settled.

    One that spends a purse over all problems also has ``purse() -> engine.budget.purse.Purse``; its own two methods
    then speak of a problem's first samples only.
    """

    def allocate(self, group: GroupState) -> Sequence[int]:
        """Indices that this group should have, beyond those it already has; empty when none are wanted.

        Called again after every decision; a pure function of ``group``, so a resumed run decides alike.
        """
        ...

    def stop_index(self, group: GroupState) -> int | None:
        """Smallest index i such that samples 0..i settle the group, or None while that is not known.

        Samples beyond it are surplus: cancelled if in flight, kept in the ledger but never exported.
        """
        ...


@runtime_checkable
class AcceptRule(Protocol):
    """Combines the verdicts of one sample.

    A rule may define

    - ``vouching(names) -> names``: the verifiers without whose PASS it accepts nothing. A problem that none of them
      can judge is set aside before it is sampled. Without it, that is any of them;
    - ``wanted(names, verdicts) -> names``: of the missing verifiers, those that could change the decision, which alone
      are asked. Without it, all;
    - ``check(names, key) -> None``: raises ``ConfigError`` where it does not fit the run's verifiers; ``key`` is the
      rule's own.
    """

    def decide(self, names: Sequence[str], verdicts: Mapping[str, Verdict]) -> Decision | None:
        """The decision, or None while verdicts that could change it are missing.

        ``names`` are the run's verifiers, cheapest first; ``verdicts`` those that have reported.
        """
        ...


@runtime_checkable
class Selector(Protocol):
    """Drops accepted rows before export, each with a counted reason. Made anew for every pass over a run.

    It may also have ``facts() -> dict``, asked at the end of a pass: JSON values for ``stats.json`` and the cards.
    """

    def select(self, group: RowGroup) -> Sequence[Finding | None] | Finding:
        """For every row of ``group.selected``, in order, None (keep) or what is found against it.

        Or one ``Finding`` that drops the problem from every product. Called once per problem that has selected
        rows or rejected ones, in the order of the source, after the selectors that come before it.
        """
        ...


@runtime_checkable
class Product(Protocol):
    """One export from the ledger."""

    name: str

    def write(self, groups: Iterator[RowGroup], directory: str) -> dict[str, Any]:
        """Write what ``groups`` support under ``directory``, streaming; return counts and columns for the card.

        ``rows`` (written), ``unit`` (what was looked at: ``samples``, ``pairs`` or ``problems``), ``taken`` (how many
        of these) and ``dropped`` (reason to count) are always there, and ``taken`` is ``rows`` plus all drops.
        """
        ...


@runtime_checkable
class Sandbox(Protocol):
    """Runs untrusted programs under limits, one at a time.

    Its methods never raise for what a program does; a fault of the sandbox itself is ``ExecStatus.INTERNAL``.
    They raise ``SandboxUnavailableError`` when the required isolation cannot be reached or the canary, a program
    run whenever a worker starts, does not come back right. Closing an iterator early ends the program.
    Instances are pickled into worker processes and start their own processes on first use.
    """

    def run(self, program: Program, inputs: Sequence[str], limits: Limits) -> Iterator[ExecResult]:
        """Run ``program`` on ``inputs`` in order, up to the first that does not end OK; ``limits`` are per input.

        An input is standard input's text or, for a program with an entry point, the JSON of its list of
        arguments. One input alone always gets a fresh process; several may share one (``ExecResult.shared``), which
        is then given the time of one, so results may be fewer than inputs: run the rest again.
        """
        ...

    def check(self, program: Program, tests: Sequence[str], limits: Limits) -> Iterator[ExecResult]:
        """Run blocks of test code against ``program``, up to the first that does not end OK.

        A block (asserts, HumanEval's ``check(candidate)``, a unittest class) runs in a process of its own that
        holds the program's names as proxies; only plain values cross. OK means that it ran to its end.
        """
        ...

    def probe(self) -> str:
        """Name of the isolation level that this machine reaches, with the layers in force."""
        ...

    def close(self) -> None:
        """End every process of this sandbox. Safe to call twice; the next ``run`` starts it again."""
        ...


@runtime_checkable
class Analysis(Protocol):
    """Analyses one problem with all its samples, for ``proofstill alphacode``. Pickled into worker processes."""

    def ask(self, problem: Problem) -> Rendered | None:
        """What a model is asked for a generator of inputs; None when there is nothing to generate."""
        ...

    def analyse(
        self,
        problem: Problem,
        samples: Sequence[Sample],
        accepted: Mapping[int, bool | None],
        generators: Sequence[str],
        directory: str,
    ) -> dict[str, Any]:
        """``{"problem": row, "tests": rows, "submissions": rows}`` of JSON values; a row with ``error`` is a fault.

        The same call again repeats nothing that is kept in ``directory`` and gives the same rows.
        """
        ...

    def close(self) -> None:
        """End what it started."""
        ...
