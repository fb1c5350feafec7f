"""A comparison on the terminal."""

from typing import TYPE_CHECKING

from engine.plain_text import one_line
from engine.report.compare import FAILED, PASSED, Comparison, Flip

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

SHOWN = 10


def render_comparison(made: Comparison) -> "RenderableType":
    """Tables for a rich console; ids are cleaned, nothing is read as markup."""
    from rich.console import Group
    from rich.text import Text

    parts: list[RenderableType] = [_numbers(made), Text()]
    for title, key, flips in (
        (f"Newly passed samples: {made.changed(PASSED):,}", "passed", made.newly_passed),
        (f"Newly failed samples: {made.changed(FAILED):,}", "failed", made.newly_failed),
    ):
        if flips:
            reasons = ", ".join(f"{one_line(why, 60)} {n:,}" for why, n in list(made.why[key].items())[:6])
            parts += [Text(title, style="bold"), Text(f"{'rejected' if key == 'failed' else 'were'}: {reasons}")]
            parts += [_flips(flips), Text()]
    for title, names in (
        ("Newly solved problems", made.newly_solved),
        ("Problems no longer solved", made.newly_unsolved),
    ):
        if names:
            shown = ", ".join(one_line(name, 60) for name in names[:SHOWN])
            parts.append(Text(f"{title}: {shown}{', …' if len(names) > SHOWN else ''}"))
    if not (made.newly_passed or made.newly_failed or made.newly_solved or made.newly_unsolved):
        parts.append(Text("Nothing newly passed, nothing newly failed."))
    return Group(*parts)


def facts(made: Comparison) -> list[tuple[str, str, str]]:
    """Rows of the table of numbers: what, before, after."""
    both, only_before, only_after = made.problems
    rows = [
        ("problems", f"{both + only_before:,}", f"{both + only_after:,}"),
        (f"solved, of {both:,} shared", *(f"{n:,}" for n in made.solved)),
    ]
    if made.rates is not None and made.difference is not None:
        middle, low, high = (100 * value for value in made.difference)
        rows.append(("pass rate, mean of problems", *(f"{rate:.1%}" for rate in made.rates)))
        rows.append(("difference, in points", "", f"{middle:+.1f} ({low:+.1f} to {high:+.1f})"))
    rows += [
        ("samples with the same text", f"{made.same:,}", f"{made.same:,}"),
        ("accepted of these", *(f"{made_of(made, place):,}" for place in (0, 1))),
        ("samples that differ", "", f"{made.different:,}"),
    ]
    return [(row[0], row[1], row[2]) for row in rows]


def made_of(made: Comparison, place: int) -> int:
    """Accepted samples among those with the same text, before (0) or after (1)."""
    return sum(n for change, n in made.outcomes.items() if change[place] == "accepted")


def _numbers(made: Comparison) -> "Table":
    from rich.text import Text

    table = _table("", *(one_line(name, 60) for name in made.names))
    for row in facts(made):
        table.add_row(*(Text(cell) for cell in row))
    return table


def _flips(flips: list[Flip]) -> "Table":
    from rich.text import Text

    table = _table("problem", "sample", "rejected by")
    for flip in flips[:SHOWN]:
        cells = (one_line(flip.problem_id, 60), str(flip.index), one_line(flip.why, 60))
        table.add_row(*(Text(cell) for cell in cells))
    if len(flips) > SHOWN:
        table.add_row(Text("…"), Text(""), Text("page=FILE.html lists more"))
    return table


def _table(*columns: str) -> "Table":
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for position, column in enumerate(columns):
        table.add_column(Text(column), justify="right" if position == 1 else "left")
    return table
