"""What the first view of the report says, in words and charts; every number is one of ``stats.json``."""

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from markupsafe import Markup

from engine.config import identity, masked
from engine.plain_text import one_line
from engine.records import Manifest, Status
from engine.report import charts
from engine.report.card import model_of
from engine.report.svg import seconds

if TYPE_CHECKING:
    from engine.export import Exporter

ALARM = 0.01
"""Share of ERROR above which it stands in red."""
REASONS = 6


def overview(exporter: "Exporter", stats: Mapping[str, Any], status: str) -> dict[str, Any]:
    """The template's values, but for the samples."""
    manifest = exporter.directory.read_manifest()
    config = exporter.config
    return {
        "name": one_line(str(config["run"]["name"]), 200),
        "facts": list(_facts(manifest, config, stats, status)),
        "command": manifest.command or f"proofstill run run.name={config['run']['name']}",
        "notices": list(_notices(stats, status)),
        "tiles": list(_tiles(stats)),
        "funnel": _funnel(stats["funnel"]),
        "charts": list(_charts(stats)),
        "pass_at_k": stats["pass_at_k"],
        "uneven": len({n for n, *_ in stats["groups"]}) > 1,
        "statuses": [status.value for status in Status],
        "verdicts": [_verdicts(name, stats, exporter.versions.get(name, "")) for name in stats["verdicts"]],
        "products": [
            {"name": name, "rows": facts.get("rows", 0), "shapes": ", ".join(facts.get("shapes", {}))}
            for name, facts in stats["products"].items()
        ],
        "settings": json.dumps({"configuration": identity(masked(config)), "versions": manifest.versions}, indent=2),
    }


def _facts(
    manifest: Manifest, config: Mapping[str, Any], stats: Mapping[str, Any], status: str
) -> Iterator[tuple[str, str]]:
    yield "status", status
    yield "model", one_line(model_of(config["sampler"]), 200)
    yield "accept", str(config["accept"]["_target_"]).rpartition(".")[2]
    yield "seed", str(manifest.seed)
    yield "configuration", manifest.config_hash
    if manifest.code_commit:
        yield "commit", manifest.code_commit[:12]
    yield "Proofstill", manifest.versions.get("proofstill", "?")
    yield "on", manifest.device
    for what, n in stats["seconds"].items():
        yield what.replace("_", " "), f"{n:.1%}" if what.endswith("share") else seconds(n)


def _notices(stats: Mapping[str, Any], status: str) -> Iterator[tuple[bool, str]]:
    if status != "complete":
        yield False, f"This run is {status}: the numbers are what its ledger holds so far."
    errors, share = stats["decisions"]["error"], stats["error_share"] or 0
    if share > ALARM:
        told = f"{share:.1%} of the samples ({errors:,}) have no decision because of an ERROR, a fault of ours"
        yield True, f"{told}: mend the cause, which their verdicts name; the same command then tries them again."
    if stats["decisions"]["undecided"]:
        yield False, f"{stats['decisions']['undecided']:,} samples are not judged yet."


def _tiles(stats: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    problems, samples, decisions = stats["problems"], stats["samples"], stats["decisions"]
    yield _tile("problems", f"{problems['sampled']:,}", f"of {problems['loaded']:,} rows")
    yield _tile("samples", f"{samples['total']:,}", f"{samples['tokens']:,} tokens" if samples["tokens"] else "")
    rates = stats["pass_at_k"]
    for row in rates[:1] + rates[-1:] if len(rates) > 1 else rates:
        few = "" if row["problems"] == row["of"] else f", {row['problems']:,} of {row['of']:,} problems"
        interval = f"{row['low']:.1%} to {row['high']:.1%}{few}"
        yield _tile(f"pass@{row['k']}", f"{row['estimate']:.1%}", interval)
    yield _tile("accepted", f"{decisions['accepted']:,}", f"{stats['accepted_problems']:,} problems solved")
    for name, facts in stats["products"].items():
        yield _tile(f"rows of {one_line(name, 40)}", f"{facts.get('rows', 0):,}", "exported")
    cost = stats["tokens_per_accepted"]
    if cost:
        yield _tile("tokens per accepted", f"{cost:,.0f}", "every sample counted")
    share = stats["error_share"]
    told = f"{decisions['error']:,} samples"
    yield _tile("ERROR", "–" if share is None else f"{share:.1%}", told, alarm=(share or 0) > ALARM)


def _tile(what: str, n: str, more: str, *, alarm: bool = False) -> dict[str, Any]:
    return {"what": what, "n": n, "more": more, "alarm": alarm}


def _funnel(stages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    largest: dict[str, int] = {}
    rows = []
    for stage in stages:
        first = stage["unit"] not in largest
        whole = largest.setdefault(stage["unit"], max(stage["n"], 1))
        rest = sum(stage["dropped"].values())
        kept = 100 * max(stage["n"] - rest, 0) / whole
        bar = Markup(  # noqa: S704  numbers only
            '<svg viewBox="0 0 100 16" preserveAspectRatio="none" aria-hidden="true">'
            '<rect class="track" width="100" height="16"></rect>'
            f'<rect class="kept" width="{kept:.2f}" height="16"></rect>'
            f'<rect class="dropped" x="{kept:.2f}" width="{100 * rest / whole:.2f}" height="16"></rect></svg>'
        )
        drops = [(one_line(code, 60), n) for code, n in stage["dropped"].items()]
        rows.append(stage | {"first": first, "bar": bar, "drops": drops})
    return rows


def _verdicts(name: str, stats: Mapping[str, Any], version: str) -> dict[str, Any]:
    by, reasons = stats["verdicts"][name], stats["reasons"].get(name, {})
    ordered = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))[:REASONS]
    return {
        "name": one_line(name, 60),
        "version": f"version {version.partition('+')[0]}" if version else "",
        "counts": [by.get(status.value, 0) for status in Status],
        "reasons": [(one_line(code, 60) or "-", n) for code, n in ordered],
        "link": f"#view=samples&verifier={quote(name)}",
    }


def _charts(stats: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    figures = stats["figures"]
    solved = figures["solved"]
    if sum(solved.values()):
        told = f"{solved['none']:,} problems never solved, {solved['some']:,} sometimes, {solved['all']:,} always."
        yield _chart("rates", "Problems by pass rate", told, charts.pass_rates(figures))
    if figures["yield"]:
        told = "Accepted samples as sampling went on, in the order of the problems."
        yield _chart("yield", "Yield", told, charts.yield_curve(figures["yield"]))
    if figures["finish"]:
        drawn, told = charts.finishes(figures["finish"]), "Why samples ended, and what came of them."
        yield _chart("finish", "Finish reasons", told, drawn, legend=_used(figures["finish"], charts.OUTCOMES))
    if stats["verdicts"]:
        drawn, words = charts.statuses(stats["verdicts"]), tuple(status.value for status in Status)
        legend = _used(stats["verdicts"], words)
        yield _chart("statuses", "Verdicts by verifier", "Every verdict, surplus included.", drawn, legend=legend)
    if figures["lengths"]:
        unit = figures["lengths"]["unit"]
        yield _chart(
            "lengths", "Length", f"In {unit}; accepted above, rejected below.", charts.lengths(figures["lengths"])
        )
    if figures["verify_seconds"]:
        total = sum(row["total"] for row in figures["verify_seconds"].values())
        told = f"{seconds(total)} in all. Mark: half are faster; bar: 95 of 100; line: the slowest."
        yield _chart("times", "Time per verdict", told, charts.times(figures["verify_seconds"]))
    if figures["agreement"]:
        told = "Share of the samples on which two verifiers say the same, where both are sure (PASS or FAIL)."
        yield _chart("agreement", "Agreement", told, charts.agreement(figures["agreement"]))


def _used(rows: Mapping[str, Mapping[str, int]], words: tuple[str, ...]) -> list[str]:
    return [word for word in words if any(by.get(word) for by in rows.values())]


def _chart(name: str, title: str, told: str, svg: Markup, legend: list[str] | None = None) -> dict[str, Any]:
    return {"name": name, "title": title, "told": told, "svg": svg, "legend": legend}
