"""A chat model that answers each step with + or -: the shape of RLHFlow's process reward models."""

from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from verifiers.process_reward.layout import Asked, causal_class, last_id
from verifiers.transformer import UnfitError

SLOT = "\ue000\uf8ff\ue000"
"""Stands for an answer until the template has put everything around it. Private characters: no text has them."""


@dataclass(frozen=True)
class Chat:
    """Each step is a user's turn, the first behind the prompt, and the assistant's turn is ``good`` or ``bad``.

    P(good) / (P(good) + P(bad)) is read where the turn's one token is predicted. As in ``math-rm/prm_evaluate.py`` of
    RLHFlow/RLHF-Reward-Modeling, for RLHFlow/Llama3.1-8B-PRM-Mistral-Data and -Deepseek-Data: all earlier answers
    are ``good`` there too, so one pass over the whole chat gives what one pass per step gives.
    """

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
        turns = []
        for said in [f"{prompt} {steps[0]}", *steps[1:]]:
            turns += [{"role": "user", "content": said}, {"role": "assistant", "content": SLOT}]
        parts = tokenizer.apply_chat_template(turns, tokenize=False).split(SLOT)
        if len(parts) != len(steps) + 1:
            raise UnfitError("control_tokens", f"{len(parts) - 1} answers are found in the chat of {len(steps)} steps")
        encoded = tokenizer(self.good.join(parts), add_special_tokens=False, return_offsets_mapping=True, verbose=False)
        ends = list(accumulate(len(part) + len(self.good) for part in parts[:-1]))
        token_at = {end: at for at, (_, end) in enumerate(encoded.offset_mapping)}
        answers = [token_at.get(end, 0) for end in ends]
        wanted = last_id(tokenizer, self.good)
        if any(at == 0 or encoded.input_ids[at] != wanted for at in answers):
            raise UnfitError("control_tokens", f"{self.good!r} is not a token of its own in the model's chat")
        return Asked(encoded.input_ids, [at - 1 for at in answers])
