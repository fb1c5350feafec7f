"""axolotl's own loader reads what products write (`make test-trainers`): decoded rows and labels."""

import pytest
import yaml
from trainer_groups import REASONED, RIGHT, WRONG, groups

from engine.products.files import FileOptions
from engine.products.modes import Modes
from engine.products.preference import Preference
from engine.products.sft import SFT
from engine.products.stepwise import Stepwise
from engine.tiny import model_path

pytest.importorskip("axolotl", reason="axolotl is not installed here; make test-trainers installs it")
pytestmark = [pytest.mark.thorough, pytest.mark.filterwarnings("default")]
ASKED = "<|system|>Add.<|user|>2+2?<|assistant|>"


def configured(product, directory, monkeypatch):
    """``axolotl.yaml`` with what a user adds."""
    from axolotl.utils.dict import DictDefault
    from transformers import AutoTokenizer

    product.write(groups(), str(directory / product.name))
    monkeypatch.chdir(directory / product.name)
    settings = yaml.safe_load((directory / product.name / "axolotl.yaml").read_text())
    settings |= {
        "base_model": model_path(),
        "tokenizer_config": model_path(),
        "chat_template": "tokenizer_default",
        "sequence_len": 256,
        "val_set_size": 0,
        "dataset_prepared_path": str(directory / "prepared"),
        "dataset_num_proc": 1,
        "micro_batch_size": 1,
        "gradient_accumulation_steps": 1,
        "batch_size": 1,
        "num_epochs": 1,
        "eot_tokens": ["<|end|>"],
        "seed": 1,
    }
    return DictDefault(settings), AutoTokenizer.from_pretrained(model_path())


def trained(tokenizer, row):
    return tokenizer.decode([label for label in row["labels"] if label != -100])


@pytest.mark.parametrize(
    "product", [SFT(format="axolotl", files=FileOptions(("jsonl",), rows_per_shard=3)), Modes(format="axolotl")]
)
def test_sft(tmp_path, monkeypatch, product):
    from axolotl.utils.data import prepare_datasets

    settings, tokenizer = configured(product, tmp_path, monkeypatch)
    rows = prepare_datasets(settings, tokenizer)[0]
    assert len(rows) == 4
    found = {(tokenizer.decode(row["input_ids"]), trained(tokenizer, row)) for row in rows}
    assert found == {(f"{ASKED}{answer}<|end|>", f"{answer}<|end|>") for answer in (REASONED, RIGHT)}


def test_pairs(tmp_path, monkeypatch):
    from axolotl.utils.data import prepare_preference_datasets
    from axolotl.utils.schemas.enums import RLType

    settings, tokenizer = configured(Preference(format="axolotl"), tmp_path, monkeypatch)
    settings.rl = RLType(settings.rl)
    rows = prepare_preference_datasets(settings, tokenizer)[0]
    assert len(rows) == 2
    assert [rows[0][name] for name in ("prompt", "chosen", "rejected")] == [
        ASKED,
        f"{REASONED}<|end|>",
        f"{WRONG}<|end|>",
    ]


def test_steps(tmp_path, monkeypatch):
    from axolotl.utils.data import prepare_datasets

    settings, tokenizer = configured(Stepwise(format="axolotl"), tmp_path, monkeypatch)
    settings.process_reward_model = True
    rows = prepare_datasets(settings, tokenizer)[0]
    assert len(rows) == 2
    for row in rows:
        assert RIGHT in tokenizer.decode(row["input_ids"])
        assert [label for label in row["labels"] if label != -100] == [1]
