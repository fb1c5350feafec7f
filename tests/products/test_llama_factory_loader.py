"""LLaMA-Factory's own loader reads what products write (`make test-trainers`): decoded rows and labels."""

import importlib.machinery
import json
import sys
import types

import pytest
from trainer_groups import REASONED, RIGHT, WRONG, groups

from engine.products.files import FileOptions
from engine.products.modes import Modes
from engine.products.preference import Preference
from engine.products.sft import SFT
from engine.products.unpaired import Unpaired
from engine.tiny import model_path

pytest.importorskip("llamafactory", reason="LLaMA-Factory is not installed here; make test-trainers installs it")
pytestmark = [pytest.mark.thorough, pytest.mark.filterwarnings("default")]


@pytest.fixture
def load(tmp_path, monkeypatch):
    # it imports torchaudio for sound, whose builds want CUDA; text needs nothing of it
    monkeypatch.setenv("DISABLE_VERSION_CHECK", "1")
    audio = types.ModuleType("torchaudio")
    audio.__spec__ = importlib.machinery.ModuleSpec("torchaudio", None)
    monkeypatch.setitem(sys.modules, "torchaudio", audio)

    def load(product, stage):
        from llamafactory.data import get_dataset, get_template_and_fix_tokenizer
        from llamafactory.hparams import DataArguments, ModelArguments
        from transformers import AutoTokenizer, Seq2SeqTrainingArguments

        product.write(groups(), str(tmp_path / product.name))
        names = json.loads((tmp_path / product.name / "dataset_info.json").read_text())
        data = DataArguments(template="chatml", dataset=",".join(names), dataset_dir=str(tmp_path / product.name))
        model = ModelArguments(model_name_or_path=model_path(), cache_dir=str(tmp_path / "cache"))
        training = Seq2SeqTrainingArguments(output_dir=str(tmp_path / "out"), use_cpu=True, report_to=[])
        tokenizer = AutoTokenizer.from_pretrained(model_path())
        template = get_template_and_fix_tokenizer(tokenizer, data)
        return tokenizer, get_dataset(template, model, data, training, stage, tokenizer)["train_dataset"]

    return load


def trained(tokenizer, labels):
    return tokenizer.decode([label for label in labels if label != -100]).strip()


@pytest.mark.parametrize(
    "product",
    [
        SFT(format="llama_factory"),
        SFT(format="llama_factory", files=FileOptions(("jsonl",), rows_per_shard=2)),
        Modes(format="llama_factory"),
    ],
)
def test_sft(load, product):
    tokenizer, rows = load(product, "sft")
    assert len(rows) == 4
    text = tokenizer.decode(rows[0]["input_ids"])
    assert text.index("Add.") < text.index("2+2?") < text.index(REASONED)
    assert {trained(tokenizer, row["labels"]).removesuffix("<|im_end|>") for row in rows} == {REASONED, RIGHT}


def test_pairs(load):
    tokenizer, rows = load(Preference(format="llama_factory"), "rm")
    assert len(rows) == 2
    assert trained(tokenizer, rows[0]["chosen_labels"]).removesuffix("<|im_end|>") == REASONED
    assert trained(tokenizer, rows[0]["rejected_labels"]).removesuffix("<|im_end|>") == WRONG


def test_labelled(load):
    tokenizer, rows = load(Unpaired(format="llama_factory"), "kto")
    found = {(trained(tokenizer, row["labels"]).removesuffix("<|im_end|>"), row["kto_tags"]) for row in rows}
    assert found == {(REASONED, True), (RIGHT, True), (WRONG, False)}
