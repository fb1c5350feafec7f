"""Programs in a hardened container that stays warm: the same runner as the local sandbox, behind the Docker engine."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.errors import ConfigError, SandboxUnavailableError
from sandboxes.attached import BrokenError
from sandboxes.container import Container, orphans, reap
from sandboxes.driver import Driver
from sandboxes.image import ensure
from sandboxes.languages import LANGUAGES, Language, settings
from sandboxes.runner.results import internal
from sandboxes.runner.supervisor import GRACE_S

_API_S = 120  # for one answer of the engine itself
_OWN_MB = 256  # of a container's memory, for the runner, streams and files


@dataclass
class DockerSandbox(Driver):
    """One warm container per process that uses the sandbox, started on first use; verifier processes together hold a
    pool of them.

    The container has no network, a read-only root, no capabilities, no new privileges, the engine's system call
    filter, a user id of its own, limits of memory, swap and tasks, and small file systems in memory for what programs
    write. Inside, each program is a fresh child under Landlock, our own list of system calls and resource limits
    (``restricted``), or without Landlock where the runtime has none (``filtered``: gVisor). A container is replaced
    after ``recycle_after`` requests and on any doubt; it ends with its owner, even one that was killed.
    """

    image: str | None = None
    runtime: str | None = None
    host: str | None = None
    memory_mb: int = 2048
    pids: int = 128
    recycle_after: int = 5000
    start_timeout_s: float = 60.0
    languages: dict[str, Language] = field(default_factory=lambda: dict(LANGUAGES))

    def __post_init__(self) -> None:
        for name, least in (("memory_mb", 512), ("pids", 16), ("recycle_after", 1), ("start_timeout_s", 1)):
            if getattr(self, name) < least:
                raise ConfigError(f"{name} is {getattr(self, name)}: it must be at least {least}")
        self._client: Any = None
        self._container: Container | None = None
        self._served = 0
        self._proc = True

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Answer from the container. Raises ``SandboxUnavailableError`` where none can be had; one that breaks while
        it runs a program gives INTERNAL, and is replaced.
        """
        self._fits(request)
        if self._container is None:
            self._start()
        assert self._container is not None
        try:
            answer = self._container.ask(request, self._patience(request))
        except BrokenError as error:
            self.close()
            if request["op"] == "probe":
                raise SandboxUnavailableError(f"sandbox: the container {error}") from error
            return {"results": [internal(f"the sandbox's container {error}")]}
        self._served += 1
        if self._served >= self.recycle_after or _doubtful(answer):
            self.close()
        return answer

    def _fits(self, request: Mapping[str, Any]) -> None:
        """Refuse what the container's own limit would kill before the program's."""
        wanted = request.get("limits", {}).get("memory_mb", 0) + _OWN_MB
        if wanted > self.memory_mb:
            raise SandboxUnavailableError(
                f"sandbox.memory_mb is {self.memory_mb}, too little for programs with limits.memory_mb "
                f"{wanted - _OWN_MB}; set it to at least {wanted}"
            )

    def _patience(self, request: Mapping[str, Any]) -> float:
        """Seconds beyond which an answer is not worth waiting for: what the supervisor itself may wait, and more."""
        if request["op"] == "probe":
            return self.start_timeout_s
        compiles = self.languages.get(request["language"])
        wall = 2 * request["limits"]["wall_s"] + (compiles.compile_limits.wall_s if compiles else 0)
        return float(wall) + 4 * GRACE_S + self.start_timeout_s  # a first judge may have to start

    def _start(self) -> None:
        client = self.client()
        if self.runtime is not None and self.runtime not in (known := client.info().get("Runtimes", {})):
            raise SandboxUnavailableError(
                f"sandbox.runtime: the Docker engine has no runtime {self.runtime!r}; it has {', '.join(sorted(known))}"
            )
        inside = {
            "level": "restricted",
            "minimum": "filtered",
            "python": None,
            "packages": None,
            "contained": True,
            "directories": ["/tmp", "/work"],  # noqa: S108  inside
            "languages": settings(self.languages),
        }
        name = ensure(client, self.image)
        failures: tuple[type[Exception], ...] = (BrokenError, *_engine_errors())
        try:
            reap(client)
            self._container = self._begin(client, name, inside)
            if self._container is None and self._proc:
                self._proc = False
                self._container = self._begin(client, name, inside)
        except failures as error:
            raise SandboxUnavailableError(f"sandbox: no container can be started from {name}: {error}") from error
        if self._container is None:
            raise SandboxUnavailableError("sandbox.runtime: its programs could read and write the runner through /proc")
        self._served = 0

    def _begin(self, client: Any, name: str, inside: Mapping[str, Any]) -> Container | None:
        """A container that runs, or None when it cannot keep programs from the runner."""
        container = Container(
            client, name, inside, runtime=self.runtime, memory_mb=self.memory_mb, pids=self.pids, proc=self._proc
        )
        safe = False
        try:
            safe = container.start(client, self.start_timeout_s)
        finally:
            if not safe:
                container.remove()
        return container if safe else None

    def client(self) -> Any:
        """The engine, as the SDK's client. Raises ``SandboxUnavailableError`` when it does not answer."""
        import docker

        try:
            if self._client is None:
                where = {"base_url": self.host} if self.host else {}
                client = docker.DockerClient(**where, timeout=_API_S) if where else docker.from_env(timeout=_API_S)
                self._client = client
            self._client.ping()
        except _engine_errors() as error:
            raise SandboxUnavailableError(
                f"sandbox=docker: no Docker engine answers at {self.host or 'DOCKER_HOST or its usual socket'} "
                f"({error}); start one, name another by sandbox.host, or use sandbox=local"
            ) from error
        return self._client

    def orphans(self) -> list[str]:
        """Names of containers that an owner on this machine left behind; every start removes them."""
        return [container.name for container in orphans(self.client())]

    def isolation_prefix(self) -> str:
        """The container's runtime."""
        info = self._client.info()
        lacks = [what for what, key in (("memory", "MemoryLimit"), ("pids", "PidsLimit")) if not info.get(key, True)]
        name = self.runtime or info.get("DefaultRuntime", "runc")
        return f"docker({name}{''.join(f', no {what} limit' for what in lacks)}) "

    def close(self) -> None:
        """Remove the container."""
        if self._container is not None:
            self._container.remove()
            self._container = None
        if self._client is not None:
            self._client.close()
            self._client = None
        self.isolation = ""

    def __getstate__(self) -> dict[str, Any]:
        """Configuration only: each process starts its own."""
        return self.__dict__ | {"_container": None, "_client": None, "isolation": ""}


def _doubtful(answer: Mapping[str, Any]) -> bool:
    results = answer.get("results", [])
    return "error" in answer or any(result.get("status") == "INTERNAL" for result in results)


def _engine_errors() -> tuple[type[Exception], ...]:
    from docker.errors import DockerException

    return DockerException, OSError  # OSError: the engine does not answer
