"""Two rivals with the same idea, on single steps, re-implemented from their descriptions, so that
their figures here are of the idea and not of those packages.

``regex``: director-ai 3.21 ``verify_arithmetic``: every ``a op b = c`` in the text, compared with ``math.isclose``.
``runs``: NeMo-Skills ``DropIncorrectArithmetic``: runs of arithmetic characters with ``=``, first side against last.
"""

import math
import re

from verifiers.steps.arithmetic import UndefinedError, evaluate
from verifiers.steps.expression import Reader
from verifiers.steps.lexer import tokenize
from verifiers.steps.tree import UnreadableError

_NUMBER = r"(-?\d[\d,]*\.?\d*)"
_NOT_CUT = r"(?<![\d.,)%])(?<![-+*/×÷x)%])(?<![-+*/×÷x)%] )(?<![-+*/] \$)"
_CLAIM = re.compile(_NOT_CUT + _NUMBER + r"\s*([-+*/×÷x])\s*" + _NUMBER + r"\s*=\s*\$?" + _NUMBER)
_RUN = re.compile(r"[-+*/()=\d., $×÷]{5,400}")


def regex(step: str) -> bool:
    """Whether some ``a op b = c`` of the step is false."""
    for left, sign, right, result in _CLAIM.findall(re.sub(r"<<[^>]*>>", "", step)):
        try:
            a, b, c = (float(value.replace(",", "").rstrip(".")) for value in (left, right, result))
        except ValueError:
            continue
        if sign in "/÷" and b == 0:
            continue
        value = {"+": a + b, "-": a - b, "*": a * b, "x": a * b, "×": a * b}.get(sign)
        value = a / b if value is None else value
        if not math.isclose(value, c, rel_tol=1e-6, abs_tol=1e-9):
            return True
    return False


def runs(step: str) -> bool:
    """Whether the first side of some run of arithmetic differs from its last."""
    for run in _RUN.findall(re.sub(r"<<[^>]*>>", "", step)):
        sides = run.replace("$", "").replace(",", "").strip(" .-+*/").split("=")
        values = [_value(side) for side in (sides[0], sides[-1])]
        first, last = values
        known = len(sides) > 1 and first is not None and last is not None
        if known and not math.isclose(first or 0.0, last or 0.0, rel_tol=1e-3, abs_tol=1e-2):
            return True
    return False


def _value(text: str) -> float | None:
    try:
        return float(evaluate(Reader(tokenize(text, bullets=False)).read()))
    except (UnreadableError, UndefinedError, OverflowError, TypeError):
        return None
