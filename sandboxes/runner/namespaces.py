"""A slot's own view of the system: namespaces, and a read-only root with nothing in it but what programs need."""

import contextlib
import ctypes
import os
from collections.abc import Sequence

from sandboxes.runner import syscalls

SCRATCH, WORK, PACKAGES = "/tmp", "/work", "/packages"  # inside the new root  # noqa: S108
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
_SYSTEM = ("/usr", "/etc/ld.so.cache", "/etc/alternatives")
_LINKS = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_OLD = syscalls.NOSUID | syscalls.NODEV


class _MountAttributes(ctypes.Structure):
    _fields_ = tuple((name, ctypes.c_uint64) for name in ("set", "clear", "propagation", "userns"))


def enter(read: Sequence[str], packages: str | None) -> None:
    """Leave the host: new namespaces (by a user namespace when not root), and a new root that shows the system's
    programs and libraries, the directories ``read`` and, as ``PACKAGES``, ``packages``, all read-only. Raises
    ``OSError`` where that is not allowed.
    """
    for path in read:
        if _covered(path, (SCRATCH, WORK)):
            raise OSError(f"programs need {path}, and have a {path[: path.index('/', 1)]} of their own")
    flags = syscalls.NEWNS | syscalls.NEWNET | syscalls.NEWIPC | syscalls.NEWUTS
    if os.geteuid() != 0:
        user, group = os.geteuid(), os.getegid()
        syscalls.unshare(flags | syscalls.NEWUSER)
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"0 {user} 1")
        _write("/proc/self/gid_map", f"0 {group} 1")
    else:
        syscalls.unshare(flags)
    syscalls.mount("", "/", "", syscalls.REC | syscalls.PRIVATE)
    _new_root(read, packages)
    with contextlib.suppress(OSError):
        import socket

        socket.sethostname("sandbox")


def _new_root(read: Sequence[str], packages: str | None) -> None:
    paths = list(dict.fromkeys([*_SYSTEM, *_DEVICES, *(path for path in _LINKS if not os.path.islink(path)), *read]))
    paths = [path for path in paths if os.path.exists(path) and not _covered(path, paths)]
    opened = {path: os.open(path, os.O_PATH | os.O_CLOEXEC) for path in paths}
    if packages:
        opened[PACKAGES] = os.open(packages, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    links = {path: os.readlink(path) for path in _LINKS if os.path.islink(path)}
    root = "/tmp"  # noqa: S108  any directory that exists; hidden from nobody but ourselves
    syscalls.mount("proofstill", root, "tmpfs", _OLD, "size=1m,mode=755")
    for path, descriptor in opened.items():
        _bind(descriptor, root + path)
    for path, target in links.items():
        os.symlink(target, root + path)
    for path in (SCRATCH, WORK):
        os.mkdir(root + path)
    os.chdir(root)
    syscalls.call(syscalls.PIVOT_ROOT, b".", b".")
    syscalls.unmount(".")
    os.chdir("/")
    for descriptor in opened.values():
        os.close(descriptor)
    syscalls.mount("", "/", "", syscalls.REMOUNT | syscalls.BIND | syscalls.RDONLY | _OLD)


def _covered(path: str, paths: Sequence[str]) -> bool:
    return any(path.startswith(other + "/") for other in paths)


def _bind(descriptor: int, target: str) -> None:
    source = f"/proc/self/fd/{descriptor}"
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o644))
    syscalls.mount(source, target, "", syscalls.BIND | syscalls.REC)
    device = target.rpartition("/dev/")[1]
    wanted = _MountAttributes(0x1 | 0x2 | (0 if device else 0x4), 0, 0, 0)  # read-only, nosuid, nodev
    try:
        syscalls.call(syscalls.MOUNT_SETATTR, -100, target.encode() + b"\0", syscalls.AT_RECURSIVE, wanted, 32)
    except OSError:  # before Linux 5.12
        flags = syscalls.REMOUNT | syscalls.BIND | syscalls.RDONLY | syscalls.NOSUID | _locked(target)
        syscalls.mount("", target, "", flags)


def _locked(target: str) -> int:
    """Flags that a user namespace may not take off."""
    flags = os.statvfs(target).f_flag
    no_access_times = 1024 | 2048
    return flags & (syscalls.NODEV | syscalls.NOEXEC | no_access_times) | (flags & 4096) << 9  # ST_ and MS_RELATIME


def fresh(path: str, size_mb: int, *, executable: bool) -> None:
    """An empty directory of limited size; what was in it is gone."""
    with contextlib.suppress(OSError):  # nothing is mounted there at first
        syscalls.unmount(path)
    flags = syscalls.NOSUID | syscalls.NODEV | (0 if executable else syscalls.NOEXEC)
    syscalls.mount("scratch", path, "tmpfs", flags, f"size={size_mb}m,nr_inodes=4096,mode=1777")


def read_only(path: str) -> None:
    """What is mounted at ``path`` can no longer be changed."""
    flags = syscalls.REMOUNT | syscalls.BIND | syscalls.RDONLY | syscalls.NOSUID | syscalls.NODEV
    syscalls.mount("", path, "", flags)


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
