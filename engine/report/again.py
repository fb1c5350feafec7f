"""``proofstill report``: the page again, from a run's ledger alone, also of a run that is not finished."""

import json
from pathlib import Path
from typing import Any

from engine.errors import LedgerError
from engine.export import Exporter, build_verifiers
from engine.report.page import write_report
from engine.rundir import RunDir
from engine.stats import summarise
from engine.tally import Tally

OF_EXPORT = ("products", "selected", "seconds")
"""Statistics of the last export, which the ledger does not hold."""


def report_again(directory: Path) -> Path:
    """Count the ledger anew; write ``stats.json`` and ``report.html``; returns the page's path.

    Takes no lock: segments are whole or absent, so a run may be at work. Raises ``ProofstillError``.
    """
    run = RunDir(directory)
    config = run.load_config()
    exporter = Exporter(run, config, build_verifiers(config))
    tally = Tally()
    for settled in exporter.settled(text=True):
        tally.add(settled)
    stored = _stored(run.path / "stats.json")
    counts = tally.result()
    counts["selected"] = {"kept": 0, "dropped": {"not exported yet": counts["decisions"]["accepted"]}}
    counts |= {key: stored[key] for key in OF_EXPORT if key in stored}
    stats = stored | summarise(counts) | {"accepted_problems": tally.accepted_problems}
    if exporter.purse is not None:
        stats["budget"] = exporter.purse.facts()
    return write_report(exporter, stats, tally.figures, run.read_manifest().status)


def _stored(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        stored = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise LedgerError(f"{path}: is no JSON ({error}); remove it, and run `proofstill export`") from error
    assert isinstance(stored, dict)
    return stored
