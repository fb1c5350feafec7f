"""What is the same and what is not: every rule a table."""

import math
from decimal import Decimal

import pytest

from verifiers.code.compare import Rule, accepts_text, accepts_value, read_rule

# rule, expected, got, accepted
TEXTS = [
    ("exact", "1\n", "1\n", True),
    ("exact", "1\n", "1", False),
    ("exact", "1\n", "1\r\n", False),
    ("exact", "", "", True),
    ("lines", "1 2\n3\n", "1 2  \n3", True),
    ("lines", "1 2\n3\n", "1 2\r\n3\r\n\n\n", True),
    ("lines", "1 2\n", "1  2\n", False),
    ("lines", "1\n2\n", " 1\n2\n", False),
    ("lines", "1\n\n2\n", "1\n2\n", False),
    ("lines", "", "\n \n", True),
    ("tokens", "1 2\n3\n", "1\n2\t3", True),
    ("tokens", "1 2", "12", False),
    ("tokens", "Yes", "YES", False),
    ("tokens", "1.0", "1", False),
    ("tokens", "10", "1_0", False),
    ("tokens", "12", "１２", False),  # digits of another script
    ("tokens", "1 2", "1\u00a02", False),  # no ASCII white space
    ("tokens", "1 2", "1 2 3", False),
    ("tokens", "é", "é", True),
    ("tokens", "", "", True),
    ("tokens", "", "0", False),
    ("tokens", "1000000007", "1000000007.0", False),
    ("unordered", "a b\nc\n", "c\na  b\n", True),
    ("unordered", "a b\n", "b a\n", False),
    ("unordered", "a\na\nb\n", "a\nb\nb\n", False),
    ("float(1e-6)", "0.5", "0.50000001", True),
    ("float(1e-6)", "0.5", "0.501", False),
    ("float(1e-6)", "1000000007", "1000000008", False),  # whole numbers have no tolerance
    ("float(1e-6)", "3", "3.0000001", True),
    ("float(1e-6)", "3.0", "3", True),
    ("float(0, 0.01)", "100.0", "100.009", True),
    ("float(0, 0.01)", "100.0", "100.02", False),
    ("float(0.01, 0)", "100.0", "100.9", True),
    ("float(1e-6)", "1.0", "nan", False),
    ("float(1e-6)", "nan", "nan", True),
    ("float(1e-6)", "1.0", "inf", False),
    ("float(1)", "1.0", "1e999", False),
    ("float(1e-6)", "1000.0", "1_000.0", False),
    ("float(1e-6)", "1.5", "１.5", False),
    ("float(1e-6)", "1.5", "0x1.8p0", False),
    ("float(1e-6)", "x 1.0", "x 1.0000001", True),
    ("float(1e-6)", "x 1.0", "y 1.0000001", False),
    ("float(1e-6)", "1.0", "1.0 1.0", False),
    ("float(1e-6)", "-0.0", "0.0", True),
    ("float(1e-6)", "1.5", "1" * 500 + ".0", False),
    ("tokens", "\ud800", "?", False),
]


@pytest.mark.parametrize(("rule", "expected", "got", "accepted"), TEXTS)
def test_text(rule, expected, got, accepted):
    assert accepts_text(read_rule(rule), expected, got) is accepted


VALUES = [
    ("tokens", [1, 2], (1, 2), True),
    ("tokens", [[1], [2, [3]]], ((1,), (2, (3,))), True),
    ("tokens", [1, 2], [2, 1], False),
    ("tokens", [1, 2], {1, 2}, False),
    ("tokens", 1, True, False),
    ("tokens", True, 1, False),
    ("tokens", True, True, True),
    ("tokens", [0], [False], False),
    ("tokens", 2, 2.0, True),
    ("tokens", 0.3, 0.1 + 0.2, False),
    ("tokens", 10**30, 1e30, False),
    ("tokens", None, None, True),
    ("tokens", None, False, False),
    ("tokens", None, 0, False),
    ("tokens", "", None, False),
    ("tokens", "1", 1, False),
    ("tokens", "a", b"a", False),
    ("tokens", "a ", "a", False),  # a value is compared by structure, whatever the checker says of white space
    ("tokens", math.nan, math.nan, True),
    ("tokens", [math.nan], [math.nan], True),
    ("tokens", math.inf, math.inf, True),
    ("tokens", 1, 1 + 0j, True),
    ("tokens", 1.5, Decimal("1.5"), True),
    ("tokens", 1.5, Decimal("sNaN"), False),
    ("tokens", {"a": 1}, {"a": 1.0}, True),
    ("tokens", {"a": 1}, {"a": 1, "b": 2}, False),
    ("tokens", {"1": 2}, {1: 2}, True),  # JSON has only texts as keys
    ("tokens", {"true": 2, "null": 3}, {True: 2, None: 3}, True),
    ("tokens", {"1": 2, "2": 2}, {1: 2, "1": 2}, False),
    ("tokens", {"a": [1]}, {"a": (2,)}, False),
    ("tokens", [], {}, False),
    ("tokens", "ab", ["a", "b"], False),
    ("tokens", {1, 2}, {2, 1}, True),
    ("exact", [1], (1,), True),
    ("float(1e-6)", [0.3, "x"], [0.1 + 0.2, "x"], True),
    ("float(1e-6)", {"a": 0.3}, {"a": 0.31}, False),
    ("float(1e-6)", 1000000007, 1000000008, False),
    ("float(1e-6)", 1.0, math.inf, False),
    ("float(1e-6)", 1.0, 10**400, False),
    ("float(1e-6)", True, 1.0, False),
    ("unordered", [1, 2, 2], [2, 1, 2], True),
    ("unordered", [1, 2, 2], [2, 1, 1], False),
    ("unordered", [[1, 2], [3]], [(3,), (1, 2)], True),
    ("unordered", [[1, 2]], [[2, 1]], False),  # at the top only
    ("unordered", [1, 2], {1, 2}, True),
    ("unordered", [1, 1], {1}, False),
    ("unordered", [0, 1], [False, True], False),
    ("unordered", [{"a": 1}, math.nan], [math.nan, {"a": 1.0}], True),
    ("unordered", "ab", "ba", False),
]


@pytest.mark.parametrize(("rule", "expected", "got", "accepted"), VALUES)
def test_value(rule, expected, got, accepted):
    assert accepts_value(read_rule(rule), expected, got) is accepted


def test_deep_and_large_values_are_compared():
    deep, other = 1, 2
    for _ in range(50_000):
        deep, other = [deep], (other,)
    assert accepts_value(Rule("exact"), deep, deep)
    assert not accepts_value(Rule("exact"), deep, other)
    huge = 10**6000  # more digits than Python writes
    assert accepts_value(Rule("exact"), {"a": huge}, {"a": huge})
    assert not accepts_value(Rule("exact"), {"1": 1}, {huge: 1})


def test_equality_of_the_value_is_never_asked():
    """Only plain data arrives here; should an object ever slip through, its own opinion does not count."""

    class Anything:
        def __eq__(self, other):
            return True

        __hash__ = None

    for rule in ("exact", "unordered", "float(1)"):
        assert not accepts_value(read_rule(rule), 1, Anything())
    assert not accepts_value(
        read_rule("exact"), "a", type("S", (str,), {"__eq__": lambda *_: True, "__hash__": None})("b")
    )


@pytest.mark.parametrize("checker", ["tokenz", "", "float(x)", "float(1e-6", "float(-1)", "float(nan)", "Exact"])
def test_unknown_checkers_are_named(checker):
    with pytest.raises(ValueError, match="checker"):
        read_rule(checker)


def test_source_is_no_rule():
    assert read_rule("def check(input, expected, output):\n    return True") is None
    assert read_rule("def check(input, expected, output): return True") is None
    assert read_rule("float(1e-6, 1e-9)") == Rule("float", 1e-6, 1e-9)
