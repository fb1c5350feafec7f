"""How a process reward model is asked: prompt and steps as tokens, and the tokens at which it says good or bad."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, Protocol

from verifiers.transformer import UnfitError


@dataclass(frozen=True, slots=True)
class Asked:
    """One solution as a model reads it."""

    ids: list[int]
    """Token ids."""
    at: list[int]
    """Per step, the position in ``ids`` whose logits judge it; increasing."""


class Layout(Protocol):
    """One shape of process reward models."""

    @abstractmethod
    def model_class(self, config: Any, *, trusted: bool) -> Any:
        """The transformers class that loads a checkpoint of this ``config``. Raises ``ValueError`` where none can.

        ``trusted``: code that comes with the checkpoint may run.
        """

    @abstractmethod
    def columns(self, tokenizer: Any) -> tuple[int, int]:
        """Which of the model's logits mean bad and good. P(good) is the softmax over these two."""

    @abstractmethod
    def ask(self, tokenizer: Any, prompt: str, steps: list[str]) -> Asked:
        """Tokens and positions. Raises ``UnfitError``."""


def sequence_class() -> Any:
    """The class for models with labels per token."""
    from transformers import AutoModelForTokenClassification

    return AutoModelForTokenClassification


def causal_class() -> Any:
    """The class for language models."""
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM


def last_id(tokenizer: Any, word: str) -> int:
    """Id of the last token of ``word``: what the authors' scripts take as the token of ``+``, ``-`` or a step tag."""
    ids: list[int] = tokenizer(word, add_special_tokens=False).input_ids
    return ids[-1]


def positions(ids: list[int], marker: int, steps: list[str], name: str) -> list[int]:
    """Where ``marker`` stands in ``ids``. Raises ``UnfitError`` when that is not once per step."""
    found = [at for at, token in enumerate(ids) if token == marker]
    if len(found) != len(steps):
        raise UnfitError("control_tokens", f"{name!r} is read {len(found)} times for {len(steps)} steps")
    return found
