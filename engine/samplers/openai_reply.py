"""What an OpenAI-compatible server answered, as plain values."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from engine.records import FinishReason
from engine.samplers.thinking import split_thinking, well_formed


@dataclass(frozen=True, slots=True)
class Reply:
    """One choice of a completion."""

    text: str
    finish_reason: FinishReason
    reasoning: str | None = None
    prompt_tokens: int = 0
    tokens: int = 0
    logprob_sum: float | None = None


def read_reply(completion: Any, open_tag: str, close_tag: str, started: bool) -> list[Reply]:
    """Replies of a chat or text completion, in the order of its choices; empty when it is none.

    The number of tokens is that of the choice's log probabilities where the server returns them, else an equal share
    of the usage (exact for one choice).
    """
    return [_split(reply, open_tag, close_tag, started) for reply in _replies(completion)]


def read_pieces(completion: Any, prefix: str, stop: tuple[str, ...]) -> list[Reply]:
    """The same for a request that goes on from ``prefix``: the whole response so far, think tags left where they are.

    ``stop`` ends a text and is no part of it, though the server was asked to leave such strings in. A server that
    takes the reasoning out of the text cannot go on from within it; its piece is joined as it came.
    """
    return [
        replace(reply, text=prefix + cut((reply.reasoning or "") + reply.text, stop), reasoning=None)
        for reply in _replies(completion)
    ]


def cut(text: str, stop: tuple[str, ...]) -> str:
    """``text`` up to the first of the strings."""
    return text[: min((at for at in (text.find(word) for word in stop) if at >= 0), default=len(text))]


def _replies(completion: Any) -> Iterator[Reply]:
    """What the server said, think tags still in the text."""
    choices = getattr(completion, "choices", None) or []
    usage = getattr(completion, "usage", None)
    total, prompt_tokens = (getattr(usage, name, None) or 0 for name in ("completion_tokens", "prompt_tokens"))
    for number, choice in enumerate(choices):
        text, reasoning = _texts(choice)
        logprobs = _logprobs(choice)
        finish = _finish(choice.finish_reason)
        yield Reply(
            text="" if finish is FinishReason.ERROR else text,
            finish_reason=finish,
            reasoning=reasoning,
            prompt_tokens=prompt_tokens,
            tokens=len(logprobs) if logprobs else (total + len(choices) - 1 - number) // len(choices),
            logprob_sum=sum(logprobs) if logprobs is not None else None,
        )


def _split(reply: Reply, open_tag: str, close_tag: str, started: bool) -> Reply:
    if reply.reasoning is not None or reply.finish_reason is FinishReason.ERROR:
        return reply
    reasoning, text, closed = split_thinking(reply.text, open_tag, close_tag, started)
    finish = reply.finish_reason if closed else FinishReason.LENGTH
    return replace(reply, text=text, reasoning=reasoning, finish_reason=finish)


def _texts(choice: Any) -> tuple[str, str | None]:
    message = getattr(choice, "message", None)
    if message is None:
        return well_formed(choice.text or ""), None
    # vLLM and DeepSeek name the field reasoning_content, newer vLLM and OpenRouter reasoning
    reasoning = getattr(message, "reasoning_content", None) or getattr(message, "reasoning", None)
    return well_formed(message.content or ""), well_formed(reasoning) if isinstance(reasoning, str) else None


def _logprobs(choice: Any) -> list[float] | None:
    logprobs = getattr(choice, "logprobs", None)
    if logprobs is None:
        return None
    content = getattr(logprobs, "content", None)
    if content is not None:
        return [token.logprob for token in content]
    values = getattr(logprobs, "token_logprobs", None)
    return None if values is None else [value for value in values if value is not None]


def _finish(reason: str | None) -> FinishReason:
    if reason == "length":
        return FinishReason.LENGTH
    return FinishReason.ERROR if reason in ("content_filter", "error") else FinishReason.STOP
