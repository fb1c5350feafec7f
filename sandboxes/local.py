"""Programs on this machine, without Docker: a fresh, isolated child of a warm process per program."""

from dataclasses import dataclass, field
from typing import Any

from engine.errors import ConfigError, SandboxUnavailableError
from sandboxes.driver import Driver
from sandboxes.languages import LANGUAGES, Language, settings
from sandboxes.runner.supervisor import Supervisor
from sandboxes.runner.zygote import LEVELS


@dataclass
class LocalSandbox(Driver):
    """Isolation by the kernel: see ``sandboxes.runner.zygote``.

    Levels, best first: ``strong`` (own user id, process, mount, network, IPC and UTS namespaces, a read-only root with
    only the system's libraries, Landlock, a list of allowed system calls, limits by control group), ``namespaces``
    (the same without control group, as an ordinary user through a user namespace), ``restricted`` (Landlock, the
    list of system calls and resource limits, where namespaces are forbidden) and ``bare`` (resource limits only).
    Every result names the level that was reached.
    """

    level: str = "strong"
    minimum: str = "restricted"
    python: str | None = None
    packages: str | None = None
    languages: dict[str, Language] = field(default_factory=lambda: dict(LANGUAGES))

    def __post_init__(self) -> None:
        for name in ("level", "minimum"):
            if getattr(self, name) not in LEVELS:
                raise ConfigError(f"{name} is {getattr(self, name)!r}: it must be one of {', '.join(LEVELS)}")
        if LEVELS.index(self.level) > LEVELS.index(self.minimum):
            raise ConfigError(f"level is {self.level!r}, which is below minimum {self.minimum!r}; lower minimum too")
        self._supervisor: Supervisor | None = None

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Answer in this process. Raises ``SandboxUnavailableError`` where the minimum cannot be reached."""
        if self._supervisor is None:
            self._supervisor = Supervisor(
                {
                    "level": self.level,
                    "minimum": self.minimum,
                    "python": self.python,
                    "packages": self.packages,
                    "contained": False,
                    "languages": settings(self.languages),
                }
            )
        answer = self._supervisor.handle(request)
        if "error" in answer:
            raise SandboxUnavailableError(
                f"sandbox: no level from {self.level!r} down to {self.minimum!r} works on this machine "
                f"({answer['error']}); use sandbox=docker, or lower sandbox.minimum by name"
            )
        return answer

    def close(self) -> None:
        """End every process."""
        if self._supervisor is not None:
            self._supervisor.close()
            self._supervisor = None

    def __getstate__(self) -> dict[str, Any]:
        """Configuration only: each process starts its own."""
        return self.__dict__ | {"_supervisor": None}
