"""What every actor of a run is told: the configuration, and where things are. Plain values only."""

import os
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import LedgerError
from engine.export import Exporter, build_verifiers
from engine.rundir import RunDir


@dataclass(frozen=True, slots=True)
class Job:
    """One run, as seen from any machine of the cluster."""

    config: dict[str, Any]
    directory: str
    """The run's, absolute: every machine sees the same files under it."""
    cwd: str
    """Where the command was given: relative paths and the user's own modules start here."""
    heartbeat_s: float
    open_problems: int
    cpus_per_verifier: float
    wants_states: bool
    """Whether the driver needs the state that a visit left."""

    def enter(self) -> Exporter:
        """Go to the place of the command and build the run's parts.

        Raises ``LedgerError`` on a machine that does not see the run's directory, and ``ConfigError``.
        """
        if not (Path(self.directory) / "config.yaml").exists():
            raise LedgerError(
                f"{socket.gethostname()} does not see {self.directory}: put runs/ on a file system that all machines "
                "of the cluster share"
            )
        if Path(self.cwd).is_dir():
            os.chdir(self.cwd)
        if self.cwd not in sys.path:
            sys.path.insert(0, self.cwd)
        return Exporter(RunDir(Path(self.directory)), self.config, build_verifiers(self.config))
