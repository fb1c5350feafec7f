"""The comparison as one self-contained HTML page."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from engine.sweep.table import best_line, columns, failures

LINKS = ("report.html", "README.md", "stats.json")
"""What of a job's directory is linked, the first that is there."""


def write_page(path: Path, comparison: Mapping[str, Any]) -> None:
    """Write the page in one step. Every value is escaped; it loads nothing."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(_render(path.parent, comparison), "utf-8")
    fresh.replace(path)


def _render(sweep: Path, comparison: Mapping[str, Any]) -> str:
    import jinja2

    environment = jinja2.Environment(
        autoescape=True,
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    jobs = [
        job | {"cells": [cell for _, cell in columns(comparison, job)], "link": _link(sweep, str(job["directory"]))}
        for job in comparison["jobs"]
    ]
    return environment.get_template("comparison.html.jinja").render(
        comparison,
        jobs=jobs,
        headings=[name for name, _ in columns(comparison, comparison["jobs"][0])],
        best_line=best_line(comparison),
        failures=failures(comparison),
    )


def _link(sweep: Path, directory: str) -> str:
    found = next((name for name in LINKS if (sweep / directory / name).exists()), "job.json")
    return quote(f"{directory}/{found}")
