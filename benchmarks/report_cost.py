"""What report.html costs, and how large it is, for finished runs.

    python benchmarks/report_cost.py RUN [RUN ...] [--repeat N]

CPU seconds of one process, the least of N: `read` reads and decides the ledger, which any export does (the baseline);
`count` is what the charts' numbers add to that; `embed` and `draw` are what comes after. `share` is what the report
adds to the run's own seconds, as `stats.json` has them. MB is 10^6 bytes, `memory` the peak of the process.
"""

import argparse
import json
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.export import Exporter, build_verifiers
from engine.report.again import report_again
from engine.report.embed import embed
from engine.report.figures import Figures
from engine.report.overview import overview
from engine.report.page import render
from engine.rundir import RunDir


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("--repeat", type=int, default=1)
    options = parser.parse_args()
    names = ("samples", "carried", "read s", "count s", "embed s", "draw s", "share", "page MB", "memory MB", "run")
    print(*(f"{name:>9}" for name in names))
    for path in options.runs:
        rows = [measured(path) for _ in range(options.repeat)]
        read, count, size, draw = (min(row[i] for row in rows) for i in range(4))
        stats, carried, page = rows[0][4:]
        spent = sum(n for what, n in stats["seconds"].items() if not what.endswith(("share", "busy")))
        share = f"{(count + size + draw) / spent:.1%}" if spent else "-"
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
        figures = (f"{n:.2f}" for n in (read, count, size, draw))
        row = (stats["samples"]["total"], carried, *figures, share, f"{page / 1e6:.2f}", f"{peak:.0f}", path)
        print(*(f"{cell!s:>9}" for cell in row), flush=True)


def measured(path: Path) -> tuple[Any, ...]:
    stats = told(report_again(path).parent)
    config = RunDir(path).load_config()
    exporter = Exporter(RunDir(path), config, build_verifiers(config))
    figures, count = Figures(), 0.0
    start = time.process_time()
    for settled in exporter.settled(text=True):
        began = time.process_time()
        figures.add(settled)
        count += time.process_time() - began
    read = time.process_time() - start - count
    kept: dict[str, Any] = {}
    size = seconds(lambda: kept.update(embedded=embed(exporter, figures.chooser)))
    draw = seconds(lambda: kept.update(page=render(overview(exporter, stats, "complete"), kept["embedded"], stats)))
    return read, count, size, draw, stats, kept["embedded"].samples, len(kept["page"].encode())


def told(directory: Path) -> dict[str, Any]:
    stats: dict[str, Any] = json.loads((directory / "stats.json").read_text())
    return stats


def seconds(work: Callable[[], Any]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


if __name__ == "__main__":
    main()
