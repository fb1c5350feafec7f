"""Compares what a program gave with what is expected: outside the program, from plain data.

Output of streams is compared as text, values of calls by their structure. Rules: ``exact``, ``lines``, ``tokens``,
``float(rel,abs)`` and ``unordered``; see ``accepts_text`` and ``accepts_value``. Anything else is the source of a
checker, which runs in the sandbox (``verifiers.code.checker``).
"""

import math
import re
from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

NAMES = ("exact", "lines", "tokens", "unordered")
_FLOAT = re.compile(r"float\s*\(\s*([^\s,()]+)\s*(?:,\s*([^\s,()]+)\s*)?\)")
_DECIMAL = re.compile(rb"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_INTEGER = re.compile(rb"[+-]?\d+")
_LONGEST = 400
"""Digits of a number beyond which it is compared as text."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One of ``NAMES``, or ``float`` with tolerances (relative to the expected value, absolute)."""

    name: str
    rel: float = 0.0
    abs: float = 0.0


def read_rule(checker: str) -> Rule | None:
    """The rule that ``checker`` names; None when it is the source of a checker.

    Raises ``ValueError`` for a name that is none, or tolerances that are no numbers.
    """
    text = checker.strip()
    if text in NAMES:
        return Rule(text)
    match = _FLOAT.fullmatch(text)
    if match is not None:
        return Rule("float", _tolerance(match[1]), _tolerance(match[2] or match[1]))
    if "\n" in checker or ("(" in text and not text.startswith("float")):
        return None
    known = ", ".join((*NAMES, "float(rel,abs)"))
    raise ValueError(f"checker {text[:60]!r} is unknown; give {known} or the source of check(input, expected, output)")


def _tolerance(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise ValueError(f"checker float(rel,abs): {text[:40]!r} is no tolerance; give a number such as 1e-6")
    return value


def accepts_text(rule: Rule, expected: str, got: str) -> bool:
    """Whether the text of a stream is right.

    ``exact``: the same characters. ``lines``: the same lines but for white space at their ends and empty lines at
    the end. ``tokens``: the same words between ASCII white space. ``float``: as many words, each the same or both
    plain decimals within the tolerance; whole numbers have none. ``unordered``: the same lines in any order, each
    compared by its tokens.
    """
    if expected == got:
        return True
    if rule.name == "exact":
        return False
    left, right = (text.encode("utf-8", "surrogatepass") for text in (expected, got))
    if rule.name == "lines":
        return _lines(left) == _lines(right)
    if rule.name == "unordered":
        return _line_counts(left) == _line_counts(right)
    words, others = left.split(), right.split()
    if rule.name == "tokens" or len(words) != len(others):
        return words == others
    return all(_same_word(word, other, rule) for word, other in zip(words, others, strict=True))


def _lines(text: bytes) -> list[bytes]:
    return [line.rstrip() for line in text.rstrip().split(b"\n")]


def _line_counts(text: bytes) -> Counter[tuple[bytes, ...]]:
    return Counter(tuple(words) for line in text.split(b"\n") if (words := line.split()))


def _same_word(expected: bytes, got: bytes, rule: Rule) -> bool:
    if expected == got:
        return True
    if max(len(expected), len(got)) > _LONGEST or not (_DECIMAL.fullmatch(expected) and _DECIMAL.fullmatch(got)):
        return False
    if _INTEGER.fullmatch(expected) and _INTEGER.fullmatch(got):
        return False
    return _close(float(expected), float(got), rule)


def _close(expected: float, got: float, rule: Rule) -> bool:
    """Also false where one of them is infinite or no number."""
    return math.isfinite(got) and abs(expected - got) <= max(rule.abs, rule.rel * abs(expected)) < math.inf


def accepts_value(rule: Rule, expected: Any, got: Any) -> bool:
    """Whether the value that a call gave is right; both are plain data.

    A tuple equals a list; a bool is no number; numbers of any type are equal when their values are; NaN equals NaN;
    sets only equal sets. Keys of a dictionary are compared as JSON writes them, since the expected value often comes
    from there. ``float``: floats within the tolerance, at any depth. ``unordered``: lists, tuples and sets with the
    same elements in any order, at the top only.
    """
    if rule.name == "unordered" and _is_bag(expected) and _is_bag(got):
        return Counter(map(_key, expected)) == Counter(map(_key, got))
    todo = [(expected, got)]
    while todo:
        left, right = todo.pop()
        pairs = _pairs(left, right)
        if pairs is not None:
            todo += pairs
        elif not _same_scalar(left, right, rule):
            return False
    return True


def _is_bag(value: Any) -> bool:
    return isinstance(value, (list, tuple, set, frozenset))


def _pairs(left: Any, right: Any) -> list[tuple[Any, Any]] | None:
    """What must be equal for two containers to be equal; None when they are no containers of one kind and size."""
    if isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)) and len(left) == len(right):
        return list(zip(left, right, strict=True))
    if isinstance(left, dict) and isinstance(right, dict) and len(left) == len(right):
        mine, other = ({json_key(key): value for key, value in d.items()} for d in (left, right))
        if mine.keys() == other.keys() and len(mine) == len(left) and len(other) == len(right):
            return [(value, other[key]) for key, value in mine.items()]
    return None


def _same_scalar(left: Any, right: Any, rule: Rule) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if _is_number(left) and _is_number(right):
        if left == right or (left != left and right != right):  # noqa: PLR0124  NaN
            return True
        if rule.name != "float" or (isinstance(left, int) and isinstance(right, int)):
            return False
        return _close_values(left, right, rule)
    if isinstance(left, (set, frozenset)) and isinstance(right, (set, frozenset)):
        return Counter(map(_key, left)) == Counter(map(_key, right))
    if type(left) is not type(right):
        return False
    return left is None or (isinstance(left, (str, bytes, bytearray)) and left == right)


def _close_values(left: Any, right: Any, rule: Rule) -> bool:
    if isinstance(left, complex) or isinstance(right, complex):
        return False
    try:
        return _close(float(left), float(right), rule)
    except OverflowError:
        return False


def _is_number(value: Any) -> bool:
    if isinstance(value, Decimal):
        return value.is_finite()
    return isinstance(value, (int, float, complex, Fraction)) and not isinstance(value, bool)


def json_key(key: Any) -> str:
    """A dictionary's key as JSON writes it; of what JSON does not know, Python's own spelling."""
    if isinstance(key, str):
        return key
    if key is None or isinstance(key, bool):
        return {None: "null", True: "true", False: "false"}[key]
    return hex(key) if isinstance(key, int) and key.bit_length() > 10_000 else repr(key)  # Python refuses to write it


def _key(value: Any) -> Hashable:
    """Something hashable that is the same for values that are the same under ``accepts_value``, tolerances apart."""
    if isinstance(value, bool) or value is None:
        return repr(value)
    if _is_number(value):
        return "nan" if value != value else ("number", value)  # noqa: PLR0124
    if isinstance(value, (list, tuple)):
        return ("list", *map(_key, value))
    if isinstance(value, (set, frozenset)):
        return ("set", frozenset(map(_key, value)))
    if isinstance(value, dict):
        return ("dict", frozenset((json_key(key), _key(item)) for key, item in value.items()))
    return (type(value).__name__, value)
