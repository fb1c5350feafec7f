"""Gold answers, taken out of the longer texts in which data sets keep them."""

import math
import numbers
import re
from typing import Any

FORMS = ("raw", "gsm8k", "boxed", "list")

_BOX = re.compile(r"\\(?:boxed|fbox)\s*(\{)?")


def extract_answer(value: Any, form: str) -> str:
    r"""Gold answer in a column's value.

    ``raw``: text or number as it stands; ``gsm8k``: what follows the last ``####``; ``boxed``: content of the last
    ``\boxed{}``; ``list``: the items, joined by a comma. Raises ``ValueError`` saying what is wrong.
    """
    if form == "list":
        if not isinstance(value, (list, tuple)) or not value:
            raise ValueError(f"should be a list of answers, not {_shown(value)}")
        return ", ".join(plain_text(item) for item in value)
    text = plain_text(value)
    if form == "gsm8k":
        _, mark, text = text.rpartition("####")
        if not mark:
            raise ValueError("has no '####' before its answer")
    elif form == "boxed":
        text = last_boxed(text)
    if not text.strip():
        raise ValueError("is empty")
    return text.strip()


def last_boxed(text: str) -> str:
    r"""Content of the last ``\boxed{…}`` or ``\fbox{…}``, braces balanced; ``\boxed 7`` gives ``7``.

    Raises ``ValueError`` when there is none or it never closes.
    """
    boxes = list(_BOX.finditer(text))
    if not boxes:
        raise ValueError("has no \\boxed{} answer")
    start = boxes[-1].end()
    if boxes[-1][1] is None:
        return re.split(r"[\s$]", text[start:], maxsplit=1)[0]
    depth = 1
    for match in re.finditer(r"\\.|[{}]", text[start:], re.DOTALL):
        depth += {"{": 1, "}": -1}.get(match[0], 0)
        if depth == 0:
            return text[start : start + match.start()]
    raise ValueError("has a \\boxed{ that never closes")


def plain_text(value: Any) -> str:
    """Text of a text, number or truth value; a whole float loses its ``.0`` (JSON and Arrow add it to integers)."""
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"is {value}, not a finite number")
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    if isinstance(value, numbers.Number):
        return str(value)
    raise ValueError(f"should be text or a number, not {_shown(value)}")


def _shown(value: Any) -> str:
    return "null" if value is None else type(value).__name__
