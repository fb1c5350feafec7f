"""``proofstill alphacode``: tests, clusters and submissions for a run's code problems."""

import sys
from pathlib import Path
from typing import Any

from engine.hydra_app import run_app


def main(arguments: list[str]) -> int:
    """Analyse; prints a summary."""
    return run_app("alphacode", "alphacode", arguments, _task)


def _task(config: dict[str, Any], _: Path) -> float:
    from engine.alphacode.analysis import run
    from engine.alphacode.summary import lines
    from engine.plain_text import one_line

    stats = run(config)
    sys.stdout.writelines(f"{one_line(line, 500)}\n" for line in lines(stats))
    return float(stats["tests_kept"])
