"""Hardened containers that answer requests, and the removal of those whose owner is gone."""

import contextlib
import json
import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sandboxes.attached import Attached, BrokenError

LABEL = "proofstill.owner"
_FIRST_USER, _USERS = 61184, 4336  # ids that systemd keeps for users without an account; they fit rootless engines
_COMMAND = ["python3", "-B", "-s", "-S", "-P", "-m", "sandboxes.runner.relay"]


class Container:
    """One container, from creation to removal. Its input closes with our end, whatever ends us, and it with that."""

    def __init__(
        self,
        client: Any,
        image: str,
        settings: Mapping[str, Any],
        *,
        runtime: str | None,
        memory_mb: int,
        pids: int,
        proc: bool,
    ) -> None:
        """Create it; ``start`` then says whether it is what was asked for. Without ``proc``, /proc is empty, which
        gVisor allows.
        """
        self._settings = settings
        self._proc = proc
        self._user = _FIRST_USER + os.getpid() % _USERS
        memory = f"{memory_mb}m"
        ours = f"uid={self._user},gid={self._user},mode=1777"  # runc takes the mode of the image's directory instead
        self._container = client.containers.create(
            image,
            _COMMAND,
            runtime=runtime,
            user=f"{self._user}:{self._user}",
            network_mode="none",
            ipc_mode="none",
            hostname="sandbox",
            read_only=True,
            cap_drop=["ALL"],
            security_opt=["no-new-privileges"],
            mem_limit=memory,
            memswap_limit=memory,
            pids_limit=pids,
            ulimits=[{"Name": name, "Soft": value, "Hard": value} for name, value in (("core", 0), ("nofile", 1024))],
            tmpfs={
                "/tmp": f"rw,noexec,nosuid,nodev,{ours},size={memory_mb // 4}m",  # noqa: S108  inside
                "/work": f"rw,exec,nosuid,nodev,{ours},size={memory_mb // 8}m",
                **({} if proc else {"/proc": "ro,noexec,nosuid,nodev,mode=555,size=4k"}),
            },
            stdin_open=True,
            auto_remove=True,
            log_config={"Type": "none"},
            labels={LABEL: owner()},
        )
        self._streams: Attached | None = None

    def start(self, client: Any, timeout_s: float) -> bool:
        """Start it and look at it from inside: False when programs could reach the runner through /proc. Raises
        ``BrokenError`` when a promise of the engine is not kept.
        """
        self._streams = Attached(client, self._container.id)
        self._container.start()
        found = self.ask(self._settings, timeout_s)
        wanted = {"uid": self._user, "capabilities": False, "interfaces": [], "read_only": True} if self._proc else {}
        broken = [f"{name} is {found.get(name)!r}" for name, value in wanted.items() if found.get(name) != value]
        if broken:
            raise BrokenError(f"is not as hardened as the engine was asked to make it: {', '.join(broken)}")
        return found.get("exposed") is False

    def ask(self, request: Mapping[str, Any], timeout_s: float) -> dict[str, Any]:
        """Carry a request to the supervisor inside. Raises ``BrokenError``."""
        assert self._streams is not None
        body = self._streams.ask(json.dumps(request).encode(), timeout_s)
        try:
            answer = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise BrokenError(f"gave an answer that cannot be read: {error}") from error
        if not isinstance(answer, dict):
            raise BrokenError("gave an answer that is no object")
        return answer

    def remove(self) -> None:
        """End and remove it; nothing is raised, since the engine may be gone, and the next reaper sees to the rest."""
        if self._streams is not None:
            self._streams.close()
            self._streams = None
        _remove(self._container)


def _remove(container: Any) -> None:
    from docker.errors import DockerException

    with contextlib.suppress(DockerException, OSError):  # OSError: the engine does not answer
        container.remove(force=True)


def owner() -> str:
    """Our process, told apart from every other one before and after it: place, process id, start."""
    return f"{_place()}/{os.getpid()}/{_started(os.getpid())}"


def _place() -> str:
    """Where process ids mean what they mean here: host, boot and process-id namespace."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    return f"{socket.gethostname()}/{boot}/{Path('/proc/self/ns/pid').readlink()}"


def _started(pid: int) -> str | None:
    """Start of a living process in ticks since boot; None when there is none."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in "ZX" else fields[19]


def orphans(client: Any) -> list[Any]:
    """Containers whose owner ran here and has ended. Owners elsewhere are not ours to judge."""
    found = []
    for container in client.containers.list(all=True, filters={"label": LABEL}, ignore_removed=True):
        place, pid, started = container.labels[LABEL].rsplit("/", 2)
        if place == _place() and _started(int(pid)) != started:
            found.append(container)
    return found


def reap(client: Any) -> int:
    """Remove orphans; returns how many there were."""
    found = orphans(client)
    for container in found:
        _remove(container)
    return len(found)
