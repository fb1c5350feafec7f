"""``Total cost = 20 + 30``, then ``Total cost = 60``: an expression under a name, and its value under the same name.

Only where the one follows the other with no relation between them, so that the name can't mean another thing by then.
"""

import re

from verifiers.steps.arithmetic import UndefinedError
from verifiers.steps.claims import Chain
from verifiers.steps.excuses import excuse
from verifiers.steps.readings import constant, judge
from verifiers.steps.records import REFUTED, UNCHECKED, Claim, Link, Solution, Step
from verifiers.steps.rules.numeric import shown
from verifiers.steps.tree import is_value

RULE = "named"
_MAX_GAP = 160
_OTHER = re.compile(
    r"\d|\b(?:cases?|options?|methods?|alternatively|similarly|likewise|instead|if|for|next|first|second|third|other"
    r"|another|new|now|after|before|then|each|pairing|day|week|month|year)\b",
    re.IGNORECASE,
)
"""What may lead over to another thing of the same name."""
_LEADING = re.compile(r"^(?:(?:so|then|therefore|thus|hence|now|the|finally|and|we get) )+")


def find(step: Step, solution: Solution) -> list[Claim]:
    """Every value of an expression that stood under the same name right before."""
    found: list[Claim] = []
    for chain in step.chains:
        name, start = _name(step, chain)
        before, solution.named = solution.named, None
        if not name:
            continue
        if (
            before is not None
            and before[0] == name
            and (claim := _claim(before[1], chain, solution.text[before[1].end : start], step, solution))
        ):
            found.append(claim)
        last = chain.sides[-1]
        if constant(last) and last.node is not None and not is_value(last.node) and not last.after:
            solution.named = name, chain
    return found


def _name(step: Step, chain: Chain) -> tuple[str, int]:
    """The words to the left of the chain, and where they begin; empty where there is something else."""
    if chain.sides[0].tokens or chain.joined or chain.relations[0] != "=":
        return "", 0
    at = chain.first_token
    while at and step.tokens[at - 1].kind in "wd" and chain.first_token - at < 12:
        at -= 1
    if at and step.tokens[at - 1].kind != "p":
        return "", 0
    words = [token for token in step.tokens[at : chain.first_token] if token.kind == "w"]
    return _LEADING.sub("", " ".join(token.text for token in words)), words[0].start if words else 0


def _claim(before: Chain, chain: Chain, gap: str, step: Step, solution: Solution) -> Claim | None:
    left, right = before.sides[-1], chain.sides[1]
    if not constant(right) or len(gap) > _MAX_GAP or _OTHER.search(gap):
        return None
    try:
        verdict, a, b = judge("=", left, right, solution.known)
    except UndefinedError:
        return None
    evidence = {"expression": solution.text[left.start : left.end][:200], "left": shown(a), "right": shown(b)}
    link = Link(Chain([left, right], ["="]), 0, left, right, "=")
    if verdict == REFUTED and (why := excuse(solution, step, link, RULE)):
        verdict, evidence["excuse"] = UNCHECKED, why
    return Claim(right.start, right.end, RULE, verdict, evidence)
