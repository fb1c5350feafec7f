"""The last stage: sympy, on small trees that were read by our grammar and have no value at the sampled points."""

from typing import Any

from verifiers.math.tree import Node

_CALLS = {
    "sqrt": "sqrt", "abs": "Abs", "floor": "floor", "ceil": "ceiling", "exp": "exp", "ln": "log", "log": "log",
    "sin": "sin", "cos": "cos", "tan": "tan", "cot": "cot", "sec": "sec", "csc": "csc", "arcsin": "asin",
    "arccos": "acos", "arctan": "atan", "sinh": "sinh", "cosh": "cosh", "tanh": "tanh", "binom": "binomial",
}  # fmt: skip
_CONSTANTS = {"pi": "pi", "e": "E", "i": "I", "oo": "oo"}


class _UnsupportedError(Exception):
    """No sympy form."""


def difference_is_zero(node: Node) -> bool | None:
    """True or False where sympy proves it, None where it cannot say. The tree must be small and its numbers bounded."""
    import sympy

    try:
        expression = _sympy(node)
    except _UnsupportedError:
        return None
    if expression.has(sympy.zoo, sympy.nan, sympy.oo):
        return None
    simplified = sympy.simplify(expression)
    if simplified == 0:
        return True
    return False if simplified.is_nonzero else None


def _sympy(node: Node) -> Any:
    import sympy

    if node.op == "num":
        return sympy.Rational(node.value.numerator, node.value.denominator)
    if node.op == "sym":
        return sympy.Symbol(node.name)
    if node.op == "const":
        return getattr(sympy, _CONSTANTS[node.name])
    args = [_sympy(item) for item in node.args]
    if node.op == "add":
        return sympy.Add(*args)
    if node.op == "mul":
        return sympy.Mul(*args)
    if node.op == "neg":
        return -args[0]
    if node.op == "div":
        return args[0] / args[1]
    if node.op == "pow" and (not args[1].is_number or abs(args[1]) <= 50):
        return args[0] ** args[1]
    if node.op == "call" and node.name in _CALLS and len(args) <= 2:
        return getattr(sympy, _CALLS[node.name])(*args)
    raise _UnsupportedError
