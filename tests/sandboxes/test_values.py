import datetime as dt
import json
import math
import sys
import time
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from decimal import Decimal
from enum import IntEnum
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandboxes.runner import values
from sandboxes.runner.values import NotPlainError, dumps, loads

zones = st.none() | st.integers(-1439, 1439).map(lambda m: dt.timezone(dt.timedelta(minutes=m)))
hashable_atoms = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(st.characters(exclude_categories=[]))
    | st.binary()
    | st.complex_numbers()
    | st.fractions()
    | st.decimals(allow_nan=False)
    | st.dates()
    | st.datetimes(timezones=zones)
    | st.times(timezones=zones)
    | st.timedeltas()
    | st.builds(range, st.integers(), st.integers(), st.integers(1))
)
hashables = st.recursive(
    hashable_atoms, lambda inner: st.lists(inner, max_size=4).map(tuple) | st.frozensets(inner, max_size=4)
)
plain = st.recursive(
    hashable_atoms | st.binary().map(bytearray),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.lists(inner, max_size=5).map(tuple)
        | st.sets(hashables, max_size=5)
        | st.dictionaries(hashables, inner, max_size=5)
        | st.dictionaries(hashables, st.integers(), max_size=5).map(Counter)
        | st.dictionaries(hashables, inner, max_size=5).map(OrderedDict)
        | st.dictionaries(hashables, inner, max_size=5).map(lambda d: defaultdict(list, d))
        | st.builds(deque, st.lists(inner, max_size=4), st.none() | st.integers(4, 9))
    ),
    max_leaves=12,
)


def shape(value):
    """Types and contents, where nan equals itself and -0.0 is not 0.0."""
    kind = type(value)
    if kind is float:
        return ("float", repr(value))
    if kind is Fraction:
        return ("Fraction", value.numerator, value.denominator)
    if kind is complex:
        return ("complex", repr(value.real), repr(value.imag))
    if kind in (list, tuple, deque):
        return (kind.__name__, getattr(value, "maxlen", None), [shape(item) for item in value])
    if isinstance(value, dict):
        pairs = [(shape(k), shape(v)) for k, v in value.items()]
        return (kind.__name__, getattr(value, "default_factory", None), pairs)
    if kind in (set, frozenset):
        return (kind.__name__, sorted(repr(shape(item)) for item in value))
    return (kind.__name__, repr(value) if kind is not int else value, getattr(value, "fold", None))


@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@settings(max_examples=100, deadline=None)
@given(plain)
def test_round_trip(value):
    text = dumps(value)
    assert text.isascii()
    assert "\n" not in text
    assert shape(loads(text)) == shape(value)


@pytest.mark.parametrize(
    "value",
    [
        10**5000,
        -(16**100_000),
        [1.0, math.inf, -math.inf, math.nan],
        [1e308, 1e308],
        "\ud83d\ude00",
        "\U0001f600\ud800x",
        "\\ud83d",
        [True, 1, 2**63, -(2**63)],
        {1: {(): [{"d": [1, 2]}, {"@": 3}]}},
        {"@": ["o", 1]},
        Decimal("1e-999999"),
        Decimal("sNaN12"),
        Fraction(10**4999, 7),
        dt.datetime(2020, 1, 1, fold=1, tzinfo=dt.UTC),
        [[]] * 1000,
    ],
    ids=lambda value: repr(type(value)),
)
def test_particular_values(value):
    assert shape(loads(dumps(value))) == shape(value)


def test_the_true_types_come_back():
    back = loads(dumps([Counter("aab"), defaultdict(int, a=1), deque([1, 2], 3), Decimal("1.50")]))
    assert back[0].most_common(1) == [("a", 2)]
    assert back[1]["missing"] == 0
    assert back[2].maxlen == 3
    assert str(back[3]) == "1.50"
    assert loads(dumps(defaultdict(lambda: 7, a=1))).default_factory is None


class Evil(str):
    __slots__ = ()

    def __eq__(self, other):
        return True

    __hash__ = str.__hash__

    def encode(self, *_):
        raise AssertionError("a method of the value was called")

    isascii = encode


class Lying:
    @property
    def __class__(self):
        return int


class Meta(type):
    def __eq__(cls, other):
        return True

    __hash__ = type.__hash__


class Same(metaclass=Meta):
    pass


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (Lying(), "Lying"),
        (Same(), "Same"),
        (object(), "object"),
        (len, "builtin_function_or_method"),
        (int, "type"),
        (iter([]), "list_iterator"),
        (dt.datetime(2020, 1, 1, tzinfo=type("Z", (dt.tzinfo,), {})()), "Z"),
        (NotImplemented, "NotImplementedType"),
    ],
    ids=lambda item: item if type(item) is str else "",
)
def test_what_is_not_plain(value, name):
    with pytest.raises(NotPlainError, match=f"an object of type {name}$"):
        dumps(value)


@pytest.mark.parametrize(
    ("value", "held"),
    [
        (Evil("x"), "x"),
        ([[Evil("x")]], [["x"]]),
        ({Evil("x"): 1}, {"x": 1}),
        (type("L", (list,), {"__iter__": lambda _: iter([9]), "__len__": lambda _: 0})([1, 2]), [1, 2]),
        (type("D", (dict,), {"items": lambda _: [], "__iter__": lambda _: iter([])})(a=1), {"a": 1}),
        (type("B", (int,), {"__int__": lambda _: 4, "__index__": lambda _: 5, "__eq__": lambda *_: True})(3), 3),
        (type("F", (float,), {"__float__": lambda _: 4.0})(3.5), 3.5),
        (namedtuple("T", "a b")(1, [2]), (1, [2])),  # noqa: PYI024
        (IntEnum("E", "A B").B, 2),
        (type("S", (set,), {"__iter__": lambda _: iter([9])})({1}), {1}),
    ],
    ids=str,
)
def test_what_a_subclass_holds_counts_and_not_what_it_says(value, held):
    back = loads(dumps(value))
    assert (type(back), back) == (type(held), held)


def nested(kind, depth):
    value = kind()
    for _ in range(depth):
        value = kind([value])
    return value


def cyclic():
    value = []
    value += [value, value]
    return {"a": (value,)}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (nested(list, 150), "deeper than 100"),
        (nested(tuple, 100_000), "deeper than 100"),
        (cyclic(), "contains itself"),
        ([0] * (values.MAX_NODES + 1), "more than 2000000 values"),
        ([[[0] * 1000] * 1000] * 1000, "more than 2000000 values"),
        (["x" * 1_000_000] * 1000, "characters"),
        ([b"x" * 1_000_000] * 1000, "characters"),
        ([1 << 4_000_000] * 1000, "characters"),
        (dict.fromkeys(range(2), "\x00" * 7000000), "characters"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_budgets(value, text):
    with pytest.raises(NotPlainError, match=text):
        dumps(value)


def test_deep_enough():
    value = nested(tuple, 95)
    assert loads(dumps(value)) == value


HOSTILE = [
    "",
    "{}",
    "[",
    "nan",
    "NaN",
    "Infinity",
    "[1,]",
    "1 2",
    '"\n"',
    "\x00",
    '{"x":1}',
    '{"t":1}',
    '{"t":[1],"s":[1]}',
    '{"@":["o",1,1]}',
    '{"d":[1]}',
    '{"d":[[1],2]}',
    '{"s":[[1]]}',
    '{"s":[{"d":[]}]}',
    '{"s":[{"N":"sNaN"}]}',
    '{"b":"zz"}',
    '{"b":1}',
    '{"i":"0x_1"}',
    '{"i":""}',
    '{"i":"-"}',
    '{"i":"1_0"}',
    '{"i":12}',
    '{"f":"1e5"}',
    '{"f":{"s":[]}}',
    '{"c":[1,2]}',
    '{"c":[1.0]}',
    '{"r":[1,2,0]}',
    '{"r":[1,2,1.5]}',
    '{"Q":[1,0]}',
    '{"Q":[1.5,2]}',
    '{"Q":["1","2"]}',
    '{"N":"one"}',
    '{"N":5}',
    '{"q":[-1,[]]}',
    '{"q":["x",[]]}',
    '{"D":["eval",[]]}',
    '{"D":[[],[]]}',
    '{"u":"ff"}',
    '{"A":[2020,13,1]}',
    '{"A":[true,1,1]}',
    '{"L":[9999999999,0,0]}',
    '{"M":[1,2,3,4,5,null]}',
    '{"T":[2020,1,1,0,0,0,0,0,[99,0,0]]}',
    "9" * 5000,
    "[" * 100_000,
    "[" + "[]," * 9_000_000 + "[]]",
    "[" * 100_000 + "]" * 100_000,
    '{"t":[' * 5000 + "]}" * 5000,
    '{"t":' * 100_000,
    "[" * 150 + "]" * 150,
    '{"s":[' + ",".join(str(i * (2**61 - 1)) for i in range(3, 200_000)) + "]}",
    '{"d":[' + ",".join(f"{i * (2**61 - 1)},0" for i in range(3, 200_000)) + "]}",
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:30].replace("\x00", "0"))
def test_hostile_text(text):
    start = time.process_time()
    with pytest.raises(ValueError):
        loads(text)
    assert time.process_time() - start < 2


@settings(max_examples=100, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("tdszbyfiucrCODqNQLAMT@"), inner),
    )
)
def test_any_json_is_a_value_or_a_value_error(tree):
    try:
        value = loads(json.dumps(tree))
    except ValueError:
        return
    assert shape(loads(dumps(value))) == shape(value)


def test_long_numbers_are_linear():
    start = time.process_time()
    assert loads(json.dumps({"i": "f" * 8_000_000})).bit_length() == 32_000_000
    assert loads("0." + "1" * 8_000_000) < 1
    assert loads('{"N":"' + "1" * 4_000_000 + '"}') > 1
    assert time.process_time() - start < 5


def test_references_need_both_sides():
    mark = object()
    text = dumps([1, (mark,)], lambda value: ["ref", value is mark])
    assert loads(text, lambda body: body) == [1, (["ref", True],)]
    with pytest.raises(ValueError, match="reference"):
        loads(text)


def test_small_values_are_fast():
    samples = [3, "abc", [1, 2, 3], True, 2.5, (1, "a")]
    start = time.process_time()
    for _ in range(5000):
        for value in samples:
            dumps(value)
    each = (time.process_time() - start) / 30_000
    assert each < 30e-6, f"{each * 1e6:.1f} us per value on {sys.version}"
