"""The only place that turns configuration into objects."""

import difflib
import inspect
import traceback
import types
import typing
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from omegaconf import DictConfig, OmegaConf

from engine.codec import decode
from engine.errors import ConfigError, ProofstillError

P = TypeVar("P")


def build(cfg: Any, protocol: type[P], key: str) -> P:
    """Instantiate the class that ``cfg._target_`` names and check that it does what ``protocol`` promises.

    Parameters are checked against the class's own signature: names (with close matches), types (a nested mapping
    becomes the dataclass that the parameter is typed as, or is built itself where that is one of our protocols, also in
    a list; a list becomes a tuple) and presence. ``key`` is the configuration key, for messages. Raises ``ConfigError``
    with one sentence that names the key.
    """
    params = plain(cfg, key)
    target = params.pop("_target_", None)
    if not isinstance(target, str):
        raise ConfigError(f"{key}: needs a `_target_` naming a class, such as `_target_: my_package.MyClass`")
    cls = locate(target, key)
    made = construct(cls, params, key)
    missing = [name for name in promised(protocol) if not hasattr(made, name)]
    if missing:
        raise ConfigError(f"{key}: {target} is no {protocol.__name__}, it lacks {', '.join(missing)}")
    return typing.cast(P, made)


def plain(cfg: Any, key: str) -> dict[str, Any]:
    """Resolved plain dictionary of a configuration node. Raises ``ConfigError`` when it is none."""
    value = OmegaConf.to_container(cfg, resolve=True) if isinstance(cfg, DictConfig) else cfg
    if not isinstance(value, Mapping):
        raise ConfigError(f"{key}: expected a mapping with `_target_`, got {value!r}")
    return {str(name): item for name, item in value.items()}


def locate(target: str, key: str) -> type:
    """The class with this dotted path. Raises ``ConfigError`` saying which part does not exist."""
    from hydra.utils import get_class  # refuses callables that are no classes, such as os.system

    try:
        return get_class(target)
    except Exception as error:
        cause = error.__cause__ or error
        raise ConfigError(f"{key}._target_: cannot import {target!r}: {_first_line(cause)}") from error


def construct(cls: type, params: Mapping[str, Any], key: str) -> Any:
    """Call ``cls`` with checked parameters. Raises ``ConfigError``, or the class's own ``ProofstillError``."""
    try:
        signature = inspect.signature(cls)
        hints = typing.get_type_hints(typing.cast(Any, cls).__init__)
    except (NameError, TypeError, ValueError) as error:
        raise ConfigError(f"{key}: the parameters of {cls.__name__} cannot be read: {_first_line(error)}") from error
    for name in params:
        if name not in signature.parameters:
            raise ConfigError(unknown(f"{key}.{name}", name, signature.parameters))
    for name, parameter in signature.parameters.items():
        if parameter.default is parameter.empty and name not in params and parameter.kind is not parameter.VAR_KEYWORD:
            raise ConfigError(f"{key}.{name}: is required; give it a value, as in `{key}.{name}=…`")
    try:
        values = {name: _value(hints.get(name, Any), value, f"{key}.{name}") for name, value in params.items()}
    except ValueError as error:
        raise ConfigError(str(error)) from None
    try:
        return cls(**values)
    except ConfigError as error:
        raise ConfigError(f"{key}: {error}") from error
    except ProofstillError:
        raise
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{type(error).__name__} in {last.filename}, line {last.lineno}"
        raise ConfigError(f"{key}: {cls.__name__} cannot be made: {_first_line(error)} ({where})") from error


def _value(hint: Any, value: Any, key: str) -> Any:
    """A parameter's value: a part of its own where the hint is one of our protocols, or that or None; also by name."""
    if typing.get_origin(hint) is dict and getattr(part := typing.get_args(hint)[1], "_is_protocol", False):
        return {name: build(item, part, f"{key}.{name}") for name, item in plain(value, key).items()}
    options = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    for option in () if value is None and types.NoneType in options else options:
        if isinstance(option, type) and getattr(option, "_is_protocol", False):
            return build(value, option, key)
        if typing.get_origin(option) is tuple and isinstance(value, (list, tuple)):
            item = typing.get_args(option)[0]
            part = next((p for p in (item, *typing.get_args(item)) if getattr(p, "_is_protocol", False)), None)
            if part is not None:
                return tuple(_item(item, part, v, f"{key}[{i}]") for i, v in enumerate(value))
    return decode(hint, value, key)


def _item(hint: Any, part: Any, value: Any, key: str) -> Any:
    return build(value, part, key) if isinstance(value, Mapping) else decode(hint, value, key)


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


def promised(protocol: type) -> list[str]:
    """Public members of a protocol."""
    return [name for name in {**vars(protocol), **vars(protocol).get("__annotations__", {})} if name[0] != "_"]


def unknown(path: str, name: str, options: Iterable[str]) -> str:
    """Sentence for an unknown name: what was meant, perhaps, and what there is."""
    names = sorted(options)
    close = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    hint = f"; did you mean {' or '.join(map(repr, close))}?" if close else ";"
    return f"{path}: unknown{hint} There is {', '.join(names) or 'nothing to choose from'}"
