"""How long the teachers stood idle because the gate waited for verdicts."""

import time
from dataclasses import dataclass


@dataclass
class Stall:
    """Adds up the seconds in which requests wait at the gate while no teacher has anything to do."""

    seconds: float = 0.0
    _waiting: int = 0
    _asked: int = 0
    _since: float | None = None

    def add(self, *, waiting: int = 0, asked: int = 0) -> None:
        """Count requests that begin (+) or cease (-) to wait, and samples that teachers begin or cease to make."""
        now = time.monotonic()
        if self._since is not None:
            self.seconds += now - self._since
        self._waiting += waiting
        self._asked += asked
        self._since = now if self._waiting and not self._asked else None
