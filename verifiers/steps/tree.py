"""Trees of expressions: tuples whose first item names their kind.

``("n", value, places)`` literal (places -1: written without a point), ``("v", name)``, ``("+", a, b, …)``,
``("*", a, b)``, ``("/", a, b)``, ``("^", a, b)``, ``("-", a)``, ``("!", a)``, ``("%", a)``, ``("°", a)``,
``("||", a)``, ``("f", name, a, …)``, ``("call", name, a)``.
"""

from fractions import Fraction
from typing import Any

Node = tuple[Any, ...]

MAX_DIGITS = 60


class UnreadableError(Exception):
    """The text is no expression that the grammar knows, or it goes over a bound."""


def literal(text: str) -> Node:
    """A number as written. Raises ``UnreadableError`` when it has too many digits."""
    if len(text) > MAX_DIGITS:
        raise UnreadableError
    whole, point, decimals = text.partition(".")
    if not point:
        if len(whole) > 1 and whole[0] == "0":
            raise UnreadableError  # a time or a code, not a number
        return ("n", int(whole), -1)
    value = Fraction(int(whole + decimals), 10 ** len(decimals))
    return ("n", value.numerator if value.denominator == 1 else value, len(decimals))


def variables(node: Node) -> frozenset[str]:
    """Names of the variables, π apart; a call counts as a variable of its own."""
    found: set[str] = set()
    stack = [node]
    while stack:
        item = stack.pop()
        if item[0] == "v":
            if item[1] != "π":
                found.add(item[1])
        elif item[0] == "call":
            found.add(f"{item[1]}()")
            stack.append(item[2])
        elif item[0] != "n":
            stack.extend(part for part in item[1:] if isinstance(part, tuple))
    return frozenset(found)


def literals(node: Node) -> list[Node]:
    """Every literal, repeated ones too."""
    found, stack = [], [node]
    while stack:
        item = stack.pop()
        if item[0] == "n":
            found.append(item)
        else:
            stack.extend(part for part in item[1:] if isinstance(part, tuple))
    return found


def is_value(node: Node) -> bool:
    """Whether the side is a literal, a fraction of two, or a mixed number: something nobody needs to compute."""
    while node[0] in ("-", "%", "°"):
        node = node[1]
    if node[0] == "+" and len(node) == 3 and node[1][0] == "n" and node[2][0] == "/":
        node = node[2]
    if node[0] == "/":
        return bool(node[1][0] == "n" and node[2][0] == "n")
    return bool(node[0] == "n")


def bare(node: Node) -> Node | None:
    """The literal that the side consists of, under signs and percent; a fraction of two literals is not one."""
    while node[0] in ("-", "%", "°"):
        node = node[1]
    return node if node[0] == "n" else None
