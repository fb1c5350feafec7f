"""Expressions with the same variables on both sides: an identity, true or false at every point that is tried.

An equation is no identity: a false one is refuted only inside a chain, or where the words say that one side was made
from the other, and only while nothing is known about its variables that could make it true.
"""

import re

from verifiers.steps.algebra import identical
from verifiers.steps.expression import bare, variables
from verifiers.steps.hedges import sentence
from verifiers.steps.records import Link, Solution

RULE = "identity"
_CUE = re.compile(
    r"\b(?:expand\w*|simplif\w*|factor(?:s|ed|ing|ize\w*|ise\w*)?|multiply(?:ing)?\s+out|distribut\w*|combin\w*|foil"
    r"|can\s+be\s+(?:re)?written\s+as|rewrit\w*|rationali[sz]\w*|difference\s+of\s+(?:squares|cubes)|complet\w+\s+the\s+square)\b",
    re.IGNORECASE,
)
_ODD_NAMES = frozenset(("\\omega", "\\zeta", "\\infty", "d", "\\Delta", "\\delta"))


def check(link: Link, solution: Solution) -> tuple[str, dict[str, str]] | None:
    """Verdict and evidence; None when this is not the rule's to judge."""
    left, right = link.left.node, link.right.node
    if link.relation != "=" or left is None or right is None:
        return None
    names = variables(left)
    if not names or names != variables(right) or names & _ODD_NAMES or any("(" in name for name in names):
        return None
    if left[0] == "v" or right[0] == "v" or bare(left) is not None:
        return None
    said = identical(left, right, names)
    evidence = {"variables": ", ".join(sorted(names)), "values": said}
    if said == "equal":
        return "supported", evidence
    if said == "different" and _is_identity(link, solution) and not solution.constrained(names):
        return "refuted", evidence
    return "unchecked", evidence


def _is_identity(link: Link, solution: Solution) -> bool:
    if link.index >= 1 and not link.chain.joined:
        return True
    first, last = sentence(solution.text, link.left.start, link.right.end)
    return len(link.chain.relations) == 1 and _CUE.search(solution.text, first, link.left.start) is not None and last > first
