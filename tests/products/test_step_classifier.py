"""Step-wise rows teach: a step classifier trained on them beats chance on problems that it never saw.

TRL dropped its PRM trainer, so this trains one with transformers alone, from the columns ``prompt``, ``completions`` and
``labels`` as TRL and axolotl read them: a label from the result of each step to its last token, where it is scored.
"""

import random
import re
from pathlib import Path

import pytest
from product_rows import made, single, write

from engine.problems.word_problems import WordProblems
from engine.products.stepwise import Stepwise
from engine.records import Sample, Status
from engine.tiny import model_path
from verifiers.steps import StepVerifier

pytestmark = [
    pytest.mark.thorough,
    pytest.mark.filterwarnings("default"),
    pytest.mark.skipif(
        not (Path(model_path()) / "model.safetensors").exists(), reason="the bundled model is not in this checkout"
    ),
]
EQUATION = re.compile(r"(\d+ [-+*/] \d+ = )(\d+)")


def solutions(split, many):
    """Reference solutions, half of them with a wrong result in one step, judged by the step checker."""
    rng = random.Random(0)
    checker = StepVerifier()
    for number, problem in enumerate(WordProblems(many, 1, "medium", split).problems()):
        lines = problem.reference_solution.split("\n")
        if number % 2:
            place = rng.choice([i for i, line in enumerate(lines) if EQUATION.search(line)])
            # the first number once more, or a digit too many: what a small model can learn to see in seconds
            copied = rng.random() < 0.5
            wrong = lambda m, c=copied: m[1] + (m[1].split()[0] if c else m[2] + "7")  # noqa: E731
            lines[place] = EQUATION.sub(wrong, lines[place])
        text = "\n".join(lines)
        verdict = checker.verify(problem, Sample(problem.id, 0, text))
        yield made(problem, 0, Status.FAIL if number % 2 else Status.PASS, text, verdicts=(verdict,), by=("steps",))


def rows(tmp_path, split, many):
    facts, found = write(Stepwise(), tmp_path / split, *map(single, solutions(split, many)))
    assert facts["labels"]["wrong"] > 0.35 * many
    return found


def encoded(tokenizer, row):
    """Token ids, a label at each token of a step from its result on, and the place of each step's last token."""
    ids = tokenizer(row["prompt"] + "\n", add_special_tokens=False)["input_ids"]
    labels, ends = [-100] * len(ids), []
    for step, label in zip(row["completions"], row["labels"], strict=True):
        before, equals, result = step.rpartition("=")
        head, tail = (
            tokenizer(part, add_special_tokens=False)["input_ids"] for part in (before + equals, result + "\n")
        )
        ids, labels = ids + head + tail, labels + [-100] * len(head) + [int(label)] * len(tail)
        ends.append(len(ids) - 1)
    return {"input_ids": ids, "labels": labels}, ends


def area(right, wrong):
    """Probability that a right step scores above a wrong one."""
    return sum((a > b) + (a == b) / 2 for a in right for b in wrong) / (len(right) * len(wrong))


def test_a_step_classifier_beats_chance_on_held_out_problems(tmp_path):
    import torch
    from transformers import (
        AutoModelForTokenClassification,
        AutoTokenizer,
        DataCollatorForTokenClassification,
        Trainer,
        TrainingArguments,
        set_seed,
    )

    torch.set_num_threads(1)
    set_seed(0)
    tokenizer = AutoTokenizer.from_pretrained(model_path())
    model = AutoModelForTokenClassification.from_pretrained(model_path(), num_labels=2)
    trained, held_out = rows(tmp_path, "train", 400), rows(tmp_path, "fresh", 80)
    arguments = TrainingArguments(
        output_dir=str(tmp_path / "out"),
        max_steps=100,
        per_device_train_batch_size=16,
        learning_rate=1e-3,
        use_cpu=True,
        report_to=[],
        save_strategy="no",
        logging_strategy="no",
        disable_tqdm=True,
    )
    collator = DataCollatorForTokenClassification(tokenizer)
    Trainer(model, arguments, collator, train_dataset=[encoded(tokenizer, row)[0] for row in trained]).train()
    model.eval()
    scores = {True: [], False: []}
    for row in held_out:
        item, ends = encoded(tokenizer, row)
        with torch.no_grad():
            logits = model(torch.tensor([item["input_ids"]])).logits[0]
        for place in ends:
            scores[bool(item["labels"][place])].append(float(logits[place, 1] - logits[place, 0]))
    found = area(scores[True], scores[False])
    print(f"area {found:.3f}, {len(scores[True])} right and {len(scores[False])} wrong steps")
    assert found > 0.65
