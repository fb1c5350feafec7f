"""How many accepted samples are wrong all the same, as far as other verifiers' verdicts can tell.

A witness of an accepted sample is a verifier that was not asked to accept it and judged the same text of the same
problem: one whose PASS its own job's accept rule did not use, or one of another job of the sweep. The estimate is the
share of the accepted samples with a witness that some witness refutes (FAIL). It is a lower bound where witnesses miss
what the verifier missed, too high where a witness is wrong itself, and unknown where there is no witness: verdicts that
accepted a sample can say nothing against it.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from engine.errors import ProofstillError
from engine.export import Exporter, build_verifiers
from engine.records import Decision, Sample, Status
from engine.rundir import RunDir
from engine.stats import clustered_interval

MOST = 2_000_000
"""Samples of all jobs together, above which nothing is estimated: a verdict takes about 200 bytes of memory here."""
KNOWN = (Status.PASS, Status.FAIL)


@dataclass
class Estimate:
    """``refuted`` of ``judged`` accepted samples with a witness; ``low`` and ``high``: 95 %, problems as clusters."""

    accepted: int
    judged: int
    refuted: int
    share: float
    low: float
    high: float
    witnesses: dict[str, int] = field(default_factory=dict)
    """How many accepted samples each verifier refutes."""

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


@dataclass
class _Job:
    """What one job says of texts: ``verdicts[text][verifier]`` is True where it was refuted."""

    verdicts: dict[bytes, dict[str, bool]] = field(default_factory=dict)
    accepted: list[tuple[int, bytes, frozenset[str]]] = field(default_factory=list)
    """Problem's ordinal, text, and the verifiers whose PASS accepted it."""


def estimates(directories: list[Path]) -> tuple[dict[str, Estimate], str]:
    """The estimate of each complete job that has one, by directory name, and a sentence about all of them."""
    if not directories:
        return {}, "no false-PASS estimate: no job is complete"
    try:
        exporters = [_exporter(path) for path in directories]
        versions = [frozenset(_identities(exporter).values()) for exporter in exporters]
        if len(set(versions)) < 2 and all(len(names) < 2 for names in versions):
            return {}, "no false-PASS estimate: every job has the same single verifier, and nobody else judged its rows"
        if sum(_samples(exporter) for exporter in exporters) > MOST:
            return {}, f"no false-PASS estimate: the sweep has more than {MOST:,} samples"
        jobs = [_read(exporter) for exporter in exporters]
    except ProofstillError as error:
        return {}, f"no false-PASS estimate: {error}"
    everybody: dict[bytes, dict[str, bool]] = defaultdict(dict)
    for job in jobs:
        for text, verdicts in job.verdicts.items():
            everybody[text] |= verdicts
    found = {
        path.name: made for path, job in zip(directories, jobs, strict=True) if (made := _estimate(job, everybody))
    }
    if not found:
        return {}, "no false-PASS estimate: no verifier judged a row without having accepted it"
    return (
        found,
        "false PASS: of the accepted rows that a verifier judged which had not accepted them, the share it refutes",
    )


def _estimate(job: _Job, everybody: dict[bytes, dict[str, bool]]) -> Estimate | None:
    by_problem: dict[int, list[bool]] = defaultdict(list)
    witnesses: dict[str, int] = defaultdict(int)
    for ordinal, text, by in job.accepted:
        said = {name: refuted for name, refuted in everybody[text].items() if name not in by}
        for name, wrong in said.items():
            witnesses[name.partition(" ")[0]] += wrong
        if said:
            by_problem[ordinal].append(any(said.values()))
    judged, refuted = sum(map(len, by_problem.values())), sum(map(sum, by_problem.values()))
    if not judged:
        return None
    share = refuted / judged
    # the variance of the ratio's per-problem parts, as problems differ in how many rows they have
    size = judged / len(by_problem)
    parts = [(sum(rows) - share * len(rows)) / size for rows in by_problem.values()]
    variance = sum(part * part for part in parts) / max(len(parts) - 1, 1)
    low, high = clustered_interval(share, variance, len(by_problem), judged)
    return Estimate(len(job.accepted), judged, refuted, share, low, high, dict(sorted(witnesses.items())))


def _read(exporter: Exporter) -> _Job:
    job, identities = _Job(), _identities(exporter)
    for settled in exporter.settled(text=True):
        for index, sample in settled.group.samples.items():
            text = _key(settled.group.problem.id, sample)
            verdicts = settled.group.verdicts.get(index, {})
            known = {identities[n]: v.status == Status.FAIL for n, v in verdicts.items() if v.status in KNOWN}
            job.verdicts.setdefault(text, {}).update(known)
            decision = settled.decisions[index]
            if decision is not None and decision.accepted and settled.counted(index):
                job.accepted.append((settled.group.ordinal, text, frozenset(_by(decision, identities))))
    return job


def _by(decision: Decision, identities: dict[str, str]) -> Iterator[str]:
    return (identities[name] for name in decision.by if name in identities)


def _exporter(path: Path) -> Exporter:
    directory = RunDir(path)
    saved = directory.load_config()
    return Exporter(directory, saved, build_verifiers(saved))


def _identities(exporter: Exporter) -> dict[str, str]:
    """Name to name, version and configuration: the same verifier in two jobs is one witness."""
    return {name: f"{name} {version}" for name, version in exporter.versions.items()}


def _samples(exporter: Exporter) -> int:
    from engine.ledger_reader import connect

    with connect(exporter.directory.ledger) as connection:
        row = connection.execute("SELECT count(*) FROM samples").fetchone()
    return int(row[0]) if row else 0


def _key(problem: str, sample: Sample) -> bytes:
    parts = (problem, sample.reasoning or "", sample.text)
    joined = "\x00".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.blake2b(joined.encode("utf-8", "surrogatepass"), digest_size=12).digest()
