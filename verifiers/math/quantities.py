"""Units, prices and scale words beside a value."""

import re
from fractions import Fraction

from verifiers.math.grammar import SCALES
from verifiers.math.outcome import UNIT_LETTERS, Context, Outcome
from verifiers.math.tree import Node
from verifiers.math.units import is_physical, measure


def split(node: Node) -> tuple[str, Node]:
    """Unit and value; degrees count as a unit of a whole answer."""
    if node.op != "unit":
        return ("degree", node) if node.op == "deg" else ("", node)
    if node.name.lower() in ("percent", "per cent", "percentage", "pct", "percents"):
        return "", Node("percent", node.args)
    return node.name, node.args[0]


def scale(unit: str) -> Fraction:
    """``million`` in ``5 million people``."""
    return Fraction(SCALES.get(unit.lower().partition(" ")[0].removesuffix("s"), 1))


def _bare(unit: str) -> str:
    """The unit behind a scale word."""
    return unit.partition(" ")[2] if scale(unit) != 1 else unit


def factor(gold: str, found: str, context: Context) -> Outcome | Fraction:
    """What brings the found value to the gold's unit, or why nothing does."""
    gold, found = _bare(gold), _bare(found)
    if gold and not found and context.equality.units == "required":
        return context.decide("different", "unit", "unit_missing")
    if "clock" in (gold, found) and gold != found:
        return context.decide("unsure", "unit", "time_unclear")
    left, right = measure(gold), measure(found)
    context.measured = context.measured or is_physical(gold) or is_physical(found)
    if left is None or right is None:
        other = gold and found and not _named_alike(gold, found)
        return context.decide("unsure", "unit", "other_noun") if other else Fraction(1)
    if left[0] != right[0]:
        return context.decide("different", "unit", "other_unit")
    return right[1] / left[1]


_VAGUE = frozenset(("unit", "total", "altogether", "each", "more", "per", "in", "of", "the", "left", "away", "ago"))


def _named_alike(gold: str, found: str) -> bool:
    """Whether two phrases of which one is no known unit may name the same things."""
    left, right = ({word.rstrip("s") for word in re.findall(r"[a-z]+", unit.lower())} for unit in (gold, found))
    return bool(left & right or (left | right) & _VAGUE)


def ends_in_letters(node: Node) -> bool:
    """``2600g`` or ``52 WPM``: a number and one unit letter, or several letters."""
    if node.op != "mul" or node.args[0].op != "num" or any(item.op != "sym" for item in node.args[1:]):
        return False
    return len(node.args) > 2 or node.args[1].name in UNIT_LETTERS
