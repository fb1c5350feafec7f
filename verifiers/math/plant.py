"""A planted wrong answer of the same kind as a gold, for the gold check."""

import re

from verifiers.math.judge import Gold
from verifiers.math.words import canonical, choice

_OPPOSITES = {"yes": "no", "no": "yes", "no solution": "17", "undefined": "17", "infinite": "17"}


def planted_wrong(gold: Gold) -> str:
    """Really different: another option, the opposite word, another number, or the gold and one more."""
    name = canonical(gold.cleaned)
    if name is not None:
        return _OPPOSITES[name]
    option = choice(gold.cleaned)
    if option is not None and not option[1]:
        return "B" if option[0] != "B" else "C"
    if gold.tree is None:
        return "a different answer"
    tree = gold.tree.args[0] if gold.tree.op == "unit" else gold.tree
    if tree.op == "num":
        raised = tree.value + 1
        return str(raised) if tree.places < 0 else f"{raised * 10**tree.places}e-{tree.places}"
    if tree is not gold.tree or tree.op in ("list", "set", "tuple", "matrix", "rel", "union", "builder", "minus"):
        return "123456789"
    # a constant of integration would take the 1 in
    return f"2 ({gold.cleaned}) + 1" if re.search(r"[CcKk]", gold.cleaned) else f"({gold.cleaned}) + 1"
