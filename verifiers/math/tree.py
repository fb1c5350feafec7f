"""The expression tree of answers, and the two ways in which reading one can fail.

Everything behind the text stages works on ``Node``: plain data with no behaviour that could run text. Numbers stay
exact (``Fraction``); nothing is evaluated while a tree is built, so a tower of powers is as harmless as a sum.
"""

from dataclasses import dataclass
from fractions import Fraction

MAX_CHARS = 4000
"""Longest answer that is read, in characters."""
MAX_TOKENS = 1500
MAX_DEPTH = 40
"""Deepest nesting of brackets, groups and signs."""
MAX_DIGITS = 2000
"""Longest number literal."""


CONTAINERS = (
    "tuple", "list", "set", "matrix", "row", "union", "minus", "inter", "builder", "rel", "cases", "ratio", "congruent",
)  # fmt: skip
"""Kinds that hold several values or say something of values."""


class UnreadableError(Exception):
    """The text is not an answer that the grammar knows."""


class TooLargeError(Exception):
    """Reading or evaluating would go over a budget (length, depth, digits, magnitude)."""


@dataclass(frozen=True, slots=True)
class Node:
    """One node. ``op`` names its kind:

    ``num`` (value, places) ``sym`` (name) ``const`` (pi, e, i, oo) ``word`` (name) ``based`` (name, value: base)
    ``add mul div pow neg fact percent deg`` (args) ``pm`` (arg; name + or -) ``call`` (name, args)
    ``tuple`` (name: its brackets) ``list`` ``set`` ``union`` ``minus`` ``matrix`` (args: ``row``)
    ``rel`` (name: comma-separated signs; args: its sides) ``builder`` (variable, condition) ``unit`` (arg, name)
    ``cases`` (args: ``row`` of a value and its conditions) ``where`` (arg; name: its integer parameters)
    ``congruent`` (side, residue, modulus) ``ratio`` (args)
    """

    op: str
    args: tuple["Node", ...] = ()
    name: str = ""
    value: Fraction = Fraction(0)
    places: int = -1
    """Decimal places as written; -1 for an integer literal."""


def walk(node: Node) -> list[Node]:
    """Every node, parents first."""
    out, stack = [], [node]
    while stack:
        item = stack.pop()
        out.append(item)
        stack.extend(item.args)
    return out


def check_depth(node: Node) -> None:
    """Raise ``TooLargeError`` for a tree that would exhaust the stack of those who walk it (``1/1/1/…``)."""
    level = [node]
    for _ in range(2 * MAX_DEPTH):
        level = [child for item in level for child in item.args]
        if not level:
            return
    raise TooLargeError(f"the answer's tree is deeper than {2 * MAX_DEPTH}")


def symbols(node: Node) -> set[str]:
    """Names of the free symbols; those that a sum or an integral binds are called ``#1``, ``#2``, …"""
    return {item.name for item in walk(node) if item.op == "sym" and item.name[0] != "#"}


def substituted(node: Node, old: Node, new: Node) -> Node:
    """The tree with every ``old`` replaced by ``new``."""
    if node == old:
        return new
    if not node.args:
        return node
    return Node(node.op, tuple(substituted(item, old, new) for item in node.args), node.name, node.value, node.places)


def number(value: int | Fraction, places: int = -1) -> Node:
    """A literal."""
    return Node("num", value=Fraction(value), places=places)


def structure(node: Node) -> str:
    """A key that is equal for trees that differ only in the order and nesting of sums and products."""
    if node.op == "num":
        return str(node.value)
    if node.op in ("add", "mul", "union", "inter"):
        return f"{node.op}({','.join(sorted(_flat(node, node.op)))})"
    return f"{node.op}:{node.name}:{node.value}({','.join(structure(item) for item in node.args)})"


def _flat(node: Node, op: str) -> list[str]:
    if node.op != op:
        return [structure(node)]
    return [key for item in node.args for key in _flat(item, op)]
