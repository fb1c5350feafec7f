"""``a = b`` and ``a ≈ b`` where both sides are numbers and at least one is a computation."""

from fractions import Fraction

from verifiers.steps.arithmetic import UndefinedError, Value
from verifiers.steps.expression import bare, is_value
from verifiers.steps.readings import constant, judge
from verifiers.steps.records import Link, Solution

RULE = "numeric"


def check(link: Link, solution: Solution) -> tuple[str, dict[str, str]] | None:
    """Verdict and evidence; None when this is not the rule's to judge."""
    left, right = link.left, link.right
    if link.relation not in ("=", "~") or not (constant(left.node) and constant(right.node)):
        return None
    assert left.node is not None
    assert right.node is not None
    if bare(left.node) is not None and bare(right.node) is not None:
        return None
    if left.words and is_value(left.node):
        return None  # a quantity and what it is: "8 degrees = 2 - 8"
    try:
        verdict, a, b = judge(link.relation, left, right, solution.known)
    except UndefinedError:
        return None
    if verdict == "supported" and a != b:
        remember(solution, left.node, right.node)
    return verdict, {"left": shown(a), "right": shown(b)}


def remember(solution: Solution, *nodes: tuple) -> None:
    for node in nodes:
        literal = bare(node)
        if literal is not None and len(solution.known.rounded) < 500:
            solution.known.rounded.add(literal[1])


def shown(value: Value) -> str:
    """A value for people: at most 60 characters."""
    if isinstance(value, Fraction):
        text = f"{value.numerator}/{value.denominator}"
        return f"{text} ≈ {float(value):.10g}" if len(text) <= 40 else f"{float(value):.12g}"
    return str(value)[:60] if isinstance(value, int) else f"{value:.12g}"
