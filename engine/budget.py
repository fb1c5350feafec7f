"""Budgets: who gets the next sample, and when a problem is settled. Pure functions of the group's state."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.errors import ConfigError
from engine.records import GroupState


@dataclass(frozen=True)
class Fixed:
    """The same number of samples for every problem."""

    n_samples: int = 8

    def __post_init__(self) -> None:
        """Check the range."""
        if self.n_samples < 1:
            raise ConfigError(f"n_samples must be at least 1, got {self.n_samples}")

    def allocate(self, group: GroupState) -> Sequence[int]:
        """All samples at once."""
        return [i for i in range(self.n_samples) if i not in group.decisions and i not in group.unavailable]

    def stop_index(self, group: GroupState) -> int | None:  # noqa: ARG002
        """The last index: nothing is ever surplus."""
        return self.n_samples - 1


@dataclass(frozen=True)
class Until:
    """Stop at ``k`` accepted samples, at most ``n_samples``, with ``wave`` in flight at a time.

    The stop index is the smallest i whose prefix 0..i is judged and holds k accepted samples. It depends on the
    samples alone, not on the order in which they finish, so an interrupted run and an uninterrupted one agree.
    """

    k: int = 1
    n_samples: int = 16
    wave: int = 4

    def __post_init__(self) -> None:
        """Check the ranges."""
        if not 1 <= self.k <= self.n_samples:
            raise ConfigError(f"k must be between 1 and n_samples ({self.n_samples}), got {self.k}")
        if self.wave < 1:
            raise ConfigError(f"wave must be at least 1, got {self.wave}")

    def allocate(self, group: GroupState) -> Sequence[int]:
        """The next indices, so that ``wave`` samples are in flight; none once k accepted ones are at hand."""
        decided = [d for d in group.decisions.values() if d is not None]
        in_flight = len(group.decisions) - len(decided)
        if sum(d.accepted for d in decided) >= self.k:
            return []
        free = [i for i in range(self.n_samples) if i not in group.decisions and i not in group.unavailable]
        return free[: max(0, self.wave - in_flight)]

    def stop_index(self, group: GroupState) -> int | None:
        """See ``engine.protocols.Budget``."""
        accepted = 0
        for i in range(self.n_samples):
            if i in group.unavailable:
                continue
            decision = group.decisions.get(i)
            if decision is None:
                return None
            accepted += decision.accepted
            if accepted == self.k:
                return i
        return self.n_samples - 1
