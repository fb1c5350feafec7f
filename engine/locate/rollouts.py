"""Makes, judges and keeps rollouts. One that the ledger has already is taken from there.

The k-th rollout from a prefix has an index of its own, ``1_000_000 * (parent + 1) + 1_000 * step + k``, and so a
seed of its own: what it says does not depend on when it is asked for, and methods share it.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import islice

from engine.codec import derive_seed
from engine.errors import SamplerError
from engine.judge import Judge
from engine.ledger import Ledger
from engine.ledger_reader import Group
from engine.locate.candidates import Candidate
from engine.locate.posterior import Solution
from engine.locate.response import Tags, beginning, taken_apart
from engine.progress import Progress
from engine.protocols import Sampler
from engine.records import FinishReason, Rendered, Sample, SampleRequest, Status, StepMark

PER_PARENT = 1_000_000
PER_STEP = 1_000


@dataclass
class Suspect:
    """A candidate cut into steps, with what is known of it."""

    candidate: Candidate
    marks: tuple[StepMark, ...]
    solution: Solution
    tokens: int = 0
    """Of its rollouts."""
    errors: int = 0
    """Rollouts that could not be made or judged."""
    others: set[int] = field(default_factory=set)
    """Numbers that rollouts of another model or another segmentation have."""

    @property
    def base(self) -> int:
        """Index of its first possible rollout."""
        return PER_PARENT * (self.candidate.sample.index + 1)

    def number(self, step: int, k: int) -> int:
        """Number of its k-th rollout from the beginning of ``step``."""
        free = (n for n in range(PER_STEP * step, PER_STEP * (step + 1)) if n not in self.others)
        return next(islice(free, k, None))


@dataclass(frozen=True)
class Ask:
    """Rollouts of one suspect from one prefix."""

    prefix: str
    suspect: Suspect
    step: int
    indices: list[int]


@dataclass
class Roller:
    """What all rollouts of a run share."""

    sampler: Sampler
    judge: Judge
    ledger: Ledger
    progress: Progress
    tags: Tags
    seed: int
    params_hash: str

    def set_apart(self, suspect: Suspect, group: Group) -> None:
        """Find the numbers that rollouts of another kind have: those stay as they are, and are no evidence."""
        for index, sample in group.rollouts.items():
            number = index - suspect.base
            if sample.parent == suspect.candidate.sample.index and not self._fits(suspect, number, sample):
                suspect.others.add(number)

    def _fits(self, suspect: Suspect, number: int, sample: Sample) -> bool:
        step = number // PER_STEP
        cut = suspect.marks[step].start if step < len(suspect.marks) else None
        return sample.lineage.get("prefix") == cut and sample.params_hash == self.params_hash

    async def roll(self, group: Group, prompt: Rendered, wanted: list[tuple[Suspect, int]]) -> None:
        """Make a rollout of each (suspect, step) and add it to the suspect's solution.

        Rollouts of one problem are asked for together and in the order of their prefixes, so that a server still has
        the beginning that they share.
        """
        suspects = {suspect.base: suspect for suspect, _ in wanted}
        asks = []
        for (base, step), many in Counter((suspect.base, step) for suspect, step in wanted).items():
            suspect = suspects[base]
            known = suspect.solution.asked[step]
            prefix = beginning(suspect.candidate.sample, suspect.marks[step].start, self.tags)
            asks.append(Ask(prefix, suspect, step, [base + suspect.number(step, known + i) for i in range(many)]))
        asks.sort(key=lambda ask: (ask.prefix, ask.suspect.base))
        made = await asyncio.gather(*(self._continue(group, prompt, ask) for ask in asks))
        for ask, outcomes in zip(asks, made, strict=True):
            for sample, right in outcomes:
                ask.suspect.tokens += sample.tokens
                ask.suspect.errors += right is None
                ask.suspect.solution.add(ask.step, right)

    async def _continue(self, group: Group, prompt: Rendered, ask: Ask) -> list[tuple[Sample, bool | None]]:
        """The rollouts with these indices and whether each is right, in their order."""
        samples = {index: group.rollouts[index] for index in ask.indices if index in group.rollouts}
        missing = tuple(index for index in ask.indices if index not in samples)
        if missing:
            seeds = tuple(derive_seed(self.seed, group.problem.id, index) for index in missing)
            request = SampleRequest(group.problem, prompt, missing, seeds, self.params_hash, ask.prefix)
            lineage = {"parent": ask.suspect.candidate.sample.index, "prefix": ask.suspect.marks[ask.step].start}
            for made in await self._made(request):
                apart = taken_apart(made, self.tags, raw=request.continues)
                samples[made.index] = replace(apart, lineage=lineage)
                self.ledger.add_sample(group.ordinal, samples[made.index])
                self.progress.update(samples=1, tokens=made.tokens)
        rights = await asyncio.gather(*(self._right(group, samples[index]) for index in ask.indices))
        return list(zip((samples[index] for index in ask.indices), rights, strict=True))

    async def _made(self, request: SampleRequest) -> list[Sample]:
        stream = self.sampler.stream(request)
        try:
            made = [sample async for sample in stream]
        finally:
            close = getattr(stream, "aclose", None)
            if close is not None:
                await close()
        if sorted(sample.index for sample in made) != sorted(request.indices):
            raise SamplerError(f"the sampler gave {len(made)} of {len(request.indices)} rollouts; use another one")
        return made

    async def _right(self, group: Group, sample: Sample) -> bool | None:
        """Whether the run accepts it; None when that is not known, or it was cut off before its end."""
        verdicts, decision = await self.judge.judge(group.problem, sample, group.verdicts.get(sample.index, {}))
        for verdict in verdicts:
            self.ledger.add_verdict(group.ordinal, verdict)
        known = decision is not None and not decision.error
        accepted = decision is not None and decision.accepted
        self.progress.update(
            verdicts=len(verdicts),
            judged=1,
            accepted=int(accepted),
            errors=int(any(v.status == Status.ERROR for v in verdicts)),
        )
        if not known or (not accepted and sample.finish_reason != FinishReason.STOP):
            return None
        return accepted
