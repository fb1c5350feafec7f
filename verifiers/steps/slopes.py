"""Values of trees together with their derivatives in one variable (forward differentiation), at real points."""

import math
from collections.abc import Callable

from verifiers.steps.arithmetic import UndefinedError, Value, evaluate
from verifiers.steps.tree import Node, variables

Dual = tuple[float, float]
"""Value and derivative."""


def slope(node: Node, name: str, at: Value) -> float:
    """The derivative of the tree in ``name`` at a real point. Raises ``UndefinedError``."""
    try:
        found = _dual(node, name, float(at))[1]
    except (OverflowError, ValueError, ZeroDivisionError, TypeError):
        raise UndefinedError from None
    if not math.isfinite(found):
        raise UndefinedError
    return found


def _dual(node: Node, name: str, at: float) -> Dual:
    kind = node[0]
    if kind == "v" and node[1] == name:
        return at, 1.0
    if name not in variables(node):
        value = evaluate(node, {"e": math.e})
        if isinstance(value, complex):
            raise UndefinedError
        return float(value), 0.0
    if kind == "f":
        return _function(node, name, at)
    parts = [_dual(part, name, at) for part in node[1:]]
    if kind == "+":
        return math.fsum(value for value, _ in parts), math.fsum(change for _, change in parts)
    a, da = parts[0]
    if kind == "-":
        return -a, -da
    if kind == "||":
        return abs(a), math.copysign(da, a * da)
    if kind not in ("*", "/", "^"):
        raise UndefinedError
    b, db = parts[1]
    if kind == "*":
        return a * b, a * db + b * da
    if kind == "/":
        return a / b, (da * b - a * db) / (b * b)
    return _power(a, da, b, db)


def _power(a: float, da: float, b: float, db: float) -> Dual:
    value = a**b
    if isinstance(value, complex):
        raise UndefinedError
    change = b * a ** (b - 1) * da if da else 0.0
    return value, change + (value * math.log(a) * db if db else 0.0)


def _function(node: Node, name: str, at: float) -> Dual:
    called = node[1]
    a, da = _dual(node[2], name, at)
    if called == "root":
        return _power(a, da, 1 / float(evaluate(node[3])), 0.0)
    if called == "log" and len(node) == 4:
        base = float(evaluate(node[3], {"e": math.e}))
        return math.log(a) / math.log(base), da / (a * math.log(base))
    if called not in _RULES:
        raise UndefinedError
    value, factor = _RULES[called](a)
    return value, factor * da


_RULES: dict[str, Callable[[float], Dual]] = {
    "sqrt": lambda a: (math.sqrt(a), 0.5 / math.sqrt(a)),
    "ln": lambda a: (math.log(a), 1 / a),
    "log": lambda a: (math.log(a), 1 / a),  # in calculus the natural one
    "exp": lambda a: (math.exp(a), math.exp(a)),
    "sin": lambda a: (math.sin(a), math.cos(a)),
    "cos": lambda a: (math.cos(a), -math.sin(a)),
    "tan": lambda a: (math.tan(a), 1 / math.cos(a) ** 2),
    "cot": lambda a: (1 / math.tan(a), -1 / math.sin(a) ** 2),
    "sec": lambda a: (1 / math.cos(a), math.sin(a) / math.cos(a) ** 2),
    "csc": lambda a: (1 / math.sin(a), -math.cos(a) / math.sin(a) ** 2),
    "arcsin": lambda a: (math.asin(a), 1 / math.sqrt(1 - a * a)),
    "arccos": lambda a: (math.acos(a), -1 / math.sqrt(1 - a * a)),
    "arctan": lambda a: (math.atan(a), 1 / (1 + a * a)),
}
