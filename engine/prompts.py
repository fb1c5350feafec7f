"""From a problem to what the model is asked."""

from dataclasses import dataclass, field
from typing import Any

from engine.errors import ConfigError
from engine.records import Message, Problem, Rendered

MODES = (None, "think", "no_think")


@dataclass
class ChatPrompt:
    """Messages for a chat model: system message, examples as earlier turns, then the problem.

    A problem whose prompt already is a list of messages keeps them, its own system message included; ``prefix`` and
    ``suffix`` go around its last user message.
    """

    system: str | None = None
    """System message; null for none."""
    prefix: str = ""
    """Goes before the problem's text."""
    suffix: str = ""
    """Follows the problem's text, and that of each example."""
    examples: tuple[Message, ...] = ()
    """Earlier turns, user and assistant in alternation."""
    template_kwargs: dict[str, Any] = field(default_factory=dict)
    """Arguments for the model's chat template, such as ``enable_thinking``."""
    mode: str | None = None
    """``think``, ``no_think`` or null: recorded with each sample."""

    def __post_init__(self) -> None:
        roles = [turn.role for turn in self.examples]
        if roles != ["user", "assistant"] * (len(roles) // 2):
            raise ConfigError("examples must be turns of user and assistant in alternation, ending with the assistant")
        if self.mode not in MODES:
            raise ConfigError(f"mode is {self.mode!r}: it must be think, no_think or null")

    def render(self, problem: Problem) -> Rendered:
        """Messages of one problem."""
        given = (Message("user", problem.prompt),) if isinstance(problem.prompt, str) else problem.prompt
        own_system = any(turn.role == "system" for turn in given)
        system = () if self.system is None or own_system else (Message("system", self.system),)
        last = max((i for i, turn in enumerate(given) if turn.role == "user"), default=-1)
        asked = tuple(self._around(turn) if i == last else turn for i, turn in enumerate(given))
        examples = tuple(self._around(turn) if turn.role == "user" else turn for turn in self.examples)
        split = 1 if own_system and given[0].role == "system" else 0  # the problem's system message stays first
        messages = system + asked[:split] + examples + asked[split:]
        return Rendered(messages=messages, template_kwargs=dict(self.template_kwargs), mode=self.mode)

    def _around(self, turn: Message) -> Message:
        return Message(turn.role, f"{self.prefix}{turn.content}{self.suffix}")


@dataclass
class TextPrompt:
    """Raw text for a completion model."""

    template: str = "{prompt}"
    """Text in which ``{prompt}`` stands for the problem; nothing else is replaced."""

    def __post_init__(self) -> None:
        if "{prompt}" not in self.template:
            raise ConfigError("template must contain {prompt}, where the problem goes")

    def render(self, problem: Problem) -> Rendered:
        """Text of one problem; messages are joined by empty lines."""
        text = problem.prompt
        if not isinstance(text, str):
            text = "\n\n".join(turn.content for turn in text)
        return Rendered(text=self.template.replace("{prompt}", text))
