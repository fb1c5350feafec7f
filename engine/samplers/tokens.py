"""From prompts to token ids and back, for a model that runs here."""

import math
from dataclasses import dataclass
from typing import Any

from engine.errors import SamplerError
from engine.records import Rendered
from engine.samplers.thinking import go_on


@dataclass(frozen=True, slots=True)
class Encoded:
    """A prompt ready for the model."""

    ids: list[int]
    thinking: bool
    """The prompt's last words open a think block."""


@dataclass
class TokenCodec:
    """A model's tokenizer. ``context`` is the most tokens that prompt and completion may have, None where unknown."""

    name: str
    tokenizer: Any
    context: int | None
    ends: frozenset[int]
    """Tokens that end a text."""
    tags: tuple[str, str]
    """What opens and closes a think block."""

    def __post_init__(self) -> None:
        """Find the special tokens that are no part of the text; think tags are."""
        shown = {self.tokenizer.convert_tokens_to_ids(tag) for tag in self.tags}
        self._hidden = frozenset({*self.tokenizer.all_special_ids, *self.ends} - shown)

    def encode(self, prompt: Rendered, prefix: str = "") -> Encoded:
        """Token ids of ``prompt`` and of what the response says already.

        Both are read as one text, as the model would have written it. Raises ``ValueError`` with one sentence when
        this prompt cannot be asked.
        """
        text = prompt.text if prompt.text is not None else self._chat(prompt)
        thinking = text.rstrip().endswith(self.tags[0])
        text += go_on(prefix, self.tags[0]) if thinking else prefix
        ids = self.tokenizer(text, add_special_tokens=prompt.text is not None, verbose=False).input_ids
        if not ids:
            raise ValueError("the prompt has no tokens")
        encoded = Encoded(ids, thinking)
        if self.room(encoded) < 1:
            raise ValueError(f"the prompt has {len(ids)} tokens, and the context of {self.name} is {self.context}")
        return encoded

    def room(self, prompt: Encoded) -> float:
        """Tokens that the context leaves for a completion."""
        return math.inf if self.context is None else self.context - len(prompt.ids)

    def decode(self, ids: list[int]) -> str:
        """Text of completion tokens, think tags included."""
        text: str = self.tokenizer.decode([token for token in ids if token not in self._hidden])
        return text

    def text(self, ids: list[int], stop: tuple[str, ...], until: tuple[str, ...]) -> str:
        """The same up to the first of ``stop``, or to the end of the first of ``until``."""
        text = self.decode(ids)
        ends = [at for word in stop if (at := text.find(word)) >= 0]
        ends += [at + len(word) for word in until if (at := text.find(word)) >= 0]
        return text[: min(ends, default=len(text))]

    def _chat(self, prompt: Rendered) -> str:
        from jinja2 import TemplateError

        if self.tokenizer.chat_template is None:
            raise SamplerError(
                f"sampler.model={self.name} has no chat template: choose a prompt of plain text, or a chat model"
            )
        messages = [{"role": message.role, "content": message.content} for message in prompt.messages]
        try:
            text: str = self.tokenizer.apply_chat_template(
                messages, tokenize=False, add_generation_prompt=True, **prompt.template_kwargs
            )
        except TemplateError as error:
            raise ValueError(f"the chat template of {self.name} refuses the prompt: {first_line(error)}") from error
        return text


def first_line(error: Exception) -> str:
    """What an error says, in one line."""
    return next(iter(str(error).strip().splitlines()), "no message")
