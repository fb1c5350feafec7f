"""The process that holds vLLM's engine, as seen from the run: start it, talk to it in JSON lines, end all of it."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from engine.errors import SamplerError
from engine.samplers.vllm_words import cause

LINE = 1 << 28
"""Longest message in bytes."""
END_S = 20.0
"""How long the engine may take to end by itself; its own watchdog allows it as long when this process is gone."""
SWEEP_S = 5.0
"""How long what is left then may take to unlink the shared memory of those that were killed."""
MODULE = "engine.samplers.vllm_child"


class EngineProcess:
    """One engine. ``ask`` sends a request and gives the queue of its answers.

    Its log, its sockets and its temporary files lie in a directory of its own, which goes with it; after a failure the
    log stays.
    """

    def __init__(self, name: str, process: asyncio.subprocess.Process, folder: Path) -> None:
        self._name, self._process, self._folder = name, process, folder
        self._log = folder / "log"
        self._queues: dict[int, asyncio.Queue[dict[str, Any]]] = {}
        self._dead: str | None = None
        self._closing = self._keep_log = False
        self._reading: asyncio.Task[None] | None = None
        self._ready_at = 0
        """Length of the log when the engine was ready: what stands before it did not kill the engine."""
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter

    @property
    def group(self) -> int:
        """The process group of all that belongs to the engine."""
        return self._process.pid

    @classmethod
    async def start(cls, name: str, settings: Mapping[str, Any], env: Mapping[str, str], start_s: float) -> Self:
        """Start the process and wait for the engine; raises ``SamplerError`` with the reason when it does not come."""
        folder = Path(tempfile.mkdtemp(prefix="proofstill-vllm-"))
        ours, theirs = socket.socketpair()
        own = {"VLLM_NO_USAGE_STATS": "1", "TMPDIR": str(folder)}
        with theirs, (folder / "log").open("wb") as out:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                MODULE,
                str(theirs.fileno()),
                str(folder),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                pass_fds=[theirs.fileno()],
                env={**os.environ, **own, **{key: str(value) for key, value in env.items()}},
                start_new_session=True,  # so that all of it can be ended, and Ctrl-C is ours alone
            )
        engine = cls(name, process, folder)
        engine._reader, engine._writer = await asyncio.open_connection(sock=ours, limit=LINE)
        try:
            engine._send(settings)
            async with asyncio.timeout(start_s):
                first = await engine._receive()
                why = None if first and "ready" in first else await engine._why(first)
        except TimeoutError:
            why = f"it was not ready after {start_s:g} s (sampler.start_s)"
        except BaseException:
            await engine.close()
            raise
        if why is not None:
            engine._keep_log = True
            await engine.close()
            raise SamplerError(f"sampler.model={name}: vLLM does not start: {why}; its log is {engine._log}")
        engine._ready_at = engine._log.stat().st_size
        engine._reading = asyncio.create_task(engine._read())
        return engine

    def ask(self, number: int, request: Mapping[str, Any]) -> "asyncio.Queue[dict[str, Any]]":
        """Send a request; every sample is one answer, ``{"failed": sentence}`` the last when the engine is gone."""
        queue = self._queues[number] = asyncio.Queue()
        if self._dead:
            queue.put_nowait({"failed": self._dead})
        else:
            self._send({"id": number, **request})
        return queue

    def forget(self, number: int, *, cancel: bool) -> None:
        """No more answers are wanted; ``cancel`` makes the engine stop computing them."""
        del self._queues[number]
        if cancel and not self._dead and not self._closing:
            self._send({"cancel": number})

    async def close(self) -> None:
        """End the engine: by asking, then by killing its whole process group. Leaves no process, memory or file."""
        self._closing = True
        with contextlib.suppress(OSError):
            self._writer.close()
        try:
            async with asyncio.timeout(END_S):
                await self._process.wait()
        except TimeoutError:
            pass
        finally:
            await asyncio.to_thread(end_group, self.group)
            await self._process.wait()
            if self._reading is not None:
                self._reading.cancel()
                await asyncio.gather(self._reading, return_exceptions=True)
            _clean(self._folder, keep_log=self._keep_log)

    def _send(self, message: Mapping[str, Any]) -> None:
        self._writer.write(json.dumps(message).encode() + b"\n")

    async def _receive(self) -> dict[str, Any] | None:
        """The next message; None when the other end is gone."""
        try:
            line = await self._reader.readline()
        except (OSError, ValueError):
            return None
        return json.loads(line) if line.endswith(b"\n") else None

    async def _read(self) -> None:
        """Hand answers to their queues; when the engine dies, tell everybody."""
        while (answer := await self._receive()) is not None:
            if "failed" in answer:
                break
            queue = self._queues.get(answer["id"])
            if queue is not None:  # else it was cancelled
                queue.put_nowait(answer)
        if self._closing:
            why = "it was closed while samples were being made"
        else:
            self._keep_log = True
            why = f"{await self._why(answer)}; its log is {self._log}"
        self._dead = f"sampler.model={self._name}: vLLM stopped: {why}; run the same command again to resume"
        for queue in self._queues.values():
            queue.put_nowait({"failed": self._dead})

    async def _why(self, last: Mapping[str, Any] | None) -> str:
        """Why the engine is gone, from its last message (None: it could send none) and its log."""
        code = None
        if last is None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(END_S):
                    code = await self._process.wait()
        with self._log.open("rb") as log:
            log.seek(self._ready_at)
            return cause(log.read().decode("utf-8", "replace"), (last or {}).get("failed"), code)


def end_group(group: int) -> None:
    """Kill every process of a group but the caller, and wait until they are gone.

    Python's resource trackers go last and by themselves: they unlink the shared memory of those that were killed.
    """
    deadline = time.monotonic() + SWEEP_S
    while left := _others(group):
        late = time.monotonic() > deadline
        for pid, tracks in left.items():
            if late or not tracks:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        if late:
            return
        time.sleep(0.02)


def _others(group: int) -> dict[int, bool]:
    """Living processes of a group other than the caller, and whether each is a resource tracker."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            fields = (folder / "stat").read_text("utf-8", "replace").rpartition(") ")[2].split()
            if int(fields[2]) == group and fields[0] not in "ZX" and int(folder.name) != os.getpid():
                found[int(folder.name)] = b"resource_tracker" in (folder / "cmdline").read_bytes()
    return found


def _clean(folder: Path, *, keep_log: bool) -> None:
    """Remove an engine's directory, or all of it but the log."""
    if not keep_log:
        shutil.rmtree(folder, ignore_errors=True)
        return
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        elif path.name != "log":
            path.unlink(missing_ok=True)
