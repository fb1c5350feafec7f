"""Trains a small process reward model on procedural word problems with planted errors, and measures it held out.

    OMP_NUM_THREADS=1 python benchmarks/prm_train.py [--out DIR] [--steps N] [--difficulty LEVEL] [--kinds KIND …]

Half of the solutions have one error in them, in a step drawn evenly: a false ``result``, an ``operand`` that is not the
number told or another ``operation`` (in both the sum itself is right), or another ``answer`` at the end; what follows
is computed from it. Steps before the error are labelled right, the step itself wrong from the first false token on, and
what comes after not at all (as in PRM800K and Qwen2.5-Math-PRM). The loss is cross entropy at every token of a step and
once more at its separator, where the verifier reads. Weights start from the bundled tiny model's. Held-out problems
share no numbers within a family with the training problems, and are scored through the verifier. ``base rate`` is what
always answering "right" scores.
"""

import argparse
import random
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.problems.word_problems import WordProblems
from engine.records import Problem, Sample, StepMark
from engine.tiny import model_path
from verifiers.process_reward import ProcessRewardVerifier
from verifiers.process_reward.separator import Separator
from verifiers.steps import StepVerifier

EQUATION = re.compile(r"([0-9]+) ([-+*/]) ([0-9]+) = ([0-9]+)")
BOXED = re.compile(r"(?<=\\boxed\{)[0-9]+")
IGNORED = -100
KINDS = ("result", "operand", "operation", "answer")
BUCKET = 32
"""Batches that are sorted by length together: little padding, still well mixed."""
Row = tuple[list[int], list[int]]
"""Token ids and labels of one solution."""


@dataclass(frozen=True)
class Solution:
    """One solution in steps, and the planted error."""

    problem: Problem
    steps: tuple[str, ...]
    first_error: int | None = None
    kind: str = "none"


def compute(a: int, op: str, b: int) -> int | None:
    """A whole number ≥ 0, or None."""
    if op == "/":
        return a // b if b and a % b == 0 else None
    value = {"+": a + b, "-": a - b, "*": a * b}[op]
    return value if value >= 0 else None


def near(value: int, rng: random.Random) -> int:
    """Another number that one might write by mistake."""
    while True:
        other = value + rng.choice([-10, -2, -1, 1, 2, 10, rng.randint(-9, 9)])
        if other >= 0 and other != value:
            return other


def slip(line: str, told: list[int], kind: str, rng: random.Random) -> tuple[str, int, int] | None:
    """The line with such an error in it: (line, value before, value after); None when this draw gives none."""
    match = (BOXED if kind == "answer" else EQUATION).search(line)
    if match is None:
        return None
    if kind == "answer":
        before, after = int(match[0]), near(int(match[0]), rng)
        return line[: match.start()] + str(after) + line[match.end() :], before, after
    a, op, b, before = int(match[1]), match[2], int(match[3]), int(match[4])
    if kind == "operand":
        other = rng.choice([near(a, rng), near(b, rng), *told])
        a, b = (other, b) if rng.random() < 0.5 else (a, other)
    elif kind == "operation":
        op = rng.choice([item for item in "+-*/" if item != op])
    value = near(before, rng) if kind == "result" else compute(a, op, b)
    if value is None or value == before:
        return None
    return f"{line[: match.start()]}{a} {op} {b} = {value}{line[match.end() :]}", before, value


def carry(lines: list[str], before: int, after: int) -> list[str] | None:
    """The lines with ``before`` made ``after`` and all that follows from it; None when a division no longer works."""
    changed = {before: after}
    out = []
    for line in lines:
        told = BOXED.sub(lambda found: str(changed.get(int(found[0]), int(found[0]))), line)
        if match := EQUATION.search(line):
            a, b = (changed.get(int(match[i]), int(match[i])) for i in (1, 3))
            value = compute(a, match[2], b)
            if value is None:
                return None
            changed[int(match[4])] = value
            told = f"{line[: match.start()]}{a} {match[2]} {b} = {value}{line[match.end() :]}"
        out.append(told)
    return out


def plant(problem: Problem, kinds: Sequence[str], rng: random.Random) -> Solution:
    """The reference solution with one error in it."""
    lines = str(problem.reference_solution).split("\n")
    told = [int(number) for number in re.findall(r"[0-9]+", str(problem.prompt))]
    while True:
        at, kind = rng.randrange(len(lines)), rng.choice(kinds)
        made = slip(lines[at], told, kind, rng)
        if made is None:
            continue
        line, before, after = made
        rest = carry(lines[at + 1 :], before, after)
        if rest is not None:
            return Solution(problem, (*lines[:at], line, *rest), at, kind)


def solutions(
    count: int, seed: int, split: str, difficulty: str = "mixed", kinds: Sequence[str] = KINDS
) -> list[Solution]:
    """Different problems, every second one with an error of one of these kinds."""
    rng = random.Random(f"planted {seed}")
    made = WordProblems(count, seed, difficulty, split).problems()
    return [
        plant(problem, kinds, rng)
        if number % 2
        else Solution(problem, tuple(str(problem.reference_solution).split("\n")))
        for number, problem in enumerate(made)
    ]


def encode(tokenizer: Any, item: Solution) -> Row:
    """Tokens as the verifier asks them, and a label at every token of a step up to the first error."""
    steps = list(item.steps)
    asked = Separator().ask(tokenizer, str(item.problem.prompt), steps)
    labels = [IGNORED] * len(asked.ids)
    for number, (step, at) in enumerate(zip(steps, asked.at, strict=True)):
        offsets = tokenizer(step, add_special_tokens=False, return_offsets_mapping=True).offset_mapping
        false_from = len(step)
        if number == item.first_error:
            right = str(item.problem.reference_solution).split("\n")[number]
            false_from = next((i for i, pair in enumerate(zip(right, step, strict=False)) if pair[0] != pair[1]), 0)
        marked = [int(end <= false_from) for _, end in offsets] + [int(number != item.first_error)]
        labels[at + 1 - len(marked) : at + 1] = marked
        if number == item.first_error:
            break
    return asked.ids, labels


def batches(rows: list[Row], size: int, seed: int) -> list[list[Row]]:
    """Rows of similar length together, in shuffled order."""
    rng = random.Random(seed)
    out = []
    for start in range(0, len(rows), size * BUCKET):
        bucket = sorted(rows[start : start + size * BUCKET], key=lambda row: len(row[0]))
        groups = [bucket[i : i + size] for i in range(0, len(bucket), size)]
        rng.shuffle(groups)
        out += groups
    return out


def train(items: list[Solution], *, batch: int, lr: float, seed: int) -> tuple[Any, Any]:
    """One pass over ``items``, from the bundled model's weights: a token classifier and its tokenizer."""
    import torch
    from transformers import AutoModelForTokenClassification, AutoTokenizer, logging

    logging.disable_progress_bar()
    logging.set_verbosity_error()  # the head is new, which is the point
    torch.manual_seed(seed)
    tokenizer = AutoTokenizer.from_pretrained(model_path())
    model = AutoModelForTokenClassification.from_pretrained(model_path(), num_labels=2, dtype="float32")
    items = random.Random(seed).sample(items, len(items))
    groups = batches([encode(tokenizer, item) for item in items], batch, seed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr, betas=(0.9, 0.98), weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, lr, total_steps=len(groups), pct_start=0.1)
    separator = tokenizer("\n", add_special_tokens=False).input_ids[-1]
    model.train()
    losses = []
    for number, group in enumerate(groups, 1):
        width = max(len(ids) for ids, _ in group)
        ids = torch.tensor([row + [0] * (width - len(row)) for row, _ in group])
        labels = torch.tensor([row + [IGNORED] * (width - len(row)) for _, row in group])
        logits = model(input_ids=ids, use_cache=False).logits.transpose(1, 2)  # padding is last, attention causal
        read = torch.nn.functional.cross_entropy(logits, labels.where(ids == separator, IGNORED))
        loss = read + torch.nn.functional.cross_entropy(logits, labels)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        losses.append(read.item())
        if number % 100 == 0:
            told = f"step {number:5d}  loss {sum(losses[-100:]) / 100:.4f}  {time.process_time():.0f} CPU-s"
            print(told, flush=True)
    return model.eval(), tokenizer


def auc(good: list[float], bad: list[float]) -> float:
    """Chance that a right step scores above a wrong one; ties count half."""
    from bisect import bisect_left, bisect_right

    ordered = sorted(good)
    above = sum(len(good) - (bisect_left(ordered, x) + bisect_right(ordered, x)) / 2 for x in bad)
    return above / (len(good) * len(bad))


def first(marks: tuple[StepMark, ...] | None, threshold: float) -> int | None:
    """The first step that is called wrong."""
    found = (i for i, mark in enumerate(marks or ()) if (mark.score or 0.0) < threshold)
    return next(found, None)


@dataclass(frozen=True)
class Measured:
    """Shares, of the held-out set."""

    step_accuracy: float
    step_base_rate: float
    auc: float
    exact: float
    """Solutions with an error whose first error is named."""
    exact_by_kind: dict[str, float]
    clean: float
    """Solutions without an error that are left alone."""
    checker_exact: float
    """The same as ``exact`` of the deterministic checker."""
    checker_clean: float
    either_exact: float
    """The same when the first step that either calls wrong is taken."""
    samples_per_s: float


def measure(directory: str, held_out: list[Solution], threshold: float = 0.5) -> Measured:
    """Score ``held_out`` through the verifier and the step checker."""
    verifier = ProcessRewardVerifier(directory, device="cpu", segmenter="lines")
    verifier.start()
    problems = [item.problem for item in held_out]
    samples = [Sample(item.problem.id, 0, "\n".join(item.steps)) for item in held_out]
    started = time.process_time()
    verdicts = verifier.verify_many(problems, samples)
    seconds = time.process_time() - started
    checked = [StepVerifier(segmenter="lines").verify(*pair) for pair in zip(problems, samples, strict=True)]
    good: list[float] = []
    bad: list[float] = []
    hits: dict[str, list[bool]] = {}
    refuted: dict[bool, list[bool]] = {True: [], False: []}
    either: list[bool] = []
    for item, verdict, other in zip(held_out, verdicts, checked, strict=True):
        assert verdict.steps is not None
        assert len(verdict.steps) == len(item.steps)
        end = len(item.steps) if item.first_error is None else item.first_error
        good += [float(mark.score or 0.0) for mark in verdict.steps[:end]]
        bad += [float(mark.score or 0.0) for mark in verdict.steps[end : end + 1]]
        named, proved = first(verdict.steps, threshold), other.evidence["first_refuted"]
        hits.setdefault(item.kind, []).append(named == item.first_error)
        refuted[item.first_error is not None].append(proved == item.first_error)
        if item.first_error is not None:
            either.append(min((at for at in (named, proved) if at is not None), default=None) == item.first_error)
    clean = hits.pop("none")
    wrong = [hit for kind in hits.values() for hit in kind]
    right = sum(score >= threshold for score in good) + sum(score < threshold for score in bad)
    return Measured(
        right / (len(good) + len(bad)),
        max(len(good), len(bad)) / (len(good) + len(bad)),
        auc(good, bad),
        share(wrong),
        {kind: share(found) for kind, found in sorted(hits.items())},
        share(clean),
        share(refuted[True]),
        share(refuted[False]),
        share(either),
        len(held_out) / seconds,
    )


def share(values: list[bool]) -> float:
    return sum(values) / len(values)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--out", default="tiny-prm", help="directory to write (default: %(default)s)")
    parser.add_argument("--steps", type=int, default=1000, help="optimizer steps (default: %(default)s)")
    parser.add_argument("--batch", type=int, default=16, help="solutions a step (default: %(default)s)")
    parser.add_argument("--lr", type=float, default=3e-3, help="peak learning rate (default: %(default)s)")
    parser.add_argument("--difficulty", default="easy", help="of the word problems (default: %(default)s)")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS, help="of errors (default: all)")
    parser.add_argument("--held-out", type=int, default=2000, help="solutions (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of problems, errors and head (default: %(default)s)")
    options = parser.parse_args()
    asked = (options.difficulty, options.kinds)
    items = solutions(options.steps * options.batch, options.seed, "train", *asked)
    started = time.process_time()
    model, tokenizer = train(items, batch=options.batch, lr=options.lr, seed=options.seed)
    print(f"trained on {len(items)} solutions in {time.process_time() - started:.0f} CPU-s, saved to {options.out}")
    model.save_pretrained(options.out)
    tokenizer.save_pretrained(options.out)
    found = measure(options.out, solutions(options.held_out, options.seed + 1, "fresh", *asked))
    print(f"held out: {options.held_out} solutions, every second one with an error; steps up to the first error")
    print(f"step accuracy {found.step_accuracy:.3f} (base rate {found.step_base_rate:.3f}), AUC {found.auc:.3f}")
    told = ", ".join(f"{kind} {value:.3f}" for kind, value in found.exact_by_kind.items())
    print(f"first error named  {found.exact:.3f} ({told}); left alone when right {found.clean:.3f}")
    print(f"  step checker     {found.checker_exact:.3f}; left alone when right {found.checker_clean:.3f}")
    print(f"  either of them   {found.either_exact:.3f}")
    print(f"{found.samples_per_s:.0f} solutions per CPU-second")


if __name__ == "__main__":
    main()
