"""Loading a process reward model, and its probability for each step of many solutions at once."""

import inspect
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import VerifierError
from verifiers.process_reward.layout import Asked, Layout, UnfitError

DECIMALS = 3
"""Probabilities are rounded to so many digits; what stands behind them depends on the machine."""
NOISE = {"torch.float64": 1e-9, "torch.float32": 1e-4}
"""How far padding and neighbours move a difference of two logits; some ten times what was seen. Other types: more than
rounding hides, so that nothing is batched in them."""
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
        whole = "\n".join([prompt, *steps])
        if found := [token for token in self.control if token in whole]:
            raise UnfitError("control_tokens", f"the text holds the model's control token {found[0]!r}")
        asked = self.layout.ask(self.tokenizer, prompt, steps)
        if len(asked.ids) > self.context:
            raise UnfitError("too_long", f"{len(asked.ids)} tokens are more than the {self.context:g} that are read")
        return asked

    def score(self, asked: list[Asked]) -> list[list[float]]:
        """Per solution and step the probability that the step is right, rounded.

        Solutions of like length are scored together. One is scored alone where the noise of that could turn the last
        digit, and always in number types that make more noise than rounding hides: so what comes out is what it gets
        alone.
        """
        noise = NOISE.get(str(self.model.dtype))
        size = self.batch_size if noise else 1
        order = sorted(range(len(asked)), key=lambda index: len(asked[index].ids))
        found: list[list[float]] = [[] for _ in asked]
        for start in range(0, len(order), size):
            group = order[start : start + size]
            for index, margins in zip(group, self._margins([asked[index] for index in group]), strict=True):
                alone = len(group) == 1 or all(settled(margin, noise or 0.0) for margin in margins)
                kept = margins if alone else self._margins([asked[index]])[0]
                found[index] = [probability(margin) for margin in kept]
        return found

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


def load(
    name: str,
    layout: Layout,
    *,
    device: str,
    dtype: str,
    threads: int,
    revision: str | None,
    trust_remote_code: bool,
    safetensors_only: bool,
    max_length: int,
    batch_size: int,
) -> Scorer:
    """Load ``name``, a hub id or a directory, and ask it once. Raises ``VerifierError`` with one sentence."""
    try:
        import torch
        import transformers
    except ImportError as error:
        raise VerifierError(
            f"{KEY} needs torch and transformers ({line(error)}): pip install 'proofstill[local]'"
        ) from error
    if threads:
        torch.set_num_threads(threads)
    transformers.logging.disable_progress_bar()
    transformers.logging.set_verbosity_error()  # what it would report is raised below
    path = str(Path(name).expanduser()) if Path(name).expanduser().is_dir() else name
    options = {"revision": revision, "trust_remote_code": trust_remote_code}
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    kind = ("float32" if device == "cpu" else "auto") if dtype == "auto" else dtype
    try:
        config = transformers.AutoConfig.from_pretrained(path, **options)
        tokenizer = transformers.AutoTokenizer.from_pretrained(path, **options)
        model, report = layout.model_class(config, trusted=trust_remote_code).from_pretrained(
            path, dtype=kind, use_safetensors=safetensors_only or None, output_loading_info=True, **options
        )
        model = model.to(torch.device(device)).eval()
        scorer = ready(model, tokenizer, layout, max_length=max_length, batch_size=batch_size)
        fit(scorer, report["missing_keys"])
    except Exception as error:  # whatever a damaged file, a missing model or a full GPU raises
        raise VerifierError(f"{KEY}.model={name} cannot be used: {line(error)} ({type(error).__name__})") from error
    return scorer


def ready(model: Any, tokenizer: Any, layout: Layout, *, max_length: int, batch_size: int) -> Scorer:
    """What to read from the model, and how much it takes."""
    own = getattr(model.config.get_text_config(), "max_position_embeddings", None) or math.inf
    special = {*tokenizer.all_special_tokens}
    special |= {token.content for token in tokenizer.added_tokens_decoder.values() if token.special}
    return Scorer(
        model=model,
        tokenizer=tokenizer,
        layout=layout,
        columns=layout.columns(tokenizer),
        context=min(own, max_length or math.inf),
        batch_size=batch_size,
        control=tuple(sorted(special - {tokenizer.unk_token, ""})),
    )


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


def line(error: BaseException) -> str:
    """The first line of a message."""
    return next(iter(str(error).strip().splitlines()), "no message")
