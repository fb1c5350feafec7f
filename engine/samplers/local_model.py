"""Loading a causal language model with its tokenizer."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import SamplerError
from engine.samplers.tokens import TokenCodec, first_line
from engine.tiny import model_path

BUNDLED = "bundled:tiny"
DTYPES = ("auto", "float64", "float32", "bfloat16", "float16")


@dataclass
class LocalModel:
    """A loaded model and its tokenizer."""

    model: Any
    codec: TokenCodec


def load(
    name: str, *, device: str, dtype: str, revision: str | None, trust_remote_code: bool, tags: tuple[str, str]
) -> LocalModel:
    """Load ``name``: a hub id, a directory, or ``bundled:tiny``. Raises ``SamplerError`` with one sentence."""
    try:
        import torch
        import transformers
    except ImportError as error:
        raise SamplerError(
            f"sampler=transformers needs torch and transformers ({first_line(error)}): pip install 'proofstill[local]'"
        ) from error
    transformers.logging.disable_progress_bar()
    path, options = source_of(name), {"revision": revision, "trust_remote_code": trust_remote_code}
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
    context = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    return LocalModel(model, TokenCodec(name, tokenizer, context, frozenset(ends), tags))


def source_of(name: str) -> str:
    """Directory or hub id of ``sampler.model``. Raises ``SamplerError`` for a directory that is not there."""
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
    return f"sampler.model={name} cannot be loaded: {advice} ({type(error).__name__}: {first_line(error)})"
