"""What products are made of: one problem with every decided sample that counts. Standard library only."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.records import Problem, Rendered, Row, Status, Verdict

AGAINST = (Status.FAIL, Status.NO_ANSWER, Status.TIMEOUT)
"""Statuses that say that a sample is wrong; ABSTAIN and ERROR say nothing."""


class Standing(enum.StrEnum):
    """What the verdicts on a sample support."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    """A verifier that decided is sure that it is wrong, found no answer, or saw its program run over its limits."""
    UNPROVEN = "unproven"
    """Not accepted, and nobody says that it is wrong: no negative."""
    ERROR = "error"
    """Our fault: neither right nor wrong."""


def rejecting(row: Row) -> Verdict | None:
    """The first verdict that decided against the sample; None for any sample that may not be exported as wrong."""
    if row.decision.accepted or row.decision.error:
        return None
    return next((v for v in row.verdicts if v.verifier in row.decision.by and v.status in AGAINST), None)


def standing(row: Row) -> Standing:
    """What the decision on a sample rests on."""
    if row.decision.error:
        return Standing.ERROR
    if row.decision.accepted:
        return Standing.ACCEPTED
    return Standing.UNPROVEN if rejecting(row) is None else Standing.REJECTED


@dataclass(frozen=True, slots=True)
class Finding:
    """What a selector has against a row, or against a whole problem."""

    reason: str
    """Code that drops are counted by: lower case, words joined by underscores."""
    evidence: Mapping[str, Any] = field(default_factory=dict)
    """What a person can check: the row that is repeated, the passage that was found elsewhere. JSON values."""
    drops: bool = True
    """False: only noted, for a person to look at."""


@dataclass(frozen=True, slots=True)
class RowGroup:
    """One problem with every decided sample that counts, in the order of their index.

    Surplus samples, rollouts and samples without a decision are not among them.
    """

    problem: Problem
    prompt: Rendered
    rows: tuple[Row, ...]
    dropped: str | None = None
    """Why selection dropped the whole problem: every row then says so too, and no product has any of it."""

    @property
    def accepted(self) -> tuple[Row, ...]:
        """Accepted rows, also those that selection dropped."""
        return tuple(row for row in self.rows if row.decision.accepted)

    @property
    def selected(self) -> tuple[Row, ...]:
        """Accepted rows that selection kept: the only ones that are exported as right."""
        return tuple(row for row in self.accepted if row.dropped is None)

    @property
    def rejected(self) -> tuple[Row, ...]:
        """The only rows that may be exported as wrong."""
        return tuple(row for row in self.rows if row.dropped is None and rejecting(row) is not None)
