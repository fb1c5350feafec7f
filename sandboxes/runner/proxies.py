"""What stands in the judge for the program's functions, classes and instances.

What an object of the program says of itself is never taken as equal to a plain value; where its own comparisons,
truth, hash, or arithmetic with a plain value decide, ``Session.compared`` says so.
"""

import builtins
from collections.abc import Callable
from typing import Any, cast

from sandboxes.runner.objects import ARITHMETIC, DUNDERS, OPS, PLAIN_TYPES

ATTRIBUTES = ("__name__", "__qualname__", "__doc__", "__dict__", "__annotations__", "__next__", "__iter__")
DECIDING = frozenset(("eq", "lt", "le", "gt", "ge", "bool", "hash", "contains"))
ORDER = frozenset(("lt", "le", "gt", "ge", "eq", "contains"))
COMPUTING = frozenset(("divmod", "rdivmod", *ARITHMETIC, *("r" + name for name in ARITHMETIC)))
"""Operations that are told a plain value, which may be the expected one."""


class Unnamed:
    """Stands for a class of the program that has no proxy yet."""

    def __init__(self, number: int) -> None:
        self.number = number


_get = object.__getattribute__


def set_link(value: Any, session: Any, number: int) -> None:
    object.__setattr__(value, "_proofstill_link", (session, number))


def link(value: Any) -> tuple[Any, int]:
    found: tuple[Any, int] = _get(value, "_proofstill_link")
    return found


def number_of(value: Any) -> int:
    return link(value)[1]


def remote_getattr(self: Any, name: str) -> Any:
    if name.startswith("__") and name not in ATTRIBUTES:
        raise AttributeError(f"{name} is not asked of the program")
    return link(self)[0].ask("getattr", self, name)


class Remote:
    """An object of the program. Subclasses, made by ``make_class``, add its special methods."""

    proofstill_base: str | None = None
    proofstill_ops: frozenset[str] = frozenset()
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
        return bool(remote_op("eq", self, other))

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
    other: Any = args[0] if args else None
    foreign = isinstance(other, Remote)
    if type(self).proofstill_base and op in DECIDING | COMPUTING and not foreign:
        value = session.ask("base", self)
        if type(value).__name__ != type(self).proofstill_base:
            session.refuse("the program's object has no plain value of its type")
        return OPS[op](value, *args)
    if op in COMPUTING and not foreign:
        session.compared = True  # of `abs(f(x) - 42) < 1e-6`, the difference would be the program's word
    if op in DECIDING:
        if op == "eq" and not foreign:
            return False
        session.compared = True
        if op == "eq" and "__eq__" not in type(self).proofstill_ops and "__eq__" not in type(other).proofstill_ops:
            return number == number_of(other)
    result = session.ask(op, self, *args)
    if op in ORDER and type(result) is not bool:
        raise TypeError(f"the program's {op} gave {describe(result)}")
    return result


class RemoteObject(Remote):
    """An instance whose class is no exception."""

    __slots__ = ("_proofstill_link",)


class RemoteFunction(RemoteObject):
    """A function or method of the program."""

    __slots__ = ()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return link(self)[0].ask("call", self, list(args), kwargs)


CLASSES: dict[type, tuple[Any, int]] = {}
"""Session and number of every class made here."""


class RemoteMeta(type):
    """Class of the proxies of the program's classes: calls and attributes of the class are asked of the program."""

    def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> Any:
        if "proofstill_ops" not in body:
            session = next(CLASSES[base][0] for base in bases if base in CLASSES)
            session.refuse(f"the test code's class {name} derives from one of the program")
        return super().__new__(cls, name, bases, body)

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        return CLASSES[cls][0].ask("call", cls, list(args), kwargs)

    def __getattr__(cls, name: str) -> Any:
        if name.startswith(("__", "proofstill")):
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


def make_class(session: Any, number: int, fields: list[Any]) -> type:
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
    body: dict[str, Any] = {"__module__": "program", "__qualname__": name, "proofstill_ops": frozenset(ops)}
    body["proofstill_base"] = base if type(base) is str and base in PLAIN_TYPES else None
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
    return cast(type, made)


def _method(op: str) -> Callable[..., Any]:
    if op == "call":
        return lambda self, *args, **kwargs: link(self)[0].ask("call", self, list(args), kwargs)
    if op == "exit":
        return lambda self, _kind, error, _trace: link(self)[0].ask("exit", self, error)
    return lambda self, *args: remote_op(op, self, *args)


def describe(value: Any) -> str:
    return f"an object of type {type(value).__name__}"
