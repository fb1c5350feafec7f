"""Each layout gives what its authors' own script gives, on a small model of that shape."""

import json
import shutil

import pytest

from engine.errors import VerifierError
from engine.records import Problem, Sample, Status
from verifiers.process_reward import ProcessRewardVerifier
from verifiers.process_reward.chat import Chat
from verifiers.process_reward.marker import INSTRUCTION, Marker
from verifiers.process_reward.separator import Separator
from verifiers.process_reward.tag import Tag

LAYOUTS = {"separator": Separator(), "marker": Marker(), "qwen": Marker(), "tag": Tag(), "chat": Chat()}
PROBLEM = Problem("apples", "Tom has 3 bags of 4 apples and eats 2. How many are left?", answer="10")
STEPS = ["Tom has 3 * 4 = 12 apples.", "He keeps 12 - 2 = 10 apples.", "The answer is \\boxed{10}"]


def judged(path, layout, **options):
    verifier = ProcessRewardVerifier(str(path), layout=layout, device="cpu", **options)
    return verifier.verify(PROBLEM, Sample("apples", 0, "\n".join(STEPS)))


def loaded(path, kind):
    import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(path)
    return tokenizer, getattr(transformers, kind).from_pretrained(path, dtype="float32").eval()


def as_trl_trains(path):
    """PRMTrainer.tokenize_row of TRL 1.13 and the label probabilities where it puts labels."""
    import torch

    tokenizer, model = loaded(path, "AutoModelForTokenClassification")
    ids = tokenizer(PROBLEM.prompt, add_special_tokens=False)["input_ids"]
    labels = [-100] * len(ids)
    separator = tokenizer.encode("\n", add_special_tokens=False)
    for step in STEPS:
        completion = tokenizer(step, add_special_tokens=False)["input_ids"] + separator
        ids, labels = ids + completion, labels + [-100] * (len(completion) - 1) + [1]
    with torch.no_grad():
        probabilities = model(torch.tensor([ids])).logits.softmax(-1)[0, :, 1]
    return probabilities[torch.tensor(labels) == 1].tolist()


def as_qwen_card(path, model=None):
    """make_step_rewards of Qwen2.5-Math-PRM's card."""
    import torch

    tokenizer, classifier = loaded(path, "AutoModelForTokenClassification") if model is None else model
    messages = [
        {"role": "system", "content": INSTRUCTION},
        {"role": "user", "content": PROBLEM.prompt},
        {"role": "assistant", "content": "<extra_0>".join(STEPS) + "<extra_0>"},
    ]
    text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=False)
    ids = tokenizer.encode(text, return_tensors="pt")
    with torch.no_grad():
        probabilities = torch.nn.functional.softmax(classifier(input_ids=ids)[0], dim=-1)
    masked = probabilities * (ids == tokenizer.encode("<extra_0>")[0]).unsqueeze(-1)
    return masked[0][masked[0] != 0].view(-1, 2)[:, 1].tolist()


def as_qwen_checkpoint(path):
    """The same with the network of its checkpoint: Qwen2Model, and a head of two linear layers over its states."""
    import torch
    from safetensors.torch import load_file
    from transformers import AutoTokenizer, Qwen2Config, Qwen2Model

    weights = load_file(path / "model.safetensors")
    backbone = Qwen2Model(Qwen2Config.from_pretrained(path))
    backbone.load_state_dict({key[6:]: value for key, value in weights.items() if key.startswith("model.")})

    def classifier(input_ids):
        states = backbone(input_ids=input_ids).last_hidden_state
        hidden = torch.relu(states @ weights["score.0.weight"].T + weights["score.0.bias"])
        return (hidden @ weights["score.2.weight"].T + weights["score.2.bias"],)

    return as_qwen_card(path, (AutoTokenizer.from_pretrained(path), classifier))


def as_math_shepherd_card(path):
    """The script of Math-Shepherd's card."""
    import torch

    tokenizer, model = loaded(path, "AutoModelForCausalLM")
    candidates = [tokenizer.encode("+")[-1], tokenizer.encode("-")[-1]]
    tag = tokenizer.encode("ки")[-1]
    output = "\n".join(f"{step} ки" for step in STEPS)
    ids = torch.tensor([tokenizer.encode(f"{PROBLEM.prompt} {output}")])
    with torch.no_grad():
        scores = model(ids).logits[:, :, candidates].softmax(dim=-1)[:, :, 0]
    return scores[ids == tag].tolist()


def as_rlhflow_evaluates(path):
    """select_sample of RLHFlow's prm_evaluate.py: one pass per step, the answer predicted at position -3."""
    import torch

    tokenizer, model = loaded(path, "AutoModelForCausalLM")
    candidates = [tokenizer.encode("+")[-1], tokenizer.encode("-")[-1]]
    chat, scores = [], []
    for number, step in enumerate(STEPS):
        chat.append({"role": "user", "content": step if number else f"{PROBLEM.prompt} {step}"})
        chat.append({"role": "assistant", "content": "+"})
        ids = tokenizer.apply_chat_template(chat, return_tensors="pt", return_dict=True)["input_ids"]
        with torch.no_grad():
            scores.append(model(ids).logits[:, -3, candidates].softmax(dim=-1)[0, 0].item())
    return scores


@pytest.mark.parametrize(
    ("shape", "authors"),
    [
        ("separator", as_trl_trains),
        ("marker", as_qwen_card),
        ("qwen", as_qwen_checkpoint),
        ("tag", as_math_shepherd_card),
        ("chat", as_rlhflow_evaluates),
    ],
)
def test_scores_are_the_authors_own(shapes, shape, authors):
    found = [mark.score for mark in judged(shapes / shape, LAYOUTS[shape]).steps]
    assert found == pytest.approx(authors(shapes / shape), abs=6e-4)
    assert max(found) - min(found) > 0.01, "the steps of this model must differ, or nothing is compared"


def test_qwen_checkpoint_names_its_class(shapes):
    """What makes its head be built here, as in the published config.json."""
    assert json.loads((shapes / "qwen" / "config.json").read_text())["architectures"] == ["Qwen2ForProcessRewardModel"]


CODE = """
import torch
from transformers import LlamaForTokenClassification

class Doubting(LlamaForTokenClassification):
    def forward(self, **given):
        labels = super().forward(**given).logits
        return (torch.stack([labels[..., 0] + 100.0, labels[..., 1]], dim=-1),)
"""


@pytest.fixture
def with_code(shapes, tmp_path, monkeypatch):
    """A checkpoint that brings a class of its own, which doubts everything."""
    monkeypatch.setattr("transformers.dynamic_module_utils.HF_MODULES_CACHE", str(tmp_path / "modules"))
    path = tmp_path / "doubting"
    shutil.copytree(shapes / "marker", path)
    (path / "modeling_doubting.py").write_text(CODE)
    config = json.loads((path / "config.json").read_text()) | {"auto_map": {"AutoModel": "modeling_doubting.Doubting"}}
    (path / "config.json").write_text(json.dumps(config))
    return path


def test_code_of_a_checkpoint_runs_only_when_trusted(with_code):
    with pytest.raises(VerifierError, match=r"verifier\.process_reward\.model=.*trust_remote_code=true"):
        judged(with_code, Marker())
    verdict = judged(with_code, Marker(), trust_remote_code=True)
    assert verdict.status == Status.FAIL
    assert [mark.score for mark in verdict.steps] == [0.0, 0.0, 0.0]
