"""TRL's own SFTTrainer trains on both shapes, in every rendering of the reasoning."""

from pathlib import Path

import pytest
from product_rows import single

from engine.products.sft import SFT
from engine.records import Decision, Message, Problem, Rendered, Row, Sample, Status, Verdict
from engine.report.card import product_facts, write_card

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]

TEMPLATE = (
    "{% for m in messages %}<|{{ m.role }}|>\n"
    "{% if m.thinking is defined and m.thinking %}<think>{{ m.thinking }}</think>{% endif %}"
    "{{ m.content }}<|end|>\n{% endfor %}{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)
RUN = {
    "run": "demo",
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


def rows():
    for i in range(8):
        problem = Problem(f"p{i}", "q", source="made:test")
        sample = Sample(problem.id, 0, f"It is {i}.", reasoning="why" if i % 2 else None)
        verdicts = (Verdict(Status.PASS, verifier="math", version="1"),)
        prompt = Rendered(messages=(Message("system", "Add."), Message("user", f"What is {i} + 0?")))
        yield Row(problem, sample, Decision(True, "all", ("math",)), verdicts, prompt)


@pytest.fixture(scope="module")
def tokenizer():
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    made = Tokenizer(models.BPE({letter: i for i, letter in enumerate(letters)}, []))
    made.pre_tokenizer, made.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    made.add_special_tokens(["<|end|>", "<|pad|>"])
    fast = PreTrainedTokenizerFast(tokenizer_object=made, eos_token="<|end|>", pad_token="<|pad|>")
    fast.chat_template = TEMPLATE
    return fast


def load(tmp_path: Path, shape: str, **options):
    import datasets

    directory = tmp_path / "sft"
    written = SFT(**options).write(map(single, rows()), str(directory))
    write_card(directory, product_facts("sft", written, RUN))
    return datasets.load_dataset(str(directory), shape, split="train", cache_dir=str(tmp_path / "cache"))


def train(tmp_path: Path, model, tokenizer, data, **settings):
    """Two real steps; the trainer and the text on which the loss of a batch lies."""
    import torch
    from trl import SFTConfig, SFTTrainer

    fixed = {"max_steps": 2, "per_device_train_batch_size": 2, "learning_rate": 1e-2, "logging_steps": 1}
    quiet = {"report_to": [], "save_strategy": "no", "disable_tqdm": True, "use_cpu": True, "bf16": False}
    config = SFTConfig(output_dir=str(tmp_path / "out"), **fixed, **quiet, **settings)
    trainer = SFTTrainer(model, config, train_dataset=data, processing_class=tokenizer)
    before = {name: p.detach().clone() for name, p in trainer.model.named_parameters()}
    batch = next(iter(trainer.get_train_dataloader()))
    trainer.train()
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    assert trainer.state.global_step == len(losses) == 2
    assert all(0 < loss < 20 for loss in losses)
    assert any(not torch.equal(before[name], p) for name, p in trainer.model.named_parameters())
    return trainer, tokenizer.decode(batch["input_ids"][batch["labels"] != -100])


@pytest.mark.parametrize(
    ("shape", "options"),
    [
        ("messages", {"reasoning": "think_tags"}),
        ("messages", {"reasoning": "field"}),
        ("prompt_completion", {"reasoning": "think_tags"}),
        ("prompt_completion", {"reasoning": "field"}),
        ("prompt_completion", {"completion_form": "strings"}),
    ],
)
def test_two_steps_on_a_random_llama(tmp_path, tokenizer, shape, options):
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    ends = {"eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id}
    model = LlamaForCausalLM(LlamaConfig(vocab_size=len(tokenizer), **sizes, **ends))
    trainer, trained_on = train(tmp_path, model, tokenizer, load(tmp_path, shape, **options))
    second = tokenizer.decode(trainer.train_dataset[1]["input_ids"])
    for needle in ("What is 1 + 0?", "It is 1.", "why"):
        assert needle in second
    assert "It is" in trained_on
    assert ("What is" in trained_on) == (shape == "messages")  # completion-only loss is TRL's default for pairs


def test_assistant_only_loss_with_the_bundled_model(tmp_path):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from engine.tiny import model_path

    if not (Path(model_path()) / "model.safetensors").exists():
        pytest.skip("the bundled model is not in this checkout")
    tokenizer = AutoTokenizer.from_pretrained(model_path())
    model = AutoModelForCausalLM.from_pretrained(model_path())
    data = load(tmp_path, "messages", reasoning="drop")
    _, trained_on = train(tmp_path, model, tokenizer, data, assistant_only_loss=True)
    assert "It is" in trained_on
    assert "What is" not in trained_on
