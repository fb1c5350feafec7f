"""What a sweep makes as large, or as small, as it can: one finite number of a run's statistics."""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from engine.build import unknown
from engine.errors import ConfigError
from engine.stats import summarise

NAMED: dict[str, Callable[[Mapping[str, Any]], Any]] = {
    "accepted": lambda stats: stats["decisions"]["accepted"],
    "accepted_problems": lambda stats: stats["accepted_problems"],
    "selected": lambda stats: stats["selected"]["kept"],
    "pass_rate": lambda stats: stats["pass_rate"],
    "accepted_per_1k_tokens": lambda stats: 1000 * stats["decisions"]["accepted"] / max(stats["samples"]["tokens"], 1),
}
"""Short names; ``pass@K`` and any dotted key of stats.json serve as well."""
PASS_AT = re.compile(r"pass@(\d+)")
DIRECTIONS = ("maximize", "minimize")
WORST = 1e15
"""What a failed job, or one without a value, counts as; negative where the objective is maximised."""


def check(objective: str, direction: str) -> None:
    """Raise ``ConfigError`` for what no run's statistics could hold, before anything is sampled."""
    if direction not in DIRECTIONS:
        raise ConfigError(unknown(f"direction={direction}", direction, DIRECTIONS))
    known = {*NAMED, *summarise({})}
    if not PASS_AT.fullmatch(objective) and objective.partition(".")[0] not in known:
        raise ConfigError(
            unknown(f"objective={objective}", objective, [*NAMED, "pass@1"]) + ", or a dotted key of stats.json"
        )


def value(stats: Mapping[str, Any], objective: str) -> tuple[float | None, str | None]:
    """The objective's value and None; or None and a sentence that says why it has none."""
    match = PASS_AT.fullmatch(objective)
    try:
        if match:
            found: Any = next(row["estimate"] for row in stats["pass_at_k"] if row["k"] == int(match[1]))
        else:
            found = NAMED[objective](stats) if objective in NAMED else _dotted(stats, objective)
    except (KeyError, IndexError, ValueError, TypeError, StopIteration):
        return None, f"objective={objective}: the run's stats.json has no such key"
    if isinstance(found, bool) or not isinstance(found, int | float) or not math.isfinite(found):
        kind = "nothing" if found is None else repr(found) if isinstance(found, int | float) else type(found).__name__
        return None, f"objective={objective}: is {kind} in the run's stats.json, and a sweep needs a finite number"
    return float(found), None


def worst(direction: str) -> float:
    """The finite number that stands for no value."""
    return WORST if direction == "minimize" else -WORST


def _dotted(stats: Mapping[str, Any], key: str) -> Any:
    """``pass_at_k.0.estimate``: names in mappings, positions in lists."""
    found: Any = stats
    for part in key.split("."):
        found = found[int(part)] if isinstance(found, list) else found[part]
    return found
