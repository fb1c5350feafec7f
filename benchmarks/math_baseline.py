"""math-verify in a process of its own, so that hangs and crashes are counted and its CPU time is its own."""

import multiprocessing
import time
from multiprocessing.connection import Connection
from typing import Any

from math_cases import Case

HANG_S = 15.0
"""math-verify limits itself to 5 s for a parse and 5 s for a comparison; what takes longer hangs."""


def _serve(connection: Connection) -> None:
    import logging

    from math_verify import parse, verify

    logging.disable(logging.CRITICAL)
    connection.send(None)
    while True:
        gold, text = connection.recv()
        cpu = time.process_time()
        try:
            # its recommended call: the gold wrapped in $, the response as it is (which carries its own delimiters)
            wrapped = f"${text}$" if text.startswith("\\boxed") else text
            answer = parse(wrapped)
            passed = bool(answer) and verify(parse("$" + gold.strip("$") + "$"), answer)
            status = "PASS" if passed else "FAIL" if answer else "NO_ANSWER"
        except Exception as error:  # noqa: BLE001  counted, whatever it is
            status = f"crash {type(error).__name__}"
        connection.send((status, time.process_time() - cpu))


class MathVerify:
    """Judges cases one by one in a child that is replaced when it hangs or dies."""

    def __init__(self) -> None:
        self._process: Any = None
        self._connection: Any = None
        self.hangs = 0
        self.crashes = 0

    def check(self, case: Case) -> tuple[str, float]:
        """Status and CPU seconds; a hang or a crash is an ERROR."""
        if self._process is None:
            self._start()
        self._connection.send((case.gold, case.text))
        try:
            if not self._connection.poll(HANG_S):
                self.hangs += 1
                self.close()
                return "ERROR", HANG_S
            status, cpu = self._connection.recv()
        except (EOFError, ConnectionError):
            self.crashes += 1
            self.close()
            return "ERROR", 0.0
        if status.startswith("crash"):
            self.crashes += 1
            return "ERROR", cpu
        return status, cpu

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, child = context.Pipe()
        self._process = context.Process(target=_serve, args=(child,), daemon=True)
        self._process.start()
        child.close()
        self._connection.recv()

    def close(self) -> None:
        """Kill the child."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process = None
