"""Decides equality of expressions with variables by their values at fixed points in three regions; no simplification."""

import math
from collections.abc import Mapping
from fractions import Fraction

from verifiers.steps.arithmetic import UndefinedError, Value, evaluate
from verifiers.steps.expression import Node, literals

_REGIONS: tuple[tuple[Value, ...], ...] = (
    (7, 3, 11, 5, 17, 13, 23, 19, 29, 31),
    (0.3127, 0.7331, 0.1741, 0.5903, 0.8467, 0.2219, 0.4643, 0.9127, 0.6389, 0.0817),
    (-3, -7, -2, -5, -8, -4, -9, -6, -11, -13),
    (4, 10, 6, 8, 12, 2, 14, 16, 18, 20),
)
_CLOSE = 1e-7
_COARSE = 0.02
"""Relative difference that decimals may make."""


def points(names: frozenset[str]) -> list[dict[str, Value]]:
    """Coordinates for these names, the same ones every time. ``i`` is also tried as the imaginary unit, ``e`` as Euler's."""
    ordered = sorted(names)
    rows = [dict(zip(ordered, region, strict=False)) for region in _REGIONS]
    special = {name: value for name, value in (("i", 1j), ("e", math.e)) if name in names}
    return rows + [row | special for row in rows[:2]] if special else rows


def identical(left: Node, right: Node, names: frozenset[str]) -> str:
    """``equal`` (at every point), ``different`` (at every point), else ``unsure``."""
    if len(names) > len(_REGIONS[0]):
        return "unsure"
    equal = different = 0
    coarse = any(item[2] >= 1 for node in (left, right) for item in literals(node))
    for row in points(names):
        same = same_at(left, right, row, coarse=coarse)
        if same is None:
            continue
        equal += same == "equal"
        different += same == "different"
        if same == "near" or (equal and different):
            return "unsure"
    if equal >= 2:
        return "equal"
    return "different" if different >= 3 else "unsure"


def same_at(left: Node, right: Node, row: Mapping[str, Value], *, coarse: bool) -> str | None:
    """``equal``, ``near`` or ``different`` at one point; None where a side has no value."""
    try:
        a, b = evaluate(left, row), evaluate(right, row)
        if a == b:
            return "equal"
        difference, size = abs(complex(a) - complex(b)), max(abs(complex(a)), abs(complex(b)))
    except (UndefinedError, OverflowError):
        return None
    if not math.isfinite(size):
        return None
    if difference <= _CLOSE * max(size, 1e-6):
        return "equal"
    return "near" if coarse and difference <= _COARSE * size else "different"


def residual(left: Node, right: Node, row: Mapping[str, Value]) -> Value:
    """left - right. Raises ``UndefinedError``."""
    return evaluate(left, row) - evaluate(right, row)


def root(left: Node, right: Node, name: str, row: Mapping[str, Value] | None = None) -> Value | None:
    """The solution of ``left = right`` for ``name`` where it is linear in it, the others as in ``row``; else None."""
    row = row or {}
    try:
        at = [residual(left, right, {**row, name: value}) for value in (1, 2, 4, -3)]
    except (UndefinedError, OverflowError):
        return None
    if any(isinstance(value, complex) for value in at):
        return None
    slope = at[1] - at[0]
    size = max(abs(value) for value in at) * 1e-9
    if abs(slope) <= size or abs(at[2] - at[0] - 3 * slope) > size or abs(at[3] - at[0] + 4 * slope) > size:
        return None
    if isinstance(slope, float) or isinstance(at[0], float):
        return 1 - at[0] / slope
    return 1 - Fraction(at[0]) / Fraction(slope)
