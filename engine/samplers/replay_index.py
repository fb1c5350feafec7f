"""Where each generation lies on disk, so that a file of any size is replayed in constant memory.

Per row the index holds a 64-bit hash of the problem id, the file number, byte offset, length and number of samples
(26 bytes in all), sorted by hash; rows are read again with one ``pread`` each. Compressed and Parquet files are first
unpacked into a temporary JSON-lines file.
"""

import difflib
import gzip
import hashlib
import json
import os
import shutil
import tempfile
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NamedTuple

from engine.errors import DataError

MAX_OPEN_FILES = 64


class Place(NamedTuple):
    """One row of one file and the number of samples in it."""

    file: int
    offset: int
    length: int
    samples: int


READ_AHEAD = 1 << 16


@dataclass
class BadLines:
    """Rows that could not be used."""

    count: int = 0
    first: str = ""

    def add(self, where: str, why: str) -> None:
        """Count one; the first is kept for the message."""
        self.first = self.first or f"{where}: {why}"
        self.count += 1


@dataclass(frozen=True)
class Layout:
    """Which columns hold what: one sample per row (``text``) or a list of them (``samples``)."""

    problem_id: str | None
    text: str | None
    samples: str | None

    def items(self, row: dict[str, Any]) -> list[Any]:
        """Samples of a row: strings, or objects that have ``text``. Raises ``ValueError`` saying what is wrong."""
        if self.samples is None:
            return [self._checked(row)]
        values = row.get(self.samples)
        if not isinstance(values, list):
            raise ValueError(f"column {self.samples!r} is missing or holds no list")
        return [value if isinstance(value, str) else self._checked(value) for value in values]

    def id_of(self, row: Any) -> str:
        """Problem id of a row, integers as text. Raises ``ValueError`` where it has none."""
        value = row.get(self.problem_id) if isinstance(row, dict) else None
        if type(value) not in (str, int):
            raise ValueError(f"column {self.problem_id!r} is missing or is neither text nor an integer")
        return str(value)

    def _checked(self, value: Any) -> dict[str, Any]:
        if not isinstance(value, dict) or not isinstance(value.get(self.text), str):
            raise ValueError(f"{self.text!r} is missing or is no text")
        return value


class OffsetIndex:
    """Rows by problem id."""

    def __init__(self, files: list[Path], columns: tuple["array[int]", ...], example: str) -> None:
        import numpy as np

        hashes = np.frombuffer(columns[0], dtype=np.uint64)
        order = np.argsort(hashes, kind="stable")  # stable: rows of one problem stay in file order
        self.example = example
        self._hashes = hashes[order]
        self._columns = [
            np.frombuffer(column, dtype=kind)[order]
            for column, kind in zip(columns[1:], (np.uint16, np.uint64, np.uint32, np.uint32), strict=True)
        ]
        self._files = files
        self._open: dict[int, int] = {}
        self._ahead = (-1, 0, b"")

    def places(self, problem_id: str) -> list[Place]:
        """Rows of one problem, in file order."""
        key = self._hashes.dtype.type(id_hash(problem_id))
        start, end = self._hashes.searchsorted(key, "left"), self._hashes.searchsorted(key, "right")
        return [Place(*row) for row in zip(*(column[start:end].tolist() for column in self._columns), strict=True)]

    def read(self, place: Place) -> bytes:
        """Bytes of one row.

        Rows are mostly asked for in file order, so a stretch is read ahead: a system call gives up the interpreter's
        lock, and getting it back beside busy threads costs more than the read.
        """
        file, start, ahead = self._ahead
        if place.file == file and start <= place.offset and place.offset + place.length <= start + len(ahead):
            return ahead[place.offset - start : place.offset - start + place.length]
        descriptor = self._open.get(place.file)
        if descriptor is None:
            if len(self._open) >= MAX_OPEN_FILES:
                os.close(self._open.pop(next(iter(self._open))))
            descriptor = self._open[place.file] = os.open(self._files[place.file], os.O_RDONLY)
        ahead = os.pread(descriptor, max(place.length, READ_AHEAD), place.offset)
        self._ahead = (place.file, place.offset, ahead)
        return ahead[: place.length]

    def close(self) -> None:
        """Close the files."""
        while self._open:
            os.close(self._open.popitem()[1])


def id_hash(problem_id: str) -> int:
    """64-bit hash of a problem id; among a million ids two collide with a probability of 3e-8."""
    return int.from_bytes(hashlib.blake2b(problem_id.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")


def build_index(paths: Sequence[Path], layout: Layout, scratch: str) -> tuple[OffsetIndex, BadLines]:
    """Read all files once, unpacking what needs it into the directory ``scratch``.

    Raises ``DataError`` when a file cannot be read or none has a usable row.
    """
    files = [_unpacked(path, scratch) for path in paths]
    columns = (array("Q"), array("H"), array("Q"), array("I"), array("I"))
    bad, seen, example = BadLines(), set[str](), ""
    for number, path in enumerate(files):
        for offset, line in _lines(path):
            where = f"{paths[number]}, byte {offset}"
            try:
                row = json.loads(line)
                seen.update(row if isinstance(row, dict) else ())
                problem_id = layout.id_of(row)
                samples = len(layout.items(row))
            except (ValueError, RecursionError) as error:
                bad.add(where, str(error))
                continue
            example = example or problem_id
            values = (id_hash(problem_id), number, offset, len(line), samples)
            for column, value in zip(columns, values, strict=True):
                column.append(value)
    if not columns[0]:
        raise DataError(_no_rows(paths, layout, seen, bad))
    return OffsetIndex(files, columns, example), bad


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    offset = 0
    with path.open("rb", buffering=1 << 20) as lines:
        for line in lines:
            if not line.isspace():
                yield offset, line
            offset += len(line)


def _unpacked(path: Path, directory: str) -> Path:
    """Path of the plain JSON lines of a file: itself, or a temporary copy."""
    if path.suffix not in (".gz", ".parquet"):
        return path
    try:
        with tempfile.NamedTemporaryFile(suffix=".jsonl", dir=directory, delete=False) as target:
            if path.suffix == ".gz":
                with gzip.open(path, "rb") as packed:
                    shutil.copyfileobj(packed, target, 1 << 20)
            else:
                _copy_parquet(path, target)
    except (OSError, EOFError, ValueError) as error:  # pyarrow's ArrowInvalid is a ValueError
        raise DataError(f"sampler.path: {str(path)!r} cannot be unpacked into {directory} ({error})") from None
    return Path(target.name)


def _copy_parquet(path: Path, target: IO[bytes]) -> None:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as table:
        for batch in table.iter_batches(batch_size=256):
            for row in batch.to_pylist():
                target.write(json.dumps(row, default=str).encode() + b"\n")


def _no_rows(paths: Sequence[Path], layout: Layout, seen: set[str], bad: BadLines) -> str:
    where = ", ".join(map(str, paths))
    needed = {"problem_id": layout.problem_id}
    needed |= {"samples": layout.samples} if layout.samples else {"text": layout.text}
    for name, column in needed.items():
        if seen and column not in seen:
            close = difflib.get_close_matches(str(column), seen, n=1)
            hint = f"did you mean {close[0]!r}? " if close else ""
            columns = ", ".join(sorted(seen))
            return f"{where}: no row has column {column!r} of sampler.fields.{name}; {hint}columns: {columns}"
    return f"{where}: no row can be replayed; {bad.first or 'the file is empty'}"
