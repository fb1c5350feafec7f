"""``proofstill run``."""

import shlex
import sys
from collections.abc import Callable
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

    from engine.build import unknown
    from engine.run import execute
    from engine.summary import render_summary

    objective = str(config["objective"])
    if objective not in OBJECTIVES:
        raise ConfigError(unknown(f"objective={objective}", objective, OBJECTIVES))
    command = shlex.join(["proofstill", "run", *HydraConfig.get().overrides.task])
    stats, examples = execute(config, path, command)
    places = {"run": str(path), "ledger": str(path / "ledger"), "statistics": str(path / "stats.json")}
    places |= {f"product {name}": str(path / "products" / name) for name in config["product"]}
    Console(file=sys.stdout, soft_wrap=not sys.stdout.isatty()).print(render_summary(stats, examples, places))
    return float(OBJECTIVES[objective](stats))


OBJECTIVES: dict[str, Callable[[dict[str, Any]], float]] = {
    "accepted": lambda stats: stats["decisions"]["accepted"],
    "accepted_problems": lambda stats: stats["accepted_problems"],
    "selected": lambda stats: stats["selected"]["kept"],
    "pass_rate": lambda stats: stats["pass_rate"] or 0.0,
    "accepted_per_1k_tokens": lambda stats: 1000 * stats["decisions"]["accepted"] / max(stats["samples"]["tokens"], 1),
}
"""What a sweep may maximise; always a finite number."""
