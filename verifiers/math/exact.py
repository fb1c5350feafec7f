"""Exact rational value of a tree, within a budget of bits: no operation is begun whose result would exceed it."""

from fractions import Fraction

from verifiers.math.tree import Node, TooLargeError

MAX_BITS = 20_000
"""Numerator and denominator together."""


def rational(node: Node) -> Fraction | None:
    """The value, or None where the tree has symbols, roots or functions.

    Raises ``TooLargeError`` before a result would exceed the budget.
    """
    if node.op == "num":
        return node.value
    if node.op in ("unit", "deg"):
        return rational(node.args[0])
    if node.op == "call" and node.name not in ("sqrt", "abs", "binom"):
        return None
    if node.op not in ("add", "mul", "div", "neg", "pow", "fact", "percent", "call"):
        return None
    values = []
    for item in node.args:
        value = rational(item)
        if value is None:
            return None
        values.append(value)
    return _apply(node, values)


def _apply(node: Node, values: list[Fraction]) -> Fraction | None:
    first = values[0]
    if node.op == "add":
        return _within(sum(values, Fraction(0)))
    if node.op == "mul":
        product = Fraction(1)
        for value in values:
            product = _within(product * value)
        return product
    if node.op == "div":
        return None if values[1] == 0 else _within(first / values[1])
    if node.op == "neg":
        return -first
    if node.op == "percent":
        return first / 100
    if node.op == "fact":
        return _factorial(first)
    if node.op == "pow":
        return _power(first, values[1])
    if node.name == "abs":
        return abs(first)
    return _root(first) if node.name == "sqrt" else _binomial(first, values[1])


def _bits(value: Fraction) -> int:
    return value.numerator.bit_length() + value.denominator.bit_length()


def _within(value: Fraction) -> Fraction:
    if _bits(value) > MAX_BITS:
        raise TooLargeError(f"a value has more than {MAX_BITS} bits")
    return value


def _power(base: Fraction, exponent: Fraction) -> Fraction | None:
    if exponent.denominator != 1:
        root = _root(base) if exponent.denominator == 2 else None
        return None if root is None else _power(root, Fraction(exponent.numerator))
    if base in (0, 1, -1):
        if base == 0:
            return None if exponent < 0 else Fraction(int(exponent == 0))
        return base if exponent.numerator % 2 else Fraction(1)
    if _bits(base) * abs(exponent.numerator) > 2 * MAX_BITS:
        raise TooLargeError(f"a power would have more than {MAX_BITS} bits")
    return _within(base ** int(exponent))


def _factorial(value: Fraction) -> Fraction | None:
    if value.denominator != 1 or value < 0:
        return None
    if value > 1000:
        raise TooLargeError("a factorial over 1000! is not evaluated")
    product = 1
    for factor in range(2, int(value) + 1):
        product *= factor
    return Fraction(product)


def _binomial(top: Fraction, bottom: Fraction) -> Fraction | None:
    if top.denominator != 1 or bottom.denominator != 1 or not 0 <= bottom <= top:
        return None
    if top > 10_000 or min(bottom, top - bottom) > 1000:
        raise TooLargeError("a binomial coefficient is over the budget")
    import math

    return _within(Fraction(math.comb(int(top), int(bottom))))


def _root(value: Fraction) -> Fraction | None:
    """Square root where it is rational."""
    import math

    if value < 0:
        return None
    top, bottom = math.isqrt(value.numerator), math.isqrt(value.denominator)
    return Fraction(top, bottom) if top * top == value.numerator and bottom * bottom == value.denominator else None
