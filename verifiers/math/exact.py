"""Exact rational value of a tree, within a budget of bits: no operation is begun whose result would exceed it."""

from fractions import Fraction

from verifiers.math.tree import Node, TooLargeError

_CALLS = ("sqrt", "abs", "binom", "mod", "gcd", "lcm", "max", "min", "floor", "ceil")
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
    if node.op == "call" and node.name not in _CALLS:
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


def is_computation(node: Node) -> bool:
    """Whether a number is given as a sum, product or factorial that nobody carried out.

    Fractions, mixed numbers, percents, roots and ``a * 10^n`` are values.
    """
    if node.op in ("unit", "neg", "percent", "rel") and node.args:
        return is_computation(node.args[-1])
    if node.op == "div":
        return any(item.op not in ("num", "neg") and _is_rational(item) for item in node.args)
    if node.op == "add":
        mixed = len(node.args) == 2 and node.args[0].op == "num" and node.args[1].op == "div"
        return not mixed and _is_rational(node)
    if node.op == "mul":
        scientific = len(node.args) == 2 and node.args[0].op in ("num", "neg") and node.args[1].op == "pow"
        return not (scientific and node.args[1].args[0].value == 10) and _is_rational(node)
    return node.op in ("fact", "pow", "call") and _is_rational(node)


def _is_rational(node: Node) -> bool:
    try:
        return rational(node) is not None
    except TooLargeError:
        return True


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
    return _called(node.name, values)


def _called(name: str, values: list[Fraction]) -> Fraction | None:
    import math

    first = values[0]
    if name in ("max", "min"):
        return max(values) if name == "max" else min(values)
    if name in ("gcd", "lcm"):
        if any(value.denominator != 1 for value in values):
            return None
        return Fraction((math.gcd if name == "gcd" else math.lcm)(*(value.numerator for value in values)))
    if name in ("mod", "binom") and len(values) == 2:
        if name == "binom":
            return _binomial(first, values[1])
        return None if values[1] == 0 else first % values[1]
    if len(values) != 1:
        return None
    if name in ("floor", "ceil"):
        return Fraction(math.floor(first) if name == "floor" else math.ceil(first))
    return abs(first) if name == "abs" else _root(first)


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
