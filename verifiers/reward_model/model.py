"""A transformers sequence classifier: logits for many texts at once, the same as one by one."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from engine.records import Problem
from verifiers.reward_model.layout import Layout, encoded, turns
from verifiers.transformer import (
    NOISE,
    batched,
    context_of,
    control_tokens,
    loading,
    open_model,
    refuse_control,
    refuse_long,
)

DECIMALS = 3
"""Scores are rounded to so many digits; what stands behind them depends on the machine."""
Encoding = dict[str, Any]


@dataclass
class Classifier:
    """A loaded model. A text's rounded scores are the same whatever it is scored together with."""

    model: Any
    tokenizer: Any
    layout: Layout
    context: float
    """Most tokens of prompt and response."""
    batch_size: int
    control: tuple[str, ...]

    def ask(self, problem: Problem, response: str) -> Encoding:
        """Tokens. Raises ``UnfitError`` for a sample that the model cannot be asked about."""
        whole = "\n".join(turn["content"] for turn in turns(problem, response))
        refuse_control(whole, self.control)
        asked = encoded(self.tokenizer, problem, response, self.layout)
        refuse_long(len(asked["input_ids"]), self.context)
        return asked

    def scores(self, asked: list[Encoding]) -> list[list[float]]:
        """Per text: the logit of a model with one output, else the probability of each label; rounded.

        Labels exclude each other, unless the model says that it is ``multi_label_classification``.
        """
        noise = NOISE.get(str(self.model.dtype))
        pad = self.model.config.get_text_config().pad_token_id
        # a causal model finds the end of a text by its padding token, and reads the last one where it has none
        batches = noise is not None and pad is not None and self.tokenizer.pad_token_id == pad
        return [
            [round(value, DECIMALS) for value in values]
            for values in batched(
                asked,
                lambda one: len(one["input_ids"]),
                self._values,
                size=self.batch_size if batches else 1,
                settled=lambda values: all(
                    round(value - (noise or 0.0), DECIMALS) == round(value + (noise or 0.0), DECIMALS)
                    for value in values
                ),
            )
        ]

    def _values(self, batch: list[Encoding]) -> list[list[float]]:
        import torch

        if len(batch) == 1:
            inputs = {name: torch.tensor([value]) for name, value in batch[0].items()}
        else:
            inputs = self.tokenizer.pad(batch, padding_side="right", return_tensors="pt")
        with torch.inference_mode():
            logits = self.model(**{name: value.to(self.model.device) for name, value in inputs.items()}).logits.double()
        if not bool(logits.isfinite().all()):
            raise ValueError("the model's output is not a number; try another dtype")
        if logits.shape[-1] > 1:
            several = self.model.config.problem_type == "multi_label_classification"
            logits = logits.sigmoid() if several else logits.softmax(-1)
        return [[float(value) for value in row] for row in logits]

    @property
    def labels(self) -> list[str]:
        """The names of its outputs, in their order."""
        return [str(self.model.config.id2label[index]) for index in range(self.model.config.num_labels)]


def load(
    key: str,
    name: str,
    layout: Layout,
    fit: Callable[["Classifier"], None],
    *,
    max_length: int,
    batch_size: int,
    **options: Any,
) -> Classifier:
    """Load ``name`` and ask it once; ``options`` as of ``verifiers.transformer.open_model``. ``key``: of the verifier.

    ``fit`` raises ``ValueError`` where the model is not what the verifier needs. Raises ``VerifierError``.
    """
    with loading(key, name):
        model, tokenizer, missing = open_model(name, _sequence_class, **options)
        if missing:
            lacks = ", ".join(sorted(missing)[:3])
            raise ValueError(f"the checkpoint has no {lacks}, so it is no sequence classifier")
        if layout == "chat" and not tokenizer.chat_template:
            raise ValueError("its tokenizer has no chat template; set layout to pair or text")
        made = Classifier(
            model, tokenizer, layout, context_of(model, max_length), batch_size, control_tokens(tokenizer)
        )
        fit(made)
        made.scores([made.ask(Problem("", "What is 1 + 1?"), "It is 2.")])
    return made


def _sequence_class(_config: Any) -> Any:
    from transformers import AutoModelForSequenceClassification

    return AutoModelForSequenceClassification
