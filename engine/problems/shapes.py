"""Public shapes of code data sets, turned into the standard columns ``prompt``, ``tests``, ``reference_solution``.

A converter gets a row and returns the columns it makes. A missing column raises ``KeyError``, anything else that
does not fit ``ValueError`` and kin; the row is then set aside.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from engine.records import Limits, TestCase, TestKind, Tests

APPS_CHECKER = """\
def check(input, expected, output):
    def plain(value):
        return [plain(item) for item in value] if isinstance(value, (list, tuple)) else value
    expected, output = plain(expected), plain(output)
    return output == expected or (isinstance(expected, list) and len(expected) > 0 and output == expected[0])
"""
"""APPS wraps the value that a call returns in a list in some rows and not in others; its own judge accepts both."""


def humaneval(row: Mapping[str, Any]) -> dict[str, Any]:
    """HumanEval: ``test`` defines ``check(candidate)``, and the program starts with ``prompt``."""
    case = TestCase(code=row["test"], hidden=True)
    return {
        "tests": Tests(TestKind.ASSERT, (case,), entry_point=row["entry_point"]),
        "reference_solution": row["prompt"] + row["canonical_solution"],
    }


def mbpp(row: Mapping[str, Any]) -> dict[str, Any]:
    """MBPP, full (``text``) or sanitized (``prompt``): a list of asserts, shown in the prompt as in the paper."""
    text = row["text"] if "text" in row else row["prompt"]
    shown, hidden = list(row["test_list"]), list(row.get("challenge_test_list") or [])
    setup = row.get("test_setup_code") or "\n".join(row.get("test_imports") or [])
    cases = [TestCase(code=f"{setup}\n{code}" if setup else code) for code in shown]
    cases += [TestCase(code=f"{setup}\n{code}" if setup else code, hidden=True) for code in hidden]
    return {
        "prompt": f"{text}\nYour code should pass these tests:\n\n" + "\n".join(shown),
        "tests": Tests(TestKind.ASSERT, tuple(cases)),
        "reference_solution": row["code"].replace("\r\n", "\n"),
    }


def apps(row: Mapping[str, Any]) -> dict[str, Any]:
    """APPS: ``input_output`` is the JSON of ``{"inputs", "outputs", "fn_name"?}``."""
    data = json.loads(row["input_output"] or "{}")
    pairs = list(zip(data.get("inputs", []), data.get("outputs", []), strict=True))
    entry_point = data.get("fn_name")
    if entry_point:
        cases = tuple(TestCase(given, expected) for given, expected in pairs)
        tests = Tests(TestKind.CALL, cases, entry_point=entry_point, checker=APPS_CHECKER)
    else:
        tests = Tests(TestKind.STDIN, tuple(TestCase(_lines(given), _lines(expected)) for given, expected in pairs))
    starter = row.get("starter_code") or ""
    solutions = json.loads(row.get("solutions") or "[]")
    return {
        "prompt": row["question"] + (f"\n\nStart from this code:\n\n{starter}" if starter.strip() else ""),
        "tests": tests,
        "reference_solution": solutions[0] if solutions else None,
    }


def code_contests(row: Mapping[str, Any]) -> dict[str, Any]:
    """CodeContests: public, private and generated tests as dictionaries of lists; the first Python 3 solution."""
    if row.get("input_file") or row.get("output_file"):
        raise ValueError("it reads or writes files instead of the standard streams")
    cases: list[TestCase] = []
    for column in ("public_tests", "private_tests", "generated_tests"):
        tests = row.get(column) or {"input": [], "output": []}
        pairs = zip(tests["input"], tests["output"], strict=True)
        cases += [TestCase(given, expected, hidden=column != "public_tests") for given, expected in pairs]
    return {
        "prompt": row["description"],
        "tests": Tests(TestKind.STDIN, tuple(cases), limits=_limits(row)),
        "reference_solution": _python3(row.get("solutions")),
    }


def _limits(row: Mapping[str, Any]) -> Limits:
    time, memory = row.get("time_limit") or {}, row.get("memory_limit_bytes") or 0
    seconds = (time.get("seconds") or 0) + (time.get("nanos") or 0) / 1e9 or Limits().cpu_s
    return Limits(cpu_s=seconds, wall_s=2 * seconds, memory_mb=memory >> 20 or Limits().memory_mb)


def _python3(solutions: Any) -> str | None:
    """The data set numbers languages 0 unknown, 1 Python 2, 2 C++, 3 Python 3, 4 Java."""
    if not solutions:
        return None
    pairs = zip(solutions["language"], solutions["solution"], strict=True)
    return next((code for language, code in pairs if language in (3, "PYTHON3")), None)


def _lines(value: Any) -> str:
    """Text of one stream; some rows keep it as a list of lines."""
    return "\n".join(map(str, value)) if isinstance(value, list) else str(value)


SHAPES: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "humaneval": humaneval,
    "mbpp": mbpp,
    "apps": apps,
    "code_contests": code_contests,
}
