"""The reading rule: a relation between two values is refuted only when every plausible reading of it is false.

Readings: other ways to read the signs (``expression.Reader``), a rounded result, rounded operands, float noise, a
factor of units (percent, cents, hours), angles in degrees, natural logarithms, and the running total ``3+4=7*2=14``.
"""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from verifiers.math.tokens import names
from verifiers.steps.arithmetic import UndefinedError, Value, evaluate
from verifiers.steps.expression import Reader
from verifiers.steps.sides import Side
from verifiers.steps.tree import Node, UnreadableError, bare, literals

TRUE, FALSE, UNSURE = "supported", "refuted", "unchecked"
_NOISE = 1e-9
_FACTORS = (10, 12, 16, 24, 30, 36, 52, 60, 100, 144, 365, 1000, 3600, 7, 14, 28, 31, 4, 3, 2, 5, 10**4, 10**6, 10**9)
_MOST_READINGS = 16


@dataclass(slots=True)
class Known:
    """What the values of a link may lean on."""

    given: frozenset[str] = frozenset()
    """Decimal literals of the problem: exact."""
    rounded: set[Fraction] = field(default_factory=set)
    """Results that earlier claims had rounded, whole ones too."""


def judge(relation: str, left: Side, right: Side, known: Known) -> tuple[str, Value, Value]:
    """The verdict on ``left relation right`` (both without variables) and the two values of the first reading.

    Raises ``UndefinedError`` when the first reading has no values.
    """
    assert left.node is not None
    assert right.node is not None
    a, b = evaluate(left.node), evaluate(right.node)
    said = compared(relation, (a, b), (left.node, right.node), known)
    if said != FALSE:
        return said, a, b
    for one, two in _readings(left, right):
        try:
            value, other = evaluate(one), evaluate(two)
        except UndefinedError:
            return UNSURE, a, b
        if compared(relation, (value, other), (one, two), known) != FALSE:
            return UNSURE, a, b
    if relation in ("=", "~", "==") and (is_running_total(a, right) or _scaled(a, b, left, right)):
        return UNSURE, a, b
    if relation in ("=", "~") and _last_term(left.node, b):
        return UNSURE, a, b
    return FALSE, a, b


def compared(relation: str, values: tuple[Value, Value], nodes: tuple[Node, Node], known: Known) -> str:
    """The verdict on two values in one reading; ``nodes`` are what they are the values of."""
    (a, b), (left, right) = values, nodes
    if isinstance(a, complex) or isinstance(b, complex):
        return TRUE if relation == "=" and abs(a - b) <= _NOISE * (1 + abs(a)) else UNSURE
    if relation in ("=", "~"):
        return equal(a, b, left, right, known, approximate=relation == "~")
    try:
        tolerance = _NOISE * max(abs(float(a)), abs(float(b)), 1e-9)
        difference = float(a - b)
    except OverflowError:
        return UNSURE
    if abs(difference) <= tolerance and a != b:
        return UNSURE
    holds = {
        "<": a < b, ">": a > b, "<=": a <= b, ">=": a >= b, "!=": a != b, "==": a == b,
    }[relation]  # fmt: skip
    if holds:
        return TRUE
    if relation == "==":
        return UNSURE
    return UNSURE if abs(difference) <= _slack(left, known) + _slack(right, known) else FALSE


def equal(a: Value, b: Value, left: Node, right: Node, known: Known, *, approximate: bool) -> str:
    """Whether two real values are equal, as exactly as the way they are written asks."""
    if a == b:
        return TRUE
    try:
        size = max(abs(float(a)), abs(float(b)))
        difference = abs(float(a - b))
    except OverflowError:
        return UNSURE if isinstance(a, float) or isinstance(b, float) else FALSE
    if (isinstance(a, float) and not math.isfinite(a)) or (isinstance(b, float) and not math.isfinite(b)):
        return UNSURE
    if difference <= _NOISE * size:
        return TRUE if isinstance(a, float) or isinstance(b, float) or _long(left) or _long(right) else FALSE
    said = min((_rounded(side, value, approximate) for side, value in ((left, b), (right, a))), key=_ORDER)
    if said != FALSE:
        return said
    if difference <= _slack(left, known) + _slack(right, known):
        return UNSURE
    if approximate and difference <= 0.05 * size:
        return FALSE if _is_plain(a, left, b, right) or _is_plain(b, right, a, left) else UNSURE
    return FALSE


_ORDER = {TRUE: 0, UNSURE: 1, FALSE: 2}.__getitem__


def _is_plain(a: Value, left: Node, b: Value, right: Node) -> bool:
    """Whole numbers give ``a``, a value that needs no rounding to the places that ``b`` is written with."""
    literal = bare(right)
    if literal is None or literal[2] < 2 or not isinstance(a, (int, Fraction)) or a == b:
        return False
    return all(item[2] < 0 for item in literals(left)) and (a * 10 ** literal[2]) % 1 == 0


def _long(node: Node) -> bool:
    """A printed floating-point number."""
    return any(item[2] >= 9 for item in literals(node))


def _rounded(side: Node, exact: Value, approximate: bool) -> str:
    """Whether a literal is the rounded form of the other side's value."""
    literal = bare(side)
    if literal is None:
        return FALSE
    places = max(literal[2], 0)
    value = literal[1]
    # the literal may stand under a sign or a percent sign: compare sizes
    percent = _has_percent(side)
    exact = abs(exact * 100 if percent else exact)
    ulp = Fraction(1, 10**places)
    difference = abs(exact - value)
    terminates = isinstance(exact, (int, Fraction)) and (exact * 10**places) % 1 == 0
    if not terminates:
        if difference <= float(ulp) * 0.5000001:
            return TRUE if places or approximate else UNSURE
        # cut off, or rounded up to a whole number of things; 2/5 is not rounded to 1
        if difference <= float(ulp) * 1.0000001 and (places or 2 * difference <= value):
            return UNSURE
    if literal[2] < 0 and value:
        zeros = 10 ** (len(str(value)) - len(str(value).rstrip("0")))
        if approximate and zeros >= 10 and difference <= zeros:
            return TRUE if 2 * difference <= zeros else UNSURE
        if zeros >= 100 and value >= 10_000 and 2 * difference <= zeros and 100 * difference <= value:
            return UNSURE
    return FALSE


def _has_percent(node: Node) -> bool:
    while node[0] in ("-", "%", "°"):
        if node[0] == "%":
            return True
        node = node[1]
    return False


def _slack(node: Node, known: Known) -> float:
    """How far the value may be off because literals in it look rounded, or π and roots were taken coarsely."""
    if bare(node) is not None:
        return 0.0
    loose = [item for item in set(literals(node)) if _is_rounded(item, known)]
    total = 0.0
    try:
        base = evaluate(node)
        if isinstance(base, float):
            total += 0.004 * abs(base)  # 3.14, 1.41, 1.73
        for item in loose[:20]:
            half = Fraction(1, 2 * 10 ** max(item[2], 0))
            moved = evaluate(_shifted(node, item, half))
            total += abs(float(moved - base)) * 1.2
            moved = evaluate(_shifted(node, item, -half))
            total = max(total, abs(float(moved - base)) * 1.2)
    except (UndefinedError, OverflowError, TypeError):
        return math.inf
    return total


def _is_rounded(item: Node, known: Known) -> bool:
    if item[1] in known.rounded:
        return True
    if item[2] < 1 or str(float(item[1])) in known.given:
        return False
    return item[2] > 2 or bool(int(item[1] * 10 ** item[2]) % 5)  # 0.25 and 3.5 are exact, 0.33 and 1.98 may not be


def _shifted(node: Node, target: Node, by: Fraction) -> Node:
    if node == target:
        return ("n", Fraction(node[1]) + by, node[2])
    if node[0] == "n":
        return node
    return tuple(_shifted(part, target, by) if isinstance(part, tuple) else part for part in node)


def _readings(left: Side, right: Side) -> Iterator[tuple[Node, Node]]:
    """The other readings of both sides together, not the first."""
    choices = sorted(left.open | right.open)
    subsets = itertools.chain.from_iterable(itertools.combinations(choices, n) for n in range(1, len(choices) + 1))
    for chosen in itertools.islice(subsets, _MOST_READINGS):
        try:
            yield Reader(left.tokens, frozenset(chosen)).read(), Reader(right.tokens, frozenset(chosen)).read()
        except UnreadableError:
            continue
    yield from _functions(left, right)
    for choice in choices:
        yield from _one_sided(left, right, frozenset((choice,)))


def _one_sided(left: Side, right: Side, reading: frozenset[str]) -> Iterator[tuple[Node, Node]]:
    """The reading on one side only."""
    assert left.node is not None
    assert right.node is not None
    for side in (left, right):
        try:
            node = Reader(side.tokens, reading).read()
        except UnreadableError:
            continue
        yield (node, right.node) if side is left else (left.node, node)


def _functions(left: Side, right: Side) -> Iterator[tuple[Node, Node]]:
    """``log`` as the natural logarithm, angles in degrees."""
    assert left.node is not None
    assert right.node is not None
    names = {name for node in (left.node, right.node) for name in _names(node)}
    if "log" in names:
        yield natural(left.node), natural(right.node)
    degrees = any(token.text == "°" for side in (left, right) for token in side.tokens)
    if names & {"sin", "cos", "tan", "sec", "csc", "cot"} and not degrees:
        yield _degrees(left.node), _degrees(right.node)
    if names & {"arcsin", "arccos", "arctan"}:
        for factor in (180 / math.pi, math.pi / 180):
            yield ("*", ("n", factor, -1), left.node), right.node


def _names(node: Node) -> list[str]:
    found, stack = [], [node]
    while stack:
        item = stack.pop()
        if item[0] == "f":
            found.append(item[1])
        stack.extend(part for part in item[1:] if isinstance(part, tuple))
    return found


def natural(node: Node) -> Node:
    """The tree with ``log`` as the natural logarithm."""
    if node[0] == "f" and node[1] == "log" and len(node) == 3:
        return ("f", "ln", natural(node[2]))
    return tuple(natural(part) if isinstance(part, tuple) else part for part in node)


def _degrees(node: Node) -> Node:
    if node[0] == "f" and node[1] in ("sin", "cos", "tan", "sec", "csc", "cot"):
        return ("f", node[1], ("°", node[2]))
    return tuple(_degrees(part) if isinstance(part, tuple) else part for part in node)


def is_running_total(total: Value, right: Side) -> bool:
    """``3+4 = 7*2 = 14``: the next side starts with the value so far, and goes on from it."""
    tokens = right.tokens
    for end in range(1, min(len(tokens), 12)):
        if (
            (tokens[end].kind == "o" and tokens[end].text in "+-*/")
            or tokens[end].kind == "f"
            or tokens[end].text == "("
        ):
            try:
                value = evaluate(Reader(tokens[:end]).read())
            except (UnreadableError, UndefinedError):
                continue
            if value == total or (isinstance(value, (int, Fraction)) and abs(value - total) < Fraction(1, 100)):
                return True
    return False


_SCALES = names(
    "thousand million billion hundred dozen k m mm cm km kg g mg lb lbs oz ft in inch inches feet foot yard yards"
    " mile miles hour hours hr hrs minute minutes min mins second seconds sec secs day days week weeks month"
    " months year years cent cents dollar dollars percent percentage liter liters litre litres ml gallon gallons"
    " quart quarts pint pints cup cups ounce ounces pound pounds ton tons meter meters metre metres kilometer"
    " kilometers mph decade decades century pair pairs quarter quarters dime dimes nickel nickels penny pennies"
    " pence score gross half halves ounce hundreds thousands degrees degree radians gram grams kilogram kilograms"
    " centimeters centimeter millimeters"
)


_FACTORS_OF = {
    unit: factors
    for units, factors in (
        ("second sec minute min", (60, 3600, 1000, 1440)),
        ("hour hr", (60, 24, 12, 3600, 7, 100, 10)),
        ("mile yard foot feet ft in inch inche", (12, 3, 36, 5280, 1760, 9, 144)),
        ("pound lb ounce oz ton", (16, 2000, 100, 10, 1000, 14)),
        ("dollar cent penny pennie dime nickel", (100, 10, 5, 20, 4, 25, 1000)),
        ("m cm mm km meter metre kilometer kilometre gram g kg kilogram liter litre ml", (10, 100, 1000, 10**4, 10**6)),
        ("percent percentage", (100,)),
        ("mph", (60, 3600)),
    )
    for unit in units.split()
}


def _last_term(left: Node, result: Value) -> bool:
    """``2 * 26 = 52 + 2 * 12 = 24``: two sums told in one line, and the result is that of the second."""
    if left[0] != "+" or left[1][0] != "n" or left[-1][0] not in ("*", "/"):
        return False
    try:
        return bool(evaluate(left[-1]) == result)
    except UndefinedError:
        return False


def spoken_units(side: Side) -> set[str]:
    """Units and scales among the words of a side, in the singular; what stands below a slash is left out."""
    found = set()
    for text in side.words:
        if not text.startswith("/"):
            found |= {word.strip(" .^0123456789") for word in text.split(" per ")[0].split("/")[0].split()} & _SCALES
    return {word.rstrip("s") for word in found}


def _scaled(a: Value, b: Value, left: Side, right: Side) -> bool:
    """The two differ by a factor of units, and units or percents are spoken of."""
    factors = {100} if any("percent" in side.open for side in (left, right)) else set()
    for side in (left, right):
        for unit in spoken_units(side) | ({side.after.rstrip("s")} if side.after in _SCALES else set()):
            factors.update(_FACTORS_OF.get(unit, _FACTORS))
    return bool(factors) and differ_by_factor(a, b, tuple(factors))


def differ_by_factor(a: Value, b: Value, factors: tuple[int, ...]) -> bool:
    """Whether one value is the other times one of ``factors``, to half a percent."""
    try:
        ratio = abs(float(a) / float(b))
    except (ZeroDivisionError, OverflowError, TypeError):
        return False
    ratio = max(ratio, 1 / ratio) if ratio else 0.0
    return any(abs(ratio - factor) <= 0.005 * factor for factor in factors)


def constant(side: Side) -> bool:
    """Whether the side can be read and has no variables."""
    return side.node is not None and not side.names
