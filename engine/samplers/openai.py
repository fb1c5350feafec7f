"""A sampler for any server that speaks the OpenAI protocol: vLLM, SGLang, llama.cpp, Ollama, hosted models."""

import asyncio
import logging
import os
import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

from engine.errors import ConfigError, SamplerError
from engine.records import FinishReason, Sample, SampleRequest, SamplingParams
from engine.samplers.openai_reply import Reply, read_pieces, read_reply
from engine.samplers.thinking import go_on, said

_ABOUT_CONTENT = re.compile(
    r"context.{0,10}(length|window|size)|maximum.{0,20}(length|tokens)|too (long|large|many tokens)"
    r"|content.{0,20}(filter|policy|management)|invalid_prompt|safety",
    re.IGNORECASE,
)


@dataclass
class OpenAISampler:
    """Chat completions for prompts of messages, completions for prompts of text.

    The ``openai`` client retries 408, 409, 429, 5xx, lost connections and time-outs with exponential backoff and jitter
    (0.5 s doubling to 8 s), and honours ``Retry-After`` up to two minutes. What is left after that, and what no retry
    mends (401, 404), is a ``SamplerError``. A request that is refused for its content (prompt too long, content filter)
    is a sample with ``finish_reason`` error; so is any other 400 once the server has answered a request, while
    before that it is taken for a wrong configuration. With ``max_n`` above 1 all samples of a request share the
    seed of the first.
    """

    operational: ClassVar[tuple[str, ...]] = ("base_url", "api_key_env", "concurrency", "timeout_s", "max_retries")
    """May change when a run is resumed: they do not decide what a sample says."""

    model: str
    """Model name as the server knows it."""
    base_url: str = "http://127.0.0.1:8000/v1"
    """Address of the API, usually ending in /v1."""
    api_key_env: str = "OPENAI_API_KEY"
    """Environment variable that holds the key; where it is unset, ``none`` is sent, which local servers accept."""
    params: SamplingParams = field(default_factory=SamplingParams)
    """Sampling parameters; ``top_k`` is sent only when it is set, since not every server knows it."""
    extra_body: dict[str, Any] = field(default_factory=dict)
    """Further fields of each request; they replace ours, and null removes one (``max_tokens: null``)."""
    concurrency: int = 64
    """Requests in flight at once."""
    max_n: int = 1
    """Samples per request. 1 gives every sample its own seed and suits servers that refuse more."""
    timeout_s: float = 300.0
    """Seconds without an answer after which a request is tried again."""
    max_retries: int = 4
    """Further attempts at a request."""
    open_tag: str = "<think>"
    """Opens the reasoning inside the text, where the server does not return it apart."""
    close_tag: str = "</think>"
    """Closes it."""
    thinking_started: bool = False
    """The server's chat template ends with the opening tag."""

    def __post_init__(self) -> None:
        for name in ("concurrency", "max_n", "timeout_s"):
            if getattr(self, name) <= 0:
                raise ConfigError(f"{name} is {getattr(self, name)}: it must be positive")
        if self.max_retries < 0:
            raise ConfigError(f"max_retries is {self.max_retries}: it must not be negative")
        if not self.base_url.startswith(("http://", "https://")):
            raise ConfigError(f"base_url is {self.base_url!r}: it must start with http:// or https://")
        self._attempts = f"{self.max_retries + 1} attempt{'s' if self.max_retries else ''}"
        self._window = asyncio.Semaphore(self.concurrency)
        self._client: Any = None
        self._answered = False

    async def stream(self, request: SampleRequest) -> AsyncIterator[Sample]:
        """Yield samples as their requests finish; closing the iterator cancels the requests in flight."""
        size = 1 if self.params.temperature == 0 else self.max_n  # servers refuse n > 1 for greedy sampling
        pairs = list(zip(request.indices, request.seeds, strict=True))
        tasks = {
            asyncio.create_task(self._samples(request, pairs[start : start + size]))
            for start in range(0, len(pairs), size)
        }
        pending = tasks
        try:
            while pending:
                done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    for sample in task.result():
                        yield sample
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def close(self) -> None:
        """Close the connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def _samples(self, request: SampleRequest, pairs: list[tuple[int, int]]) -> list[Sample]:
        """Samples of one chunk; a server that returns fewer than it was asked for is asked again."""
        samples: list[Sample] = []
        while len(samples) < len(pairs):
            rest = pairs[len(samples) :]
            async with self._window:
                started = time.monotonic()
                replies = await self._ask(request, rest[0][1], len(rest))
                seconds = time.monotonic() - started
            samples += [
                self._sample(request, index, seed, reply, seconds)
                for (index, seed), reply in zip(rest, replies, strict=False)
            ]
        return samples

    def _sample(self, request: SampleRequest, index: int, seed: int, reply: Reply, seconds: float) -> Sample:
        return Sample(
            problem_id=request.problem.id,
            index=index,
            text=reply.text,
            finish_reason=reply.finish_reason,
            reasoning=reply.reasoning,
            mode=request.prompt.mode,
            prompt_tokens=reply.prompt_tokens,
            tokens=reply.tokens,
            logprob_sum=reply.logprob_sum,
            model=self.model,
            seed=seed,
            params_hash=request.params_hash,
            seconds=seconds,
        )

    async def _ask(self, request: SampleRequest, seed: int, count: int) -> list[Reply]:
        """Replies to one request, at least one. Raises ``SamplerError``."""
        import openai

        client = self._connect()
        prompt, body = request.prompt, self._body(request, seed, count)
        started = self.thinking_started if prompt.text is None else prompt.text.rstrip().endswith(self.open_tag)
        prefix = go_on(request.prefix, self.open_tag) if started else request.prefix
        try:
            if prompt.text is None:
                messages = [{"role": turn.role, "content": turn.content} for turn in prompt.messages]
                if prefix:
                    messages.append({"role": "assistant", "content": prefix})
                completion = await client.chat.completions.create(model=self.model, messages=messages, extra_body=body)
            else:
                text = prompt.text + prefix
                completion = await client.completions.create(model=self.model, prompt=text, extra_body=body)
        except openai.APIStatusError as error:
            if self._is_about_content(error):
                return [Reply("", FinishReason.ERROR)] * count
            raise SamplerError(self._refused(error)) from None
        except openai.APIConnectionError as error:
            raise SamplerError(self._unreachable(error)) from None
        except ValueError as error:  # a body that is not JSON
            raise SamplerError(f"{self.base_url} answered something else than JSON ({error}); check it") from None
        if request.continues:
            replies = read_pieces(completion, said(request.prefix, self.open_tag, started), self.params.stop)
        else:
            replies = read_reply(completion, self.open_tag, self.close_tag, started)
        if not replies:
            raise SamplerError(f"{self.base_url} did not answer with a completion; check that it ends in /v1")
        self._answered = True
        return replies[:count]

    def _connect(self) -> Any:
        if self._client is None:
            import openai

            for name in ("openai", "httpx", "httpx2"):  # they log every request
                logging.getLogger(name).setLevel(logging.WARNING)
            self._client = openai.AsyncOpenAI(
                api_key=os.environ.get(self.api_key_env) or "none",
                base_url=self.base_url,
                timeout=self.timeout_s,
                max_retries=self.max_retries,
            )
        return self._client

    def _body(self, request: SampleRequest, seed: int, count: int) -> dict[str, Any]:
        """Request fields besides model and prompt."""
        params, prompt = self.params, request.prompt
        body: dict[str, Any] = {
            "temperature": params.temperature,
            "top_p": params.top_p,
            "top_k": params.top_k or None,
            "max_tokens": params.max_tokens,
            "stop": [*params.stop, *request.until] or None,
            "n": count,
            "seed": seed,
            "chat_template_kwargs": prompt.template_kwargs or None,
        }
        if request.until:
            body["include_stop_str_in_output"] = True
        if request.prefix and prompt.text is None:  # vLLM and SGLang go on with the last message
            body |= {"continue_final_message": True, "add_generation_prompt": False}
        if params.logprobs:
            body["logprobs"] = True if prompt.text is None else 1
        return {name: value for name, value in (body | self.extra_body).items() if value is not None}

    def _is_about_content(self, error: Any) -> bool:
        if error.status_code not in (400, 413, 422):
            return False
        return self._answered or bool(_ABOUT_CONTENT.search(f"{error.code} {error.message}"))

    def _refused(self, error: Any) -> str:
        status, said = error.status_code, " ".join(str(error.message).split())[:300]
        if status in (401, 403):
            return (
                f"{self.base_url} refuses the key in ${self.api_key_env} for {self.model!r} ({said}); set a valid one"
            )
        if status == 404:
            return f"{self.base_url} knows no model {self.model!r} ({said}); check sampler.model and sampler.base_url"
        attempts = f"after {self._attempts}, " if status == 429 or status >= 500 else ""
        advice = "lower sampler.concurrency" if status == 429 else "check the server's log and sampler.params"
        return f"{self.base_url} refuses requests for {self.model!r}: {attempts}status {status} ({said}); {advice}"

    def _unreachable(self, error: Any) -> str:
        import openai

        if isinstance(error, openai.APITimeoutError):
            return (
                f"{self.base_url} did not answer within {self.timeout_s:g} s in {self._attempts}; check the server, "
                "raise sampler.timeout_s or lower sampler.concurrency"
            )
        why = error.__cause__ or error
        return (
            f"{self.base_url} cannot be reached in {self._attempts} ({type(why).__name__}: {why}); start the server "
            "or set sampler.base_url"
        )
