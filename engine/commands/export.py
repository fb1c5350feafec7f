"""``proofstill export``: products again, from a run's ledger alone."""

import json
import sys
from pathlib import Path
from typing import Any

from engine.hydra_app import run_app


def main(arguments: list[str]) -> int:
    """Export; prints where the products are."""
    return run_app("export", "export", arguments, _task)


def _task(config: dict[str, Any], _: Path) -> float:
    from engine.export import Exporter, build_verifiers, export
    from engine.products.hub import check_repo, push
    from engine.rundir import RunDir

    repo = config["hub"]["repo"]
    if repo is not None:
        check_repo(repo)
    directory = RunDir(Path(config["run"]))
    saved = directory.load_config()
    with directory.locked():
        stats_path = directory.path / "stats.json"
        before = json.loads(stats_path.read_text("utf-8")) if stats_path.exists() else {}
        exporter = Exporter(directory, saved, build_verifiers(saved))
        stats = export(
            exporter, config["select"], config["product"], before.get("seconds", {}), before.get("sampler", {})
        )
    for name, facts in stats["products"].items():
        reasons = ", ".join(f"{reason} {times}" for reason, times in facts["dropped"].items())
        told = f" of {facts['taken']} {facts['unit']}; dropped: {reasons}" if reasons else ""
        sys.stdout.write(f"{directory.products / name}: {facts['rows']} rows{told}\n")
    if repo is not None:
        address = push(directory.path, stats["products"], repo, private=config["hub"]["private"])
        sys.stdout.write(f"pushed to {address}\n")
    return float(stats["selected"]["kept"])
