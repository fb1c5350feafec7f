"""Weak signals: they are told with the verdict and never change it, since right solutions show them too.

``answer``: the boxed number was neither computed nor written before. ``sources``: numbers that are computed with, but
stand neither in the problem nor among what was computed before, and are no usual constants. ``running``: ``3 + 4 = 7 *
2 = 14``, where the equals sign does not mean equality.
"""

import re
from fractions import Fraction
from itertools import pairwise
from typing import Any

from verifiers.steps.arithmetic import UndefinedError, Value, evaluate
from verifiers.steps.expression import Reader
from verifiers.steps.lexer import tokenize
from verifiers.steps.readings import is_running_total
from verifiers.steps.records import Solution
from verifiers.steps.rules.numeric import shown
from verifiers.steps.sides import Side
from verifiers.steps.tree import UnreadableError, bare, literals

_BOX = re.compile(r"\\boxed\s*\{((?:[^{}]|\{[^{}]*\}){1,80})\}")
_NUMBER = re.compile(r"\d{1,3}(?:,\d{3}){1,6}(?:\.\d{1,20})?|\d{0,20}\.\d{1,20}|\d{1,20}")
_WORDS = dict.fromkeys(("one", "once", "first"), 1) | dict.fromkeys(("two", "twice", "double", "pair"), 2)
_WORDS |= {"three": 3, "triple": 3, "third": 3, "four": 4, "quarter": 4, "five": 5, "six": 6, "seven": 7, "eight": 8}
_WORDS |= {"nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "dozen": 12, "half": 2}
# hours, days, angles, squares and round numbers that nobody needs to explain
_USUAL = frozenset(range(13)) | {14, 15, 20, 24, 25, 28, 30, 31, 36, 45, 48, 50, 52, 60, 64, 75, 80, 90, 100, 120, 144}
_USUAL |= {180, 200, 270, 360, 365, 500, 1000, 3600, 10**4, 10**6}
_FRACTIONS = frozenset((Fraction(314, 100), Fraction(31416, 10**4), Fraction(1, 2), Fraction(1, 4), Fraction(3, 4)))
_MOST = 20


def answer(solution: Solution) -> dict[str, Any] | None:
    """The boxed number, when it was neither computed nor written before."""
    box = None
    for box in _BOX.finditer(solution.text):  # noqa: B007  the last one
        pass
    said = _read(box.group(1)) if box else None
    if box is None or said is None:
        return None
    before = [chain for chain in solution.chains if chain.start <= box.start()]
    values = [value for chain in before for side in chain.sides if (value := _value(side)) is not None]
    written = (Fraction(n.replace(",", "")) for n in _NUMBER.findall(solution.text[: box.start()]))
    if not values or any(_close(value, said) for value in values) or any(_close(value, said) for value in written):
        return None
    return {"kind": "answer", "said": box.group(1)[:60], "computed": shown(values[-1])}


def sources(solution: Solution) -> dict[str, Any] | None:
    """Numbers that are computed with and come from nowhere."""
    known: set[Any] = {Fraction(number.replace(",", "")) for number in _NUMBER.findall(solution.problem)}
    words = re.findall(r"[a-z]+", solution.problem.lower())
    known |= {Fraction(_WORDS[word]) for word in words if word in _WORDS}
    known |= {value / 100 for value in known} | _USUAL | _FRACTIONS
    odd: list[str] = []
    for chain in solution.chains:
        for side in chain.sides:
            if side.node is None:
                continue
            if bare(side.node) is None:
                odd += [str(item[1]) for item in literals(side.node) if item[1] not in known]
            known |= {Fraction(item[1]) for item in literals(side.node)}
            if isinstance(value := _value(side), (int, Fraction)):
                known |= {Fraction(value), Fraction(value) * 100}
    return {"kind": "sources", "numbers": list(dict.fromkeys(odd))[:_MOST]} if odd else None


def running(solution: Solution) -> dict[str, Any] | None:
    """Chains that go on from the value so far."""
    found = [chain for chain in solution.chains if any(_goes_on(one, two) for one, two in pairwise(chain.sides))]
    return (
        {"kind": "running", "chains": [solution.text[c.start : c.end][:120] for c in found[:_MOST]]} if found else None
    )


def _goes_on(left: Side, right: Side) -> bool:
    total, value = _value(left), _value(right)
    return total is not None and value is not None and not _close(total, value) and is_running_total(total, right)


def _read(text: str) -> Value | None:
    tokens = [token for token in tokenize(f"${text}$", bullets=False) if token.kind not in "dw"]
    try:
        return evaluate(Reader(tokens).read()) if tokens else None
    except (UnreadableError, UndefinedError):
        return None


def _value(side: Side) -> Value | None:
    if side.node is None or side.names:
        return None
    try:
        return evaluate(side.node)
    except UndefinedError:
        return None


def _close(a: Value, b: Value) -> bool:
    try:
        return bool(abs(a - b) <= 0.01 * max(abs(a), abs(b)))
    except (TypeError, OverflowError):
        return True


_FINDERS = {"answer": answer, "sources": sources, "running": running}
KINDS = frozenset(_FINDERS)


def find_flags(solution: Solution, kinds: frozenset[str]) -> list[dict[str, Any]]:
    """The flags of a solution that was judged: a kind each, and what a person needs to see."""
    found = (find(solution) for kind, find in _FINDERS.items() if kind in kinds)
    return [flag for flag in found if flag is not None]
