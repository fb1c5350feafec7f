"""A response taken apart at a step, and put together again."""

from dataclasses import dataclass, replace

from engine.ledger import clean
from engine.records import FinishReason, Sample
from engine.samplers.thinking import split_thinking

GAP = "\n\n"


@dataclass(frozen=True)
class Tags:
    """What the sampler's model writes around its reasoning."""

    opening: str = "<think>"
    closing: str = "</think>"


def judged_text(sample: Sample) -> str:
    """What the spans of steps refer to: reasoning and text joined by a blank line."""
    return f"{sample.reasoning}{GAP}{sample.text}" if sample.reasoning else sample.text


def beginning(sample: Sample, characters: int, tags: Tags) -> str:
    """The first ``characters`` of the judged text as the model wrote them: think tags included."""
    if not sample.reasoning:
        return sample.text[:characters]
    opened = f"{tags.opening}\n{sample.reasoning[:characters]}"
    if characters < len(sample.reasoning) + len(GAP):
        return opened
    return f"{opened}\n{tags.closing}{GAP}{sample.text[: characters - len(sample.reasoning) - len(GAP)]}"


def taken_apart(made: Sample, tags: Tags, *, raw: bool) -> Sample:
    """A sample fit for the ledger; ``raw``: it came back as one text, think tags included."""
    reasoning, text, closed = made.reasoning, made.text, True
    if raw:
        reasoning, text, closed = split_thinking(made.text, tags.opening, tags.closing)
    finish = made.finish_reason
    if not closed and finish == FinishReason.STOP:
        finish = FinishReason.LENGTH
    reasoning = None if reasoning is None else clean(reasoning)
    return replace(made, text=clean(text), reasoning=reasoning, finish_reason=finish)
