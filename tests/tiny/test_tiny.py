"""The bundled model: it loads plainly, speaks its template, solves a good part of fresh problems; training repeats."""

import asyncio
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from engine.problems.word_problems import WordProblems
from engine.records import SamplingParams
from engine.samplers.transformers import TransformersSampler
from engine.tiny import model_path
from engine.tiny.evaluate import pass_at, right, sample
from engine.tiny.train import DRILL, IGNORED, TEMPERATURE, encode, encode_drills


@pytest.fixture(scope="module")
def tokenizer():
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(model_path())


def test_the_files_are_small_and_plain():
    files = {path.name: path.stat().st_size for path in Path(model_path()).iterdir()}
    assert {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"} <= set(files)
    assert {"generation_config.json", "chat_template.jinja", "README.md"} <= set(files)
    assert sum(files.values()) < 6_000_000
    config = json.loads(Path(model_path(), "config.json").read_text())
    assert config["architectures"] == ["LlamaForCausalLM"]
    assert config["head_dim"] == 64
    assert config["vocab_size"] % 64 == 0
    assert "auto_map" not in config


def test_the_preset_samples_at_the_models_temperature():
    preset = yaml.safe_load((Path(__file__).parents[2] / "conf/sampler/tiny.yaml").read_text())
    written = json.loads(Path(model_path(), "generation_config.json").read_text())
    assert preset["params"]["temperature"] == written["temperature"] == TEMPERATURE


def test_text_survives_the_tokenizer(tokenizer):
    texts = ["Ada has 12 pens.\nThe answer is \\boxed{-3.5}", "naïve  \t 模型 🙂 a_b `x`\n\n", *_texts(200)]
    for text in texts:
        assert tokenizer.decode(tokenizer(text).input_ids) == text
    assert tokenizer.tokenize("The 407 \\boxed{12}") == ["The", "Ġ4", "0", "7", "Ġ\\boxed{", "1", "2", "}"]


def _texts(count):
    return [problem.reference_solution for problem in WordProblems(count).problems()]


def test_the_template_marks_what_the_assistant_wrote(tokenizer):
    turns = [
        {"role": "system", "content": "S"},
        {"role": "user", "content": "U"},
        {"role": "assistant", "content": "A 1"},
        {"role": "user", "content": "V"},
    ]
    text = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
    assert text == "<|system|>S<|user|>U<|assistant|>A 1<|end|><|user|>V<|assistant|>"
    marked = tokenizer.apply_chat_template(turns, return_assistant_tokens_mask=True, return_dict=True)
    pairs = zip(marked["input_ids"], marked["assistant_masks"], strict=True)
    assert tokenizer.decode([token for token, mask in pairs if mask]) == "A 1<|end|>"


def test_training_rows_are_what_the_template_renders(tokenizer):
    problems = list(WordProblems(100, split="train").problems())
    for problem, (ids, labels) in zip(problems, encode(tokenizer, problems), strict=True):
        turns = [
            {"role": "user", "content": problem.prompt},
            {"role": "assistant", "content": problem.reference_solution},
        ]
        marked = tokenizer.apply_chat_template(turns, return_assistant_tokens_mask=True, return_dict=True)
        assert ids == marked["input_ids"]
        assert labels == [
            token if mask else IGNORED
            for token, mask in zip(marked["input_ids"], marked["assistant_masks"], strict=True)
        ]


def test_drills_are_labelled_at_results_only(tokenizer):
    (ids, labels), *rest = encode_drills(tokenizer, list(WordProblems(3 * DRILL, split="train").problems()))
    assert len(rest) == 2
    lines = tokenizer.decode(ids).removeprefix("<|user|>Drill<|assistant|>").splitlines()
    results = "".join(line.partition("=")[2] for line in lines)
    assert tokenizer.decode([label for label in labels if label != IGNORED]) == results


def test_pass_at_k_is_the_unbiased_estimate():
    assert pass_at(1, 16, 4) == pytest.approx(0.25)
    assert pass_at(2, 4, 1) == pytest.approx(0.5)
    assert pass_at(16, 16, 0) == 0
    assert pass_at(4, 16, 13) == 1


@pytest.mark.thorough
def test_it_solves_a_good_part_of_fresh_problems_and_nearly_all_in_sixteen_tries():
    """Bounds are wide, for 60 problems: the README has the measured figures."""
    problems = list(WordProblems(60, seed=11).problems())
    sampler = TransformersSampler(
        "bundled:tiny", SamplingParams(temperature=TEMPERATURE, max_tokens=96), batch_size=64, device="cpu", threads=1
    )
    groups = asyncio.run(sample(sampler, problems, 16, 11))
    hits = [sum(right(problem, made) for made in group) for problem, group in zip(problems, groups, strict=True)]
    assert 0.3 < sum(hits) / (60 * 16) < 0.7
    assert sum(hit > 0 for hit in hits) >= 50


@pytest.mark.thorough
def test_training_repeats_to_the_byte(tmp_path):
    def train(name):
        command = [sys.executable, "-m", "engine.tiny.train", "--steps", "6", "--batch-size", "4"]
        environment = os.environ | {"OMP_NUM_THREADS": "1"}
        done = subprocess.run(
            [*command, "--out", str(tmp_path / name)], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return hashlib.sha256((tmp_path / name / "model.safetensors").read_bytes()).hexdigest()

    assert train("one") == train("two")
