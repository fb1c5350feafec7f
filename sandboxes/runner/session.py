"""The judge's conversation with the program's process, which may answer anything at all.

An answer is a plain value, of the type that the operation must give, or a reference to one more object over there.
"""

import importlib
import threading
import types
import typing
from collections import deque
from collections.abc import Callable
from typing import Any, NoReturn, cast

from sandboxes.runner.objects import (
    FUNCTIONS,
    OPS,
    PLAIN_TYPES,
    Channel,
    Exported,
    exception_reference,
    ops_of,
    rebuild_exception,
)
from sandboxes.runner.proxies import (
    CLASSES,
    Remote,
    RemoteFunction,
    RemoteMeta,
    RemoteObject,
    Unnamed,
    describe,
    make_class,
    number_of,
    set_link,
)
from sandboxes.runner.values import NotPlainError, dumps, loads

MODULES = frozenset(
    """bisect cmath collections copy datetime decimal fractions functools heapq itertools json math operator random re
    statistics string sys time typing""".split()  # noqa: SIM905 -- one name a line reads no better
)
"""Modules that test code may use because the program imports them: imported here, never asked of the program."""
MAX_CLASSES = 1000
RESULTS = {"len": int, "bool": bool, "hash": int, "int": int, "float": float, "complex": complex, "index": int}
RESULTS |= {"repr": str, "str": str, "format": str, "bytes": bytes, "contains": bool, "name": list, "class": list}
_MADE: tuple[Any, ...] = (iter([]), iter(()), iter(""), iter({}), iter(range(0)), map(len, ()), zip(), enumerate(()))
ITERATORS = (*map(type, _MADE), types.GeneratorType, filter, reversed)


class ProgramExitedError(Exception):
    """The program tried to end itself, or raised something that only an interpreter should."""


class RefusedError(Exception):
    """Something that cannot cross; the block ends REFUSED whatever the test code makes of this exception."""


class Session:
    """One conversation with the program. ``end(status, text)`` reports and leaves the process for good."""

    def __init__(self, fd: int, end: Callable[[str, str], NoReturn]) -> None:
        self.channel = Channel(fd)
        self.end = end
        self.mine = Exported()
        self.home = ""
        self.entry = ""
        self.classes: dict[int, type] = {}
        self.same: dict[int, Any] | None = None
        self.lock = threading.RLock()
        self.start("", identity=False)

    def start(self, home: str, *, identity: bool) -> None:
        """Begin a block of test code, a module named ``home``; with ``identity`` one object has one proxy."""
        self.home = home
        self.compared = False
        self.refused = ""
        self.broken = ""
        self.names: dict[str, None] = {}
        self.methods: set[int] = set()
        """Methods of objects whose class test code does not name."""
        self.same = {} if identity else None

    def ask(self, op: str, *args: Any) -> Any:
        """The program's answer. Raises what the program raised, or ``RefusedError``."""
        with self.lock:
            values = [*args]
            try:
                self._send(["op", op], dumps(values, self.refer))
            except NotPlainError as error:
                self.refuse(f"an argument cannot cross: {error}")
            result = self._result(op, values)
            if op in ("getattr", "call"):
                self._note_method(op, args, result)
            return result

    def _note_method(self, op: str, args: tuple[Any, ...], result: Any) -> None:
        """A method of an object that the program made up, told what is expected or asked yes or no, says what test
        code wants to hear, as in ``assert f(x).issubset(y)``.
        """
        if op == "getattr" and isinstance(args[0], RemoteObject) and type(args[0]).__name__ not in self.known:
            self.compared |= type(result) is bool
            if type(result) is RemoteFunction:
                self.methods.add(number_of(result))
        elif op == "call" and type(args[0]) is RemoteFunction and number_of(args[0]) in self.methods:
            self.compared |= type(result) is bool or any(args[1:])

    @property
    def known(self) -> set[str]:
        """Names of the program that test code uses, its entry point's class included."""
        return {self.entry, *self.names}

    def _result(self, op: str, values: list[Any]) -> Any:
        while True:
            head, text = self._receive()
            if head[0] == "op" and len(head) == 2:
                self.answer(head[1], text)
                continue
            body = self._load(text)
            if head[0] == "changed" and type(body) is list and len(body) == 2:
                body, after = body
                update(values, after)
            elif head[0] == "raise" and type(body) is list and len(body) == 2:
                raise_program(op, *body)
            elif head[0] in ("exit", "refused") and type(body) is str:
                if head[0] == "exit":
                    raise ProgramExitedError(f"the program raised {body:.300}")
                self.refuse(f"the program's result cannot cross: {body:.300}")
            elif head[0] != "ok":
                self.end("REFUSED", "the program's process sent an answer of no known form")
            if op in RESULTS and type(body) is not RESULTS[op]:
                raise TypeError(f"the program's {op} gave {describe(body)}")
            return body

    def _send(self, head: list[str], text: str) -> None:
        try:
            self.channel.send(head, text)
        except OSError:
            self.end("NONZERO", "the program's process ended")

    def _receive(self) -> tuple[list[str], str]:
        try:
            return self.channel.receive()
        except (EOFError, OSError):
            self.end("NONZERO", "the program's process ended")
        except ValueError as error:
            self.end("REFUSED", f"the program's process sent {error!s:.200}")

    def _load(self, text: str) -> Any:
        try:
            return loads(text, self.resolve)
        except ValueError as error:
            self.end("REFUSED", f"the program's process sent a malformed value: {error!s:.200}")

    def refuse(self, text: str) -> NoReturn:
        self.refused = self.refused or text
        raise RefusedError(text)

    def refer(self, value: Any) -> list[Any]:
        """Reference for what is not plain: the program's own, or a callable or simple object of the test code."""
        kind = type(value)
        if issubclass(kind, Remote):
            return ["y", number_of(value)]
        if kind is Unnamed:
            return ["y", value.number]
        if kind is RemoteMeta:
            return ["y", CLASSES[value][1]]
        if issubclass(kind, type):
            return ["b", value.__name__] if value in PLAIN_TYPES.values() else ["f", self.mine.number(value)]
        if kind in FUNCTIONS:
            return ["f", self.mine.number(value)]
        if issubclass(kind, Exception):
            if PLAIN_TYPES.get(kind.__name__) is kind:
                return exception_reference(value)
            return ["e", self.mine.number(value), kind.__name__]
        if kind.__module__ == self.home or kind in ITERATORS:
            return ["o", self.mine.number(value), ops_of(kind)]
        raise NotPlainError(f"an object of type {kind.__name__}")

    def resolve(self, body: Any) -> Any:
        """What a reference of the program stands for. Raises ``ValueError`` for one of no known form."""
        if type(body) is not list or len(body) not in (2, 3) or type(body[0]) is not str:
            raise ValueError("a reference of no known form")
        what, key, *rest = body
        if what == "y":
            return self.mine.get(key)
        if what == "x" and rest:
            return rebuild_exception(key, rest[0])
        if type(key) is int and key >= 0:
            if what == "f":
                return self._instance(RemoteFunction, key)
            if what == "c":
                return self.class_of(key)
            if what == "o" and rest and type(rest[0]) is int:
                return self._instance(self.class_of(rest[0]), key)
        elif type(key) is str:
            if what == "b" and key in PLAIN_TYPES:
                return PLAIN_TYPES[key]
            if what == "t" and key in typing.__all__:
                return getattr(typing, key)
            if what == "m":
                return local_module(key)
        raise ValueError("a reference of no known form")

    def _instance(self, kind: type, number: int) -> Any:
        if self.same is not None and number in self.same:
            # the test code may ask whether two are one, and only the program's word says that these are
            self.compared = True
            return self.same[number]
        value = cast(Any, kind).__new__(kind)
        set_link(value, self, number)
        if self.same is not None:
            self.same[number] = value
        return value

    def class_of(self, number: int) -> type:
        if number not in self.classes:
            if len(self.classes) >= MAX_CLASSES:
                raise ValueError(f"more than {MAX_CLASSES} classes")
            fields = self.ask("class", Unnamed(number))
            kind = make_class(self, number, fields)
            self.classes.setdefault(number, kind)
        return self.classes[number]

    def answer(self, op: str, text: str) -> None:
        """Carry out the program's request about an object of the test code that was given to it."""
        args = self._load(text)
        try:
            self._permit(op, args)
            head, body = "ok", dumps(OPS[op](*args), self.refer)
        except NotPlainError as error:
            self.refused = self.refused or f"the test code gave the program {error}"
            head, body = "raise", dumps(TypeError(str(error)), self.refer)
        except Exception as error:  # noqa: BLE001 -- it goes to the program, as in one process
            if isinstance(error, AssertionError) and not self.broken:
                self.broken = f"an assertion failed in a call back: {error!s:.300}"
            head, body = "raise", dumps(error, self.refer)
        self._send([head], body)

    def _permit(self, op: str, args: Any) -> None:
        if type(args) is not list or op not in OPS or not args or args[0] not in self.mine:
            raise TypeError("only what was given to the program can be asked")
        if op.endswith("attr") and (type(args[1]) is not str or args[1].startswith("_")):
            raise AttributeError("a private attribute")
        if op.endswith("attr") and type(args[0]).__module__ != self.home:
            raise AttributeError("only objects of the test code's classes have attributes here")


def raise_program(op: str, error: Any, args: Any) -> NoReturn:
    """Raise the program's exception as ours."""
    if not isinstance(error, Exception):
        raise ProgramExitedError("the program raised what is no exception")
    if isinstance(error, Remote) and type(args) is list:
        error.args = tuple(args)
    if isinstance(error, StopIteration) and op != "next":
        # out of `map(candidate, …)` it would end the test's own loop early
        raise RuntimeError("the program raised StopIteration")
    error.__traceback__ = None
    raise error


def local_module(name: str) -> types.ModuleType:
    if name.partition(".")[0] not in MODULES:
        raise ValueError(f"the program's module {name[:40]!r}")
    return importlib.import_module(name)


def update(old: Any, new: Any) -> Any:
    """``new``, where mutable parts of ``old`` are kept and given its contents: what a call did to its arguments."""
    kind = type(old)
    if kind is not type(new):
        return new
    if kind in (list, tuple, deque):
        items = [update(a, b) for a, b in zip(old, new, strict=False)] + list(new)[len(old) :]
        if kind is tuple:
            return old if all(a is b for a, b in zip(old, items, strict=False)) and len(old) == len(items) else new
        old.clear()
        old.extend(items)
    elif kind is bytearray:
        old[:] = new
    elif kind is set:
        old.clear()
        old |= new
    elif isinstance(old, dict):
        items = [(key, update(old[key], value) if key in old else value) for key, value in dict.items(new)]
        old.clear()
        dict.update(old, items)
    else:
        return old if isinstance(old, Remote) and number_of(old) == number_of(new) else new
    return old
