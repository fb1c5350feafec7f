"""What a person can check of a verdict, as JSON values of bounded size.

Hidden tests stay hidden: their input, expected and got stand under ``evidence["hidden"]`` and nowhere else, and no
product exports that.
"""

from collections.abc import Sequence
from typing import Any

from engine.records import TestCase, TestKind
from verifiers.code.extract import Found
from verifiers.code.judge import Outcome

PROGRAM_CHARS = 20_000
_SHOWN = 2000
_ROWS = 100


def evidence_of(found: Found, outcomes: Sequence[Outcome], kind: TestKind, cases: Sequence[TestCase]) -> dict[str, Any]:
    """``program``, ``rule``, ``isolation``, ``tests`` (how many, ran, accepted), ``measured`` and, where a test was
    not accepted, ``failed``; what it was and gave is under ``hidden`` when the test is.
    """
    evidence: dict[str, Any] = {
        "program": shown(found.program, PROGRAM_CHARS),
        "rule": found.rule,
        "isolation": next((o.result.isolation for o in outcomes if o.result.isolation), ""),
        "tests": {
            "total": len(cases),
            "ran": len(outcomes),
            "accepted": sum(outcome.code == "accepted" for outcome in outcomes),
        },
        "measured": [_row(outcome) for outcome in outcomes[:_ROWS]],
    }
    failed = next((outcome for outcome in outcomes if outcome.code != "accepted"), None)
    if failed is not None:
        case = cases[failed.index]
        evidence["failed"] = {"index": failed.index, "status": failed.code, "hidden": case.hidden}
        evidence["hidden" if case.hidden else "failed"] = evidence["failed"] | _details(failed, kind, case)
    return evidence


def _row(outcome: Outcome) -> dict[str, Any]:
    result = outcome.result
    return {
        "index": outcome.index,
        "status": outcome.code,
        "cpu_s": round(result.cpu_s, 4),
        "wall_s": round(result.wall_s, 4),
        "memory_mb": round(result.memory_mb, 1),
    }


def _details(outcome: Outcome, kind: TestKind, case: TestCase) -> dict[str, Any]:
    result = outcome.result
    told: dict[str, Any] = {"detail": shown(result.detail, 200), "stderr": shown(result.stderr[-_SHOWN:])}
    if result.exit_code is not None:
        told["exit_code"] = result.exit_code
    if kind is TestKind.ASSERT:
        return {"code": shown(case.code or "")} | told
    got = result.stdout if kind is TestKind.STDIN else result.value
    return {"input": shown(case.input), "expected": shown(case.expected), "got": shown(got)} | told


def shown(value: Any, size: int = _SHOWN) -> str:
    """Text of a value, its middle left out when it is long."""
    text = value if isinstance(value, str) else _written(value)
    text = text.encode("utf-8", "backslashreplace").decode("utf-8")  # no file holds lone surrogates
    if len(text) <= size:
        return text
    return f"{text[: size // 2]}\n… {len(text) - size} characters left out …\n{text[-size // 2 :]}"


def _written(value: Any) -> str:
    try:
        return repr(value)
    except ValueError:  # an integer of more digits than Python writes
        return f"a {type(value).__name__} too large to write"
