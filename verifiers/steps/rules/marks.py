"""Calculator marks ``<<48/2=24>>``, as in GSM8K."""

import re

from verifiers.steps.arithmetic import UndefinedError
from verifiers.steps.claims import chains
from verifiers.steps.lexer import tokenize
from verifiers.steps.readings import constant, judge
from verifiers.steps.records import Claim, Solution, Step
from verifiers.steps.rules.numeric import remember, shown
from verifiers.steps.tree import bare

RULE = "marks"
_MARK = re.compile(r"<<([^<>\n]{1,200})>>")


def find(step: Step, solution: Solution) -> list[Claim]:
    """Every mark of the step."""
    found = []
    for match in _MARK.finditer(step.text):
        start = step.start + match.start(1)
        for chain in chains(tokenize(solution.text, start, step.start + match.end(1), bullets=False)):
            left, right = chain.sides[0], chain.sides[-1]
            whole = solution.text[left.start : right.end].strip() == match.group(1).strip()
            if (
                not whole
                or left.node is None
                or bare(left.node) is not None
                or right.node is None
                or not (constant(left) and constant(right))
            ):
                continue
            try:
                verdict, a, b = judge("=", left, right, solution.known)
            except UndefinedError:
                continue
            if verdict == "supported" and a != b:
                remember(solution, right.node)
            found.append(Claim(left.start, right.end, RULE, verdict, {"left": shown(a), "right": shown(b)}))
    return found
