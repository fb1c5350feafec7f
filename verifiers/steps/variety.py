"""Whether an equation can follow from others: its values at points that satisfy those. Nothing is proved or simplified.

The points come from Newton's method in several complex variables, with steps of least norm, so that there may be fewer
equations than variables, or more when they agree. A claim that fails at every point that was found, whichever of the
known equations are taken together, does not follow from them.
"""

import itertools
import math
from collections.abc import Sequence

from verifiers.steps.arithmetic import UndefinedError, Value, evaluate
from verifiers.steps.tree import Node, variables

Pair = tuple[Node, Node]
Point = dict[str, complex]

MAX_NAMES = 6
MAX_KNOWN = 6
_STARTS: tuple[tuple[complex, ...], ...] = (
    (1.37, 0.71, 2.29, 1.83, 0.43, 3.11),
    (-0.83, 1.91, -1.57, 0.59, 2.71, -2.13),
    (0.61 + 0.87j, 1.43 - 0.59j, -0.77 + 1.21j, 0.37 + 0.53j, 1.19 - 1.31j, -0.47 - 0.67j),
    (4.3, 6.7, 5.1, 8.9, 7.3, 9.7),
)
_MOST_STEPS = 30
_FAR = 1e6
_MOST_VALUES = 4000
"""Evaluations that one question may cost."""


class _SpentError(Exception):
    """The question costs too much."""


class Search:
    """One question, with a bound on its cost."""

    def __init__(self) -> None:
        self.left = _MOST_VALUES

    def residual(self, pair: Pair, point: Point) -> tuple[complex, float]:
        """Left - right and the size of the larger. Raises ``UndefinedError``."""
        self.left -= 1
        if self.left < 0:
            raise _SpentError
        try:
            a, b = complex(evaluate(pair[0], point)), complex(evaluate(pair[1], point))
        except OverflowError:
            raise UndefinedError from None
        size = max(abs(a), abs(b), 1.0)
        if not math.isfinite(size):
            raise UndefinedError
        return a - b, size

    def points(self, known: Sequence[Pair], names: Sequence[str]) -> list[Point]:
        """Points at which all of ``known`` hold."""
        found: list[Point] = []
        for start in _STARTS:
            point = self._solved(known, dict(zip(names, start, strict=False)))
            if point is not None and not any(_near(point, other) for other in found):
                found.append(point)
        return found

    def _solved(self, known: Sequence[Pair], point: Point) -> Point | None:
        names = list(point)
        try:
            for _ in range(_MOST_STEPS):
                values = [self.residual(pair, point) for pair in known]
                if all(abs(value) <= 1e-11 * size for value, size in values):
                    return point
                rows = [self._slopes(pair, value[0], point, names) for pair, value in zip(known, values, strict=True)]
                step = _least_step(rows, [value for value, _ in values])
                if step is None:
                    return None
                point = {name: point[name] - change for name, change in zip(names, step, strict=True)}
                if any(not abs(value) < _FAR for value in point.values()):
                    return None
        except UndefinedError:
            return None
        return None

    def _slopes(self, pair: Pair, value: complex, point: Point, names: list[str]) -> list[complex]:
        slopes = []
        for name in names:
            by = 1e-7 * (1 + abs(point[name]))
            slopes.append((self.residual(pair, {**point, name: point[name] + by})[0] - value) / by)
        return slopes


def _least_step(rows: list[list[complex]], values: list[complex]) -> list[complex] | None:
    """The shortest step that takes the linear parts to zero: J* (J J*)^-1 F, slightly damped."""
    count = len(rows)
    matrix = [
        [sum(a * b.conjugate() for a, b in zip(rows[i], rows[j], strict=True)) for j in range(count)]
        for i in range(count)
    ]
    damping = 1e-12 * sum(abs(matrix[i][i]) for i in range(count))
    if not damping:
        return None
    for i in range(count):
        matrix[i][i] += damping
        matrix[i].append(values[i])
    for i in range(count):
        best = max(range(i, count), key=lambda r: abs(matrix[r][i]))
        matrix[i], matrix[best] = matrix[best], matrix[i]
        if abs(matrix[i][i]) < 1e-300:
            return None
        for r in range(count):
            if r != i and matrix[r][i]:
                factor = matrix[r][i] / matrix[i][i]
                matrix[r] = [a - factor * b for a, b in zip(matrix[r], matrix[i], strict=True)]
    weights = [matrix[i][count] / matrix[i][i] for i in range(count)]
    return [
        sum((row[k].conjugate() * weight for row, weight in zip(rows, weights, strict=True)), 0j)
        for k in range(len(rows[0]))
    ]


def _near(one: Point, other: Point) -> bool:
    return all(abs(value - other[name]) <= 1e-6 * (1 + abs(value)) for name, value in one.items())


def fits(search: Search, claim: Pair, points: Sequence[Point], *, coarse: bool = False) -> list[bool | None]:
    """At each point whether the claim holds; None where that cannot be told."""
    said: list[bool | None] = []
    for point in points:
        try:
            off, size = search.residual(claim, point)
        except UndefinedError:
            said.append(None)
            continue
        holds = abs(off) <= 1e-6 * size
        said.append(None if not holds and (abs(off) <= 1e-4 * size or (coarse and abs(off) <= 0.05 * size)) else holds)
    return said


def fails(claim: Pair, known: Sequence[Pair]) -> bool:
    """Whether the claim fails wherever one, two or all of ``known`` hold."""
    names = sorted(
        variables(claim[0]).union(variables(claim[1]), *(variables(node) for pair in known for node in pair))
    )
    if not names or len(names) > MAX_NAMES or len(known) > MAX_KNOWN:
        return False
    search = Search()
    groups: list[Sequence[Pair]] = [(), *((pair,) for pair in known)]
    if 2 <= len(known) <= 4:
        groups += itertools.combinations(known, 2)
    if len(known) > 2:
        groups.append(known)
    try:
        for group in groups:
            points = (
                search.points(group, names) if group else [dict(zip(names, start, strict=False)) for start in _STARTS]
            )
            if not points:
                if len(group) < 2:
                    return False
                continue
            if any(said is not False for said in fits(search, claim, points)):
                return False
    except _SpentError:
        return False
    return True


__all__ = ["MAX_KNOWN", "MAX_NAMES", "Pair", "Search", "Value", "fails", "fits"]
