"""The outside of a slot: starts zygotes, hands them jobs, and turns what comes back into results.

Requests and results are plain dictionaries, so that the same supervisor serves in our own process and, behind
``relay``, inside a container. Only this side ever combines what a program gave with how its process ended.
"""

import contextlib
import fcntl
import json
import marshal
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sandboxes.runner import scratch
from sandboxes.runner.results import batch_results, block_results, exec_result, internal
from sandboxes.runner.zygote import LEVELS, STOP

ROOT = str(Path(__file__).resolve().parents[2])
START_S, GRACE_S, END_S = 20.0, 5.0, 2.0
_STREAMS = ("stdin", "stdout", "stderr", "report", "job")
_STDERR = 4000
_BOOT = (
    "import sys; sys.path.insert(0, sys.argv[1]); from sandboxes.runner import zygote; del sys.path[0]; "
    "zygote.main(*map(int, sys.argv[2:]))"
)


_JOB: dict[str, Any] = {"args": [], "files": {}, "variant": 0}


class UnavailableError(Exception):
    """No zygote can be started at the wanted level; the message says why, level by level."""


class Slot:
    """One zygote and the memory files that it shares with us."""

    def __init__(self, settings: Mapping[str, Any], role: str, variant: int) -> None:
        """Start at the best level that this machine allows. Raises ``UnavailableError``."""
        self._role = role
        self._files: list[int] = []
        self.directories: list[str] = []
        failures = []
        levels = LEVELS[LEVELS.index(settings["level"]) : LEVELS.index(settings["minimum"]) + 1]
        for level in levels:
            try:
                self.hello = self._start(settings, level, variant)
                return
            except OSError as error:
                self.close()
                failures.append(f"{level}: {error}")
        raise UnavailableError("; ".join(failures) or "the wanted level is below the minimum")

    def _start(self, settings: Mapping[str, Any], level: str, variant: int) -> dict[str, Any]:
        self._files = [os.memfd_create(name, os.MFD_CLOEXEC) for name in _STREAMS]
        parents = [] if level in LEVELS[:2] else settings.get("directories") or [None, None]
        self.directories = [tempfile.mkdtemp(prefix="proofstill-", dir=parent) for parent in parents]
        for path in self.directories:
            os.chmod(path, 0o1777)  # noqa: S103  the program has another user id
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        python = settings["python"] or sys.executable
        with theirs:
            self._process = _spawn(python, self._files, theirs.fileno(), variant)
        files, work = self.directories or ("", "")
        config = {
            "level": level,
            "holds": "judge" if self._role == "judge" else "objects",
            "read": _python_paths(python),
            "packages": settings["packages"],
            "scratch": files,
            "work": work,
            "contained": settings["contained"],
        }
        self._control.settimeout(START_S)
        self._control.send(marshal.dumps(config, 4))
        hello = self._receive()
        if "error" in hello:
            raise OSError(hello["error"])
        return hello

    def run(self, job: dict[str, Any], order: dict[str, Any], stdin: str | None, channel: socket.socket | None) -> None:
        """Begin a job; ``wait`` gives its end. Raises ``OSError`` when the zygote is gone."""
        for descriptor in self._files:
            os.ftruncate(descriptor, 0)
            os.lseek(descriptor, 0, os.SEEK_SET)
        _write(self._files[4], marshal.dumps(_JOB | job, 4))
        if stdin is not None:
            _write(self._files[0], stdin.encode("utf-8", "surrogatepass"))
        self._limits = order["limits"]
        self._control.send(marshal.dumps({"work": "python", "channel": channel is not None} | order, 4))
        if channel is not None:
            socket.send_fds(self._control, [b"channel"], [channel.fileno()])

    def wait(self) -> dict[str, Any]:
        """How the job's process ended, with ``stdout``, ``stderr`` (bytes) and the lines of its ``report``.

        Raises ``OSError`` when the zygote does not answer in time.
        """
        self._control.settimeout(self._limits["wall_s"] + GRACE_S)
        end = self._receive()
        cap = self._limits["output_mb"] << 20
        sizes = [os.fstat(descriptor).st_size for descriptor in self._files[:4]]
        end["flooded"] = sizes[1] > cap or sizes[2] > cap
        end["stdout"] = os.pread(self._files[1], min(cap, sizes[1]), 0) if sizes[1] else b""
        end["stderr"] = os.pread(self._files[2], _STDERR, max(0, sizes[2] - _STDERR)) if sizes[2] else b""
        end["report"] = os.pread(self._files[3], min(cap * 2, sizes[3]), 0) if sizes[3] else b""
        for descriptor in self._files[:4]:
            _plain_flags(descriptor)
        return end

    def cancel(self) -> None:
        """Stop the job that runs."""
        self._control.send(STOP)

    def _receive(self) -> dict[str, Any]:
        try:
            data = self._control.recv(65536)
        except TimeoutError as error:
            raise OSError("the sandbox's process does not answer") from error
        if not data:
            text = os.pread(self._files[2], _STDERR, 0).decode("utf-8", "replace").strip()
            raise OSError(f"the sandbox's process ended: {(text.splitlines() or ['without a word'])[-1]}")
        answer: dict[str, Any] = marshal.loads(data)  # noqa: S302  our own zygote wrote it
        return answer

    def close(self) -> None:
        """End the zygote and remove what it used."""
        with contextlib.suppress(AttributeError):
            self._control.close()
        with contextlib.suppress(AttributeError):
            self._end()
        for descriptor in self._files:
            os.close(descriptor)
        for path in self.directories:
            shutil.rmtree(path, ignore_errors=True)
        self._files, self.directories = [], []

    def _end(self) -> None:
        """The zygote ends when its control socket closes, and removes what it made; one that hangs is killed."""
        try:
            self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Supervisor:
    """Answers requests with results, one at a time; starts zygotes when they are first needed."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        """``settings``: ``level``, ``minimum``, ``python``, ``packages``, ``contained``, ``languages``, and for levels
        without mounts ``directories``: where scratch and compiled files go.
        """
        self._settings = settings
        self._slots: dict[tuple[str, int], Slot] = {}
        self._built: tuple[str, dict[str, Any] | None] = ("", None)

    def handle(self, request: dict[str, Any]) -> dict[str, Any]:
        """``{"results": […]}`` for a run or check, ``{"level": …}`` for a probe, ``{"error": …}`` when unavailable."""
        try:
            if request["op"] == "probe":
                return dict(self._slot("candidate", 0).hello)
            return {"results": self._results(request)}
        except UnavailableError as error:
            return {"error": str(error)}
        except OSError as error:
            self.close()
            return {"results": [internal(str(error))]}

    def _results(self, request: dict[str, Any]) -> list[dict[str, Any]]:
        if request["op"] == "check":
            return self._check(request)
        if request["language"] != "python":
            return [self._execute(request)]
        slot = self._slot("candidate", request["variant"])
        inputs: list[str] = request["inputs"]
        call = request["entry"] is not None
        alone = len(inputs) == 1
        job = {
            "kind": "call" if call else "stdin",
            "source": request["source"],
            "entry": request["entry"],
            "inputs": None if alone and not call else inputs,
            **{name: request[name] for name in ("args", "files", "variant")},
        }
        slot.run(job, {"limits": request["limits"]}, inputs[0] if alone and not call else None, None)
        return batch_results(slot.wait(), request["limits"], len(inputs), call=call)

    def _check(self, request: dict[str, Any]) -> list[dict[str, Any]]:
        """Program and test code in two processes that share a socket and nothing else."""
        candidate, judge = self._slot("candidate", request["variant"]), self._slot("judge", 0)
        limits = request["limits"]
        serve = {"kind": "serve", **{name: request[name] for name in ("source", "args", "files", "variant")}}
        ask = {"kind": "judge", "blocks": request["blocks"], "entry": request["entry"]}
        ours, theirs = socket.socketpair()
        with ours, theirs:
            candidate.run(serve, {"limits": limits}, "", ours)
            judge.run(ask, {"limits": limits | {"cpu_s": limits["cpu_s"] + 1, "memory_mb": 1024}}, "", theirs)
        verdict = judge.wait()
        with contextlib.suppress(OSError):
            candidate.cancel()
        return block_results(verdict, candidate.wait(), limits, len(request["blocks"]))

    def _execute(self, request: dict[str, Any]) -> dict[str, Any]:
        """Another language: compile once per program, run once per input."""
        slot = self._slot("program", 0)  # apart from Python programs, which may not see what others compiled
        language = self._settings["languages"].get(request["language"])
        if language is None or request["entry"] is not None:
            known = ", ".join(["python", *self._settings["languages"]])
            return exec_result(
                "REFUSED",
                detail=f"this sandbox runs {request['language']!r} not at all, or not by calls; it has {known}",
            )
        if missing := _missing(language):
            return exec_result(
                "REFUSED", detail=f"{request['language']} needs {missing!r}, which is not installed here"
            )
        work = slot.hello["work"]
        source = json.dumps([request["language"], request["source"]])
        if self._built[0] != source:
            self._built = (source, None)
            argv = _argv(language["compile"], work)
            job = {"kind": "exec", "argv": argv, "files": {language["file"]: request["source"]}}
            slot.run(job, {"limits": language["compile_limits"], "work": "compile"}, "", None)
            result = batch_results(slot.wait(), language["compile_limits"], 1, call=False)[0]
            self._built = (source, None if result["status"] == "OK" else result | {"status": "COMPILE"})
        if self._built[1] is not None:
            return self._built[1]
        limits = request["limits"] | {"processes": request["limits"]["processes"] + language["processes"]}
        limits["memory_mb"] += language["memory_mb"]
        job = {"kind": "exec", "argv": [*_argv(language["run"], work), *request["args"]], "files": request["files"]}
        slot.run(job, {"limits": limits, "work": "program"}, request["inputs"][0], None)
        return batch_results(slot.wait(), limits, 1, call=False)[0]

    def _slot(self, role: str, variant: int) -> Slot:
        """A zygote whose canary came back right. Judge and candidate never share one."""
        slot = self._slots.get((role, variant))
        if slot is None:
            slot = Slot(self._settings, role, variant)
            try:
                _canary(slot)
            except BaseException:
                slot.close()
                raise
            self._slots[role, variant] = slot
        return slot

    def tidy(self, request: Mapping[str, Any]) -> None:
        """Remove what a program left outside its scratch directory, where only Landlock would have kept it from that.

        Compiled files stay for the next input of their program.
        """
        if all("landlock" in slot.hello["layers"] for slot in self._slots.values()):
            return
        kept = {path for slot in self._slots.values() for path in slot.directories}
        if request["op"] == "check" or request.get("language") == "python":
            self._built = ("", None)
            for slot in self._slots.values():
                scratch.empty(slot.hello["work"])
        for parent in self._settings["directories"]:
            for entry in os.scandir(parent):
                if entry.path in kept:
                    continue
                if entry.is_dir(follow_symlinks=False):
                    scratch.empty(entry.path)
                    os.rmdir(entry.path)
                else:
                    os.unlink(entry.path)

    def close(self) -> None:
        """End every process. The next request starts them again."""
        for slot in self._slots.values():
            slot.close()
        self._slots.clear()
        self._built = ("", None)


def _canary(slot: Slot) -> None:
    """A program whose result is known: a sandbox that gets it wrong judges nobody. Raises ``UnavailableError``."""
    limits = {
        "cpu_s": 5,
        "wall_s": 10,
        "memory_mb": 256,
        "output_mb": 1,
        "file_mb": 16,
        "processes": 4,
        "open_files": 32,
    }
    source = "print(sum(map(int, input().split())) * 3)"
    slot.run({"kind": "stdin", "source": source, "inputs": None}, {"limits": limits}, "19 23\n", None)
    result = batch_results(slot.wait(), limits, 1, call=False)[0]
    if (result["status"], result["stdout"]) != ("OK", "126\n"):
        raise UnavailableError(
            f"the canary program gave {result['status']} {result['stdout'][:80]!r} {result['stderr'][-300:]!r}"
        )


def _spawn(python: str, streams: list[int], control: int, variant: int) -> "subprocess.Popen[bytes]":
    """Start a zygote with an empty environment and fixed hashes."""
    environment = {"PYTHONHASHSEED": str(variant), "PYTHONUTF8": "1", "MALLOC_ARENA_MAX": "1"}
    report, job = streams[3:]
    return subprocess.Popen(
        [python, "-s", "-S", "-P", "-B", "-c", _BOOT, ROOT, str(report), str(job), str(control)],
        stdin=streams[0],
        stdout=streams[1],
        stderr=streams[2],
        pass_fds=(report, job, control),
        env=environment,
        cwd="/",
    )


def _python_paths(python: str) -> list[str]:
    """Directories that the interpreter needs and the system's own do not hold. Raises ``OSError``."""
    paths = [sys.base_prefix, sys.base_exec_prefix]
    if python != sys.executable:
        ask = [python, "-I", "-S", "-c", "import sys; print(sys.base_prefix, sys.base_exec_prefix, sep='\\n')"]
        answer = subprocess.run(ask, capture_output=True, text=True, timeout=START_S, env={}, check=False)
        paths = answer.stdout.splitlines()
        if answer.returncode or len(paths) != 2:
            raise OSError(f"{python} is no Python interpreter that works: {answer.stderr[-300:]}")
    return [path for path in dict.fromkeys(paths) if not path.startswith("/usr")]


def _plain_flags(descriptor: int) -> None:
    """Undo status flags, such as O_APPEND, that a program may have put on a file that the next one uses too."""
    fcntl.fcntl(descriptor, fcntl.F_SETFL, 0)


def _argv(command: list[str], work: str) -> list[str]:
    if not command:
        return []
    found = [part.replace("{work}", work) for part in command]
    return [shutil.which(found[0]) or found[0], *found[1:]]


def _missing(language: Mapping[str, Any]) -> str | None:
    """The first command of a language that is not here."""
    names = [command[0] for command in (language["compile"], language["run"]) if command]
    return next((name for name in names if not name.startswith("{work}") and shutil.which(name) is None), None)


def _write(descriptor: int, data: bytes) -> None:
    written = 0
    while written < len(data):
        written += os.pwrite(descriptor, data[written:], written)
