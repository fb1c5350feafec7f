"""Small random models of each published shape, and one that was really trained."""

import importlib.util
import sys
from pathlib import Path

import pytest

from engine.tiny import model_path

ROOT = Path(__file__).resolve().parents[3]
WIDTHS = {
    "hidden_size": 128,
    "intermediate_size": 192,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "max_position_embeddings": 512,
}


def tokenizer(*added):
    """The bundled model's tokenizer, with more tokens of its own."""
    from transformers import AutoTokenizer

    made = AutoTokenizer.from_pretrained(model_path())
    made.add_tokens(list(added))
    return made


def spread(model):
    """Weights large enough that the scores of different steps differ."""
    import torch

    with torch.no_grad():
        for weights in model.parameters():
            if weights.dim() > 1:
                weights.mul_(5.0)
    return model


@pytest.fixture(autouse=True, scope="session")
def one_thread():
    """Several threads wait for each other on a busy machine, and these models are small."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def shapes(tmp_path_factory):
    """A directory per shape: ``separator``, ``marker``, ``qwen``, ``tag``, ``chat``."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM, LlamaForTokenClassification, Qwen2Config

    from verifiers.process_reward.marker import qwen_class

    torch.manual_seed(1)
    marked, tagged = tokenizer(), tokenizer("ки")
    marked.add_special_tokens({"additional_special_tokens": ["<extra_0>"]}, replace_extra_special_tokens=False)
    llama = LlamaConfig(vocab_size=896, num_labels=2, **WIDTHS)
    models = {
        "separator": (LlamaForTokenClassification(llama), tokenizer()),
        "marker": (LlamaForTokenClassification(llama), marked),
        "qwen": (qwen_class()(Qwen2Config(vocab_size=896, **WIDTHS)), marked),
        "tag": (LlamaForCausalLM(llama), tagged),
        "chat": (LlamaForCausalLM(llama), tokenizer()),
    }
    folder = tmp_path_factory.mktemp("shapes")
    for name, (model, words) in models.items():
        spread(model).save_pretrained(folder / name)
        words.save_pretrained(folder / name)
    return folder


@pytest.fixture(scope="session")
def prm_train():
    """The module ``benchmarks/prm_train.py``."""
    spec = importlib.util.spec_from_file_location("prm_train", ROOT / "benchmarks" / "prm_train.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module
