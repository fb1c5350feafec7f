"""The process that holds vLLM's engine, as seen from the run: start it, talk to it in JSON lines, end all of it."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from engine.errors import SamplerError

LINE = 1 << 28
"""Longest message in bytes."""
END_S = 20.0
"""How long the engine may take to end by itself; its own watchdog allows it as long when this process is gone."""
MODULE = "engine.samplers.vllm_child"


class EngineProcess:
    """One engine. ``ask`` sends a request and gives the queue of its answers."""

    def __init__(self, name: str, process: asyncio.subprocess.Process, log: Path) -> None:
        self._name, self._process, self._log = name, process, log
        self._queues: dict[int, asyncio.Queue[dict[str, Any]]] = {}
        self._dead: str | None = None
        self._closing = self._keep_log = False
        self._reading: asyncio.Task[None] | None = None
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter

    @classmethod
    async def start(cls, name: str, settings: Mapping[str, Any], env: Mapping[str, str], start_s: float) -> Self:
        """Start the process and wait for the engine; raises ``SamplerError`` with the reason when it does not come."""
        ours, theirs = socket.socketpair()
        out, log = tempfile.mkstemp(prefix="proofstill-vllm-", suffix=".log")
        with theirs, os.fdopen(out, "wb"):
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                MODULE,
                str(theirs.fileno()),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                pass_fds=[theirs.fileno()],
                env={**os.environ, "VLLM_NO_USAGE_STATS": "1", **{key: str(value) for key, value in env.items()}},
                start_new_session=True,  # so that all of it can be ended, and Ctrl-C is ours alone
            )
        engine = cls(name, process, Path(log))
        engine._reader, engine._writer = await asyncio.open_connection(sock=ours, limit=LINE)
        try:
            engine._send(settings)
            async with asyncio.timeout(start_s):
                first = await engine._receive()
        except TimeoutError:
            first = {"failed": f"it was not ready after {start_s:g} s (sampler.start_s)"}
        except BaseException:
            await engine.close()
            raise
        if first is None or "failed" in first:
            engine._keep_log = True
            why = first["failed"] if first else engine._last_words()
            await engine.close()
            raise SamplerError(f"sampler.model={name}: vLLM does not start: {why}; its log is {log}")
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
        """End the engine: by asking, then by killing its whole process group."""
        self._closing = True
        with contextlib.suppress(OSError):
            self._writer.close()
        try:
            async with asyncio.timeout(END_S):
                await self._process.wait()
        except TimeoutError:
            pass
        finally:
            with contextlib.suppress(ProcessLookupError):  # also what it left behind
                os.killpg(self._process.pid, signal.SIGKILL)
            await self._process.wait()
            if self._reading is not None:
                self._reading.cancel()
                await asyncio.gather(self._reading, return_exceptions=True)
            if not self._keep_log:
                self._log.unlink(missing_ok=True)

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
            why = f"{answer['failed'] if answer else self._last_words()}; its log is {self._log}"
        self._dead = f"sampler.model={self._name}: vLLM stopped: {why}; run the same command again to resume"
        for queue in self._queues.values():
            queue.put_nowait({"failed": self._dead})

    def _last_words(self) -> str:
        """The last line of the log that looks like an error."""
        lines = self._log.read_text("utf-8", "replace").splitlines()
        errors = [line for line in lines if "Error" in line or "error:" in line.lower()]
        return (errors or lines or ["it ended without a word"])[-1].strip()[-300:]
