"""``a = b`` and ``a ≈ b`` where both sides are numbers and at least one is a computation."""

import re
from fractions import Fraction

from verifiers.steps.arithmetic import UndefinedError, Value
from verifiers.steps.readings import constant, judge
from verifiers.steps.records import Link, Solution
from verifiers.steps.tree import Node, bare, is_value

RULE = "numeric"


def check(link: Link, solution: Solution) -> tuple[str, dict[str, str]] | None:
    """Verdict and evidence; None when this is not the rule's to judge."""
    left, right = link.left, link.right
    if link.relation not in ("=", "~") or not (constant(left) and constant(right)):
        return None
    assert left.node is not None
    assert right.node is not None
    if bare(left.node) is not None and bare(right.node) is not None and not _is_written_out(link, solution):
        return None
    if left.words and not left.inner and is_value(left.node):
        return None  # a quantity and what it is: "8 degrees = 2 - 8"
    try:
        verdict, a, b = judge(link.relation, left, right, solution.known)
    except UndefinedError:
        return None
    if verdict == "supported" and a != b:
        remember(solution, left.node, right.node)
    return verdict, {"left": shown(a), "right": shown(b)}


_WRITTEN = re.compile(r"\b(?:write|equation|simplif\w+|we\s+(?:get|have))\b[^.\n]{0,40}$", re.IGNORECASE)
_ABSURD = re.compile(
    r"solution|contradict|parallel|never|impossible|inconsistent|false|not\b|n't\b|either", re.IGNORECASE
)


def _is_written_out(link: Link, solution: Solution) -> bool:
    """``so we can write: $180000 = $330000``, and nobody remarks that this is absurd."""
    left, right = link.left, link.right
    if len(link.chain.relations) > 1 or link.relation != "=" or left.words or right.after not in ("", "#end"):
        return False
    around = solution.text[max(0, left.start - 80) : left.start], solution.text[right.end : right.end + 400]
    return _WRITTEN.search(around[0]) is not None and not any(_ABSURD.search(text) for text in around)


def remember(solution: Solution, *nodes: Node) -> None:
    """Keep the literals among ``nodes`` as rounded results."""
    for node in nodes:
        literal = bare(node)
        if literal is not None and len(solution.known.rounded) < 500:
            solution.known.rounded.add(literal[1])


def shown(value: Value) -> str:
    """A value for people: at most 60 characters."""
    if isinstance(value, int):
        return str(value) if value.bit_length() < 190 else f"{value.bit_length()} bits"
    if isinstance(value, Fraction):
        if value.numerator.bit_length() + value.denominator.bit_length() > 120:
            return f"{float(value):.12g}" if value.numerator.bit_length() < 1000 else "a large fraction"
        return f"{value.numerator}/{value.denominator} ≈ {float(value):.10g}"
    return f"{value:.12g}"
