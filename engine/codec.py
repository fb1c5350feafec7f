"""JSON round trip, identities and seeds of the records.

``to_json(record)`` gives plain JSON values and ``from_json(cls, value)`` the record back, equal to the first.
"""

import dataclasses
import enum
import functools
import hashlib
import json
import types
import typing
from collections.abc import Mapping
from typing import Any

T = typing.TypeVar("T")


def to_json(value: Any) -> Any:
    """Plain JSON value of a record, enum, tuple or mapping of them."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_json(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, (tuple, list)):
        return [to_json(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    return value


def from_json(cls: type[T], value: Any) -> T:
    """Inverse of ``to_json``. Raises ``ValueError`` that names an unknown, missing or ill-typed field."""
    return typing.cast(T, decode(cls, value, cls.__name__))


def content_id(*parts: Any) -> str:
    """Stable 16-hex-digit identity of JSON values (SHA-256 of their canonical form)."""
    text = json.dumps(to_json(parts), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def derive_seed(run_seed: int, problem_id: str, index: int) -> int:
    """Seed of one sample, in [0, 2**31): a hash, so that it does not depend on order, restarts or processes."""
    digest = hashlib.sha256(f"{run_seed}\x00{problem_id}\x00{index}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:4], "big") >> 1


@functools.cache
def _hints(cls: type) -> dict[str, Any]:
    return typing.get_type_hints(cls)


def decode(kind: Any, value: Any, path: str) -> Any:
    """``value`` as the type ``kind``: a record, enum, literal, tuple, list, dict, union or plain type.

    Strict, but an int serves as a float. ``path`` names the value in the ``ValueError``.
    """
    origin = typing.get_origin(kind)
    if kind is Any:
        return value
    if origin in (typing.Union, types.UnionType):
        return _decode_union(typing.get_args(kind), value, path)
    args = typing.get_args(kind)
    if origin is typing.Literal:
        if value not in args:
            raise ValueError(f"{path}: {value!r} is none of {', '.join(map(str, args))}")
        return value
    if origin in (tuple, list):
        if not isinstance(value, (list, tuple)):
            raise ValueError(f"{path}: expected a list, got {type(value).__name__} {value!r}")
        return origin(decode(args[0], item, f"{path}[{i}]") for i, item in enumerate(value))
    if origin in (dict, Mapping):
        if not isinstance(value, dict):
            raise ValueError(f"{path}: expected an object, got {type(value).__name__} {value!r}")
        return {key: decode(args[1], item, f"{path}.{key}") for key, item in value.items()}
    if dataclasses.is_dataclass(kind):
        return _decode_record(typing.cast(type, kind), value, path)
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        try:
            return kind(value)
        except ValueError:
            raise ValueError(f"{path}: {value!r} is none of {', '.join(m.value for m in kind)}") from None
    return _decode_plain(kind, value, path)


def _decode_plain(kind: Any, value: Any, path: str) -> Any:
    if kind is float and type(value) is int:
        return float(value)
    if kind is type(None) and value is None:
        return None
    if type(value) is not kind:
        raise ValueError(f"{path}: expected {kind.__name__}, got {type(value).__name__} {value!r}")
    return value


def _decode_union(options: tuple[Any, ...], value: Any, path: str) -> Any:
    if value is None and type(None) in options:
        return None
    problems = []
    for option in options:
        if option is type(None):
            continue
        try:
            return decode(option, value, path)
        except ValueError as error:
            problems.append(str(error))
    raise ValueError(problems[0] if len(problems) == 1 else f"{path}: none of its forms fits ({'; '.join(problems)})")


def _decode_record(cls: type, value: Any, path: str) -> Any:
    if not isinstance(value, dict):
        raise ValueError(f"{path}: expected an object, got {type(value).__name__}")
    fields = {f.name: f for f in dataclasses.fields(cls)}
    unknown = sorted(set(value) - set(fields))
    if unknown:
        raise ValueError(f"{path}: unknown field {unknown[0]!r}; its fields are {', '.join(fields)}")
    hints = _hints(cls)
    required = [
        name
        for name, f in fields.items()
        if f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
    ]
    missing = [name for name in required if name not in value]
    if missing:
        raise ValueError(f"{path}: field {missing[0]!r} is missing")
    values = {name: decode(hints[name], item, f"{path}.{name}") for name, item in value.items()}
    try:
        return cls(**values)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
