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

from engine.build import build
from engine.codec import content_id
from engine.config import LedgerSection, LoopSection, PoolSection, component_hash, identity
from engine.errors import ConfigError, DataError, RunInterruptedError
from engine.export import Exporter, build_verifiers, export
from engine.intake import intake
from engine.judge import Judge, check_budget
from engine.ledger import Ledger
from engine.ledger_reader import groups
from engine.loop import Loop
from engine.pool import Pool
from engine.progress import Progress, ProgressConfig
from engine.protocols import ProblemSource, Sampler
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
            seconds = asyncio.run(_sample_and_verify(exporter, resumes=resumes))
            stats = export(exporter, config["select"], config["product"], seconds)
        except BaseException as error:
            status = "interrupted" if isinstance(error, RunInterruptedError) else "failed"
            directory.write_manifest(replace(manifest, status=status))
            raise
        if not stats["samples"]["total"]:
            raise DataError(f"the sampler gave no sample for any of {stats['problems']['loaded']} problems")
        stats["seconds"]["total"] = time.monotonic() - started
        directory.write_manifest(_completed(manifest, stats))
    return stats, exporter.examples


async def _sample_and_verify(exporter: Exporter, *, resumes: bool) -> dict[str, float]:
    """The part that needs a model; returns seconds and shares for the statistics."""
    config = exporter.config
    source = build(config["problems"], ProblemSource, "problems")
    sampler = build(config["sampler"], Sampler, "sampler")
    pool = Pool(exporter.verifiers, PoolSection(**config["pool"]))
    ledger = Ledger(exporter.directory.ledger, **vars(LedgerSection(**config["ledger"])))
    hashes = {name: component_hash(config["verifier"][name], f"verifier.{name}") for name in exporter.verifiers}
    judge = Judge(exporter.verifiers, hashes, exporter.accept, pool)
    known = groups(exporter.directory.ledger, exporter.versions)
    progress_config = ProgressConfig(**config["progress"])
    start = time.monotonic()
    try:
        with Progress(progress_config) as progress:
            loop = Loop(
                template=exporter.template,
                sampler=sampler,
                judge=judge,
                accept=exporter.accept,
                budget=exporter.budget,
                ledger=ledger,
                progress=progress,
                config=LoopSection(**config["loop"]),
                seed=int(config["run"]["seed"]),
                params_hash=content_id(identity(config["sampler"], "sampler"), identity(config["prompt"], "prompt")),
            )
            if resumes:
                progress.note("resuming: what the ledger holds is kept")
            await until_stopped(loop.run(_announce(intake(source, known), exporter, progress)))
    finally:
        # commit first: whatever the other parts do on their way out, finished work is safe
        ledger.close()
        await pool.close()
        await sampler.close()
    return {"sample_and_verify": time.monotonic() - start, "verify_busy": pool.busy_s, "idle_share": loop.idle.share()}


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
