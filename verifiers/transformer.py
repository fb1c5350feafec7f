"""What verifiers share that ask a transformers model: loading it, its limits, and scores that no batch changes."""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, TypeVar

from engine.errors import ConfigError, VerifierError

Dtype = Literal["auto", "float64", "float32", "bfloat16", "float16"]
NOISE = {"torch.float64": 1e-9, "torch.float32": 1e-4}
"""How far padding and neighbours move a difference of two logits; some ten times what was seen. Other types: more than
rounding hides, so that nothing is batched in them."""

T = TypeVar("T")
R = TypeVar("R")


class UnfitError(ValueError):
    """A sample that this model cannot be asked about; the verdict is ABSTAIN with this code and text."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


def check_name(model: str) -> None:
    """Raise ``ConfigError`` for what looks like a directory and is none."""
    if not Path(model).expanduser().is_dir() and (model.startswith((".", "/", "~")) or model.count("/") > 1):
        raise ConfigError(f"model: {model} is not a directory; give a local model or a hub id")


@contextmanager
def loading(key: str, name: str) -> Iterator[None]:
    """Turn whatever a damaged file, a missing model or a full GPU raises into a ``VerifierError`` of one sentence."""
    try:
        import torch  # noqa: F401
        import transformers
    except ImportError as error:
        raise VerifierError(
            f"{key} needs torch and transformers ({line(error)}): pip install 'proofstill[local]'"
        ) from error
    transformers.logging.disable_progress_bar()
    transformers.logging.set_verbosity_error()  # what it would report is raised
    try:
        yield
    except Exception as error:
        raise VerifierError(f"{key}.model={name} cannot be used: {line(error)} ({type(error).__name__})") from error


def open_model(
    name: str,
    model_class: Callable[[Any], Any],
    *,
    device: str,
    dtype: str,
    threads: int,
    revision: str | None,
    trust_remote_code: bool,
    safetensors_only: bool,
) -> tuple[Any, Any, set[str]]:
    """Model in evaluation mode, tokenizer, and the weights that the checkpoint lacks; ``name``: hub id or directory.

    ``model_class`` gives the transformers class for a configuration. Call it inside ``loading``.
    """
    import torch
    import transformers

    if threads:
        torch.set_num_threads(threads)
    path = str(Path(name).expanduser()) if Path(name).expanduser().is_dir() else name
    options = {"revision": revision, "trust_remote_code": trust_remote_code}
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    kind = ("float32" if device == "cpu" else "auto") if dtype == "auto" else dtype
    config = transformers.AutoConfig.from_pretrained(path, **options)
    tokenizer = transformers.AutoTokenizer.from_pretrained(path, **options)
    model, report = model_class(config).from_pretrained(
        path, dtype=kind, use_safetensors=safetensors_only or None, output_loading_info=True, **options
    )
    return model.to(torch.device(device)).eval(), tokenizer, set(report["missing_keys"])


def context_of(model: Any, max_length: int) -> float:
    """Most tokens that the model is asked with; ``max_length`` 0: as many as it has positions for."""
    own = getattr(model.config.get_text_config(), "max_position_embeddings", None) or math.inf
    return min(own, max_length or math.inf)


def control_tokens(tokenizer: Any) -> tuple[str, ...]:
    """Special tokens: no text of others may hold them, since they would steer the model."""
    special = {*tokenizer.all_special_tokens}
    special |= {token.content for token in tokenizer.added_tokens_decoder.values() if token.special}
    return tuple(sorted(special - {tokenizer.unk_token, ""}))


def refuse_control(text: str, control: Sequence[str]) -> None:
    """Raise ``UnfitError`` for a text that holds one of them."""
    if found := [token for token in control if token in text]:
        raise UnfitError("control_tokens", f"the text holds the model's control token {found[0]!r}")


def refuse_long(tokens: int, context: float) -> None:
    """Raise ``UnfitError`` for more tokens than are read: nothing is ever cut."""
    if tokens > context:
        raise UnfitError("too_long", f"{tokens} tokens are more than the {context:g} that are read")


def batched(
    asked: Sequence[T],
    length: Callable[[T], int],
    compute: Callable[[list[T]], list[R]],
    *,
    size: int,
    settled: Callable[[R], bool],
) -> list[R]:
    """``compute`` over all, in batches of like length. Where a result of a batch is not ``settled`` (noise could turn
    the last digit that is kept), it is computed again alone: so what is kept is what each gets alone.
    """
    order = sorted(range(len(asked)), key=lambda index: length(asked[index]))
    found: dict[int, R] = {}
    for start in range(0, len(order), size):
        group = order[start : start + size]
        for index, result in zip(group, compute([asked[index] for index in group]), strict=True):
            alone = len(group) == 1 or settled(result)
            found[index] = result if alone else compute([asked[index]])[0]
    return [found[index] for index in range(len(asked))]


def line(error: BaseException) -> str:
    """The first line of a message."""
    return next(iter(str(error).strip().splitlines()), "no message")
