"""The comparison as a table for a terminal."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.plain_text import one_line
from engine.sweep.record import COMPLETE

if TYPE_CHECKING:
    from rich.console import RenderableType

UNKNOWN = "-"
WIDE = 120


def render(comparison: Mapping[str, Any], sweep: Path, width: int) -> "RenderableType":
    """The table of ``engine.sweep.comparison.compare``'s result, and where the page is; ``width`` is the console's."""
    from rich import box
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    narrow = width < WIDE
    rows = [columns(comparison, job, narrow=narrow) for job in comparison["jobs"]]
    table.add_column("job", overflow="fold", min_width=8)
    for position, (heading, _) in enumerate(rows[0][1:], 1):
        words = [word for row in rows for word in (*heading.split(), *row[position][1].split())]
        least = max(map(len, words))  # no number is broken; where there is little room, a cell has a word per line
        table.add_column(heading, justify="right", min_width=least, max_width=least if narrow else None)
    for job, cells in zip(comparison["jobs"], rows, strict=True):
        style = "bold" if job["directory"] == comparison["best"] else ""
        table.add_row(*(Text(cell, style=style) for _, cell in cells))
    closing = [best_line(comparison), comparison["false_pass"], *failures(comparison), f"page: {sweep}/comparison.html"]
    title = Text(f"Sweep {one_line(comparison['sweep'], 80)} (shares in %, 95 % intervals)", style="bold")
    lines = [Text(line, overflow="fold", no_wrap=False) for line in closing]
    return Group(Text(), title, table, Text(), *lines)


def columns(comparison: Mapping[str, Any], job: Mapping[str, Any], *, narrow: bool = False) -> list[tuple[str, str]]:
    """Heading and cell of every column; ``narrow`` saves room. Columns that no job fills are left out."""
    k = comparison["k"]
    status = job["status"] + (" (earlier)" if job["earlier"] else "")
    unusual = narrow and status != COMPLETE  # there is no room for a column that nearly always says the same
    cells = [
        ("job", f"{job['name']} [{status}]" if unusual else job["name"]),
        ("rows", count(job["accepted"])),
        ("solved", UNKNOWN if job["solved"] is None else f"{job['solved']:,}/{job['problems']:,}"),
        ("pass@1", interval(job["pass_at_1"], narrow=narrow)),
        (f"pass@{k}", interval(job["pass_at_k"], narrow=narrow)),
        ("tokens per row", UNKNOWN if job["tokens_per_row"] is None else f"{job['tokens_per_row']:,.1f}"),
        ("idle", share(job["idle_share"])),
        ("ERROR", share(job["error_share"])),
        ("false PASS", false_pass(job["false_pass"], narrow=narrow)),
        (one_line(comparison["objective"], 40), UNKNOWN if job["objective"] is None else f"{job['objective']:.6g}"),
        ("status", status),
    ]
    unused = {len(cells) - 1} if narrow else set()
    if k == 1:
        unused.add(4)
    if not any(other["false_pass"] for other in comparison["jobs"]):
        unused.add(8)
    if comparison["objective"] in ("accepted", "accepted_problems", "pass@1", f"pass@{k}"):
        unused.add(9)  # is there already
    return [cell for position, cell in enumerate(cells) if position not in unused]


def best_line(comparison: Mapping[str, Any]) -> str:
    """One line on the best job."""
    best = next((job for job in comparison["jobs"] if job["directory"] == comparison["best"]), None)
    what = f"{comparison['objective']}, {comparison['direction']}"
    if best is None:
        return f"best: none, as no job has a value ({what})"
    return f"best: {best['name']} ({what}: {best['objective']:.6g}) in {best['directory']}"


def failures(comparison: Mapping[str, Any]) -> list[str]:
    """One line per job that is not complete, or has no objective."""
    found = [(job["name"], job["error"] or job["objective_note"]) for job in comparison["jobs"]]
    return [f"{name}: {one_line(why, 400)}" for name, why in found if why]


def count(number: int | None) -> str:
    """``1,234``."""
    return UNKNOWN if number is None else f"{number:,}"


def share(part: float | None) -> str:
    """``1.2``, in per cent."""
    return UNKNOWN if part is None else f"{100 * part:.1f}"


def interval(row: Mapping[str, float] | None, *, narrow: bool) -> str:
    """``61.4 (58.5-64.3)``, in per cent."""
    return UNKNOWN if row is None else f"{share(row['estimate'])} {bounds(row, narrow=narrow)}"


def bounds(row: Mapping[str, float], *, narrow: bool) -> str:
    """``(58.5-64.3)`` or ``(58-65)``, in per cent; rounded outwards, so that the interval is never too short."""
    if narrow:
        return f"({math.floor(100 * row['low'])}-{math.ceil(100 * row['high'])})"
    return f"({share(row['low'])}-{share(row['high'])})"


def false_pass(row: Mapping[str, Any] | None, *, narrow: bool) -> str:
    """``1.2 (0.4-3.1) 2/160``: share, interval, and the counts behind it."""
    if row is None:
        return UNKNOWN
    return f"{share(row['share'])} {bounds(row, narrow=narrow)} {row['refuted']:,}/{row['judged']:,}"
