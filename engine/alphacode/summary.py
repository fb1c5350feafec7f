"""The numbers of an analysis: pass@k, n@k, test strength, and who fails the tests that were made."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.stats import clustered_interval, pass_at_k

COUNTED = (
    "samples", "judged", "right", "survivors", "survivors_right", "survivors_wrong", "tests_made", "tests_kept",
    "weak_tests",
)  # fmt: skip
STAGES = ("public", "before", "generated", "after")


@dataclass
class Totals:
    """Adds up problem rows (see ``Analysis.analyse``)."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)

    @property
    def problems(self) -> int:
        """Rows added."""
        return len(self.rows) + len(self.errors) + sum(self.skipped.values())

    def add(self, row: dict[str, Any]) -> None:
        """Count one problem."""
        if "error" in row:
            self.errors.append(f"{row['problem_id']}: {row['error']}")
        elif "skipped" in row:
            self.skipped[row["skipped"]] += 1
        else:
            self.rows.append(row)

    def result(self) -> dict[str, Any]:
        """Statistics of everything added."""
        killed = {name: sum(row["killed"][name] for row in self.rows) for name in ("right", "wrong", "unknown")}
        totals = {name: sum(row[name] for row in self.rows) for name in COUNTED}
        passed, wrong = totals["survivors_right"] + totals["survivors_wrong"], totals["survivors_wrong"]
        left = passed - killed["right"] - killed["wrong"]
        return {
            "problems": len(self.rows),
            "skipped": dict(sorted(self.skipped.items())),
            "errors": self.errors[:100],
            **totals,
            "killed": killed,
            "false_pass": {
                "public": wrong / passed if passed else None,
                "with_generated": (wrong - killed["wrong"]) / left if left else None,
            },
            "strength": {stage: _mean([row["strength"][stage] for row in self.rows]) for stage in STAGES},
            "mean_clusters": _mean([float(len(row["clusters"])) for row in self.rows if row["clusters"]]),
            "pass_at_k": pass_at_k([[row["judged"], row["right"], 1] for row in self.rows]),
            "n_at_k": self._n_at_k(),
            "by_chance": _mean([row["by_chance"] for row in self.rows]),
            "majority_right": _mean([_number(row["majority_right"]) for row in self.rows]),
            "solved": _mean([_number(row["solved"]) for row in self.rows]),
        }

    def _n_at_k(self) -> list[dict[str, Any]]:
        """Means over the problems with at least k judged samples, with 95 % intervals over problems."""
        found: dict[tuple[int, int], list[float]] = {}
        for row in self.rows:
            for entry in row["n_at_k"]:
                found.setdefault((entry["n"], entry["k"]), []).append(entry["value"])
        rows = []
        for (n, k), values in sorted(found.items()):
            mean = sum(values) / len(values)
            variance = sum((value - mean) ** 2 for value in values) / max(len(values) - 1, 1)
            low, high = clustered_interval(mean, variance, len(values), len(values))
            rows.append({"n": n, "k": k, "estimate": mean, "low": low, "high": high, "problems": len(values)})
        return rows


def _number(value: bool | None) -> float | None:
    return None if value is None else float(value)


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def lines(stats: Mapping[str, Any]) -> list[str]:
    """The statistics in a few lines for a terminal."""
    strength, false_pass, killed = stats["strength"], stats["false_pass"], stats["killed"]
    told = [
        f"{stats['problems']} problems, {stats['samples']} samples, {stats['survivors']} pass the public tests",
        f"tests kept: {stats['tests_kept']} of {stats['tests_made']} made ({stats['weak_tests']} rest on agreement)",
        f"test strength: {_share(strength['before'])} of mutants killed before, {_share(strength['after'])} after",
    ]
    public, both = _share(false_pass["public"]), _share(false_pass["with_generated"])
    told.append(f"wrong among what passes: {public} by the public tests, {both} with the new ones")
    told.append(f"right samples that the new tests refuse: {killed['right']}")
    told += [f"pass@{row['k']}: {_interval(row)}" for row in stats["pass_at_k"] if row["k"] in (1, 10, 100, 1000)]
    told += [f"{row['n']}@{row['k']}: {_interval(row)}, {row['problems']} problems" for row in stats["n_at_k"]]
    told.append(f"a right one among the submissions from all samples: {_share(stats['solved'])}")
    told.append(f"largest cluster right: {_share(stats['majority_right'])}")
    if stats["errors"]:
        told.append(f"{len(stats['errors'])} problems failed; the same command tries them again: {stats['errors'][0]}")
    return told


def _interval(row: Mapping[str, Any]) -> str:
    return f"{_share(row['estimate'])} [{_share(row['low'])}, {_share(row['high'])}]"


def _share(value: float | None) -> str:
    return "unknown" if value is None else f"{100 * value:.1f} %"
