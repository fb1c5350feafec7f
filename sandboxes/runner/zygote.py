"""A warm process that isolates itself once and then clones one fresh child per program.

Started by ``supervisor`` with its control socket on descriptor 6; descriptors 0 to 4 are the child's standard streams,
its report and its job, all in memory and shared with the supervisor. The zygote never reads a job, so nothing of one
program is in the memory that the next one inherits.
"""

import atexit
import builtins
import contextlib
import fcntl
import gc
import importlib
import marshal
import math
import os
import random
import resource
import select
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any, NoReturn

from sandboxes.runner import cgroups, child, landlock, namespaces, scratch, seccomp, syscalls
from sandboxes.runner.results import CRASHED

CONTROL = 6
STOP = b"stop"
LEVELS = ("strong", "namespaces", "restricted", "filtered", "bare")  # best first
_WORK_MB = 256
_AS_MB = 256  # address space beyond the memory limit: arenas and stacks of threads
_MEGABYTE = 1 << 20
_USER = 1_000_000  # children of root take a user id of their own, so that limits per user are limits per slot
_POLL_S = 0.05  # between looks at what the kernel does not limit
_BLIND_S = 0.002  # between looks at whether the child has ended, where nothing tells
_SPARE_TASKS = 2
_SCRATCH_MODE = 0o1777
_SYSTEM = (
    *("/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/alternatives", "/etc/ssl/openssl.cnf"),
    *("/dev/null", "/dev/zero", "/dev/urandom"),
)
_PROCESS_CLOCK = 2  # of a process id's clocks, the one that counts what all its threads have used
_CPUS = len(os.sched_getaffinity(0))
_CONTAINED_TASKS = 8  # of the same user id in a container: relay, zygotes, judge, and the program itself


class Zygote:
    """The slot: what was isolated, and the loop."""

    def __init__(self, config: dict[str, Any]) -> None:
        """Reach ``config["level"]``. Raises ``OSError`` where this machine does not allow it."""
        self._level = config["level"]
        self._mounted = self._level in LEVELS[:2]
        self._group = cgroups.Group() if self._level == "strong" else None
        self.scratch = namespaces.SCRATCH if self._mounted else config["scratch"]
        self._work = namespaces.WORK if self._mounted else config["work"]
        self._disk_mb = 16
        self._contained = config["contained"]
        self._root = os.geteuid() == 0
        self._user = _USER + os.getpid() % _USER
        read = config["read"]
        self.packages = config["packages"]
        _check_readable([*read, *([self.packages] if self.packages else [])], whole=not self._mounted)
        if self._mounted:
            namespaces.enter(read, self.packages)
            self.packages = self.packages and namespaces.PACKAGES
        else:
            self._read = [*read, *([self.packages] if self.packages else []), *_SYSTEM]
        self._python_rules = self._landlock("python")
        # from version 6 on, Landlock keeps signals inside
        own_pids = self._mounted or (self._python_rules is not None and landlock.version() >= 6)
        filtered, own_files = self._level != "bare", self._mounted or self._contained
        if filtered and not seccomp.supported():
            raise OSError(f"system calls of {syscalls.MACHINE} are not known here")
        self._filters = [
            seccomp.Filter(seccomp.program(own_pids=own_pids, own_files=own_files, processes=processes))
            for processes in ((False, True) if filtered else ())
        ]
        with contextlib.suppress(OSError):  # gVisor has none; there, orphans fall to the container's process 1
            syscalls.prctl(syscalls.PR_SET_CHILD_SUBREAPER, 1)
        syscalls.prctl(syscalls.PR_SET_NO_NEW_PRIVS, 1)
        if self._root:
            os.setgroups([])
            os.setresgid(self._user, self._user, self._user)
        os.umask(0o077)
        self._clear(self.scratch)
        self._ready, self._tell = os.pipe2(os.O_NONBLOCK)

    def _landlock(self, kind: str) -> int | None:
        """Rule set for a kind of job; None at the levels that do without."""
        if self._level != "restricted":
            return None
        if kind == "python":
            return landlock.ruleset(self._read, [self.scratch], [])
        write = [self.scratch, "/dev/null", *([self._work] if kind == "compile" else [])]
        return landlock.ruleset([], write, [*self._read, self._work])

    def hello(self) -> dict[str, Any]:
        """What was reached."""
        layers = ["seccomp"] if self._level != "bare" else []
        layers += ["landlock"] if self._python_rules is not None else []
        layers += ["namespaces"] if self._mounted else []
        layers += ["cgroup"] if self._group else []
        return {"level": self._level, "layers": layers, "work": self._work}

    def close(self) -> None:
        """Remove what this slot made outside its own view."""
        if self._group:
            self._group.leave()
        if not self._mounted:
            for path in (self.scratch, self._work):
                scratch.empty(path)
                os.rmdir(path)

    def loop(self, control: socket.socket) -> None:
        """Serve jobs until the other end closes."""
        while True:
            data = control.recv(65536)
            if not data:
                return
            if data == STOP:
                continue  # the job had ended already
            order = marshal.loads(data)  # noqa: S302  the supervisor wrote it
            if order["channel"]:
                (received,) = socket.recv_fds(control, 16, 1)[1]
                os.dup2(received, child.CHANNEL)
                os.close(received)
            end = marshal.dumps(self._run(order, control), 4)
            with contextlib.suppress(OSError):  # nobody waits any more: the next turn sees it
                control.send(end)

    def _run(self, order: dict[str, Any], control: socket.socket) -> dict[str, Any]:
        limits = order["limits"]
        self._prepare(order)
        started = time.monotonic()
        pid, pidfd = syscalls.clone(syscalls.NEWPID if self._mounted else 0)
        if pid == 0:
            self._child(order)
        if order["channel"]:
            os.dup2(child.REPORT, child.CHANNEL)  # closes it, and keeps its number taken
        stopped = self._watch(pid, pidfd, limits, started + limits["wall_s"], control)
        _, status, usage = os.wait4(pid, 0)
        wall = time.monotonic() - started
        self._sweep(pid)
        if order["work"] == "compile":
            self._keep()
        killed = os.WIFSIGNALED(status)
        peak, out_of_memory = self._group.measured(killed=killed) if self._group else (0.0, False)
        return {
            "exit": os.WEXITSTATUS(status) if os.WIFEXITED(status) else None,
            "signal": os.WTERMSIG(status) if killed else None,
            "ready": self._was_ready(),
            "stopped": "memory" if out_of_memory else stopped,
            "cpu_s": usage.ru_utime + usage.ru_stime,
            "wall_s": wall,
            "memory_mb": peak or usage.ru_maxrss / 1024,
        }

    def _was_ready(self) -> bool:
        try:
            return os.read(self._ready, 16) == b"1"
        except BlockingIOError:
            return False

    def _prepare(self, order: dict[str, Any]) -> None:
        limits = order["limits"]
        if self._group:
            self._group.limit(limits["memory_mb"], limits["processes"])
        if self._disk_mb != limits["file_mb"]:
            self._disk_mb = limits["file_mb"]
            self._clear(self.scratch)
        if order["work"] == "compile":
            self._clear(self._work)

    def _clear(self, directory: str) -> None:
        """A fresh scratch or work directory."""
        if not self._mounted:
            scratch.empty(directory)
        elif directory == self.scratch:
            namespaces.fresh(directory, self._disk_mb, executable=False)
        else:
            namespaces.fresh(directory, _WORK_MB, executable=True)
        os.chdir(self.scratch)

    def _keep(self) -> None:
        """What was compiled may run, and stays as it is."""
        if self._mounted:
            namespaces.read_only(self._work)
            return
        for entry in os.scandir(self._work):  # compilers may not change modes at this level
            if entry.is_file(follow_symlinks=False):
                os.chmod(entry.path, 0o755)  # noqa: S103

    def _sweep(self, pid: int) -> None:
        """End whatever the program left, and empty its scratch directory."""
        if not self._mounted:  # without a process-id namespace; a program cannot leave its process group
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                while os.waitpid(-1, 0):
                    pass
        with contextlib.suppress(PermissionError):  # not ours at levels where it was made for us, and then not theirs
            os.chmod(self.scratch, _SCRATCH_MODE)  # the program may have closed it
        if os.listdir(self.scratch):
            self._clear(self.scratch)

    def _watch(self, pid: int, pidfd: int, limits: dict[str, Any], end: float, control: socket.socket) -> str | None:
        """Wait for the child to end; kill it when it has had its time, room or tasks, or when nobody waits any more."""
        poll = select.poll()
        if pidfd >= 0:
            poll.register(pidfd, select.POLLIN)
        poll.register(control, select.POLLIN)
        why = None
        while why is None:
            wait = min(end - time.monotonic(), _cpu_left(pid, limits["cpu_s"]))
            if pidfd < 0 or not self._mounted:
                wait = min(wait, _POLL_S if pidfd >= 0 else _BLIND_S)
            ready = {descriptor for descriptor, _ in poll.poll(max(0, math.ceil(wait * 1000)))}
            if pidfd in ready or (pidfd < 0 and os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)):
                break
            if CONTROL in ready:
                why = "cancelled"
            elif time.monotonic() >= end:
                why = "wall"
            elif _cpu_left(pid, limits["cpu_s"]) <= 0:
                why = "cpu"
            elif not self._mounted:
                why = self._overrun(pid, limits)
        if why is not None:
            os.kill(pid, signal.SIGKILL)
        if why == "cancelled":
            control.recv(16)
        if pidfd >= 0:
            os.close(pidfd)
        return why

    def _overrun(self, pid: int, limits: dict[str, Any]) -> str | None:
        """What a program used too much of that no limit of the kernel holds at this level."""
        if scratch.usage_mb(self.scratch) > limits["file_mb"]:
            return "disk"
        return "tasks" if _threads(pid) > limits["processes"] + _SPARE_TASKS else None

    def _child(self, order: dict[str, Any]) -> NoReturn:
        """In the child: give everything up, then do the job."""
        code = CRASHED
        try:
            self._give_up(order)
            gc.enable()
            code = child.run(child.read_job())
        except BaseException as error:  # noqa: BLE001  nothing may return into the zygote's loop
            with contextlib.suppress(BaseException):
                os.write(2, f"{type(error).__name__}: {error}\n".encode())
        finally:
            os._exit(code)

    def _give_up(self, order: dict[str, Any]) -> None:
        limits = order["limits"]
        kind = order["work"]
        memory = (limits["memory_mb"] + _AS_MB) * _MEGABYTE
        cpu = math.ceil(limits["cpu_s"]) + 1  # whole seconds: a second line, behind the zygote's own clock
        file = max(limits["output_mb"], limits["file_mb"]) * _MEGABYTE + 1
        set_limit = resource.setrlimit
        set_limit(resource.RLIMIT_AS if kind == "python" else resource.RLIMIT_DATA, (memory, memory))
        set_limit(resource.RLIMIT_CPU, (cpu, cpu))
        set_limit(resource.RLIMIT_FSIZE, (file, file))
        set_limit(resource.RLIMIT_NOFILE, (limits["open_files"], limits["open_files"]))
        set_limit(resource.RLIMIT_CORE, (0, 0))
        if self._mounted or self._contained or self._root:  # else all of the user's own processes would count
            tasks = limits["processes"] + (_CONTAINED_TASKS if self._contained else _SPARE_TASKS)
            set_limit(resource.RLIMIT_NPROC, (tasks, tasks))
        if self._root:
            os.setresuid(self._user, self._user, self._user)  # which takes the capabilities away too
        else:
            syscalls.drop_capabilities()
        syscalls.die_with_parent()
        os.setsid()  # a group of its own, which it cannot leave: `kill(0)` reaches nobody else, and ours all of it
        if kind == "compile":
            os.chdir(self._work)
        rules = self._python_rules if kind == "python" else self._landlock(kind)
        if rules is not None:
            landlock.restrict(rules)
        if self._level != "bare":
            self._filters[kind != "python"].install()
        os.write(self._tell, b"1")  # the program cannot unsay it: whatever comes now is its own doing
        if kind == "python":
            syscalls.close_from(child.CHANNEL + order["channel"])
        else:
            os.dup2(self._tell, child.FAULT, inheritable=False)  # closes when it becomes another program
            syscalls.close_from(child.FAULT + 1)


def _cpu_left(pid: int, limit: float) -> float:
    """Seconds for which a process may go on at least: all processors together could use up the rest by then."""
    try:
        used = time.clock_gettime(~pid << 3 | _PROCESS_CLOCK)
    except OSError:  # gVisor
        return limit
    return (limit - used) / _CPUS


def _threads(pid: int) -> int:
    with contextlib.suppress(OSError), open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as status:
        return next((int(line.split()[1]) for line in status if line.startswith("Threads:")), 0)
    return 0


def _check_readable(paths: list[str], *, whole: bool) -> None:
    """Children of root have a user id of their own: raise ``OSError`` when it could not read a directory that programs
    need. With ``whole``, the directories above it count as well; a root of our own replaces those.
    """
    if os.geteuid() != 0:
        return
    for path in paths:
        above = [str(parent) for parent in Path(path).parents] if whole else []
        closed = [part for part in [path, *above] if os.path.isdir(part) and not os.stat(part).st_mode & 0o001]
        if closed:
            raise OSError(f"programs need {path}, and {closed[-1]} is closed to other users than root")


def warm_up() -> None:
    """Do once what every program would do, so that children inherit it instead of doing it again."""
    exec(
        compile("import math\ndef f(x):\n    return [y for y in (x, 1)]\nf(2)\n", "warm", "exec"), {"__name__": "warm"}
    )
    for name in (
        "collections",
        "functools",
        "heapq",
        "itertools",
        "math",
        "re",
        "string",
        "bisect",
        "traceback",
        "typing",
    ):
        __import__(name)
    random.seed(0)
    child.prepare()
    atexit._clear()
    gc.collect()
    gc.freeze()
    gc.disable()


def _arrange(report: int, job: int, control: int) -> socket.socket:
    """Put the descriptors where children expect them."""
    moved = [fcntl.fcntl(descriptor, fcntl.F_DUPFD, 64) for descriptor in (report, job, control)]
    for descriptor, target in zip(moved, (child.REPORT, child.JOB, CONTROL), strict=True):
        os.dup2(descriptor, target, inheritable=True)
        os.close(descriptor)
    os.dup2(child.REPORT, child.CHANNEL)  # or the next file opened would get the number
    return socket.socket(fileno=CONTROL)


def main(report: int, job: int, control_descriptor: int) -> None:
    """Isolate, say so, serve."""
    control = _arrange(report, job, control_descriptor)
    config = marshal.loads(control.recv(65536))  # noqa: S302  the supervisor wrote it
    importlib.import_module(f"sandboxes.runner.{config['holds']}")
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        zygote = Zygote(config)
        # a program with our user id must not read or write us through /proc, where Landlock does not hide it
        syscalls.prctl(syscalls.PR_SET_DUMPABLE, 0)
    except OSError as error:
        control.send(marshal.dumps({"error": str(error)}, 4))
        return
    signal.signal(signal.SIGINT, signal.default_int_handler)
    builtins.__dict__["exit"] = builtins.__dict__["quit"] = sys.exit  # what the site module, left out, would give
    os.environ.clear()
    os.environ.update(PATH="/usr/bin:/bin", HOME=zygote.scratch, PWD=zygote.scratch)
    if zygote.packages:
        sys.path.append(zygote.packages)
        os.environ["OMP_NUM_THREADS"] = "1"  # else numpy starts a thread per core, beyond the limits of most programs
    warm_up()
    control.send(marshal.dumps(zygote.hello(), 4))
    zygote.loop(control)  # until the supervisor is gone, whatever ended it
    zygote.close()
