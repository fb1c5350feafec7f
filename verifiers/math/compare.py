"""Compares two answers of any kind: assignments, lists, tuples, sets, matrices, relations; scalars at the leaves."""

from verifiers.math.equations import assigned, checked, compare_equations, compare_solution, in_gold_names
from verifiers.math.matrices import as_matrix
from verifiers.math.outcome import Context, Outcome
from verifiers.math.quantities import ends_in_letters, factor, scale, split
from verifiers.math.regions import compare_regions, is_region, region
from verifiers.math.scalars import compare_scalars
from verifiers.math.tree import CONTAINERS, Node, structure, symbols, walk

_MAX_ITEMS = 60
_MAX_CASES = 8
_FLIP = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
_LISTED = ("tuple", "list", "set")


def compare(gold: Node, found: Node, context: Context) -> Outcome:
    """Whether the found answer says the same as the gold."""
    gold_unit, gold = split(gold)
    found_unit, found = split(found)
    ratio = scale(found_unit) / scale(gold_unit)
    if ratio != 1 and gold_unit != found_unit:
        return _scaled(gold, found, Node("num", value=ratio), context)
    multiple = factor(gold_unit, found_unit, context)
    if isinstance(multiple, Outcome):
        return multiple
    if multiple != 1:
        found = Node("mul", (found, Node("num", value=multiple)))
    if not found_unit and ends_in_letters(found) and not symbols(gold):
        return _unit_letters(gold, gold_unit, found, context)
    if not gold_unit and ends_in_letters(gold) and not symbols(found):
        return _unit_letters(found, found_unit, gold, context)
    if is_region(gold) or is_region(found):
        return _regions(gold, found, context)
    return _equated(gold, found, context)


def _equated(gold: Node, found: Node, context: Context) -> Outcome:
    """Behind units: take ``x =`` off both sides."""
    equations = gold, found
    gold_name, gold = assigned(gold)
    found_name, found, sound = checked(found)
    if all(node.op == "rel" and node.name == "=" for node in equations) and "rel" in (gold.op, found.op):
        return _equations(*equations, context)
    if not sound:
        return context.decide("unsure", "equation", "contradictory")
    if (gold_name is None) != (found_name is None) and not context.equality.assignment:
        return context.decide("different", "equation", "assignment")
    renamed = in_gold_names(gold_name, found_name, found)
    if renamed is None:
        return context.decide("unsure", "equation", "other_unknown")
    return _unwrapped(_spread(gold), _spread(renamed), context)


def _unwrapped(gold: Node, found: Node, context: Context) -> Outcome:
    """Dispatch on the kind, behind units, names and ±."""
    if is_region(gold) or is_region(found):
        return _regions(gold, found, context)
    gold, found = _single(_alike(gold, context)), _single(_last_equation(gold, _alike(found, context)))
    if gold.op == "rel" or found.op == "rel":
        return _relations(gold, found, context)
    matrices = as_matrix(gold), as_matrix(found)
    if matrices[0] is not None and matrices[1] is not None and "matrix" in (gold.op, found.op):
        return _matrices(matrices[0], matrices[1], context)
    if gold.op in _LISTED or found.op in _LISTED:
        return _sequences(gold, found, context)
    if gold.op == found.op and gold.op in ("ratio", "congruent", "cases"):
        return _ROWS[gold.op](gold, found, context)
    if gold.op == "congruent" and found.op not in CONTAINERS:
        return compare(gold.args[-2], found, context)
    if gold.op in CONTAINERS or found.op in CONTAINERS:
        return context.decide("unsure", "kind", "other_kind")
    return compare_scalars(gold, found, context)


def _alike(node: Node, context: Context) -> Node:
    """``3/4 or 0.75``: alternatives that are one value."""
    if node.op != "list" or node.name != "or" or any(item.op in CONTAINERS for item in node.args):
        return node
    first = node.args[0]
    same_value = all(compare(first, item, context).result == "equal" for item in node.args[1:_MAX_ITEMS])
    return first if same_value else node


def _last_equation(gold: Node, found: Node) -> Node:
    """``5*3 = 15; 15 + 2 = 17`` for one value: a computation, which ends in its answer."""
    if gold.op in CONTAINERS or found.op != "list" or symbols(found):
        return found
    if all(item.op == "rel" and set(item.name.split(",")) == {"="} for item in found.args):
        return assigned(found.args[-1])[1]
    return found


def _single(node: Node) -> Node:
    """A set of one number is read as the number; a set of a set is not."""
    one = node.op in ("set", "list") and len(node.args) == 1 and node.args[0].op != "set"
    return node.args[0] if one else node


def _scaled(gold: Node, found: Node, ratio: Node, context: Context) -> Outcome:
    """``5 million`` is 5000000; but "how many dozen?" may be answered by ``12 dozen``."""
    outcome = compare(gold, Node("mul", (found, ratio)), context)
    if outcome.result == "different" and compare(gold, found, context).result == "equal":
        return context.decide("unsure", "unit", "scale_unclear")
    return outcome


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
    if structure(gold) == structure(found):
        return context.decide("equal", "structure")
    listing = _chain(gold)
    if listing is not None and found.op == "list" and all(item.op == "sym" for item in found.args):
        same = listing == found.args and context.asked.sorting
        return context.decide("equal" if same else "unsure", "region", "chain_as_list")
    gold, found = (node.args[1] if _membership(node) else node for node in (gold, found))
    scalar = next((node for node in (gold, found) if node.op not in CONTAINERS), None)
    if scalar is not None:
        return context.decide("different", "kind", "other_kind")
    return compare_regions(gold, found, context)


def _chain(node: Node) -> tuple[Node, ...] | None:
    """The letters of ``b < a < c``, in order."""
    signs = set(node.name.split(","))
    chain = node.op == "rel" and len(signs) == 1 and signs <= {"<", ">"} and len(node.args) > 2
    return node.args if chain and all(item.op == "sym" for item in node.args) else None


def _membership(node: Node) -> bool:
    return node.op == "rel" and node.name == "=" and len(node.args) == 2 and is_region(node.args[1])


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
    if any(op not in _LISTED for op in kinds):
        vector = "tuple" in kinds and any(symbols(node) & {"i", "j", "k"} for node in (gold, found))
        return context.decide("unsure" if "matrix" in kinds or vector else "different", "kind", "other_kind")
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
    if "tuple" in kinds:
        return _tuples(gold, found, ordered, context)
    if ordered != "equal" and (context.equality.order != "written" or "set" in kinds):
        ordered = _matched(gold, found, context)
    return context.decide(ordered, "sequence")


def _tuples(gold: Node, found: Node, ordered: str, context: Context) -> Outcome:
    """At least one of them is a tuple."""
    kinds = (gold.op, found.op)
    if kinds == ("tuple", "tuple") and ordered == "equal" and gold.name != found.name:
        return _brackets(gold, context)
    if ordered == "equal" and "set" not in kinds:
        return context.decide("equal", "sequence")
    if gold.op != found.op and _matched(gold, found, context) == "equal":
        free = context.equality.order == "any"
        return context.decide("equal" if free else "unsure", "sequence", "order_unclear")
    return context.decide(ordered if ordered != "equal" else "unsure", "sequence")


def _brackets(gold: Node, context: Context) -> Outcome:
    """``[1, 2]`` against ``(1, 2)``: a closed and an open interval, or two ways to write a point."""
    if len(gold.args) == 2 and context.equality.interval_ends == "asked" and context.asked.monotonic:
        return context.decide("equal", "sequence", "ends_of_monotonicity")
    return context.decide("unsure", "sequence", "other_brackets")


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


def _ratios(gold: Node, found: Node, context: Context) -> Outcome:
    """``1:2:3`` and ``2:4:6``."""
    if len(gold.args) != len(found.args):
        return context.decide("different", "ratio", "other_count")
    results = set()
    for a, b in zip(gold.args[1:], found.args[1:], strict=True):
        left, right = Node("mul", (a, found.args[0])), Node("mul", (gold.args[0], b))
        results.add(compare_scalars(left, right, context).result)
    result = "different" if "different" in results else "unsure" if "unsure" in results else "equal"
    return context.decide(result, "ratio")


def _congruences(gold: Node, found: Node, context: Context) -> Outcome:
    """Equal moduli, and residues that differ by a multiple."""
    moduli = compare_scalars(gold.args[-1], found.args[-1], context)
    if moduli.result != "equal":
        return context.decide("unsure", "congruence", "other_modulus")
    sides = [Node("call", (node.args[-2], node.args[-1]), name="mod") for node in (gold, found)]
    return compare_scalars(sides[0], sides[1], context)


def _cases(gold: Node, found: Node, context: Context) -> Outcome:
    """Every case of the gold has a partner with the same value and the same conditions; never surely different."""
    if len(gold.args) != len(found.args) or len(gold.args) > _MAX_CASES:
        return context.decide("unsure", "cases", "other_count")
    rest = list(found.args)
    for row in gold.args:
        partner = next((other for other in rest if _same_case(row, other, context)), None)
        if partner is None:
            return context.decide("unsure", "cases", "other_case")
        rest.remove(partner)
    return context.decide("equal", "cases")


def _same_case(gold: Node, found: Node, context: Context) -> bool:
    return len(gold.args) == len(found.args) and _in_order(gold, found, context) == "equal"


_ROWS = {"ratio": _ratios, "congruent": _congruences, "cases": _cases}


def _relations(gold: Node, found: Node, context: Context) -> Outcome:
    """Equations with the same zero set up to a factor; inequalities side by side."""
    if gold.op != found.op:
        equation, value = (gold, found) if gold.op == "rel" else (found, gold)
        if value.op in CONTAINERS or not context.equality.assignment:
            return context.decide("unsure", "relation", "other_kind")
        return compare_solution(equation, value, context)
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
    sides = [*gold.args, *found.args]
    if any(side.op in CONTAINERS for side in sides):
        result = _in_order(gold, found, context)
        return context.decide("unsure" if result == "different" else result, "equation")
    return compare_equations(gold, found, context)
