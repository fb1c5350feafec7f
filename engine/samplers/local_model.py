"""Loading a causal language model with its tokenizer, and turning prompts into token ids."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import SamplerError
from engine.records import Rendered
from engine.samplers.thinking import go_on
from engine.tiny import model_path

BUNDLED = "bundled:tiny"
DTYPES = ("auto", "float64", "float32", "bfloat16", "float16")


@dataclass(frozen=True, slots=True)
class Encoded:
    """A prompt ready for the model."""

    ids: list[int]
    thinking: bool
    """The prompt's last words open a think block."""


@dataclass
class LocalModel:
    """A loaded model. ``context`` is the most tokens that prompt and completion may have, None where unknown."""

    name: str
    model: Any
    tokenizer: Any
    context: int | None
    ends: frozenset[int]
    hidden: frozenset[int]
    """Special tokens that are no part of the text; think tags are."""
    open_tag: str

    def encode(self, prompt: Rendered, prefix: str = "") -> Encoded:
        """Token ids of ``prompt`` and of what the response says already.

        Both are read as one text, as the model would have written it. Raises ``ValueError`` with one sentence when
        this prompt cannot be asked.
        """
        text = prompt.text if prompt.text is not None else self._chat(prompt)
        text += go_on(prefix, self.open_tag) if text.rstrip().endswith(self.open_tag) else prefix
        ids = self.tokenizer(text, add_special_tokens=prompt.text is not None, verbose=False).input_ids
        if not ids:
            raise ValueError("the prompt has no tokens")
        encoded = Encoded(ids, text.rstrip().endswith(self.open_tag))
        if self.room(encoded) < 1:
            raise ValueError(f"the prompt has {len(ids)} tokens, and the context of {self.name} is {self.context}")
        return encoded

    def room(self, prompt: Encoded) -> float:
        """Tokens that the context leaves for a completion."""
        return math.inf if self.context is None else self.context - len(prompt.ids)

    def _chat(self, prompt: Rendered) -> str:
        from jinja2 import TemplateError

        if self.tokenizer.chat_template is None:
            raise SamplerError(
                f"sampler.model={self.name} has no chat template: choose a prompt of plain text, or a chat model"
            )
        messages = [{"role": message.role, "content": message.content} for message in prompt.messages]
        try:
            text: str = self.tokenizer.apply_chat_template(
                messages, tokenize=False, add_generation_prompt=True, **prompt.template_kwargs
            )
        except TemplateError as error:
            raise ValueError(f"the chat template of {self.name} refuses the prompt: {_line(error)}") from error
        return text

    def decode(self, ids: list[int]) -> str:
        """Text of completion tokens, think tags included."""
        text: str = self.tokenizer.decode([token for token in ids if token not in self.hidden])
        return text


def load(
    name: str, *, device: str, dtype: str, revision: str | None, trust_remote_code: bool, tags: tuple[str, str]
) -> LocalModel:
    """Load ``name``: a hub id, a directory, or ``bundled:tiny``. Raises ``SamplerError`` with one sentence."""
    try:
        import torch
        import transformers
    except ImportError as error:
        raise SamplerError(
            f"sampler=transformers needs torch and transformers ({_line(error)}): pip install 'proofstill[local]'"
        ) from error
    transformers.logging.disable_progress_bar()
    path, options = _source(name), {"revision": revision, "trust_remote_code": trust_remote_code}
    device = _device(device)
    kind: Any = ("float32" if device == "cpu" else "auto") if dtype == "auto" else dtype
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(path, **options)
        model = transformers.AutoModelForCausalLM.from_pretrained(path, dtype=kind, **options)
        model = model.to(torch.device(device)).eval()
    except Exception as error:  # whatever a damaged file, a missing model or a full GPU raises
        raise SamplerError(_why(name, path, error)) from error
    return _ready(name, model, tokenizer, tags)


def _ready(name: str, model: Any, tokenizer: Any, tags: tuple[str, str]) -> LocalModel:
    """Read what ends a text and what a text may hold; switch the model's own sampling defaults off."""
    from transformers import GenerationConfig

    ends = model.generation_config.eos_token_id
    ends = [ends] if isinstance(ends, int) else list(ends or [])
    if tokenizer.eos_token_id is not None:
        ends.append(tokenizer.eos_token_id)
    pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else next(iter(ends), 0)
    model.generation_config = GenerationConfig(
        do_sample=False, eos_token_id=sorted(set(ends)) or None, pad_token_id=pad
    )
    shown = {tokenizer.convert_tokens_to_ids(tag) for tag in tags}
    context = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    return LocalModel(
        name,
        model,
        tokenizer,
        context,
        frozenset(ends),
        frozenset({*tokenizer.all_special_ids, *ends} - shown),
        tags[0],
    )


def _source(name: str) -> str:
    if name == BUNDLED:
        return model_path()
    path = Path(name).expanduser()
    if path.is_dir():
        return str(path)
    if name.startswith((".", "/", "~", "bundled:")) or name.count("/") > 1:
        raise SamplerError(f"sampler.model={name} is not a directory: give a local model, a hub id or {BUNDLED}")
    return name


def _device(device: str) -> str:
    import torch

    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    return device


def _why(name: str, path: str, error: Exception) -> str:
    advice = (
        "check that the directory holds a complete model"
        if Path(path).is_dir()
        else "check the name, your access to it and the network, or give a local directory"
    )
    return f"sampler.model={name} cannot be loaded: {advice} ({type(error).__name__}: {_line(error)})"


def _line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), "no message")
