"""Reads a ledger back, in problem order, in constant memory.

DuckDB sorts each kind of row by (ordinal, index), on disk where it must; the three sorted streams are merged here.
"""

import json
from collections.abc import Collection, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from engine.codec import content_id, from_json
from engine.errors import LedgerError
from engine.ledger import PROBLEM_JSON, SAMPLE_FIELDS, SCHEMAS
from engine.records import FinishReason, Problem, Reason, Sample, Status, StepMark, Verdict
from engine.segments import listed

BATCH = 4096
MEMORY = "600MB"
_DONE = "CREATE TABLE done AS SELECT DISTINCT ordinal, problem_id FROM settled WHERE verifiers = $1"
_SETTLED = "UNION ALL BY NAME SELECT ordinal, problem_id, true AS settled FROM done"


@dataclass(slots=True)
class Group:
    """Everything known of one problem. ``verdicts[i]`` maps verifier name to its newest verdict on sample i.

    ``rollouts`` are samples that continue another one; they are no draws from the model, so no rate counts them.
    """

    ordinal: int
    problem: Problem
    set_aside: Reason | None = None
    samples: dict[int, Sample] = field(default_factory=dict)
    rollouts: dict[int, Sample] = field(default_factory=dict)
    verdicts: dict[int, dict[str, Verdict]] = field(default_factory=dict)
    settled: bool = False
    """It needs nothing more, and its parts were left out."""


@contextmanager
def connect(directory: Path, writer: str = "") -> Iterator[duckdb.DuckDBPyConnection]:
    """DuckDB with the views ``problems``, ``samples`` and ``verdicts`` over the ledger in ``directory``, or over
    what one ``writer`` added to it.

    ``verdicts`` holds the newest attempt per key only through ``groups``; the view has every attempt.
    """
    with TemporaryDirectory(prefix="proofstill-") as scratch, duckdb.connect() as connection:
        connection.execute("SET memory_limit = $1", [MEMORY])
        connection.execute("SET temp_directory = $1", [scratch])
        connection.execute("SET preserve_insertion_order = false")
        for kind, schema in SCHEMAS.items():
            segments = [str(path) for path in listed(directory / kind, writer)]
            if segments:  # named one by one: a pattern would read the brackets in a run's name as one
                connection.read_parquet(segments).create_view(kind)
            else:
                empty = schema.empty_table()  # noqa: F841  DuckDB finds it by name
                connection.execute(f"CREATE TABLE {kind} AS FROM empty")
        yield connection


def groups(
    directory: Path,
    verifiers: dict[str, str] | None = None,
    *,
    text: bool = True,
    only: Collection[int] | None = None,
    unsettled: bool = False,
) -> Generator[Group, None, None]:
    """Every problem with its samples and verdicts, in the order of the source.

    ``verifiers`` maps names to ``version+config_hash``: verdicts of other versions are left out. ``text=False``
    leaves out the samples' reasoning and text (for counting). ``only`` names the ordinals to read, a few thousand at
    most. ``unsettled`` leaves out the parts of problems that are settled as ``verifiers`` see it, so that a resumed run
    reads little. Raises ``LedgerError`` for a damaged segment.
    """
    try:
        with connect(directory) as connection:
            which, settled = _only(only), ""
            if unsettled:
                connection.execute(_DONE, [content_id(verifiers)])
                which, settled = "ANTI JOIN done USING (ordinal)", _SETTLED
            yield from _filled(connection, _problems(connection, which, settled), verifiers, which, text=text)
    except duckdb.Error as error:
        raise _unreadable(directory, error) from error


def left_by(
    directory: Path, writer: str, problems: Mapping[int, Problem], verifiers: dict[str, str]
) -> dict[int, Group]:
    """What a writer that is gone has committed of some problems, by ordinal; one that it has nothing of is left out.

    Raises ``LedgerError`` for a damaged segment.
    """
    try:
        with connect(directory, writer) as connection:
            which = _only(problems)
            recorded = {group.ordinal: group for group in _problems(connection, which)}
            begun = (recorded.get(n) or Group(n, problem) for n, problem in sorted(problems.items()))
            filled = list(_filled(connection, begun, verifiers, which, text=True))
    except duckdb.Error as error:
        raise _unreadable(directory, error) from error
    return {g.ordinal: g for g in filled if g.ordinal in recorded or g.samples or g.rollouts or g.verdicts}


def _problems(connection: duckdb.DuckDBPyConnection, which: str, more: str = "") -> Iterator[Group]:
    last = -1
    # an ok row replaces one that was set aside for an error of ours
    for row in _stream(connection, _sorted("problems", f"{which} {more}", "set_aside_code NULLS FIRST")):
        if row["ordinal"] != last:
            last = row["ordinal"]
            yield _group(row)


def _filled(
    connection: duckdb.DuckDBPyConnection,
    problems: Iterable[Group],
    verifiers: dict[str, str] | None,
    which: str,
    *,
    text: bool,
) -> Iterator[Group]:
    """``problems``, in order, with their samples and verdicts; what is there twice is taken once."""
    columns = "*" if text else "* REPLACE ('' AS text, NULL AS reasoning)"
    samples = _Peekable(_stream(connection, _sorted("samples", which, "index", columns)))
    verdicts = _Peekable(_stream(connection, _sorted("verdicts", which, "index, attempt")))
    for group in problems:
        for sample in map(_sample, samples.take(group.ordinal)):
            (group.samples if sample.parent is None else group.rollouts).setdefault(sample.index, sample)
        for verdict in map(_verdict, verdicts.take(group.ordinal)):
            if verifiers is None or verifiers.get(verdict.verifier) == f"{verdict.version}+{verdict.config_hash}":
                group.verdicts.setdefault(verdict.index, {})[verdict.verifier] = verdict
        yield group


def _unreadable(directory: Path, error: duckdb.Error) -> LedgerError:
    return LedgerError(f"{directory}: cannot read the ledger: {str(error).splitlines()[0]}")


class _Peekable:
    """Rows sorted by ordinal, taken one ordinal at a time."""

    def __init__(self, rows: Iterator[dict[str, Any]]) -> None:
        self._rows = rows
        self._head = next(rows, None)

    def take(self, ordinal: int) -> Iterator[dict[str, Any]]:
        while self._head is not None and self._head["ordinal"] <= ordinal:
            if self._head["ordinal"] == ordinal:
                yield self._head
            self._head = next(self._rows, None)


def _stream(connection: duckdb.DuckDBPyConnection, query: str) -> Iterator[dict[str, Any]]:
    # a cursor of its own: one connection holds one result at a time
    for batch in connection.cursor().sql(query).to_arrow_reader(BATCH):
        yield from batch.to_pylist()


def _sorted(kind: str, which: str, then_by: str, columns: str = "*") -> str:
    return f"SELECT {columns} FROM {kind} {which} ORDER BY ordinal, {then_by}"  # noqa: S608  our own strings


def _only(ordinals: Collection[int] | None) -> str:
    return "" if ordinals is None else f"WHERE ordinal IN ({', '.join(str(int(n)) for n in ordinals) or 'NULL'})"


def _group(row: dict[str, Any]) -> Group:
    if row.pop("settled", None):
        return Group(row["ordinal"], Problem(row["problem_id"], ""), settled=True)
    aside = row["set_aside_code"]
    values = {name: row[name] for name in SCHEMAS["problems"].names if name not in ("ordinal", "problem_id")}
    del values["set_aside_code"], values["set_aside_text"]
    values |= {name: json.loads(row[name]) for name in PROBLEM_JSON if row[name] is not None}
    problem = from_json(Problem, {"id": row["problem_id"], **values})
    return Group(row["ordinal"], problem, None if aside is None else Reason(aside, row["set_aside_text"] or ""))


def _sample(row: dict[str, Any]) -> Sample:
    values = {name: row[name] for name in SAMPLE_FIELDS}
    lineage = json.loads(row["lineage"]) if row["lineage"] else {}
    return Sample(**{**values, "finish_reason": FinishReason(row["finish_reason"]), "lineage": lineage})


def _verdict(row: dict[str, Any]) -> Verdict:
    steps = row["steps"]
    return Verdict(
        status=Status(row["status"]),
        score=row["score"],
        answer=row["answer"],
        expected=row["expected"],
        reason=Reason(row["reason_code"], row["reason_text"]),
        evidence=json.loads(row["evidence"]) if row["evidence"] else {},
        steps=tuple(from_json(StepMark, step) for step in json.loads(steps)) if steps else None,
        problem_id=row["problem_id"],
        index=row["index"],
        verifier=row["verifier"],
        version=row["version"],
        config_hash=row["config_hash"],
        seconds=row["seconds"],
        attempt=row["attempt"],
    )
