"""Compares two single values: exact, rounded, structural, numeric, symbolic; cheapest first."""

from fractions import Fraction

from verifiers.math.exact import rational
from verifiers.math.numeric import same
from verifiers.math.outcome import Context, Outcome
from verifiers.math.tree import Node, TooLargeError, structure, substituted, symbols, walk

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
    value = _quiet_rational(found if digits[0] else gold)
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
            return _rounded(gold, found, left, right, context) or context.decide("different", "rational")
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
            _rounded_numeric(gold, found, context)
            or _renamed(gold, found, context)
            or context.decide("different", "numeric")
        )
    if verdict == "equal":
        return context.decide("equal", "numeric")
    if verdict == "positive":
        return context.decide("unsure", "numeric", "equal_for_positive")
    return context.decide("unsure", "numeric", "too_large") if too_large else _symbolic(gold, found, context)


def _has_degrees(gold: Node, found: Node) -> bool:
    return any(item.op == "deg" for item in (*walk(gold), *walk(found)))


def _quiet_rational(node: Node) -> Fraction | None:
    try:
        return rational(node)
    except TooLargeError:
        return None


def _literal(node: Node) -> Node | None:
    """The decimal under signs and percent, if the node is one."""
    while node.op in ("neg", "percent"):
        node = node.args[0]
    return node if node.op == "num" and node.places >= 0 else None


def _half_unit(node: Node) -> Fraction | None:
    """Half a unit of the last place of a decimal."""
    literal = _literal(node)
    if literal is None:
        return None
    half = Fraction(1, 2 * 10**literal.places)
    return half / 100 if node.op == "percent" or (node.op == "neg" and node.args[0].op == "percent") else half


def _rounded(gold: Node, found: Node, left: Fraction, right: Fraction, context: Context) -> Outcome | None:
    """Equal up to rounding, where the convention allows it."""
    if context.equality.rounding == "never":
        return None
    half = _half_unit(gold)
    if half is not None and abs(left - right) <= half and _may_round(gold, right, context):
        return context.decide("equal", "rounding", "gold_is_rounded")
    half = _half_unit(found)
    if half is not None and context.asked.rounding and _places(found) >= 2 and abs(left - right) <= half:
        return context.decide("equal", "rounding", "asked_to_round")
    return _coarser(found, left, right, context)


def _coarser(found: Node, left: Fraction, right: Fraction, context: Context) -> Outcome | None:
    """The answer is the gold rounded to at least three digits, which nobody asked for, or floating-point noise."""
    if _places(found) >= 9 and abs(left - right) * 10**9 <= abs(left):
        return context.decide("unsure", "rounding", "float_noise")
    half, literal = _half_unit(found), _literal(found)
    if (
        half is not None
        and literal is not None
        and abs(left - right) <= half
        and literal.value * 10**literal.places >= 100
    ):
        return context.decide("unsure", "rounding", "rounded_unasked")
    return None


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


def _rounded_numeric(gold: Node, found: Node, context: Context) -> Outcome | None:
    """The same for irrational values, evaluated in decimal."""
    if context.equality.rounding == "never" or symbols(gold) or symbols(found):
        return None
    for rounded, exact, allowed in (
        (gold, found, _may_round(gold, None, context)),
        (found, gold, context.asked.rounding and _places(found) >= 2),
    ):
        half, value = _half_unit(rounded), _decimal(exact)
        centre = _quiet_rational(rounded)
        if allowed and half is not None and value is not None and centre is not None and abs(centre - value) <= half:
            return context.decide("equal", "rounding", "gold_is_rounded" if rounded is gold else "asked_to_round")
    value, centre = _decimal(gold), _quiet_rational(found)
    return None if value is None or centre is None else _coarser(found, value, centre, context)


def _renamed(gold: Node, found: Node, context: Context) -> Outcome | None:
    """The same expression with one symbol renamed: equal for a constant of integration, else not sure."""
    old, new = symbols(found) - symbols(gold), symbols(gold) - symbols(found)
    if len(old) != 1 or len(new) != 1:
        return None
    old_name, new_name = old.pop(), new.pop()
    renamed = substituted(found, Node("sym", name=old_name), Node("sym", name=new_name))
    if same(gold, renamed) != "equal":
        return None
    constant = (
        gold.op == "add" and Node("sym", name=new_name) in gold.args and {old_name[0], new_name[0]} <= set("cCkK")
    )
    return context.decide("equal" if constant else "unsure", "renaming", "renamed_constant" if constant else "renamed")


def _decimal(node: Node) -> Fraction | None:
    """Real value to about 15 digits; None when complex, undefined or enormous."""
    from verifiers.math.numeric import UndefinedError, value

    try:
        result = value(node, {})
    except (UndefinedError, TooLargeError):
        return None
    if getattr(result, "imag", 0) != 0 or abs(result) > 1e200:
        return None
    return Fraction(float(result.real))


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
