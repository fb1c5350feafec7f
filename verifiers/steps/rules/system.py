"""Linear equations that contradict the ones before them: with those, the new one has no solution.

Gaussian elimination over exact fractions. Only where the solution speaks of no cases, lines or several values, since
there a variable may mean something else from one line to the next.
"""

import re
from collections import Counter
from fractions import Fraction
from typing import Any

from verifiers.math.tokens import names
from verifiers.steps.algebra import kinds, residual
from verifiers.steps.arithmetic import UndefinedError, Value, evaluate
from verifiers.steps.claims import Chain
from verifiers.steps.records import Link, Solution
from verifiers.steps.rules.equations import is_clean
from verifiers.steps.tree import Node, literals, variables

RULE = "system"
_MOST_NAMES = 8
_MOST_ROWS = 24
GUARD = re.compile(
    r"\bcases?\b|\beither\b|\bmod(?:ulo)?\b|\\p?mod|recur|sequence|\btr(?:y|ies|ying)\b|\biterat|\bupdate|\bnew\s+value|induct|piecewise|\bsuppos|\bassum",
    re.IGNORECASE,
)
_BRANCH = re.compile(
    r"\b(?:here|where|identify\w*|compar\w*|if|or|when|first|second|third|case|no\s+solution|possib\w*|combination|contradict\w*|for\s+(?:\\?\(|\$|[a-z]\s*=)|at|choice|option)\b"
    r"|\bfor\s+(?:\\?\(|\$)",
    re.IGNORECASE,
)
CURVES = re.compile(
    r"\blines?\b|intercept|asymptot|graph|parabola|circle|ellips|hyperbola|slope|curve|tangent|plane|coordinate|point|segment|vert(?:ex|ices)|axis",
    re.IGNORECASE,
)
"""Here x, y and z stand for other numbers in every equation."""
_FORMS = re.compile(r"standard\s+form|quadratic\s+formula|vieta|coefficient|discriminant|a\s*x\s*\^\s*2", re.IGNORECASE)
"""Here a, b and c may be coefficients of one thing and names of another."""
_LET = re.compile(r"\b[Ll]et\b([^.]{1,120}?)\b(?:be|denote|represent)\b")
_LETTER = re.compile(r"(?<![A-Za-z\\])[A-Za-z](?![A-Za-z])")
TENTATIVE = names(
    "if for when let letting choose choosing at set setting suppose assume take taking try case consider or given"
    " plug plugging"
)
_COEFFICIENTS = dict[str, Fraction]


def check(link: Link, solution: Solution) -> tuple[str, dict[str, str]] | None:
    """Verdict and evidence; None when this is not the rule's to judge."""
    left, right = link.left.node, link.right.node
    if link.relation != "=" or link.index or link.chain.joined or left is None or right is None:
        return None
    last = link.chain.sides[-1].node
    if len(link.chain.relations) > 1 and (left[0] != "v" or last is None or link.chain.sides[-1].names):
        return None
    if any(side.words or not side.tokens or not is_clean(side) for side in link.chain.sides):
        return None
    names = link.left.names | link.chain.sides[-1].names
    if not names or len(names) > _MOST_NAMES or "i" in names or not _one_system(solution) or names & loose(solution):
        return None
    row = linear(left, last if last is not None else right, sorted(names))
    if row is None or not row[0]:
        return None
    if link.left.before == "#cut" or (link.left.before and left[0] == "n") or link.chain.sides[-1].after == "#cut":
        return None
    coefficients, constant = reduced(row, solution.rows)
    if coefficients:
        _add(solution, coefficients, constant)
        return None
    if constant == 0:
        return ("supported", {"follows": "from the equations before"}) if solution.rows else None
    if _BRANCH.search(solution.text, max(0, link.left.start - 150), link.chain.end + 120):
        return None
    return "refuted", {"contradiction": f"with the equations before this says 0 = {constant}"}


def _one_system(solution: Solution) -> bool:
    if solution.one_system is None:
        solution.one_system = not (GUARD.search(solution.text) or GUARD.search(solution.problem))
    return solution.one_system


def linear(left: Node, right: Node, names: list[str]) -> tuple[_COEFFICIENTS, Fraction] | None:
    """Coefficients and constant of ``left - right``, exact; None where it is not linear or has rounded numbers."""
    if any("(" in name for name in names) or "||" in kinds(left) | kinds(right):
        return None
    if any(item[2] >= 2 for node in (left, right) for item in literals(node)):
        return None
    try:
        zero = residual(left, right, dict.fromkeys(names, 0))
        slopes = {name: residual(left, right, {**dict.fromkeys(names, 0), name: 1}) - zero for name in names}
        point = {name: 3 + 2 * i for i, name in enumerate(names)}
        there, negative = (
            residual(left, right, point),
            residual(left, right, {name: -5 * v for name, v in point.items()}),
        )
    except UndefinedError:
        return None
    if not all(isinstance(value, (int, Fraction)) for value in (zero, there, negative, *slopes.values())):
        return None
    slope = sum(slopes[name] * value for name, value in point.items())
    if there != zero + slope or negative != zero - 5 * slope:
        return None
    return {name: Fraction(value) for name, value in slopes.items() if value}, Fraction(zero)


def reduced(
    row: tuple[_COEFFICIENTS, Fraction], rows: list[tuple[str, _COEFFICIENTS, Fraction]]
) -> tuple[_COEFFICIENTS, Fraction]:
    """The row after elimination of every leading variable of ``rows``."""
    coefficients, constant = dict(row[0]), row[1]
    for name, other, offset in rows:
        factor = coefficients.get(name)
        if factor:
            for key, value in other.items():
                coefficients[key] = coefficients.get(key, Fraction(0)) - factor * value
            constant -= factor * offset
    return {key: value for key, value in coefficients.items() if value}, constant


def _add(solution: Solution, coefficients: _COEFFICIENTS, constant: Fraction) -> None:
    """Keep a new row with a leading 1, in an order in which one pass of elimination is enough."""
    if len(solution.rows) >= _MOST_ROWS or max(value.denominator for value in coefficients.values()) > 10**9:
        return
    name = min(coefficients)
    lead = coefficients[name]
    solution.rows.append((name, {key: value / lead for key, value in coefficients.items()}, constant / lead))


def loose(solution: Solution) -> set[str]:
    """Variables that stand for several numbers, or for a number that is only tried."""
    if solution.loose is None:
        solution.loose = _loose(solution.chains, solution.text, solution.problem) | _named_again(solution.text)
    return solution.loose


def _loose(chains: list[Chain], text: str, problem: str) -> set[str]:
    said: dict[str, set[Value]] = {}
    sums: dict[Node, set[Any]] = {}
    found: set[str] = set("xyz") if CURVES.search(text) or CURVES.search(problem) else set()
    if _FORMS.search(text):
        found |= set("abc")
    for chain in chains:
        first, last = chain.sides[0].node, chain.sides[-1].node
        if chain.relations[0] not in ("=", "~"):
            found |= variables(first) if first else set()
            continue
        if first is None or last is None:
            continue
        if first[0] != "v":  # x + y = 5, and later x + y = 7
            if first[0] != "n" and (value := _number(last)) is not None:
                sums.setdefault(first, set()).add(value)
                if value == 0 and len(names := chain.sides[0].names) == 1:  # one factor, and another
                    sums.setdefault(("v", *names), set()).add(first)
            continue
        if chain.sides[0].before in TENTATIVE:
            found.add(first[1])
        elif not variables(last):
            said.setdefault(first[1], set()).add(_number(last))
    for expression, results in sums.items():
        if len(results) > 1:
            found |= variables(expression)
    return found | {name for name, values in said.items() if len(values) > 1}


def _named_again(text: str) -> set[str]:
    """Variables that are introduced twice: several solutions in one text."""
    named = Counter(letter for let in _LET.finditer(text) for letter in set(_LETTER.findall(let[1])))
    return {letter for letter, times in named.items() if times > 1}


def _number(node: Node) -> Value | None:
    """The value of a side without variables, else None."""
    try:
        return evaluate(node)
    except UndefinedError:
        return None
