"""A planted wrong answer of the same kind as a gold, for the gold check."""

import re

from verifiers.math.judge import Gold
from verifiers.math.words import canonical, choice

_OPPOSITES = {"yes": "no", "no": "yes", "no solution": "17", "undefined": "17"}


def planted_wrong(gold: Gold) -> str:
    """Really different: another option, the opposite word, or the gold with its last number raised by one."""
    name = canonical(gold.cleaned)
    if name is not None:
        return _OPPOSITES[name]
    option = choice(gold.cleaned)
    if option is not None and gold.cleaned.strip("()") == option[0]:
        return "B" if option[0] != "B" else "C"
    if gold.tree is None:
        return "a different answer"
    numbers = list(re.finditer(r"(?<![\d.,_{])\d+(?![\d.,])", gold.cleaned))
    if gold.tree.op == "num" and numbers:
        return _raised(gold.cleaned, numbers[-1])
    if gold.tree.op in ("list", "set", "tuple", "matrix", "rel", "union", "builder", "minus"):
        return "123456789"
    return f"({gold.cleaned}) + 1"


def _raised(text: str, match: re.Match[str]) -> str:
    digits = match.group()
    raised = str(int(digits) + 1).zfill(len(digits)) if len(digits) < 1000 else "1"
    return text[: match.start()] + raised + text[match.end() :]
