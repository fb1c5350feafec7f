"""Linux system calls that Python does not offer, through ctypes. Raises ``OSError`` as ``os`` does."""

import ctypes
import os
import platform
from typing import Any

MACHINE = platform.machine()
_X86 = MACHINE == "x86_64"
CLONE, UNSHARE, PIVOT_ROOT, SECCOMP = (56, 272, 155, 317) if _X86 else (220, 97, 41, 277)
CLOSE_RANGE, MOUNT_SETATTR = 436, 442
LANDLOCK_CREATE, LANDLOCK_ADD, LANDLOCK_RESTRICT = 444, 445, 446
CAPSET = 126 if _X86 else 91

NEWNS, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET = 0x20000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000
CLONE_PIDFD, SIGCHLD, SIGKILL = 0x1000, 17, 9

RDONLY, NOSUID, NODEV, NOEXEC, REMOUNT, BIND, REC, PRIVATE = 1, 2, 4, 8, 32, 4096, 16384, 1 << 18
DETACH = 2
AT_EMPTY_PATH, AT_RECURSIVE = 0x1000, 0x8000

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 4, 36, 38

Argument = int | bytes | ctypes.Structure | None
_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long
_syscall = _libc.syscall
_pidfd = ctypes.c_int(-1)
_CAP_HEADER = (ctypes.c_uint32 * 2)(0x20080522, 0)
_DIE = (PR_SET_PDEATHSIG, ctypes.c_ulong(SIGKILL), 0, 0, 0)
_NO_CAPS = (ctypes.c_uint32 * 6)()


def call(number: int, *args: Argument) -> int:
    """Any system call; integers are passed as 64 bits, bytes as pointers, structures by reference."""
    return prepared(number, arguments(*args))


def arguments(*args: Argument) -> tuple[Any, ...]:
    """Arguments converted once, for a call that children make."""
    return tuple(
        ctypes.c_long(arg) if isinstance(arg, int) else ctypes.byref(arg) if isinstance(arg, ctypes.Structure) else arg
        for arg in args
    )


def prepared(number: int, converted: tuple[Any, ...]) -> int:
    """A call with converted arguments."""
    return _checked(_syscall(number, *converted))


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def clone(flags: int) -> tuple[int, int]:
    """Fork without Python's after-fork hooks, which cost half a millisecond: (pid, pidfd), or (0, -1) in the child.

    For single-threaded processes only. The pidfd is -1 where the kernel (gVisor) has none.
    """
    _pidfd.value = -1  # where the kernel writes; allocated before the clone
    try:
        pid = _checked(
            _syscall(CLONE, ctypes.c_ulong(flags | CLONE_PIDFD | SIGCHLD), None, ctypes.byref(_pidfd), None, None)
        )
    except OSError:
        pid = _checked(_syscall(CLONE, ctypes.c_ulong(flags | SIGCHLD), None, None, None, None))
    return pid, (_pidfd.value if pid else -1)


def unshare(flags: int) -> None:
    """New namespaces for this process."""
    call(UNSHARE, flags)


def mount(source: str, target: str, kind: str, flags: int, data: str = "") -> None:
    """System call mount; empty ``kind`` and ``data`` are NULL."""
    result = _libc.mount(
        source.encode(), target.encode(), kind.encode() or None, ctypes.c_ulong(flags), data.encode() or None
    )
    _checked(result)


def unmount(target: str, flags: int = DETACH) -> None:
    """System call umount2."""
    _checked(_libc.umount2(target.encode(), flags))


def prctl(option: int, value: int) -> None:
    """System call prctl with one argument."""
    _checked(_libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0))


def close_from(first: int) -> None:
    """Close every descriptor from ``first`` on."""
    try:
        call(CLOSE_RANGE, first, 0xFFFFFFFF, 0)
    except OSError:
        os.closerange(first, 65536)


def die_with_parent() -> None:
    """Ask to be killed when the parent ends; setting another user id forgets it, so call it after that."""
    _checked(_libc.prctl(*_DIE))


def drop_capabilities() -> None:
    """Give up every capability of this process."""
    _checked(_syscall(CAPSET, ctypes.byref(_CAP_HEADER), ctypes.byref(_NO_CAPS)))
