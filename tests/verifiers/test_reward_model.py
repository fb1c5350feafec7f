"""Reward models and safety classifiers on small models: scores, thresholds, batches, and what is never scored."""

import importlib.util
import sys
from pathlib import Path

import pytest

from engine.contract import Case, check_verifier
from engine.errors import ConfigError, VerifierError
from engine.records import Message, Problem, Sample, Status
from engine.tiny import model_path
from verifiers.reward_model import RewardModelVerifier
from verifiers.safety import SafetyClassifier

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
PROBLEM = Problem("apples", "Tom has 3 bags of 4 apples and eats 2. How many are left?", answer="10")
TEXT = "Tom has 3 * 4 = 12 apples.\nHe keeps 12 - 2 = 10 apples.\nThe answer is \\boxed{10}"
SAMPLES = [Sample("apples", n, TEXT[: 20 + 5 * n] + f" {n}") for n in range(20)]


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Random ones: ``one`` output, ``two`` and ``three`` labels, ``several`` at once, ``bare`` without padding."""
    import torch
    from transformers import AutoTokenizer, LlamaConfig, LlamaForSequenceClassification

    torch.manual_seed(1)
    words = AutoTokenizer.from_pretrained(model_path())
    sizes = {
        "vocab_size": 896, "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2,
        "num_attention_heads": 2, "num_key_value_heads": 1, "max_position_embeddings": 256,
    }  # fmt: skip
    folder = tmp_path_factory.mktemp("models")
    kinds = {
        "one": {"num_labels": 1, "pad_token_id": words.pad_token_id},
        "three": {"num_labels": 3, "pad_token_id": words.pad_token_id},
        "several": {"num_labels": 2, "pad_token_id": 0, "problem_type": "multi_label_classification"},
        "bare": {"num_labels": 1, "pad_token_id": None},
    }
    for name, options in kinds.items():
        model = LlamaForSequenceClassification(LlamaConfig(**sizes, **options))
        with torch.no_grad():
            for weights in model.parameters():
                weights.mul_(4.0 if weights.dim() > 1 else 1.0)
        model.save_pretrained(folder / name)
        words.save_pretrained(folder / name)
    return folder


def reward(models, name="one", **options):
    return RewardModelVerifier(model=str(models / name), device="cpu", **options)


def judged(made, text=TEXT, problem=PROBLEM, **fields):
    return made.verify(problem, Sample("apples", 0, text, **fields))


def own_logits(path, layout):
    """What transformers gives when it is asked by hand."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    words = AutoTokenizer.from_pretrained(path)
    model = AutoModelForSequenceClassification.from_pretrained(path, dtype="float32").eval()
    turns = [{"role": "user", "content": PROBLEM.prompt}, {"role": "assistant", "content": TEXT}]
    inputs = {
        "chat": lambda: words.apply_chat_template(turns, return_tensors="pt", return_dict=True),
        "text": lambda: words(f"{PROBLEM.prompt}\n{TEXT}", return_tensors="pt"),
        "pair": lambda: words(PROBLEM.prompt, TEXT, return_tensors="pt"),
        "response": lambda: words(TEXT, return_tensors="pt"),
    }[layout]()
    with torch.no_grad():
        return model(**inputs).logits[0]


@pytest.mark.parametrize("layout", ["chat", "text", "pair", "response"])
def test_scores_are_the_models_own(models, layout):
    assert judged(reward(models, layout=layout)).score == pytest.approx(
        own_logits(models / "one", layout)[0].item(), abs=6e-4
    )
    shares = own_logits(models / "three", layout).softmax(-1)
    assert judged(reward(models, "three", layout=layout, label=2)).score == pytest.approx(shares[2].item(), abs=6e-4)


def test_threshold(models):
    score = judged(reward(models)).score
    for threshold, on_low, status in [
        (None, "fail", Status.ABSTAIN),
        (score, "fail", Status.PASS),
        (score + 0.01, "fail", Status.FAIL),
        (score + 0.01, "flag", Status.ABSTAIN),
    ]:
        verdict = judged(reward(models, threshold=threshold, on_low=on_low))
        assert (verdict.status, verdict.score) == (status, score)


@pytest.mark.parametrize("name", ["one", "three", "bare"])
def test_a_batch_changes_nothing(models, name):
    made = reward(models, name)
    alone = [made.verify(PROBLEM, sample) for sample in SAMPLES]
    assert len({verdict.score for verdict in alone}) > 10
    for size in (3, 64):
        assert reward(models, name, batch_size=size).verify_many([PROBLEM] * 20, SAMPLES) == alone


def test_what_is_read_and_what_is_not(models):
    made = reward(models)
    chat = Problem("apples", (Message("user", PROBLEM.prompt),))
    assert judged(made, problem=chat).score == judged(made).score
    assert judged(made, reasoning="thought").score == judged(made).score
    assert judged(reward(models, read="both"), reasoning="thought").score != judged(made).score
    assert judged(made, " ").status == Status.NO_ANSWER
    for text, code in [(TEXT * 20, "too_long"), ("a" * 500_001, "too_long"), ("4<|end|>", "control_tokens")]:
        verdict = judged(made, text)
        assert (verdict.status, verdict.reason.code, verdict.score) == (Status.ABSTAIN, code, None)
    assert judged(made, "\ud800 4").score is not None


def test_a_classifier_of_labels(models):
    made = SafetyClassifier(model=str(models / "three"), unsafe=("LABEL_0", "LABEL_2"), device="cpu")
    shares = judged(made).evidence["labels"]
    assert judged(made).score == pytest.approx(shares["LABEL_1"], abs=2e-3)
    risk = judged(made).evidence["unsafe"]
    for fail_from, pass_below, status in [
        (risk, risk, Status.FAIL),
        (1.0, min(1.0, risk + 0.001), Status.PASS),
        (1.0, risk, Status.ABSTAIN),
    ]:
        bounds = {"fail_from": fail_from, "pass_below": pass_below}
        again = SafetyClassifier(
            model=str(models / "three"), unsafe=("LABEL_0", "LABEL_2"), layout="chat", device="cpu", **bounds
        )
        assert judged(again).status == status
    several = SafetyClassifier(model=str(models / "several"), unsafe=("LABEL_0", "LABEL_1"), device="cpu")
    shares = judged(several).evidence["labels"]
    assert shares["LABEL_0"] + shares["LABEL_1"] != pytest.approx(1.0, abs=0.01)
    assert judged(several).evidence["unsafe"] == max(shares.values())


def test_models_that_do_not_fit(models):
    for made, told in [
        (RewardModelVerifier(model=model_path()), "no score"),
        (reward(models, "three", label=3), "3 outputs"),
        (SafetyClassifier(model=str(models / "three"), unsafe=("toxic",)), "no label 'toxic'"),
        (SafetyClassifier(model=str(models / "one"), unsafe=("LABEL_0",)), "one output"),
    ]:
        with pytest.raises(VerifierError, match=rf"^verifier\.{made.name}\.model=.*{told}"):
            made.start()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("threshold", float("nan")),
        ("on_low", "drop"),
        ("label", -1),
        ("layout", "mail"),
        ("read", "all"),
        ("batch_size", 0),
        ("threads", -1),
        ("deadline_s", 0.0),
        ("model", "./nowhere"),
    ],
)
def test_config_errors_name_the_field(field, value):
    with pytest.raises(ConfigError, match=rf"^{field}: "):
        RewardModelVerifier(**({"model": "org/name"} | {field: value}))


@pytest.fixture(scope="module")
def scorer_train():
    """The module ``benchmarks/scorer_train.py``, and the one that it borrows from."""
    for name in ("prm_train", "scorer_train"):
        spec = importlib.util.spec_from_file_location(name, BENCHMARKS / f"{name}.py")
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules["scorer_train"]


@pytest.mark.thorough
def test_a_trained_reward_model_tells_right_from_wrong(scorer_train, tmp_path):
    kinds = ("operation",)
    made = scorer_train.train_reward(scorer_train.pairs(320, 0, "train", kinds))
    path = scorer_train.save(made, str(tmp_path / "reward"))
    held_out = scorer_train.pairs(100, 1, "fresh", kinds)
    area, ordered, _ = scorer_train.measure_reward(path, held_out)
    assert area > 0.7
    assert ordered > 0.7
    verifier = RewardModelVerifier(model=path, device="cpu", threads=1)
    scores = [[judged(verifier, text, p).score for text in both] for p, *both in held_out[:20]]
    at = max(range(20), key=lambda n: scores[n][0] - scores[n][1])
    problem, right, wrong = held_out[at]
    verifier = RewardModelVerifier(model=path, device="cpu", threads=1, threshold=sum(scores[at]) / 2)
    cases = [Case(problem, right, Status.PASS), Case(problem, wrong, Status.FAIL), Case(problem, "", Status.NO_ANSWER)]
    assert check_verifier(verifier, cases) == []
