"""Counts a run's groups as they stream past; the input of ``engine.stats``."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.budget.purse import Purse
from engine.group import GroupState
from engine.judge import decide
from engine.ledger_reader import Group
from engine.protocols import AcceptRule, Budget
from engine.records import Decision, FinishReason, Status
from engine.report.figures import Figures
from engine.stats import empty_counts, verify_seconds


@dataclass
class Settled:
    """A group with its decisions: what counts and what is surplus."""

    group: Group
    decisions: dict[int, Decision | None]
    stop_index: int | None

    def counted(self, index: int) -> bool:
        """Whether sample ``index`` counts, i.e. is no surplus."""
        return self.stop_index is None or index <= self.stop_index


def settle(
    group: Group,
    names: tuple[str, ...],
    accept: AcceptRule,
    budget: Budget,
    stops: Mapping[int, int] | None = None,
) -> Settled:
    """Decide every sample of a group from its verdicts, as the run did; ``stops`` are those of a purse."""
    state = state_of(group, names, accept)
    if stops is not None:
        return Settled(group, state.decisions, stops.get(group.ordinal))
    stop = budget.stop_index(state)
    if stop is None:
        # an index that the sampler never gave (replay) is unknown to the ledger; the samples at hand settle it
        state.unavailable = set(range(max(state.decisions, default=-1) + 1)) - set(state.decisions)
        stop = budget.stop_index(state)
    return Settled(group, state.decisions, stop)


def state_of(group: Group, names: tuple[str, ...], accept: AcceptRule) -> GroupState:
    """What the verdicts in the ledger say of a group's samples."""
    decisions = {i: decide(accept, names, s, group.verdicts.get(i, {})) for i, s in group.samples.items()}
    return GroupState(group.problem, decisions, samples=dict(group.samples))


def stops_of(purse: Purse, ledger: Iterable[Group], names: tuple[str, ...], accept: AcceptRule) -> dict[int, int]:
    """Fill ``purse`` from the ledger; for every problem, the index of the last sample that it bought."""
    total = 0
    for group in ledger:
        state = None
        if group.set_aside is None and group.samples:
            state = state_of(group, names, accept)
            # the run is over: what has no decision was cancelled, or never there
            state.unavailable = {i for i in range(purse.n_samples) if state.decisions.get(i) is None}
        while total <= group.ordinal:
            purse.add(total, state if total == group.ordinal else None)
            total += 1
    purse.open(total)
    return purse.stops()


@dataclass
class Tally:
    """Adds up settled groups."""

    counts: dict[str, Any] = field(default_factory=empty_counts)
    surplus_tokens: int = 0
    accepted_problems: int = 0
    figures: Figures = field(default_factory=Figures)
    """What the report's charts show, and which problems it embeds."""

    def __post_init__(self) -> None:
        """Prepare the counters."""
        self._bad: Counter[str] = Counter()
        self._aside: Counter[str] = Counter()
        self._finish: Counter[str] = Counter()
        self._rejected: Counter[str] = Counter()
        self._statuses: dict[str, Counter[str]] = {}
        self._reasons: dict[str, Counter[str]] = {}
        self._groups: Counter[tuple[int, int]] = Counter()
        self._seconds: dict[str, float] = {}
        self._judged = 0

    def add(self, settled: Settled) -> None:
        """Count one group."""
        self.figures.add(settled)
        group, problems = settled.group, self.counts["problems"]
        problems["loaded"] += 1
        if group.set_aside is not None:
            if group.set_aside.code == "duplicate_id":
                problems["duplicates"] += 1
            else:
                (self._bad if group.problem.id.startswith("(row ") else self._aside)[group.set_aside.code] += 1
            return
        problems["sampled"] += bool(group.samples)
        made = (i for i, sample in group.samples.items() if sample.finish_reason != FinishReason.ERROR)
        self._judged += sum(settled.decisions.get(i) is not None for i in made)
        for index, sample in group.samples.items():
            self._add_sample(settled, index, sample.tokens, sample.prompt_tokens, sample.finish_reason)
        self._add_verdicts(group)
        counted = [d for i, d in settled.decisions.items() if settled.counted(i) and d is not None and not d.error]
        accepted = sum(d.accepted for d in counted)
        self._groups[len(counted), accepted] += bool(group.samples)
        self.accepted_problems += accepted > 0

    def _add_sample(self, settled: Settled, index: int, tokens: int, prompt_tokens: int, finish: FinishReason) -> None:
        samples, decisions = self.counts["samples"], self.counts["decisions"]
        samples["total"] += 1
        samples["tokens"] += tokens
        samples["prompt_tokens"] += prompt_tokens
        self._finish[finish.value] += 1
        if not settled.counted(index):
            samples["surplus"] += 1
            self.surplus_tokens += tokens
            return
        decision = settled.decisions[index]
        if decision is None:
            decisions["undecided"] += 1
        elif decision.error:
            decisions["error"] += 1
        elif decision.accepted:
            decisions["accepted"] += 1
        else:
            self._rejected[decision.drop_reason or decision.rule] += 1

    def _add_verdicts(self, group: Group) -> None:
        for index in group.samples:
            for name, verdict in group.verdicts.get(index, {}).items():
                self._statuses.setdefault(name, Counter())[verdict.status.value] += 1
                self._seconds[name] = self._seconds.get(name, 0.0) + verdict.seconds
                if verdict.status != Status.PASS:
                    self._reasons.setdefault(name, Counter())[verdict.reason.code] += 1

    def result(self) -> dict[str, Any]:
        """The counts, with keys in a stable order."""
        counts = self.counts
        counts["problems"] |= {
            "bad_rows": dict(sorted(self._bad.items())),
            "set_aside": dict(sorted(self._aside.items())),
        }
        counts["samples"]["finish"] = dict(sorted(self._finish.items()))
        counts["decisions"]["rejected"] = dict(sorted(self._rejected.items()))
        counts["verdicts"] = {name: dict(sorted(c.items())) for name, c in sorted(self._statuses.items())}
        counts["reasons"] = {name: dict(sorted(c.items())) for name, c in sorted(self._reasons.items())}
        counts["cascade"] = verify_seconds(self._judged, self._statuses, self._seconds)
        counts["groups"] = [[n, c, many] for (n, c), many in sorted(self._groups.items()) if many]
        accepted = counts["decisions"]["accepted"]
        counts["figures"] = self.figures.result()
        counts["tokens_per_accepted"] = counts["samples"]["tokens"] / accepted if accepted else None
        return counts
