"""Canaries and meters: what an attack could reach from inside, and whether it did.

The rig plants secrets (a file, the environment, memory), files that may be changed, listeners on every kind of socket
and a process that counts its signals. After each program ``Rig.harm`` says what is no longer as it was.
"""

import contextlib
import ctypes
import glob
import os
import secrets
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

PREFIX = "pscanary"
MARK = "psmark"
SUBREAPER = 36
VICTIM = f"""
import signal, sys, time
memory = {PREFIX!r} + "-victim-{{}}".format("0123456789abcdef" * 2)
hits = 0
def hit(number, frame):
    print("hit", number, flush=True)
for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGHUP, signal.SIGINT, signal.SIGCONT):
    signal.signal(number, hit)
print("ready", flush=True)
while True:
    time.sleep(1000)
"""


class Rig:
    """All of it, in this process and one child. ``close`` removes it."""

    def __init__(self) -> None:
        ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)  # what outlives a sandbox becomes ours, and is seen
        self._signals: list[int] = []
        self._handler = signal.signal(signal.SIGUSR1, lambda number, frame: self._signals.append(number))
        self.secret = f"{PREFIX}-{secrets.token_hex(16)}"
        os.environ["PROOFSTILL_CANARY"] = self.secret
        self.places = [Path(tempfile.mkdtemp(prefix=f"{MARK}-", dir=base)) for base in self._bases()]
        for place in self.places:
            place.chmod(0o777)
            for name in ("secret.txt", "victim.txt"):
                (place / name).write_text(self.secret if name == "secret.txt" else "unharmed")
                (place / name).chmod(0o666)
        self.scratch = Path(tempfile.mkdtemp(prefix="proofstill-escape-"))
        self.scratch.chmod(0o755)
        self._before = tempfile.tempdir
        tempfile.tempdir = str(self.scratch)
        os.environ["TMPDIR"] = str(self.scratch)
        self._listen()
        self.victim = subprocess.Popen(
            [sys.executable, "-I", "-c", VICTIM], stdout=subprocess.PIPE, start_new_session=True
        )
        assert self.victim.stdout is not None
        self._told = self.victim.stdout.fileno()
        assert os.read(self._told, 100) == b"ready\n"
        os.set_blocking(self._told, False)
        self._clock = time.time() - time.monotonic()
        self._state = self._snapshot()
        self._processes: int | None = None

    @staticmethod
    def _bases() -> list[str]:
        wanted = [str(Path.home()), "/tmp", "/var/tmp", "/dev/shm", os.getcwd()]
        return [base for base in dict.fromkeys(wanted) if os.access(base, os.W_OK | os.X_OK)]

    def _listen(self) -> None:
        self.hits: list[str] = []
        self.unix = [str(place / "socket") for place in self.places]
        self.abstract = f"{MARK}-{os.getpid()}"
        self._selector = selectors.DefaultSelector()
        self.ports: dict[str, int] = {}
        for name, family, kind, address in (
            ("tcp", socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)),
            ("tcp6", socket.AF_INET6, socket.SOCK_STREAM, ("::1", 0)),
            ("udp", socket.AF_INET, socket.SOCK_DGRAM, ("0.0.0.0", 0)),
            ("abstract", socket.AF_UNIX, socket.SOCK_STREAM, "\0" + self.abstract),
            *(("unix", socket.AF_UNIX, socket.SOCK_STREAM, path) for path in self.unix),
        ):
            try:
                link = socket.socket(family, kind)
                link.bind(address)
            except OSError:  # no IPv6 here
                link.close()
                self.ports.setdefault(name, 9)
                continue
            if kind == socket.SOCK_STREAM:
                link.listen()
            if family != socket.AF_UNIX:
                self.ports[name] = link.getsockname()[1]
            self._selector.register(link, selectors.EVENT_READ, name)
        for path in self.unix:
            os.chmod(path, 0o777)
        self._closed = False
        self._server = threading.Thread(target=self._serve, daemon=True)
        self._server.start()

    def _serve(self) -> None:
        while not self._closed:
            for key, _ in self._selector.select(0.1):
                link = key.fileobj
                assert isinstance(link, socket.socket)
                self.hits.append(key.data)
                if link.type == socket.SOCK_DGRAM:
                    link.recv(100)
                else:
                    link.accept()[0].close()

    def told(self, turn: int) -> dict[str, object]:
        """What an attack may know: addresses, never the secret."""
        return {
            "secrets": [str(place / "secret.txt") for place in self.places],
            "victims": [str(place / "victim.txt") for place in self.places],
            "dirs": [str(place) for place in self.places],
            "unix": self.unix,
            "abstract": self.abstract,
            "pids": [os.getpid(), self.victim.pid],
            "prefix": PREFIX,
            "mark": MARK,
            "turn": turn,
        } | self.ports

    def harm(self) -> list[str]:
        """What has changed since the start, in words; empty when all is well."""
        now = self._snapshot()
        found = [f"{name}: {self._state[name]} became {now[name]}" for name in now if now[name] != self._state[name]]
        found += [f"listener reached: {name}" for name in self.hits]
        found += [f"this process got signal {number}" for number in self._signals]
        if self.victim.poll() is not None:
            found.append(f"the other process ended with {self.victim.returncode}")
        with contextlib.suppress(BlockingIOError):
            found.append(f"the other process got signals: {os.read(self._told, 1000)!r}")
        if abs(time.time() - time.monotonic() - self._clock) > 2:
            found.append("the clock was changed")
        self.hits.clear()
        self._signals.clear()
        return found

    def survivors(self) -> list[str]:
        """Processes under a mark, or more of ours than after the first program; waits a moment for the dying."""
        for _ in range(50):
            mine = descendants(os.getpid())
            marked = [name for pid, name in mine.items() if name.startswith(MARK)]
            if self._processes is None:
                self._processes = len(mine)
            if not marked and len(mine) <= self._processes:
                return []
            time.sleep(0.05)
        return marked or [f"{len(mine)} processes, {self._processes} before: {sorted(mine.values())}"]

    def _snapshot(self) -> dict[str, object]:
        state: dict[str, object] = {}
        for place in self.places:
            for path in [place, *sorted(place.iterdir())]:
                info = path.lstat()
                state[str(path)] = (info.st_mode, info.st_uid, info.st_nlink, info.st_size, info.st_mtime_ns)
            state[f"{place} secret"] = (place / "secret.txt").read_text() == self.secret
            state[f"{place} victim"] = (place / "victim.txt").read_text()
        watched = {"/", "/tmp", "/var/tmp", "/dev/shm", "/run", "/usr", "/opt", os.getcwd(), str(self.scratch)}
        found = {os.path.join(base, name) for base in watched for name in os.listdir(base) if MARK in name}
        state["marked files"] = sorted(found - set(map(str, self.places)))
        state["cores"] = sorted(glob.glob("core*")) + sorted(glob.glob(f"{self.scratch}/core*"))
        state["keys"] = _count("/proc/keys", MARK)
        state["ipc"] = [_count(f"/proc/sysvipc/{kind}", "") for kind in ("shm", "sem", "msg")]
        state["host"] = os.uname().nodename
        state["priority"] = (os.getpriority(os.PRIO_PROCESS, 0), sorted(os.sched_getaffinity(0)))
        state["core pattern"] = Path("/proc/sys/kernel/core_pattern").read_text()
        return state

    def size(self) -> tuple[int, int]:
        """Files, and bytes of files, in the sandbox's own temporary directory."""
        paths = [path for path in self.scratch.rglob("*") if path.is_file()]
        return len(paths), sum(path.stat().st_size for path in paths)

    def close(self) -> None:
        signal.signal(signal.SIGUSR1, self._handler)
        self._closed = True
        self._server.join()
        for key in list(self._selector.get_map().values()):
            key.fileobj.close()
        self._selector.close()
        self.victim.kill()
        self.victim.wait()
        self.victim.stdout.close()
        tempfile.tempdir = self._before
        os.environ.pop("TMPDIR")
        os.environ.pop("PROOFSTILL_CANARY")
        for place in (*self.places, self.scratch):
            shutil.rmtree(place)


def _count(path: str, word: str) -> int:
    try:
        return sum(word in line for line in Path(path).read_text().splitlines())
    except OSError:
        return 0


def descendants(root: int) -> dict[int, str]:
    """Process ids and names of all that descend from ``root`` and have not ended."""
    found: dict[int, str] = {}
    todo = [str(root)]
    while todo:
        pid = todo.pop()
        with contextlib.suppress(OSError):  # it has ended meanwhile
            status = Path(f"/proc/{pid}/stat").read_text()
            if status.rpartition(")")[2].split()[0] != "Z" and pid != str(root):
                found[int(pid)] = status[status.index("(") + 1 : status.rindex(")")]
            for thread in os.listdir(f"/proc/{pid}/task"):
                todo += Path(f"/proc/{pid}/task/{thread}/children").read_text().split()
    return found
