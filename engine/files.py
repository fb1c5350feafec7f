"""Input files named in a configuration."""

from collections.abc import Sequence
from glob import glob
from pathlib import Path

from engine.errors import DataError


def expand(paths: str | Sequence[str], key: str) -> list[Path]:
    """Files that one or several paths or globs name, each glob sorted.

    Raises ``DataError`` naming ``key`` for a missing file, a glob without a match, or a directory.
    """
    found = []
    for path in (paths,) if isinstance(paths, str) else paths:
        names = [Path(path)] if Path(path).exists() else [Path(name) for name in sorted(glob(path, recursive=True))]  # noqa: PTH207 - takes absolute globs
        if not names:
            raise DataError(f"{key}: there is no file {path!r}; give an existing path, or a glob that matches")
        for name in names:
            if name.is_dir():
                raise DataError(f"{key}: {str(name)!r} is a directory; name a file in it, or use a glob like '*.jsonl'")
        found += names
    if not found:
        raise DataError(f"{key} is empty; give the path of a file")
    return found
