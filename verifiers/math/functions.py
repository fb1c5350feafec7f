"""Values of powers and named functions in mpmath, each behind a budget on its arguments."""

import hashlib
from typing import Any

from verifiers.math.tree import TooLargeError

_MAX_LOG10 = 3000
"""Largest magnitude, as a power of ten."""
OPAQUE = frozenset(("int", "lim"))
"""Calls without a value: equal when their parts are, never known to differ."""


_ALGEBRAIC = frozenset(("sqrt", "cbrt", "abs"))
"""Cheap and exact for every magnitude that can arise."""


class UndefinedError(Exception):
    """The tree has no finite value at this point."""


def _small(x: Any, bound: float) -> Any:
    if abs(x) > bound:
        raise TooLargeError(f"an argument is over {bound:g}")
    return x


def power(base: Any, exponent: Any) -> Any:
    """Base ** exponent. Raises ``UndefinedError``, ``TooLargeError``."""
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


def call(name: str, args: list[Any]) -> Any:
    """Value of a function, or of a fixed stand-in for an unknown one. Raises like ``power``."""
    import mpmath

    x = args[0]
    if name in ("log", "ln", "lg"):
        if len(args) == 2:
            return mpmath.log(x) / mpmath.log(args[1])
        return mpmath.log10(x) if name == "lg" else mpmath.log(x)
    if name in ("max", "min"):
        return max(args) if name == "max" else min(args)
    if name == "factorial":
        return mpmath.gamma(_small(x, 5000) + 1)
    if name == "binom":
        return mpmath.binomial(_small(x, 5000), _small(args[1], 5000))
    if name == "mod":
        return _small(x, 1e30) % args[1]
    if name == "root":
        return _real_root(x, args[1])
    plain = _plain_functions().get(name)
    if plain is not None and len(args) == 1:
        bound = _MAX_LOG10 * 2.302 if name in ("exp", "sinh", "cosh", "tanh") else 10.0**30
        return plain(x if name in _ALGEBRAIC else _small(x, bound))
    if len(name.rstrip("'")) == 1 or name.endswith("^-1") or name in OPAQUE:
        return _unknown(name, args)
    raise UndefinedError


def _plain_functions() -> dict[str, Any]:
    import mpmath as m

    return {
        "sqrt": m.sqrt, "cbrt": lambda x: _real_root(x, m.mpf(3)), "abs": abs, "floor": _floor,
        "ceil": lambda x: -_floor(-x), "exp": m.exp, "cis": m.expj,
        "sin": m.sin, "cos": m.cos, "tan": m.tan, "cot": m.cot, "sec": m.sec, "csc": m.csc,
        "arcsin": m.asin, "arccos": m.acos, "arctan": m.atan, "arccot": m.acot, "arcsec": m.asec, "arccsc": m.acsc,
        "sinh": m.sinh, "cosh": m.cosh, "tanh": m.tanh, "coth": m.coth, "sech": m.sech, "csch": m.csch,
        "arcsinh": m.asinh, "arccosh": m.acosh, "arctanh": m.atanh,
    }  # fmt: skip


def _floor(x: Any) -> Any:
    """A value that is whole up to rounding error is whole: floor(log10(1000)) is 3."""
    import mpmath

    nearest = mpmath.nint(x)
    return nearest if abs(x - nearest) < mpmath.mpf(10) ** (10 - mpmath.mp.dps) else mpmath.floor(x)


def _real_root(x: Any, degree: Any) -> Any:
    """Odd roots of negative numbers are real, as in school."""
    import mpmath

    if degree == 0:
        raise UndefinedError
    odd = mpmath.isint(degree) and int(_small(degree, 1e6)) % 2 == 1
    if odd and mpmath.im(x) == 0 and mpmath.re(x) < 0:
        return -power(-x, 1 / degree)
    return power(x, 1 / degree)


def _unknown(name: str, args: list[Any]) -> Any:
    """An unknown function f: some fixed smooth function, so that f(a) = f(b) just when a = b."""
    import mpmath

    weight = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") / mpmath.mpf(2**32)
    total = weight
    for index, x in enumerate(args):
        total += mpmath.cos(_small(x, 1e30) * (weight + index + mpmath.mpf("0.7"))) + x / (index + 3)
    return total
