"""A control group per slot: exact limits of memory and tasks over everything a program starts.

The zygote itself lives in the group, so that its children need not be moved. Both versions are served: v1 controllers
where they are mounted, else v2 where it is delegated. Raises ``OSError`` where neither may be written.
"""

import contextlib
import os

PREFIX = "proofstill-"
_MEGABYTE = 1 << 20
_BASE_MB = 24  # the zygote's own memory and tasks, in the same group
_BASE_TASKS = 2


class Group:
    """Control files kept open, since the file system is out of sight later."""

    def __init__(self) -> None:
        """Make the group and enter it. Raises ``OSError``."""
        self._last = (0, 0)
        self._left: list[tuple[int, int, str]] = []
        name = f"{PREFIX}{os.getpid()}"
        parents = _parents()
        if "memory" in parents and "pids" in parents:
            memory = self._enter(parents["memory"], name)
            tasks = self._enter(parents["pids"], name)
            self._memory = _open(memory, "memory.limit_in_bytes")
            self._peak = _open(memory, "memory.max_usage_in_bytes")
            self._events = _open(memory, "memory.oom_control")
            self._resettable = True
        else:
            memory = tasks = self._enter(parents[""], name)
            self._memory = _open(memory, "memory.max")
            self._peak = _open(memory, "memory.peak", os.O_RDONLY)
            self._events = _open(memory, "memory.events", os.O_RDONLY)
            self._resettable = False
            with contextlib.suppress(OSError):
                _write(os.path.join(memory, "memory.swap.max"), "0")
        self._tasks = _open(tasks, "pids.max")
        self._kills = self._oom_kills()

    def _enter(self, parent: str, name: str) -> str:
        path = os.path.join(parent, name)
        _sweep(parent)
        os.mkdir(path)
        _write(os.path.join(path, "cgroup.procs"), "0")
        self._left.append(
            (os.open(parent, os.O_PATH | os.O_DIRECTORY), _open(parent, "cgroup.procs", os.O_WRONLY), name)
        )
        return path

    def leave(self) -> None:
        """Go back to where we came from, and remove the group."""
        for parent, members, name in self._left:
            with contextlib.suppress(OSError):
                os.write(members, b"0")
                os.rmdir(name, dir_fd=parent)

    def limit(self, memory_mb: int, tasks: int) -> None:
        """Set the limits of the next program and forget the last one's peak."""
        if self._last != (memory_mb, tasks):
            os.pwrite(self._memory, str((memory_mb + _BASE_MB) * _MEGABYTE).encode(), 0)
            os.pwrite(self._tasks, str(tasks + _BASE_TASKS).encode(), 0)
            self._last = (memory_mb, tasks)
        if self._resettable:
            os.pwrite(self._peak, b"0", 0)

    def measured(self, *, killed: bool) -> tuple[float, bool]:
        """Peak of the program in megabytes (0 where the kernel cannot tell it per run), and whether a program that
        was killed was so for want of memory.
        """
        peak = int(os.pread(self._peak, 32, 0)) / _MEGABYTE if self._resettable else 0.0
        before, self._kills = self._kills, self._oom_kills() if killed else self._kills
        return peak, self._kills > before

    def _oom_kills(self) -> int:
        for line in os.pread(self._events, 4096, 0).splitlines():
            if line.startswith(b"oom_kill "):
                return int(line.split()[1])
        return 0


def _sweep(parent: str) -> None:
    """Remove what killed zygotes left."""
    for entry in list(os.scandir(parent)):
        if entry.name.startswith(PREFIX) and not os.path.exists(f"/proc/{entry.name.removeprefix(PREFIX)}"):
            with contextlib.suppress(OSError):
                os.rmdir(entry.path)


def _parents() -> dict[str, str]:
    """Controller to our own group's directory; the key of v2 is empty. Raises ``OSError`` when there is none."""
    mounts: dict[str, tuple[str, str]] = {}
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        for line in file:
            left, right = line.split(" - ")
            kind, _, options = right.split()[:3]
            root, target = left.split()[3:5]
            if kind == "cgroup":
                mounts.update(dict.fromkeys(options.split(","), (root, target)))
            elif kind == "cgroup2":
                mounts[""] = (root, target)
    found = {}
    with open("/proc/self/cgroup", encoding="utf-8") as file:
        for line in file:
            _, controllers, path = line.rstrip("\n").split(":", 2)
            for name in controllers.split(","):
                if name in mounts:
                    root, target = mounts[name]
                    inner = os.path.relpath(path, root) if root != "/" and path.startswith(root) else path.lstrip("/")
                    found[name] = os.path.normpath(os.path.join(target, inner))
    if "memory" in found and "pids" in found:
        return found
    if "" in found and {"memory", "pids"} <= set(_read(os.path.join(found[""], "cgroup.subtree_control")).split()):
        return found
    raise OSError("no control group with memory and pids that may be written")


def _open(directory: str, name: str, flags: int = os.O_RDWR) -> int:
    return os.open(os.path.join(directory, name), flags | os.O_CLOEXEC)


def _read(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read()


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
