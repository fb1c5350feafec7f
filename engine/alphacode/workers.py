"""Worker processes for whole problems: each has a sandbox of its own, and ends with the process that started it."""

import ctypes
import multiprocessing
import os
import pickle
import signal
import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from types import TracebackType
from typing import Any, Self, TypeVar

from engine.errors import ProofstillError, VerifierError

PR_SET_PDEATHSIG = 1
Label = TypeVar("Label")


class Workers:
    """Calls ``analysis.analyse`` in processes, one thread of this one per process. A context manager."""

    def __init__(self, analysis: Any, count: int) -> None:
        self._pickled = pickle.dumps(analysis)
        self._count = count
        self._threads = ThreadPoolExecutor(count, "proofstill-alphacode")
        self._mine = threading.local()
        self._all: list[tuple[SpawnProcess, Connection]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._threads.shutdown(wait=kind is None, cancel_futures=True)
        for process, connection in self._all:
            connection.close()
            if kind is None:
                process.join(10)
            process.kill()
            process.join(5)

    def map(self, tasks: Iterator[tuple[Label, tuple[Any, ...]]]) -> Iterator[tuple[Label, dict[str, Any]]]:
        """Results in the order of ``tasks``, each with its label; few tasks are held at a time.

        A task whose process dies gives ``{"problem": {"problem_id", "error"}, …}``. Raises what a call raises of
        ``ProofstillError``; anything else it raises is a ``VerifierError``.
        """
        waiting: deque[tuple[Label, Future[dict[str, Any]]]] = deque()
        for label, task in tasks:
            waiting.append((label, self._threads.submit(self._call, task)))
            if len(waiting) >= 4 * self._count:
                first, future = waiting.popleft()
                yield first, future.result()
        for label, future in waiting:
            yield label, future.result()

    def _call(self, task: tuple[Any, ...]) -> dict[str, Any]:
        process, connection = self._worker()
        try:
            connection.send(task)
            answer = connection.recv()
        except (EOFError, OSError):
            process.join(1)
            del self._mine.worker
            why = f"the worker's process ended (exit code {process.exitcode})"
            return {"problem": {"problem_id": task[0].id, "error": why}, "tests": [], "submissions": []}
        if isinstance(answer, ProofstillError):
            raise answer
        if isinstance(answer, str):
            raise VerifierError(f"analysis: failed on problem {task[0].id!r}: {answer}")
        assert isinstance(answer, dict)
        return answer

    def _worker(self) -> tuple[SpawnProcess, Connection]:
        if not hasattr(self._mine, "worker"):
            parent, child = multiprocessing.Pipe()
            process = SpawnProcess(target=serve, args=(child, self._pickled), daemon=True)
            process.start()
            child.close()
            self._mine.worker = (process, parent)
            self._all.append(self._mine.worker)
        worker: tuple[SpawnProcess, Connection] = self._mine.worker
        return worker


def serve(connection: Connection, pickled: bytes) -> None:
    """Answer calls until the other end closes. Ctrl-C is the parent's business; a dead parent takes us along."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    os.dup2(2, 1)
    analysis = pickle.loads(pickled)  # noqa: S301  our own parent wrote it
    with suppress(EOFError, OSError):
        while True:
            task = connection.recv()
            try:
                answer = analysis.analyse(*task)
            except ProofstillError as error:
                answer = error
            except Exception as error:  # noqa: BLE001  named to the user by the parent
                answer = f"{type(error).__name__}: {error}"[:500]
            connection.send(answer)
    analysis.close()
