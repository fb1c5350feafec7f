"""What an OpenAI-compatible server answered, as plain values."""

from dataclasses import dataclass
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
    choices = getattr(completion, "choices", None) or []
    usage = getattr(completion, "usage", None)
    total, prompt_tokens = (getattr(usage, name, None) or 0 for name in ("completion_tokens", "prompt_tokens"))
    replies = []
    for number, choice in enumerate(choices):
        text, reasoning = _texts(choice)
        logprobs = _logprobs(choice)
        closed = True
        if reasoning is None:
            reasoning, text, closed = split_thinking(text, open_tag, close_tag, started)
        finish = _finish(choice.finish_reason) if closed else FinishReason.LENGTH
        replies.append(
            Reply(
                text="" if finish is FinishReason.ERROR else text,
                finish_reason=finish,
                reasoning=reasoning,
                prompt_tokens=prompt_tokens,
                tokens=len(logprobs) if logprobs else (total + len(choices) - 1 - number) // len(choices),
                logprob_sum=sum(logprobs) if logprobs is not None else None,
            )
        )
    return replies


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
