"""Problems within a band of pass rates."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.errors import ConfigError
from engine.rows import Finding, RowGroup


@dataclass
class Difficulty:
    """Drops problems whose pass rate is outside the band from every product: ``too_hard``, ``too_easy``.

    The pass rate is that of the decided samples, accepted over accepted and rejected, also of those that other
    selectors drop. It is the sampling model's own: what is hard for one is easy for another. With
    ``budget=until``, which stops at the first passes, it leans upwards.
    """

    least: float = 0.0
    """Smallest pass rate kept, 0 to 1."""
    most: float = 1.0
    """Greatest pass rate kept, 0 to 1; below 1, problems that every sample solves are dropped."""
    min_samples: int = 1
    """Decided samples that a problem needs; with fewer it is dropped as ``too_few_samples``."""

    def __post_init__(self) -> None:
        """Raise ``ConfigError`` naming the key that does not fit."""
        if not 0 <= self.least <= self.most <= 1:
            raise ConfigError(f"least is {self.least} and most {self.most}: give 0 <= least <= most <= 1")
        if self.min_samples < 1:
            raise ConfigError(f"min_samples is {self.min_samples}: give 1 or more")

    def select(self, group: RowGroup) -> Sequence[Finding | None] | Finding:
        """See ``engine.protocols.Selector``; evidence: ``accepted`` and ``decided`` samples."""
        accepted = len(group.accepted)
        decided = accepted + len(group.rejected)
        evidence = {"accepted": accepted, "decided": decided}
        if decided < self.min_samples:
            return Finding("too_few_samples", evidence)
        if accepted < self.least * decided:
            return Finding("too_hard", evidence)
        if accepted > self.most * decided:
            return Finding("too_easy", evidence)
        return [None] * len(group.selected)
