"""``proofstill report``: a run's page again; ``proofstill report compare A B``: what changed between two."""

import sys
from pathlib import Path
from typing import Any

from engine.hydra_app import prepare, run_app

USAGE = "usage: proofstill report compare A B [page=FILE.html]; A and B are run directories"


def main(arguments: list[str]) -> int:
    """Report; prints where the page is, or what changed."""
    if arguments[:1] == ["compare"]:
        return _compare(arguments[1:])
    return run_app("report", "report", arguments, _task)


def _task(config: dict[str, Any], _: Path) -> float:
    from engine.report.again import report_again

    path = report_again(Path(config["run"]))
    sys.stdout.write(f"{path}: {path.stat().st_size / 1e6:.2f} MB, opens in any browser\n")
    return 0.0


def _compare(arguments: list[str]) -> int:
    """``A B [page=FILE.html]``, or one run whose ledger holds verdicts of two versions of its verifiers."""
    from engine.errors import ProofstillError, UsageError

    page = next((word.removeprefix("page=") for word in arguments if word.startswith("page=")), None)
    runs = [Path(word) for word in arguments if not word.startswith("page=")]
    try:
        if not 1 <= len(runs) <= 2 or any(str(run).startswith("-") for run in runs):
            raise UsageError(USAGE)
        prepare("proofstill report", [])
        _print_comparison(runs, page)
    except ProofstillError as error:
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code
    return 0


def _print_comparison(runs: list[Path], page: str | None) -> None:
    from rich.console import Console

    from engine.report.compare import compare
    from engine.report.compare_page import write_comparison
    from engine.report.compare_text import render_comparison

    made = compare(runs[0], runs[1] if len(runs) == 2 else None)
    Console(file=sys.stdout, soft_wrap=not sys.stdout.isatty()).print(render_comparison(made))
    if page is not None:
        write_comparison(made, Path(page))
        sys.stdout.write(f"{page}\n")
