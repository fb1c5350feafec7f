"""What changed between two runs, or between two versions of the verifiers in one run's ledger.

Samples are compared where both sides hold the same text under the same problem and index: there, only the verdicts
differ. Problems are compared by their id. Decisions go to disk and are joined there, so memory does not grow.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from engine.errors import UsageError
from engine.export import Exporter, build_verifiers
from engine.ledger_reader import connect
from engine.report.figures import outcome_of
from engine.rundir import RunDir
from engine.stats import Z95

LISTED = 200
"""Samples, and problems, named in each direction; all are counted."""
BATCH = 10_000
PASSED, FAILED = ("rejected", "accepted"), ("accepted", "rejected")
"""Outcomes before and after."""


@dataclass(frozen=True, slots=True)
class Flip:
    """One sample whose outcome changed."""

    problem_id: str
    index: int
    before: int
    """Ordinal of its problem on the first side."""
    after: int
    why: str
    """The drop reason of the side that rejects it."""


@dataclass
class Comparison:
    """Counts over everything; lists of at most ``LISTED``."""

    names: tuple[str, str]
    same: int = 0
    """Samples with the same text on both sides."""
    different: int = 0
    """Samples of shared problems that only one side has, or whose texts differ."""
    outcomes: dict[tuple[str, str], int] = field(default_factory=dict)
    """How many of ``same`` had which outcome before and after."""
    why: dict[str, dict[str, int]] = field(default_factory=dict)
    """``passed`` and ``failed``: drop reasons of the samples that changed."""
    problems: tuple[int, int, int] = (0, 0, 0)
    """In both, only before, only after."""
    solved: tuple[int, int] = (0, 0)
    """Shared problems with an accepted sample, before and after."""
    rates: tuple[float, float] | None = None
    """Mean over the shared problems of the share of decided samples that was accepted."""
    difference: tuple[float, float, float] | None = None
    """After minus before, and its 95 % interval: paired by problem, normal approximation."""
    newly_passed: list[Flip] = field(default_factory=list)
    newly_failed: list[Flip] = field(default_factory=list)
    newly_solved: list[str] = field(default_factory=list)
    newly_unsolved: list[str] = field(default_factory=list)
    sides: tuple[Exporter, Exporter] | None = None

    def changed(self, change: tuple[str, str]) -> int:
        """How many samples went from one outcome to the other."""
        return self.outcomes.get(change, 0)


def compare(before: Path, after: Path | None) -> Comparison:
    """Compare two run directories; with one, its ledger's earlier verdicts with those of the present verifiers.

    Raises ``UsageError`` for no run directory, runs without a common problem, or no earlier verdicts.
    """
    sides = _sides(before, after)
    names = (str(before), str(after)) if after else tuple(_versions(side) for side in sides)
    with TemporaryDirectory(prefix="proofstill-") as folder:
        for name, side in zip(("a", "b"), sides, strict=True):
            _write(side, Path(folder) / f"{name}.parquet")
        made = _joined(Path(folder), (names[0], names[1]))
    made.sides = sides
    return made


def _sides(before: Path, after: Path | None) -> tuple[Exporter, Exporter]:
    one, other = (_exporter(path) for path in (before, after or before))
    if after is None:
        one.versions = earlier_versions(one)
    return one, other


def _exporter(path: Path) -> Exporter:
    directory = RunDir(path)
    config = directory.load_config()
    return Exporter(directory, config, build_verifiers(config))


def earlier_versions(exporter: Exporter) -> dict[str, str]:
    """For each verifier the other version and configuration with most verdicts in the ledger, else its present one.

    Raises ``UsageError`` when there is no other for any.
    """
    query = "SELECT verifier, version || '+' || config_hash AS v FROM verdicts GROUP BY ALL ORDER BY count(*), v"
    with connect(exporter.directory.ledger) as connection:
        rows = connection.sql(query).fetchall()
    versions = dict(exporter.versions)
    versions |= {name: version for name, version in rows if version != exporter.versions.get(name, version)}
    if versions == exporter.versions:
        raise UsageError(
            f"{exporter.directory.path}: its ledger holds verdicts of one version of each verifier; "
            "name a second run: proofstill report compare A B"
        )
    return versions


def _versions(exporter: Exporter) -> str:
    return ", ".join(f"{name} {version}" for name, version in sorted(exporter.versions.items()))


def _write(exporter: Exporter, path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    texts, numbers = ("problem_id", "digest", "outcome", "why"), ("ordinal", "index")
    schema = pa.schema([*((name, pa.string()) for name in texts), *((name, pa.int64()) for name in numbers)])
    with pq.ParquetWriter(path, schema) as writer:
        batch: list[dict[str, Any]] = []
        for row in _decisions(exporter):
            batch.append(row)
            if len(batch) == BATCH:
                writer.write_table(pa.Table.from_pylist(batch, schema))
                batch = []
        writer.write_table(pa.Table.from_pylist(batch, schema))


def _decisions(exporter: Exporter) -> Iterator[dict[str, Any]]:
    for settled in exporter.settled(text=True):
        for index, sample in settled.group.samples.items():
            if settled.counted(index):
                decision = settled.decisions[index]
                text = f"{sample.reasoning or ''}\0{sample.text}".encode("utf-8", "replace")
                yield {
                    "problem_id": settled.group.problem.id,
                    "digest": blake2b(text, digest_size=12).hexdigest(),
                    "outcome": outcome_of(decision),
                    "why": (decision.drop_reason if decision else None) or "",
                    "ordinal": settled.group.ordinal,
                    "index": index,
                }


def _joined(folder: Path, names: tuple[str, str]) -> Comparison:
    import duckdb

    with duckdb.connect() as db:
        for name in ("a", "b"):
            db.read_parquet(str(folder / f"{name}.parquet")).create_view(name)
        db.execute(_VIEWS)
        made = Comparison(names)
        counts = db.sql("SELECT count(*) FILTER (x AND y), count(*) FILTER (NOT y), count(*) FILTER (NOT x) FROM ids")
        made.problems = _whole(counts.fetchall()[0])
        if not made.problems[0]:
            raise UsageError(f"{names[0]} and {names[1]} have no problem in common: compare runs on the same problems")
        made.outcomes = {(x, y): n for x, y, n in db.sql("SELECT x, y, count(*) FROM same GROUP BY ALL").fetchall()}
        made.same = sum(made.outcomes.values())
        (made.different,) = _whole(db.sql(_DIFFERENT).fetchall()[0])
        for key, (x, y), listed in (("passed", PASSED, made.newly_passed), ("failed", FAILED, made.newly_failed)):
            where = f"FROM same WHERE x = '{x}' AND y = '{y}'"
            rows = db.sql(f"SELECT why, count(*) AS n {where} GROUP BY why ORDER BY n DESC, why").fetchall()
            made.why[key] = dict(rows)
            found = db.sql(f"SELECT id, index, before, after, why {where} ORDER BY after, index LIMIT {LISTED}")
            listed += [Flip(*row) for row in found.fetchall()]
        _problems(db, made)
    return made


def _problems(db: Any, made: Comparison) -> None:
    row = db.sql(
        "SELECT count(*) FILTER (x > 0), count(*) FILTER (y > 0), avg(x) FILTER (paired), avg(y) FILTER (paired), "
        "avg(y - x) FILTER (paired), stddev_samp(y - x) FILTER (paired), count(*) FILTER (paired) FROM rates"
    ).fetchall()[0]
    made.solved = (int(row[0]), int(row[1]))
    if row[6]:
        made.rates = (row[2], row[3])
        half = Z95 * (row[5] or 0.0) / math.sqrt(row[6])
        made.difference = (row[4], row[4] - half, row[4] + half)
    for listed, where in ((made.newly_solved, "x = 0 AND y > 0"), (made.newly_unsolved, "x > 0 AND y = 0")):
        rows = db.table("rates").filter(f"paired AND {where}").order("ordinal").limit(LISTED).project("id")
        listed += [name for (name,) in rows.fetchall()]


def _whole(row: tuple[Any, ...]) -> Any:
    return tuple(int(value) for value in row)


_VIEWS = """
CREATE VIEW ids AS SELECT coalesce(a.id, b.id) AS id, a.id IS NOT NULL AS x, b.id IS NOT NULL AS y
    FROM (SELECT DISTINCT problem_id AS id FROM a) a FULL JOIN (SELECT DISTINCT problem_id AS id FROM b) b USING (id);
CREATE VIEW same AS SELECT b.problem_id AS id, b.index AS index, a.outcome AS x, b.outcome AS y,
    CASE WHEN b.outcome = 'rejected' THEN b.why ELSE a.why END AS why, a.ordinal AS before, b.ordinal AS after
    FROM a JOIN b USING (problem_id, index, digest);
CREATE VIEW rates AS
    SELECT a.id AS id, b.ordinal AS ordinal, coalesce(a.rate, 0) AS x, coalesce(b.rate, 0) AS y,
        a.rate IS NOT NULL AND b.rate IS NOT NULL AS paired
    FROM (SELECT problem_id AS id, avg((outcome = 'accepted')::INT) FILTER (outcome IN ('accepted', 'rejected')) AS rate
            FROM a GROUP BY id) a
    JOIN (SELECT problem_id AS id, min(ordinal) AS ordinal,
            avg((outcome = 'accepted')::INT) FILTER (outcome IN ('accepted', 'rejected')) AS rate
            FROM b GROUP BY id) b USING (id)
"""
_DIFFERENT = """
SELECT count(*) FROM (SELECT * FROM a WHERE problem_id IN (SELECT id FROM ids WHERE x AND y)) a
    FULL JOIN (SELECT * FROM b WHERE problem_id IN (SELECT id FROM ids WHERE x AND y)) b USING (problem_id, index)
    WHERE a.digest IS DISTINCT FROM b.digest
"""
