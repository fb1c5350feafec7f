"""Segments of a ledger: Parquet files that are whole or absent, and are never changed.

``<writer>-<sequence>.parquet``. A writer merges its own small ones, thirty-two at a time, into one named
``<writer>-<first>+<last>.parquet``; only then does it remove them. Until it has, a reader knows from the names that it
must leave them out. So a long run leaves few files, at any moment every row is there, and none is read twice.
"""

import os
import re
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

MERGE = 32
MERGED_BYTES = 128 << 20
"""Of a merged segment, in memory: what merging may cost, and a size that is read in one piece."""
STALE_S = 3600.0
NAME = re.compile(r"(.+)-(\d+)(?:\+(\d+))?")


class Segment(NamedTuple):
    """A segment on disk, and how large it is in memory."""

    path: Path
    size: int


class Tiers:
    """One writer's segments of one kind, small ones merged into larger ones."""

    def __init__(self, workshop: Path | None) -> None:
        """No segment yet; see ``write`` for ``workshop``."""
        self._workshop = workshop
        self._tiers: list[list[Segment]] = []

    def add(self, segment: Segment, tier: int = 0) -> None:
        """Take note of a new segment, and merge when enough have gathered. Raises ``OSError``."""
        while len(self._tiers) <= tier:
            self._tiers.append([])
        gathered = self._tiers[tier]
        gathered.append(segment)
        if len(gathered) < MERGE:
            return
        self._tiers[tier] = []
        packs = list(_packs(gathered))
        merged = [self._merge(pack) for pack in packs if len(pack) > 1]
        if len(packs) == 1:  # else they are as large as they get
            self.add(merged[0], tier + 1)

    def _merge(self, pack: list[Segment]) -> Segment:
        writer, first, _ = _parts(pack[0].path)
        last = _parts(pack[-1].path)[2]
        tables = (pq.ParquetFile(segment.path).read() for segment in pack)  # `read_table` costs twice as much
        table = pa.concat_tables(tables).sort_by("ordinal")
        path = pack[0].path.with_name(f"{writer}-{first:06d}+{last:06d}.parquet")
        write(path, table, self._workshop)
        for segment in pack:
            segment.path.unlink(missing_ok=True)
        return Segment(path, table.nbytes)


def write(path: Path, table: pa.Table, workshop: Path | None = None) -> None:
    """Write ``table`` so that ``path`` is either absent or whole, even across a power cut. Raises ``OSError``.

    It is made in ``workshop``, or else beside ``path``, and renamed.
    """
    partial = (workshop or path.parent) / f"{path.stem}.tmp"
    try:
        with partial.open("wb") as file:
            pq.write_table(table, file, compression="zstd")
            file.flush()
            os.fsync(file.fileno())
        partial.rename(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def listed(folder: Path, writer: str = "") -> list[Path]:
    """The segments to read, all or those of one writer."""
    return [path for path, superseded in _all(folder, writer) if not superseded]


def tidy(folder: Path) -> None:
    """Remove what killed writers left: segments that are part of a merged one, and half-written ones.

    A half-written one that is fresh may belong to a writer at work.
    """
    for path, superseded in _all(folder, ""):
        if superseded:
            path.unlink(missing_ok=True)
    for partial in folder.glob("*.tmp"):
        with suppress(FileNotFoundError):
            if time.time() - partial.stat().st_mtime > STALE_S:
                partial.unlink()


def writer_name() -> str:
    """A name that no other writer has."""
    return f"{time.strftime('%Y%m%dT%H%M%S')}-{uuid.uuid4().hex[:8]}"


def take_away(workshop: Path) -> None:
    """Stop a writer that may be at work elsewhere: no commit of its succeeds once this has returned.

    A commit is a rename out of the workshop, so it comes before the end of the workshop or not at all.
    """
    while workshop.exists():
        for partial in workshop.iterdir():
            partial.unlink(missing_ok=True)
        with suppress(OSError):  # it has just made another file
            workshop.rmdir()


def _all(folder: Path, writer: str) -> Iterator[tuple[Path, bool]]:
    """Segments in the order of their names, and whether each is part of a merged one."""
    found = sorted((*_parts(path), path) for path in folder.glob(f"{writer}*.parquet"))
    ends: dict[str, int] = {}
    # of those that begin alike, the longest first
    for name, first, last, path in sorted(found, key=lambda part: (part[0], part[1], -part[2])):
        yield path, last <= ends.get(name, -1)
        ends[name] = max(last, ends.get(name, -1))
        assert first <= last


def _parts(path: Path) -> tuple[str, int, int]:
    """Writer, first and last sequence number."""
    match = NAME.fullmatch(path.stem)
    if match is None:  # not one of ours; read all the same
        return path.stem, 0, 0
    writer, first, last = match.groups()
    return writer, int(first), int(last or first)


def _packs(segments: list[Segment]) -> Iterator[list[Segment]]:
    """Neighbours that fit into a merged segment together."""
    pack: list[Segment] = []
    for segment in segments:
        if pack and sum(s.size for s in pack) + segment.size > MERGED_BYTES:
            yield pack
            pack = []
        pack.append(segment)
    yield pack
