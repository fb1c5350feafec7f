"""Budgets that look at one problem at a time. Pure functions of the group's state."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from engine.errors import ConfigError
from engine.group import GroupState


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
        """The next indices, so that ``wave`` samples are in flight, up to the k-th accepted one.

        Those before it are all asked for, but that a killed run can have lost some.
        """
        in_flight = sum(d is None for d in group.decisions.values())
        accepted = sorted(i for i, d in group.decisions.items() if d is not None and d.accepted)
        end = accepted[self.k - 1] if len(accepted) >= self.k else self.n_samples
        free = [i for i in range(end) if i not in group.decisions and i not in group.unavailable]
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


@dataclass(frozen=True)
class Difficulty:
    """More accepted samples for harder problems: DART-Math's Prop2Diff (Tong et al. 2024, arXiv:2407.13690).

    The first ``first`` samples measure the difficulty, the share that is not accepted. The problem then wants ``k``
    times that share of accepted samples, at least one, within ``n_samples``. (DART's other scheme, the same number for
    every problem, is ``Until``.) The stop index depends on the samples alone, as in ``Until``.
    """

    k: int = 4
    first: int = 4
    n_samples: int = 64
    wave: int = 4

    def __post_init__(self) -> None:
        """Check the ranges."""
        if not 1 <= self.first <= self.n_samples:
            raise ConfigError(f"first must be between 1 and n_samples ({self.n_samples}), got {self.first}")
        if not 1 <= self.k <= self.n_samples:
            raise ConfigError(f"k must be between 1 and n_samples ({self.n_samples}), got {self.k}")
        if self.wave < 1:
            raise ConfigError(f"wave must be at least 1, got {self.wave}")

    def allocate(self, group: GroupState) -> Sequence[int]:
        """The first samples at once, then ``wave`` in flight until there are as many accepted ones as wanted."""
        missing = [i for i in range(self.first) if i not in group.decisions and i not in group.unavailable]
        goal = self._goal(group)
        if missing or goal is None:
            return missing
        return Until(goal, self.n_samples, self.wave).allocate(group)

    def stop_index(self, group: GroupState) -> int | None:
        """See ``engine.protocols.Budget``; never below the samples that measured the difficulty."""
        goal = self._goal(group)
        if goal is None:
            return None
        stop = Until(goal, self.n_samples, self.wave).stop_index(group)
        return None if stop is None else max(stop, self.first - 1)

    def _goal(self, group: GroupState) -> int | None:
        """Accepted samples wanted, or None until the first ones are judged."""
        judged = []
        for i in range(self.first):
            if i in group.unavailable:
                continue
            decision = group.decisions.get(i)
            if decision is None:
                return None
            if not decision.error:
                judged.append(decision.accepted)
        failed = judged.count(False) / len(judged) if judged else 1.0
        return max(1, math.ceil(self.k * failed))
