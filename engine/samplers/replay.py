"""A sampler that reads generations which already exist."""

import asyncio
import json
import logging
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from tempfile import TemporaryDirectory
from typing import Any

from engine.errors import ConfigError, SamplerError
from engine.files import expand
from engine.records import FinishReason, Sample, SampleRequest
from engine.samplers.replay_index import Layout, OffsetIndex, Place, build_index
from engine.samplers.thinking import split_thinking, well_formed

FIELDS = (
    *("problem_id", "text", "samples", "reasoning", "model", "mode", "finish_reason", "tokens"),
    *("logprob_sum", "ref_logprob_sum", "policy_step"),
)

_FINISH = {
    "length": FinishReason.LENGTH,
    "max_tokens": FinishReason.LENGTH,
    "error": FinishReason.ERROR,
    "content_filter": FinishReason.ERROR,
}

log = logging.getLogger("proofstill")


@dataclass
class ReplaySampler:
    """Existing generations from JSON lines (``.gz`` too) or Parquet, matched by problem id.

    A file has one generation per row, or k per row in a list column (``fields.samples``) of strings or of objects.
    The index of a sample is its order of appearance among those of its problem; indices beyond the last are not
    produced, so the stream ends early. Memory holds 26 bytes per row, whatever the rows' size. Rows that cannot be
    read are skipped, counted, and reported once in a warning.

    Raises ``DataError`` for a missing file or one without a usable row.
    """

    path: str | tuple[str, ...]
    """File, glob, or several of them; ``.jsonl``, ``.jsonl.gz`` or ``.parquet``."""
    fields: dict[str, str | None] = field(default_factory=lambda: {"problem_id": "id", "text": "text"})
    """Column of each field (see ``FIELDS``); null where there is none. With ``samples``, all but ``problem_id`` are
    keys of the list's objects."""
    model: str = "replay"
    """Name for samples whose row has none."""
    open_tag: str = "<think>"
    """Opens the reasoning inside the text; not looked for in rows with a reasoning of their own."""
    close_tag: str = "</think>"
    """Closes it."""

    def __post_init__(self) -> None:
        for name in self.fields:
            if name not in FIELDS:
                raise ConfigError(f"fields.{name} is no field of a sample: use {', '.join(FIELDS)}")
        layout = Layout(*(self.fields.get(name) for name in ("problem_id", "text", "samples")))
        if layout.problem_id is None or (layout.text is None and layout.samples is None):
            raise ConfigError("fields needs problem_id, and text or samples")
        self._layout = layout
        self._paths = expand(self.path, "sampler.path")
        self._lock = threading.Lock()
        self._index: OffsetIndex | None = None
        self._release = ExitStack()
        self._asked, self._unmatched, self._example = 0, 0, ""

    def available(self, problem_id: str) -> int:
        """Number of samples that exist for a problem. The first call reads the whole file."""
        return sum(place.samples for place in self._open().places(problem_id))

    async def stream(self, request: SampleRequest) -> AsyncIterator[Sample]:
        """Yield the samples that exist among the request's indices, in the order of the file."""
        if request.continues:
            raise SamplerError(
                "sampler=replay has what its file holds and cannot go on from a step: give a model, as in "
                "sampler=openai sampler.model=NAME"
            )
        index = await asyncio.to_thread(self._open) if self._index is None else self._index
        problem_id = request.problem.id
        places = index.places(problem_id)
        self._asked += 1
        if not places:
            self._unmatched += 1
            self._example = problem_id
        seeds = dict(zip(request.indices, request.seeds, strict=True))
        await asyncio.sleep(0)  # let other streams in
        for number, item in _wanted(index, places, self._layout, seeds):
            yield self._sample(request, number, seeds[number], item)

    async def close(self) -> None:
        """Close the files and remove what was unpacked; warn when no problem had a sample."""
        if self._asked and self._asked == self._unmatched:
            log.warning(
                "No row of %s matches any of the %d problems asked for (e.g. %r, while the file has e.g. %r): "
                "set sampler.fields.problem_id",
                self.path,
                self._asked,
                self._example,
                self._index.example if self._index else None,
            )
        self._asked = self._unmatched = 0
        with self._lock:
            self._release.close()
            self._index = None

    def _open(self) -> OffsetIndex:
        with self._lock:
            if self._index is None:
                with ExitStack() as stack:
                    scratch = stack.enter_context(TemporaryDirectory(prefix="proofstill-replay-"))
                    self._index, bad = build_index(self._paths, self._layout, scratch)
                    stack.callback(self._index.close)
                    self._release = stack.pop_all()
                if bad.count:
                    log.warning("Skipped %d unusable rows of %s; the first: %s", bad.count, self.path, bad.first)
            return self._index

    def _sample(self, request: SampleRequest, index: int, seed: int, item: Any) -> Sample:
        row = item if isinstance(item, dict) else {}
        text = row[self.fields["text"]] if isinstance(item, dict) else item
        reasoning, closed = self._get(row, "reasoning", str), True
        text = well_formed(text)
        if reasoning is None:
            reasoning, text, closed = split_thinking(text, self.open_tag, self.close_tag)
        else:
            reasoning = well_formed(reasoning)
        finish = _FINISH.get(self._get(row, "finish_reason", str) or "stop", FinishReason.STOP)
        logprobs = [self._get(row, name, float, int) for name in ("logprob_sum", "ref_logprob_sum")]
        logprob_sum, ref_logprob_sum = (None if value is None else float(value) for value in logprobs)
        step = self._get(row, "policy_step", int)
        return Sample(
            problem_id=request.problem.id,
            index=index,
            text=text,
            finish_reason=finish if closed else FinishReason.LENGTH,
            reasoning=reasoning,
            mode=self._get(row, "mode", str) or request.prompt.mode,
            tokens=self._get(row, "tokens", int) or 0,
            logprob_sum=logprob_sum,
            ref_logprob_sum=ref_logprob_sum,
            model=self._get(row, "model", str) or self.model,
            seed=seed,
            params_hash=request.params_hash,
            lineage={} if step is None else {"policy_step": step},
        )

    def _get(self, row: dict[str, Any], name: str, *kinds: type) -> Any:
        """Value of an optional field, or None where it is absent or of another type."""
        column = self.fields.get(name)
        value = row.get(column) if column is not None else None
        return value if type(value) in kinds else None


def _wanted(
    index: OffsetIndex, places: list[Place], layout: Layout, seeds: dict[int, int]
) -> Iterator[tuple[int, Any]]:
    """Pairs (sample index, text or object) of the indices in ``seeds``; each row is read once."""
    first = 0
    for place in places:
        wanted = [i for i in range(place.samples) if first + i in seeds]
        if wanted:
            items = layout.items(json.loads(index.read(place)))
            for i in wanted:
                yield first + i, items[i]
        first += place.samples
