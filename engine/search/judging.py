"""What a search asks of its verifiers and of the base sampler: pieces of a response, verdicts, values."""

import asyncio
from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from engine.codec import derive_seed
from engine.errors import SamplerError
from engine.pool import Pool
from engine.protocols import Sampler
from engine.records import FinishReason, Sample, SampleRequest, Status, Verdict
from engine.samplers.thinking import split_thinking
from engine.search.tree import Node, State

T = TypeVar("T")
Rank = Literal["first", "checker", "logprob", "scorer", "rollouts"]


async def together(work: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Results in order, all made at once; the first error, or being cancelled, ends the rest."""
    tasks = [asyncio.create_task(item) for item in work]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@dataclass
class Judging:
    """The parts around one search; ``seed`` is the search's own."""

    base: Sampler
    pool: Pool
    request: SampleRequest
    seed: int
    rank: Rank
    rollouts: int
    spent: int = 0
    """Tokens sampled so far, of rollouts too."""

    async def pieces(
        self, prefix: str, indices: Sequence[int], purpose: str, until: tuple[str, ...] = ()
    ) -> list[Sample]:
        """Samples of the base sampler that go on from ``prefix``, in the order of ``indices``.

        ``purpose`` and an index give a seed, so what a step says depends on nothing but its place in this search.
        """
        wanted = self.request
        request = SampleRequest(
            problem=wanted.problem,
            prompt=wanted.prompt,
            indices=tuple(indices),
            seeds=tuple(derive_seed(self.seed, purpose, index) for index in indices),
            params_hash=wanted.params_hash,
            prefix=prefix,
            until=until,
        )
        stream = self.base.stream(request)
        try:
            made = [sample async for sample in stream]
        finally:
            close = getattr(stream, "aclose", None)
            if close is not None:
                await close()
        self.spent += sum(sample.tokens for sample in made)
        return sorted(made, key=lambda sample: sample.index)

    def sample(self, text: str, finish_reason: FinishReason = FinishReason.STOP) -> Sample:
        """A response, whole or not, as verifiers meet it. One within its think block is all reasoning."""
        reasoning, answer, _ = self.split(text)
        return Sample(self.request.problem.id, 0, answer, finish_reason, reasoning, self.request.prompt.mode)

    def split(self, text: str) -> tuple[str | None, str, bool]:
        """``split_thinking`` with the tags of the base sampler, where it has its own."""
        tags = (getattr(self.base, "open_tag", "<think>"), getattr(self.base, "close_tag", "</think>"))
        return split_thinking(text, *tags)

    async def check(self, node: Node) -> None:
        """Ask the checker; a refuted node is dropped. An ERROR of the checker rejects nothing."""
        verdict = await self._verdict("checker", self.sample(node.text))
        node.coverage = verdict.score
        if verdict.status == Status.ERROR:
            node.reason = f"not checked: {verdict.reason.code} {verdict.reason.text}"
            return
        marks = verdict.steps or ()
        refuted = [mark for mark in marks if mark.verdict == "refuted"]
        if refuted or verdict.status == Status.FAIL:
            node.state, node.verdict = State.REFUTED, "refuted"
            node.reason = refuted[-1].reason if refuted else verdict.reason.text
            return
        before = self._judged_length(node.parent.text) if node.parent is not None else 0
        new = [mark.verdict for mark in marks if mark.end > before]
        node.verdict = "supported" if new and all(verdict == "supported" for verdict in new) else "unchecked"

    def _judged_length(self, text: str) -> int:
        """Where the steps of ``text`` end in what verifiers judge: reasoning, a blank line, answer."""
        reasoning, answer, _ = self.split(text)
        return len((f"{reasoning}\n\n{answer}" if reasoning else answer).rstrip())

    async def score(self, node: Node) -> None:
        """Give the node what it is ranked by, as ``rank`` says. Raises ``SamplerError`` without log probabilities."""
        if self.rank == "checker":
            node.score = node.coverage
        elif self.rank == "logprob":
            if node.logprob_sum() is None:
                raise SamplerError(
                    "sampler.rank=logprob: the base sampler gives no log probabilities; "
                    "set sampler.base.params.logprobs=true"
                )
            node.score = node.mean_logprob()
        elif self.rank == "scorer" or (self.rank == "rollouts" and node.ended):
            node.score = value(await self._verdict("scorer", self.sample(node.text)))
        elif self.rank == "rollouts":
            await self._roll_out(node)

    async def _roll_out(self, node: Node) -> None:
        """Monte-Carlo value: the share of completions from here that the scorer passes, ERROR left out."""
        made = await self.pieces(node.text, range(self.rollouts), f"rollout {node.id}")
        whole = [sample for sample in made if sample.finish_reason != FinishReason.ERROR]
        verdicts = await together(
            self._verdict("scorer", self.sample(sample.text, sample.finish_reason)) for sample in whole
        )
        judged = [verdict for verdict in verdicts if verdict.status != Status.ERROR]
        passed = sum(verdict.status == Status.PASS for verdict in judged)
        node.rollouts = (passed, len(judged))
        node.score = passed / len(judged) if judged else None

    async def _verdict(self, name: str, sample: Sample) -> Verdict:
        return (await self.pool.verify(name, self.request.problem, sample))[0]


def value(verdict: Verdict) -> float | None:
    """The score of a verdict; where it has none, 1 for PASS, 0 for FAIL, else None."""
    if verdict.status == Status.ERROR or verdict.score is not None:
        return None if verdict.status == Status.ERROR else verdict.score
    return {Status.PASS: 1.0, Status.FAIL: 0.0}.get(verdict.status)
