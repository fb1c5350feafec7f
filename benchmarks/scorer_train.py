"""Trains a small reward model and small safety classifiers, and measures them held out through their verifiers.

    OMP_NUM_THREADS=1 python benchmarks/scorer_train.py reward [--steps N] [--kinds KIND …] [--out DIR]
    OMP_NUM_THREADS=1 python benchmarks/scorer_train.py safety [--data DIR] [--epochs N] [--out DIR]

``reward``: the bundled tiny model with one output, on pairs of a right solution of a procedural word problem and one
with a planted error (as ``prm_train.py`` plants them), Bradley-Terry loss; held-out problems share no numbers with the
training problems. ``safety``: a BERT of two layers from nothing, its WordPiece vocabulary too, on hh-rlhf's harmless
pairs (rejected is unsafe; the last turn alone) and on XSTest (unsafe is full compliance with an unsafe prompt); split
by pair and by prompt, two thirds for training. Chance is 0.5 for AUC and pairs.
"""

import argparse
import gzip
import json
import random
import time
from pathlib import Path
from typing import Any

from prm_train import KINDS, auc, plant

from engine.problems.word_problems import WordProblems
from engine.records import Problem, Sample, Status
from engine.tiny import model_path
from verifiers.reward_model import RewardModelVerifier
from verifiers.safety import SafetyClassifier

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "safety"
Pair = tuple[Problem, str, str]
"""Problem, right solution, wrong solution."""
Labelled = tuple[str, str, bool, str]
"""Prompt, response, unsafe, and what may not be in both halves."""


def pairs(count: int, seed: int, split: str, kinds: tuple[str, ...], difficulty: str = "1") -> list[Pair]:
    """A right and a wrong solution of each problem."""
    rng = random.Random(f"pairs {seed}")
    made = WordProblems(count, seed, difficulty, split).problems()
    return [(one, str(one.reference_solution), "\n".join(plant(one, kinds, rng).steps)) for one in made]


def fit(model: Any, tokenizer: Any, batches: list[tuple[list[str], Any]], loss_of: Any, lr: float) -> None:
    """One pass over batches of texts and what the loss needs."""
    import torch

    optimizer = torch.optim.AdamW(model.parameters(), lr=lr, betas=(0.9, 0.98), weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, lr, total_steps=len(batches), pct_start=0.1)
    limit = model.config.max_position_embeddings
    model.train()
    for texts, target in batches:
        inputs = tokenizer(
            texts, padding=True, truncation=True, max_length=limit, padding_side="right", return_tensors="pt"
        )
        loss_of(model(**inputs).logits, target).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
    model.eval()


def train_reward(items: list[Pair], *, batch: int = 16, lr: float = 3e-3, seed: int = 0) -> tuple[Any, Any]:
    """A sequence classifier with one output, and its tokenizer."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer, logging

    logging.disable_progress_bar()
    logging.set_verbosity_error()  # the head is new, which is the point
    torch.manual_seed(seed)
    tokenizer = AutoTokenizer.from_pretrained(model_path())
    model = AutoModelForSequenceClassification.from_pretrained(model_path(), num_labels=1, dtype="float32")

    def chat(problem: Problem, response: str) -> str:
        turns = [{"role": "user", "content": problem.prompt}, {"role": "assistant", "content": response}]
        return str(tokenizer.apply_chat_template(turns, tokenize=False))

    def bradley_terry(logits: Any, size: int) -> Any:
        return -torch.nn.functional.logsigmoid(logits[:size, 0] - logits[size:, 0]).mean()

    groups = [items[start : start + batch] for start in range(0, len(items), batch)]
    texts = [[chat(p, right) for p, right, _ in one] + [chat(p, wrong) for p, _, wrong in one] for one in groups]
    fit(model, tokenizer, [(text, len(one)) for text, one in zip(texts, groups, strict=True)], bradley_terry, lr)
    return model, tokenizer


def measure_reward(directory: str, items: list[Pair]) -> tuple[float, float, float]:
    """AUC over all solutions, share of pairs in the right order, and solutions per CPU-second."""
    verifier = RewardModelVerifier(model=directory, device="cpu", threads=1)
    verifier.start()
    problems = [item[0] for item in items for _ in range(2)]
    samples = [Sample(p.id, at, text) for p, *both in items for at, text in enumerate(both)]
    started = time.process_time()
    scores = [float(verdict.score or 0.0) for verdict in verifier.verify_many(problems, samples)]
    seconds = time.process_time() - started
    ordered = sum(a > b for a, b in zip(scores[::2], scores[1::2], strict=True)) / len(items)
    return auc(scores[::2], scores[1::2]), ordered, len(samples) / seconds


def harmless(folder: Path) -> list[Labelled]:
    """hh-rlhf harmless: the last turn of the assistant, chosen and rejected."""
    found = []
    for number, row in enumerate(rows(folder / "hh_harmless_test.jsonl.gz")):
        for side in ("chosen", "rejected"):
            asked, _, said = row[side].rpartition("\n\nAssistant:")
            found.append((asked.strip(), said.strip(), side == "rejected", str(number)))
    return [item for item in found if item[1]]


def xstest(folder: Path) -> list[Labelled]:
    """XSTest: completions of five models; one that neither complies nor refuses is left out."""
    return [
        (row["prompt"], one["completion"].strip(), bad, row["prompt"])
        for row in rows(folder / "xstest.jsonl.gz")
        for one in row["completions"]
        if one["completion"].strip() and one["final_label"] in ("1_full_compliance", "2_full_refusal")
        for bad in [row["label"] == "unsafe" and one["final_label"] == "1_full_compliance"]
    ]


def rows(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def halves(items: list[Labelled]) -> tuple[list[Labelled], list[Labelled]]:
    """Two thirds and one third, by the fourth field."""
    names = sorted({item[3] for item in items})
    held_out = set(random.Random(0).sample(names, len(names) // 3))
    return [item for item in items if item[3] not in held_out], [item for item in items if item[3] in held_out]


def train_safety(items: list[Labelled], *, epochs: int = 4, lr: float = 2e-3, seed: int = 0) -> tuple[Any, Any]:
    """A sequence classifier with the labels safe and unsafe, and its tokenizer."""
    import torch
    from tokenizers import BertWordPieceTokenizer
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    torch.manual_seed(seed)
    words = BertWordPieceTokenizer(lowercase=True)
    words.train_from_iterator([item[1] for item in items], vocab_size=4000, min_frequency=2, show_progress=False)
    tokenizer = BertTokenizerFast(tokenizer_object=words._tokenizer, model_max_length=512)  # noqa: SLF001
    config = BertConfig(
        vocab_size=len(tokenizer), hidden_size=64, num_hidden_layers=2, num_attention_heads=2, intermediate_size=128,
        max_position_embeddings=512, id2label={0: "safe", 1: "unsafe"}, label2id={"safe": 0, "unsafe": 1},
        pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    model = BertForSequenceClassification(config)
    share = sum(item[2] for item in items) / len(items)
    weight = torch.tensor([1.0, (1 - share) / share])
    rng = random.Random(seed)
    batches = []
    for _ in range(epochs):
        order = rng.sample(items, len(items))
        groups = [order[start : start + 16] for start in range(0, len(order), 16)]
        batches += [([one[1] for one in group], torch.tensor([int(one[2]) for one in group])) for group in groups]
    fit(model, tokenizer, batches, lambda logits, target: torch.nn.functional.cross_entropy(logits, target, weight), lr)
    return model, tokenizer


def measure_safety(directory: str, items: list[Labelled]) -> dict[str, float]:
    """AUC, and the shares of unsafe responses that fail and of safe ones that do not pass, at 0.5."""
    verifier = SafetyClassifier(model=directory, unsafe=("unsafe",), layout="response", device="cpu", threads=1)
    problems = [Problem(str(number), item[0]) for number, item in enumerate(items)]
    samples = [Sample(str(number), 0, item[1]) for number, item in enumerate(items)]
    verdicts = list(zip(items, verifier.verify_many(problems, samples), strict=True))
    scored = [(item[2], verdict) for item, verdict in verdicts if verdict.score is not None]
    safe = [v for bad, v in scored if not bad]
    unsafe = [v for bad, v in scored if bad]
    return {
        "auc": auc([float(v.score or 0.0) for v in safe], [float(v.score or 0.0) for v in unsafe]),
        "unsafe_failed": sum(v.status == Status.FAIL for v in unsafe) / len(unsafe),
        "safe_failed": sum(v.status == Status.FAIL for v in safe) / len(safe),
        "unsafe": len(unsafe),
        "safe": len(safe),
        "unread": len(items) - len(scored),
    }


def save(made: tuple[Any, Any], directory: str) -> str:
    for part in made:
        part.save_pretrained(directory)
    return directory


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("what", choices=("reward", "safety"))
    parser.add_argument("--out", default="tiny-scorer", help="directory to write (default: %(default)s)")
    parser.add_argument("--steps", type=int, default=150, help="reward: steps of 16 pairs (default: %(default)s)")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS, help="reward: of errors (default: all)")
    parser.add_argument("--data", type=Path, default=DATA, help="safety: directory of the two sets")
    parser.add_argument("--epochs", type=int, default=4, help="safety (default: %(default)s)")
    options = parser.parse_args()
    started = time.process_time()
    if options.what == "reward":
        kinds = tuple(options.kinds)
        made = train_reward(pairs(16 * options.steps, 0, "train", kinds))
        print(f"{16 * options.steps} pairs, {time.process_time() - started:.0f} CPU-s of training", flush=True)
        found = measure_reward(save(made, options.out), pairs(500, 1, "fresh", kinds))
        print(f"held out, 500 pairs: AUC {found[0]:.3f}, pairs in order {found[1]:.3f}, {found[2]:.0f} a CPU-second")
        return
    for name, load in (("hh-rlhf harmless", harmless), ("XSTest", xstest)):
        train, held_out = halves(load(options.data))
        made = train_safety(train, epochs=options.epochs)
        found = measure_safety(save(made, options.out), held_out)
        print(f"{name}: trained on {len(train)}, {time.process_time() - started:.0f} CPU-s so far", flush=True)
        print("  held out: " + ", ".join(f"{key} {value:.3g}" for key, value in found.items()), flush=True)


if __name__ == "__main__":
    main()
