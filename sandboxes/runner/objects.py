"""The program's side of a judged run: answers what the judge asks about the program's names and objects.

Frames on a stream socket: four bytes of length (big-endian), then ASCII text of two lines: a head, a plain list, and a
body, any value as of ``values`` in which references stand for objects that are not plain. Heads are ``["op", name]``
(the body lists the arguments of the operation), and the answers ``["ok"]`` (the result), ``["changed"]`` (the result,
and the arguments as the call left them), ``["raise"]``, ``["exit"]`` and ``["refused"]``. While one side waits for an
answer, the other may ask in its turn. Nothing here is trusted: the program can rewrite all of it.

A reference is ``["y", n]``, the receiver's own object n, or says what the sender's is: ``["b", name]`` a builtin type
or one of a plain type, ``["f", n]`` a callable, ``["c", n]`` a class, ``["o", n, …]`` an instance, ``["m", name]`` a
module, ``["t", name]`` a name of ``typing``, ``["x", name, text]`` a builtin exception with its arguments.
"""

import builtins
import copy
import datetime as dt
import functools
import math
import operator
import os
import types
import typing
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sandboxes.runner.values import MAX_CHARS, NotPlainError, dumps, loads

MAX_FRAME = MAX_CHARS + 1000
FUNCTIONS = (types.FunctionType, types.BuiltinFunctionType, types.MethodType, functools.partial)
PLAIN_TYPES: dict[str, type] = {
    kind.__name__: kind
    for kind in (
        *(item for item in vars(builtins).values() if isinstance(item, type)),
        *(Counter, OrderedDict, defaultdict, deque, Decimal, Fraction),
        *(dt.date, dt.time, dt.datetime, dt.timedelta),
    )
}
_NAMES = {kind: name for name, kind in PLAIN_TYPES.items()}

ARITHMETIC = [
    "add",
    "sub",
    "mul",
    "truediv",
    "floordiv",
    "mod",
    "pow",
    "matmul",
    "and_",
    "or_",
    "xor",
    "lshift",
    "rshift",
]
_UNARY: dict[str, Callable[[Any], Any]] = {
    **{name: getattr(operator, name) for name in ("neg", "pos", "invert", "index")},
    **{name: getattr(builtins, name) for name in ("len", "iter", "next", "repr", "str", "hash", "abs", "int", "float")},
    **{name: getattr(builtins, name) for name in ("bool", "complex", "reversed", "bytes")},
    **{name: getattr(math, name) for name in ("trunc", "floor", "ceil")},
}


def _reflected(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda self, other: function(other, self)


OPS: dict[str, Callable[..., Any]] = {
    **_UNARY,
    **{name: getattr(operator, name) for name in ("eq", "ne", "lt", "le", "gt", "ge")},
    **{name: getattr(operator, name) for name in ("getitem", "setitem", "delitem", "contains")},
    **{name: getattr(operator, name) for name in ARITHMETIC},
    **{"r" + name: _reflected(getattr(operator, name)) for name in ARITHMETIC},
    **{"i" + name: getattr(operator, "i" + name.rstrip("_")) for name in ARITHMETIC if name not in ("and_", "or_")},
    "iand_": operator.iand,
    "ior_": operator.ior,
    "divmod": divmod,
    "rdivmod": _reflected(divmod),
    "round": round,
    "format": format,
    "getattr": getattr,
    "setattr": setattr,
    "delattr": delattr,
    "call": lambda function, args, kwargs: function(*args, **kwargs),
    "enter": lambda value: type(value).__enter__(value),
    "exit": lambda value, error: type(value).__exit__(value, error and type(error), error, None),
}
DUNDERS = {f"__{name.rstrip('_')}__": name for name in OPS if name not in ("getattr", "setattr", "delattr", "ne")}
"""Special methods that cross, with their operation."""


def ops_of(kind: type) -> list[str]:
    """Special methods in ``DUNDERS`` that ``kind`` has of its own, or of a base other than object and exceptions."""
    plain = [base for base in kind.__mro__ if base is not object and not issubclass(base, BaseException)]
    own = [base for base in kind.__mro__ if issubclass(base, BaseException) and base not in _NAMES]
    found = {name for base in plain + own for name in base.__dict__}
    return [name for name in DUNDERS if name in found and getattr(kind, name, None) is not None]


class Channel:
    """Frames over a stream socket's descriptor."""

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self.buffer = bytearray()

    def send(self, head: list[str], body: str) -> None:
        payload = (dumps(head) + "\n" + body).encode("ascii")
        data = memoryview(len(payload).to_bytes(4, "big") + payload)
        while data:
            data = data[os.write(self.fd, data) :]

    def receive(self) -> tuple[list[str], str]:
        """Next frame's head and body. Raises ``EOFError`` at the end, ``ValueError`` for what is no frame."""
        size = int.from_bytes(self._take(4), "big")
        if size > MAX_FRAME:
            raise ValueError(f"a frame of {size} bytes")
        head, line, body = self._take(size).decode("ascii").partition("\n")
        names = loads(head)
        if not line or type(names) is not list or not names or set(map(type, names)) != {str}:
            raise ValueError("a frame without a head")
        return names, body

    def _take(self, size: int) -> bytes:
        while len(self.buffer) < size:
            try:
                data = os.read(self.fd, 1 << 16)
            except ConnectionError:
                data = b""
            if not data:
                raise EOFError
            self.buffer += data
        taken = bytes(self.buffer[:size])
        del self.buffer[:size]
        return taken


class Exported:
    """Objects that the other side knows by number; they live as long as the channel."""

    def __init__(self) -> None:
        self.items: list[Any] = []
        self.numbers: dict[int, int] = {}

    def number(self, value: Any) -> int:
        found = self.numbers.setdefault(id(value), len(self.items))
        if found == len(self.items):
            self.items.append(value)
        return found

    def __contains__(self, value: Any) -> bool:
        return id(value) in self.numbers

    def get(self, number: Any) -> Any:
        if type(number) is not int or not 0 <= number < len(self.items):
            raise ValueError("a reference to nothing")
        return self.items[number]


def exception_reference(error: BaseException) -> list[Any]:
    """A builtin exception as a reference: its name and those of its arguments that are plain, else their text."""
    return ["x", type(error).__name__, dumps(safe_args(error))]


def safe_args(error: BaseException) -> list[Any]:
    args = []
    for item in error.args:
        try:
            dumps(item)
            args.append(item)
        except NotPlainError:
            args.append(f"<{type(item).__name__}>")
    return args


def rebuild_exception(name: Any, text: Any) -> BaseException:
    """The builtin exception of ``exception_reference``. Raises ``ValueError`` for anything else."""
    kind = PLAIN_TYPES.get(name) if type(name) is str else None
    args = loads(text) if type(text) is str else None
    if kind is None or not issubclass(kind, Exception) or type(args) is not list:
        raise ValueError("not a builtin exception")
    try:
        return kind(*args)
    except TypeError:  # UnicodeDecodeError and the like want other arguments than they keep
        return Exception(f"{name}: {args!r:.200}")


class ForeignError(Exception):
    """An exception of the judge's own class, on its way through the program."""


class Program:
    """Answers requests about ``namespace``; asks the judge about the judge's objects."""

    def __init__(self, channel: Channel, namespace: dict[str, Any]) -> None:
        self.channel = channel
        self.namespace = namespace
        self.mine = Exported()
        self.foreign: dict[int, Any] = {}
        self.numbers: dict[int, int] = {}
        self.bodies: dict[int, Any] = {}
        self.ops: dict[str, Callable[..., Any]] = {
            **OPS,
            "copy": copy.copy,
            "deepcopy": copy.deepcopy,
            "name": self.name,
            "class": self.describe,
            "base": base_value,
        }

    def name(self, name: str) -> list[Any]:
        return [True, self.namespace[name]] if name in self.namespace else [False, None]

    def describe(self, kind: type) -> list[Any]:
        """Name, bases, special methods, builtin exception and plain type it derives from, whether unhashable."""
        error = next((c.__name__ for c in kind.__mro__ if c in _NAMES and issubclass(c, BaseException)), None)
        base = next((c.__name__ for c in kind.__mro__ if c in BASES), None)
        bases = [c for c in kind.__bases__ if c not in _NAMES]
        return [kind.__name__, bases, ops_of(kind), error, base, getattr(kind, "__hash__", None) is None]

    def refer(self, value: Any) -> list[Any]:
        if id(value) in self.numbers:
            return ["y", self.numbers[id(value)]]
        kind = type(value)
        if isinstance(value, types.ModuleType):
            return ["m", value.__name__]
        if isinstance(value, type):
            return ["b", _NAMES[value]] if value in _NAMES else ["c", self.mine.number(value)]
        if kind.__module__ == "typing" and str(value).removeprefix("typing.") in typing.__all__:
            return ["t", str(value).removeprefix("typing.")]
        if isinstance(value, FUNCTIONS):
            return ["f", self.mine.number(value)]
        if isinstance(value, Exception) and kind in _NAMES:
            return exception_reference(value)
        return ["o", self.mine.number(value), self.mine.number(kind)]

    def echo(self, value: Any) -> list[Any]:
        """The reference as the judge wrote it, so that arguments that did not change give the same text."""
        if id(value) in self.bodies:
            return list(self.bodies[id(value)])
        return ["y", self.mine.number(value)] if value in self.mine else self.refer(value)

    def resolve(self, body: Any) -> Any:
        what, key, *rest = body
        if what == "y":
            return self.mine.get(key)
        if what == "b":
            return PLAIN_TYPES[key]
        if what == "x":
            return rebuild_exception(key, *rest)
        if key not in self.foreign:
            value = foreign_class(self, what, key, rest)()
            self.foreign[key] = value
            self.numbers[id(value)] = key
            self.bodies[id(value)] = body
        return self.foreign[key]

    def ask(self, op: str, *args: Any) -> Any:
        """What the judge answers."""
        self.channel.send(["op", op], dumps([*args], self.refer))
        while True:
            head, body = self.channel.receive()
            if head[0] == "op":
                self.answer(head[1], body)
                continue
            value = loads(body, self.resolve)
            if head[0] == "ok":
                return value
            raise value

    def answer(self, op: str, body: str) -> None:
        """Carry out one request and send what came of it."""
        try:
            args = loads(body, self.resolve)
            result = self.ops[op](*args)
            head, text = "ok", dumps(result, self.refer)
            if dumps(args, self.echo) != body:
                head, text = "changed", dumps([result, args], self.refer)
        except NotPlainError as error:
            head, text = "refused", dumps(str(error))
        except Exception as error:  # noqa: BLE001 -- whatever the program raises is the judge's to see
            head, text = "raise", dumps([error, safe_args(error)], self.refer)
        except BaseException as error:  # noqa: BLE001 -- an exit must not end the conversation unseen
            head, text = "exit", dumps(f"{type(error).__name__}: {str(error)[:200]}")
        self.channel.send([head], text)


def foreign_class(program: Program, what: str, number: int, rest: list[Any]) -> type:
    """Class of the one proxy of the judge's object: a callable, an exception, or an instance with special methods."""

    def method(op: str) -> Callable[..., Any]:
        if op == "call":
            return lambda self, *args, **kwargs: program.ask("call", self, list(args), kwargs)
        return lambda self, *args: program.ask(op, self, *args)

    if what == "e":
        return type(str(rest[0]), (ForeignError,), {})
    ops = ["__call__"] if what == "f" else rest[0]
    body: dict[str, Any] = {name: method(DUNDERS[name]) for name in ops}
    if "__eq__" in body and "__hash__" not in body:
        body["__hash__"] = object.__hash__
    if what == "o":
        body |= {"__getattr__": method("getattr"), "__setattr__": method("setattr"), "__delattr__": method("delattr")}
    return type(f"Foreign{number}", (), body)


BASES: dict[type, Callable[[Any], Any]] = {
    int: int.__pos__,
    float: float.__pos__,
    complex: complex.__pos__,
    str: str.__str__,
    bytes: lambda value: bytes.__getitem__(value, slice(None)),
    bytearray: lambda value: bytearray.__getitem__(value, slice(None)),
    list: lambda value: list.__getitem__(value, slice(None)),
    tuple: lambda value: tuple.__getitem__(value, slice(None)),
    set: lambda value: {*set.__iter__(value)},
    frozenset: lambda value: frozenset({*frozenset.__iter__(value)}),
    dict: lambda value: dict(dict.items(value)),
}


def base_value(value: Any) -> Any:
    """Plain value under an instance of a subclass of a plain type, read by that type's own methods."""
    return next(read for kind, read in BASES.items() if isinstance(value, kind))(value)


def serve(channel_fd: int, namespace: dict[str, Any]) -> None:
    """Answer the judge's requests about ``namespace``, a program's globals, until the channel ends."""
    program = Program(Channel(channel_fd), namespace)
    while True:
        try:
            head, body = program.channel.receive()
        except EOFError:
            return
        program.answer(head[1], body)
