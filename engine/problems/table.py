"""Problems from files: JSON lines, Parquet or CSV."""

import csv
import gzip
import json
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import ConfigError, DataError
from engine.files import expand
from engine.problems.rows import Row, RowError, RowSource

_JSON, _CSV = (".jsonl", ".json", ".ndjson"), {".csv": ",", ".tsv": "\t"}
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_LONGEST_CSV_FIELD = 1 << 27

Numbered = Iterator[tuple[int, Row | RowError]]


@dataclass
class Table(RowSource):
    """Rows of files, told apart by suffix: ``.jsonl`` (``.json``, ``.ndjson``), ``.csv`` or ``.tsv`` with a header,
    each also with ``.gz``, and ``.parquet``. Row numbers count over all files; in JSON lines they count lines.

    Raises ``DataError`` for a missing or damaged file.
    """

    path: str | tuple[str, ...]
    """File, glob, or several of them; ``-`` reads JSON lines from standard input."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._files = [] if self.path == "-" else expand(self.path, "problems.path")
        for path in self._files:
            if _kind(path) not in (*_JSON, *_CSV, ".parquet"):
                raise ConfigError(
                    f"path: {path.name!r} has an unknown suffix: use .jsonl, .csv, .tsv (.gz too) or .parquet"
                )

    @property
    def name(self) -> str:
        """File name, or the path as configured where it names several."""
        if self.path == "-":
            return "standard input"
        return self._files[0].name if len(self._files) == 1 else str(self.path)

    def rows(self) -> Iterator[tuple[int, str, Row | RowError]]:
        """Yield (number, place, row) of one file after the other."""
        if self.path == "-":
            for number, row in _json_rows(sys.stdin.buffer):
                yield number, f"standard input, row {number}", row
        before = 0
        for path in self._files:
            number = 0
            try:
                for number, row in _read(path):
                    yield before + number, f"{path.name}, row {number}", row
            except (OSError, EOFError, ValueError, csv.Error) as error:  # pyarrow's ArrowInvalid is a ValueError
                raise DataError(f"{path} cannot be read beyond row {number} ({error}); mend or remove it") from None
            before += number


def _kind(path: Path) -> str:
    return (path.with_suffix("") if path.suffix == ".gz" else path).suffix


def _read(path: Path) -> Numbered:
    if path.suffix == ".parquet":
        yield from _parquet_rows(path)
        return
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as stream:
        yield from _json_rows(stream) if _kind(path) in _JSON else _csv_rows(stream, _CSV[_kind(path)])


def _json_rows(stream: Iterable[bytes]) -> Numbered:
    for number, line in enumerate(stream, 1):
        if number == 1 and line.startswith((b"[{", b"[\n", b"[\r")):
            raise ValueError("it is one JSON array, not JSON lines: `jq -c '.[]'` makes lines of it")
        if not line.isspace():
            yield number, _json_row(line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line)


def _json_row(line: bytes) -> Row | RowError:
    try:
        row = json.loads(line.decode("utf-8"))
        if _SURROGATE.search(line):
            json.dumps(row, ensure_ascii=False).encode("utf-8")
    except UnicodeError as error:
        return RowError("bad_utf8", f"the text is not UTF-8 ({error})")
    except (ValueError, RecursionError) as error:
        return RowError("bad_json", f"the line is not JSON ({error})")
    return row if isinstance(row, dict) else RowError("bad_json", "the line is no JSON object")


def _csv_rows(stream: Iterable[bytes], delimiter: str) -> Numbered:
    csv.field_size_limit(_LONGEST_CSV_FIELD)
    text = (line.decode("utf-8", "surrogateescape") for line in stream)
    reader = csv.DictReader(text, delimiter=delimiter)
    if reader.fieldnames:
        reader.fieldnames = [reader.fieldnames[0].removeprefix("\ufeff"), *reader.fieldnames[1:]]
    for number, row in enumerate(reader, 1):
        yield number, _csv_row(row)


def _csv_row(row: dict[str | Any, str | Any]) -> Row | RowError:
    if None in row:
        return RowError("bad_value", "it has more cells than the header")
    try:
        "".join(cell for cell in row.values() if cell).encode("utf-8")
    except UnicodeEncodeError:
        return RowError("bad_utf8", "the text is not UTF-8")
    return {column: cell or None for column, cell in row.items()}  # an empty cell is a missing value


def _parquet_rows(path: Path) -> Numbered:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as table:
        rows = (row for batch in table.iter_batches(batch_size=256) for row in batch.to_pylist())
        yield from enumerate(rows, 1)
