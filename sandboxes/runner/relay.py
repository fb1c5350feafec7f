"""Process 1 of a sandbox's container: requests arrive on standard input, answers leave on standard output.

Frames: four bytes of length (big-endian), then JSON. The first carries the supervisor's settings and is answered with
what the container is seen to be from inside; then one answer per request of ``supervisor.Supervisor.handle``. End of
file ends the container, so that it never outlives its owner, however that one ends.
"""

import contextlib
import json
import os
import select
import signal
import threading
from types import FrameType
from typing import Any

from sandboxes.runner import landlock, syscalls
from sandboxes.runner.supervisor import Supervisor


def facts() -> dict[str, Any]:
    """What the engine was asked for, as found: ``uid``, ``capabilities``, ``interfaces`` and ``read_only``; and
    ``exposed``, whether programs can reach this process through /proc. Without /proc the last alone.
    """
    if not os.path.exists("/proc/self"):
        return {"exposed": False}
    status = dict(line.split(":", 1) for line in _read_text("/proc/self/status").splitlines())
    mounts = [line.split() for line in _read_text("/proc/mounts").splitlines()]
    devices = _read_text("/proc/net/dev").splitlines()[2:]
    return {
        "exposed": not landlock.version() and _exposed(),
        "uid": os.getuid(),
        "capabilities": any(int(status.get(name, "0"), 16) for name in ("CapPrm", "CapEff", "CapBnd")),
        "interfaces": sorted({line.split(":")[0].strip() for line in devices} - {"lo"} - _UNUSED),
        "read_only": any(fields[1] == "/" and "ro" in fields[3].split(",") for fields in mounts),
    }


_UNUSED = {"tunl0", "gre0", "gretap0", "erspan0", "ip_vti0", "ip6_vti0", "sit0", "ip6tnl0", "ip6gre0"}
"""Devices that a kernel puts into every network namespace, down and without an address."""


def _exposed() -> bool:
    """Whether a process of our user id can open our descriptors; on Linux it cannot, in gVisor it can."""
    target, child = os.getpid(), os.fork()
    if child == 0:
        try:
            os.listdir(f"/proc/{target}/fd")
        except OSError:
            os._exit(0)
        os._exit(1)
    return os.waitpid(child, 0)[1] != 0


def _read_text(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read()


def _receive() -> dict[str, Any] | None:
    head = _exactly(4)
    if head is None:
        return None
    body = _exactly(int.from_bytes(head, "big"))
    if body is None:
        return None
    request: dict[str, Any] = json.loads(body)
    return request


def _exactly(size: int) -> bytes | None:
    data = bytearray()
    while len(data) < size:
        part = os.read(0, min(size - len(data), 1 << 20))
        if not part:
            return None
        data += part
    return bytes(data)


def _send(answer: dict[str, Any]) -> None:
    body = json.dumps(answer).encode()
    frame = memoryview(len(body).to_bytes(4, "big") + body)
    while frame:
        frame = frame[os.write(1, frame) :]


def _bury() -> None:
    """Collect orphans, which fall to process 1."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _stop(_number: int, _frame: FrameType | None) -> None:
    os._exit(0)


def _end_with_owner() -> None:
    """End at once when the other end closes, even while a program runs; everything here ends with process 1."""
    poll = select.poll()
    poll.register(0, 0)  # hang-ups alone
    poll.poll()
    os._exit(0)


def main() -> None:
    """Serve until the other end closes."""
    syscalls.prctl(
        syscalls.PR_SET_DUMPABLE, 0
    )  # programs have our user id, and must not read or write us through /proc
    signal.signal(signal.SIGTERM, _stop)  # process 1 ignores what it does not handle; an engine that stops would wait
    settings = _receive()
    if settings is None:
        return
    _send(facts())
    threading.Thread(target=_end_with_owner, daemon=True).start()
    supervisor = Supervisor(settings)
    while (request := _receive()) is not None:
        _send(supervisor.handle(request))
        supervisor.tidy(request)
        _bury()
    supervisor.close()


if __name__ == "__main__":
    main()
