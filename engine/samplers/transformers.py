"""Sampling from a local model with transformers, on CPU or GPU."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import ClassVar

from engine.errors import ConfigError, SamplerError
from engine.records import Sample, SampleRequest, SamplingParams
from engine.samplers.local_model import DTYPES, LocalModel, load
from engine.samplers.local_worker import Worker


@dataclass
class TransformersSampler:
    """A causal language model, loaded at the first request into one thread that batches the rows of all requests.

    A sample depends on its prompt, its seed and ``params`` alone: every row draws with its own generator. What other
    rows share its batch can change a logit by a rounding error and so, seldom, a token; ``dtype: float64`` makes that
    as good as impossible (see the README of the bundled model for figures).
    """

    operational: ClassVar[tuple[str, ...]] = ("batch_size", "threads")
    """May change when a run is resumed: they do not decide what a sample says."""

    model: str
    """Hub id, directory, or ``bundled:tiny``."""
    params: SamplingParams = field(default_factory=SamplingParams)
    batch_size: int = 32
    """Rows per batch."""
    device: str = "auto"
    """``auto`` (a GPU where there is one), ``cpu``, ``cuda``, ``cuda:1``, …"""
    dtype: str = "auto"
    """``auto`` (the checkpoint's own on a GPU, float32 on a CPU), or one of ``DTYPES``."""
    threads: int = 0
    """CPU threads of torch in this process; 0 leaves them."""
    revision: str | None = None
    """Branch, tag or commit of a hub model."""
    trust_remote_code: bool = False
    """Run code that comes with the model."""
    open_tag: str = "<think>"
    close_tag: str = "</think>"

    def __post_init__(self) -> None:
        if self.dtype not in DTYPES:
            raise ConfigError(f"sampler.dtype must be one of {', '.join(DTYPES)}, got {self.dtype!r}")
        if self.batch_size < 1:
            raise ConfigError(f"sampler.batch_size must be at least 1, got {self.batch_size}")
        if self.threads < 0:
            raise ConfigError(f"sampler.threads must not be negative, got {self.threads}")
        self._worker: Worker | None = None

    async def stream(self, request: SampleRequest) -> AsyncIterator[Sample]:
        """Yield the samples of ``request`` as their batches end; raises ``SamplerError`` when the model cannot run."""
        if self._worker is None:
            tags = (self.open_tag, self.close_tag)
            self._worker = Worker(self.model, self._load, self.params, self.batch_size, tags)
        ticket = self._worker.submit(request)
        try:
            for _ in request.indices:
                result = await ticket.results.get()
                if isinstance(result, SamplerError):
                    raise SamplerError(str(result)) from result
                yield result
        finally:
            ticket.cancelled = True

    async def close(self) -> None:
        """End the thread and let go of the model."""
        worker, self._worker = self._worker, None
        if worker is not None:
            await asyncio.to_thread(worker.close)

    def _load(self) -> LocalModel:
        """Runs in the worker's thread, whose number of OpenMP threads is its own."""
        model = load(
            self.model,
            device=self.device,
            dtype=self.dtype,
            revision=self.revision,
            trust_remote_code=self.trust_remote_code,
            tags=(self.open_tag, self.close_tag),
        )
        if self.threads:
            import torch

            torch.set_num_threads(self.threads)
        return model
