"""Problems on their way into a run: numbered, deduplicated, and matched with what the ledger knows of them."""

import hashlib
from collections.abc import Generator, Iterator
from dataclasses import dataclass

from engine.errors import DataError
from engine.ledger import clean, dumps
from engine.ledger_reader import Group
from engine.protocols import ProblemSource
from engine.records import BadRow, Problem, Reason

GOLD_ERROR = "gold_error"


@dataclass(slots=True)
class Admitted:
    """One problem to work on. ``known`` is its part of the ledger when the run is resumed."""

    ordinal: int
    problem: Problem
    set_aside: Reason | None = None
    known: Group | None = None


def intake(source: ProblemSource, ledger: Generator[Group, None, None]) -> Iterator[Admitted]:
    """Number the source's problems and join them with the ledger's groups, which come in the same order.

    A row that repeats an id with the same content is merged silently; with other content it is set aside, as is a
    bad row. Problems that the ledger says are settled are passed over. Raises ``DataError`` when the source no longer
    gives the problems that the ledger was made from, or gives none at all.
    """
    try:
        yield from _joined(source, ledger)
    finally:
        ledger.close()


def _joined(source: ProblemSource, ledger: Generator[Group, None, None]) -> Iterator[Admitted]:
    seen: dict[int, int] = {}
    known = next(ledger, None)
    ordinal = -1
    for item in source.problems():
        admitted = _admit(item, seen)
        if admitted is None:
            continue
        ordinal += 1
        admitted.ordinal = ordinal
        while known is not None and known.ordinal < ordinal:
            known = next(ledger, None)
        if known is not None and known.ordinal == ordinal:
            if known.problem.id != clean(admitted.problem.id):
                raise DataError(
                    f"problem {ordinal + 1} was {known.problem.id!r} when this run was started and is now "
                    f"{admitted.problem.id!r}: the problems have changed; give the run a new name with run.name=…"
                )
            admitted.known = known
            if known.settled:
                continue
        yield admitted
    if ordinal < 0:
        raise DataError("problems: the source has no rows; check its path, split and limit")


def _admit(item: Problem | BadRow, seen: dict[int, int]) -> Admitted | None:
    if isinstance(item, BadRow):
        return Admitted(-1, Problem(f"(row {item.row})", ""), Reason(item.code, item.text))
    key, content = _hash(item.id), _hash(dumps([item.prompt, item.answer, item.tests, item.policy]))
    if key not in seen:
        seen[key] = content
        return Admitted(-1, item)
    if seen[key] == content:
        return None
    text = f"the id {item.id!r} is used by an earlier row with other content; make ids unique"
    return Admitted(-1, item, Reason("duplicate_id", text))


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
