"""Landlock: which files a sandboxed program may touch, whatever its user id. Raises ``OSError`` where it is missing."""

import ctypes
import os
from collections.abc import Sequence

from sandboxes.runner import syscalls

_READ = 1 << 2 | 1 << 3  # READ_FILE READ_DIR
_EXECUTE = 1 << 0
_WRITE = sum(1 << bit for bit in (1, 4, 5, 7, 8, 9, 10, 12))  # write, remove, make directory/file/socket/fifo/symlink
_REFER, _TRUNCATE, _IOCTL_DEVICE = 1 << 13, 1 << 14, 1 << 15
_ALL_V1 = (1 << 13) - 1
_FILE_ONLY = _EXECUTE | 1 << 1 | 1 << 2 | _TRUNCATE | _IOCTL_DEVICE


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scope", ctypes.c_uint64))


class _PathRule(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("access", ctypes.c_uint64), ("parent", ctypes.c_int32))


def version() -> int:
    """The kernel's Landlock version; 0 when it has none."""
    try:
        return syscalls.call(syscalls.LANDLOCK_CREATE, None, 0, 1)
    except OSError:
        return 0


def ruleset(read: Sequence[str], write: Sequence[str], execute: Sequence[str]) -> int:
    """Descriptor of a rule set that allows only these trees or files; missing ones are left out.

    Also no TCP, no abstract Unix sockets and no signals to processes outside, from the versions that know them.
    """
    known = version()
    if not known:
        raise OSError("the kernel has no Landlock")
    files = (
        _ALL_V1 | (_REFER if known > 1 else 0) | (_TRUNCATE if known > 2 else 0) | (_IOCTL_DEVICE if known > 4 else 0)
    )
    attributes = _Ruleset(files, 3 if known > 3 else 0, 3 if known > 5 else 0)
    size = 24 if known > 5 else 16 if known > 3 else 8
    made = syscalls.call(syscalls.LANDLOCK_CREATE, attributes, size, 0)
    for paths, access in (
        (read, _READ),
        (execute, _READ | _EXECUTE),
        (write, _READ | _WRITE | (_REFER | _TRUNCATE) & files),
    ):
        for path in paths:
            _allow(made, path, access)
    return made


def _allow(made: int, path: str, access: int) -> None:
    try:
        parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    if not os.path.isdir(path):
        access &= _FILE_ONLY
    syscalls.call(syscalls.LANDLOCK_ADD, made, 1, _PathRule(access, parent), 0)
    os.close(parent)


def restrict(made: int) -> None:
    """Put a rule set on this process for good. Needs no_new_privs."""
    syscalls.call(syscalls.LANDLOCK_RESTRICT, made, 0)
