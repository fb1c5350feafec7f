"""``proofstill run``: open the run directory, build the parts, sample and verify, export, report."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.build import build, locate
from engine.cascade import measures, ordered
from engine.errors import ConfigError, DataError, RunInterruptedError
from engine.export import Exporter, build_verifiers, export
from engine.intake import intake
from engine.judge import check_budget
from engine.ledger_reader import groups
from engine.loop import Executor, Loop
from engine.progress import Progress, ProgressConfig
from engine.protocols import ProblemSource
from engine.records import Manifest, Problem, Row
from engine.rundir import RunDir, manifest_of


def execute(config: dict[str, Any], path: Path, command: str) -> tuple[dict[str, Any], list[Row]]:
    """Run to the end; ``command`` is what the user typed, for the record. Returns statistics and a few accepted rows.

    Raises ``ProofstillError``. Whatever happens, what was finished is committed, and the same call resumes.
    """
    started = time.monotonic()
    if not config["verifier"]:
        raise ConfigError("verifier: none is chosen; use verifier=math, or verifier=[math,my_own] for several")
    directory = RunDir(path)
    verifiers = build_verifiers(config)
    exporter = Exporter(directory, config, verifiers)
    check_budget(verifiers, exporter.budget)
    with directory.locked():
        resumes = directory.adopt(config)
        manifest = manifest_of(config, exporter.versions, command)
        directory.write_manifest(manifest)
        try:
            seconds, learned = asyncio.run(_sample_and_verify(exporter, resumes=resumes))
            stats = export(exporter, config["select"], config["product"], seconds, learned)
        except BaseException as error:
            status = "interrupted" if isinstance(error, RunInterruptedError) else "failed"
            directory.write_manifest(replace(manifest, status=status))
            raise
        if not stats["samples"]["total"]:
            raise DataError(f"the sampler gave no sample for any of {stats['problems']['loaded']} problems")
        stats["seconds"]["total"] = time.monotonic() - started
        directory.write_manifest(_completed(manifest, stats))
    return stats, exporter.examples


async def _sample_and_verify(exporter: Exporter, *, resumes: bool) -> tuple[dict[str, float], dict[str, Any]]:
    """The part that needs a model; returns seconds and shares, and what a sampler on this machine tells of itself."""
    config = exporter.config
    source = build(config["problems"], ProblemSource, "problems")
    executor = build(config["executor"], Executor, "executor")
    known = groups(exporter.directory.ledger, exporter.versions, unsettled=not _looks_back(exporter))
    start = time.monotonic()
    progress = Progress(ProgressConfig(**config["progress"]))
    crew = executor.hire(exporter, progress)
    try:
        with progress:
            if resumes:
                progress.note("resuming: what the ledger holds is kept")
            loop = Loop(ordered(crew, exporter), exporter.budget, progress)
            await until_stopped(loop.run(_announce(intake(source, known), exporter, progress)))
        tell = getattr(getattr(crew, "sampler", None), "facts", dict)
        learned: dict[str, Any] = tell()
    finally:
        shares = await crew.close()
    return {"sample_and_verify": time.monotonic() - start} | shares, learned


def _looks_back(exporter: Exporter) -> bool:
    """Whether a budget, a sampler or the cascade wants to know what came of problems that are settled."""
    sampler = locate(str(exporter.config["sampler"].get("_target_")), "sampler")
    return hasattr(exporter.budget, "purse") or hasattr(sampler, "learn") or measures(exporter)


def _announce(problems: Any, exporter: Exporter, progress: Progress) -> Any:
    """Show what the model is asked, once, before the first sample."""
    shown = False
    for admitted in problems:
        if not shown and admitted.set_aside is None:
            progress.note("first prompt:\n" + _prompt_text(exporter, admitted.problem))
            shown = True
        yield admitted


def _prompt_text(exporter: Exporter, problem: Problem) -> str:
    rendered = exporter.template.render(problem)
    if rendered.text is not None:
        return rendered.text
    return "\n".join(f"[{message.role}] {message.content}" for message in rendered.messages)


async def until_stopped(work: Any) -> None:
    """Await ``work``; the first Ctrl-C or SIGTERM cancels it, the second ends the process at once.

    Raises ``RunInterruptedError``. A second signal is safe: segments of the ledger are whole or absent.
    """
    task = asyncio.ensure_future(work)
    stopped: list[str] = []

    def stop(name: str) -> None:
        if stopped:
            sys.stderr.write("stopped at once; run the same command again to resume\n")
            os._exit(RunInterruptedError.exit_code)
        stopped.append(name)
        sys.stderr.write(f"{name}: committing what is finished; once more stops at once\n")
        task.cancel()

    with _signals(stop):
        try:
            await task
        except asyncio.CancelledError:
            if not stopped:
                raise
            raise RunInterruptedError("interrupted; run the same command again to resume") from None


class _signals:  # noqa: N801  used like a function
    def __init__(self, stop: Callable[[str], None]) -> None:
        self._stop = stop

    def __enter__(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop, number.name)

    def __exit__(self, *_: object) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


def _completed(manifest: Manifest, stats: dict[str, Any]) -> Manifest:
    counts = {
        "problems": stats["problems"]["sampled"],
        "samples": stats["samples"]["total"],
        "accepted": stats["decisions"]["accepted"],
        "errors": stats["decisions"]["error"],
    }
    return replace(manifest, status="complete", counts=counts)
