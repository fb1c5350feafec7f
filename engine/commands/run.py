"""``proofstill run``."""

import shlex
import sys
from pathlib import Path
from typing import Any

from engine.hydra_app import run_app


def main(arguments: list[str]) -> int:
    """Run; prints the summary on standard output, and in a sweep one line per job."""
    return run_app("run", "config", arguments, _task)


def _task(config: dict[str, Any], path: Path) -> float:
    from hydra.core.hydra_config import HydraConfig
    from hydra.types import RunMode

    from engine.run import execute

    hydra = HydraConfig.get()
    command = shlex.join(["proofstill", "run", *hydra.overrides.task])
    if hydra.mode == RunMode.MULTIRUN:
        return _job(config, path, command)
    _show(config, path, *execute(config, path, command))
    return 0.0


def _job(config: dict[str, Any], path: Path, command: str) -> float:
    """One job of a sweep; returns its objective, always a finite number."""
    from hydra.core.hydra_config import HydraConfig

    from engine.run import execute
    from engine.sweep.finished import finished
    from engine.sweep.objective import value, worst

    hydra = HydraConfig.get()
    if not hydra.launcher["_target_"].endswith(".BasicLauncher"):
        config["progress"]["enabled"] = False  # jobs that run side by side would write over each other's lines
    stats = finished(config, path)
    done = "complete" if stats is None else "was complete already"
    if stats is None:
        stats, _ = execute(config, path, command)
    found, why = value(stats, config["objective"])
    shown = f"{config['objective']} = {found:.6g}" if found is not None else why
    sys.stdout.write(f"job {hydra.job.num} in {path}: {done}, {shown}\n")
    sys.stdout.flush()
    return worst(config["direction"]) if found is None else found


def _show(config: dict[str, Any], path: Path, stats: dict[str, Any], examples: list[Any]) -> None:
    from rich.console import Console

    from engine.summary import render_summary

    places = {"run": str(path), "ledger": str(path / "ledger"), "statistics": str(path / "stats.json")}
    places["report"] = str(path / "report.html")
    places |= {f"product {name}": str(path / "products" / name) for name in config["product"]}
    Console(file=sys.stdout, soft_wrap=not sys.stdout.isatty()).print(render_summary(stats, examples, places))
