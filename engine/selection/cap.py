"""At most so many rows of a problem: the first, the shortest, the longest or the best-scored."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.errors import ConfigError
from engine.products.choose import check_prefer, ranked
from engine.rows import Finding, RowGroup


@dataclass
class Cap:
    """Keeps the preferred rows of every problem; the others are ``over_cap``."""

    rows: int = 4
    """Rows kept per problem."""
    prefer: str = "first"
    """Which are kept: ``first``, ``shortest``, ``longest`` or ``score``."""
    score_by: str | None = None
    """Verifier whose score is meant; None: the mean of all that gave one."""

    def __post_init__(self) -> None:
        """Raise ``ConfigError`` naming the key that does not fit."""
        if self.rows < 1:
            raise ConfigError(f"rows is {self.rows}: give 1 or more, or leave cap out of select")
        check_prefer(self.prefer)

    def select(self, group: RowGroup) -> Sequence[Finding | None]:
        """See ``engine.protocols.Selector``."""
        kept = {row.sample.index for row in ranked(group.selected, self.prefer, self.score_by)[: self.rows]}
        return [None if row.sample.index in kept else Finding("over_cap") for row in group.selected]
