"""Token classification: the shape that TRL's PRMTrainer trained."""

from dataclasses import dataclass
from typing import Any

from engine.errors import ConfigError
from verifiers.process_reward.layout import Asked, sequence_class


@dataclass(frozen=True)
class Separator:
    """``prompt`` and each step followed by ``separator``; the label of a step is read at its separator's last token.

    ``AutoModelForTokenClassification`` with two labels, 1 for a right step. Prompt, steps and separators become tokens
    one by one, after the tokenizer's start token where it has one, as in ``PRMTrainer.tokenize_row``
    (huggingface/trl, ``trl/trainer/prm_trainer.py``, up to 1.13; its ``step_separator`` is a line end too).
    """

    separator: str = "\n"

    def __post_init__(self) -> None:
        if not self.separator:
            raise ConfigError("separator: is empty; give what the model was trained with, such as '\\n'")

    def model_class(self, _config: Any, *, trusted: bool) -> Any:  # noqa: ARG002  the protocol's
        """A class of transformers, or of the checkpoint where that is trusted."""
        return sequence_class()

    def columns(self, _tokenizer: Any) -> tuple[int, int]:
        """Labels of bad and good."""
        return 0, 1

    def ask(self, tokenizer: Any, prompt: str, steps: list[str]) -> Asked:
        """Tokens and positions."""
        pieces: list[list[int]] = tokenizer(
            [prompt, self.separator, *steps], add_special_tokens=False, verbose=False
        ).input_ids
        ids = [] if tokenizer.bos_token_id is None else [tokenizer.bos_token_id]
        ids += pieces[0]
        at = []
        for piece in pieces[2:]:
            ids += piece + pieces[1]
            at.append(len(ids) - 1)
        return Asked(ids, at)
