"""A special token behind each step: the shape of Qwen2.5-Math-PRM."""

from dataclasses import dataclass
from typing import Any

from verifiers.process_reward.layout import Asked, positions, sequence_class
from verifiers.transformer import UnfitError

QWEN = "Qwen2ForProcessRewardModel"
INSTRUCTION = "Please reason step by step, and put your final answer within \\boxed{}."


@dataclass(frozen=True)
class Marker:
    """A chat of ``system``, the prompt, and the steps with ``marker`` behind each; two labels are read at the markers.

    As in the model card of Qwen/Qwen2.5-Math-PRM-7B (``make_step_rewards``), label 1 for a right step. The checkpoint
    brings code of its own; its head (two linear layers, as vLLM and the card's code have it) is built here instead, so
    nothing of it needs to be trusted. Any other checkpoint with code of its own needs ``trust_remote_code``.
    """

    marker: str = "<extra_0>"
    system: str = INSTRUCTION

    def model_class(self, config: Any, *, trusted: bool) -> Any:
        """Our own class for Qwen's checkpoints, the checkpoint's where it has one, else transformers'."""
        if QWEN in (config.architectures or ()):
            return qwen_class()
        if "AutoModel" not in (getattr(config, "auto_map", None) or {}):
            return sequence_class()
        if not trusted:
            raise ValueError("it comes with code of its own, which runs only with trust_remote_code=true")
        from transformers import AutoModel

        return AutoModel

    def columns(self, _tokenizer: Any) -> tuple[int, int]:
        """Labels of bad and good."""
        return 0, 1

    def ask(self, tokenizer: Any, prompt: str, steps: list[str]) -> Asked:
        """Tokens and positions."""
        marker = tokenizer(self.marker, add_special_tokens=False).input_ids
        if len(marker) != 1:
            raise UnfitError("control_tokens", f"{self.marker!r} is not one token of the model's")
        turns = [
            {"role": "system", "content": self.system},
            {"role": "user", "content": prompt},
            {"role": "assistant", "content": self.marker.join(steps) + self.marker},
        ]
        text = tokenizer.apply_chat_template(turns, tokenize=False)
        ids = tokenizer(text, add_special_tokens=False, verbose=False).input_ids
        return Asked(ids, positions(ids, marker[0], steps, self.marker))


def qwen_class() -> Any:
    """Qwen2 with the head of Qwen2.5-Math-PRM, loadable from its checkpoints."""
    from torch import nn
    from transformers import Qwen2ForTokenClassification

    class Qwen2ForProcessRewardModel(Qwen2ForTokenClassification):  # type: ignore[misc]
        def __init__(self, config: Any) -> None:
            super().__init__(config)
            width = config.hidden_size
            self.score = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 2))
            self.post_init()

    return Qwen2ForProcessRewardModel
