"""The end of a sweep: one table on the terminal, one page and one JSON file in the sweep's directory."""

import sys
from pathlib import Path

from omegaconf import DictConfig

from engine.errors import LedgerError
from engine.sweep import record
from engine.sweep.comparison import compare, write
from engine.sweep.page import write_page
from engine.sweep.table import render


def finish(sweep: Path, config: DictConfig) -> int:
    """Compare the jobs; returns the exit code of those that the present command ran. Raises ``LedgerError``."""
    from rich.console import Console

    comparison = compare(sweep, str(config.objective), str(config.direction))
    try:
        write(sweep / "comparison.json", comparison)
        write_page(sweep / "comparison.html", comparison)
    except OSError as error:
        raise LedgerError(f"{sweep}: cannot write into it ({error.strerror})") from error
    console = Console(file=sys.stdout) if sys.stdout.isatty() else Console(file=sys.stdout, soft_wrap=True, width=160)
    console.print(render(comparison, sweep, console.width))
    return max((code(job) for _, job in record.jobs(sweep) if not job.earlier), default=0)


def code(job: record.JobRecord) -> int:
    """A job's exit code; a job whose process was killed wrote none."""
    return 1 if job.status == record.RUNNING else job.exit_code
