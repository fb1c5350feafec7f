"""``proofstill run``."""

import math
import shlex
import sys
from pathlib import Path
from typing import Any

from engine.errors import ConfigError
from engine.hydra_app import run_app


def main(arguments: list[str]) -> int:
    """Run; prints the summary on standard output."""
    return run_app("run", "config", arguments, _task)


def _task(config: dict[str, Any], path: Path) -> float:
    from hydra.core.hydra_config import HydraConfig
    from rich.console import Console

    from engine.run import execute
    from engine.summary import render_summary

    command = shlex.join(["proofstill", "run", *HydraConfig.get().overrides.task])
    stats, examples = execute(config, path, command)
    places = {"run": str(path), "ledger": str(path / "ledger"), "statistics": str(path / "stats.json")}
    places |= {f"product {name}": str(path / "products" / name) for name in config["product"]}
    Console(file=sys.stdout, soft_wrap=not sys.stdout.isatty()).print(render_summary(stats, examples, places))
    return objective(str(config["objective"]), stats)


def objective(name: str, stats: dict[str, Any]) -> float:
    """What a sweep maximises, always a finite number. Raises ``ConfigError`` for an unknown name."""
    accepted = stats["decisions"]["accepted"]
    tokens = stats["samples"]["tokens"]
    values = {
        "accepted": accepted,
        "accepted_problems": stats["accepted_problems"],
        "selected": stats["selected"]["kept"],
        "pass_rate": stats["pass_rate"] or 0.0,
        "accepted_per_1k_tokens": 1000 * accepted / tokens if tokens else 0.0,
    }
    if name not in values:
        raise ConfigError(f"objective: {name!r} is unknown; there is {', '.join(values)}")
    value = float(values[name])
    return value if math.isfinite(value) else 0.0
