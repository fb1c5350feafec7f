"""Values of trees: exact where rational, floating point where not. No operation is begun that would go over a bound."""

import cmath
import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from verifiers.steps.tree import Node

Value = Any
"""int, Fraction (never a whole one), float or complex."""

MAX_EXPONENT = 400
MAX_BITS = 20_000
_MAX_FACTORIAL = 200
_EMPTY: Mapping[str, Value] = {}


class UndefinedError(Exception):
    """The tree has no value: a free variable, a division by zero, or a bound was met."""


def evaluate(node: Node, env: Mapping[str, Value] = _EMPTY) -> Value:
    """The value of a tree. Raises ``UndefinedError``."""
    kind = node[0]
    if kind == "n":
        return node[1]
    if kind == "v":
        if node[1] in env:
            return env[node[1]]
        if node[1] == "π":
            return math.pi
        raise UndefinedError
    if kind == "+":
        total = evaluate(node[1], env)
        for item in node[2:]:
            total = total + (item[1] if item[0] == "n" else evaluate(item, env))
        return total if type(total) is not Fraction else _simple(total)
    if kind == "*":
        left, right = node[1], node[2]
        left = left[1] if left[0] == "n" else evaluate(left, env)
        right = right[1] if right[0] == "n" else evaluate(right, env)
        if type(left) is float and type(right) is float:
            return left * right
        return _simple(_multiplied(left, right))
    if kind == "-":
        return -evaluate(node[1], env)
    if kind == "/":
        return divided(evaluate(node[1], env), evaluate(node[2], env))
    return _other(node, env)


def _other(node: Node, env: Mapping[str, Value]) -> Value:
    kind = node[0]
    if kind == "^":
        return power(evaluate(node[1], env), evaluate(node[2], env))
    if kind == "%":
        return divided(evaluate(node[1], env), 100)
    if kind == "°":
        return evaluate(node[1], env) * math.pi / 180
    if kind == "||":
        return abs(evaluate(node[1], env))
    if kind == "!":
        value = evaluate(node[1], env)
        if not isinstance(value, int) or not 0 <= value <= _MAX_FACTORIAL:
            raise UndefinedError
        return math.factorial(value)
    if kind == "f":
        return _function(node, [evaluate(item, env) for item in node[2:]])
    raise UndefinedError


def _simple(value: Value) -> Value:
    return value.numerator if isinstance(value, Fraction) and value.denominator == 1 else value


def _bits(value: Value) -> int:
    if type(value) is int:
        return value.bit_length()
    return value.numerator.bit_length() + value.denominator.bit_length() if isinstance(value, Fraction) else 0


def _multiplied(left: Value, right: Value) -> Value:
    if type(left) is int and type(right) is int:
        if left.bit_length() + right.bit_length() > MAX_BITS:
            raise UndefinedError
        return left * right
    if _bits(left) + _bits(right) > MAX_BITS:
        raise UndefinedError
    try:
        return left * right
    except OverflowError:
        raise UndefinedError from None


def divided(left: Value, right: Value) -> Value:
    """The quotient, exact where both are."""
    if right == 0 or _bits(left) + _bits(right) > MAX_BITS:
        raise UndefinedError
    try:
        if isinstance(left, (int, Fraction)) and isinstance(right, (int, Fraction)):
            return _simple(Fraction(left) / right)
        return left / right
    except (OverflowError, ZeroDivisionError):
        raise UndefinedError from None


def power(base: Value, exponent: Value) -> Value:
    """The power, exact where it can be."""
    if isinstance(exponent, int) and isinstance(base, (int, Fraction)):
        if abs(exponent) > MAX_EXPONENT and base not in (0, 1, -1):
            raise UndefinedError
        if _bits(base) * abs(exponent) > MAX_BITS or (base == 0 and exponent <= 0):
            raise UndefinedError
        return _simple(Fraction(base) ** exponent) if exponent < 0 or isinstance(base, Fraction) else base**exponent
    if isinstance(exponent, Fraction) and isinstance(base, (int, Fraction)) and base >= 0:
        root = _exact_root(base, exponent.denominator)
        if root is not None:
            return power(root, exponent.numerator)
    try:
        if isinstance(base, (int, float, Fraction)) and base < 0 and not isinstance(exponent, int):
            return complex(base) ** complex(exponent)
        if isinstance(base, complex) or isinstance(exponent, complex):
            return complex(base) ** complex(exponent)
        return float(base) ** float(exponent)
    except (OverflowError, ZeroDivisionError, ValueError):
        raise UndefinedError from None


def _exact_root(value: Value, index: int) -> Value | None:
    if index > 12:
        return None
    value = Fraction(value)
    parts = []
    for part in (value.numerator, value.denominator):
        root = round(part ** (1 / index)) if part < 10**15 else (math.isqrt(part) if index == 2 else -1)
        if root < 0 or root**index != part:
            return None
        parts.append(root)
    return _simple(Fraction(parts[0], parts[1]))


def _function(node: Node, args: list[Value]) -> Value:
    name, first = node[1], args[0]
    try:
        if name == "sqrt":
            return _root(first, 2)
        if name == "root":
            return _root(first, args[1])
        if name == "binom":
            return _binomial(first, args[1])
        if name in ("ln", "log", "exp"):
            return _logarithm(name, args)
        return _trigonometric(name, first)
    except (OverflowError, ZeroDivisionError, ValueError, TypeError):
        raise UndefinedError from None


def _root(value: Value, index: Value) -> Value:
    if not isinstance(index, int) or not 2 <= index <= 12:
        raise UndefinedError
    if isinstance(value, complex):
        return value ** (1 / index)
    if value < 0:
        if index % 2:
            return -_root(-value, index)
        return complex(0, float(_root(-value, 2))) if index == 2 else complex(value) ** (1 / index)
    exact = _exact_root(value, index) if isinstance(value, (int, Fraction)) else None
    return float(value) ** (1 / index) if exact is None else exact


def _binomial(top: Value, bottom: Value) -> Value:
    if not (isinstance(top, int) and isinstance(bottom, int)) or not (0 <= top <= 1000 and bottom >= 0):
        raise UndefinedError
    return math.comb(top, bottom)


def _logarithm(name: str, args: list[Value]) -> Value:
    value = args[0]
    if name == "exp":
        return math.exp(value)
    if isinstance(value, complex) or value <= 0:
        raise UndefinedError
    if name == "ln":
        return math.log(value)
    if len(args) == 1:
        return math.log10(value)
    result = math.log(value) / math.log(args[1])
    return round(result) if abs(result - round(result)) < 1e-12 else result


def _trigonometric(name: str, value: Value) -> Value:
    if name.startswith("arc"):
        return {"arcsin": math.asin, "arccos": math.acos, "arctan": math.atan}[name](value)
    module: Any = cmath if isinstance(value, complex) else math
    if name in ("sin", "cos", "tan"):
        return getattr(module, name)(value)
    return {"sec": 1 / module.cos(value), "csc": 1 / module.sin(value), "cot": 1 / module.tan(value)}[name]
