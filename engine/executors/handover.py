"""What makes it safe to give a lost engine's work to another one.

A lost engine may only be out of reach, and still at work. Every engine makes its segments in a workshop, a directory of
its own below ``ledger/workshops``. Once that is taken away nothing more of it comes into the ledger; then what it has
committed is read, and whoever gets its problems goes on from there. So nothing is lost and nothing is there twice.
"""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from engine.ledger_reader import Group, left_by
from engine.problem_run import Visit
from engine.segments import take_away, writer_name

WORKSHOPS = "workshops"


def open_workshop(ledger: Path) -> Path:
    """A workshop for a new writer. Raises ``OSError``."""
    workshop = ledger / WORKSHOPS / writer_name()
    workshop.mkdir(parents=True)
    return workshop


def stop_earlier_writers(ledger: Path) -> None:
    """Stop engines that an earlier run in this directory has left behind, before the ledger is read."""
    for workshop in (ledger / WORKSHOPS).glob("*"):
        take_away(workshop)


def hand_over(ledger: Path, workshop: Path, visits: Iterable[Visit], versions: dict[str, str]) -> list[Visit]:
    """Stop a lost engine's writer; its visits, each with what it had committed of them. Raises ``LedgerError``."""
    take_away(workshop)
    unfinished = list(visits)
    if not unfinished:
        return []
    problems = {visit.admitted.ordinal: visit.admitted.problem for visit in unfinished}
    left = left_by(ledger, workshop.name, problems, versions)
    return [_with_known(visit, left.get(visit.admitted.ordinal)) for visit in unfinished]


def _with_known(visit: Visit, left: Group | None) -> Visit:
    if left is None:
        return visit
    return replace(visit, admitted=replace(visit.admitted, known=joined(visit.admitted.known, left)))


def joined(known: Group | None, more: Group) -> Group:
    """What was known of a problem and what was added later."""
    if known is None:
        return more
    verdicts = {
        index: known.verdicts.get(index, {}) | more.verdicts.get(index, {})
        for index in known.verdicts.keys() | more.verdicts.keys()
    }
    return replace(
        known,
        set_aside=more.set_aside if known.set_aside is not None else None,
        samples=more.samples | known.samples,
        rollouts=more.rollouts | known.rollouts,
        verdicts=verdicts,
    )
