"""Everything on this machine: one sampler, one pool of verifier processes, one writer of the ledger."""

from dataclasses import dataclass

from engine.build import build
from engine.codec import content_id
from engine.config import LedgerSection, LoopSection, PoolSection, component_hash, identity
from engine.executors.handover import stop_earlier_writers
from engine.export import Exporter
from engine.judge import Judge
from engine.ledger import Ledger
from engine.pool import Pool
from engine.problem_run import ProblemRunner
from engine.progress import Progress
from engine.protocols import Sampler


@dataclass(frozen=True)
class Local:
    """No settings: what a machine can bear is set under ``loop`` and ``pool``."""

    def hire(self, exporter: Exporter, progress: Progress) -> ProblemRunner:
        """See ``engine.loop.Executor``."""
        config = exporter.config
        stop_earlier_writers(exporter.directory.ledger)
        pool = Pool(exporter.verifiers, PoolSection(**config["pool"]))
        ledger = Ledger(exporter.directory.ledger, **vars(LedgerSection(**config["ledger"])))
        return runner_of(exporter, progress, pool, ledger, LoopSection(**config["loop"]))


def runner_of(exporter: Exporter, progress: Progress, pool: Pool, ledger: Ledger, limits: LoopSection) -> ProblemRunner:
    """Those who work on one machine's problems. Raises ``ConfigError``."""
    config = exporter.config
    hashes = {name: component_hash(config["verifier"][name], f"verifier.{name}") for name in exporter.verifiers}
    return ProblemRunner(
        template=exporter.template,
        sampler=build(config["sampler"], Sampler, "sampler"),
        judge=Judge(exporter.verifiers, hashes, exporter.accept, pool),
        pool=pool,
        accept=exporter.accept,
        ledger=ledger,
        progress=progress,
        config=limits,
        seed=int(config["run"]["seed"]),
        params_hash=content_id(identity(config["sampler"], "sampler"), identity(config["prompt"], "prompt")),
        stack=content_id(exporter.versions),
    )
