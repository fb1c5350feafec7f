"""OpenRLHF's own data sets read what products write (`make test-trainers`): decoded rows and what is trained on."""

from types import SimpleNamespace

import pytest
import yaml
from trainer_groups import REASONED, WRONG, groups

from engine.products.files import FileOptions
from engine.products.preference import Preference
from engine.products.rl import RL
from engine.products.sft import SFT
from engine.tiny import model_path

pytest.importorskip("openrlhf", reason="OpenRLHF is not installed here; make test-trainers installs it")
pytestmark = [pytest.mark.thorough, pytest.mark.filterwarnings("default")]
ASKED = "<|system|>Add.<|user|>2+2?<|assistant|>"


def loaded(product, directory, monkeypatch):
    """What its scripts do with these arguments up to the data set."""
    from openrlhf.datasets.utils import blending_datasets
    from transformers import AutoTokenizer

    product.write(groups(), str(directory / product.name))
    monkeypatch.chdir(directory / product.name)
    settings = yaml.safe_load((directory / product.name / "openrlhf.yaml").read_text())
    assert all(name.startswith("data.") for name in settings)
    data = SimpleNamespace(**{name.removeprefix("data."): value for name, value in settings.items()})
    strategy = SimpleNamespace(args=SimpleNamespace(data=data, use_ms=False), print=print, is_rank_0=lambda: True)
    names = data.prompt_dataset if hasattr(data, "prompt_dataset") else data.dataset
    rows = blending_datasets(names, None, strategy, dataset_split="train")
    return rows, AutoTokenizer.from_pretrained(model_path()), strategy


@pytest.mark.parametrize("files", [FileOptions(), FileOptions(("jsonl",), rows_per_shard=2)])
def test_sft(tmp_path, monkeypatch, files):
    from openrlhf.datasets.sft_dataset import SFTDataset

    rows, tokenizer, strategy = loaded(SFT(format="openrlhf", files=files), tmp_path, monkeypatch)
    data = SFTDataset(rows, tokenizer, 256, strategy, num_processors=1)
    assert len(data) == 4
    ids, _, mask = data[0]
    assert tokenizer.decode(ids[0]) == f"{ASKED}{REASONED}<|end|>"
    assert tokenizer.decode(ids[0][1:][mask[0][:-1].bool()]) == f"{REASONED}<|end|>"


def test_pairs(tmp_path, monkeypatch):
    from openrlhf.datasets.reward_dataset import RewardDataset

    rows, tokenizer, strategy = loaded(Preference(format="openrlhf"), tmp_path, monkeypatch)
    data = RewardDataset(rows, tokenizer, 256, strategy, is_dpo=True, num_processors=1)
    assert len(data) == 2
    chosen, _, rejected, _, asked = data[0]
    assert tokenizer.decode(chosen[0][:asked]) == ASKED
    assert tokenizer.decode(chosen[0][asked:]) == f"{REASONED}<|end|>"
    assert tokenizer.decode(rejected[0][asked:]) == f"{WRONG}<|end|>"


def test_prompts(tmp_path, monkeypatch):
    from openrlhf.datasets.prompts_dataset import PromptDataset

    rows, tokenizer, strategy = loaded(RL(format="openrlhf"), tmp_path, monkeypatch)
    data = PromptDataset(rows, tokenizer, strategy)
    assert data[0][1:3] == (ASKED, "7")
