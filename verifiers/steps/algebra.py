"""Decides equality of expressions with variables by their values at fixed points; nothing is simplified."""

import math
from collections.abc import Mapping
from fractions import Fraction

from verifiers.steps.arithmetic import UndefinedError, Value, evaluate
from verifiers.steps.tree import Node, literals

_REGIONS: tuple[tuple[Value, ...], ...] = (
    (7, 3, 11, 5, 17, 13, 23, 19, 29, 31),
    (0.3127, 0.7331, 0.1741, 0.5903, 0.8467, 0.2219, 0.4643, 0.9127, 0.6389, 0.0817),
    (-3, -7, -2, -5, -8, -4, -9, -6, -11, -13),
    (4, 10, 6, 8, 12, 2, 14, 16, 18, 20),
    (2, 1, 3, 2, 1, 3, 2, 1, 3, 2),
)
_CLOSE = 1e-7
_COARSE = 0.02
"""Relative difference that decimals may make."""


def points(names: frozenset[str]) -> list[dict[str, Value]]:
    """Coordinates for these names, always the same. ``i`` is tried as the imaginary unit too, ``e`` as Euler's."""
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
        if equal == 2:
            return "equal"
    if equal >= 2:
        return "equal"
    return "different" if different >= 3 else "unsure"


def kinds(node: Node) -> set[str]:
    """Every kind of node in the tree."""
    found, stack = set(), [node]
    while stack:
        item = stack.pop()
        found.add(item[0])
        if item[0] != "n":
            stack.extend(part for part in item[1:] if isinstance(part, tuple))
    return found


def apart(left: Node, right: Node, names: frozenset[str]) -> bool:
    """Whether the sides, or their squares, differ by a constant: as an equation it has no solution."""
    if kinds(left) & {"°", "call"} or kinds(right) & {"°", "call"}:
        return False
    values = []
    for row in points(names)[:3]:
        try:
            values.append((complex(evaluate(left, row)), complex(evaluate(right, row))))
        except (UndefinedError, OverflowError):
            return False
    if any(item[2] >= 1 for node in (left, right) for item in literals(node)):
        return False
    for power in (1, 2):
        differences = [a**power - b**power for a, b in values]
        scale = max(max(abs(a), abs(b), 1) ** power for a, b in values)
        if abs(differences[0]) > 1e-6 and all(abs(d - differences[0]) <= 1e-9 * scale for d in differences):
            return scale < 1e9 and "v" in kinds(left) and math.pi not in _constants(left, right)
    return False


def _constants(*nodes: Node) -> set[float]:
    found, stack = set(), list(nodes)
    while stack:
        item = stack.pop()
        if item == ("v", "π"):
            found.add(math.pi)
        elif item[0] != "n":
            stack.extend(part for part in item[1:] if isinstance(part, tuple))
    return found


def roots(left: Node, right: Node, name: str) -> list[complex]:
    """Both solutions of an equation that is quadratic in its only variable; empty for any other."""
    try:
        f = [complex(residual(left, right, {name: value})) for value in (0, 1, -1, 2, -3)]
    except (UndefinedError, OverflowError):
        return []
    a, b, c = (f[1] + f[2]) / 2 - f[0], (f[1] - f[2]) / 2, f[0]
    size = 1e-9 * max(abs(value) for value in f)
    if abs(a) <= size or abs(4 * a + 2 * b + c - f[3]) > 9 * size or abs(9 * a - 3 * b + c - f[4]) > 9 * size:
        return []
    root_of = (b * b - 4 * a * c) ** 0.5
    return [(-b + root_of) / (2 * a), (-b - root_of) / (2 * a)]


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
    """Left - right. Raises ``UndefinedError``."""
    return evaluate(left, row) - evaluate(right, row)


def root(left: Node, right: Node, name: str, row: Mapping[str, Value] | None = None) -> Value | None:
    """The solution of ``left = right`` for ``name`` where it is linear in it, the others as in ``row``; else None."""
    env = dict(row) if row else {}
    at: list[Value] = []
    slope: Value = 0
    size = 0.0
    try:
        for value in (1, 2, 4, -3):
            env[name] = value
            at.append(residual(left, right, env))
            if isinstance(at[-1], complex):
                return None
            if len(at) == 2:
                slope = at[1] - at[0]
            elif len(at) > 2:
                size = max(abs(item) for item in at) * 1e-9
                if abs(at[-1] - at[0] - (value - 1) * slope) > size:
                    return None
    except (UndefinedError, OverflowError):
        return None
    if abs(slope) <= size:
        return None
    if isinstance(slope, float) or isinstance(at[0], float):
        return 1 - at[0] / slope
    return 1 - Fraction(at[0]) / Fraction(slope)
