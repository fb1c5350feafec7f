"""The judge's side of a program's names: functions, classes and instances that stand for the program's own.

The program's process may answer anything at all, so an answer is a plain value, of the type that the operation must
give, or a reference to one more object over there. What an object of the program says of itself is never taken as
equal to a plain value; where its own comparisons, truth or hash decide, ``Session.compared`` says so.
"""

import builtins
import importlib
import threading
import types
import typing
from collections import deque
from collections.abc import Callable
from typing import Any, NoReturn

from sandboxes.runner.objects import (
    ARITHMETIC,
    DUNDERS,
    FUNCTIONS,
    OPS,
    PLAIN_TYPES,
    Channel,
    Exported,
    exception_reference,
    ops_of,
    rebuild_exception,
)
from sandboxes.runner.values import NotPlainError, dumps, loads

MODULES = frozenset(
    [
        "bisect",
        "cmath",
        "collections",
        "copy",
        "datetime",
        "decimal",
        "fractions",
        "functools",
        "heapq",
        "itertools",
        "json",
        "math",
        "operator",
        "random",
        "re",
        "statistics",
        "string",
        "sys",
        "time",
        "typing",
    ]
)
"""Modules that test code may use because the program imports them: they are imported here, never asked of the program."""
ATTRIBUTES = ("__name__", "__qualname__", "__doc__", "__dict__", "__annotations__", "__next__", "__iter__")
MAX_CLASSES = 1000
RESULTS = {"len": int, "bool": bool, "hash": int, "int": int, "float": float, "complex": complex, "index": int}
RESULTS |= {"repr": str, "str": str, "format": str, "bytes": bytes, "contains": bool, "name": list, "class": list}
DECIDING = frozenset(("eq", "lt", "le", "gt", "ge", "bool", "hash", "contains"))
ORDER = frozenset(("lt", "le", "gt", "ge", "eq", "contains"))
COMPUTING = frozenset(("divmod", "rdivmod", *ARITHMETIC, *("r" + name for name in ARITHMETIC)))
"""Operations that are told a plain value, which may be the expected one."""
ITERATORS = tuple(
    type(item) for item in (iter([]), iter(()), iter(""), iter({}), iter(range(0)), map(len, ()), zip(), enumerate(()))
) + (types.GeneratorType, filter, reversed)


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
        self.same = {} if identity else None

    def ask(self, op: str, *args: Any) -> Any:
        """The program's answer. Raises what the program raised, or ``RefusedError``."""
        with self.lock:
            values = [*args]
            try:
                self._send(["op", op], dumps(values, self.refer))
            except NotPlainError as error:
                self.refuse(f"an argument cannot cross: {error}")
            return self._result(op, values)

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
            return ["b", value.__name__] if PLAIN_TYPES.get(value.__name__) is value else ["f", self.mine.number(value)]
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
        value = kind.__new__(kind)
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
            if type(args) is not list or op not in OPS or not args or args[0] not in self.mine:
                raise TypeError("only what was given to the program can be asked")
            if op.endswith("attr") and (type(args[1]) is not str or args[1].startswith("_")):
                raise AttributeError("a private attribute")
            if op.endswith("attr") and type(args[0]).__module__ != self.home:
                raise AttributeError("only objects of the test code's classes have attributes here")
            head, body = "ok", dumps(OPS[op](*args), self.refer)
        except NotPlainError as error:
            self.refused = self.refused or f"the test code gave the program {error}"
            head, body = "raise", dumps(TypeError(str(error)), self.refer)
        except Exception as error:  # noqa: BLE001 -- it goes to the program, as in one process
            if isinstance(error, AssertionError) and not self.broken:
                self.broken = f"an assertion failed in a call back: {error!s:.300}"
            head, body = "raise", dumps(error, self.refer)
        self._send([head], body)


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


def describe(value: Any) -> str:
    return f"an object of type {type(value).__name__}"


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


class Unnamed:
    """Stands for a class of the program that has no proxy yet."""

    def __init__(self, number: int) -> None:
        self.number = number


_get = object.__getattribute__


def set_link(value: Any, session: Session, number: int) -> None:
    object.__setattr__(value, "_proofstill_link", (session, number))


def link(value: Any) -> tuple[Session, int]:
    found: tuple[Session, int] = _get(value, "_proofstill_link")
    return found


def number_of(value: Any) -> int:
    return link(value)[1]


def remote_getattr(self: Any, name: str) -> Any:
    if name.startswith("__") and name not in ATTRIBUTES:
        raise AttributeError(f"{name} is not asked of the program")
    return link(self)[0].ask("getattr", self, name)


class Remote:
    """An object of the program. Subclasses, made by ``make_class``, add its special methods."""

    _proofstill_base: str | None = None
    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        return remote_getattr(self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(self, Exception) and name in ("args", "__traceback__", "__context__", "__cause__"):
            object.__setattr__(self, name, value)
        else:
            link(self)[0].ask("setattr", self, name, value)

    def __delattr__(self, name: str) -> None:
        link(self)[0].ask("delattr", self, name)

    def __eq__(self, other: object) -> bool:
        return remote_op("eq", self, other)

    def __ne__(self, other: object) -> bool:
        return not remote_op("eq", self, other)

    def __copy__(self) -> Any:
        return link(self)[0].ask("copy", self)

    def __deepcopy__(self, _memo: Any) -> Any:
        return link(self)[0].ask("deepcopy", self)

    def __hash__(self) -> int:
        link(self)[0].compared = True
        return hash(number_of(self))


def remote_op(op: str, self: Any, *args: Any) -> Any:
    """A special method of the program's object: by its plain value where it has one, else by asking."""
    session, number = link(self)
    other = args[0] if args else None
    foreign = isinstance(other, Remote)
    if type(self)._proofstill_base and op in DECIDING | COMPUTING and not foreign:
        value = session.ask("base", self)
        if type(value).__name__ != type(self)._proofstill_base:
            session.refuse("the program's object has no plain value of its type")
        return OPS[op](value, *args)
    if op in COMPUTING and not foreign:
        session.compared = True  # of `abs(f(x) - 42) < 1e-6`, the difference would be the program's word
    if op in DECIDING:
        if op == "eq" and not foreign:
            return False
        session.compared = True
        if op == "eq" and "__eq__" not in type(self)._proofstill_ops and "__eq__" not in type(other)._proofstill_ops:
            return number == number_of(other)
    result = session.ask(op, self, *args)
    if op in ORDER and type(result) is not bool:
        raise TypeError(f"the program's {op} gave {describe(result)}")
    return result


class RemoteObject(Remote):
    """An instance whose class is no exception."""

    __slots__ = ("_proofstill_link",)
    _proofstill_ops: frozenset[str] = frozenset()


class RemoteFunction(RemoteObject):
    """A function or method of the program."""

    __slots__ = ()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return link(self)[0].ask("call", self, list(args), kwargs)


CLASSES: dict[type, tuple[Session, int]] = {}
"""Session and number of every class made here."""


class RemoteMeta(type):
    """Class of the proxies of the program's classes: calls and attributes of the class are asked of the program."""

    def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> Any:
        if "_proofstill_ops" not in body:
            session = next(CLASSES[base][0] for base in bases if base in CLASSES)
            session.refuse(f"the test code's class {name} derives from one of the program")
        return super().__new__(cls, name, bases, body)

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        return CLASSES[cls][0].ask("call", cls, list(args), kwargs)

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__") or name.startswith("_proofstill"):
            raise AttributeError(name)
        return CLASSES[cls][0].ask("getattr", cls, name)

    def __setattr__(cls, name: str, value: Any) -> None:
        if name.startswith("__"):
            super().__setattr__(name, value)
        else:
            CLASSES[cls][0].ask("setattr", cls, name, value)

    def __iter__(cls) -> Any:
        return CLASSES[cls][0].ask("iter", cls)

    def __len__(cls) -> int:
        return int(CLASSES[cls][0].ask("len", cls))

    def __bool__(cls) -> bool:
        return True

    def __getitem__(cls, key: Any) -> Any:
        return CLASSES[cls][0].ask("getitem", cls, key)

    def __contains__(cls, key: Any) -> bool:
        session = CLASSES[cls][0]
        session.compared = True
        return bool(session.ask("contains", cls, key))


def make_class(session: Session, number: int, fields: list[Any]) -> type:
    """Judge-side class from ``objects.Program.describe``. Raises ``ValueError`` for fields of another form."""
    if len(fields) != 6:
        raise ValueError("a class has six fields")
    name, bases, ops, error, base, unhashable = fields
    if not (type(name) is str and type(bases) is list and type(ops) is list and set(ops) <= DUNDERS.keys()):
        raise ValueError("a class of no known form")
    parents = [item for item in bases if type(item) is RemoteMeta]
    kind = getattr(builtins, error, None) if type(error) is str else None
    if kind is not None and not (isinstance(kind, type) and issubclass(kind, Exception)):
        kind = Exception
    root = (Remote, kind) if kind else (RemoteObject,)
    body: dict[str, Any] = {"__module__": "program", "__qualname__": name, "_proofstill_ops": frozenset(ops)}
    body["_proofstill_base"] = base if type(base) is str and base in PLAIN_TYPES else None
    if not kind:
        body["__slots__"] = ()
    body |= {dunder: _method(DUNDERS[dunder]) for dunder in ops if dunder != "__eq__"}
    if "__len__" in ops and "__bool__" not in ops:
        body["__bool__"] = _method("bool")
    if unhashable is True:
        body["__hash__"] = None
    try:
        made = RemoteMeta(name, (*parents, *(item for item in root if item not in parents)), body)
    except TypeError:  # parents in an order that ours does not allow: isinstance then knows this class alone
        made = RemoteMeta(name, root, body)
    CLASSES[made] = (session, number)
    return made


def _method(op: str) -> Callable[..., Any]:
    if op == "call":
        return lambda self, *args, **kwargs: link(self)[0].ask("call", self, list(args), kwargs)
    if op == "exit":
        return lambda self, _kind, error, _trace: link(self)[0].ask("exit", self, error)
    return lambda self, *args: remote_op(op, self, *args)
