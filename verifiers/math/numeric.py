"""Numeric value of a tree at seeded random points, with mpmath, certified by a second precision and budgeted.

A claim of equality or of difference is believed only when it survives at a precision that outgrows every magnitude
that the two trees spell out (``_weight``) or reach on the way (a factorial, a long sum): a difference that is really
there stays what it is when digits are added, one that comes of rounding shrinks with them. So neither ``10^-200``
beside 0 nor cancellation can mislead. Expressions that agree at every point are the same function for all practical
purposes (Schwartz-Zippel for polynomials).
"""

import functools
import hashlib
import math
from typing import Any

from verifiers.math.functions import UndefinedError, call, power
from verifiers.math.tree import Node, TooLargeError, symbols, walk

POINTS = 5
"""Evaluation points; the first three have positive coordinates only."""
POSITIVE = 3
_DIGITS = 40
_AGREE = 28
"""Digits that must agree at the first precision, relative to the larger value."""
_MAX_TERMS = 1000
"""Most terms that are added up for one value, nested sums together."""
_MAX_COST = 100_000
"""Digits of the second precision times nodes to evaluate; a sum counts for fifty nodes, a special function for ten."""
_DECIMAL = math.log10(2)
_MAX_WEIGHT = 3000
"""Most digits by which the values' parts may lie away from 1."""


_COUNT = "#terms"
"""Where a row of coordinates keeps the number of terms added so far, for all sums of one value."""
_LARGEST = "#largest"
"""Where it keeps the binary exponent of the largest value on the way."""


def points(names: set[str]) -> tuple[dict[str, Any], ...]:
    """Seeded coordinates for these names; see ``_points``."""
    return _points(tuple(sorted(names)))


@functools.lru_cache(maxsize=512)
def _points(names: tuple[str, ...]) -> tuple[dict[str, Any], ...]:
    """The same pseudo-random coordinates for the same names, in (0.3, 2.3), some negative after ``POSITIVE``."""
    import mpmath

    table = []
    for index in range(POINTS):
        row = {}
        for name in names:
            digest = hashlib.sha256(f"{index}:{name}".encode("utf-8", "replace")).digest()
            coordinate = mpmath.mpf(int.from_bytes(digest[:8], "big")) / 2**63 + mpmath.mpf("0.3")
            row[name] = -coordinate if index >= POSITIVE and (digest[8] % 2 or len(names) == 1) else coordinate
        table.append(row)
    return tuple(table)


def same(left: Node, right: Node) -> str:
    """``equal``, ``different``, ``positive`` (equal, but not where a variable is negative), ``undefined``."""
    import mpmath

    with mpmath.workdps(_DIGITS):
        rows = points(symbols(left) | symbols(right))
        if len(rows[0]) == 0:
            rows = rows[:1]
        seen = 0
        for index, row in enumerate(rows):
            largest = [0]
            try:
                a, b = value(left, row, largest), value(right, row, largest)
            except UndefinedError:
                continue
            close: bool | None = _close(a, b)
            if not close or not seen:
                close = _certified(left, right, row, abs(a - b), int(largest[0] * _DECIMAL))
            if close is None:
                return "undefined"
            if not close:
                return "different" if index < POSITIVE or not seen else "positive"
            seen += 1
        return "equal" if seen and seen >= min(len(rows), 2) else "undefined"


def _certified(left: Node, right: Node, row: dict[str, Any], difference: Any, reached: int) -> bool | None:
    r"""Whether the difference vanishes as digits are added (``\sin\pi``) or stays (``e^{-100}``); None if neither.

    ``reached`` counts the digits before the point of the largest value on the way, which may cancel.
    """
    import mpmath

    extra = max(_weight(left) + _weight(right), reached)
    if extra > _MAX_WEIGHT:
        raise TooLargeError(f"telling the values apart would take more than {_MAX_WEIGHT} digits")
    if (3 * _DIGITS + 2 * extra) * (_cost(left) + _cost(right)) > _MAX_COST:
        raise TooLargeError("telling the values apart would take too long")
    for digits in (3 * _DIGITS + 2 * extra, 6 * _DIGITS + 3 * extra):
        with mpmath.workdps(digits):
            a, b = value(left, row), value(right, row)
            finer, scale = abs(a - b), max(abs(a), abs(b), 1)
            if finer <= scale * mpmath.mpf(10) ** (-2.5 * _DIGITS - extra):
                return True
            if abs(finer - difference) <= finer / 2:
                return False
            difference = finer
    return None


def _cost(node: Node) -> int:
    total = 0
    for item in walk(node):
        series = item.op == "call" and item.name in ("sum", "prod")
        total += 50 if series else 10 if item.op in ("call", "fact") else 1
    return total


def _weight(node: Node) -> int:
    """Decimal digits by which a value that the tree spells out can lie away from 1; a bound on what may cancel."""
    total = 0.0
    for item in walk(node):
        if item.op == "num":
            total += math.log10(max(abs(item.value.numerator), 1)) + math.log10(item.value.denominator)
        elif item.op == "pow" and item.args[1].op in ("num", "neg"):
            total += _exponent(item.args[1]) * (1 + _weight(item.args[0]))
        elif item.op == "call" and item.name in ("exp", "sinh", "cosh"):
            total += _exponent(item.args[0])
    return int(min(total, 10.0**9))


def _exponent(node: Node) -> float:
    """Size of a literal exponent."""
    while node.op == "neg":
        node = node.args[0]
    return 0.0 if node.op != "num" else 1e9 if abs(node.value) > 10**9 else float(abs(node.value))


def _close(a: Any, b: Any) -> bool:
    import mpmath

    scale = max(abs(a), abs(b))
    return bool(abs(a - b) <= scale * mpmath.mpf(10) ** -_AGREE) or bool(scale < mpmath.mpf(10) ** -_AGREE)


def value(node: Node, row: dict[str, Any], largest: list[int] | None = None) -> Any:
    """Value (mpf or mpc) at one point. Raises ``UndefinedError``, ``TooLargeError``.

    ``largest[0]`` becomes the binary exponent of the largest value on the way, if that is more.
    """
    import mpmath

    try:
        result = _value(node, row | {_COUNT: [0], _LARGEST: largest or [0]})
    except (ZeroDivisionError, ValueError, OverflowError, mpmath.libmp.NoConvergence):
        raise UndefinedError from None
    if not mpmath.isfinite(result):
        raise UndefinedError
    return result


def _value(node: Node, row: dict[str, Any]) -> Any:
    import mpmath

    if node.op == "num":
        return mpmath.mpf(node.value.numerator) / node.value.denominator
    if node.op == "sym":
        return row[node.name] if node.name in row else _bound(node.name)
    if node.op == "const":
        if node.name == "oo":
            raise UndefinedError
        return {"pi": +mpmath.pi, "e": +mpmath.e, "i": mpmath.mpc(0, 1)}[node.name]
    if node.op == "call" and node.name in ("sum", "prod"):
        return _series(node, row)
    args = [_value(item, row) for item in node.args]
    if node.op == "pow":
        result = power(args[0], args[1])
    elif node.op == "fact":
        result = call("factorial", args)
    else:
        result = call(node.name, args) if node.op == "call" else _arithmetic(node.op, args)
    row[_LARGEST][0] = max(row[_LARGEST][0], _exponent_of(result))
    return result


def _exponent_of(number: Any) -> int:
    """Binary exponent of an mpf or mpc; 0 for infinities and what is no number."""
    import mpmath

    size = mpmath.mag(number)
    return size if isinstance(size, int) else 0


def _bound(name: str) -> Any:
    """A variable that an integral binds: some fixed number, so that equal integrands have equal values."""
    import mpmath

    return mpmath.mpf(int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")) / 2**64 + mpmath.mpf("0.5")


def _series(node: Node, row: dict[str, Any]) -> Any:
    import mpmath

    body, variable, first, last = node.args
    low, high = (_value(item, row) for item in (first, last))
    if not (mpmath.isint(low) and mpmath.isint(high)):
        raise UndefinedError
    row, count = dict(row), row[_COUNT]
    count[0] += max(int(high - low), 0)
    if count[0] > _MAX_TERMS:
        raise TooLargeError(f"sums have more than {_MAX_TERMS} terms")
    total = mpmath.mpf(node.name == "prod")
    for index in range(int(low), int(high) + 1):
        row[variable.name] = mpmath.mpf(index)
        term = _value(body, row)
        total = total * term if node.name == "prod" else total + term
    return total


def _arithmetic(op: str, args: list[Any]) -> Any:
    import mpmath

    if op == "add":
        return mpmath.fsum(args)
    if op == "mul":
        return mpmath.fprod(args)
    if op == "neg":
        return -args[0]
    if op == "div":
        return args[0] / args[1]
    if op == "percent":
        return args[0] / 100
    if op == "deg":
        return args[0] * mpmath.pi / 180
    raise UndefinedError


def proportional(left: Node, right: Node) -> bool:
    """Whether left = c * right with a constant c other than zero, at every sampled point."""
    return _constant(left, right, lambda a, b: a / b, nonzero=True)


def differ_by_constant(left: Node, right: Node) -> bool:
    """Whether left - right is the same at every sampled point."""
    return _constant(left, right, lambda a, b: a - b, nonzero=False)


def _constant(left: Node, right: Node, combined: Any, *, nonzero: bool) -> bool:
    import mpmath

    with mpmath.workdps(_DIGITS):
        results = []
        for row in points(symbols(left) | symbols(right)):
            try:
                a, b = value(left, row), value(right, row)
            except UndefinedError:
                continue
            tiny = mpmath.mpf(10) ** -_AGREE
            if nonzero and (abs(a) < tiny or abs(b) < tiny):
                return False
            results.append(combined(a, b))
        scale = max([abs(result) for result in results], default=0) + (not nonzero)
        bound = scale * mpmath.mpf(10) ** -_AGREE
        return len(results) >= 3 and all(abs(result - results[0]) <= bound for result in results[1:])


def solves(equation: Node, name: str, root: Node) -> str:
    """Whether ``equation`` (zero where it holds) is linear in ``name`` and ``root`` its one solution.

    ``equal``, ``different`` (linear, but not solved by it) or ``undefined``.
    """
    import mpmath

    with mpmath.workdps(_DIGITS):
        seen, solved = 0, True
        for row in points(symbols(equation) | symbols(root)):
            try:
                zero, one, two = (value(equation, row | {name: row[name] + k}) for k in range(3))
                at_root = value(equation, row | {name: value(root, row)})
            except UndefinedError:
                continue
            scale = (1 + abs(zero) + abs(one) + abs(two)) * mpmath.mpf(10) ** -_AGREE
            if abs(zero - 2 * one + two) > scale or abs(one - zero) <= scale:
                return "undefined"
            solved = solved and abs(at_root) <= scale
            seen += 1
        return "undefined" if seen < 3 else "equal" if solved else "different"
