"""The thread that owns a local model: it gathers rows of many requests into batches and hands samples back."""

import asyncio
import dataclasses
import logging
import math
import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from engine.errors import SamplerError
from engine.records import FinishReason, Sample, SampleRequest, SamplingParams
from engine.samplers.local_batch import BatchRow, generate
from engine.samplers.local_model import LocalModel
from engine.samplers.thinking import said, split_thinking

GATHER_S = 0.01
"""How long an unfilled batch waits for one more request: many arrive together."""
CLOSE_S = 30.0
"""How long closing waits for the thread, which may be loading a model; it is a daemon, so it never holds the exit."""
log = logging.getLogger("proofstill")


@dataclass
class Ticket:
    """One request on its way through the thread; ``results`` lives on the event loop that asked."""

    request: SampleRequest
    loop: asyncio.AbstractEventLoop
    results: "asyncio.Queue[Sample | SamplerError]" = field(default_factory=asyncio.Queue)
    cancelled: bool = False
    started: float = field(default_factory=time.monotonic)
    missing: int = 0

    def __post_init__(self) -> None:
        self.missing = len(self.request.indices)

    def put(self, result: Sample | SamplerError) -> None:
        """Hand over from the thread; a closed loop has nobody waiting."""
        self.missing -= 1
        if not self.cancelled and not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self.results.put_nowait, result)


@dataclass
class _Job:
    ticket: Ticket
    index: int
    row: BatchRow


class Worker:
    """Owns the thread. ``load`` runs in it, so that waiting for a model never blocks the event loop."""

    def __init__(
        self,
        name: str,
        load: Callable[[], LocalModel],
        params: SamplingParams,
        batch_size: int,
        tags: tuple[str, str],
    ) -> None:
        self._name, self._load, self._params, self._batch_size, self._tags = name, load, params, batch_size, tags
        self._inbox: queue.SimpleQueue[Ticket | None] = queue.SimpleQueue()
        self._open: list[Ticket] = []
        self._jobs: deque[_Job] = deque()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="transformers-sampler", daemon=True)
        self._thread.start()

    def submit(self, request: SampleRequest) -> Ticket:
        """Queue all rows of ``request``; called on the event loop."""
        ticket = Ticket(request, asyncio.get_running_loop())
        self._inbox.put(ticket)
        return ticket

    def close(self) -> None:
        """Drop everything and end the thread; blocks until the token in progress is done."""
        self._closing = True
        self._inbox.put(None)
        self._thread.join(CLOSE_S)

    def _run(self) -> None:
        """Serve; afterwards tell everybody who still waits, or comes, why there is no more."""
        try:
            self._serve()
            failure = SamplerError(f"sampler.model={self._name} was closed while samples were being made")
        except SamplerError as error:
            failure = error
        except Exception as error:  # noqa: BLE001 - whatever a model's own code raises
            failure = SamplerError(
                f"sampler.model={self._name} failed while sampling a batch of sampler.batch_size={self._batch_size}: "
                f"{type(error).__name__}: {next(iter(str(error).splitlines()), '')}"
            )
        for ticket in self._open:
            ticket.put(failure)
        while not (self._closing and self._inbox.empty()):
            late = self._inbox.get()
            if late is not None:
                late.put(failure)

    def _serve(self) -> None:
        model: LocalModel | None = None
        while True:
            arrived = self._receive()
            if self._closing:
                return
            model = model or self._load()
            for ticket in arrived:
                self._admit(model, ticket)
            self._step(model)
            self._open = [ticket for ticket in self._open if ticket.missing > 0 and not ticket.cancelled]

    def _receive(self) -> list[Ticket]:
        """New requests, enough to fill a batch; waits while there is nothing to do at all."""
        arrived: list[Ticket] = []
        rows = len(self._jobs)
        while rows < self._batch_size:
            try:
                ticket = self._inbox.get(timeout=GATHER_S if rows else None)
            except queue.Empty:
                break
            if ticket is None:
                break
            arrived.append(ticket)
            rows += ticket.missing
        self._open += arrived
        return arrived

    def _admit(self, model: LocalModel, ticket: Ticket) -> None:
        """Turn a request into rows, or into failed samples when its prompt cannot be asked."""
        request = ticket.request
        try:
            prompt = model.codec.encode(request.prompt, request.prefix)
        except ValueError as error:
            log.warning("problem %s cannot be sampled: %s", request.problem.id, error)
            for index, seed in zip(request.indices, request.seeds, strict=True):
                ticket.put(_sample(ticket, self._name, index, seed))
            return

        def wanted() -> bool:
            return not (ticket.cancelled or self._closing)

        for index, seed in zip(request.indices, request.seeds, strict=True):
            self._jobs.append(_Job(ticket, index, BatchRow(prompt, seed, wanted, request.until)))

    def _step(self, model: LocalModel) -> None:
        """One batch of the oldest rows that are still wanted."""
        batch: list[_Job] = []
        while self._jobs and len(batch) < self._batch_size:
            job = self._jobs.popleft()
            if job.row.wanted():
                batch.append(job)
        if not batch:
            return
        generate(model, [job.row for job in batch], self._params)
        for job in batch:
            if job.row.finish_reason is not None:
                job.ticket.put(self._finished(model, job, job.row.finish_reason))

    def _finished(self, model: LocalModel, job: _Job, finish_reason: FinishReason) -> Sample:
        row = job.row
        request = job.ticket.request
        text = model.codec.text(row.tokens, self._params.stop, request.until)
        if request.continues:
            reasoning, answer, closed = None, said(request.prefix, self._tags[0], row.prompt.thinking) + text, True
        else:
            reasoning, answer, closed = split_thinking(text, *self._tags, started=row.prompt.thinking)
        return dataclasses.replace(
            _sample(job.ticket, self._name, job.index, row.seed),
            text=answer,
            reasoning=reasoning,
            finish_reason=finish_reason if closed else FinishReason.LENGTH,
            prompt_tokens=len(row.prompt.ids),
            tokens=len(row.tokens),
            logprob_sum=math.fsum(row.logprobs) if self._params.logprobs else None,
        )


def _sample(ticket: Ticket, model: str, index: int, seed: int) -> Sample:
    """A sample without text, ended by an error: what is left when a prompt cannot be asked."""
    return Sample(
        problem_id=ticket.request.problem.id,
        index=index,
        text="",
        finish_reason=FinishReason.ERROR,
        mode=ticket.request.prompt.mode,
        model=model,
        seed=seed,
        params_hash=ticket.request.params_hash,
        seconds=time.monotonic() - ticket.started,
    )
