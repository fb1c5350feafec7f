"""``f(4) = 18`` and ``f(x + 1) = x^2 + 2x + 3`` where ``f(x)`` was defined once, by an expression in ``x``."""

import re

from verifiers.steps.algebra import identical
from verifiers.steps.arithmetic import UndefinedError, evaluate
from verifiers.steps.hedges import sentence
from verifiers.steps.readings import compared
from verifiers.steps.records import Link, Solution
from verifiers.steps.rules.numeric import shown
from verifiers.steps.tree import Node, variables

RULE = "functions"
_PIECES = re.compile(r"\bcases?\b|otherwise|piecewise|\\begin\{cases\}|functional", re.IGNORECASE)
_IF = re.compile(r"\b(?:if|when|for\s+(?:odd|even))\b", re.IGNORECASE)


def check(link: Link, solution: Solution) -> tuple[str, dict[str, str]] | None:
    """Verdict and evidence; None when this is not the rule's to judge."""
    left, right = link.left.node, link.right.node
    if link.relation not in ("=", "~") or left is None or right is None or left[0] != "call":
        return None
    definition = solution.functions.get(left[1])
    if definition is None:
        return None
    if _in_pieces(link, solution):
        return None
    name, body = definition
    inside = variables(left[2])
    if inside:
        return _of_expression(link, solution, definition, inside)
    if link.right.names:
        return None
    try:
        argument = evaluate(left[2])
        value, said = evaluate(body, {name: argument}), evaluate(right)
    except UndefinedError:
        return None
    applied = substituted(body, name, left[2])
    verdict = compared(link.relation, (value, said), (applied, right), solution.known)
    return verdict, {"definition": f"{left[1]}({name})", "left": shown(value), "right": shown(said)}


def _in_pieces(link: Link, solution: Solution) -> bool:
    """Whether the function may be another one here: a case, a branch, one of several that are looked for."""
    first, last = sentence(solution.text, link.left.start, link.right.end)
    return (
        _PIECES.search(solution.text, 0, link.right.end) is not None
        or _PIECES.search(solution.problem) is not None
        or _IF.search(solution.text, first, last) is not None
    )


def _of_expression(
    link: Link, solution: Solution, definition: tuple[str, Node], inside: frozenset[str]
) -> tuple[str, dict[str, str]] | None:
    """``f(-x) = …``: the body with the argument put in, against what is said, as expressions."""
    left, right = link.left.node, link.right.node
    assert left is not None
    assert right is not None
    name, body = definition
    if left[2][0] == "v" or inside != link.right.names or link.relation != "=":
        return None
    applied = substituted(body, name, left[2])
    said = identical(applied, right, inside)
    evidence = {"definition": f"{left[1]}({name})", "values": said}
    if said == "equal":
        return "supported", evidence
    if said == "different" and not link.index and solution.denies(applied, right, inside):
        return "refuted", evidence
    return None


def substituted(node: Node, name: str, value: Node) -> Node:
    """The tree with ``value`` in place of the variable ``name``."""
    if node == ("v", name):
        return value
    return tuple(substituted(part, name, value) if isinstance(part, tuple) else part for part in node)
