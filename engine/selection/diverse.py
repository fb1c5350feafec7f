"""Rows that solve a problem in different ways."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.errors import ConfigError
from engine.products.choose import check_prefer, ranked
from engine.records import Row
from engine.rows import Finding, RowGroup
from engine.selection.approach import computations, normal_program, program_of

SHINGLE = 3
"""Words in a row that are compared where a text computes nothing."""


@dataclass
class Diverse:
    """Keeps the preferred row of each of the first ``rows`` approaches to a problem.

    The approach of a code problem's row is its program, apart from format, comments and names; of any other row it is
    the set of computations that reasoning and text write down, or of their three words in a row where they write none.
    Rows are taken in the order of preference, and each joins the first approach whose preferred row it is like
    (leader clustering, Hartigan 1975).

    Reasons: ``same_approach`` (as a kept row) and ``over_k`` (an approach beyond ``rows``).
    """

    rows: int = 4
    """Approaches, and so rows, kept per problem."""
    alike: float = 0.6
    """Smallest Jaccard index of two sets of computations that are one approach, above 0 and at most 1."""
    prefer: str = "first"
    """Which row stands for an approach, and which approaches stay: ``first``, ``shortest``, ``longest``, ``score``."""
    score_by: str | None = None
    """Verifier whose score is meant; None: the mean of all that gave one."""

    def __post_init__(self) -> None:
        """Raise ``ConfigError`` naming the key that does not fit."""
        if self.rows < 1:
            raise ConfigError(f"rows is {self.rows}: give 1 or more, or leave diverse out of select")
        if not 0 < self.alike <= 1:
            raise ConfigError(f"alike is {self.alike}: give more than 0 and at most 1")
        check_prefer(self.prefer)

    def select(self, group: RowGroup) -> Sequence[Finding | None]:
        """See ``engine.protocols.Selector``; evidence: ``cluster``, from 0, and ``of``, the row that stands for it."""
        leaders: list[tuple[Row, frozenset[str]]] = []
        found: dict[int, Finding | None] = {}
        for row in ranked(group.selected, self.prefer, self.score_by):
            own = _approach(row)
            cluster = next((i for i, (_, other) in enumerate(leaders) if self._one(own, other)), len(leaders))
            new = cluster == len(leaders)
            if new:
                leaders.append((row, own))
            reason = "over_k" if cluster >= self.rows else "same_approach"
            evidence = {"cluster": cluster, "of": f"{row.problem.id}#{leaders[cluster][0].sample.index}"}
            found[row.sample.index] = None if new and cluster < self.rows else Finding(reason, evidence)
        return [found[row.sample.index] for row in group.selected]

    def _one(self, one: frozenset[str], other: frozenset[str]) -> bool:
        return len(one & other) >= self.alike * len(one | other)


def _approach(row: Row) -> frozenset[str]:
    """Programs are one element, so alike only when they are the same; kinds share no element."""
    program = program_of(row)
    if program is not None:
        return frozenset([f"program {normal_program(program)}"])
    text = f"{row.sample.reasoning or ''} {row.sample.text}"
    found = computations(text)
    if found:
        return frozenset(f"computation {one}" for one in found)
    words = text.split()
    last = max(1, len(words) - SHINGLE + 1)
    return frozenset("words " + " ".join(words[i : i + SHINGLE]) for i in range(last))
