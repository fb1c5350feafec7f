"""From the ledger to ``runs/NAME/alphacode/``: every problem analysed in worker processes, written in its order.

What programs gave is kept under ``alphacode/ran/``, so the same command goes on where it was killed, and ends with the
same files.
"""

import asyncio
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.alphacode.generators import gather
from engine.alphacode.summary import Totals
from engine.alphacode.workers import Workers
from engine.build import build
from engine.codec import to_json
from engine.errors import ConfigError, DataError
from engine.export import Exporter, build_verifiers
from engine.ledger import dumps
from engine.protocols import Analysis, Sampler
from engine.records import Problem, TestCase
from engine.rundir import RunDir
from engine.stats import write_stats
from engine.tally import Settled

FILES = ("tests", "problems", "submissions")


def run(config: dict[str, Any]) -> dict[str, Any]:
    """Analyse the run in ``config["run"]``; returns the statistics.

    Raises ``ConfigError``, and ``DataError`` when the run holds no sample of a problem with tests.
    """
    directory = RunDir(Path(config["run"]))
    saved = directory.load_config()
    out = directory.path / "alphacode"
    analysis = build(config["analysis"], Analysis, "analysis")
    if config["workers"] < 0 or config["generators"] < 1:
        raise ConfigError("workers must be 0 or more, and generators 1 or more")
    with directory.locked():
        exporter = Exporter(directory, saved, build_verifiers(saved))
        out.mkdir(exist_ok=True)
        generators: dict[str, list[str]] = {}
        if config["sampler"]:
            sampler = build(config["sampler"], Sampler, "sampler")
            problems = (settled.group.problem for settled in _groups(exporter))
            settings = {"config": config["sampler"], "count": config["generators"], "directory": out}
            generators = asyncio.run(gather(problems, analysis.ask, sampler, **settings))
        with Workers(analysis, config["workers"] or len(os.sched_getaffinity(0))) as workers:
            totals = _write(exporter, workers, generators, out, weak=config["weak_tests"])
    if not totals.problems:
        raise DataError(f"{directory.path}: its ledger holds no sample of a problem with tests")
    stats = totals.result()
    write_stats(out / "stats.json", stats)
    return stats


def _groups(exporter: Exporter) -> Iterator[Settled]:
    for settled in exporter.settled(text=True):
        group = settled.group
        if group.set_aside is None and group.samples and group.problem.tests is not None:
            yield settled


def _write(
    exporter: Exporter, workers: Workers, generators: Mapping[str, list[str]], out: Path, *, weak: bool
) -> Totals:
    """Analyse and write the rows of every problem, each file whole at the end."""
    totals = Totals()
    names = (*FILES, "problems_with_tests")
    partial = {name: out / f".{name}.jsonl.new" for name in names}
    sinks = {name: path.open("w", encoding="ascii") for name, path in partial.items()}
    try:
        for settled, result in workers.map(_tasks(exporter, generators, out)):
            totals.add(result["problem"])
            rows = {**result, "problems": [result["problem"]]}
            for name in FILES:
                sinks[name].writelines(json.dumps(row) + "\n" for row in rows[name])
            added = [row for row in result["tests"] if weak or not row["weak"]]
            sinks["problems_with_tests"].write(dumps(_extended(settled.group.problem, added)) + "\n")
    finally:
        for sink in sinks.values():
            sink.close()
    for name, path in partial.items():
        path.replace(out / f"{name}.jsonl")
    return totals


def _tasks(
    exporter: Exporter, generators: Mapping[str, list[str]], out: Path
) -> Iterator[tuple[Settled, tuple[Any, ...]]]:
    for settled in _groups(exporter):
        problem = settled.group.problem
        accepted = {
            index: None if decision is None or decision.error else decision.accepted
            for index, decision in settled.decisions.items()
        }
        samples = [sample for _, sample in sorted(settled.group.samples.items())]
        yield settled, (problem, samples, accepted, generators.get(problem.id, []), str(out / "ran"))


def _extended(problem: Problem, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The problem with the tests added, as ``problems=jsonl`` reads it."""
    assert problem.tests is not None
    cases = tuple(TestCase(**row["case"]) for row in rows)
    tests = replace(problem.tests, cases=problem.tests.cases + cases)
    row: dict[str, Any] = to_json(replace(problem, tests=tests))
    return row
