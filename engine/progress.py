"""The live view of a run, on standard error: a panel in a terminal, plain lines elsewhere. Never standard output.

``update`` only counts; a timer thread draws. Text from models and verifiers is stripped of control characters and
never read as markup.
"""

import sys
import threading
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple, Self, TextIO

from engine.errors import ConfigError
from engine.plain_text import lines, one_line

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.live import Live

WINDOW_S = 60.0
"""Rates and the ETA are those of the last minute."""
DRAWS_PER_S = 4
COUNTERS = ("settled", "set_aside", "samples", "tokens", "verdicts", "judged", "accepted", "errors")


@dataclass
class ProgressConfig:
    """How progress is shown."""

    enabled: bool = True
    """False shows notes only."""
    every_s: float = 5.0
    """Seconds between lines when standard error is not a terminal."""

    def __post_init__(self) -> None:
        """Raise ``ConfigError`` naming the key that does not fit."""
        if not self.every_s > 0:
            raise ConfigError(f"progress.every_s is {self.every_s}: give a number of seconds above 0")


class _Point(NamedTuple):
    at: float
    samples: int
    tokens: int
    verdicts: int
    settled: int


class Progress:
    """Context manager. ``update`` is for one thread, ``note`` for any.

    ``total`` is the number of problems, None while unknown. The counters of a resumed run start at 0: they
    count this process's work, except ``settled``, which passes quickly over what the ledger already has.
    """

    def __init__(self, config: ProgressConfig, total: int | None = None, stream: TextIO | None = None) -> None:
        self.total = total
        self.counts = dict.fromkeys(COUNTERS, 0)
        self.failure = ""
        self._config = config
        self._stream = stream or sys.stderr
        self._first = self._point()
        self._points = deque([self._first])
        self._live: Live | None = None
        self._timer: threading.Thread | None = None
        self._end = threading.Event()

    def update(self, *, failure: str | None = None, **counters: int) -> None:
        """Add to counters (see ``COUNTERS``; ``KeyError`` for another name) and remember the last failure reason."""
        for name, n in counters.items():
            self.counts[name] += n
        if failure:
            self.failure = failure

    def note(self, message: str) -> None:
        """Show a message above the view, at once."""
        self._print(lines(message))

    def line(self) -> str:
        """The state as one plain line."""
        return " | ".join(
            [_clock(time.monotonic() - self._first.at), *self._facts()] + ([self._failure(100)] if self.failure else [])
        )

    def __enter__(self) -> Self:
        """Start drawing."""
        self._first = self._point()
        self._points = deque([self._first])
        if self._config.enabled and not (self._stream.isatty() and self._start_live()):
            self._timer = threading.Thread(target=self._tick, name="progress", daemon=True)
            self._timer.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Stop drawing; the last line stays."""
        self._end.set()
        if self._timer is not None:
            self._timer.join()
        live, self._live = self._live, None
        if live is not None:
            with suppress(OSError, ValueError):  # the terminal may be gone; the run's result must not suffer
                live.stop()
        self._points = deque([self._first])  # the last line gives the rates of the whole time
        if self._config.enabled:
            self._print(f"{'done' if kind is None else 'stopped'} | {self.line()}")

    def _start_live(self) -> bool:
        from rich.console import Console
        from rich.live import Live

        console = Console(file=self._stream, force_terminal=True)
        if console.is_dumb_terminal:  # cannot move its cursor
            return False
        self._live = Live(
            console=console,
            get_renderable=self._view,
            refresh_per_second=DRAWS_PER_S,
            transient=True,
            redirect_stdout=False,
        )
        self._live.start()
        return True

    def _tick(self) -> None:
        while not self._end.wait(self._config.every_s):
            self._print(self.line())

    def _print(self, text: str) -> None:
        from rich.text import Text

        with suppress(OSError, ValueError):
            if self._live is not None:
                self._live.console.print(Text(text))
            else:
                print(text, file=self._stream, flush=True)

    def _view(self) -> "RenderableType":
        from rich.console import Group
        from rich.progress_bar import ProgressBar
        from rich.text import Text

        facts = self._facts()
        text = [" | ".join(facts[:2]), " | ".join(facts[2:])] + ([self._failure(200)] if self.failure else [])
        rows: list[RenderableType] = [Text(row, no_wrap=True, overflow="ellipsis") for row in text]
        if self.total:
            rows.insert(0, ProgressBar(total=self.total, completed=min(self.counts["settled"], self.total), width=60))
        return Group(*rows)

    def _facts(self) -> list[str]:
        counts, rates = self.counts, self._rates()
        judged = counts["judged"] - counts["errors"]
        left = None if self.total is None else max(0, self.total - counts["settled"])
        eta = f", ETA {_clock(left / rates.settled)}" if left and rates.settled > 0 else ""
        total = "" if self.total is None else f"/{self.total:,}"
        aside = f" ({counts['set_aside']:,} set aside)" if counts["set_aside"] else ""
        passed = f" ({counts['accepted'] / judged:.1%})" if judged > 0 else ""
        return [
            f"problems {counts['settled']:,}{total} settled{aside}{eta}",
            f"accepted {counts['accepted']:,}{passed}",
            f"samples {counts['samples']:,} ({rates.samples:,.1f}/s)",
            f"tokens {counts['tokens']:,} ({rates.tokens:,.0f}/s)",
            f"verdicts {counts['verdicts']:,} ({rates.verdicts:,.1f}/s)",
            f"ERROR {counts['errors']:,}",
        ]

    def _failure(self, most: int) -> str:
        return f"last failure: {one_line(self.failure, most)}"

    def _rates(self) -> "_Rates":
        points, now = self._points, self._point()
        while len(points) > 1 and now.at - points[1].at > WINDOW_S:
            points.popleft()
        points.append(now)
        first, span = points[0], now.at - points[0].at
        changes = [(b - a) / span if span > 0 else 0.0 for a, b in zip(first[1:], now[1:], strict=True)]
        return _Rates(*changes)

    def _point(self) -> _Point:
        counts = self.counts
        return _Point(time.monotonic(), counts["samples"], counts["tokens"], counts["verdicts"], counts["settled"])


class _Rates(NamedTuple):
    samples: float
    tokens: float
    verdicts: float
    settled: float


def _clock(seconds: float) -> str:
    minutes, whole = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{whole:02d}"
