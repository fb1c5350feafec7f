"""Other trainers' files: their documented schemas, field by field; sources in ``engine.products.formats``.

LLaMA-Factory's and axolotl's readers are written down here as they treat a row (converter.py and dpo/chat_template.py),
so that a row which they would skip or stumble over fails.
"""

import json

import pytest
import yaml
from product_rows import group, made, marks, read, write

from engine.errors import ConfigError
from engine.products.direct import Direct
from engine.products.files import FileOptions
from engine.products.modes import Modes
from engine.products.preference import Preference
from engine.products.rl import RL
from engine.products.sft import SFT
from engine.products.stepwise import Stepwise
from engine.products.unpaired import Unpaired
from engine.records import Message, Rendered, Status, Verdict

P, F = Status.PASS, Status.FAIL
ASKED = Rendered(messages=(Message("system", "Add."), Message("user", "2+2?")))


def groups():
    found = Verdict(P, verifier="steps", version="1", steps=marks("4", "supported"))
    math = Verdict(P, answer="4", verifier="math", version="1")
    for i in range(5):
        yield group(
            f"p{i}",
            lambda p: made(p, 0, P, "4", prompt=ASKED, mode="think", reasoning="2+2", verdicts=(math,)),
            lambda p: made(p, 1, P, "4", prompt=ASKED, mode="no_think", verdicts=(math, found)),
            lambda p: made(p, 2, F, "5", prompt=ASKED),
        )


def llama_factory(root):
    """Every data set that ``dataset_info.json`` names, through what parser.py and converter.py do with it."""
    info = json.loads((root / "dataset_info.json").read_text())
    allowed = {"file_name", "formatting", "ranking", "columns", "tags"}
    for entry in info.values():
        assert set(entry) <= allowed
        assert entry["formatting"] == "sharegpt"
        assert set(entry["columns"]) <= {"messages", "chosen", "rejected", "kto_tag", "system", "tools"}
        tags, columns = entry["tags"], entry["columns"]
        path = root / entry["file_name"]
        rows = read(root, path.parent.name)
        if path.suffix == ".jsonl":
            rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        for row in rows:
            messages = row[columns["messages"]]
            if messages[0][tags["role_tag"]] == tags["system_tag"]:
                messages = messages[1:]
            odd, even = tags["user_tag"], tags["assistant_tag"]
            assert [m[tags["role_tag"]] for m in messages] == [(odd, even)[i % 2] for i in range(len(messages))]
            assert len(messages) % 2 == (1 if entry.get("ranking") else 0)
            if entry.get("ranking"):
                for side in ("chosen", "rejected"):
                    assert row[columns[side]][tags["role_tag"]] == even
                    assert isinstance(row[columns[side]][tags["content_tag"]], str)
            if "kto_tag" in columns:
                assert isinstance(row[columns["kto_tag"]], bool)
        yield from rows


@pytest.mark.parametrize(
    ("product", "count"),
    [
        (SFT(format="llama_factory"), 10),
        (SFT(format="llama_factory", shapes=("messages",), files=FileOptions(("jsonl",), rows_per_shard=4)), 10),
        (Direct(format="llama_factory"), 5),
        (Modes(format="llama_factory"), 10),
        (Preference(format="llama_factory"), 5),
        (Unpaired(format="llama_factory"), 15),
    ],
)
def test_llama_factory(tmp_path, product, count):
    facts = product.write(groups(), str(tmp_path / product.name))
    assert len(list(llama_factory(tmp_path / product.name))) == count == facts["rows"]


def axolotl_pair(row):
    """What chat_template.default takes of a row."""
    messages = [{"role": m["role"], "content": m["content"]} for m in row["messages"]]
    assert {m["role"] for m in messages} <= {"user", "assistant", "system", "tool"}
    return [row[side]["content"] for side in ("chosen", "rejected") if row[side]["role"] == "assistant"]


def test_axolotl(tmp_path):
    for product, kind in (
        (SFT(format="axolotl"), "chat_template"),
        (Modes(format="axolotl"), "chat_template"),
        (Preference(format="axolotl"), "chat_template.default"),
        (Stepwise(format="axolotl"), "stepwise_supervised"),
    ):
        write_to = tmp_path / product.name
        facts = product.write(groups(), str(write_to))
        settings = yaml.safe_load((write_to / "axolotl.yaml").read_text())
        (entry,) = settings["datasets"]
        assert entry["type"] == kind
        assert [write_to / name for name in entry["data_files"]] == [
            p for p in write_to.rglob("*.parquet") if p.parent.name != "prompt_completion"
        ]
        assert entry["ds_type"] == "parquet"
        assert (settings.get("rl") == "dpo") == (product.name == "preference")
        assert facts["rows"]
    for row in read(tmp_path / "preference", "pairs"):
        assert axolotl_pair(row) == ["<think>\n2+2\n</think>\n\n4", "5"]
    for row in read(tmp_path / "stepwise", "steps"):
        assert isinstance(row["prompt"], str)
        assert len(row["completions"]) == len(row["labels"])


def test_openrlhf(tmp_path):
    """``prompt + chosen`` are message lists that are joined; the SFT data set adds ``input`` and ``output`` likewise."""
    for product, shape in (
        (SFT(format="openrlhf"), "prompt_completion"),
        (Preference(format="openrlhf"), "pairs"),
        (RL(format="openrlhf"), "prompts"),
    ):
        product.write(groups(), str(tmp_path / product.name))
        settings = yaml.safe_load((tmp_path / product.name / "openrlhf.yaml").read_text())
        where = "data.prompt_dataset" if product.name == "rl" else "data.dataset"
        assert settings[where] == f"{shape}/train-00000.parquet"
        row = read(tmp_path / product.name, shape)[0]
        keys = [value for key, value in settings.items() if key.endswith("_key")]
        values = [row[key] for key in keys]
        if product.name == "rl":
            assert values == [[{"role": m.role, "content": m.content} for m in ASKED.messages], "7"]
        else:
            assert all(isinstance(values[0] + other, list) for other in values[1:])


def test_verl(tmp_path):
    for product, shape in (
        (SFT(format="verl"), "messages"),
        (Modes(format="verl"), "messages"),
        (RL(format="verl"), "prompts"),
    ):
        product.write(groups(), str(tmp_path / product.name))
        settings = yaml.safe_load((tmp_path / product.name / "verl.yaml").read_text())
        assert settings["data.train_files"] == [f"{shape}/train-00000.parquet"]
        row = read(tmp_path / product.name, shape)[0]
        for key, value in settings.items():
            assert key == "data.train_files" or value in row, key
    with pytest.raises(ConfigError, match=r"files\.formats"):
        SFT(format="verl", files=FileOptions(("jsonl", "parquet")))


def test_trl_needs_no_file(tmp_path):
    _, rows = write(SFT(), tmp_path, *groups())
    assert rows
    assert sorted(p.name for p in (tmp_path / "sft").iterdir()) == ["messages", "prompt_completion"]
