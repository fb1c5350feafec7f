"""Expressions with the same variables on both sides: an identity, true or false at every point that is tried.

An equation is no identity: a false one is refuted only inside a chain, or where the words say that one side was made
from the other, and only while nothing is known about its variables that could make it true.
"""

import re
from itertools import pairwise

from verifiers.steps.algebra import apart, identical, kinds
from verifiers.steps.hedges import sentence
from verifiers.steps.records import Link, Solution
from verifiers.steps.sides import Side
from verifiers.steps.tree import bare

RULE = "identity"
_CUE = re.compile(
    r"\b(?:expand\w*|simplif\w*|factor(?:s|ed|ing|ize\w*|ise\w*)?|multiply(?:ing)?\s+out|distribut\w*|combin\w*|foil"
    r"|can\s+be\s+(?:re)?written\s+as|rewrit\w*|rationali[sz]\w*|difference\s+of\s+(?:squares|cubes)|complet\w+\s+the\s+square)\b",
    re.IGNORECASE,
)
_IS = re.compile(r"\b(?:is|are|means|equals|be|was)\s*:?\s*(?:\\\[|\\\(|\$+)?\s*$")
_EXPAND = re.compile(r"\bexpand\w*|\bmultiply(?:ing)?\s+out|\bdistribut\w*", re.IGNORECASE)
_POLYNOMIAL = frozenset(("f", "call", "||", "!", "/"))
_ABSURD = re.compile(
    r"no\s+(?:real\s+)?solution|contradict|parallel|never|impossible|inconsistent|false|not\b|n't\b|period|mod|\bfor\s+all|identity|either|absurd",
    re.IGNORECASE,
)
_EQUATION = re.compile(r"equation|substitut|cross|both\s+sides|condition|constraint|equalit(?:y|ies)\b", re.IGNORECASE)
_EQUATIONS = re.compile(r"\bequations?\s*:?[\s$\\(\[]*[^.;]{0,60}$", re.IGNORECASE)
_ITERATED = re.compile(r"(?<![A-Za-z\\])[fghFGHT]\s*\^\s*(?:\{[^{}]*\}|\w)\s*\(")
_INTO = re.compile(r"\binto\b[^.;]*\b(?:equations?|condition|constraint)\b[^.;]*$", re.IGNORECASE)
"""Put into an equation, the last side of a chain may be that of the equation."""
_SAME = re.compile(
    r"\b(?:same|equidistant|equally|both|two\s+(?:ways|expressions))\b|\bequal\b(?!\s+to\b)", re.IGNORECASE
)
"""One quantity in two ways: the last two sides make an equation."""
_SOLVED = re.compile(r"\bcross|\bsolv(?:e|ing)\b|this\s+equation|equating", re.IGNORECASE)
_ODD_NAMES = frozenset(("\\omega", "\\zeta", "\\infty", "d", "\\Delta", "\\delta"))


def check(link: Link, solution: Solution) -> tuple[str, dict[str, str]] | None:
    """Verdict and evidence; None when this is not the rule's to judge."""
    left, right = link.left.node, link.right.node
    if link.relation != "=" or left is None or right is None:
        return None
    names = link.left.names
    if not names or names != link.right.names or names & _ODD_NAMES or any("(" in name for name in names):
        return None
    if left[0] == "v" or right[0] == "v" or bare(left) is not None:
        return None
    if any(sign in name for name in names for sign in "+-"):
        return None  # members of a sequence
    if _segments(link.left) != _segments(link.right):
        return None
    said = identical(left, right, names)
    evidence = {"variables": ", ".join(sorted(names)), "values": said}
    if said == "equal":
        return "supported", evidence
    if said == "different" and _is_false(link, solution, names):
        return "refuted", evidence
    return "unchecked", evidence


def _segments(side: Side) -> set[str]:
    """Pairs of capitals: ``AB``, or ``A B``, may be a length and no product."""
    capital = [token.kind == "v" and token.text.isupper() for token in side.tokens]
    return {
        side.tokens[i].text + side.tokens[i + 1].text
        for i, (one, other) in enumerate(pairwise(capital))
        if one and other
    }


def _is_false(link: Link, solution: Solution, names: frozenset[str]) -> bool:
    assert link.left.node is not None
    assert link.right.node is not None
    if "||" in kinds(link.left.node) | kinds(link.right.node):
        return False  # true where its variables lie, perhaps
    if _ITERATED.search(solution.text, link.left.start, link.right.end):
        return False
    if _is_identity(link, solution) and solution.denies(link.left.node, link.right.node, names):
        return True
    if len(link.chain.relations) > 1 or link.left.before == "#cut" or link.right.after == "#cut":
        return False
    if (
        _EXPAND.search(solution.text, max(0, link.left.start - 100), link.left.start)
        and "equation" not in solution.text[max(0, link.left.start - 100) : link.left.start]
        and link.left.node[0] in "*^"
    ):
        return (
            "+" in kinds(link.left.node)
            and link.right.node[0] == "+"
            and _POLYNOMIAL.isdisjoint(kinds(link.right.node))
        )
    nothing = apart(link.left.node, link.right.node, names)
    return nothing and not _ABSURD.search(solution.text, max(0, link.left.start - 150), link.right.end + 400)


def _is_identity(link: Link, solution: Solution) -> bool:
    final = link.chain.sides[-1].node
    zero = bare(final) if final is not None else None
    if len(link.chain.sides) > 3 and zero is not None and not zero[1]:
        return False  # several expressions that are all zero
    if link.index >= 1 or link.chain.joined:
        before = solution.text[max(0, link.chain.start - 150) : link.chain.start]
        behind = solution.text[link.chain.end : link.chain.end + 100]
        if _EQUATIONS.search(before):
            return False
        return _INTO.search(before) is None and _SAME.search(before) is None and _SOLVED.search(behind) is None
    first, last = sentence(solution.text, link.left.start, link.right.end)
    if _EQUATION.search(solution.text, first, last):
        return False
    return _IS.search(solution.text, max(0, link.left.start - 30), link.left.start) is not None or (
        len(link.chain.relations) == 1 and _CUE.search(solution.text, first, link.left.start) is not None
    )
