"""Decimals that stand for other values: rounded golds, answers that are coarser than the gold, floating-point noise."""

from fractions import Fraction

from verifiers.math.exact import rational
from verifiers.math.functions import UndefinedError
from verifiers.math.outcome import Context, Outcome
from verifiers.math.tree import Node, TooLargeError, symbols, walk

_LEAST_DIGITS = 3
"""Significant digits that a coarser answer must show."""


def rounded(gold: Node, found: Node, left: Fraction, right: Fraction, context: Context) -> Outcome | None:
    """Equal up to rounding, where the convention allows it; both values are known."""
    if context.equality.rounding == "never":
        return None
    half = _half_unit(gold)
    if half is not None and abs(left - right) <= half and _may_round(gold, right, context):
        return context.decide("equal", "rounding", "gold_is_rounded")
    return _as_asked(found, left, right, context) or _coarser(gold, found, left, right, context)


def rounded_numeric(gold: Node, found: Node, context: Context) -> Outcome | None:
    """The same for irrational values, evaluated in decimal."""
    if context.equality.rounding == "never" or symbols(gold) or symbols(found):
        return None
    half, exact, centre = _half_unit(gold), _decimal(found), quiet_rational(gold)
    within = half is not None and exact is not None and centre is not None and abs(centre - exact) <= half
    if within and _may_round(gold, None, context):
        return context.decide("equal", "rounding", "gold_is_rounded")
    exact, centre = _decimal(gold), quiet_rational(found)
    if exact is None or centre is None:
        return None
    return _as_asked(found, exact, centre, context) or _coarser(gold, found, exact, centre, context)


def quiet_rational(node: Node) -> Fraction | None:
    """Like ``rational``; None also where the value would be too large."""
    try:
        return rational(node)
    except TooLargeError:
        return None


def _literal(node: Node) -> Node | None:
    """The decimal under signs, percent and a change of unit, if the node is one."""
    while node.op in ("neg", "percent"):
        node = node.args[0]
    return node if node.op == "num" and node.places >= 0 else None


def _number(node: Node) -> Node | None:
    """The same, for whole numbers too."""
    while node.op in ("neg", "percent"):
        node = node.args[0]
    return node if node.op == "num" else None


def _half_unit(node: Node) -> Fraction | None:
    """Half a unit of the last place of a decimal."""
    literal = _literal(node)
    return None if literal is None else _half(node, literal)


def _half(node: Node, literal: Node) -> Fraction:
    half = Fraction(1, 2 * 10 ** max(literal.places, 0))
    return half / 100 if any(item.op == "percent" for item in walk(node)) else half


def _digits(literal: Node) -> int:
    """Significant digits that a literal shows; trailing zeros of a whole number do not count."""
    scaled = str(abs(int(literal.value * 10 ** max(literal.places, 0))))
    return len(scaled if literal.places >= 0 else scaled.rstrip("0"))


def _as_asked(found: Node, left: Fraction, right: Fraction, context: Context) -> Outcome | None:
    """The problem asks to round: the answer is the gold rounded to two places or more."""
    half = _half_unit(found)
    if half is not None and _places(found) >= 2 and abs(left - right) <= half and context.asked.rounding:
        return context.decide("equal", "rounding", "asked_to_round")
    return None


def _coarser(gold: Node, found: Node, left: Fraction, right: Fraction, context: Context) -> Outcome | None:
    """The answer is the gold rounded to three digits or more, or floating-point noise."""
    if _places(found) >= 9 and abs(left - right) * 10**9 <= abs(left):
        return context.decide("unsure", "rounding", "float_noise")
    literal = _number(found)
    if literal is None or _digits(literal) < _LEAST_DIGITS or abs(left - right) > _half(found, literal):
        return None
    convention, decimal_gold = context.equality.coarse, _places(gold) >= 2
    if convention == "always" or (convention == "measured" and decimal_gold and _is_measured(context)):
        return context.decide("equal", "rounding", "coarser")
    return context.decide("unsure", "rounding", "rounded_unasked") if literal.places >= 0 else None


def _is_measured(context: Context) -> bool:
    """A physical quantity or an approximate one, and no precision prescribed."""
    return (context.measured or context.asked.approximate) and not context.asked.precision


def _may_round(gold: Node, right: Fraction | None, context: Context) -> bool:
    """Whether the gold may be a rounded form of a value (None: irrational)."""
    if context.equality.rounding == "always" or context.asked.rounding:
        return True
    return _places(gold) >= 2 and (right is None or not _terminates(right))


def _places(node: Node) -> int:
    literal = _literal(node)
    if literal is None:
        return -1
    return literal.places + 2 * any(item.op == "percent" for item in walk(node))


def _terminates(value: Fraction) -> bool:
    """Whether the value has a finite decimal expansion."""
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    return rest == 1


def _decimal(node: Node) -> Fraction | None:
    """Real value to about 15 digits; None when complex, undefined or enormous."""
    from verifiers.math.numeric import value

    try:
        result = value(node, {})
    except (UndefinedError, TooLargeError):
        return None
    if getattr(result, "imag", 0) != 0 or abs(result) > 1e200:
        return None
    return Fraction(float(result.real))
