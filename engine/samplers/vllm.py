"""Sampling with vLLM's asynchronous engine, in a process of its own."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

from engine.codec import to_json
from engine.errors import ConfigError, SamplerError
from engine.records import FinishReason, Sample, SampleRequest, SamplingParams
from engine.samplers.local_model import source_of
from engine.samplers.thinking import said, split_thinking
from engine.samplers.vllm_process import EngineProcess

_OWN = ("n", "seed", "detokenize", "output_kind", "skip_special_tokens", "include_stop_str_in_output")
"""Arguments of vLLM's ``SamplingParams`` that are not the user's."""


@dataclass
class VLLMSampler:
    """A model in vLLM, started at the first request.

    Every sample is a request of its own with its own seed, so that each comes back the moment it is finished and
    can be cancelled alone; vLLM's prefix caching (on by default) computes the prompt that they share once. Closing
    a stream aborts its requests inside the engine. The engine lives in a process group of its own: what kills it (out
    of memory, a bad kernel) is one ``SamplerError`` here, and the run resumes.

    vLLM's kernels round differently in batches of other shapes, so the same seed can, seldom, give another token.
    """

    operational: ClassVar[tuple[str, ...]] = ("env", "start_s")
    """May change when a run is resumed: they do not decide what a sample says."""

    model: str
    """Hub id, directory, or ``bundled:tiny``."""
    params: SamplingParams = field(default_factory=SamplingParams)
    engine_args: dict[str, Any] = field(default_factory=dict)
    """Arguments of vLLM's ``AsyncEngineArgs``: ``tensor_parallel_size``, ``quantization``, ``max_model_len``, …"""
    sampling_args: dict[str, Any] = field(default_factory=dict)
    """Further arguments of vLLM's ``SamplingParams``: ``min_p``, ``repetition_penalty``, …"""
    lora: str | None = None
    """Directory of a LoRA adapter that every request uses."""
    env: dict[str, str] = field(default_factory=dict)
    """Environment variables of the engine's process, such as ``CUDA_VISIBLE_DEVICES``."""
    start_s: float = 1800.0
    """Seconds that the engine may take to load the model and compile."""
    open_tag: str = "<think>"
    close_tag: str = "</think>"

    def __post_init__(self) -> None:
        for name, instead in {"model": "model", "enable_lora": "lora"}.items():
            if name in self.engine_args:
                raise ConfigError(f"engine_args.{name}: set {instead} instead")
        for name in self.sampling_args:
            if name in _OWN or hasattr(self.params, name):
                instead = f"set params.{name} instead" if hasattr(self.params, name) else "it is set for each sample"
                raise ConfigError(f"sampling_args.{name}: {instead}")
        if self.start_s <= 0:
            raise ConfigError(f"start_s is {self.start_s}: it must be positive")
        self._engine: EngineProcess | None = None
        self._starting = asyncio.Lock()
        self._ids = itertools.count()

    async def stream(self, request: SampleRequest) -> AsyncIterator[Sample]:
        """Yield the samples of ``request`` as they finish; raises ``SamplerError`` when the engine cannot run."""
        engine = await self.started()
        started, number = time.monotonic(), next(self._ids)
        missing = dict(zip(request.indices, request.seeds, strict=True))
        results = engine.ask(
            number,
            {
                "prompt": to_json(request.prompt),
                "prefix": request.prefix,
                "until": request.until,
                "samples": list(missing.items()),
            },
        )
        try:
            while missing:
                answer = await results.get()
                if "failed" in answer:
                    raise SamplerError(answer["failed"])
                yield self._sample(request, answer, missing.pop(answer["index"]), time.monotonic() - started)
        finally:
            engine.forget(number, cancel=bool(missing))

    async def counters(self) -> dict[str, int]:
        """Counters of vLLM itself since it started, such as ``generation_tokens`` and ``prefix_cache_hits``.

        Empty unless ``engine_args.disable_log_stats`` is false. Raises ``SamplerError``.
        """
        engine, number = await self.started(), next(self._ids)
        answer = await engine.ask(number, {"counters": True}).get()
        engine.forget(number, cancel=False)
        if "failed" in answer:
            raise SamplerError(answer["failed"])
        counters: dict[str, int] = answer["counters"]
        return counters

    async def close(self) -> None:
        """End the engine and everything that it started."""
        engine, self._engine = self._engine, None
        if engine is not None:
            await engine.close()

    async def started(self) -> EngineProcess:
        """The engine, started now where it was not yet; raises ``SamplerError``."""
        async with self._starting:
            if self._engine is None:
                settings = {
                    "name": self.model,
                    "model": source_of(self.model),
                    "engine_args": self.engine_args,
                    "sampling": self._sampling(),
                    "stop": self.params.stop,
                    "lora": self.lora,
                    "tags": [self.open_tag, self.close_tag],
                }
                self._engine = await EngineProcess.start(self.model, settings, self.env, self.start_s)
            return self._engine

    def _sampling(self) -> dict[str, Any]:
        """What vLLM's ``SamplingParams`` are made of, apart from seed and stop strings."""
        params = self.params
        return {
            "temperature": params.temperature,
            "top_p": params.top_p,
            "top_k": params.top_k,
            "max_tokens": params.max_tokens,
            "logprobs": 0 if params.logprobs else None,  # of the sampled token alone
            **self.sampling_args,
        }

    def _sample(self, request: SampleRequest, answer: dict[str, Any], seed: int, seconds: float) -> Sample:
        finish, text, reasoning = FinishReason(answer["finish_reason"]), answer["text"], None
        if request.continues:
            text = said(request.prefix, self.open_tag, answer["thinking"]) + text
        elif finish is not FinishReason.ERROR:
            tags = (self.open_tag, self.close_tag)
            reasoning, text, closed = split_thinking(text, *tags, started=answer["thinking"])
            finish = finish if closed else FinishReason.LENGTH
        return Sample(
            problem_id=request.problem.id,
            index=answer["index"],
            text=text,
            finish_reason=finish,
            reasoning=reasoning,
            mode=request.prompt.mode,
            prompt_tokens=answer["prompt_tokens"],
            tokens=answer["tokens"],
            logprob_sum=answer["logprob_sum"],
            model=self.model,
            seed=seed,
            params_hash=request.params_hash,
            seconds=seconds,
        )
