"""``proofstill report``: a run's page again; ``proofstill report compare A B``: what changed between two."""

import sys
from pathlib import Path
from typing import Any

from engine.hydra_app import run_app


def main(arguments: list[str]) -> int:
    """Report; prints where the page is."""
    return run_app("report", "report", arguments, _task)


def _task(config: dict[str, Any], _: Path) -> float:
    from engine.report.again import report_again

    path = report_again(Path(config["run"]))
    sys.stdout.write(f"{path}: {path.stat().st_size / 1e6:.2f} MB, opens in any browser\n")
    return 0.0
