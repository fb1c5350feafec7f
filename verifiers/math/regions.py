"""Sets of real numbers: intervals, unions, inequalities and set-builder forms as one list of pieces."""

from dataclasses import dataclass

from verifiers.math.outcome import Context, Outcome
from verifiers.math.scalars import compare_scalars, infinite
from verifiers.math.tree import Node, symbols

_FLIP = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
_INFINITY = Node("const", name="oo")
_MINUS_INFINITY = Node("neg", (_INFINITY,))


@dataclass(frozen=True, slots=True)
class Piece:
    """An interval, or a point when both ends are the same node."""

    low: Node
    low_closed: bool
    high: Node
    high_closed: bool


def is_region(node: Node) -> bool:
    """True for what can only mean a set of numbers, not a point or a list."""
    if node.op in ("union", "minus", "builder"):
        return True
    if node.op == "tuple":
        return node.name in ("(]", "[)") or (len(node.args) == 2 and any(infinite(item) for item in node.args))
    if node.op == "rel":
        signs = node.name.split(",")
        return all(sign in _FLIP or sign == "!=" for sign in signs) or (signs == ["in"] and is_region(node.args[1]))
    return node.op == "list" and any(is_region(item) for item in node.args)


def region(node: Node) -> list[Piece] | None:
    """Pieces of a set of numbers, or None where the node is none."""
    if node.op in ("union", "list", "set") and node.args:
        parts = [_part(item, node.op) for item in node.args]
        return None if any(part is None for part in parts) else [piece for part in parts for piece in part or []]
    if node.op == "tuple" and len(node.args) == 2 and node.name != "{}":
        low, high = node.args
        return [Piece(low, node.name[0] == "[", high, node.name[1] == "]")]
    if node.op == "builder" and len(node.args) == 2:
        return region(node.args[1])
    if node.op == "minus" and len(node.args) == 2:
        return _without(node)
    if node.op == "rel":
        return _relation(node)
    return None


def _part(node: Node, op: str) -> list[Piece] | None:
    if op == "set" or (op == "list" and node.op not in ("rel", "tuple", "union")):
        return [Piece(node, True, node, True)]
    if node.op == "rel" and node.name == "=" and len(node.args) == 2:
        return [Piece(node.args[1], True, node.args[1], True)]
    return region(node)


def _relation(node: Node) -> list[Piece] | None:
    signs, sides = node.name.split(","), node.args
    if signs == ["in"]:
        return region(sides[1])
    if any(sign not in _FLIP and sign != "!=" for sign in signs):
        return None
    variables = [index for index, side in enumerate(sides) if side.op == "sym"]
    if len(variables) != 1 or any(symbols(s) & symbols(sides[variables[0]]) for s in sides if s.op != "sym"):
        return None
    if len(sides) == 3 and variables == [1]:
        return _between(signs, sides)
    if len(sides) != 2:
        return None
    sign, bound = (signs[0], sides[1]) if variables == [0] else (_FLIP.get(signs[0], "!="), sides[0])
    if sign == "!=":
        return _punctured(_MINUS_INFINITY, False, bound, _INFINITY, False)
    closed = sign.endswith("=")
    if sign[0] == "<":
        return [Piece(_MINUS_INFINITY, False, bound, closed)]
    return [Piece(bound, closed, _INFINITY, False)]


def _between(signs: list[str], sides: tuple[Node, ...]) -> list[Piece] | None:
    if signs[0][0] != signs[1][0] or signs[0][0] not in "<>":
        return None
    low, high = (sides[0], sides[2]) if signs[0][0] == "<" else (sides[2], sides[0])
    low_sign, high_sign = (signs[0], signs[1]) if signs[0][0] == "<" else (signs[1], signs[0])
    return [Piece(low, low_sign.endswith("="), high, high_sign.endswith("="))]


def _punctured(low: Node, low_closed: bool, hole: Node, high: Node, high_closed: bool) -> list[Piece]:
    return [Piece(low, low_closed, hole, False), Piece(hole, False, high, high_closed)]


def _without(node: Node) -> list[Piece] | None:
    """An interval less one inner point. The point must lie inside; this is not checked for symbols."""
    pieces, holes = region(node.args[0]), node.args[1]
    if pieces is None or len(pieces) != 1 or holes.op != "set" or len(holes.args) != 1:
        return None
    piece = pieces[0]
    return _punctured(piece.low, piece.low_closed, holes.args[0], piece.high, piece.high_closed)


def compare_regions(gold: Node, found: Node, context: Context) -> Outcome:
    """Piece by piece, in any order."""
    left, right = region(gold), region(found)
    if left is None or right is None:
        return context.decide("unsure", "region", "region_unclear")
    if len(left) != len(right):
        return context.decide("unsure" if len(left) > 1 < len(right) else "different", "region")
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
    if (left.low_closed, left.high_closed) != (right.low_closed, right.high_closed):
        return "different"
    results = {_same_end(left.low, right.low, context), _same_end(left.high, right.high, context)}
    return "different" if "different" in results else "unsure" if "unsure" in results else "equal"


def _same_end(left: Node, right: Node, context: Context) -> str:
    if infinite(left) or infinite(right):
        return "equal" if infinite(left) == infinite(right) else "different"
    return compare_scalars(left, right, context).result
