"""What the page carries of the ledger: chosen problems with their samples and verdicts, as gzipped lines of JSON.

Interesting problems first (``triage``), each with its most telling samples, until the budget of bytes is spent; what
is left out is counted. A line is ``{"o": ordinal, "samples": [...]}``; the first of a problem has the problem too.
"""

import base64
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeGuard

from engine.ledger import dumps
from engine.ledger_reader import groups
from engine.records import Problem, Sample, StepMark, Verdict
from engine.report.triage import Chooser, kinds_of
from engine.tally import Settled

if TYPE_CHECKING:
    from engine.export import Exporter

BUDGET = 2_000_000
"""Bytes of gzip; base64 adds a third."""
FIRST = 6
"""Samples of one problem that go in before the others of any problem."""
TELLING, BESIDE = 40, 2
"""Where some are of a kind, these instead, and others beside them to compare with."""
SLICE = 32
"""Samples per line after those."""
CHUNK = 400
"""Problems read at a time, at first."""
BLOCK = 2**16
"""Bytes that a compressor holds back, at most."""
TEXT = 10_000
"""Characters of a text; the middle of a longer one is left out."""
EVIDENCE = 2_000
ITEMS = 100
STRIP = 2_000
"""Samples of a problem whose outcome is listed, embedded or not."""


@dataclass
class Embedded:
    """The data of the page."""

    data: str
    """Base64 of gzip of lines of JSON."""
    problems: int
    samples: int
    kinds: dict[str, int]
    """Embedded samples by kind of ``triage.KINDS``."""


def embed(exporter: "Exporter", chooser: Chooser, budget: int = BUDGET) -> Embedded:
    """Read the chosen problems from the ledger and pack as many as ``budget`` bytes hold."""
    packer = _Packer(budget)
    order = chooser.order()
    longest = set(chooser.longest)
    for first in (True, False):
        taken = 0
        while taken < len(order) and not packer.full:
            chunk = order[taken : taken + packer.chunk(taken)]
            taken += len(chunk)
            lines = {s.group.ordinal: _lines(s, longest, first=first) for s in _read(exporter, chunk)}
            packer.add(line for ordinal in chunk for line in lines.get(ordinal, ()))
    return packer.result()


def _read(exporter: "Exporter", ordinals: list[int]) -> Iterator[Settled]:
    for group in groups(exporter.directory.ledger, exporter.versions, only=ordinals):
        yield exporter.settle(group)


@dataclass
class _Packer:
    """Compresses lines until the budget is spent."""

    budget: int
    full: bool = False
    problems: int = 0
    samples: int = 0
    kinds: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._compress = zlib.compressobj(9, wbits=31)
        self._parts: list[bytes] = []
        self._size = 0

    def chunk(self, taken: int) -> int:
        """How many problems to read next: what seems to fit, and a little more."""
        if not taken or not self._size:
            return CHUNK
        return max(50, min(4000, int(1.1 * taken * (self.budget / self._size - 1))))

    def add(self, lines: Iterable[dict[str, Any]]) -> None:
        for line in lines:
            before = self._compress.copy()
            part = self._compress.compress(dumps(line).encode("ascii") + b"\n")
            if self._size + len(part) + self._pending() > self.budget:
                self._compress, self.full = before, True
                return
            self._parts.append(part)
            self._size += len(part)
            self.problems += "id" in line
            self.samples += len(line["samples"])
            for kind in (kind for sample in line["samples"] for kind in sample["kinds"]):
                self.kinds[kind] = self.kinds.get(kind, 0) + 1

    def _pending(self) -> int:
        """Bytes that the compressor still holds; it is asked only near the end."""
        return len(self._compress.copy().flush()) if self._size + 2 * BLOCK > self.budget else 0

    def result(self) -> Embedded:
        data = b"".join((*self._parts, self._compress.flush()))
        return Embedded(base64.b64encode(data).decode("ascii"), self.problems, self.samples, self.kinds)


def _lines(settled: Settled, longest: set[tuple[int, int]], *, first: bool) -> list[dict[str, Any]]:
    """The first line of a problem, or all others."""
    group, kinds = settled.group, kinds_of(settled)
    for ordinal, index in longest:
        if ordinal == group.ordinal:
            kinds.setdefault(index, []).append("longest")
    indices = _ranked(settled, kinds)
    ahead = min(len(kinds), TELLING) + BESIDE if kinds else FIRST
    made = [_sample(settled, i, kinds.get(i, [])) for i in (indices[:ahead] if first else indices[ahead:])]
    if first:
        strip = {str(i): _state(settled, i)[0] for i in sorted(group.samples)[:STRIP]}
        return [_problem(group.problem, group.ordinal) | {"n": len(indices), "strip": strip, "samples": made}]
    return [{"o": group.ordinal, "samples": made[i : i + SLICE]} for i in range(0, len(made), SLICE)]


def _ranked(settled: Settled, kinds: dict[int, list[str]]) -> list[int]:
    """Indices, the most telling first: of some kind, one of each outcome, the rest, surplus."""
    seen: set[str] = set()
    ranks = {}
    for index in sorted(settled.group.samples):
        state = _state(settled, index)
        fresh = state not in seen
        seen.add(state)
        ranks[index] = (state == "surplus", not fresh, index not in kinds, index)
    return sorted(ranks, key=ranks.__getitem__)


def _state(settled: Settled, index: int) -> str:
    if not settled.counted(index):
        return "surplus"
    decision = settled.decisions[index]
    if decision is None:
        return "undecided"
    return "error" if decision.error else "accepted" if decision.accepted else "rejected"


def _problem(problem: Problem, ordinal: int) -> dict[str, Any]:
    prompt = (
        [("", problem.prompt)] if isinstance(problem.prompt, str) else [(m.role, m.content) for m in problem.prompt]
    )
    return {
        "o": ordinal,
        "id": problem.id,
        "prompt": [(role, shortened(text)[0]) for role, text in prompt],
        "gold": None if problem.answer is None else shortened(problem.answer)[0],
        "domain": problem.domain,
        "source": problem.source,
    }


def _sample(settled: Settled, index: int, kinds: list[str]) -> dict[str, Any]:
    sample, decision = settled.group.samples[index], settled.decisions[index]
    verdicts = settled.group.verdicts.get(index, {})
    return {
        "i": index,
        "text": shortened(sample.text)[0],
        "reasoning": None if sample.reasoning is None else shortened(sample.reasoning)[0],
        "finish": sample.finish_reason,
        "tokens": sample.tokens,
        "length": len(sample.text) + len(sample.reasoning or ""),
        "seconds": round(sample.seconds, 3),
        "model": sample.model,
        "seed": sample.seed,
        "mode": sample.mode,
        "state": _state(settled, index),
        "drop": decision.drop_reason if decision else None,
        "by": decision.by if decision else (),
        "kinds": kinds,
        "verdicts": [_verdict(verdict, sample) for verdict in verdicts.values()],
    }


def _verdict(verdict: Verdict, sample: Sample) -> dict[str, Any]:
    evidence = {name: value for name, value in verdict.evidence.items() if name != "steps" or not verdict.steps}
    if evidence.get("program") == verdict.answer:
        evidence.pop("program", None)
    span = evidence.get("span")
    return {
        "v": verdict.verifier,
        "version": verdict.version,
        "status": verdict.status,
        "score": verdict.score,
        "answer": None if verdict.answer is None else shortened(verdict.answer)[0],
        "expected": None if verdict.expected is None else shortened(verdict.expected)[0],
        "code": verdict.reason.code,
        "why": shortened(verdict.reason.text, EVIDENCE)[0],
        "evidence": thin(evidence),
        "span": shortened(sample.text)[1].of(*span) if _is_span(span) else None,
        "steps": None if verdict.steps is None else list(_steps(verdict.steps, sample)),
        "seconds": round(verdict.seconds, 6),
    }


def _is_span(value: Any) -> TypeGuard[list[int]]:
    return isinstance(value, list) and len(value) == 2 and all(type(item) is int for item in value)


def _steps(steps: Iterable[StepMark], sample: Sample) -> Iterator[tuple[Any, ...]]:
    """Marks on the texts as they are shown; steps judge the reasoning and the text, joined by a blank line."""
    reasoning, text = shortened(sample.reasoning or "")[1], shortened(sample.text)[1]
    border = len(sample.reasoning) + 2 if sample.reasoning else 0
    for step in steps:
        inside = step.start < border
        at = reasoning.of(step.start, step.end) if inside else text.of(step.start - border, step.end - border)
        if at is not None:
            score = None if step.score is None else round(step.score, 4)
            yield ("reasoning" if inside else "text", *at, step.verdict, shortened(step.reason, EVIDENCE)[0], score)


@dataclass(frozen=True, slots=True)
class Gap:
    """What was left out of a text: characters [start, end), with ``marker`` in their place."""

    start: int = 0
    end: int = 0
    marker: str = ""

    def of(self, start: int, end: int) -> tuple[int, int] | None:
        """A span of the whole text, in the shortened one; None for one that lies in the gap."""
        shift = len(self.marker) - (self.end - self.start)
        if end <= self.start or not self.marker:
            return start, end
        if start >= self.end:
            return start + shift, end + shift
        return (start, self.start) if start < self.start else None


def shortened(text: str, most: int = TEXT) -> tuple[str, Gap]:
    """``text`` with its middle left out when it is longer than ``most`` characters, and what was left out."""
    if len(text) <= most:
        return text, Gap()
    start, end = most * 2 // 3, len(text) - most // 3
    gap = Gap(start, end, f"\n[… {end - start:,} characters, which the ledger has, are not in this report …]\n")
    return text[:start] + gap.marker + text[end:], gap


def thin(value: Any, depth: int = 6) -> Any:
    """A JSON value of bounded size."""
    if isinstance(value, str):
        return shortened(value, EVIDENCE)[0]
    if depth == 0 and isinstance(value, (dict, list)):
        return "…"
    if isinstance(value, dict):
        return {str(name)[:100]: thin(item, depth - 1) for name, item in list(value.items())[:ITEMS]}
    if isinstance(value, list):
        more = [f"… {len(value) - ITEMS} more"] if len(value) > ITEMS else []
        return [thin(item, depth - 1) for item in value[:ITEMS]] + more
    return value
