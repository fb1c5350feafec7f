"""The files of a product: streamed, whole or not at all, and the same bytes for the same rows."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from engine.errors import ConfigError, ProofstillError

FORMATS = ("parquet", "jsonl")
GROUP_BYTES = 32 * 2**20
"""A row group is also closed at this size, so that very long samples cannot fill the memory."""


@dataclass(frozen=True)
class FileOptions:
    """How the rows of a product are laid out on disk."""

    formats: tuple[str, ...] = FORMATS
    """``parquet`` and ``jsonl``, one or both; the card points at the first."""
    rows_per_shard: int | None = None
    """Start a new file after so many rows; None for one file."""
    row_group_rows: int = 5000
    """Rows held in memory before they are written (a Parquet row group)."""

    def __post_init__(self) -> None:
        """Raise ``ConfigError`` naming the key that does not fit."""
        unknown = [name for name in self.formats if name not in FORMATS]
        if unknown or not self.formats or len(set(self.formats)) < len(self.formats):
            raise ConfigError(f"files.formats is {list(self.formats)}: give parquet, jsonl or both, each once")
        if self.rows_per_shard is not None and self.rows_per_shard < 1:
            raise ConfigError(f"files.rows_per_shard is {self.rows_per_shard}: give 1 or more, or null for one file")
        if self.row_group_rows < 1:
            raise ConfigError(f"files.row_group_rows is {self.row_group_rows}: give 1 or more")


@contextmanager
def whole_directory(directory: str) -> Iterator[Path]:
    """Give an empty directory that takes the place of ``directory`` when the block ends, and vanishes if it raises.

    Raises ``ProofstillError`` when the disk refuses.
    """
    target = Path(directory)
    fresh, old = (target.with_name(f".{target.name}.{end}") for end in ("new", "old"))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if old.exists() and not target.exists():
            old.rename(target)  # killed between the two renames below: put the previous product back
        for left in (fresh, old):
            shutil.rmtree(left, ignore_errors=True)
        fresh.mkdir()
        yield fresh
        if target.exists():
            target.rename(old)
        fresh.rename(target)
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        shutil.rmtree(fresh, ignore_errors=True)
        raise ProofstillError(
            f"{directory} cannot be written ({error}); the ledger is safe: mend the disk and run `proofstill export`"
        ) from error
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise


class ShapeFiles:
    """One shape of a product, one fixed schema, as ``<shape>/train-00000.parquet`` and ``.jsonl``.

    ``replaced`` counts the rows in which text that UTF-8 cannot carry became U+FFFD.
    """

    def __init__(self, root: Path, shape: str, schema: Any, options: FileOptions) -> None:
        self.shape, self.schema, self.options = shape, schema, options
        self.rows = self.replaced = 0
        self.files: list[str] = []
        self._folder = root / shape
        self._folder.mkdir()
        self._group: list[dict[str, Any]] = []
        self._group_bytes = self._shard_rows = 0
        self._parquet: Any = None
        self._jsonl: BinaryIO | None = None
        self._open_shard(0)

    def add(self, record: dict[str, Any]) -> None:
        """Write one row: a value for every column of the schema, in its order."""
        if self._shard_rows == self.options.rows_per_shard:
            self._close_shard()
            self._open_shard(self.rows // self._shard_rows)
        try:
            line = _line(record)
        except UnicodeEncodeError:
            record = _encodable(record)
            line = _line(record)
            self.replaced += 1
        if self._jsonl is not None:
            self._jsonl.write(line)
        self.rows += 1
        self._shard_rows += 1
        if self._parquet is not None:
            self._group.append(record)
            self._group_bytes += len(line)
            if len(self._group) >= self.options.row_group_rows or self._group_bytes >= GROUP_BYTES:
                self._flush()

    def close(self) -> dict[str, Any]:
        """Finish the files; returns what the card says of this shape."""
        self._close_shard()
        return {
            "rows": self.rows,
            "files": list(self.files),
            "data_files": f"{self.shape}/*.{self.options.formats[0]}",
        }

    def abandon(self) -> None:
        """Close what is open after an error; the directory is about to be removed."""
        for handle in (self._parquet, self._jsonl):
            if handle is not None:
                handle.close()

    def _open_shard(self, number: int) -> None:
        import pyarrow.parquet as pq

        stem = self._folder / f"train-{number:05d}"
        self._shard_rows = 0
        if "parquet" in self.options.formats:
            path = stem.with_suffix(".parquet")
            self._parquet = pq.ParquetWriter(path, self.schema, compression="zstd", compression_level=3)
        if "jsonl" in self.options.formats:
            self._jsonl = stem.with_suffix(".jsonl").open("wb")
        self.files += [f"{self.shape}/{stem.name}.{name}" for name in self.options.formats]

    def _flush(self) -> None:
        import pyarrow as pa

        if self._group:
            self._parquet.write_table(pa.Table.from_pylist(self._group, schema=self.schema))
        self._group = []
        self._group_bytes = 0

    def _close_shard(self) -> None:
        if self._parquet is not None:
            self._flush()
        self.abandon()
        self._parquet = self._jsonl = None
        for name in self.files[-len(self.options.formats) :]:
            _sync(self._folder.parent / name)


def _line(record: dict[str, Any]) -> bytes:
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode() + b"\n"


def _encodable(value: Any) -> Any:
    """The same value with lone surrogates replaced by U+FFFD and split pairs joined."""
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, list):
        return [_encodable(item) for item in value]
    if isinstance(value, dict):
        return {key: _encodable(item) for key, item in value.items()}
    return value


def _sync(path: Path) -> None:
    with path.open("rb") as handle:
        os.fsync(handle.fileno())
