"""How prompt and response are put to a model that reads a whole text, and what is read of a sample."""

from typing import Any, Literal

from engine.records import Message, Problem, Sample
from verifiers.endpoint import sendable
from verifiers.steps import prompt_text

Layout = Literal["chat", "pair", "text", "response"]
Read = Literal["text", "both"]
MAX_CHARS = 500_000
"""A longer sample is not tokenized: no model reads it."""


def turns(problem: Problem, response: str) -> list[dict[str, str]]:
    """The conversation, with the response as its last turn."""
    if isinstance(problem.prompt, str):
        asked = [{"role": "user", "content": problem.prompt}]
    else:
        asked = [{"role": turn.role, "content": turn.content} for turn in problem.prompt if isinstance(turn, Message)]
    return [
        {"role": turn["role"], "content": sendable(turn["content"])}
        for turn in (*asked, {"role": "assistant", "content": response})
    ]


def read_of(sample: Sample, read: Read) -> str:
    """The response: its text alone, or reasoning and text."""
    return f"{sample.reasoning}\n\n{sample.text}" if read == "both" and sample.reasoning else sample.text


def texts(problem: Problem, response: str, layout: Layout) -> tuple[str, str | None]:
    """What is tokenized where it is no chat: one text, or two for a cross-encoder."""
    prompt, response = sendable(prompt_text(problem)), sendable(response)
    if layout == "pair":
        return prompt, response
    return (response if layout == "response" else f"{prompt}\n{response}"), None


def encoded(tokenizer: Any, problem: Problem, response: str, layout: Layout) -> dict[str, Any]:
    """Token ids, and whatever else the tokenizer makes of them for its model."""
    if layout == "chat":
        made = tokenizer.apply_chat_template(turns(problem, response), tokenize=True, return_dict=True)
    else:
        made = tokenizer(*texts(problem, response, layout), truncation=False)
    return {name: list(value) for name, value in made.items()}
