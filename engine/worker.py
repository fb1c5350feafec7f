"""What runs inside a verifier process: take a batch, send back one verdict per item, as each is ready."""

import ctypes
import os
import pickle
import resource
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from typing import Any, Literal

from engine.protocols import Verifier
from engine.records import Problem, Reason, Sample, Status, Verdict

Task = tuple[Literal["verify", "gold", "group"], str, Problem, Sample | tuple[Sample, ...] | None]
Judged = tuple[Verdict | list[Verdict], float]
"""A verdict (of a group: one per sample, or a single ERROR for all of them) and the seconds it took."""
PR_SET_PDEATHSIG = 1


def serve(connection: Connection, pickled: bytes, memory_mb: int) -> None:
    """Answer batches until the other end closes. ``pickled``: mapping of name to verifier.

    First message back is ``None`` (ready) or a string (why the verifiers cannot be loaded).
    """
    _isolate(memory_mb)
    with suppress(EOFError, OSError):  # the other end has gone, and nobody is left to tell
        _serve(connection, pickled)


def _serve(connection: Connection, pickled: bytes) -> None:
    try:
        verifiers: dict[str, Verifier] = pickle.loads(pickled)  # noqa: S301  our own parent wrote it
        for verifier in verifiers.values():
            if callable(start := getattr(verifier, "start", None)):
                start()
    except Exception as error:  # noqa: BLE001  reported to the parent, whatever it is
        connection.send(f"{type(error).__name__}: {error}")
        return
    connection.send(None)
    while True:
        batch: list[Task] = connection.recv()
        for judged in _judge_batch(verifiers, batch):
            _send(connection, judged)


def _isolate(memory_mb: int) -> None:
    """Ctrl-C is the parent's business; a dead parent takes us along; prints must not reach standard output."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Every child of the fork server holds the pipe whose closing tells the server to end, so a hanging worker would
    # keep the server, and so itself, alive after the run was killed.
    os.close(forkserver._forkserver._forkserver_alive_fd)  # type: ignore[attr-defined]  # noqa: SLF001
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    os.dup2(2, 1)
    if memory_mb:
        resource.setrlimit(resource.RLIMIT_AS, (memory_mb << 20, memory_mb << 20))


def _send(connection: Connection, judged: Judged) -> None:
    try:
        connection.send(judged)
    except (pickle.PicklingError, TypeError, AttributeError) as error:
        connection.send((failure("bad_verdict", f"the verdict cannot be sent: {error}"), judged[1]))


def _judge_batch(verifiers: dict[str, Verifier], batch: list[Task]) -> Iterator[Judged]:
    """Verdicts in order. A batch of one verifier that has ``verify_many`` is judged in one call."""
    kind, name = batch[0][:2]
    many = getattr(verifiers[name], "verify_many", None)
    if many is None or len(batch) == 1 or any(task[:2] != (kind, name) for task in batch) or kind != "verify":
        for task in batch:
            yield _judge(verifiers[task[1]], task)
        return
    start = time.perf_counter()
    try:
        verdicts = many([task[2] for task in batch], [task[3] for task in batch])
    except Exception as error:  # noqa: BLE001  a verifier's fault is a status
        verdicts = [crashed(error)] * len(batch)
    seconds = (time.perf_counter() - start) / len(batch)
    if len(verdicts) != len(batch):
        verdicts = [failure("bad_verdict", f"verify_many gave {len(verdicts)} verdicts for {len(batch)}")] * len(batch)
    for verdict in verdicts:
        yield _checked(verdict, seconds)


def _judge(verifier: Verifier, task: Task) -> Judged:
    start = time.perf_counter()
    kind, _, problem, sample = task
    verdict: Any
    try:
        if kind == "gold":
            verdict = gold_check(verifier, problem)
        elif isinstance(sample, tuple):
            verdict = verifier.verify_group(problem, sample)  # type: ignore[attr-defined]
        else:
            assert sample is not None
            verdict = verifier.verify(problem, sample)
    except (Exception, SystemExit) as error:  # noqa: BLE001  a verifier's fault is a status
        return crashed(error), time.perf_counter() - start
    seconds = time.perf_counter() - start
    return _checked_group(verdict, len(sample), seconds) if isinstance(sample, tuple) else _checked(verdict, seconds)


def _checked_group(verdicts: Any, size: int, seconds: float) -> Judged:
    if not isinstance(verdicts, list) or len(verdicts) != size:
        what = f"{len(verdicts)} verdicts" if isinstance(verdicts, list) else f"a {type(verdicts).__name__}"
        return failure("bad_verdict", f"verify_group gave {what} for {size} samples, not a list of {size}"), seconds
    for verdict in verdicts:
        flaw = _flaw(verdict)
        if flaw:
            return failure("bad_verdict", f"verify_group: {flaw}"), seconds
    return verdicts, seconds


def _checked(verdict: Any, seconds: float) -> Judged:
    flaw = _flaw(verdict)
    return (failure("bad_verdict", flaw) if flaw else verdict), seconds


def _flaw(verdict: Any) -> str | None:
    if not isinstance(verdict, Verdict):
        return f"verify returned a {type(verdict).__name__}, not a Verdict"
    status: object = verdict.status
    return None if isinstance(status, Status) else f"the verdict's status is {status!r}, not a Status"


def gold_check(verifier: Verifier, problem: Problem) -> Verdict:
    """PASS when the verifier passes the gold response and does not pass the planted wrong one.

    ABSTAIN when it has nothing to check with: no ``gold`` of its own and no reference solution, a ``gold`` that says
    None, or when it abstains itself. FAIL names what is wrong. Raises what the verifier raises.
    """
    try:
        responses = _gold_responses(verifier, problem)
    except ValueError as error:
        return Verdict(Status.FAIL, reason=Reason("gold_unusable", str(error)))
    if responses is None:
        return Verdict(Status.ABSTAIN, reason=Reason("not_applicable", "the problem has no gold for this verifier"))
    right, wrong = responses
    if right is None:
        return Verdict(Status.ABSTAIN, reason=Reason("no_gold", "no reference solution to check the verifier with"))
    verdict = verifier.verify(problem, Sample(problem.id, -1, right))
    if verdict.status in (Status.ABSTAIN, Status.ERROR):
        return verdict
    if verdict.status != Status.PASS:
        detail = f"the verifier says {verdict.status.value} ({verdict.reason.code}) of the gold response"
        return Verdict(Status.FAIL, reason=Reason("gold_rejected", detail), answer=verdict.answer)
    planted = verifier.verify(problem, Sample(problem.id, -2, wrong))
    if planted.status == Status.PASS:
        return Verdict(Status.FAIL, reason=Reason("wrong_accepted", "the verifier passes a planted wrong response"))
    return Verdict(Status.PASS, reason=Reason("gold_checked"))


def _gold_responses(verifier: Verifier, problem: Problem) -> tuple[str | None, str] | None:
    own: Callable[[Problem], tuple[str | None, str] | None] | None = getattr(verifier, "gold", None)
    if own is not None:
        return own(problem)
    return (None if judges_groups(verifier) else problem.reference_solution), ""


def judges_groups(verifier: Verifier) -> bool:
    """Whether its verdict on a sample depends on the problem's other samples."""
    return callable(getattr(verifier, "verify_group", None))


def failure(code: str, text: str) -> Verdict:
    """An ERROR verdict."""
    return Verdict(Status.ERROR, reason=Reason(code, text[:500]))


def crashed(error: BaseException) -> Verdict:
    """An ERROR verdict with the end of the traceback as evidence."""
    tail = "".join(traceback.format_exception(error))[-2000:]
    reason = Reason("crashed", f"{type(error).__name__}: {error}"[:500])
    return Verdict(Status.ERROR, reason=reason, evidence={"traceback": tail})
