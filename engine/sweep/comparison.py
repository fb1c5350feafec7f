"""The jobs of a sweep side by side: what each gave, what it cost, how far it can be trusted. Plain dictionaries."""

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.plain_text import one_line
from engine.sweep import record
from engine.sweep.objective import value
from engine.sweep.witness import Estimate, estimates

LOST = "its process ended without a word; the same command resumes it"


def compare(sweep: Path, objective: str, direction: str) -> dict[str, Any]:
    """Every job in the directory ``sweep``, also those of earlier commands; finite numbers, None for what is not known.

    ``jobs`` is a list with the keys of ``_job``; ``k`` is the largest K at which every complete job has a pass@K;
    ``best`` is the directory name of the best complete job. ``false_pass`` says what the estimate of each job is, or
    why no job has one.
    """
    known = list(record.jobs(sweep))
    stats = {path.name: _stats(path) for path, job in known if job.status == record.COMPLETE}
    shared = _shared_k([found for found in stats.values() if found])
    found, said = estimates([path for path, _ in known if stats.get(path.name)])
    rows = [
        _job(path, job, stats.get(path.name), shared, objective) | {"false_pass": _estimate(found.get(path.name))}
        for path, job in known
    ]
    sign = -1 if direction == "minimize" else 1
    able = [row for row in rows if row["objective"] is not None]
    name_shortly(rows)
    best = max(able, key=lambda row: sign * row["objective"], default=None)
    return {
        "sweep": sweep.name,
        "objective": objective,
        "direction": direction,
        "k": shared,
        "best": best and best["directory"],
        "false_pass": said,
        "jobs": rows,
    }


def name_shortly(rows: list[dict[str, Any]]) -> None:
    """Give each job a ``name``: what it varies, by the last part of each key where no two keys share that."""
    keys = {override.partition("=")[0] for row in rows for override in row["overrides"]}
    last = Counter(key.rpartition(".")[2] for key in keys)
    short = {key: end if last[end := key.rpartition(".")[2]] == 1 else key for key in keys}
    for row in rows:
        parts = (override.partition("=") for override in row["overrides"])
        row["name"] = (
            one_line(" ".join(f"{short[key]}={_rounded(value)}" for key, _, value in parts), 200) or row["directory"]
        )


def _rounded(value: str) -> str:
    """A number that a search drew is shown with four digits."""
    try:
        return value if len(value) < 8 else f"{float(value):.4g}"
    except ValueError:
        return value


def write(path: Path, comparison: Mapping[str, Any]) -> None:
    """Write ``comparison`` as JSON in one step."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(json.dumps(comparison, indent=2, allow_nan=False) + "\n", "ascii")
    fresh.replace(path)


def _job(path: Path, job: record.JobRecord, stats: Mapping[str, Any] | None, k: int, objective: str) -> dict[str, Any]:
    status, error = job.status, job.error
    if status == record.RUNNING:
        status, error = "unfinished", LOST
    row: dict[str, Any] = {
        "directory": path.name,
        "overrides": list(job.overrides),
        "status": status,
        "error": error,
        "earlier": job.earlier,
    }
    return row | (_figures(stats, k, objective) if stats else dict.fromkeys(_figures(_NOTHING, 0, objective)))


def _figures(stats: Mapping[str, Any], k: int, objective: str) -> dict[str, Any]:
    found, why = value(stats, objective)
    samples, decisions = stats["samples"], stats["decisions"]
    problems, counted = stats["problems"]["sampled"], samples["total"] - samples["surplus"]
    at = {row["k"]: {name: row[name] for name in ("estimate", "low", "high")} for row in stats["pass_at_k"]}
    return {
        "objective": found,
        "objective_note": why,
        "accepted": decisions["accepted"],
        "problems": problems,
        "solved": stats["accepted_problems"],
        "coverage": stats["accepted_problems"] / problems if problems else None,
        "pass_at_1": at.get(1),
        "pass_at_k": at.get(k),
        "tokens": samples["tokens"],
        "tokens_per_row": stats["tokens_per_accepted"],
        "idle_share": stats["seconds"].get("idle_share"),
        "error_share": decisions["error"] / counted if counted else None,
    }


_NOTHING: dict[str, Any] = {
    "samples": {"total": 0, "surplus": 0, "tokens": 0},
    "decisions": {"accepted": 0, "error": 0},
    "problems": {"sampled": 0},
    "accepted_problems": 0,
    "pass_at_k": [],
    "tokens_per_accepted": None,
    "seconds": {},
}


def _stats(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads((path / "stats.json").read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _shared_k(all_stats: list[dict[str, Any]]) -> int:
    """The largest K that every job has, so that the column compares the same thing."""
    sets = [{row["k"] for row in stats["pass_at_k"]} for stats in all_stats]
    return max(set.intersection(*sets), default=1) if sets else 1


def _estimate(found: Estimate | None) -> dict[str, Any] | None:
    return None if found is None else found.plain()
