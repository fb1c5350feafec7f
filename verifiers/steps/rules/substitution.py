"""``2x + 3 = 2(5) + 3`` where every variable was given one value: the left side has that value."""

from verifiers.steps.arithmetic import UndefinedError, evaluate
from verifiers.steps.expression import Node, is_value, variables
from verifiers.steps.readings import compared
from verifiers.steps.records import Link, Solution
from verifiers.steps.rules.numeric import shown

RULE = "substitution"


def check(link: Link, solution: Solution) -> tuple[str, dict[str, str]] | None:
    """Verdict and evidence; None when this is not the rule's to judge."""
    left, right = link.left.node, link.right.node
    if link.relation not in ("=", "~") or left is None or right is None or left[0] == "v" or is_value(right):
        return None
    names = variables(left)
    if not names or variables(right):
        return None
    env = {}
    for name in names:
        known = solution.values.get(name, set())
        if len(known) != 1:
            return None
        env[name] = next(iter(known))
    try:
        value, said = evaluate(left, env), evaluate(right)
    except UndefinedError:
        return None
    verdict = compared(link.relation, value, said, _filled(left, env), right, solution.known)
    shown_values = ", ".join(f"{name} = {shown(env[name])}" for name in sorted(env))
    return verdict, {"with": shown_values, "left": shown(value), "right": shown(said)}


def _filled(node: Node, env: dict[str, object]) -> Node:
    if node[0] == "v" and node[1] in env:
        return ("n", env[node[1]], 1)
    return tuple(_filled(part, env) if isinstance(part, tuple) else part for part in node)
