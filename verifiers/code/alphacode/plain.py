"""Plain values as text and back, so that what a call returned can be kept in a file and compared later."""

import json
import math
from typing import Any

_TAGS = {"tuple": tuple, "set": set, "frozenset": frozenset}
_DEEPEST = 60


def to_text(value: Any) -> str | None:
    """Canonical text of a plain value (sets sorted); None when it has none, as for one too deep or an odd type."""
    try:
        return json.dumps(_tagged(value, 0), ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    except (ValueError, TypeError, RecursionError):
        return None


def from_text(text: str) -> Any:
    """Inverse of ``to_text``."""
    return _untagged(json.loads(text))


def _tagged(value: Any, depth: int) -> Any:
    if depth > _DEEPEST:
        raise ValueError("too deep")
    if value is None or type(value) in (bool, int, str):
        return value
    if type(value) is float:
        return value if math.isfinite(value) else {"float": repr(value)}
    if type(value) is list:
        return [_tagged(item, depth + 1) for item in value]
    if type(value) is tuple:
        return {"tuple": [_tagged(item, depth + 1) for item in value]}
    if type(value) in (set, frozenset):
        items = sorted((_tagged(item, depth + 1) for item in value), key=repr)
        return {type(value).__name__: items}
    if type(value) is dict:
        return {"dict": [[_tagged(k, depth + 1), _tagged(v, depth + 1)] for k, v in value.items()]}
    if type(value) is bytes:
        return {"bytes": value.hex()}
    if type(value) is complex:
        return {"complex": [repr(value.real), repr(value.imag)]}
    raise TypeError(type(value).__name__)


def _untagged(value: Any) -> Any:
    if isinstance(value, list):
        return [_untagged(item) for item in value]
    if not isinstance(value, dict):
        return value
    ((tag, inner),) = value.items()
    if tag in _TAGS:
        return _TAGS[tag](map(_untagged, inner))
    if tag == "dict":
        return {_untagged(k): _untagged(v) for k, v in inner}
    if tag == "bytes":
        return bytes.fromhex(inner)
    return complex(float(inner[0]), float(inner[1])) if tag == "complex" else float(inner)
