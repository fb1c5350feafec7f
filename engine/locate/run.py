"""Locates the first wrong steps of a run's samples: many solutions at once, and the same labels however often killed.

Everything that decides, decides on what the ledger holds or will hold: a resumed command makes the same decisions
again, finds the rollouts that they led to in the ledger, and makes only those that are missing. Solutions are worked
on in blocks, two at a time; what a block teaches about e is used two blocks later, so it does not depend on who is
faster.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from engine.build import build
from engine.codec import content_id
from engine.config import LedgerSection, PoolSection, component_hash, identity
from engine.errors import ConfigError, DataError, UsageError
from engine.export import Exporter, build_verifiers
from engine.judge import Judge
from engine.ledger import Ledger
from engine.ledger_reader import Group, groups
from engine.locate.candidates import Candidate, Choice, draws
from engine.locate.labels import NAME, VERSION, label, same
from engine.locate.learned import Learned
from engine.locate.methods import Bayes, Binary, Linear, Method
from engine.locate.posterior import Prior, Rates, Solution, weigh
from engine.locate.response import Tags
from engine.locate.rollouts import PER_STEP, Roller, Suspect
from engine.locate.summary import Totals
from engine.loop import first_error
from engine.pool import Pool
from engine.problem_run import TICK_S
from engine.progress import Progress, ProgressConfig
from engine.protocols import Sampler, Verifier
from engine.records import Problem
from engine.run import until_stopped
from engine.rundir import RunDir
from engine.stats import write_stats
from engine.tally import Settled

CUT = "locate"
Block = list[tuple[Settled, list[Candidate]]]
METHODS = ("bayes", "linear", "binary")


def run(config: dict[str, Any]) -> dict[str, Any]:
    """Label the steps of the run in ``config["run"]``; returns the statistics.

    Raises ``ProofstillError``; what was finished is committed, and the same call goes on.
    """
    _check(config)
    directory = RunDir(Path(config["run"]))
    saved = directory.load_config()
    with directory.locked():
        exporter = Exporter(directory, saved, build_verifiers(saved))
        stats = asyncio.run(_locate(Setup(config, exporter)))
        write_stats(directory.path / "locate.json", stats)
    return stats


def _check(config: dict[str, Any]) -> None:
    if config["method"] not in METHODS:
        raise ConfigError(f"method: {config['method']!r} is none of {', '.join(METHODS)}")
    for name in ("k", "wave", "rollouts", "per_problem", "open_solutions"):
        most = PER_STEP if name in ("k", "rollouts") else None
        if config[name] < 1 or (most and config[name] >= most):
            raise ConfigError(f"{name} is {config[name]}: give a number from 1" + (f" to {most - 1}" if most else ""))
    for name in ("accepted_share", "least_right"):
        if not 0 <= config[name] <= 1:
            raise ConfigError(f"{name} is {config[name]}: give a number from 0 to 1")
    if not 0.5 < config["confidence"] < 1:
        raise ConfigError(f"confidence is {config['confidence']}: give a number above 0.5 and below 1")
    Prior(**config["prior"])
    if len(config["verifier"]) != 1:
        raise ConfigError("verifier: choose the one that cuts samples into steps, such as verifier=[steps]")


@dataclass
class Setup:
    """The parts, from the command's configuration and that of the run."""

    config: dict[str, Any]
    exporter: Exporter

    def __post_init__(self) -> None:
        saved, config = self.exporter.config, self.config
        self.cutter = next(iter(build_verifiers(config).values()))
        self.verifiers: dict[str, Verifier] = {**self.exporter.verifiers, CUT: self.cutter}
        sampler = config["sampler"] or saved["sampler"]
        self.sampler = build(sampler, Sampler, "sampler")
        prompt = identity(saved["prompt"], "prompt")
        self.params_hash = content_id(identity(sampler, "sampler"), prompt)
        self.own = self.params_hash == content_id(identity(saved["sampler"], "sampler"), prompt)
        self.tags = Tags(sampler.get("open_tag", Tags.opening), sampler.get("close_tag", Tags.closing))
        self.seed = int(saved["run"]["seed"])
        self.prior = Prior(**config["prior"])
        deciding = {name: value for name, value in config.items() if name not in ("run", "sampler")}
        self.config_hash = content_id(identity(deciding), self.params_hash)
        self.choice = Choice(config["per_problem"], config["accepted_share"], self.seed)

    def method(self, *, accepted: bool) -> Method:
        """The method for an accepted or a rejected sample."""
        config = self.config
        if config["method"] == "bayes":
            return Bayes(config["confidence"], config["rollouts"], config["wave"], config["least_right"])
        return (Linear if config["method"] == "linear" else Binary)(config["k"], accepted)

    def settled(self, *, text: bool) -> Iterator[Settled]:
        """Every group of the run, decided, with the labels that it has."""
        exporter = self.exporter
        versions = {**exporter.versions, NAME: f"{VERSION}+{self.config_hash}"}
        with closing(groups(exporter.directory.ledger, versions, text=text)) as found:
            for group in found:
                if group.set_aside is None and group.samples:
                    yield exporter.settle(group)


async def _locate(setup: Setup) -> dict[str, Any]:
    config, exporter = setup.config, setup.exporter
    seen = Counter(draws(settled) for settled in setup.settled(text=False))
    pool = Pool(setup.verifiers, PoolSection(**config["pool"]))
    ledger = Ledger(exporter.directory.ledger, **vars(LedgerSection(**config["ledger"])))
    hashes = {name: component_hash(exporter.config["verifier"][name], f"verifier.{name}") for name in exporter.names}
    judge = Judge(exporter.verifiers, hashes, exporter.accept, pool)
    if judge.group_names:
        raise UsageError(f"verifier.{judge.group_names[0]} judges all samples of a problem together, never a rollout")
    learned = Learned(setup.prior, seen, setup.own)
    totals = Totals()
    try:
        with Progress(ProgressConfig(**config["progress"])) as progress:
            if not setup.own:
                progress.note("the rollouts' sampler is not the run's: pass rates of the run are a guess at its own")
            roller = Roller(setup.sampler, judge, ledger, progress, setup.tags, setup.seed, setup.params_hash)
            await until_stopped(Work(setup, roller, pool, learned, totals).run())
    finally:
        ledger.close()
        await pool.close()
        await setup.sampler.close()
    if not totals.solutions:
        raise DataError(
            f"{exporter.directory.path}: no sample to look into: none is rejected that was judged and made to its end"
        )
    return totals.result(learned)


@dataclass
class Work:
    """Goes through the run in blocks."""

    setup: Setup
    roller: Roller
    pool: Pool
    learned: Learned
    totals: Totals
    running: deque[asyncio.Task[list[Suspect]]] = field(default_factory=deque)

    async def run(self) -> None:
        """Work through all blocks. Raises the first ``ProofstillError`` of any part; the rest is cancelled."""
        keeper = asyncio.create_task(self._keep())
        try:
            async with asyncio.TaskGroup() as tasks:
                blocks = self._blocks()
                while block := await asyncio.to_thread(next, blocks, None):
                    while len(self.running) > 1:
                        self._learn(await self.running.popleft())
                    rates = [self.learned.rates(*draws(settled)) for settled, _ in block]
                    self.running.append(tasks.create_task(self._block(block, rates)))
                while self.running:
                    self._learn(await self.running.popleft())
        except ExceptionGroup as group:
            raise first_error(group) from group
        finally:
            keeper.cancel()

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            if self.roller.ledger.due:
                self.roller.ledger.flush()

    def _blocks(self) -> Iterator[Block]:
        """Problems with what is to be looked into, ``open_solutions`` solutions at a time."""
        block: Block = []
        for settled in self.setup.settled(text=True):
            if candidates := list(self.setup.choice.of(settled)):
                block.append((settled, candidates))
            if sum(len(many) for _, many in block) >= self.setup.config["open_solutions"]:
                yield block
                block = []
        if block:
            yield block

    def _learn(self, suspects: list[Suspect]) -> None:
        for suspect in suspects:
            method = self.setup.method(accepted=suspect.candidate.accepted)
            self.learned.add(suspect.solution, method.conclude(suspect.solution).belief)
        self.learned.learn()

    async def _block(self, block: Block, rates: list[Rates]) -> list[Suspect]:
        async with asyncio.TaskGroup() as tasks:
            made = [tasks.create_task(self._problem(*one, of)) for one, of in zip(block, rates, strict=True)]
        return [suspect for task in made for suspect in task.result()]

    async def _problem(self, settled: Settled, candidates: list[Candidate], rates: Rates) -> list[Suspect]:
        """One problem's solutions, in rounds: all of them say where their next rollouts start, then all get them."""
        group = settled.group
        prompt = self.setup.exporter.template.render(group.problem)
        cut = await asyncio.gather(*(self._cut(group.problem, candidate, rates) for candidate in candidates))
        suspects = [suspect for suspect in cut if suspect is not None]
        for suspect in suspects:
            self.roller.set_apart(suspect, group)
        while wanted := [(suspect, step) for suspect in suspects for step in self._asks(suspect)]:
            await self.roller.roll(group, prompt, wanted)
        for suspect in suspects:
            self._keep_label(group, suspect)
        self.roller.progress.update(settled=1)
        return suspects

    async def _cut(self, problem: Problem, candidate: Candidate, rates: Rates) -> Suspect | None:
        """The candidate in steps; None when it cannot be cut."""
        verdict, _ = await self.pool.verify(CUT, problem, candidate.sample)
        if not verdict.steps or len(verdict.steps) >= PER_STEP:
            self.totals.uncut += 1
            return None
        marks = [step.verdict for step in verdict.steps] if self.setup.config["use_marks"] else []
        weights = weigh(len(verdict.steps), marks, self.setup.prior, accepted=candidate.accepted)
        return Suspect(candidate, verdict.steps, Solution(len(verdict.steps), rates, weights))

    def _asks(self, suspect: Suspect) -> list[int]:
        return list(self.setup.method(accepted=suspect.candidate.accepted).ask(suspect.solution))

    def _keep_label(self, group: Group, suspect: Suspect) -> None:
        found = self.setup.method(accepted=suspect.candidate.accepted).conclude(suspect.solution)
        made = label(suspect, found, self.setup.config["method"], self.setup.config_hash)
        old = group.verdicts.get(made.index, {}).get(NAME)
        if not same(old, made):
            self.roller.ledger.add_verdict(group.ordinal, replace(made, attempt=1 if old is None else old.attempt + 1))
        self.totals.add(suspect, found)
