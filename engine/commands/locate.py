"""``proofstill locate``: the first wrong step of a run's wrong samples, by rollouts."""

import sys
from pathlib import Path
from typing import Any

from engine.hydra_app import run_app


def main(arguments: list[str]) -> int:
    """Label steps; prints a summary."""
    return run_app("locate", "locate", arguments, _task)


def _task(config: dict[str, Any], _: Path) -> float:
    from engine.locate.run import run
    from engine.locate.summary import lines
    from engine.plain_text import one_line

    stats = run(config)
    sys.stdout.writelines(f"{one_line(line, 500)}\n" for line in lines(stats))
    return float(stats["rejected"].get("located", 0))
