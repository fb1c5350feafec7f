"""TRL's own trainers run real steps on what products write, loaded with ``datasets`` as a user would."""

from pathlib import Path

import pytest
from product_rows import group, made

from engine.products.modes import Modes
from engine.products.preference import Preference
from engine.products.rl import RL
from engine.products.safety import Safety
from engine.products.unpaired import Unpaired
from engine.records import Message, Reason, Rendered, Status, Verdict
from engine.report.card import product_facts, write_card
from engine.tiny import model_path

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("default"),
    pytest.mark.skipif(
        not (Path(model_path()) / "model.safetensors").exists(), reason="the bundled model is not in this checkout"
    ),
]

P, F = Status.PASS, Status.FAIL
RUN = {
    "run": "r",
    "model": "m",
    "seed": 0,
    "command": "c",
    "rule": "all",
    "verifiers": [],
    "funnel": [],
    "selectors": {},
    "noted": {},
    "settings": {},
    "limits": [],
}
TEMPLATE = (
    "{% for m in messages %}{{ m.role }}: {{ m.content }}{{ eos_token }}\n{% endfor %}"
    "{% if enable_thinking is defined %}{{ 'thinks' if enable_thinking else 'thinks not' }}\n{% endif %}"
    "{% if add_generation_prompt %}assistant: {% endif %}"
)
QUIET = {
    "report_to": [],
    "save_strategy": "no",
    "disable_tqdm": True,
    "use_cpu": True,
    "bf16": False,
    "logging_steps": 1,
}
STEPS = {"max_steps": 2, "per_device_train_batch_size": 2, "learning_rate": 1e-3}


def problems():
    safe = Verdict(P, verifier="safety", version="1")
    unsafe = Verdict(F, verifier="safety", version="1", reason=Reason("harm"))
    for i in range(6):
        asked = Rendered(messages=(Message("user", f"Ann has {i} pens and buys 2. How many has she?"),))
        right = f"Ann has {i} + 2 = {i + 2} pens.\nThe answer is \\boxed{{{i + 2}}}"
        yield group(
            f"p{i}",
            lambda p, a=asked, t=right: made(p, 0, P, t, prompt=a, mode="no_think", verdicts=(safe,), by=("safety",)),
            lambda p, a=asked, t=right: made(p, 1, P, t, prompt=a, mode="think", reasoning="add them"),
            lambda p, a=asked: made(p, 2, F, "She has none.", prompt=a, verdicts=(unsafe,), by=("safety",)),
        )


@pytest.fixture(scope="module")
def tokenizer():
    import torch
    from transformers import AutoTokenizer

    torch.set_num_threads(1)  # several only wait for each other on a model this small
    made = AutoTokenizer.from_pretrained(model_path())
    made.chat_template = TEMPLATE
    return made


@pytest.fixture
def model():
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(model_path())


def load(tmp_path, product, shape=None):
    import datasets

    directory = tmp_path / product.name
    written = product.write(problems(), str(directory))
    assert written["rows"]
    write_card(directory, product_facts(product.name, written, RUN))
    return datasets.load_dataset(str(directory), shape, split="train", cache_dir=str(tmp_path / "cache"))


def learns(trainer):
    """It took its steps, its losses are finite, and its weights moved."""
    import math

    import torch

    before = {name: p.detach().clone() for name, p in trainer.model.named_parameters()}
    trainer.train()
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    assert trainer.state.global_step == len(losses) == trainer.args.max_steps
    assert all(math.isfinite(loss) for loss in losses)
    assert any(not torch.equal(before[name], p) for name, p in trainer.model.named_parameters())
    return trainer


def test_dpo_on_preference_pairs(tmp_path, tokenizer, model):
    from trl import DPOConfig, DPOTrainer

    data = load(tmp_path, Preference())
    config = DPOConfig(output_dir=str(tmp_path / "out"), **STEPS, **QUIET)
    trainer = learns(DPOTrainer(model, args=config, train_dataset=data, processing_class=tokenizer))
    row = trainer.train_dataset[0]
    assert "has she?" in tokenizer.decode(row["prompt_ids"])
    assert "boxed{2}" in tokenizer.decode(row["chosen_ids"])
    assert "none" in tokenizer.decode(row["rejected_ids"])


def test_reward_model_on_safety_pairs(tmp_path, tokenizer):
    from transformers import AutoModelForSequenceClassification
    from trl import RewardConfig, RewardTrainer

    scorer = AutoModelForSequenceClassification.from_pretrained(model_path(), num_labels=1)
    scorer.config.pad_token_id = tokenizer.pad_token_id
    data = load(tmp_path, Safety(make="pairs"))
    config = RewardConfig(output_dir=str(tmp_path / "out"), **STEPS, **QUIET)
    learns(RewardTrainer(scorer, args=config, train_dataset=data, processing_class=tokenizer))


def test_kto_on_unpaired_rows(tmp_path, tokenizer, model):
    from trl import KTOConfig, KTOTrainer

    product = Unpaired(completion_form="strings")
    facts = product.write(problems(), str(tmp_path / "facts"))
    weights = {key: facts["labels"][key] for key in ("desirable_weight", "undesirable_weight")}
    data = load(tmp_path, product)
    config = KTOConfig(output_dir=str(tmp_path / "out"), **weights, **STEPS, **QUIET)
    trainer = learns(KTOTrainer(model, args=config, train_dataset=data, processing_class=tokenizer))
    assert {bool(label) for label in trainer.train_dataset["label"]} == {True, False}


def test_sft_on_twins_tells_the_template_of_each_row(tmp_path, tokenizer, model):
    from trl import SFTConfig, SFTTrainer

    data = load(tmp_path, Modes(), "prompt_completion")
    config = SFTConfig(output_dir=str(tmp_path / "out"), **STEPS, **QUIET)
    trainer = learns(SFTTrainer(model, config, train_dataset=data, processing_class=tokenizer))
    texts = [tokenizer.decode(row["input_ids"]) for row in trainer.train_dataset]
    assert ["thinks not" in text for text in texts] == [False, True] * 6
    assert ["add them" in text for text in texts] == [True, False] * 6


def test_grpo_on_rl_prompts_gets_gold_by_name(tmp_path, tokenizer, model):
    from trl import GRPOConfig, GRPOTrainer

    seen = []

    def reward(completions, answer, problem_id, **_):
        seen.extend(zip(problem_id, answer, strict=True))
        assert all(isinstance(completion[0]["content"], str) for completion in completions)
        return [float(i) for i in range(len(completions))]

    data = load(tmp_path, RL())
    sizes = {"max_steps": 1, "per_device_train_batch_size": 2, "num_generations": 2, "max_completion_length": 8}
    config = GRPOConfig(output_dir=str(tmp_path / "out"), learning_rate=1e-3, **sizes, **QUIET)
    learns(GRPOTrainer(model, reward, args=config, train_dataset=data, processing_class=tokenizer))
    assert {answer for _, answer in seen} == {"7"}
