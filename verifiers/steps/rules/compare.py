"""``a < b``, ``a >= b``, ``a != b`` between numbers of which at least one is a computation."""

from verifiers.steps.arithmetic import UndefinedError
from verifiers.steps.readings import constant, judge
from verifiers.steps.records import Link, Solution
from verifiers.steps.rules.numeric import shown
from verifiers.steps.tree import bare

RULE = "compare"


def check(link: Link, solution: Solution) -> tuple[str, dict[str, str]] | None:
    """Verdict and evidence; None when this is not the rule's to judge."""
    left, right = link.left, link.right
    if link.relation not in ("<", ">", "<=", ">=") or not (constant(left) and constant(right)):
        return None
    assert left.node is not None
    assert right.node is not None
    if bare(left.node) is not None and bare(right.node) is not None:
        return None
    try:
        verdict, a, b = judge(link.relation, left, right, solution.known)
    except UndefinedError:
        return None
    return verdict, {"left": shown(a), "right": shown(b)}
