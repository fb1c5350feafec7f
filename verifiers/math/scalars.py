"""Compares two single values: exact, rounded, structural, numeric, symbolic; cheapest first."""

from verifiers.math.exact import rational
from verifiers.math.families import renamed, shifted
from verifiers.math.functions import OPAQUE
from verifiers.math.numeric import same
from verifiers.math.outcome import Context, Outcome
from verifiers.math.rounding import quiet_rational, rounded, rounded_numeric
from verifiers.math.tree import Node, TooLargeError, structure, walk

_MAX_SYMBOLIC_NODES = 60


def compare_scalars(gold: Node, found: Node, context: Context) -> Outcome:
    """Neither side is a list, set, tuple, matrix or relation."""
    if infinite(gold) or infinite(found):
        return context.decide("equal" if infinite(gold) == infinite(found) else "different", "infinity")
    if _positional(gold) or _positional(found):
        return _based(gold, found, context)
    if gold.op == "percent" or found.op == "percent":
        return _percent(gold, found, context)
    if gold.op == "deg" or found.op == "deg":
        return _degrees(gold, found, context)
    return _values(gold, found, context)


def infinite(node: Node) -> int:
    """1 or -1 for an infinity, else 0."""
    if node.op == "neg":
        return -infinite(node.args[0])
    return 1 if node.op == "const" and node.name == "oo" else 0


def _positional(node: Node) -> str:
    """Signed digits of ``-221_3``, '' for any other node."""
    if node.op == "neg":
        digits = _positional(node.args[0])
        return digits and "-" + digits
    return node.name if node.op == "based" else ""


def _based(gold: Node, found: Node, context: Context) -> Outcome:
    """Numbers written in a base: by digits. A missing base is allowed where the problem speaks of bases."""
    digits = [_positional(node) for node in (gold, found)]
    if all(digits):
        same_base = {item.value for item in (*walk(gold), *walk(found)) if item.op == "based"}
        return context.decide("equal" if digits[0] == digits[1] and len(same_base) == 1 else "different", "base")
    value = quiet_rational(found if digits[0] else gold)
    if value is None or str(value) not in digits:
        return context.decide("different" if value is not None else "unsure", "base", "base_differs")
    if context.asked.base:
        return context.decide("equal", "base", "base_as_asked")
    return context.decide("unsure", "base", "base_missing")


def _percent(gold: Node, found: Node, context: Context) -> Outcome:
    """Half a percent sign: the other side may mean the fraction, or the number of percent."""
    if gold.op == found.op:
        return _values(gold.args[0], found.args[0], context)
    as_fraction = _values(gold, found, context)
    if as_fraction.result == "equal":
        return as_fraction
    inner = [node.args[0] if node.op == "percent" else node for node in (gold, found)]
    as_number = _values(inner[0], inner[1], context)
    if as_number.result != "equal":
        return as_fraction
    convention = context.equality.percent
    if convention == "always" or (convention == "asked" and context.asked.percent):
        return context.decide("equal", "percent", "percent_as_asked")
    return context.decide("different" if convention == "never" else "unsure", "percent", "percent_unclear")


def _degrees(gold: Node, found: Node, context: Context) -> Outcome:
    r"""``90^\circ`` against ``90`` or ``\pi/2``."""
    if gold.op == found.op:
        return _values(gold.args[0], found.args[0], context)
    plain = found if gold.op == "deg" else gold
    if any(item.op == "const" and item.name == "pi" for item in walk(plain)):
        return _values(gold, found, context)
    bare = [node.args[0] if node.op == "deg" else node for node in (gold, found)]
    return _values(bare[0], bare[1], context)


def _values(gold: Node, found: Node, context: Context) -> Outcome:
    too_large = False
    try:
        left, right = rational(gold), rational(found)
        if left is not None and right is not None and not _has_degrees(gold, found):
            if left == right:
                return context.decide("equal", "rational")
            return rounded(gold, found, left, right, context) or context.decide("different", "rational")
    except TooLargeError:
        too_large = True
    if structure(gold) == structure(found):
        return context.decide("equal", "structure")
    try:
        verdict = same(gold, found)
    except TooLargeError:
        return context.decide("unsure", "numeric", "too_large")
    if verdict == "different":
        return (
            rounded_numeric(gold, found, context)
            or shifted(gold, found, context)
            or renamed(gold, found, context)
            or _opaque(gold, found, context)
            or context.decide("different", "numeric")
        )
    if verdict == "equal":
        return context.decide("equal", "numeric")
    if verdict == "positive":
        return context.decide("unsure", "numeric", "equal_for_positive")
    return context.decide("unsure", "numeric", "too_large") if too_large else _symbolic(gold, found, context)


def _opaque(gold: Node, found: Node, context: Context) -> Outcome | None:
    """Integrals and limits may be equal although their parts differ."""
    if any(item.op == "call" and item.name in OPAQUE for item in (*walk(gold), *walk(found))):
        return context.decide("unsure", "numeric", "not_evaluated")
    return None


def _has_degrees(gold: Node, found: Node) -> bool:
    return any(item.op == "deg" for item in (*walk(gold), *walk(found)))


def _symbolic(gold: Node, found: Node, context: Context) -> Outcome:
    """Neither has a value at the sampled points: ask sympy, on small trees only."""
    from verifiers.math.symbolic import difference_is_zero

    difference = Node("add", (gold, Node("neg", (found,))))
    nodes = walk(difference)
    if len(nodes) > _MAX_SYMBOLIC_NODES or any(abs(item.value) > 10**6 for item in nodes if item.op == "num"):
        return context.decide("unsure", "symbolic", "too_large")
    zero = difference_is_zero(difference)
    if zero is None:
        return context.decide("unsure", "symbolic", "undefined")
    return context.decide("equal" if zero else "different", "symbolic")
