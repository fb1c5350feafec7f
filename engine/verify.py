"""Judges the rows of a file: one line per row and verifier, in input order.

A row is ``{"id", "prompt"?, "answer"? | "tests"?, "response"}``; further keys are ignored. A row that cannot be read
gives a line with status ERROR and reason ``bad_row``, and the next row is judged.
"""

import asyncio
import gzip
import json
import sys
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any, cast

from engine.codec import from_json, to_json
from engine.config import PoolSection
from engine.errors import ConfigError, DataError
from engine.export import build_verifiers
from engine.pool import Pool
from engine.records import FinishReason, Problem, Reason, Sample, Status, Tests, Verdict
from engine.samplers.thinking import split_thinking
from engine.worker import judges_groups

WINDOW = 1024
Item = tuple[Any, Problem | None, Sample | None, str]


async def verify_file(config: dict[str, Any]) -> int:
    """Judge ``config["samples"]`` into ``config["out"]`` (``-``: standard streams); returns the rows judged.

    Raises ``DataError`` for a missing or empty input and ``ConfigError`` without a verifier.
    """
    verifiers = build_verifiers(config)
    if not verifiers:
        raise ConfigError("verifier: none is chosen; use verifier=math")
    if together := [name for name, verifier in verifiers.items() if judges_groups(verifier)]:
        raise ConfigError(
            f"verifier.{together[0]} judges all samples of a problem together, and verify takes rows one by one; "
            f"use `proofstill run verifier=[{together[0]}] sampler=replay sampler.path={config['samples']}`"
        )
    counts: Counter[str] = Counter()
    with ExitStack() as stack:
        source = _open_input(str(config["samples"]), stack)
        sink = _open_output(str(config["out"]), stack)
        pool = Pool(verifiers, PoolSection(**config["pool"]))
        try:
            rows = await _judge_all(source, sink, pool, list(verifiers), counts)
        finally:
            await pool.close()
    if not rows:
        raise DataError(f"samples={config['samples']}: has no rows; give JSON lines with id, answer and response")
    told = ", ".join(f"{status} {n}" for status, n in sorted(counts.items()))
    sys.stderr.write(f"{rows} rows: {told}\n")
    return rows


async def _judge_all(source: IO[bytes], sink: IO[str], pool: Pool, names: list[str], counts: Counter[str]) -> int:
    waiting: deque[asyncio.Task[list[str]]] = deque()
    rows = 0
    for item in _items(source):
        rows += 1
        waiting.append(asyncio.create_task(_judge(item, pool, names, counts)))
        while len(waiting) >= WINDOW or (waiting and waiting[0].done()):
            sink.writelines(await waiting.popleft())
    while waiting:
        sink.writelines(await waiting.popleft())
    return rows


async def _judge(item: Item, pool: Pool, names: list[str], counts: Counter[str]) -> list[str]:
    key, problem, sample, why = item
    lines = []
    for name in names:
        if problem is None or sample is None:
            verdict, seconds = Verdict(Status.ERROR, reason=Reason("bad_row", why)), 0.0
        else:
            verdict, seconds = await pool.verify(name, problem, sample)
        counts[verdict.status.value] += 1
        lines.append(_line(key, name, verdict, seconds))
    return lines


def _line(key: Any, name: str, verdict: Verdict, seconds: float) -> str:
    evidence = dict(verdict.evidence)
    if verdict.steps is not None:
        evidence["steps"] = to_json(verdict.steps)
    line = {
        "id": key,
        "verifier": name,
        "status": verdict.status.value,
        "score": verdict.score,
        "answer": verdict.answer,
        "expected": verdict.expected,
        "reason": to_json(verdict.reason),
        "evidence": evidence,
        "seconds": round(seconds, 6),
    }
    return json.dumps(line, ensure_ascii=True, default=str) + "\n"


def _items(source: IO[bytes]) -> Iterator[Item]:
    for number, line in enumerate(source, 1):
        if line.strip():
            yield _item(number, line)


def _item(number: int, line: bytes) -> Item:
    try:
        row = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        return None, None, None, f"row {number}: is not UTF-8 (byte {error.start})"
    except (ValueError, RecursionError) as error:
        return None, None, None, f"row {number}: is not JSON: {error}"
    if not isinstance(row, dict):
        return None, None, None, f"row {number}: is a {type(row).__name__}, not an object"
    key = row.get("id", f"row {number}")
    try:
        return key, *_records(str(key), row), ""
    except ValueError as error:
        return key, None, None, f"row {number}: {error}"


def _records(key: str, row: dict[str, Any]) -> tuple[Problem, Sample]:
    if not isinstance(row.get("response"), str):
        raise ValueError("the field 'response' is missing or no text")
    answer = row.get("answer")
    if answer is not None and not isinstance(answer, (str, int, float)):
        raise ValueError(f"the field 'answer' is a {type(answer).__name__}, not text")
    tests = from_json(Tests, row["tests"]) if row.get("tests") is not None else None
    prompt = row.get("prompt") or ""
    problem = from_json(Problem, {"id": key, "prompt": prompt, "answer": None if answer is None else str(answer)})
    reasoning, text, closed = split_thinking(row["response"], "<think>", "</think>", False)
    finish = FinishReason.STOP if closed else FinishReason.LENGTH
    sample = Sample(key, 0, text, finish_reason=finish, reasoning=reasoning)
    if tests is None:
        return problem, sample
    return Problem(key, problem.prompt, "code", problem.answer, tests), sample


def _open_input(name: str, stack: ExitStack) -> IO[bytes]:
    if name == "-":
        return sys.stdin.buffer
    path = Path(name)
    if not path.is_file():
        raise DataError(
            f"samples={name}: there is no such file; give the path of a JSON lines file, or - for standard input"
        )
    if path.suffix == ".gz":
        return cast(IO[bytes], stack.enter_context(gzip.open(path)))
    return stack.enter_context(path.open("rb"))


def _open_output(name: str, stack: ExitStack) -> IO[str]:
    if name == "-":
        return sys.stdout
    try:
        return stack.enter_context(Path(name).open("w", encoding="utf-8"))
    except OSError as error:
        raise DataError(f"out={name}: cannot write it ({error.strerror})") from error
