"""One batch through ``generate``: every row draws from its own seed, so its text never depends on its neighbours."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from engine.records import FinishReason, SamplingParams
from engine.samplers.local_model import LocalModel
from engine.samplers.tokens import Encoded

SHORT = 256
"""Completion tokens up to which a preallocated cache is the faster one (twice as fast at 100, on a CPU)."""
LOOK_BACK = 8
"""Tokens decoded beyond a stop string's own bytes when looking for it: hidden tokens have no text."""


@dataclass
class BatchRow:
    """One completion in the making."""

    prompt: Encoded
    seed: int
    wanted: Callable[[], bool]
    """False once nobody waits for it any more."""
    until: tuple[str, ...] = ()
    """It also ends after the first of these strings."""
    tokens: list[int] = field(default_factory=list)
    """Completion tokens so far, end token included."""
    logprobs: list[float] = field(default_factory=list)
    """Log probability of each token at temperature 1, when asked for."""
    finish_reason: FinishReason | None = None
    rng: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)


def generate(model: LocalModel, rows: list[BatchRow], params: SamplingParams) -> None:
    """Fill in ``tokens``, ``logprobs`` and ``finish_reason`` of all rows; None for one that nobody wanted any more."""
    import torch
    from transformers import LogitsProcessorList, StoppingCriteriaList

    net = model.model
    # a growing cache is copied at every token; a preallocated one is attended to in full at every token
    preallocate = params.max_tokens <= SHORT and getattr(net, "_can_compile_fullgraph", False)
    width = max(len(row.prompt.ids) for row in rows)
    gaps = [width - len(row.prompt.ids) for row in rows]
    pad = net.generation_config.pad_token_id
    ids = torch.tensor([[pad] * gap + row.prompt.ids for gap, row in zip(gaps, rows, strict=True)])
    mask = torch.tensor([[0] * gap + [1] * len(row.prompt.ids) for gap, row in zip(gaps, rows, strict=True)])
    with torch.inference_mode():
        net.generate(
            input_ids=ids.to(net.device),
            attention_mask=mask.to(net.device),
            max_new_tokens=params.max_tokens,
            cache_implementation="static" if preallocate else None,
            disable_compile=True,
            logits_processor=LogitsProcessorList([_chooser(rows, params)]),
            stopping_criteria=StoppingCriteriaList([_stopper(model, rows, params)]),
        )


def _chooser(rows: list[BatchRow], params: SamplingParams) -> Callable[[Any, Any], Any]:
    """A logits processor that leaves one token per row, drawn with the row's own generator."""
    import torch

    def choose(_ids: Any, scores: Any) -> Any:
        draws = [row.rng.random() for row in rows]
        chosen = pick(scores, draws, params)
        if params.logprobs:
            values = torch.log_softmax(scores, dim=-1).gather(1, chosen).squeeze(1).tolist()
            for row, value in zip(rows, values, strict=True):
                if row.finish_reason is None:
                    row.logprobs.append(value)
        return torch.full_like(scores, -torch.inf).scatter_(1, chosen, 0.0)

    return choose


def pick(scores: Any, draws: list[float], params: SamplingParams) -> Any:
    """Token ids (rows, 1) for logits (rows, vocabulary): inverse transform sampling with one uniform draw per row."""
    import torch

    if params.temperature == 0:
        return scores.argmax(dim=-1, keepdim=True)
    exact = torch.float32 if scores.device.type == "mps" else torch.float64
    scores = scores.to(exact) / params.temperature
    if 0 < params.top_k < scores.shape[-1]:
        least = scores.topk(params.top_k, dim=-1).values[:, -1:]
        scores = scores.masked_fill(scores < least, -torch.inf)
    probabilities = scores.softmax(dim=-1)
    if params.top_p < 1:
        ordered, order = probabilities.sort(dim=-1, descending=True, stable=True)
        beyond = (ordered.cumsum(dim=-1) - ordered) >= params.top_p
        probabilities = probabilities.masked_fill(beyond.gather(1, order.argsort(dim=-1)), 0.0)
    cumulative = probabilities.cumsum(dim=-1)
    targets = torch.tensor(draws, dtype=exact, device=scores.device)[:, None] * cumulative[:, -1:]
    return torch.searchsorted(cumulative, targets, right=True).clamp_(max=scores.shape[-1] - 1)


def _stopper(model: LocalModel, rows: list[BatchRow], params: SamplingParams) -> Callable[..., Any]:
    """A stopping criterion that gives every row its new token and says which rows are done."""
    import torch

    limits = [min(params.max_tokens, model.codec.room(row.prompt)) for row in rows]
    words = {*params.stop, *(word for row in rows for word in row.until)}
    windows = {word: len(word.encode()) + LOOK_BACK for word in words}

    def reason(row: BatchRow, limit: float) -> FinishReason | None:
        if row.tokens[-1] in model.codec.ends:
            return FinishReason.STOP
        if any(word in model.codec.decode(row.tokens[-windows[word] :]) for word in (*params.stop, *row.until)):
            return FinishReason.STOP
        return FinishReason.LENGTH if len(row.tokens) >= limit else None

    def stop(ids: Any, _scores: Any, **_options: Any) -> Any:
        for row, limit, token in zip(rows, limits, ids[:, -1].tolist(), strict=True):
            if row.finish_reason is None and row.wanted():
                row.tokens.append(token)
                row.finish_reason = reason(row, limit)
        done = [row.finish_reason is not None or not row.wanted() for row in rows]
        return torch.tensor(done, device=ids.device)

    return stop
