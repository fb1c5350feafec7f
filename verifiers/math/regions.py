"""Sets of real numbers: reads intervals, unions, inequalities and set-builder forms into pieces, and compares those."""

from verifiers.math.exact import rational
from verifiers.math.outcome import Context, Outcome
from verifiers.math.pieces import EVERYTHING, INFINITY, MINUS_INFINITY, Piece, complement, intersection, normal
from verifiers.math.scalars import compare_scalars, infinite
from verifiers.math.tree import Node, TooLargeError, number, substituted, symbols

_FLIP = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
_ORDERS = frozenset((*_FLIP, "!="))


def is_region(node: Node) -> bool:
    """True for what can only mean a set of numbers, not a point or a list."""
    if node.op in ("union", "minus", "inter", "builder"):
        return True
    if node.op == "tuple":
        return node.name in ("(]", "[)") or (len(node.args) == 2 and any(infinite(item) for item in node.args))
    if node.op == "rel":
        signs = node.name.split(",")
        return all(sign in _ORDERS for sign in signs) or (
            len(signs) == 1 and signs[0] in ("in", "notin") and is_set(node.args[1])
        )
    return node.op == "list" and any(is_region(item) for item in node.args) and len(_subjects(node)) <= 1


def is_set(node: Node) -> bool:
    """A region, or what is one when something is said to lie in it."""
    return is_region(node) or node.op in ("tuple", "set")


def _subjects(node: Node) -> set[str]:
    """The unknowns that a list of relations speaks of: sides that are one letter, or all letters of a relation."""
    found: set[str] = set()
    for item in node.args:
        if item.op == "rel":
            letters = {side.name for side in item.args if side.op == "sym"}
            found |= letters if len(letters) == 1 else symbols(item)
    return found


def region(node: Node) -> list[Piece] | None:
    """Pieces of a set of numbers, or None where the node is none or its meaning is open."""
    if node.op == "list" and node.args:
        return _listed(node)
    if node.op in ("union", "set"):
        parts = [_part(item, node.op) for item in node.args]
        return None if any(part is None for part in parts) else [piece for part in parts for piece in part or []]
    if node.op == "tuple" and len(node.args) == 2 and node.name != "{}":
        low, high = node.args
        return [Piece(low, node.name[0] == "[", high, node.name[1] == "]")]
    if node.op == "tuple" and len(node.args) == 1:
        return region(node.args[0])
    if node.op == "builder" and len(node.args) == 2:
        head = node.args[0]
        whole = head.op != "rel" or is_region(head)  # not a set of integers
        return region(node.args[1]) if whole else None
    if node.op in ("minus", "inter") and len(node.args) == 2:
        return _combined(node)
    return _relation(node) if node.op == "rel" else None


def _part(node: Node, op: str) -> list[Piece] | None:
    if op == "set" or (op == "list" and node.op not in ("rel", "tuple", "union", "builder", "minus")):
        return [Piece(node, True, node, True)]
    if node.op == "rel" and node.name == "=" and len(node.args) == 2:
        return [Piece(node.args[1], True, node.args[1], True)]
    return region(node)


def _combined(node: Node) -> list[Piece] | None:
    left, right = (region(item) for item in node.args)
    if left is None or right is None:
        return None
    if node.op == "inter":
        return intersection(left, right)
    outside = complement(right)
    if outside is not None and (rest := intersection(left, outside)) is not None:
        return rest
    if len(left) == 1 and len(right) == 1 and right[0].low is right[0].high:  # symbolic ends: the hole lies inside
        return _punctured(left[0], right[0].low)
    return None


def _punctured(piece: Piece, hole: Node) -> list[Piece]:
    return [Piece(piece.low, piece.low_closed, hole, False), Piece(hole, False, piece.high, piece.high_closed)]


def _listed(node: Node) -> list[Piece] | None:
    """``x < 1 or x > 2`` is a union, ``x > 1 and x < 2`` an intersection; a comma is whichever leaves a choice."""
    first = node.args[0]
    excluded = first.op == "rel" and first.name == "!="
    items = [
        Node("rel", (first.args[0], item), name="!=") if excluded and item.op not in ("rel", "tuple") else item
        for item in node.args
    ]
    parts = [_part(item, "list") for item in items]
    if any(part is None for part in parts) or len(parts) > 30:
        return None
    union = [piece for part in parts for piece in part or []]
    relations = all(item.op == "rel" and item.name != "=" for item in items)
    if not relations or (node.name == "or" and not excluded):
        return union
    common: list[Piece] | None = EVERYTHING
    for part in parts:
        common = intersection(common, part) if common is not None and part is not None else None
    if excluded or common is None:
        return common
    if node.name == "and":
        return common or None
    return union if not common else common if normal(union) == EVERYTHING else None


def _relation(node: Node) -> list[Piece] | None:
    signs, sides = node.name.split(","), node.args
    if signs == ["in"]:
        return region(sides[1])
    if signs == ["notin"]:
        inside = region(sides[1])
        return complement(inside) if inside is not None else None
    if any(sign not in _ORDERS for sign in signs):
        return None
    variables = [index for index, side in enumerate(sides) if side.op == "sym"]
    if len(variables) != 1:
        return _solved(signs, sides)
    if any(symbols(s) & symbols(sides[variables[0]]) for s in sides if s.op != "sym"):
        return None
    if len(sides) == 3 and variables == [1]:
        return _between(signs, sides)
    if len(sides) != 2:
        return None
    if variables == [0]:
        return _half_line(signs[0], sides[1])
    return _half_line(_FLIP.get(signs[0], "!="), sides[0])


def _half_line(sign: str, bound: Node) -> list[Piece]:
    if sign == "!=":
        return _punctured(Piece(MINUS_INFINITY, False, INFINITY, False), bound)
    closed = sign.endswith("=")
    if sign[0] == "<":
        return [Piece(MINUS_INFINITY, False, bound, closed)]
    return [Piece(bound, closed, INFINITY, False)]


def _solved(signs: list[str], sides: tuple[Node, ...]) -> list[Piece] | None:
    """``2x + 1 > 4`` and ``|x - 1| <= 2``: linear in one unknown with rational coefficients."""
    if len(sides) != 2 or len(symbols(sides[0]) | symbols(sides[1])) != 1:
        return None
    sign, left, right = signs[0], *sides
    if right.op == "call" and right.name == "abs":
        sign, left, right = _FLIP.get(sign, sign), right, left
    if left.op == "call" and left.name == "abs" and not symbols(right) and sign in _FLIP:
        ends = [_linear(sign, left.args[0], right), _linear(_FLIP[sign], left.args[0], Node("neg", (right,)))]
        if None in ends:
            return None
        return intersection(ends[0] or [], ends[1] or []) if sign[0] == "<" else [*(ends[0] or []), *(ends[1] or [])]
    return _linear(sign, left, right)


def _linear(sign: str, left: Node, right: Node) -> list[Piece] | None:
    name = next(iter(symbols(left) | symbols(right)))
    difference = Node("add", (left, Node("neg", (right,))))
    try:
        values = [rational(substituted(difference, Node("sym", name=name), number(k))) for k in (0, 1, 2, 7)]
    except TooLargeError:
        return None
    zero, one, two, seven = values
    if zero is None or one is None or two is None or seven is None:
        return None
    slope = one - zero
    if slope == 0 or two - one != slope or seven - zero != 7 * slope:
        return None
    return _half_line(sign if slope > 0 else _FLIP.get(sign, sign), number(-zero / slope))


def _between(signs: list[str], sides: tuple[Node, ...]) -> list[Piece] | None:
    if signs[0][0] != signs[1][0] or signs[0][0] not in "<>":
        return None
    low, high = (sides[0], sides[2]) if signs[0][0] == "<" else (sides[2], sides[0])
    low_sign, high_sign = (signs[0], signs[1]) if signs[0][0] == "<" else (signs[1], signs[0])
    return [Piece(low, low_sign.endswith("="), high, high_sign.endswith("="))]


def compare_regions(gold: Node, found: Node, context: Context) -> Outcome:
    """Merged and in order where all ends are numbers; otherwise piece by piece, in any order."""
    left, right = region(gold), region(found)
    if left is None or right is None:
        return context.decide("unsure", "region", "region_unclear")
    merged = normal(left), normal(right)
    numeric = merged[0] is not None and merged[1] is not None
    left, right = (merged[0] or [], merged[1] or []) if numeric else (left, right)
    if len(left) != len(right):
        return context.decide("unsure" if len(left) > 1 < len(right) and not numeric else "different", "region")
    rest, unsure = list(right), False
    for piece in left:
        results = [_same_piece(piece, other, context) for other in rest]
        if "equal" in results:
            rest.pop(results.index("equal"))
        elif "unsure" in results:
            unsure = True
        else:
            return context.decide("different", "region")
    return context.decide("unsure" if unsure else "equal", "region")


def _same_piece(left: Piece, right: Piece, context: Context) -> str:
    closed = (left.low_closed, left.high_closed) == (right.low_closed, right.high_closed)
    results = {_same_end(left.low, right.low, context), _same_end(left.high, right.high, context)}
    if "different" in results or (not closed and "unsure" in results):
        return "different"
    if not closed and not (context.equality.interval_ends == "asked" and context.asked.monotonic):
        return "different"
    return "unsure" if "unsure" in results else "equal"


def _same_end(left: Node, right: Node, context: Context) -> str:
    if infinite(left) or infinite(right):
        return "equal" if infinite(left) == infinite(right) else "different"
    return compare_scalars(left, right, context).result
