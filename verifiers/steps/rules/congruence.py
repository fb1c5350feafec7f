"""``17 ≡ 3 (mod 7)``, ``194 = 17 * 11 + 7`` in words (``194 ÷ 11 = 17 with a remainder of 7``)."""

import re

from verifiers.steps.arithmetic import UndefinedError, evaluate
from verifiers.steps.claims import Chain
from verifiers.steps.expression import Reader
from verifiers.steps.readings import constant
from verifiers.steps.records import Claim, Solution, Step
from verifiers.steps.sides import Side
from verifiers.steps.tree import UnreadableError, variables

RULE = "congruence"
_EDGE = r" ?(?:\\\(|\\\)|\$)? ?"
_SPACES = r"(?:(?:\\[;,:! ]|~) ?){0,4}"
_DIVISION = re.compile(
    r"(?<![\d.,/^*+-])(?<![/^*+-] )(\d{1,12})"
    + _EDGE
    + r"(?:÷|/|\\div|divided by)"
    + _EDGE
    + r"(\d{1,12})"
    + _EDGE
    + ",? ?"
    r"(?:=|is|equals|gives(?: us)?|leaves|we get|yields)(?: a quotient of)?"
    + _EDGE
    + r"(\d{1,12})"
    + _EDGE
    + ",? ?"
    + _SPACES
    + r"(?:\\(?:text|mathrm|textrm|rm)\{ ?)?(?:with|and|,)? ?(?:has |leaves )?(?:a |the )?"
    r"(?:remainder|R\b)(?: of| is)?:? ?\}?" + _SPACES + _EDGE + r"(\d{1,12})(?![\d.,]*\d)",
    re.IGNORECASE,
)
_MODULUS = re.compile(
    r"^[\s$]*(?:\\\)|\\,|\\;|\\quad)*\s*(?:\\pmod\s*\{?\s*(\d{1,9})(?![\d^])\}?|\(?\s*\\?(?:b?mod|text\{\s*mod\s*\})[\s~]*\{?(\d{1,9})(?![\d^])\}?)"
)


def find(step: Step, solution: Solution) -> list[Claim]:
    """Every division with remainder, and every congruence of numbers, of the step."""
    found = []
    if "remainder" in step.text or " R" in step.text or "{R}" in step.text:
        found = [_division(step, match) for match in _DIVISION.finditer(step.text)]
    for chain in step.chains:
        if "==" in chain.relations:
            found += _congruences(chain, solution)
    return found


def _division(step: Step, match: re.Match[str]) -> Claim:
    top, bottom, quotient, rest = map(int, match.groups())
    holds = bottom > 0 and top == bottom * quotient + rest
    start, end = step.start + match.start(), step.start + match.end()
    evidence = {"left": str(top), "right": f"{bottom} * {quotient} + {rest} = {bottom * quotient + rest}"}
    return Claim(start, end, RULE, "supported" if holds else "refuted", evidence)


def _congruences(chain: Chain, solution: Solution) -> list[Claim]:
    sides = [_without_modulus(side) for side in chain.sides]
    last = sides[-1]
    if last is None:
        return []
    modulus = _MODULUS.match(solution.text[last.end : last.end + 40])
    if modulus is None:
        return []
    m = int(modulus.group(1) or modulus.group(2))
    found = []
    for i, relation in enumerate(chain.relations):
        left, right = sides[i], sides[i + 1]
        if relation not in ("==", "=") or left is None or right is None or m < 2:
            continue
        if left.node is None or right.node is None or not (constant(left) and constant(right)):
            continue
        try:
            a, b = evaluate(left.node), evaluate(right.node)
        except UndefinedError:
            continue
        if not (isinstance(a, int) and isinstance(b, int)) or (i == 0 and left.before):
            continue
        evidence = {"left": f"{a % m} (mod {m})", "right": f"{b % m} (mod {m})"}
        found.append(Claim(left.start, right.end, RULE, "supported" if (a - b) % m == 0 else "refuted", evidence))
    return found


def _without_modulus(side: Side) -> Side | None:
    """The side as far as the modulus that stands behind it."""
    at = next((i for i, token in enumerate(side.tokens) if token.kind == "x" and token.text == "mod"), None)
    if at is None:
        return side
    tokens = side.tokens[:at]
    if tokens and tokens[-1].text == "(":
        tokens = tokens[:-1]
    if not tokens:
        return None
    short = Side(side.start, tokens[-1].end, tokens, before=side.before)
    try:
        short.node = Reader(tokens).read()
        short.names = variables(short.node)
    except UnreadableError:
        return None
    return short
