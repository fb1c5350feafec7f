"""An equation made from the one before it keeps its solutions.

Compared by values: the solution of whichever of the two is linear in a variable must satisfy the other. Only lines that
follow each other with no more than connecting words between them; several variables only where the words say that the
one before was transformed.
"""

import re
from itertools import pairwise

from verifiers.math.tokens import names
from verifiers.steps.algebra import root, roots
from verifiers.steps.arithmetic import UndefinedError, Value, evaluate
from verifiers.steps.records import Equation, Link, Solution
from verifiers.steps.rules.numeric import shown
from verifiers.steps.sides import Side
from verifiers.steps.tree import Node, is_value, literals, variables
from verifiers.steps.variety import Search, fits

RULE = "equations"
_MAX_GAP = 220
_CONNECTING = names(
    "so then thus hence therefore we get have obtain now next which gives us this that is becomes become to the"
    " equation left right side sides both by from of and simplify simplifying simplifies simplified subtract"
    " subtracting add adding divide dividing multiply multiplying multiplied divided through rearrange rearranging"
    " rearranged combine combining like terms solve solving for isolate isolating it expand expanding expression"
    " equivalent equivalently implies yields yield giving leads results resulting can be written rewritten rewrite"
    " as let's lets common factor denominator denominators fraction fractions clear eliminate cancel cancelling"
    " canceling take taking find value variable x y z step on in a an further finally "
    " distribute distributing the using constant term move moving other out i.e minus plus negative square root"
    " squaring results solution"
)
_MADE = re.compile(
    r"simplif|rearrang|combin|both\s+sides|distribut|expand|divid|multipl|subtract|\badd|cross|clear|cancel",
    re.IGNORECASE,
)
_MADE_ALONE = re.compile(r"simplif|rearrang|combining\s+like|both\s+sides|distribut|expand|cross", re.IGNORECASE)
_SYSTEM = re.compile(r"equations\b|\b(?:first|second|two|from\s+the)\b|eliminat", re.IGNORECASE)
_WORD = re.compile(r"(?<![\\A-Za-z])[A-Za-z][A-Za-z'.]*")
_SPACE = re.compile(r"\\(?:text|quad|qquad|Rightarrow|implies|begin|end|left|right|boxed)|\{align\*?\}|\{aligned\}")
_POINTS = ((7, 3, 11, 5), (4, 9, 6, 13), (-3, 8, -5, 2))


Said = tuple[str, dict[str, str]]
# words before an equation which say that it is the one before, written anew
_REWRITTEN = re.compile(
    r"simplif|rearrang|\brewrit(?:e|ing|ten)\b|\bwrit(?:e|ing|ten)\s+(?:it|this)\b|expand|collecting|combining\s+(?:the\s+)?like|distribut"
    r"|both\s+sides|multiply(?:ing)?\s+through|cross[\s-]?multipl|factor(?:s|ing|ed|izes)?\b"
    r"|^[\s$,\\()\[\]]*(?:(?:quad|qquad|;|,)[\s\\]*)*\\?(?:implies|Rightarrow|Longrightarrow|iff|Leftrightarrow|⟹|⇒|=>|→|⇔)[\s$\\()\[\]]*$",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(
    r"equations\b|\b(?:first|second|third|fourth|last|two|these|those|original|other|another|given|system|from|with|eliminat\w*|substitut\w*|plug\w*"
    r"|replac\w*|us(?:e|ing)|add(?:ing|ed)?|subtract\w*|let(?!['’]s)|define|since|where(?!\s+(?:\\\(\s*|\$)?\w{1,5}(?:\s*\\\)|\$)?\s+is\s+an?\s)|because|recall|know|known|if|when|for\s+all|case|or|and(?!\s+[a-z]+ing\b)|either"
    r"|deriv\w*|differentiat\w*|integrat\w*|modul\w*|mod|limit|similarly|also|next|formula|identity|set|setting|sum|total|product|difference|equal\s+to|roots?|denominator)\b|[(]\d[)]|~|_",
    re.IGNORECASE,
)


def check(link: Link, solution: Solution) -> Said | None:
    """Verdict and evidence; None when this is not the rule's to judge."""
    left, right = link.left, link.right
    if link.relation != "=" or len(link.chain.relations) != 1 or link.chain.joined:
        return None
    if left.node is None or right.node is None:
        return None
    names = left.names | right.names
    if not names or len(names) > 4 or "i" in names or any("(" in name for name in names):
        return None
    if left.before == "#cut" or right.after == "#cut" or left.words or right.words:
        return None
    if not is_clean(left) or not is_clean(right) or any(token.text in "|°" for token in (*left.tokens, *right.tokens)):
        return None  # z may be a complex number
    if len(solution.equations) > 500:
        return None
    current = Equation(names, left.node, right.node, left.start, right.end, is_binding(left.node, right.node))
    solution.equations.append(current)
    return _from_earlier(current, solution) or _from_previous(current, solution)


def _from_earlier(current: Equation, solution: Solution) -> Said | None:
    """Judged by the last equations in the same variables, with no more than connecting words since."""
    earlier = [item for item in solution.equations[-5:-1] if item.names == current.names]
    if not earlier or solution.equations[-2] is not earlier[-1] or earlier[-1].binding:
        return None
    gap = solution.text[earlier[-1].end : current.start]
    if not _follows(gap, current.names):
        return None
    earlier = [item for item in reversed(earlier) if not item.binding]
    before = solution.text[earlier[0].start : earlier[0].end][:200]
    if any(agrees(item, current) for item in earlier):
        return "supported", {"from": before}
    if not _was_made(gap, earlier[0], current) or any(relation_of(item, current) != "refuted" for item in earlier):
        return None
    return "refuted", {"from": before, **_witness(earlier[0], current)}


def _from_previous(current: Equation, solution: Solution) -> Said | None:
    """Judged by the relation right before, whatever its variables are called, where words say that it was rewritten."""
    chain = solution.previous
    if chain is None or any(relation != "=" for relation in chain.relations):
        return None
    if "#cut" in (chain.sides[0].before, chain.sides[-1].after):
        return None
    gap = solution.text[chain.end : current.start]
    if len(gap) > _MAX_GAP or not _REWRITTEN.search(gap) or _ELSEWHERE.search(gap):
        return None
    earlier = []
    for one, other in [*pairwise(chain.sides), (chain.sides[0], chain.sides[-1])]:
        if one.node is None or other.node is None or one.names | other.names != current.names:
            return None
        if (
            one.words
            or other.words
            or any(token.text == "°" for token in (*one.tokens, *other.tokens))
            or not (one.tokens and is_clean(one) and is_clean(other))
        ):
            return None
        earlier.append(Equation(current.names, one.node, other.node, one.start, other.end, binding=False))
    if is_binding(earlier[0].left, earlier[0].right):
        return None
    before = solution.text[chain.start : chain.end][:200]
    if any(agrees(item, current) for item in earlier):
        return "supported", {"from": before}
    if any(relation_of(item, current) != "refuted" for item in earlier) or not solution.denies(
        current.left, current.right, current.names
    ):
        return None
    return "refuted", {"from": before, **_witness(earlier[-1], current)}


def is_clean(side: Side) -> bool:
    """Whether the side is whole: nothing cut off before a sign, no number of an equation behind it."""
    return "label" not in side.open and not (
        side.before and side.tokens[0].kind == "o" and side.tokens[0].text in "+-*/"
    )


def is_binding(left: Node, right: Node) -> bool:
    """``x = 5``"""
    return (left[0] == "v" and not variables(right)) or (right[0] == "v" and not variables(left))


def _follows(gap: str, names: frozenset[str]) -> bool:
    if len(gap) > _MAX_GAP or "=" in gap:
        return False
    if re.search(r"\n\s*(?:\d[.)]|\(\d\)|[-*•])[\s\\($\[]*$", gap) or re.fullmatch(
        r"[\s\\()$\[\],.]*and[\s\\()$\[\],.]*", gap
    ):
        return False
    words = {word.lower().rstrip(".") for word in _WORD.findall(_SPACE.sub(" ", gap))}
    return words <= _CONNECTING | {name.lower() for name in names}


def _was_made(gap: str, before: Equation, current: Equation) -> bool:
    """Whether the words, or the shape, say that the second comes of the first."""
    if len(current.names) > 1:
        return _MADE_ALONE.search(gap) is not None and _SYSTEM.search(gap) is None
    zeros = sum(("n", 0, -1) in (item.left, item.right) for item in (before, current))
    return zeros < 2 or _MADE.search(gap) is not None


def agrees(before: Equation, current: Equation) -> bool:
    """Whether the solutions of one satisfy the other."""
    coarse = _has_decimals(before, current)
    forward = _solved_in(before, current, coarse=coarse)
    if forward == "all":
        return True
    backward = _solved_in(current, before, coarse=coarse)
    if not forward and not backward and len(current.names) == 1 and not coarse:
        return _quadratic(before, current) == "supported"
    return backward == "all"


def relation_of(before: Equation, current: Equation) -> str:
    """Supported: the solutions of one satisfy the other; refuted: in neither direction any does; else unchecked."""
    coarse = _has_decimals(before, current)
    if agrees(before, current):
        return "supported"
    forward, backward = _solved_in(before, current, coarse=coarse), _solved_in(current, before, coarse=coarse)
    if not forward and not backward and len(current.names) == 1:
        return "unchecked" if coarse else _quadratic(before, current)
    if "none" not in (forward, backward):
        return "unchecked"
    forward = forward or _searched_in(before, current, coarse=coarse)
    backward = backward or _searched_in(current, before, coarse=coarse)
    return "refuted" if forward == backward == "none" else "unchecked"


def _has_decimals(*equations: Equation) -> bool:
    return any(item[2] >= 1 for one in equations for node in (one.left, one.right) for item in literals(node))


def _solved_in(one: Equation, other: Equation, *, coarse: bool) -> str:
    """Whether the solutions of ``one``, where it is linear in a variable, satisfy ``other``: all, some, none, or ""."""
    for name in sorted(one.names):
        agree = disagree = 0
        for row in _rows(one.names - {name}):
            value = root(one.left, one.right, name, row)
            if value is None:
                break
            holds = _fits(other, {**row, name: value}, coarse=coarse)
            agree += holds is True
            disagree += holds is False
        if agree or disagree:
            if agree and disagree:
                return "some"
            return "none" if disagree else "all" if agree > (len(one.names) > 1) else ""
    return ""


def _searched_in(one: Equation, other: Equation, *, coarse: bool) -> str:
    """The same by points that are searched for."""
    search = Search()
    points = search.points([(one.left, one.right)], sorted(one.names))
    said = set(fits(search, (other.left, other.right), points, coarse=coarse))
    return "none" if said == {False} else "some" if said else ""


def _quadratic(before: Equation, current: Equation) -> str:
    """The same for two equations that are both quadratic in one variable."""
    (name,) = current.names
    one, other = (roots(item.left, item.right, name) for item in (before, current))
    if not one or not other:
        return "unchecked"
    common = [any(abs(a - b) <= 1e-6 * (1 + abs(a)) for b in other) for a in one]
    return "supported" if all(common) else "unchecked" if any(common) else "refuted"


def _rows(names: frozenset[str]) -> list[dict[str, Value]]:
    ordered = sorted(names)
    if not ordered:
        return [{}]
    return [dict(zip(ordered, row, strict=False)) for row in _POINTS]


def _fits(equation: Equation, row: dict[str, Value], *, coarse: bool) -> bool | None:
    """Whether a point satisfies an equation; None when unsure."""
    try:
        left, right = evaluate(equation.left, row), evaluate(equation.right, row)
        off, size = abs(left - right), max(abs(left), abs(right), 1)
    except (UndefinedError, OverflowError):
        return None
    if off <= 1e-7 * size:
        return True
    return None if coarse and off <= 0.05 * size else False


def _witness(before: Equation, current: Equation) -> dict[str, str]:
    """Where the two part, for people."""
    if len(current.names) > 1:
        return {}
    (name,) = current.names
    found = {}
    for label, item in (("solution_before", before), ("solution_here", current)):
        value = root(item.left, item.right, name)
        if value is not None:
            found[label] = f"{name} = {shown(value)}"
    return found


__all__ = ["RULE", "check", "is_binding", "is_value", "relation_of"]
