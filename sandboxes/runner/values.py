"""Plain values as one line of JSON text, between an untrusted process and us.

Plain are None, bool, int, float, complex, str, bytes, bytearray, range, list, tuple, set, frozenset, dict, and of the
standard library Counter, defaultdict, OrderedDict, deque, Decimal, Fraction, datetime, date, time and timedelta:
exactly these types, never a subclass, whose methods would be the program's own. JSON's own types stand for
themselves; every other value is an object of one key, its tag. No method of a value's type is ever looked up on the
value: types are matched by identity, and their own methods are called.
"""

import datetime as dt
import json
import math
import re
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable
from decimal import Decimal
from fractions import Fraction
from itertools import chain
from typing import Any

MAX_DEPTH = 100
MAX_NODES = 2_000_000
MAX_CHARS = 32 << 20
"""Characters of the text of one value, and of all strings in it."""
MAX_SAME_HASH = 100
"""Keys of one set or dict with the same hash: more are made on purpose, to make its building quadratic."""
_WORD = 1 << 63
_FACTORIES = {kind.__name__: kind for kind in (int, float, str, bool, list, tuple, dict, set)}
_NUMBERS = ({int}, {bool}, {int, bool})
_ATOMS = {type(None), bool, int, float, str}

_STRINGS = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"')

Refer = Callable[[Any], Any]
"""JSON value that stands for an object that is not plain; raises ``NotPlainError`` to refuse it."""
Resolve = Callable[[Any], Any]
"""The object that such a JSON value stands for."""


class NotPlainError(ValueError):
    """The value is not plain, or larger than the budget; the text says which."""


def _refuse(value: Any) -> Any:
    raise NotPlainError(f"an object of type {type.__getattribute__(type(value), '__name__')!s:.100}")


_to_text = json.JSONEncoder(allow_nan=False, check_circular=False, separators=(",", ":")).encode


def dumps(value: Any, refer: Refer = _refuse) -> str:
    """ASCII text of ``value`` without a line break. ``refer`` is asked about what is not plain.

    Raises ``NotPlainError``: deeper than ``MAX_DEPTH`` (which anything that contains itself is), more than
    ``MAX_NODES`` values, more than ``MAX_CHARS`` characters, or an object that is not plain.
    """
    kind = type(value)
    if kind is int and -_WORD < value < _WORD:
        return int.__repr__(value)
    if kind is bool or value is None:
        return "null" if value is None else "true" if value else "false"
    text = _to_text(_Encoder(refer).encode(value, 0))
    if len(text) > MAX_CHARS:
        raise NotPlainError(f"a value of more than {MAX_CHARS} characters")
    return text


def loads(text: str, resolve: Resolve | None = None) -> Any:
    """Inverse of ``dumps``. Raises ``ValueError`` for every other text; takes time and memory linear in its length."""
    if len(text) > MAX_CHARS:
        raise ValueError(f"a value of more than {MAX_CHARS} characters")
    if _nodes(text) > 2 * MAX_NODES and _nodes(_STRINGS.sub("", text)) > 2 * MAX_NODES:
        raise ValueError(f"more than {MAX_NODES} values")
    try:
        tree = _from_text(text)
    except RecursionError:
        raise ValueError(f"a value deeper than {MAX_DEPTH} levels") from None
    return _Decoder(resolve).decode(tree, 0)


def _nodes(text: str) -> int:
    """At least the number of values in JSON text, with commas and braces inside of strings; a tag counts as well."""
    return text.count(",") + text.count("[") + text.count("{")


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


_from_text = json.JSONDecoder(parse_constant=_no_constant).decode


def _float(value: float) -> Any:
    return value if math.isfinite(value) else {"f": float.__repr__(value)}


def _int(value: int) -> Any:
    return value if -_WORD < value < _WORD else {"i": format(value, "x")}


class _Encoder:
    """Builds the JSON tree of one value; counts what it has cost so far."""

    def __init__(self, refer: Refer) -> None:
        self.refer = refer
        self.nodes = 0
        self.chars = 0

    def encode(self, value: Any, depth: int) -> Any:
        kind = type(value)
        if kind is str:
            return self.text(value)
        if kind is int:
            self.chars += value.bit_length() >> 2
            self._check()
            return _int(value)
        if kind is float:
            return _float(value)
        if value is None or kind is bool:
            return value
        if depth > MAX_DEPTH:
            raise NotPlainError(f"a value deeper than {MAX_DEPTH} levels, or one that contains itself")
        if kind is list:
            return self.items(value, depth)
        write = _WRITERS.get(kind)
        if write is not None:
            return write(self, value, depth)
        if self.refer is _refuse:
            base = next((base for base in _CONTENTS if issubclass(kind, base)), None)
            if base is not None:
                return self.encode(_CONTENTS[base](value), depth)
        return {"@": self.refer(value)}

    def _check(self) -> None:
        if self.nodes > MAX_NODES:
            raise NotPlainError(f"more than {MAX_NODES} values")
        if self.chars > MAX_CHARS:
            raise NotPlainError(f"a value of more than {MAX_CHARS} characters")

    def text(self, value: str) -> Any:
        self.chars += len(value)
        self._check()
        if value.isascii():
            return value
        try:
            value.encode()
        except UnicodeEncodeError:  # JSON would join two lone surrogates into one character
            return {"u": value.encode("utf-8", "surrogatepass").hex()}
        return value

    def octets(self, value: bytes | bytearray) -> str:
        self.chars += 2 * len(value)
        self._check()
        return value.hex()

    def items(self, values: Iterable[Any], depth: int) -> list[Any]:
        items = list(values)
        self.nodes += len(items) + 1
        self._check()
        kinds = set(map(type, items))
        # a flat list of numbers needs no look at each of them
        if kinds in _NUMBERS and min(items) >= -_WORD and max(items) < _WORD:
            return items
        if kinds == {float} and math.isfinite(sum(items)):
            return items
        return [self.encode(item, depth + 1) for item in items]

    def pairs(self, value: dict[Any, Any], depth: int) -> list[Any]:
        return self.items(chain.from_iterable(dict.items(value)), depth)

    def factory(self, value: defaultdict[Any, Any]) -> str | None:
        factory = value.default_factory
        return next((name for name, kind in _FACTORIES.items() if kind is factory), None)

    def zone(self, zone: Any) -> Any:
        if zone is None:
            return None
        if type(zone) is not dt.timezone:
            return _refuse(zone)
        return _delta(zone.utcoffset(None))


def _delta(value: dt.timedelta) -> list[int]:
    return [value.days, value.seconds, value.microseconds]


def _moment(value: Any) -> list[int]:
    return [value.hour, value.minute, value.second, value.microsecond, value.fold]


_CONTENTS: dict[type, Callable[[Any], Any]] = {
    str: str.__str__,
    int: int.__int__,
    float: float.__float__,
    tuple: lambda value: tuple.__getitem__(value, slice(None)),
    list: lambda value: list.__getitem__(value, slice(None)),
    dict: lambda value: dict(dict.items(value)),
    set: lambda value: set(set.__iter__(value)),
}
"""What an instance of a subclass holds, read past whatever the subclass says of itself."""

_WRITERS: dict[type, Callable[[_Encoder, Any, int], Any]] = {
    tuple: lambda e, v, n: {"t": e.items(v, n)},
    dict: lambda e, v, n: {"d": e.pairs(v, n)},
    set: lambda e, v, n: {"s": e.items(v, n)},
    frozenset: lambda e, v, n: {"z": e.items(v, n)},
    bytes: lambda e, v, _: {"b": e.octets(v)},
    bytearray: lambda e, v, _: {"y": e.octets(v)},
    complex: lambda _e, v, _: {"c": [_float(v.real), _float(v.imag)]},
    range: lambda _e, v, _: {"r": [_int(v.start), _int(v.stop), _int(v.step)]},
    Counter: lambda e, v, n: {"C": e.pairs(v, n)},
    OrderedDict: lambda e, v, n: {"O": e.pairs(v, n)},
    defaultdict: lambda e, v, n: {"D": [e.factory(v), e.pairs(v, n)]},
    deque: lambda e, v, n: {"q": [v.maxlen, e.items(v, n)]},
    Decimal: lambda e, v, _: {"N": e.text(Decimal.__str__(v))},
    Fraction: lambda e, v, n: {"Q": [e.encode(v.numerator, n), e.encode(v.denominator, n)]},
    dt.timedelta: lambda _e, v, _: {"L": _delta(v)},
    dt.date: lambda _e, v, _: {"A": [v.year, v.month, v.day]},
    dt.time: lambda e, v, _: {"M": [*_moment(v), e.zone(v.tzinfo)]},
    dt.datetime: lambda e, v, _: {"T": [v.year, v.month, v.day, *_moment(v), e.zone(v.tzinfo)]},
}


class _Decoder:
    """Rebuilds one value from its JSON tree."""

    def __init__(self, resolve: Resolve | None) -> None:
        self.resolve = resolve

    def decode(self, tree: Any, depth: int) -> Any:
        kind = type(tree)
        if kind in _ATOMS:
            return tree
        if depth > MAX_DEPTH + 1:
            raise ValueError(f"a value deeper than {MAX_DEPTH} levels")
        if kind is list:
            return self.items(tree, depth)
        if len(tree) != 1:
            raise ValueError("a tagged value has one key")
        ((tag, body),) = tree.items()
        if tag == "@":
            if self.resolve is None:
                raise ValueError("a reference where only plain values may be")
            return self.resolve(body)
        read = _READERS.get(tag)
        if read is None:
            raise ValueError(f"unknown tag {tag[:20]!r}")
        try:
            return read(self, body, depth)
        except ValueError:
            raise
        except (TypeError, ArithmeticError, AttributeError) as error:
            raise ValueError(f"tag {tag!r}: {error!s:.200}") from None

    def items(self, tree: Any, depth: int) -> list[Any]:
        if type(tree) is not list:
            raise ValueError("expected a list")
        if set(map(type, tree)) <= _ATOMS:
            return tree
        return [self.decode(item, depth + 1) for item in tree]

    def keys(self, tree: Any, depth: int) -> list[Any]:
        return _checked(self.items(tree, depth))

    def pairs(self, tree: Any, depth: int) -> dict[Any, Any]:
        flat = self.items(tree, depth)
        return dict(zip(_checked(flat[::2]), flat[1::2], strict=True))


def _checked(keys: list[Any]) -> list[Any]:
    """The keys, hashable and without a flood of equal hashes."""
    if len(keys) > MAX_SAME_HASH:
        _, most = Counter(map(hash, keys)).most_common(1)[0]
        if most > MAX_SAME_HASH:
            raise ValueError(f"{most} keys with the same hash")
    return keys


def _fields(tree: Any, count: int) -> list[Any]:
    if type(tree) is not list or len(tree) != count:
        raise ValueError(f"expected {count} fields")
    return tree


def _ints(tree: Any, count: int) -> list[int]:
    for item in _fields(tree, count):
        if type(item) is not int:
            raise ValueError("expected integers")
    return list(tree)


def _text(tree: Any) -> str:
    if type(tree) is not str:
        raise ValueError("expected a string")
    return tree


def _special(tree: Any) -> float:
    if tree not in ("nan", "inf", "-inf"):
        raise ValueError("expected nan, inf or -inf")
    return float(tree)


def _hex(tree: Any) -> int:
    text = _text(tree)
    if not text.removeprefix("-").isalnum():
        raise ValueError("expected hexadecimal digits")
    return int(text, 16)


def _complex(decoder: _Decoder, tree: Any, depth: int) -> complex:
    parts = [decoder.decode(item, depth) for item in _fields(tree, 2)]
    if set(map(type, parts)) != {float}:
        raise ValueError("expected two floats")
    return complex(*parts)


def _whole(decoder: _Decoder, tree: Any, count: int, depth: int) -> list[int]:
    return _ints([decoder.decode(item, depth) for item in _fields(tree, count)], count)


def _default(decoder: _Decoder, tree: Any, depth: int) -> defaultdict[Any, Any]:
    name, pairs = _fields(tree, 2)
    factory = None if name is None else _FACTORIES.get(_text(name))
    if name is not None and factory is None:
        raise ValueError("unknown factory")
    return defaultdict(factory, decoder.pairs(pairs, depth))


def _deque(decoder: _Decoder, tree: Any, depth: int) -> deque[Any]:
    size, items = _fields(tree, 2)
    return deque(decoder.items(items, depth), size if size is None else _ints([size], 1)[0])


def _counter(decoder: _Decoder, tree: Any, depth: int) -> Counter[Any]:
    found: Counter[Any] = Counter()
    dict.update(found, decoder.pairs(tree, depth))
    return found


def _offset(tree: Any) -> dt.timezone | None:
    return None if tree is None else dt.timezone(dt.timedelta(*_ints(tree, 3)))


def _time(tree: Any) -> dt.time:
    *clock, fold = _ints(_fields(tree, 6)[:5], 5)
    return dt.time(*clock, tzinfo=_offset(tree[5]), fold=fold)  # type: ignore[misc, arg-type]


def _datetime(tree: Any) -> dt.datetime:
    *clock, fold = _ints(_fields(tree, 9)[:8], 8)
    return dt.datetime(*clock, tzinfo=_offset(tree[8]), fold=fold)  # type: ignore[misc, arg-type]


_READERS: dict[str, Callable[[_Decoder, Any, int], Any]] = {
    "t": lambda d, v, n: tuple(d.items(v, n)),
    "d": lambda d, v, n: d.pairs(v, n),
    "s": lambda d, v, n: set(d.keys(v, n)),
    "z": lambda d, v, n: frozenset(d.keys(v, n)),
    "b": lambda _d, v, _: bytes.fromhex(_text(v)),
    "y": lambda _d, v, _: bytearray.fromhex(_text(v)),
    "f": lambda _d, v, _: _special(v),
    "i": lambda _d, v, _: _hex(v),
    "u": lambda _d, v, _: bytes.fromhex(_text(v)).decode("utf-8", "surrogatepass"),
    "c": _complex,
    "r": lambda d, v, n: range(*_whole(d, v, 3, n)),
    "C": _counter,
    "O": lambda d, v, n: OrderedDict(d.pairs(v, n)),
    "D": _default,
    "q": _deque,
    "N": lambda _d, v, _: Decimal(_text(v)),
    "Q": lambda d, v, n: Fraction(*_whole(d, v, 2, n)),
    "L": lambda _d, v, _: dt.timedelta(*_ints(v, 3)),
    "A": lambda _d, v, _: dt.date(*_ints(v, 3)),
    "M": lambda _d, v, _: _time(v),
    "T": lambda _d, v, _: _datetime(v),
}
