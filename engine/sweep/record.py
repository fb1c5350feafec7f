"""What a sweep knows of each of its jobs: ``job.json`` in the job's directory."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from engine.errors import LedgerError

FILE = "job.json"
RUNNING, COMPLETE, FAILED, INTERRUPTED = "running", "complete", "failed", "interrupted"


@dataclass(frozen=True)
class JobRecord:
    """One job. ``running`` is also what a killed job leaves behind."""

    number: int
    overrides: tuple[str, ...]
    """The settings that the sweep varies, ``key=value``."""
    status: str = RUNNING
    error: str | None = None
    exit_code: int = 0
    earlier: bool = False
    """Whether an earlier command ran it, and the present one does not."""

    def write(self, directory: Path) -> None:
        """Replace the record in one step. Raises ``LedgerError``."""
        fresh = directory / f".{FILE}.new"
        try:
            fresh.write_text(json.dumps(asdict(self), indent=2) + "\n", "ascii")
            fresh.replace(directory / FILE)
        except OSError as error:
            raise LedgerError(f"{directory / FILE}: cannot write it ({error.strerror})") from error


def read(directory: Path) -> JobRecord | None:
    """The record in a job's directory; None where there is none, or none that can be read."""
    try:
        values = json.loads((directory / FILE).read_text("utf-8"))
        return JobRecord(**{**values, "overrides": tuple(values["overrides"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None


def jobs(sweep: Path) -> Iterator[tuple[Path, JobRecord]]:
    """Every job of a sweep's directory: the present command's by number, then those of earlier ones."""
    found = [(path.parent, read(path.parent)) for path in sweep.glob(f"*/{FILE}")]
    known = [(path, record) for path, record in found if record is not None]
    yield from sorted(known, key=lambda item: (item[1].earlier, item[1].number, item[0].name))


def set_aside_earlier(sweep: Path) -> None:
    """Mark every job that is there as an earlier command's; one that runs again writes its record afresh."""
    for path, record in jobs(sweep):
        replace(record, earlier=True).write(path)
