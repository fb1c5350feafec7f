r"""``f'(x) = 2x`` after ``f(x) = x^2``, ``\frac{dy}{dx} = 2x`` after ``y = x^2``, ``\frac{d}{dx}(x^2) = 2x``.

Decided by the values of both sides at fixed points: false at every one is false, true at every one is true.
"""

from fractions import Fraction

from verifiers.steps.arithmetic import UndefinedError, Value, evaluate
from verifiers.steps.readings import compared, natural
from verifiers.steps.records import Link, Solution
from verifiers.steps.rules.numeric import shown
from verifiers.steps.slopes import slope
from verifiers.steps.tree import Node, literals, variables

RULE = "derivative"
POINTS = (0.73, 1.37, 0.29, 2.61, -0.57, -1.83)
_D = ("v", "d")


def check(link: Link, solution: Solution) -> tuple[str, dict[str, str]] | None:
    """Verdict and evidence; None when this is not the rule's to judge."""
    left, right = link.left.node, link.right.node
    if link.relation != "=" or link.index or link.chain.joined or left is None or right is None:
        return None
    found = _of_function(left, solution) or _of_variable(left, solution) or _of_expression(left)
    if found is None:
        return None
    body, name, at = found
    if at is not None:
        return _at_point(body, name, at, link, solution) if not link.right.names else None
    if not link.right.names <= {name, "e"}:
        return None
    said = agree(body, name, right)
    if said == "refuted" and name not in link.right.names:
        return None  # f'(x) = 0 asks for its roots
    return None if said is None else (said, {"variable": name})


def agree(body: Node, name: str, claimed: Node) -> str | None:
    """Whether ``claimed`` is the derivative of ``body``: supported, refuted, or None where that cannot be told."""
    said = {_agree(body, name, claimed), _agree(body, name, natural(claimed))}
    return "supported" if "supported" in said else "refuted" if said == {"refuted"} else None


def _agree(body: Node, name: str, claimed: Node) -> str | None:
    equal = different = 0
    coarse = any(item[2] >= 1 for node in (body, claimed) for item in literals(node))
    for at in POINTS:
        try:
            a, b = slope(body, name, at), complex(evaluate(claimed, {name: at, "e": 2.718281828459045}))
        except (UndefinedError, OverflowError):
            continue
        off = abs(a - b) / max(abs(a), abs(b), 1e-3)
        equal += off <= 1e-7
        different += off > (0.05 if coarse else 1e-4)
    if equal >= 2 and not different:
        return "supported"
    return "refuted" if different >= 2 and not equal else None


def _at_point(body: Node, name: str, at: Value, link: Link, solution: Solution) -> tuple[str, dict[str, str]] | None:
    right = link.right.node
    assert right is not None
    try:
        value, said = slope(body, name, at), evaluate(right)
    except UndefinedError:
        return None
    exact = Fraction(value).limit_denominator(10**6)
    exactly = exact if abs(float(exact) - value) <= 1e-9 * max(abs(value), 1) else value
    verdict = compared("=", (exactly, said), (body, right), solution.known)
    return verdict, {"left": shown(value), "right": shown(said)}


Found = tuple[Node, str, Value | None]
"""What is differentiated, by which variable, and where (None: everywhere)."""


def _of_function(left: Node, solution: Solution) -> Found | None:
    """``f'(x)``"""
    if left[0] != "call" or not left[1].endswith("'") or left[1].endswith("''"):
        return None
    definition = solution.functions.get(left[1][:-1])
    if definition is None:
        return None
    name, body = definition
    if left[2] == ("v", name):
        return body, name, None
    if variables(left[2]):
        return None
    try:
        return body, name, evaluate(left[2])
    except UndefinedError:
        return None


def _of_variable(left: Node, solution: Solution) -> Found | None:
    r"""``y'`` and ``\frac{dy}{dx}``, where one relation alone says what y is."""
    if left[0] == "v" and left[1].endswith("'") and not left[1].endswith("''"):
        known, by = left[1][:-1], ""
    elif left[0] == "/" and left[1][0] == left[2][0] == "*" and left[1][1] == left[2][1] == _D:
        known, by = left[1][2][1], left[2][2][1]
    else:
        return None
    said = [tie for tie in solution.ties if known in tie.names]
    if len(said) != 1 or said[0].left != ("v", known) or said[0].right is None or len(said[0].names - {"e"}) != 2:
        return None
    (name,) = said[0].names - {known, "e"}
    return (said[0].right, name, None) if by in ("", name) and known not in variables(said[0].right) else None


def _of_expression(left: Node) -> Found | None:
    r"""``\frac{d}{dx}(x^2 + 1)``"""
    factors = []
    while left[0] == "*":
        factors.append(left[2])
        left = left[1]
    if left[0] != "/" or left[1] != _D or left[2][0] != "*" or left[2][1] != _D or left[2][2][0] != "v" or not factors:
        return None
    name = left[2][2][1]
    body = factors.pop()
    for factor in reversed(factors):
        body = ("*", body, factor)
    return (body, name, None) if variables(body) <= {name, "e"} and name in variables(body) else None
