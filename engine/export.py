"""From the ledger to products, card and statistics. Needs no model and no verifier."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from engine.budget.purse import Purse
from engine.build import build
from engine.cascade import recorded
from engine.codec import to_json
from engine.config import component_hash, identity, masked
from engine.errors import ConfigError
from engine.judge import COST, cascade, check_rule
from engine.ledger_reader import Group, groups
from engine.products.stream import row_groups
from engine.protocols import AcceptRule, Budget, Product, PromptTemplate, Verifier
from engine.records import Row
from engine.report.card import model_of, product_facts, run_facts, write_card
from engine.report.page import write_report
from engine.rows import RowGroup
from engine.rundir import RunDir
from engine.selection.chain import Chain, Recorded
from engine.stats import settled_funnel, summarise, write_stats
from engine.tally import Settled, Tally, settle, stops_of

EXAMPLES = 3


@dataclass
class Exporter:
    """What turns a run's ledger into rows: built from the run's own configuration."""

    directory: RunDir
    config: dict[str, Any]
    verifiers: dict[str, Verifier]
    template: PromptTemplate = field(init=False)
    accept: AcceptRule = field(init=False)
    budget: Budget = field(init=False)
    examples: list[Row] = field(default_factory=list)
    purse: Purse | None = None
    _stops: dict[int, int] | None = None

    def __post_init__(self) -> None:
        """Build the parts."""
        self.template = build(self.config["prompt"], PromptTemplate, "prompt")
        self.accept = build(self.config["accept"], AcceptRule, "accept")
        check_rule(self.accept, self.verifiers)
        self.budget = build(self.config["budget"], Budget, "budget")
        self.versions = verifier_versions(self.config, self.verifiers)
        self.names = cascade(self.verifiers)

    def settled(self, *, text: bool) -> Iterator[Settled]:
        """Every group of the ledger, decided."""
        for group in groups(self.directory.ledger, self.versions, text=text):
            yield self.settle(group)

    def settle(self, group: Group) -> Settled:
        """Decide one group of the ledger."""
        self._fill_purse()
        return settle(group, self.names, self.accept, self.budget, self._stops)

    def _fill_purse(self) -> None:
        """With a budget over all problems, where each one ends depends on all of them: one pass more."""
        hook = getattr(self.budget, "purse", None)
        if hook is not None and self._stops is None:
            self.purse = hook()
            ledger = groups(self.directory.ledger, self.versions, text=False)
            self._stops = stops_of(self.purse, ledger, self.names, self.accept)


def export(
    exporter: Exporter,
    select: Mapping[str, Any],
    products: Mapping[str, Any],
    seconds: Mapping[str, float],
    learned: Mapping[str, Any],
) -> dict[str, Any]:
    """Write every product, ``stats.json``, the report and the cards; returns the statistics.

    Selection is made once, with the first product; ``selection.jsonl`` tells what it found. ``select`` and
    ``products`` are configuration nodes; ``seconds``, and what the sampler ``learned``, go into the statistics as
    they are.
    """
    built = {name: build(cfg, Product, f"product.{name}") for name, cfg in products.items()}
    tally = Tally()
    facts: dict[str, Any] = {}
    watched = _Watched()
    record = exporter.directory.path / "selection.jsonl"
    with Chain(select, record) as chain:
        stream = watched.of(row_groups(exporter, chain, tally))
        for name, product in islice(built.items(), 1):
            facts[name] = product.write(stream, str(exporter.directory.products / name))
        for _ in stream:  # without a product the run is counted all the same
            pass
    for name, product in islice(built.items(), 1, None):
        stream = row_groups(exporter, Recorded(record))
        facts[name] = product.write(stream, str(exporter.directory.products / name))
    exporter.examples = watched.examples
    counts = tally.result() | {"products": facts, "seconds": dict(seconds), "sampler": dict(learned)}
    counts["selected"] = {"kept": watched.kept, **chain.facts()}
    stats = summarise(counts) | {"accepted_problems": tally.accepted_problems}
    if (order := recorded(exporter.directory.cascade)) is not None:
        stats["cascade"]["order"] = to_json(order)
    if exporter.purse is not None:
        stats["budget"] = exporter.purse.facts()
    _write_cards(exporter, counts, facts, {"select": select, "product": products})
    write_stats(exporter.directory.path / "stats.json", stats)
    write_report(exporter, stats, tally.figures)
    return stats


def _write_cards(
    exporter: Exporter, counts: Mapping[str, Any], products: Mapping[str, Any], chosen: Mapping[str, Any]
) -> None:
    """One card per product and one for the run; nothing in them depends on time or place."""
    config = identity(masked(exporter.config))
    uncompared = "decontaminate" not in chosen["select"]
    verifiers = [
        {"name": name, "version": v.version, "config_hash": exporter.versions[name].partition("+")[2]}
        for name, v in exporter.verifiers.items()
    ]
    run = {
        "run": exporter.config["run"]["name"],
        "model": model_of(config["sampler"]),
        "seed": config["run"]["seed"],
        "command": exporter.directory.read_manifest().command,
        "rule": type(exporter.accept).__name__,
        "verifiers": verifiers,
        "funnel": settled_funnel(counts),
        "selectors": counts["selected"]["selectors"],
        "noted": counts["selected"]["noted"],
        "settings": {name: config[name] for name in ("problems", "prompt", "sampler", "verifier", "budget")},
        "limits": [
            "A row is as right as the verifiers listed here; none of them looks at more than its name says.",
            *(["Nothing was compared with benchmark sets (`select=[…,decontaminate]`)."] if uncompared else []),
            "Rows repeat the sampler's style and mistakes that no verifier looks for.",
        ],
    }
    for name, facts in products.items():
        own = {"select": chosen["select"], "product": {name: chosen["product"][name]}}
        told = run | {"settings": {**run["settings"], **masked(own)}}
        write_card(exporter.directory.products / name, product_facts(name, facts, told))
    write_card(exporter.directory.path, run_facts(products, run))


class _Watched:
    """Counts what selection keeps, as the groups stream past; keeps the first few rows."""

    def __init__(self) -> None:
        self.kept = 0
        self.examples: list[Row] = []

    def of(self, groups: Iterator[RowGroup]) -> Iterator[RowGroup]:
        for group in groups:
            selected = group.selected
            self.kept += len(selected)
            self.examples += selected[: max(0, EXAMPLES - len(self.examples))]
            yield group


def verifier_versions(config: Mapping[str, Any], verifiers: Mapping[str, Verifier]) -> dict[str, str]:
    """Name to ``version+config_hash``, as the ledger keys verdicts."""
    return {
        name: f"{verifier.version}+{component_hash(config['verifier'][name], f'verifier.{name}')}"
        for name, verifier in verifiers.items()
    }


def build_verifiers(config: Mapping[str, Any]) -> dict[str, Verifier]:
    """The verifiers of a configuration. Raises ``ConfigError``."""
    verifiers = {name: build(cfg, Verifier, f"verifier.{name}") for name, cfg in config["verifier"].items()}
    for name, verifier in verifiers.items():
        if verifier.resource not in COST:
            raise ConfigError(f"verifier.{name}: its resource is {verifier.resource!r}; give one of {', '.join(COST)}")
    return verifiers
