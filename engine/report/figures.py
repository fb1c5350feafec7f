"""The numbers behind the report's charts, counted as groups stream past. They go into ``stats.json``.

Surplus is left out everywhere. Memory does not grow with the run.
"""

import math
from collections import Counter
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, Any

from engine.records import Decision, Sample, Status, Verdict
from engine.report.triage import KINDS, Chooser, kinds_of

if TYPE_CHECKING:
    from engine.tally import Settled

POINTS = 60
"""Points of the yield curve, at most; twice as many are kept while counting."""
RATES = 10
"""Bins of the pass rate between none and all."""
PER_DOUBLING = 2
"""Bins of a length per factor of two."""
SECONDS_0 = 1e-6


@dataclass
class _Times:
    """Times in bins of a factor of two, from a microsecond."""

    bins: Counter[int] = field(default_factory=Counter)
    total: float = 0.0
    largest: float = 0.0

    def add(self, seconds: float) -> None:
        self.bins[max(0, math.ceil(math.log2(max(seconds, SECONDS_0) / SECONDS_0)))] += 1
        self.total += seconds
        self.largest = max(self.largest, seconds)

    def result(self) -> dict[str, Any]:
        n = self.bins.total()
        shares = {f"p{share}": self._quantile(n * share / 100) for share in (50, 95)}
        return {"verdicts": n, "total": self.total, "mean": self.total / n, **shares, "max": self.largest}

    def _quantile(self, rank: float) -> float:
        """Upper edge of the bin that holds the verdict of this rank: right within a factor of two."""
        seen = 0
        for index, many in sorted(self.bins.items()):
            seen += many
            if seen >= rank:
                return min(SECONDS_0 * 2.0**index, self.largest)
        return self.largest


@dataclass
class _Curve:
    """What had come out after so many tokens, in the order of the problems."""

    width: int = 1
    rows: list[list[int]] = field(default_factory=list)
    _in_last: int = 0

    def add(self, samples: int, tokens: int, accepted: int) -> None:
        if not self.rows or self._in_last == self.width:
            self.rows.append([0, 0, 0, 0, 0])
            self._in_last = 0
        one = (1, samples, tokens, accepted, int(accepted > 0))
        self.rows[-1] = [have + more for have, more in zip(self.rows[-1], one, strict=True)]
        self._in_last += 1
        if len(self.rows) == 2 * POINTS and self._in_last == self.width:
            self.rows = [
                [a + b for a, b in zip(*pair, strict=True)] for pair in zip(*[iter(self.rows)] * 2, strict=True)
            ]
            self.width *= 2
            self._in_last = self.width

    def points(self) -> list[dict[str, int]]:
        """Cumulative counts, ``POINTS`` to twice as many in a long run."""
        total, points = [0] * 5, []
        for row in self.rows:
            total = [have + more for have, more in zip(total, row, strict=True)]
            points.append(dict(zip(("problems", "samples", "tokens", "accepted", "solved"), total, strict=True)))
        return points


@dataclass
class Figures:
    """Adds up settled groups; ``chooser`` remembers which problems the report should embed."""

    chooser: Chooser = field(default_factory=Chooser)
    triage: Counter[str] = field(default_factory=Counter)
    _solved: Counter[str] = field(default_factory=Counter)
    _rates: Counter[int] = field(default_factory=Counter)
    _finish: dict[str, Counter[str]] = field(default_factory=dict)
    _lengths: dict[str, dict[str, Counter[int]]] = field(default_factory=dict)
    _pairs: dict[tuple[str, str], Counter[tuple[Status, Status]]] = field(default_factory=dict)
    _seconds: dict[str, _Times] = field(default_factory=dict)
    _curve: _Curve = field(default_factory=_Curve)

    def add(self, settled: "Settled") -> None:
        """Count one group."""
        if settled.group.set_aside is not None or not settled.group.samples:
            return
        accepted = decided = samples = tokens = 0
        for index, sample in settled.group.samples.items():
            if not settled.counted(index):
                continue
            decision = settled.decisions[index]
            samples, tokens = samples + 1, tokens + sample.tokens
            outcome = outcome_of(decision)
            accepted += outcome == "accepted"
            decided += outcome in ("accepted", "rejected")
            self._finish.setdefault(sample.finish_reason.value, Counter())[outcome] += 1
            self._add_length(sample, outcome)
            self._add_verdicts(settled.group.verdicts.get(index, {}))
        if decided:
            self._solved["none" if not accepted else "all" if accepted == decided else "some"] += 1
            if 0 < accepted < decided:
                self._rates[min(RATES * accepted // decided, RATES - 1)] += 1
        kinds = kinds_of(settled)
        self.triage.update(kind for found in kinds.values() for kind in found)
        self.chooser.add(settled, kinds, accepted, decided)
        self._curve.add(samples, tokens, accepted)

    def _add_length(self, sample: Sample, outcome: str) -> None:
        characters = len(sample.text) + len(sample.reasoning or "")
        for unit, length in (("tokens", sample.tokens), ("characters", characters)):
            if length and outcome in ("accepted", "rejected"):
                bins = self._lengths.setdefault(unit, {}).setdefault(outcome, Counter())
                bins[int(PER_DOUBLING * math.log2(length))] += 1

    def _add_verdicts(self, verdicts: dict[str, Verdict]) -> None:
        for name, verdict in verdicts.items():
            self._seconds.setdefault(name, _Times()).add(verdict.seconds)
        for a, b in combinations(sorted(verdicts), 2):
            self._pairs.setdefault((a, b), Counter())[verdicts[a].status, verdicts[b].status] += 1

    def result(self) -> dict[str, Any]:
        """Plain values: see the keys."""
        return {
            "triage": {kind: self.triage[kind] for kind in KINDS} | {"longest": len(self.chooser.longest)},
            "solved": {name: self._solved[name] for name in ("none", "some", "all")},
            "pass_rates": [self._rates[i] for i in range(RATES)],
            "finish": {name: dict(sorted(counter.items())) for name, counter in sorted(self._finish.items())},
            "lengths": self._histogram(),
            "agreement": [_agreement(a, b, pairs) for (a, b), pairs in sorted(self._pairs.items())],
            "verify_seconds": {name: times.result() for name, times in sorted(self._seconds.items())},
            "yield": self._curve.points(),
        }

    def _histogram(self) -> dict[str, Any] | None:
        """Tokens where the sampler counts them, else characters."""
        unit = next((name for name in ("tokens", "characters") if name in self._lengths), None)
        if unit is None:
            return None
        both = self._lengths[unit]
        used = [index for bins in both.values() for index in bins]
        indices = range(min(used), max(used) + 1)
        edges = [round(2 ** (index / PER_DOUBLING), 2) for index in (*indices, indices.stop)]
        counts = {name: [both.get(name, Counter())[i] for i in indices] for name in ("accepted", "rejected")}
        return {"unit": unit, "edges": edges, **counts}


def outcome_of(decision: Decision | None) -> str:
    """``accepted``, ``rejected``, ``error`` or ``undecided``."""
    if decision is None:
        return "undecided"
    return "error" if decision.error else "accepted" if decision.accepted else "rejected"


def _agreement(a: str, b: str, pairs: Counter[tuple[Status, Status]]) -> dict[str, Any]:
    """Of the samples on which both are sure, i.e. PASS or FAIL."""
    passed, failed = Status.PASS, Status.FAIL
    agree = pairs[passed, passed] + pairs[failed, failed]
    only_a, only_b = pairs[passed, failed], pairs[failed, passed]
    both = agree + only_a + only_b
    counts = {"both_sure": both, "agree": agree, "only_a_passes": only_a, "only_b_passes": only_b}
    return {"a": a, "b": b, **counts, "share": agree / both if both else None}
