"""What running a program on an input gave, kept in a file, so that nothing runs twice, however often one resumes."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

LONGEST = 100_000
"""Characters of an output that are kept; a longer one is known by its digest only."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a program behaved on one input. ``status``: a name of ``ExecStatus``, or ``SKIPPED``: never run."""

    status: str
    digest: str = ""
    text: str | None = None
    """The output, or the value as ``plain.to_text`` has it; None when there is none, or too long a one."""
    alone: bool = True
    """False when the process had seen other inputs before."""

    @property
    def ok(self) -> bool:
        """Whether it ended well and gave something."""
        return self.status == "OK"


def digest(text: str) -> str:
    """16 hex digits of a text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


class Store:
    """A file of outcomes, one JSON line each; of two for the same program and input the later one counts.

    A line that a kill cut off is dropped. Use it as a context manager, one writer at a time.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rows: dict[tuple[str, str], Outcome] = {}
        self._file: TextIO | None = None

    def __enter__(self) -> Self:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        if self._path.exists():
            self._load()
        self._file = self._path.open("a", encoding="ascii")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _load(self) -> None:
        data = self._path.read_bytes()
        whole = data.rfind(b"\n") + 1
        if whole != len(data):
            with self._path.open("r+b") as file:
                file.truncate(whole)
        for line in data[:whole].splitlines():
            program, given, status, mark, text, alone = json.loads(line)
            self._rows[program, given] = Outcome(status, mark, text, alone)

    def get(self, program: str, given: str) -> Outcome | None:
        """The outcome of a program (its identity) on an input (its digest)."""
        return self._rows.get((program, given))

    def put(self, program: str, given: str, outcome: Outcome) -> None:
        """Keep an outcome; ``flush`` makes it outlive this process."""
        assert self._file is not None
        self._rows[program, given] = outcome
        row = (program, given, outcome.status, outcome.digest, outcome.text, outcome.alone)
        self._file.write(json.dumps(row, separators=(",", ":")) + "\n")

    def flush(self) -> None:
        """Hand everything to the operating system."""
        assert self._file is not None
        self._file.flush()
