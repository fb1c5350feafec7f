"""Step-level rejection sampling and beam search: a sampler that makes each sample of steps that stand a check.

After search-and-learn's beam search and diverse verifier tree search, and after OmegaPRM's Monte-Carlo values, with a
three-valued checker in front: a refuted step is dropped, and a beam without a sound step backs up instead of dying.
"""

import asyncio
import typing
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from engine.config import PoolSection
from engine.errors import ConfigError, SamplerError
from engine.pool import Pool
from engine.protocols import Sampler, Verifier
from engine.records import Sample, SampleRequest
from engine.search.judging import Judging, Rank
from engine.search.walk import Walk

__all__ = ["StepSearch"]

Step = Literal["line", "paragraph"]
UNTIL = {"line": "\n", "paragraph": "\n\n"}


@dataclass
class StepSearch:
    """Samples made step by step, each by a search of its own.

    Every node of a search draws from a seed that is derived from its index's seed, so a sample is the same whichever
    other indices are asked for, whatever shares its batches, and after a resume. (Several samples out of one tree
    would be cheaper, but would then depend on each other.) All searches run at once, so the base sampler's batches
    are as full as with whole samples.

    ``Sample.tokens`` counts every token that was sampled for it, dropped steps and rollouts included: it is the price.
    ``Sample.lineage`` holds ``search`` (how), ``text_tokens`` (tokens of the response itself) and the labelled tree
    (``engine.search.tree.labelled``). A search that cannot go on gives its longest sound beginning with
    ``finish_reason`` LENGTH. Such samples are off-policy: not what the base sampler would have said.
    """

    operational: ClassVar[tuple[str, ...]] = ("pool",)
    """May change when a run is resumed."""

    base: Sampler
    """Proposes steps; must be able to go on from a prefix."""
    checker: Verifier
    """Refutes steps: a candidate is dropped on FAIL or when a step of it is refuted."""
    scorer: Verifier | None = None
    """Ranks partial responses by its verdict's score or, with ``rank: rollouts``, passes complete ones."""
    rank: Rank = "first"
    """``first``: candidates come one by one, the first sound one is taken. Else all k come at once and the best are
    kept, by ``checker`` (its score), ``logprob`` (mean per token), ``scorer`` or ``rollouts``. Ties go to the higher
    mean log probability, where the base sampler gives it, then to the earlier one."""
    k: int = 4
    """Candidates for a step."""
    beams: int = 1
    """Partial responses kept."""
    rollouts: int = 0
    """Completions per candidate, for ``rank: rollouts``."""
    step: Step = "line"
    """What a step is: a line, or a paragraph."""
    final: tuple[str, ...] = ("\\boxed{",)
    """A step with one of these, outside a think block, is the last one."""
    max_steps: int = 32
    """Steps of a sample."""
    backups: int = 2
    """How often a search may go back a step because all candidates were dropped."""
    pool: PoolSection = field(default_factory=lambda: PoolSection(workers=1))
    """Processes of checker and scorer."""

    def __post_init__(self) -> None:
        for name, kind in (("rank", Rank), ("step", Step)):
            if getattr(self, name) not in typing.get_args(kind):
                raise ConfigError(f"{name} is {getattr(self, name)!r}: use {', '.join(typing.get_args(kind))}")
        for name, least in (("k", 1), ("beams", 1), ("max_steps", 1), ("backups", 0), ("rollouts", 0)):
            if getattr(self, name) < least:
                raise ConfigError(f"{name} is {getattr(self, name)}: it must be at least {least}")
        if self.rank == "first" and self.beams > 1:
            raise ConfigError(f"beams is {self.beams}: rank=first follows one beam; choose another rank")
        if self.rank in ("scorer", "rollouts") and self.scorer is None:
            raise ConfigError(f"scorer is null: rank={self.rank} needs a verifier there, as in {{_target_: …}}")
        if (self.rank == "rollouts") != (self.rollouts > 0):
            raise ConfigError(f"rollouts is {self.rollouts}: rank=rollouts needs at least 1, any other rank 0")
        if not all(self.final):
            raise ConfigError("final holds an empty string, which every step has; take it out")
        self._pool: Pool | None = None

    @property
    def model(self) -> str:
        """The base sampler's."""
        return self.base.model

    async def stream(self, request: SampleRequest) -> AsyncIterator[Sample]:
        """Yield the samples of ``request`` as their searches end; closing cancels all that is in flight.

        Raises ``SamplerError`` when asked to go on from a prefix, and what the base sampler raises.
        """
        if request.continues:
            raise SamplerError("a search cannot go on from a prefix: use its base sampler, as in sampler=tiny")
        tasks = {
            asyncio.create_task(self._search(request, index, seed))
            for index, seed in zip(request.indices, request.seeds, strict=True)
        }
        pending = tasks
        try:
            while pending:
                done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    yield task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def close(self) -> None:
        """End the verifiers' processes and close the base sampler."""
        pool, self._pool = self._pool, None
        if pool is not None:
            await pool.close()
        await self.base.close()

    async def _search(self, request: SampleRequest, index: int, seed: int) -> Sample:
        if self._pool is None:  # it belongs to the event loop that samples
            verifiers = {"checker": self.checker} | ({"scorer": self.scorer} if self.scorer is not None else {})
            self._pool = Pool(verifiers, self.pool)
        judging = Judging(self.base, self._pool, request, seed, self.rank, self.rollouts)
        walk = Walk(
            judging,
            k=self.k,
            beams=self.beams,
            until=UNTIL[self.step],
            final=self.final,
            max_steps=self.max_steps,
            backups=self.backups,
        )
        return await walk.run(index, seed)
