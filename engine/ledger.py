"""The durable record of a run: problems, samples, verdicts, and which problems are settled, as Parquet segments.

``<run>/ledger/{problems,samples,verdicts,settled}/<writer>-<sequence>.parquet``. A segment is written whole under
another name, synced, and renamed into place, so a reader never sees half of one and kill -9 loses at most what was not
yet committed. Segments are never changed. Each writer has names of its own, so any number may write at once without a
lock. Problems are committed before samples, samples before verdicts, and what settles a problem before the word that it
is settled: what a row refers to is always there.
"""

import json
import math
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import fields
from pathlib import Path
from typing import Any

import pyarrow as pa

from engine.codec import to_json
from engine.errors import LedgerError
from engine.records import Problem, Reason, Sample, Verdict
from engine.segments import Segment, Tiers, tidy, write, writer_name

KINDS = ("problems", "samples", "verdicts", "settled")

SCHEMAS = {
    "problems": pa.schema(
        [
            ("ordinal", pa.int64()),
            ("problem_id", pa.string()),
            ("prompt", pa.string()),
            ("domain", pa.string()),
            ("answer", pa.string()),
            ("tests", pa.string()),
            ("policy", pa.string()),
            ("reference_solution", pa.string()),
            ("source", pa.string()),
            ("licence", pa.string()),
            ("meta", pa.string()),
            ("set_aside_code", pa.string()),
            ("set_aside_text", pa.string()),
        ]
    ),
    "samples": pa.schema(
        [
            ("ordinal", pa.int64()),
            ("problem_id", pa.string()),
            ("index", pa.int32()),
            ("text", pa.string()),
            ("finish_reason", pa.string()),
            ("reasoning", pa.string()),
            ("mode", pa.string()),
            ("prompt_tokens", pa.int32()),
            ("tokens", pa.int32()),
            ("logprob_sum", pa.float64()),
            ("ref_logprob_sum", pa.float64()),
            ("model", pa.string()),
            ("seed", pa.int64()),
            ("params_hash", pa.string()),
            ("seconds", pa.float32()),
            ("lineage", pa.string()),
        ]
    ),
    "verdicts": pa.schema(
        [
            ("ordinal", pa.int64()),
            ("problem_id", pa.string()),
            ("index", pa.int32()),
            ("verifier", pa.string()),
            ("version", pa.string()),
            ("config_hash", pa.string()),
            ("status", pa.string()),
            ("score", pa.float64()),
            ("answer", pa.string()),
            ("expected", pa.string()),
            ("reason_code", pa.string()),
            ("reason_text", pa.string()),
            ("evidence", pa.string()),
            ("steps", pa.string()),
            ("seconds", pa.float32()),
            ("attempt", pa.int32()),
        ]
    ),
    "settled": pa.schema([("ordinal", pa.int64()), ("problem_id", pa.string()), ("verifiers", pa.string())]),
}
SAMPLE_FIELDS = tuple(f.name for f in fields(Sample))
PROBLEM_JSON = ("prompt", "tests", "meta")


class Ledger:
    """Writes a run's ledger. Rows gather in memory and are committed together, by a thread of its own."""

    def __init__(
        self, directory: Path, flush_rows: int = 20_000, flush_s: float = 5.0, workshop: Path | None = None
    ) -> None:
        """Create the folders. Raises ``LedgerError`` when that is impossible.

        With a ``workshop``, a directory that exists already, segments are made there and then renamed into place, and
        its name is the writer's: whoever takes it away (``take_away``) has stopped this writer for good.
        """
        self._directory = directory
        self._workshop = workshop
        self._flush_rows = flush_rows
        self._flush_s = flush_s
        self._rows: dict[str, list[dict[str, Any]]] = {kind: [] for kind in KINDS}
        self._writer = workshop.name if workshop is not None else writer_name()
        self._tiers = {kind: Tiers(workshop) for kind in KINDS}
        self._sequence = self._committed = 0
        self._flushed_at = time.monotonic()
        self._thread = ThreadPoolExecutor(1, "proofstill-ledger")
        self._pending: Future[None] | None = None
        for kind in KINDS:
            folder = directory / kind
            try:
                folder.mkdir(parents=True, exist_ok=True)
                tidy(folder)
            except OSError as error:
                raise LedgerError(_cannot_write(folder, error)) from error

    def add_problem(self, ordinal: int, problem: Problem, set_aside: Reason | None = None) -> None:
        """Record a problem, or that it was set aside and why."""
        row = {name: getattr(problem, name) for name in SCHEMAS["problems"].names if hasattr(problem, name)}
        row |= {name: dumps(getattr(problem, name)) for name in PROBLEM_JSON if getattr(problem, name) is not None}
        row |= {"ordinal": ordinal, "problem_id": problem.id}
        if set_aside is not None:
            row |= {"set_aside_code": set_aside.code, "set_aside_text": set_aside.text}
        self._rows["problems"].append(row)

    def add_sample(self, ordinal: int, sample: Sample) -> None:
        """Record a sample."""
        row = {"ordinal": ordinal} | {name: getattr(sample, name) for name in SAMPLE_FIELDS}
        self._rows["samples"].append(row | {"lineage": dumps(sample.lineage) if sample.lineage else None})

    def add_verdict(self, ordinal: int, verdict: Verdict) -> None:
        """Record a verdict; one with the same key and a higher ``attempt`` replaces it."""
        self._rows["verdicts"].append(
            {
                "ordinal": ordinal,
                "problem_id": verdict.problem_id,
                "index": verdict.index,
                "verifier": verdict.verifier,
                "version": verdict.version,
                "config_hash": verdict.config_hash,
                "status": verdict.status.value,
                "score": verdict.score,
                "answer": verdict.answer,
                "expected": verdict.expected,
                "reason_code": verdict.reason.code,
                "reason_text": verdict.reason.text,
                "evidence": dumps(verdict.evidence) if verdict.evidence else None,
                "steps": dumps(verdict.steps) if verdict.steps is not None else None,
                "seconds": verdict.seconds,
                "attempt": verdict.attempt,
            }
        )

    def add_settled(self, ordinal: int, problem_id: str, verifiers: str) -> None:
        """Record that a problem needs no more samples and no more verdicts, as ``verifiers`` (a hash) see it."""
        self._rows["settled"].append({"ordinal": ordinal, "problem_id": problem_id, "verifiers": verifiers})

    @property
    def due(self) -> bool:
        """Whether enough rows or time have gathered for a commit, and none is under way."""
        if self._pending is not None and not self._pending.done():
            return False
        rows = max(map(len, self._rows.values()))
        return rows >= self._flush_rows or (rows > 0 and time.monotonic() - self._flushed_at >= self._flush_s)

    @property
    def mark(self) -> int:
        """Number of the commit that holds everything added so far."""
        return self._sequence + any(self._rows.values())

    @property
    def committed(self) -> int:
        """Number of the last commit that is on disk."""
        return self._committed

    def hurry(self) -> None:
        """What has gathered is due now."""
        self._flushed_at = -math.inf

    def flush(self) -> None:
        """Start a commit of everything added so far. Raises ``LedgerError`` if the one before failed."""
        self.check()
        rows, self._rows = self._rows, {kind: [] for kind in KINDS}
        self._flushed_at = time.monotonic()
        self._sequence += 1
        self._pending = self._thread.submit(self._commit, rows, self._sequence)

    def close(self) -> None:
        """Commit the rest and wait for it. Raises ``LedgerError``."""
        try:
            if any(self._rows.values()):
                if self._pending is not None:
                    self._pending.exception()
                self.flush()
            if self._pending is not None:
                self._pending.exception()
            self.check()
        finally:
            self._thread.shutdown()

    def check(self) -> None:
        """Raise the ``LedgerError`` of the last commit, if it failed."""
        if self._pending is not None and self._pending.done():
            self._pending.result()

    def _commit(self, rows: dict[str, list[dict[str, Any]]], sequence: int) -> None:
        for kind in KINDS:
            if rows[kind]:
                path = self._directory / kind / f"{self._writer}-{sequence:06d}.parquet"
                table = _table(rows[kind], SCHEMAS[kind])
                try:
                    write(path, table, self._workshop)
                    self._tiers[kind].add(Segment(path, table.nbytes))
                except OSError as error:
                    raise LedgerError(_cannot_write(path, error)) from error
        self._committed = sequence


def dumps(value: Any) -> str:
    """Compact JSON of records and plain values; what JSON lacks (sets, objects) as its text."""
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"), default=_plain)


def _plain(value: Any) -> Any:
    plain = to_json(value)
    return str(value) if plain is value else plain


def clean(text: str) -> str:
    """``text`` without lone surrogates, which no UTF-8 file can hold."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _table(rows: list[dict[str, Any]], schema: pa.Schema) -> pa.Table:
    try:
        return pa.Table.from_pylist(rows, schema)
    except UnicodeEncodeError:
        cleaned = [{name: clean(v) if isinstance(v, str) else v for name, v in row.items()} for row in rows]
        return pa.Table.from_pylist(cleaned, schema)


def _cannot_write(path: Path, error: OSError) -> str:
    why = error.strerror or str(error)
    return f"{path}: cannot write the ledger ({why}); mend that and run the same command again, it resumes"
