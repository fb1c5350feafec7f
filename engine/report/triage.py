"""Which samples a person should look at first. The report counts, lists and embeds them by these kinds."""

import heapq
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING

from engine.records import Status

if TYPE_CHECKING:
    from engine.tally import Settled

KINDS = {
    "error": "ERROR: our fault, counted neither as right nor as wrong",
    "disagree": "one verifier passes what another fails",
    "one": "the only accepted sample of its problem",
    "no_answer": "nothing gradable was found",
    "longest": "the longest accepted samples",
}
"""Name and meaning of each kind."""
LONGEST = 20
MOST = 3000
"""Problems remembered per kind, so that memory does not grow with the run."""
WEIGHTS = {"longest": 20, "error": 12, "disagree": 12, "one": 12, "no_answer": 2}
"""Problems taken per round from each kind; strata give one."""


def kinds_of(settled: "Settled") -> dict[int, list[str]]:
    """The kinds of each counted sample but ``longest``, which only a whole run decides."""
    found: dict[int, list[str]] = {}
    decided = {i: d for i, d in settled.decisions.items() if settled.counted(i) and d is not None and not d.error}
    accepted = [i for i, d in decided.items() if d.accepted]
    for index, decision in settled.decisions.items():
        if not settled.counted(index):
            continue
        statuses = {verdict.status for verdict in settled.group.verdicts.get(index, {}).values()}
        kinds = []
        if Status.ERROR in statuses or (decision is not None and decision.error):
            kinds.append("error")
        if Status.PASS in statuses and Status.FAIL in statuses:
            kinds.append("disagree")
        if accepted == [index] and len(decided) > 1:
            kinds.append("one")
        if Status.NO_ANSWER in statuses:
            kinds.append("no_answer")
        if kinds:
            found[index] = kinds
    return found


@dataclass
class Chooser:
    """Picks the problems that the report embeds: the interesting ones, then some of every pass rate.

    Which ones depends on nothing but the ledger. Memory: ``MOST`` numbers per kind.
    """

    _queues: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    _longest: list[tuple[int, int, int]] = field(default_factory=list)

    def add(self, settled: "Settled", kinds: dict[int, list[str]], accepted: int, decided: int) -> None:
        """Remember a sampled group, or forget another one for it."""
        ordinal = settled.group.ordinal
        rank = int.from_bytes(blake2b(settled.group.problem.id.encode("utf-8", "replace"), digest_size=6).digest())
        names = {kind for found in kinds.values() for kind in found}
        for name in (*names, f"stratum {stratum(accepted, decided)}"):
            queue = self._queues.setdefault(name, [])
            heapq.heappush(queue, (-rank, ordinal))
            if len(queue) > MOST:
                heapq.heappop(queue)
        for index, decision in settled.decisions.items():
            if decision is not None and decision.accepted and settled.counted(index):
                sample = settled.group.samples[index]
                length = sample.tokens or len(sample.text) + len(sample.reasoning or "")
                heapq.heappush(self._longest, (length, -ordinal, -index))
                if len(self._longest) > LONGEST:
                    heapq.heappop(self._longest)

    @property
    def longest(self) -> list[tuple[int, int]]:
        """Ordinal and index of the longest accepted samples, the longest first."""
        return [(-ordinal, -index) for _, ordinal, index in sorted(self._longest, reverse=True)]

    def order(self) -> list[int]:
        """Ordinals of the problems to embed, as many as there is room for, from the front."""
        queues = {name: [ordinal for _, ordinal in sorted(queue, reverse=True)] for name, queue in self._queues.items()}
        queues["longest"] = [ordinal for ordinal, _ in self.longest]
        names = sorted(queues, key=lambda name: (-WEIGHTS.get(name, 0), name))
        taken: dict[int, None] = {}
        while any(queues.values()):
            for name in names:
                many = WEIGHTS.get(name, 1)
                taken.update(dict.fromkeys(queues[name][:many]))
                queues[name] = queues[name][many:]
        return list(taken)


def stratum(accepted: int, decided: int) -> str:
    """``none``, ``few``, ``most`` or ``all`` of the samples accepted; ``undecided`` without any."""
    if not decided:
        return "undecided"
    if accepted in (0, decided):
        return "all" if accepted else "none"
    return "few" if 2 * accepted < decided else "most"
