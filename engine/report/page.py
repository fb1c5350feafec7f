"""``report.html``: one file with numbers, charts and samples, that opens from disk and asks no network for anything.

Numbers and charts are plain HTML and SVG. Samples travel as base64 of gzip, which can close no tag, and reach the page
as text nodes. The policy in its head lets only the style and script run whose hashes it names, and nothing load.
"""

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from engine.errors import ProofstillError
from engine.plain_text import lines
from engine.report.embed import Embedded, embed
from engine.report.figures import Figures
from engine.report.overview import overview
from engine.stats import write_stats

if TYPE_CHECKING:
    from engine.export import Exporter

PAGE = Path(__file__).parent / "page"
STYLES = ("style.css", "browser.css")
SCRIPTS = ("text", "data", "state", "filters", "diff", "sample", "group", "app")
"""In the order in which they need each other."""


def write_report(exporter: "Exporter", stats: Mapping[str, Any], figures: Figures, status: str = "complete") -> Path:
    """Write ``report.html`` into the run's directory in one step, and what it carries into ``stats.json``.

    ``stats`` is what ``engine.stats.summarise`` gave, ``figures`` have seen every group. Returns the page's path.
    Raises ``LedgerError``, and ``ProofstillError`` when the disk refuses.
    """
    path = exporter.directory.path / "report.html"
    embedded = embed(exporter, figures.chooser)
    text = render(overview(exporter, stats, status), embedded, stats)
    carried = {"problems": embedded.problems, "samples": embedded.samples, "kinds": embedded.kinds}
    fresh = path.with_name(".report.html.new")
    try:
        fresh.write_text(text, "utf-8", errors="replace")
        fresh.replace(path)
        write_stats(path.with_name("stats.json"), {**stats, "report": carried})
    except OSError as error:
        raise ProofstillError(
            f"{path}: cannot write it ({error.strerror}); the ledger is safe: mend the disk and run `proofstill report`"
        ) from error
    return path


def render(facts: Mapping[str, Any], embedded: Embedded, stats: Mapping[str, Any]) -> str:
    """The text of the page, from ``overview`` and ``embed``."""
    css = style()
    code = "\n".join((PAGE / f"{name}.js").read_text("utf-8") for name in SCRIPTS)
    script = f'"use strict";\n(() => {{\n{code}\n}})();'
    template = environment().get_template("page.html.jinja")
    policy = f"default-src 'none'; style-src {hash_of(css)}; script-src {hash_of(script)}"
    text: str = template.render(
        facts,
        policy=f"{policy}; base-uri 'none'; form-action 'none'",
        style=css,
        script=Markup(script),  # noqa: S704  our own files
        data=Markup(embedded.data),  # noqa: S704  base64
        embedded=_told(embedded, stats),
        triage=_triage(embedded, stats),
    )
    return text


def environment() -> Any:
    """Jinja with escaping on, over the folder ``page``."""
    import jinja2

    made = jinja2.Environment(
        autoescape=True,
        loader=jinja2.FileSystemLoader(PAGE),
        undefined=jinja2.StrictUndefined,
        finalize=_cleaned,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(number=lambda n: f"{n:,}", percent=lambda share: f"{share:.1%}")
    return made


def style() -> Markup:
    """The style sheet."""
    return Markup("\n".join((PAGE / name).read_text("utf-8") for name in STYLES))  # noqa: S704  our own files


def _cleaned(value: Any) -> Any:
    """Text of data and configuration without control characters; autoescape does the rest."""
    return value if isinstance(value, Markup) or not isinstance(value, str) else lines(value, max(len(value), 1))


def hash_of(text: str) -> str:
    """How a policy names an inline style or script."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _told(embedded: Embedded, stats: Mapping[str, Any]) -> str:
    total = stats["samples"]["total"]
    if embedded.samples >= total:
        return f"This report carries all {total:,} samples."
    return (
        f"The numbers cover all {total:,} samples. To stay small, this report carries {embedded.samples:,} of them, "
        f"from {embedded.problems:,} of {stats['problems']['sampled']:,} problems: first those counted here, then some "
        f"of every pass rate. The other {total - embedded.samples:,} are in the ledger."
    )


def _triage(embedded: Embedded, stats: Mapping[str, Any]) -> list[dict[str, Any]]:
    words = {
        "disagree": "verifiers disagree",
        "one": "the only one accepted",
        "no_answer": "no answer found",
        "error": "errors of ours",
        "longest": "longest accepted",
    }
    counts = stats["figures"]["triage"]
    return [
        {"name": kind, "what": what, "n": counts[kind], "embedded": embedded.kinds.get(kind, 0)}
        for kind, what in words.items()
    ]
