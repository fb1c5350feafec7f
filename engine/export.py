"""From the ledger to products, card and statistics. Needs no model and no verifier."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.build import build
from engine.config import component_hash, identity, masked
from engine.errors import ConfigError
from engine.judge import COST, cascade
from engine.ledger_reader import groups
from engine.protocols import AcceptRule, Budget, Product, PromptTemplate, Selector, Verifier
from engine.records import Row
from engine.report.card import product_facts, run_facts, write_card
from engine.rundir import RunDir
from engine.stats import settled_funnel, summarise, write_stats
from engine.tally import Settled, Tally, settle

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

    def __post_init__(self) -> None:
        """Build the parts."""
        self.template = build(self.config["prompt"], PromptTemplate, "prompt")
        self.accept = build(self.config["accept"], AcceptRule, "accept")
        self.budget = build(self.config["budget"], Budget, "budget")
        self.versions = verifier_versions(self.config, self.verifiers)
        self.names = cascade(self.verifiers)

    def settled(self, *, text: bool) -> Iterator[Settled]:
        """Every group of the ledger, decided."""
        for group in groups(self.directory.ledger, self.versions, text=text):
            yield settle(group, self.names, self.accept, self.budget)

    def rows(self, tally: Tally | None = None) -> Iterator[Row]:
        """Accepted samples that are no surplus, in problem order; counts groups into ``tally`` on the way."""
        for settled in self.settled(text=True):
            if tally is not None:
                tally.add(settled)
            if settled.group.set_aside is None:
                yield from self._accepted(settled)

    def _accepted(self, settled: Settled) -> Iterator[Row]:
        group, prompt = settled.group, None
        for index, sample in sorted(group.samples.items()):
            decision = settled.decisions[index]
            if decision is not None and decision.accepted and settled.counted(index):
                prompt = prompt or self.template.render(group.problem)
                verdicts = group.verdicts.get(index, {})
                yield Row(
                    group.problem, sample, decision, tuple(verdicts[n] for n in self.names if n in verdicts), prompt
                )


def export(
    exporter: Exporter, select: Mapping[str, Any], products: Mapping[str, Any], seconds: Mapping[str, float]
) -> dict[str, Any]:
    """Write every product, ``stats.json`` and the cards; returns the statistics.

    ``select`` and ``products`` are configuration nodes; ``seconds`` goes into the statistics as it is.
    """
    built = {name: build(cfg, Product, f"product.{name}") for name, cfg in products.items()}
    tally = Tally()
    facts: dict[str, Any] = {}
    dropped: Counter[str] = Counter()
    kept = 0
    for position, (name, product) in enumerate(built.items()):
        first = position == 0
        selected = _Selected(build(select, Selector, "select"), exporter.rows(tally if first else None))
        facts[name] = product.write(iter(selected), str(exporter.directory.products / name))
        if first:
            kept, dropped, exporter.examples = selected.kept, selected.dropped, selected.examples
    if not built:
        for settled in exporter.settled(text=False):
            tally.add(settled)
    counts = tally.result() | {"products": facts, "seconds": dict(seconds)}
    counts["selected"] = {"kept": kept, "dropped": dict(sorted(dropped.items()))}
    stats = summarise(counts) | {"accepted_problems": tally.accepted_problems}
    _write_cards(exporter, counts, facts)
    write_stats(exporter.directory.path / "stats.json", stats)
    return stats


def _write_cards(exporter: Exporter, counts: Mapping[str, Any], products: Mapping[str, Any]) -> None:
    """One card per product and one for the run; nothing in them depends on time or place."""
    config = identity(masked(exporter.config))
    verifiers = [
        {"name": name, "version": v.version, "config_hash": exporter.versions[name].partition("+")[2]}
        for name, v in exporter.verifiers.items()
    ]
    run = {
        "run": exporter.config["run"]["name"],
        "model": config["sampler"].get("model", "not named"),
        "seed": config["run"]["seed"],
        "command": exporter.directory.read_manifest().command,
        "rule": type(exporter.accept).__name__,
        "verifiers": verifiers,
        "funnel": settled_funnel(counts),
        "settings": {name: config[name] for name in ("problems", "prompt", "sampler", "verifier", "budget")},
        "limits": [
            "A row is as right as the verifiers listed here; none of them looks at more than its name says.",
            "Rows repeat the sampler's style and mistakes that no verifier looks for.",
        ],
    }
    for name, facts in products.items():
        write_card(exporter.directory.products / name, product_facts(name, facts, run))
    write_card(exporter.directory.path, run_facts(products, run))


class _Selected:
    """Rows that the selector keeps; counts the others by reason."""

    def __init__(self, selector: Selector, rows: Iterator[Row]) -> None:
        self._selector = selector
        self._rows = rows
        self.kept = 0
        self.dropped: Counter[str] = Counter()
        self.examples: list[Row] = []

    def __iter__(self) -> Iterator[Row]:
        for row, reason in self._selector.select(self._rows):
            if reason is not None:
                self.dropped[reason] += 1
                continue
            self.kept += 1
            if len(self.examples) < EXAMPLES:
                self.examples.append(row)
            yield row


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
