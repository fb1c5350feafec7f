"""``f(4) = 18`` where ``f(x)`` was defined once, by an expression in ``x``."""

from verifiers.steps.arithmetic import UndefinedError, evaluate
from verifiers.steps.readings import compared
from verifiers.steps.records import Link, Solution
from verifiers.steps.rules.numeric import shown
from verifiers.steps.tree import Node, variables

RULE = "functions"


def check(link: Link, solution: Solution) -> tuple[str, dict[str, str]] | None:
    """Verdict and evidence; None when this is not the rule's to judge."""
    left, right = link.left.node, link.right.node
    if link.relation not in ("=", "~") or left is None or right is None or left[0] != "call" or link.right.names:
        return None
    definition = solution.functions.get(left[1])
    if definition is None or variables(left[2]):
        return None
    name, body = definition
    try:
        argument = evaluate(left[2])
        value, said = evaluate(body, {name: argument}), evaluate(right)
    except UndefinedError:
        return None
    applied: Node = _substituted(body, name, left[2])
    verdict = compared(link.relation, (value, said), (applied, right), solution.known)
    return verdict, {"definition": f"{left[1]}({name})", "left": shown(value), "right": shown(said)}


def _substituted(node: Node, name: str, value: Node) -> Node:
    if node == ("v", name):
        return value
    return tuple(_substituted(part, name, value) if isinstance(part, tuple) else part for part in node)
