"""A language model that says + or - at a step tag: the shape of Math-Shepherd."""

from dataclasses import dataclass
from typing import Any

from verifiers.process_reward.layout import Asked, causal_class, last_id, positions


@dataclass(frozen=True)
class Tag:
    """``prompt step1 TAG⏎step2 TAG``; at the tag, P(good) / (P(good) + P(bad)) as the next token.

    As in the model card of peiyi9979/math-shepherd-mistral-7b-prm (Wang et al. 2023, arXiv:2312.08935), whose tag is
    ``ки`` and whose answers are ``+`` and ``-``. It was trained on steps that begin with ``Step 1:``.
    """

    tag: str = "ки"
    good: str = "+"
    bad: str = "-"

    def model_class(self, _config: Any, *, trusted: bool) -> Any:  # noqa: ARG002  the protocol's
        """A class of transformers, or of the checkpoint where that is trusted."""
        return causal_class()

    def columns(self, tokenizer: Any) -> tuple[int, int]:
        """Tokens of bad and good."""
        return last_id(tokenizer, self.bad), last_id(tokenizer, self.good)

    def ask(self, tokenizer: Any, prompt: str, steps: list[str]) -> Asked:
        """Tokens and positions."""
        text = f"{prompt} " + "\n".join(f"{step} {self.tag}" for step in steps)
        ids = tokenizer(text, verbose=False).input_ids
        return Asked(ids, positions(ids, last_id(tokenizer, self.tag), steps, self.tag))
