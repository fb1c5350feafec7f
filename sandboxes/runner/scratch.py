"""A scratch directory without a file system of its own: emptied and measured by hand."""

import contextlib
import itertools
import os


def empty(directory: str) -> None:
    """Remove everything inside, however deep: inner directories are moved up first, so nothing recurses."""
    fresh = itertools.count()
    while True:
        with os.scandir(directory) as entries:
            found = list(entries)
        if not found:
            return
        for entry in found:
            if entry.is_dir(follow_symlinks=False):
                _flatten(directory, entry.path, fresh)
            else:
                os.unlink(entry.path)


def _flatten(directory: str, path: str, fresh: "itertools.count[int]") -> None:
    with contextlib.suppress(OSError):
        os.chmod(path, 0o700)
    with os.scandir(path) as entries:
        for entry in list(entries):
            if entry.is_dir(follow_symlinks=False):
                with contextlib.suppress(OSError):
                    os.chmod(entry.path, 0o700)  # a directory that may not be written cannot be moved
                os.rename(entry.path, os.path.join(directory, f".{os.getpid()}.{next(fresh)}"))
            else:
                os.unlink(entry.path)
    os.rmdir(path)


def usage_mb(directory: str) -> float:
    """Megabytes that the files inside occupy; each entry counts as at least 4 KB.

    Infinite where something cannot be looked at, because it is closed or too deep: a program could hide there what it
    writes. What was removed and is still open is not seen.
    """
    total, waiting = 0, [directory]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    total += max(4096, entry.stat(follow_symlinks=False).st_blocks * 512)
        except FileNotFoundError:  # removed meanwhile
            continue
        except OSError:
            return float("inf")
    return total / (1 << 20)
