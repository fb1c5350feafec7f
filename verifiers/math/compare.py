"""Compares two answers of any kind: assignments, lists, tuples, sets, matrices, relations; scalars at the leaves."""

from fractions import Fraction

from verifiers.math.numeric import same
from verifiers.math.outcome import UNIT_LETTERS, Context, Outcome
from verifiers.math.regions import compare_regions, is_region, region
from verifiers.math.scalars import compare_scalars
from verifiers.math.tree import Node, TooLargeError, substituted, symbols, walk
from verifiers.math.units import measure

_CONTAINERS = ("tuple", "list", "set", "matrix", "row", "union", "minus", "builder", "rel")
_MAX_ITEMS = 60
_SCALES = {"dozen": 12, "hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_FLIP = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}


def compare(gold: Node, found: Node, context: Context) -> Outcome:
    """Whether the found answer says the same as the gold."""
    gold_unit, gold = _unit(gold)
    found_unit, found = _unit(found)
    scale = _scale(found_unit) / _scale(gold_unit)
    if scale != 1:
        return _scaled(gold, found, scale, context)
    factor = _units(gold_unit, found_unit, context)
    if isinstance(factor, Outcome):
        return factor
    if factor != 1:
        found = Node("mul", (found, Node("num", value=factor)))
    if not found_unit and _ends_in_letters(found) and not symbols(gold):
        return _unit_letters(gold, gold_unit, found, context)
    if not gold_unit and _ends_in_letters(gold) and not symbols(found):
        return _unit_letters(found, found_unit, gold, context)
    if is_region(gold) or is_region(found):
        return _regions(gold, found, context)
    equations = gold, found
    gold_name, gold = _assigned(gold)
    found_name, found, sound = _checked(found)
    if all(node.op == "rel" and node.name == "=" for node in equations) and "rel" in (gold.op, found.op):
        return _equations(*equations, context)
    if not sound:
        return context.decide("unsure", "equation", "contradictory")
    if (gold_name is None) != (found_name is None) and not context.equality.assignment:
        return context.decide("different", "equation", "assignment")
    renamed = _renamed(gold_name, found_name, found)
    if renamed is None:
        return context.decide("unsure", "equation", "other_unknown")
    return _unwrapped(_spread(gold), _spread(renamed), context)


def _unwrapped(gold: Node, found: Node, context: Context) -> Outcome:
    """Dispatch on the kind, behind units, names and ±."""
    if is_region(gold) or is_region(found):
        return _regions(gold, found, context)
    gold, found = _single(gold), _single(_last_equation(gold, found))
    if gold.op == "rel" or found.op == "rel":
        return _relations(gold, found, context)
    if gold.op == "matrix" and found.op == "matrix":
        return _matrices(gold, found, context)
    if gold.op in ("tuple", "list", "set") or found.op in ("tuple", "list", "set"):
        return _sequences(gold, found, context)
    if gold.op in _CONTAINERS or found.op in _CONTAINERS:
        return context.decide("unsure", "kind", "other_kind")
    return compare_scalars(gold, found, context)


def _last_equation(gold: Node, found: Node) -> Node:
    """``5*3 = 15; 15 + 2 = 17`` for one value: a computation, which ends in its answer."""
    if gold.op in _CONTAINERS or found.op != "list" or symbols(found):
        return found
    if all(item.op == "rel" and set(item.name.split(",")) == {"="} for item in found.args):
        return _assigned(found.args[-1])[1]
    return found


def _single(node: Node) -> Node:
    """A set of one number is read as the number."""
    return node.args[0] if node.op in ("set", "list") and len(node.args) == 1 else node


def _unit(node: Node) -> tuple[str, Node]:
    if node.op != "unit":
        return ("degree", node) if node.op == "deg" else ("", node)
    if node.name.lower() in ("percent", "per cent", "percentage"):
        return "", Node("percent", node.args)
    return node.name, node.args[0]


def _units(gold: str, found: str, context: Context) -> Outcome | Fraction:
    """Factor that brings the found value to the gold's unit, or why it cannot be."""
    if gold and not found and context.equality.units == "required":
        return context.decide("different", "unit", "unit_missing")
    if "clock" in (gold, found) and gold != found:
        return context.decide("unsure", "unit", "time_unclear")
    left, right = measure(gold), measure(found)
    if left is None or right is None:
        return Fraction(1)
    if left[0] != right[0]:
        return context.decide("different", "unit", "other_unit")
    return right[1] / left[1]


def _scale(unit: str) -> Fraction:
    """``million`` in ``5 million people``."""
    first = unit.lower().partition(" ")[0]
    return Fraction(_SCALES.get(first, 1))


def _scaled(gold: Node, found: Node, scale: Fraction, context: Context) -> Outcome:
    """``5 million`` is 5000000; but "how many dozen?" may be answered by ``12 dozen``."""
    outcome = compare(gold, Node("mul", (found, Node("num", value=scale))), context)
    if outcome.result == "different" and compare(gold, found, context).result == "equal":
        return context.decide("unsure", "unit", "scale_unclear")
    return outcome


def _ends_in_letters(node: Node) -> bool:
    """``2600g`` or ``52 WPM``: a number and one unit letter, or several letters."""
    if node.op != "mul" or node.args[0].op != "num" or any(item.op != "sym" for item in node.args[1:]):
        return False
    return len(node.args) > 2 or node.args[1].name in UNIT_LETTERS


def _unit_letters(plain: Node, unit: str, lettered: Node, context: Context) -> Outcome:
    """``2600g`` for 2600 is grams if the problem speaks of grams; otherwise g may be a symbol."""
    if unit:
        letters = " ".join(item.name for item in lettered.args[1:])
        return compare(Node("unit", (plain,), unit), Node("unit", (lettered.args[0],), letters), context)
    outcome = compare(plain, lettered.args[0], context)
    if outcome.result != "equal" or (len(lettered.args) == 2 and context.asked.unit_letter(lettered.args[1].name)):
        return outcome
    return context.decide("unsure", "unit", "unit_or_symbol")


def _regions(gold: Node, found: Node, context: Context) -> Outcome:
    if region(gold) is None and region(found) is None and gold.op == found.op == "rel":
        return _relations(gold, found, context)
    if gold.op == found.op == "rel" and symbols(gold) != symbols(found):
        return context.decide("unsure", "region", "other_unknown")
    gold, found = (node.args[1] if _membership(node) else node for node in (gold, found))
    scalar = next((node for node in (gold, found) if node.op not in _CONTAINERS), None)
    if scalar is not None:
        return context.decide("different", "kind", "other_kind")
    return compare_regions(gold, found, context)


def _membership(node: Node) -> bool:
    return node.op == "rel" and node.name == "=" and len(node.args) == 2 and is_region(node.args[1])


def _assigned(node: Node) -> tuple[Node | None, Node]:
    """``x = 5`` as (x, 5); a chain of equalities as its last exact side; else (None, node)."""
    if node.op != "rel" or any(sign not in ("=", "~") for sign in node.name.split(",")):
        return None, node
    signs, sides = node.name.split(","), node.args
    if len(sides) == 2 and sides[1].op == "sym" and not symbols(sides[0]):
        sides = sides[::-1]  # 5 = x
    exact = sides[: signs.index("~") + 1] if "~" in signs else sides
    name = _function_head(sides[0], sides[-1])
    is_name = _names_symbol(name) or (name.op == "tuple" and all(_names_symbol(item) for item in name.args))
    if is_name and len(exact) > 1 and not _mentions(exact[-1], name):
        return name, exact[-1]
    if not any(item.op == "sym" for side in sides for item in walk(side)):
        return None, exact[-1]
    return None, node


def _names_symbol(node: Node) -> bool:
    """True for ``x``, ``x_1`` and ``f(x)``: what an answer may be assigned to."""
    return node.op == "sym" or (node.op == "call" and len(node.name.removesuffix("^-1")) == 1)


def _function_head(node: Node, body: Node) -> Node:
    """``N(n) = 2n`` names a function, though ``N(n)`` alone is a product."""
    if node.op == "mul" and len(node.args) == 2 and all(item.op == "sym" for item in node.args):
        head, argument = node.args
        if argument.name in symbols(body) and head.name not in symbols(body):
            return Node("call", (argument,), name=head.name)
    return node


def _mentions(node: Node, name: Node) -> bool:
    return name.op == "sym" and any(item == name for item in walk(node))


def _checked(node: Node) -> tuple[Node | None, Node, bool]:
    """Like ``_assigned``; False when the sides of the chain contradict each other."""
    name, result = _assigned(node)
    if node.op != "rel" or result is node:
        return name, result, True
    signs = node.name.split(",")
    sides = node.args[1:] if name is not None else node.args
    exact = sides[: len(sides) - signs.count("~")] if "~" in signs else sides
    try:
        sound = all(same(side, result) != "different" for side in exact[:-1] if side.op not in _CONTAINERS)
    except TooLargeError:
        sound = False
    return name, result, sound


def _renamed(gold: Node | None, found: Node | None, value: Node) -> Node | None:
    """The found value in the gold's variable for ``f(x)`` against ``f(z)``; None when they name different unknowns."""
    if gold is None or found is None or gold == found:
        return value
    if gold.op == found.op == "call" and len(gold.args) == len(found.args) and gold.name == found.name:
        for old, new in zip(found.args, gold.args, strict=True):
            if old.op != "sym" or new.op != "sym" or (old != new and new.name in symbols(value)):
                return None
            value = substituted(value, old, new)
        return value
    if {gold.op, found.op} == {"call", "sym"} and gold.op != found.op:
        return value  # y = … for f(x) = …
    return None


def _spread(node: Node) -> Node:
    r"""``a \pm b`` as the list of both values, also inside a list."""
    if node.op in ("list", "set"):
        items = [part for item in node.args[:_MAX_ITEMS] for part in _both(item)]
        return Node(node.op, (*items, *node.args[_MAX_ITEMS:]), name=node.name)
    both = _both(node)
    return node if len(both) == 1 else Node("list", tuple(both))


def _both(node: Node) -> list[Node]:
    if not any(item.op == "pm" for item in walk(node)):
        return [node]
    return [_chosen(node, "+"), _chosen(node, "-")]


def _chosen(node: Node, sign: str) -> Node:
    """All ± take the same sign, all ∓ the other."""
    args = tuple(_chosen(item, sign) for item in node.args)
    if node.op == "pm":
        return args[0] if node.name == sign else Node("neg", args)
    return Node(node.op, args, node.name, node.value, node.places)


def _sequences(gold: Node, found: Node, context: Context) -> Outcome:
    """Tuples in order; lists and sets in any order; where the brackets disagree, only the clear cases."""
    kinds = (gold.op, found.op)
    if any(op not in ("tuple", "list", "set") for op in kinds):
        return context.decide("unsure" if "matrix" in kinds else "different", "kind", "other_kind")
    if gold.name == "or" and len(gold.args) > 1 and found.op != "list":
        gold = Node("set", gold.args)
    if len(gold.args) != len(found.args):
        duplicates = gold.op != "tuple" and found.op != "tuple" and len(gold.args) < len(found.args)
        if duplicates and _matched(found, gold, context) == "equal":
            return context.decide("unsure", "sequence", "repeated_values")
        return context.decide("different", "sequence", "other_count")
    if len(gold.args) > _MAX_ITEMS:
        return context.decide("unsure", "sequence", "too_large")
    ordered = _in_order(gold, found, context)
    if "tuple" not in kinds:
        result = "equal" if ordered == "equal" else _matched(gold, found, context)
        return context.decide(result, "sequence")
    if kinds == ("tuple", "tuple") and ordered == "equal" and gold.name != found.name:
        return context.decide("unsure", "sequence", "other_brackets")
    if ordered == "equal" and "set" not in kinds:
        return context.decide("equal", "sequence")
    if gold.op != found.op and _matched(gold, found, context) == "equal":
        return context.decide("unsure", "sequence", "order_unclear")
    return context.decide(ordered if ordered != "equal" else "unsure", "sequence")


def _in_order(gold: Node, found: Node, context: Context) -> str:
    results = {compare(a, b, context).result for a, b in zip(gold.args, found.args, strict=True)}
    return "different" if "different" in results else "unsure" if "unsure" in results else "equal"


def _matched(gold: Node, found: Node, context: Context) -> str:
    """Every gold item has its own partner (or, when the gold has more, any partner)."""
    rest, result = list(found.args), "equal"
    for item in gold.args[:_MAX_ITEMS]:
        results = [compare(item, other, context).result for other in rest]
        if "equal" in results:
            if len(gold.args) == len(found.args):
                rest.pop(results.index("equal"))
        elif "unsure" in results:
            result = "unsure"
        else:
            return "different"
    return result


def _matrices(gold: Node, found: Node, context: Context) -> Outcome:
    shapes = [(len(node.args), len(node.args[0].args)) for node in (gold, found)]
    if shapes[0] != shapes[1]:
        return context.decide("different", "matrix", "other_shape")
    if shapes[0][0] * shapes[0][1] > _MAX_ITEMS:
        return context.decide("unsure", "matrix", "too_large")
    results = {_in_order(a, b, context) for a, b in zip(gold.args, found.args, strict=True)}
    result = "different" if "different" in results else "unsure" if "unsure" in results else "equal"
    return context.decide(result, "matrix")


def _relations(gold: Node, found: Node, context: Context) -> Outcome:
    """Equations with the same zero set up to a factor; inequalities side by side."""
    if gold.op != found.op:
        point = found.op not in _CONTAINERS and not symbols(found) and len(symbols(gold)) > 1
        return context.decide("different" if point else "unsure", "relation", "other_kind")
    if gold.name == found.name == "=":
        return _equations(gold, found, context)
    signs = found.name.split(",")
    if gold.name != found.name and all(sign in _FLIP for sign in signs):
        found = Node("rel", found.args[::-1], name=",".join(_FLIP[sign] for sign in reversed(signs)))
    if gold.name != found.name or len(gold.args) != len(found.args):
        return context.decide("unsure", "relation", "other_form")
    result = _in_order(gold, found, context)
    return context.decide("unsure" if result == "different" else result, "relation")


def _equations(gold: Node, found: Node, context: Context) -> Outcome:
    """``l1 = r1`` and ``l2 = r2`` say the same if (l1 - r1) / (l2 - r2) is a constant other than zero."""
    from verifiers.math.numeric import proportional

    sides = [*gold.args, *found.args]
    if any(side.op in _CONTAINERS for side in sides):
        result = _in_order(gold, found, context)
        return context.decide("unsure" if result == "different" else result, "equation")
    left, right = (Node("add", (node.args[0], Node("neg", (node.args[1],)))) for node in (gold, found))
    try:
        verdict = proportional(left, right)
    except TooLargeError:
        return context.decide("unsure", "equation", "too_large")
    return context.decide("equal" if verdict else "unsure", "equation", "" if verdict else "other_form")
