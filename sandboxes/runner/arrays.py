"""What EvalPlus's test code uses of numpy, in place of it: ``allclose``, and names for ``isinstance``.

Only plain numbers, and nested lists or tuples of them of one shape, are compared. numpy's broadcasting is refused: by
it an empty list is close to every number, and ``[1.0, 1.0]`` to ``1.0``. ``ndarray`` has no instances.
"""

import types
from typing import Any


class ndarray:  # noqa: N801 -- numpy's name
    """No value crosses to the judge as an array, so nothing is one."""


class float32:  # noqa: N801 -- numpy's name
    """Compared with the ``dtype`` of arrays only."""


def allclose(a: Any, b: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> bool:
    """Numpy's rule, ``|a - b| <= atol + rtol * |b|`` for every pair; infinities equal themselves.

    Raises ``TypeError`` for what is no number and ``ValueError`` for shapes that differ, as numpy does.
    """
    if type(a) not in (list, tuple) or type(b) not in (list, tuple):
        return isclose(a, b, rtol, atol, equal_nan)
    if len(a) != len(b):
        raise ValueError(f"shapes of length {len(a)} and {len(b)} cannot be compared")
    # every pair is looked at, so that what cannot be compared is an error wherever it stands
    return all([allclose(x, y, rtol, atol, equal_nan) for x, y in zip(a, b, strict=True)])  # noqa: C419


def isclose(a: Any, b: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> bool:
    """The same for two numbers."""
    if not {type(a), type(b)} <= {bool, int, float, complex}:
        raise TypeError(f"isclose compares numbers, not {type(a).__name__} and {type(b).__name__}")
    if a == b or (equal_nan and a != a and b != b):  # noqa: PLR0124 -- nan differs from itself
        return True
    gap = abs(a - b)
    return bool(gap <= atol + rtol * abs(b) and gap != float("inf"))


def module() -> types.ModuleType:
    """A module ``numpy`` of these names, and numpy's aliases of Python's own."""
    made = types.ModuleType("numpy", __doc__)
    made.__dict__.update(ndarray=ndarray, float32=float32, float64=float, allclose=allclose, isclose=isclose)
    made.__dict__.update(inf=float("inf"), nan=float("nan"))
    return made
