"""verl's own data sets read what products write (`make test-trainers`): decoded rows and their loss mask."""

import pytest
import yaml
from trainer_groups import REASONED, RIGHT, groups

from engine.products.files import FileOptions
from engine.products.modes import Modes
from engine.products.rl import RL
from engine.products.sft import SFT
from engine.tiny import model_path

pytest.importorskip("verl", reason="verl is not installed here; make test-trainers installs it")
pytestmark = [pytest.mark.thorough, pytest.mark.filterwarnings("default")]
ASKED = "<|system|>Add.<|user|>2+2?"


def loaded(product, directory, monkeypatch):
    from omegaconf import OmegaConf
    from transformers import AutoTokenizer

    product.write(groups(), str(directory / product.name))
    monkeypatch.chdir(directory / product.name)
    settings = yaml.safe_load((directory / product.name / "verl.yaml").read_text())
    data = {name.removeprefix("data."): value for name, value in settings.items()}
    data |= {"max_length": 128, "cache_dir": str(directory / "cache")}
    return data["train_files"], AutoTokenizer.from_pretrained(model_path()), OmegaConf.create(data)


@pytest.mark.parametrize("product", [SFT(format="verl", files=FileOptions(rows_per_shard=3)), Modes(format="verl")])
def test_sft(tmp_path, monkeypatch, product):
    from verl.utils.dataset.multiturn_sft_dataset import MultiTurnSFTDataset

    data = MultiTurnSFTDataset(*loaded(product, tmp_path, monkeypatch))
    assert len(data) == 4
    for index, answer in ((0, REASONED), (1, RIGHT)):
        row = data[index]
        seen, trained = row["attention_mask"].bool(), row["loss_mask"].bool()
        assert data.tokenizer.decode(row["input_ids"][seen]) == f"{ASKED}<|assistant|>{answer}<|end|>"
        assert data.tokenizer.decode(row["input_ids"][trained]) == f"{answer}<|end|>"
    assert data.enable_thinking == ([True, False] * 2 if product.name == "modes" else None)


def test_prompts(tmp_path, monkeypatch):
    from verl.utils.dataset.rl_dataset import RLHFDataset

    data = RLHFDataset(*loaded(RL(format="verl"), tmp_path, monkeypatch))
    row = data[0]
    assert [turn["content"] for turn in row["raw_prompt"]] == ["Add.", "2+2?"]
    assert row["data_source"] == "made:test"
    assert row["reward_model"] == {"style": "rule", "ground_truth": "7"}
    assert row["index"] == 0
