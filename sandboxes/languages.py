"""Languages beside Python: a compile command, a run command, and what their run-time systems need on top."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from engine.errors import ConfigError
from engine.records import Limits


@dataclass(frozen=True, slots=True)
class Language:
    """How a program becomes a process. ``{work}`` in a command is the directory of sources and compiled files, which
    is read-only while the program runs.
    """

    file: str
    """Name of the source file."""
    run: tuple[str, ...]
    """Command, without a shell; its standard streams are the program's."""
    compile: tuple[str, ...] = ()
    """Command; empty when there is nothing to compile. It runs in the sandbox too."""
    processes: int = 0
    """Threads that the run-time system itself needs, on top of the limits."""
    memory_mb: int = 0
    """Memory that the run-time system itself needs, on top of the limits."""
    compile_limits: Limits = field(default=Limits(cpu_s=30, wall_s=60, memory_mb=2048, file_mb=64, processes=16))

    def __post_init__(self) -> None:
        if not self.run or "/" in self.file or not self.file:
            raise ConfigError(f"languages: {self.file!r} needs a run command and a plain file name")


LANGUAGES: Mapping[str, Language] = {
    "cpp": Language(
        file="main.cpp",
        compile=("g++", "-std=c++17", "-O2", "-pipe", "-o", "main", "main.cpp"),
        run=("{work}/main",),
    ),
    "javascript": Language(file="main.js", run=("node", "{work}/main.js"), processes=24, memory_mb=256),
}


def settings(languages: Mapping[str, Language]) -> dict[str, Any]:
    """Plain values for the supervisor."""
    return {name: asdict(language) for name, language in languages.items()}
