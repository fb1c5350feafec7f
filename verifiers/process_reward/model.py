"""Loading a process reward model, and its probability for each step of many solutions at once."""

import inspect
import math
from dataclasses import dataclass
from typing import Any

from verifiers.process_reward.layout import Asked, Layout
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
"""Probabilities are rounded to so many digits; what stands behind them depends on the machine."""
KEY = "verifier.process_reward"


@dataclass
class Scorer:
    """A loaded model. A solution's probabilities are the same bits whatever it is scored together with."""

    model: Any
    tokenizer: Any
    layout: Layout
    columns: tuple[int, int]
    context: float
    """Most tokens that a solution may have with its prompt."""
    batch_size: int
    control: tuple[str, ...]
    """Special tokens: no prompt or step may hold them, since they would steer the model."""

    def ask(self, prompt: str, steps: list[str]) -> Asked:
        """Tokens and positions. Raises ``UnfitError`` for a sample that the model cannot be asked about."""
        prompt, *steps = (text.encode("utf-8", "replace").decode() for text in (prompt, *steps))
        refuse_control("\n".join([prompt, *steps]), self.control)
        asked = self.layout.ask(self.tokenizer, prompt, steps)
        refuse_long(len(asked.ids), self.context)
        return asked

    def score(self, asked: list[Asked]) -> list[list[float]]:
        """Per solution and step the probability that the step is right, rounded.

        Solutions of like length are scored together. One is scored alone where the noise of that could turn the last
        digit, and always in number types that make more noise than rounding hides: so what comes out is what it gets
        alone.
        """
        noise = NOISE.get(str(self.model.dtype))
        found = batched(
            asked,
            lambda one: len(one.ids),
            self._margins,
            size=self.batch_size if noise else 1,
            settled=lambda margins: all(settled(margin, noise or 0.0) for margin in margins),
        )
        return [[probability(margin) for margin in margins] for margins in found]

    def _margins(self, batch: list[Asked]) -> list[list[float]]:
        """Per solution and step how far the logit of good is above that of bad.

        Padding comes last and is masked, so that it says nothing in causal models nor in others.
        """
        import torch

        width = max(len(asked.ids) for asked in batch)
        ids = torch.zeros((len(batch), width), dtype=torch.long)
        mask = torch.zeros((len(batch), width), dtype=torch.long)
        for row, asked in enumerate(batch):
            ids[row, : len(asked.ids)] = torch.tensor(asked.ids)
            mask[row, : len(asked.ids)] = 1
        device = self.model.device
        kept = sorted({at for asked in batch for at in asked.at})
        options: dict[str, Any] = {}
        if "logits_to_keep" in inspect.signature(self.model.forward).parameters:
            options["logits_to_keep"] = torch.tensor(kept, device=device)  # not a whole vocabulary per token
        else:
            kept = list(range(width))
        with torch.inference_mode():
            logits = self.model(input_ids=ids.to(device), attention_mask=mask.to(device), **options)[0]
        bad, good = self.columns
        margins = (logits[..., good].double() - logits[..., bad].double()).tolist()
        place = {at: column for column, at in enumerate(kept)}
        return [[row[place[at]] for at in asked.at] for row, asked in zip(margins, batch, strict=True)]


def probability(margin: float) -> float:
    """Softmax over two logits, rounded. Raises ``ValueError`` for what is no number."""
    if math.isnan(margin):
        raise ValueError("the model's output is not a number; try another dtype")
    return round(0.5 * (1.0 + math.tanh(0.5 * margin)), DECIMALS)


def settled(margin: float, noise: float) -> bool:
    """Whether the rounded probability is the same wherever in the noise the margin is."""
    return probability(margin - noise) == probability(margin + noise)


def load(name: str, layout: Layout, *, max_length: int, batch_size: int, **options: Any) -> Scorer:
    """Load ``name``, a hub id or a directory, and ask it once; ``options`` as of ``verifiers.transformer.open_model``.

    Raises ``VerifierError`` with one sentence.
    """
    trusted = options["trust_remote_code"]
    with loading(KEY, name):
        model, tokenizer, missing = open_model(
            name, lambda config: layout.model_class(config, trusted=trusted), **options
        )
        scorer = Scorer(
            model=model,
            tokenizer=tokenizer,
            layout=layout,
            columns=layout.columns(tokenizer),
            context=context_of(model, max_length),
            batch_size=batch_size,
            control=control_tokens(tokenizer),
        )
        fit(scorer, missing)
    return scorer


def fit(scorer: Scorer, missing: set[str]) -> None:
    """Raise ``ValueError`` when the model is not of the layout's shape: transformers alone would only warn."""
    if missing:
        raise ValueError(f"the checkpoint has no {', '.join(sorted(missing)[:3])}, so it is no model of this layout")
    labels = scorer.model.config.num_labels
    if scorer.columns == (0, 1) and labels != 2:
        raise ValueError(f"it has {labels} labels and this layout needs 2")
    if scorer.columns[0] == scorer.columns[1]:
        raise ValueError("the words for good and bad are one token to it")
    asked = scorer.ask("What is 1 + 1?", ["1 + 1 = 2.", "The answer is 2."])
    scorer.score([asked])
