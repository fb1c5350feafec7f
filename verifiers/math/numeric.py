"""Numeric value of a tree at seeded random points, with mpmath at 40 digits and a budget on magnitudes.

Two expressions that agree to 30 digits at every point are the same function for all practical purposes (Schwartz-Zippel
for polynomials); one point where both are defined and differ proves that they are not.
"""

import hashlib
from typing import Any

from verifiers.math.tree import Node, TooLargeError, symbols

POINTS = 5
"""Evaluation points; the first three have positive coordinates only."""
POSITIVE = 3
_DIGITS = 40
_AGREE = 28
"""Digits that must agree, relative to the larger magnitude met on the way."""
_MAX_LOG10 = 3000
"""Largest magnitude, as a power of ten."""


class UndefinedError(Exception):
    """The tree has no finite value at this point."""


def points(names: set[str]) -> list[dict[str, Any]]:
    """The same pseudo-random coordinates for the same names, in (0.3, 2.3), some negative after ``POSITIVE``."""
    import mpmath

    table = []
    for index in range(POINTS):
        row = {}
        for name in names:
            digest = hashlib.sha256(f"{index}:{name}".encode("utf-8", "replace")).digest()
            value = mpmath.mpf(int.from_bytes(digest[:8], "big")) / 2**63 + mpmath.mpf("0.3")
            row[name] = -value if index >= POSITIVE and (digest[8] % 2 or len(names) == 1) else value
        table.append(row)
    return table


def same(left: Node, right: Node) -> str:
    """``equal``, ``different``, ``positive`` (equal, but not where a variable is negative), ``undefined``."""
    import mpmath

    with mpmath.workdps(_DIGITS):
        rows = points(symbols(left) | symbols(right))
        if len(rows[0]) == 0:
            rows = rows[:1]
        seen = 0
        for index, row in enumerate(rows):
            try:
                a, b = value(left, row), value(right, row)
            except UndefinedError:
                continue
            if not _close(a, b) or not (seen or _confirmed(left, right, row, abs(a - b))):
                return "different" if index < POSITIVE or not seen else "positive"
            seen += 1
        return "equal" if seen and seen >= min(len(rows), 2) else "undefined"


def _confirmed(left: Node, right: Node, row: dict[str, Any], difference: Any) -> bool:
    r"""Whether a difference vanishes as digits are added: ``e^{-100}`` is not 0, ``\sin\pi`` is."""
    import mpmath

    if difference == 0:
        return True
    with mpmath.workdps(3 * _DIGITS):
        return bool(abs(value(left, row) - value(right, row)) <= difference * mpmath.mpf(10) ** -_DIGITS)


def _close(a: Any, b: Any) -> bool:
    import mpmath

    scale = max(abs(a), abs(b))
    return bool(abs(a - b) <= scale * mpmath.mpf(10) ** -_AGREE) or bool(scale < mpmath.mpf(10) ** -_AGREE)


def value(node: Node, row: dict[str, Any]) -> Any:
    """Value (mpf or mpc) at one point. Raises ``UndefinedError``, ``TooLargeError``."""
    import mpmath

    try:
        result = _value(node, row)
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
        return row[node.name]
    if node.op == "const":
        if node.name == "oo":
            raise UndefinedError
        return {"pi": +mpmath.pi, "e": +mpmath.e, "i": mpmath.mpc(0, 1)}[node.name]
    args = [_value(item, row) for item in node.args]
    if node.op == "pow":
        return _power(args[0], args[1])
    if node.op == "fact":
        return mpmath.gamma(_small(args[0], 5000) + 1)
    return _call(node.name, args) if node.op == "call" else _arithmetic(node.op, args)


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


def _small(x: Any, bound: float) -> Any:
    if abs(x) > bound:
        raise TooLargeError(f"an argument is over {bound:g}")
    return x


def _power(base: Any, exponent: Any) -> Any:
    import mpmath

    if base == 0:
        if mpmath.re(exponent) <= 0:
            raise UndefinedError
        return base
    if exponent == 1:
        return base
    if abs(_small(exponent, 1e9) * mpmath.log(base)) > _MAX_LOG10 * 2.302:
        raise TooLargeError(f"a power is over 10^{_MAX_LOG10}")
    return mpmath.power(base, exponent)


def _call(name: str, args: list[Any]) -> Any:
    import mpmath

    x = args[0]
    if name in ("log", "ln", "lg"):
        if len(args) == 2:
            return mpmath.log(x) / mpmath.log(args[1])
        return mpmath.log10(x) if name == "lg" else mpmath.log(x)
    if name in ("max", "min"):
        return max(args) if name == "max" else min(args)
    if name == "binom":
        return mpmath.binomial(_small(x, 5000), _small(args[1], 5000))
    if name == "root":
        return _real_root(x, args[1])
    plain = _plain_functions().get(name)
    if plain is not None and len(args) == 1:
        bound = _MAX_LOG10 * 2.302 if name in ("exp", "sinh", "cosh", "tanh") else 10.0**30
        return plain(_small(x, bound))
    if len(name) == 1 or name.endswith("^-1"):
        return _unknown(name, args)
    raise UndefinedError


def _plain_functions() -> dict[str, Any]:
    import mpmath as m

    return {
        "sqrt": m.sqrt, "cbrt": lambda x: _real_root(x, m.mpf(3)), "abs": abs, "floor": m.floor, "ceil": m.ceil,
        "exp": m.exp, "sin": m.sin, "cos": m.cos, "tan": m.tan, "cot": m.cot, "sec": m.sec, "csc": m.csc,
        "arcsin": m.asin, "arccos": m.acos, "arctan": m.atan, "sinh": m.sinh, "cosh": m.cosh, "tanh": m.tanh,
    }  # fmt: skip


def _real_root(x: Any, degree: Any) -> Any:
    """Odd roots of negative numbers are real, as in school."""
    import mpmath

    if degree == 0:
        raise UndefinedError
    odd = mpmath.isint(degree) and int(_small(degree, 1e6)) % 2 == 1
    if odd and mpmath.im(x) == 0 and mpmath.re(x) < 0:
        return -_power(-x, 1 / degree)
    return _power(x, 1 / degree)


def _unknown(name: str, args: list[Any]) -> Any:
    """An unknown function f: some fixed smooth function, so that f(a) = f(b) just when a = b."""
    import mpmath

    weight = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") / mpmath.mpf(2**32)
    total = weight
    for index, x in enumerate(args):
        total += mpmath.cos(_small(x, 1e30) * (weight + index + mpmath.mpf("0.7"))) + x / (index + 3)
    return total


def proportional(left: Node, right: Node) -> bool:
    """Whether left = c * right with a constant c other than zero, at every sampled point."""
    import mpmath

    with mpmath.workdps(_DIGITS):
        ratios = []
        for row in points(symbols(left) | symbols(right)):
            try:
                a, b = value(left, row), value(right, row)
            except UndefinedError:
                continue
            tiny = mpmath.mpf(10) ** -_AGREE
            if abs(a) < tiny or abs(b) < tiny:
                return False
            ratios.append(a / b)
        return len(ratios) >= 3 and all(_close(ratio, ratios[0]) for ratio in ratios[1:])
