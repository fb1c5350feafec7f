"""The ledger's groups as products see them: decided, without surplus, selected, with locate's labels."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from engine.ledger_reader import connect, groups
from engine.records import Row, Verdict
from engine.rows import RowGroup
from engine.tally import Settled, Tally

if TYPE_CHECKING:
    from engine.export import Exporter

LOCATE = "locate"


class Selection(Protocol):
    """``engine.selection.chain``: the selectors themselves, or the record of what they have found."""

    def apply(self, group: RowGroup) -> RowGroup:
        """The group with what is dropped marked so."""
        ...


def row_groups(exporter: "Exporter", selection: Selection, tally: Tally | None = None) -> Iterator[RowGroup]:
    """Every problem that was sampled, in the order of the source, one at a time; counts each group into ``tally``."""
    ledger = exporter.directory.ledger
    labelled = {} if LOCATE in exporter.names else _labelled(ledger)
    for group in groups(ledger, labelled | exporter.versions):
        # apart, so that the run's own numbers do not count them
        labels = {i: found.pop(LOCATE) for i, found in group.verdicts.items() if labelled and LOCATE in found}
        settled = exporter.settle(group)
        if tally is not None:
            tally.add(settled)
        if group.set_aside is None and group.samples:
            yield selection.apply(_rows(exporter, settled, labels))


def _rows(exporter: "Exporter", settled: Settled, labels: dict[int, Verdict]) -> RowGroup:
    group, prompt = settled.group, exporter.template.render(settled.group.problem)
    rows = []
    for index, sample in sorted(group.samples.items()):
        decision = settled.decisions[index]
        if decision is not None and settled.counted(index):
            found = group.verdicts.get(index, {})
            verdicts = tuple(found[name] for name in exporter.names if name in found)
            rows.append(Row(group.problem, sample, decision, verdicts, prompt, labels.get(index)))
    return RowGroup(group.problem, prompt, tuple(rows))


def _labelled(ledger: Path) -> dict[str, str]:
    """The version of the step labels that ``proofstill locate`` left, where there are any.

    Of several settings, the one that labelled most samples.
    """
    query = """SELECT version || '+' || config_hash FROM verdicts WHERE verifier = $1
        GROUP BY version, config_hash ORDER BY count(DISTINCT (ordinal, index)) DESC, version, config_hash LIMIT 1"""
    with connect(ledger) as connection:
        found = connection.execute(query, [LOCATE]).fetchone()
    return {} if found is None else {LOCATE: found[0]}
