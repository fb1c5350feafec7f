"""The ``tests`` column: the JSON of ``engine.records.Tests``, checked."""

import dataclasses
import json
from typing import Any

from engine.codec import from_json
from engine.records import TestCase, TestKind, Tests


def read_tests(value: Any, entry_point: str | None = None) -> Tests:
    """Tests from a ``Tests``, an object, or the JSON text of one; ``entry_point`` fills in a missing one.

    Nulls, which columnar files add, are dropped. Raises ``ValueError`` saying what is wrong.
    """
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"is not the JSON of tests ({error})") from None
    try:
        tests = value if isinstance(value, Tests) else from_json(Tests, _without_nulls(value))
    except ValueError as error:
        raise ValueError(f"holds no tests ({error})") from None
    if not tests.cases:
        raise ValueError("holds no test case")
    for number, case in enumerate(tests.cases, 1):
        _check_case(tests.kind, case, number)
    return tests if tests.entry_point or not entry_point else dataclasses.replace(tests, entry_point=entry_point)


def _without_nulls(value: Any) -> Any:
    """The object without null fields, on the levels of tests, case and limits; a ``call`` may expect null."""
    if not isinstance(value, dict):
        return value
    tests = {key: item for key, item in value.items() if item is not None}
    for key in ("cases", "limits"):
        items = tests.get(key)
        if isinstance(items, dict):
            tests[key] = {name: item for name, item in items.items() if item is not None}
        elif isinstance(items, list):
            tests[key] = [
                {name: item for name, item in case.items() if item is not None} if isinstance(case, dict) else case
                for case in items
            ]
    return tests


def _check_case(kind: TestKind, case: TestCase, number: int) -> None:
    if kind is TestKind.STDIN and not (isinstance(case.input, str) and isinstance(case.expected, str)):
        raise ValueError(f"holds stdin case {number} whose input and expected are not both text")
    if kind is TestKind.CALL and not isinstance(case.input, list):
        raise ValueError(f"holds call case {number} whose input is no list of arguments")
    if kind is TestKind.ASSERT and not case.code:
        raise ValueError(f"holds assert case {number} without code")
