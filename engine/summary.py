"""What a person reads at the end of a run: funnel, verdicts, pass@k, accepted samples, where everything is.

Model output enters only as ``rich.text.Text`` without control characters: it is never read as markup.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from engine.plain_text import lines, one_line
from engine.products.provenance import graded_answer
from engine.records import Row, Status

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

EXAMPLE_CHARACTERS = 600
REASONS = 4
"""Drop reasons and reason codes shown on one line."""


def render_summary(
    stats: Mapping[str, Any], examples: Sequence[Row] = (), places: Mapping[str, str] | None = None
) -> "RenderableType":
    """The summary of ``engine.stats.summarise``'s result, for a rich console.

    ``examples`` are accepted rows (three are shown), ``places`` maps what there is to its path.
    """
    from rich.console import Group
    from rich.text import Text

    sections = {
        "Funnel": _funnel(stats),
        "Verdicts (surplus included)": _verdicts(stats),
        "pass@k (95 % Wilson intervals, problems as clusters)": _pass_at_k(stats),
        "Yield": _yield(stats),
    }
    parts: list[RenderableType] = []
    if teachers := stats["sampler"].get("teachers"):
        sections["Teachers"] = _teachers(teachers)
    for title, table in sections.items():
        parts += [Text(title, style="bold"), table, Text()]
    parts += [_example(row) for row in examples[:3]]
    if places:
        parts += [Text("Where everything is", style="bold"), _places(places)]
    return Group(*parts)


def _table(*columns: str) -> "Table":
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, show_header=any(columns), pad_edge=False)
    for position, column in enumerate(columns):
        table.add_column(column, justify="left" if position in (0, len(columns) - 1) else "right")
    return table


def _row(table: "Table", *cells: str) -> None:
    from rich.text import Text

    table.add_row(*(Text(cell) for cell in cells))


def _funnel(stats: Mapping[str, Any]) -> "Table":
    table = _table("stage", "problems", "samples", "dropped")
    for stage in stats["funnel"]:
        n = f"{stage['n']:,}"
        cells = (n, "") if stage["unit"] == "problems" else ("", n)
        _row(table, stage["stage"], *cells, _reasons(stage["dropped"]))
    for name, facts in stats["products"].items():
        _row(table, f"exported: {one_line(name, 40)}", "", f"{facts.get('rows', 0):,}", "")
    return table


def _verdicts(stats: Mapping[str, Any]) -> "Table":
    table = _table("verifier", *(status.value for status in Status), "reasons")
    for verifier, by_status in stats["verdicts"].items():
        numbers = [f"{by_status.get(status.value, 0):,}" for status in Status]
        _row(table, one_line(verifier, 40), *numbers, _reasons(stats["reasons"].get(verifier, {})))
    return table


def _pass_at_k(stats: Mapping[str, Any]) -> "Table":
    table = _table("k", "pass@k", "interval", "problems")
    for row in stats["pass_at_k"]:
        interval = f"{row['low']:.1%} to {row['high']:.1%}"
        counted = f"{row['problems']:,}" if row["problems"] == row["of"] else f"{row['problems']:,} of {row['of']:,}"
        _row(table, str(row["k"]), f"{row['estimate']:.1%}", interval, counted)
    if len({n for n, *_ in stats["groups"]}) > 1:
        table.caption = "problems got different numbers of samples: if the budget stops at passes, this is too high"
        table.caption_justify = "left"
    return table


def _yield(stats: Mapping[str, Any]) -> "Table":
    table = _table("", "")
    samples, cost = stats["samples"], stats["tokens_per_accepted"]
    _row(table, "tokens sampled", f"{samples['tokens']:,} (prompts {samples['prompt_tokens']:,})")
    _row(table, "tokens per accepted row", "-" if cost is None else f"{cost:,.1f}")
    _row(table, "samples ended by", _reasons(samples["finish"]) or "-")
    if budget := stats.get("budget"):
        last = budget["cost_per_row_at_the_end"]
        _row(
            table, "purse", f"{budget['spent']:,} spent" + ("" if last is None else f"; the last rows cost {last:,.0f}")
        )
        served, none = budget["problems_served"], budget["problems_given_up"]
        _row(table, "problems", f"{served:,} have all the rows of use, {none:,} were given up without one")
    cascade = stats["cascade"]
    if len(cascade.get("verifiers", ())) > 1:
        spent, saved = cascade["seconds"], cascade["saved"]
        share = f" ({saved / (spent + saved):.0%})" if saved else ""
        _row(table, "verifying", f"{spent:,.1f} s; with every verifier about {saved:,.1f} s more{share}")
    if cascade.get("order"):
        _row(table, "order of verifiers", ", ".join(one_line(name, 40) for name in cascade["order"]["names"]))
    for what, n in stats["seconds"].items():
        _row(table, one_line(what, 40).replace("_", " "), f"{n:.1%}" if what.endswith("share") else f"{n:,.1f} s")
    return table


def _teachers(rows: Sequence[Mapping[str, Any]]) -> "Table":
    table = _table("teacher", "samples", "share", "accepted", "accepted per cost")
    for row in rows:
        rate = row["accepted_per_cost"]
        share, paid = f"{row['share']:.1%}", "-" if rate is None else f"{rate:,.3g}"
        _row(table, one_line(row["teacher"], 40), f"{row['samples']:,}", share, f"{row['accepted']:,}", paid)
    return table


def _example(row: Row) -> "RenderableType":
    from rich.panel import Panel
    from rich.text import Text

    prompt = row.problem.prompt if isinstance(row.problem.prompt, str) else row.problem.prompt[-1].content
    reasoning = "" if row.sample.reasoning is None else lines(row.sample.reasoning, EXAMPLE_CHARACTERS) + "\n\n"
    body = Text.assemble(
        (lines(prompt.strip(), EXAMPLE_CHARACTERS), "bold"),
        "\n\n",
        (reasoning, "dim"),
        lines(row.sample.text.strip(), EXAMPLE_CHARACTERS),
        ("\n\ngraded: " + one_line(graded_answer(row) or "-", 80), "green"),
        no_wrap=False,  # also where the console does not wrap, so that paths stay whole in a pipe
        overflow="fold",
    )
    title = Text(f"accepted: {one_line(row.problem.id, 60)} #{row.sample.index}")
    return Panel(body, title=title, title_align="left")


def _places(places: Mapping[str, str]) -> "Table":
    from rich.text import Text

    table = _table("", "")
    for what, path in places.items():
        table.add_row(Text(what), Text(one_line(path), overflow="fold"))
    return table


def _reasons(reasons: Mapping[str, int]) -> str:
    """``wrong 12, no_box 3`` with the most frequent first; the rest summed up."""
    ordered = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    shown = [f"{one_line(code, 40) or '-'} {n:,}" for code, n in ordered[:REASONS]]
    rest = sum(n for _, n in ordered[REASONS:])
    return ", ".join([*shown, f"{len(ordered) - REASONS} others {rest:,}"] if len(ordered) > REASONS else shown)
