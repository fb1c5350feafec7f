"""Rows within a band of lengths."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.errors import ConfigError
from engine.records import Sample
from engine.rows import Finding, RowGroup
from engine.selection.text import check_option


@dataclass
class Length:
    """Drops rows outside the band: ``too_short``, ``too_long``, ``length_unknown``."""

    least: int | None = None
    """Shortest row kept, in ``unit``; None for no limit."""
    most: int | None = None
    """Longest row kept, in ``unit``; None for no limit."""
    unit: str = "tokens"
    """``tokens`` as the sampler counted them, or ``characters``; both with the reasoning."""

    def __post_init__(self) -> None:
        """Raise ``ConfigError`` naming the key that does not fit."""
        check_option("unit", self.unit, ("tokens", "characters"))
        if self.least is not None and self.least < 0:
            raise ConfigError(f"least is {self.least}: give 0 or more, or null for no limit")
        if self.most is not None and self.most < 1:
            raise ConfigError(f"most is {self.most}: give 1 or more, or null for no limit")
        if self.least is not None and self.most is not None and self.least > self.most:
            raise ConfigError(f"least {self.least} is above most {self.most}: nothing would stay")

    def select(self, group: RowGroup) -> Sequence[Finding | None]:
        """See ``engine.protocols.Selector``; evidence: ``length``."""
        return [self._finding(row.sample) for row in group.selected]

    def _finding(self, sample: Sample) -> Finding | None:
        length = sample.tokens
        if self.unit == "characters":
            length = len(sample.text) + len(sample.reasoning or "")
        elif length == 0:  # generations made elsewhere often carry no token counts
            return None if self.least is None and self.most is None else Finding("length_unknown")
        if self.least is not None and length < self.least:
            return Finding("too_short", {"length": length})
        return Finding("too_long", {"length": length}) if self.most is not None and length > self.most else None
