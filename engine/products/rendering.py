"""How a sample becomes text for a trainer. Reasoning and answer, apart in the ledger, are joined here, last."""

import string
from dataclasses import dataclass
from typing import Any

from engine.errors import ConfigError
from engine.records import Rendered, Row, Sample

REASONING = ("drop", "think_tags", "field")
FORMS = ("messages", "strings")
Turn = dict[str, str | None]


@dataclass
class Rendering:
    """Options that every product with conversations shares."""

    reasoning: str = "think_tags"
    """``drop`` it, put it before the answer in ``think_tags``, or in a ``field`` named thinking of the message."""
    think_template: str = "<think>\n{reasoning}\n</think>\n\n{answer}"
    """Assistant text for ``think_tags``; a sample without reasoning is its answer text alone."""
    completion_form: str = "messages"
    """Prompts and completions as ``messages`` or as ``strings``."""

    def __post_init__(self) -> None:
        """Raise ``ConfigError`` naming the key that does not fit."""
        if self.reasoning not in REASONING:
            raise ConfigError(f"reasoning is {self.reasoning!r}: give one of {', '.join(REASONING)}")
        if self.completion_form not in FORMS:
            raise ConfigError(f"completion_form is {self.completion_form!r}: give messages or strings")
        self.check_field()
        _check_template(self.think_template)

    def check_field(self) -> None:
        """Raise ``ConfigError`` where a string would have to carry a separate reasoning."""
        if self.completion_form == "strings" and self.reasoning == "field":
            raise ConfigError("reasoning=field needs messages: set completion_form=messages, or reasoning=think_tags")

    def turns(self, prompt: Rendered) -> list[Turn]:
        """The prompt as messages; a completion model's text is one user turn."""
        if prompt.text is not None:
            return [self.turn("user", prompt.text)]
        return [self.turn(message.role, message.content) for message in prompt.messages]

    def prompt(self, prompt: Rendered) -> list[Turn] | str:
        """The prompt in ``completion_form``."""
        return prompt_text(prompt) if self.completion_form == "strings" else self.turns(prompt)

    def completion(self, row: Row) -> list[Turn] | str:
        """The sample in ``completion_form``: a list of one turn, or a text that follows ``prompt``."""
        if self.completion_form == "messages":
            return [self.assistant(row.sample)]
        # a completion model continues its prompt, so its leading blanks belong to the text
        text = self.answer_text(row.sample)
        return text if row.prompt.text is not None else text.strip("\n")

    def assistant(self, sample: Sample) -> Turn:
        """The sample as the assistant's turn."""
        reasoning = sample.reasoning if self.reasoning == "field" else None
        return self.turn("assistant", self.answer_text(sample).strip("\n"), reasoning)

    def turn(self, role: str, content: str, thinking: str | None = None) -> Turn:
        """One message; all messages of a product have the same keys, since Arrow needs one schema."""
        if self.reasoning == "field":
            return {"role": role, "content": content, "thinking": thinking}
        return {"role": role, "content": content}

    def answer_text(self, sample: Sample) -> str:
        """The sample as one text, its reasoning rendered by the template where that is asked for."""
        if self.reasoning != "think_tags" or sample.reasoning is None:
            return sample.text
        return self.think_template.format(reasoning=sample.reasoning.strip("\n"), answer=sample.text.strip("\n"))

    def turn_type(self) -> Any:
        """The pyarrow type of one message."""
        import pyarrow as pa

        keys = ("role", "content", "thinking") if self.reasoning == "field" else ("role", "content")
        return pa.struct([(key, pa.string()) for key in keys])

    def text_type(self) -> Any:
        """The pyarrow type of a prompt or completion in ``completion_form``."""
        import pyarrow as pa

        return pa.string() if self.completion_form == "strings" else pa.list_(self.turn_type())


def prompt_text(prompt: Rendered) -> str:
    """The prompt as one string: as the completion model saw it, else the turns with a blank line after each."""
    if prompt.text is not None:
        return prompt.text
    return "".join(f"{message.content}\n\n" for message in prompt.messages)


def _check_template(template: str) -> None:
    try:
        parts = [(name, spec, how) for _, name, spec, how in string.Formatter().parse(template) if name is not None]
    except ValueError as error:
        raise ConfigError(f"think_template is not a format string ({error}); write braces as {{{{ and }}}}") from None
    if sorted(parts) != [("answer", "", None), ("reasoning", "", None)]:
        raise ConfigError(f"think_template is {template!r}: it needs {{reasoning}} and {{answer}}, once each")
