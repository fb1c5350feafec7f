"""Train the bundled tiny model from scratch: ``OMP_NUM_THREADS=1 python -m engine.tiny.train --help``.

Next-token loss on the solution only, over problems of the ``train`` split in the chat format that samplers use, and on
the results of drills: bare equations from further problems of that split. Every problem is seen once. AdamW with linear
warm-up and decay. The same seed on the same machine gives the same weights.
"""

import argparse
import random
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.problems.word_problems import WordProblems
from engine.records import Problem
from engine.tiny.tokenizer import CONTEXT, END, build_tokenizer

Row = tuple[list[int], list[int]]
"""Token ids and labels of one sequence."""
TEMPERATURE = 1.5
"""At 1 the shipped weights solve four fifths of fresh problems at the first try: too well for rejection sampling."""
IGNORED = -100
LOG_EVERY = 100
DRILL = 4
"""Problems whose equations make one drill."""
EQUATION = re.compile(r"([0-9]+ [-+*/] [0-9]+ =)( [0-9]+)")
BUCKET = 64
"""Batches that are sorted by length together: little padding, still well mixed."""


def main() -> None:
    """Train, save and say what it took."""
    options = parse_options()
    import torch

    torch.manual_seed(options.seed)
    started, cpu_started = time.time(), time.process_time()
    drills = round(options.steps * options.batch_size * options.drills)
    count = options.steps * options.batch_size - drills
    problems = list(WordProblems(count + drills * DRILL, options.seed, "mixed", "train").problems())
    tokenizer, model = resume(options.init) if options.init else begin(problems, options)
    rows = encode(tokenizer, problems[:count]) + encode_drills(tokenizer, problems[count:])
    random.Random(options.seed).shuffle(rows)
    fit(model, list(batches(rows, options.batch_size, options.seed)), options)
    save(model, tokenizer, options.out)
    print(
        f"{model.num_parameters():,} parameters, vocabulary {len(tokenizer)}, {count:,} problems, {drills:,} drills, "
        f"{sum(len(ids) for ids, _ in rows):,} tokens, "
        f"{time.process_time() - cpu_started:.0f} CPU-s, {time.time() - started:.0f} s"
    )


def parse_options() -> argparse.Namespace:
    """The command line; the model's README has the five that made the shipped one."""
    parser = argparse.ArgumentParser(prog="python -m engine.tiny.train", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--out", default="tiny-model", help="directory to write (default: %(default)s)")
    parser.add_argument("--init", default="", help="go on from the model in this directory (default: a new one)")
    parser.add_argument("--seed", type=int, default=1, help="of problems, order and weights (default: %(default)s)")
    parser.add_argument("--steps", type=int, default=3000, help="optimizer steps (default: %(default)s)")
    parser.add_argument("--batch-size", type=int, default=16, help="problems per step (default: %(default)s)")
    parser.add_argument("--lr", type=float, default=3e-3, help="peak learning rate (default: %(default)s)")
    parser.add_argument("--drills", type=float, default=0.5, help="share of sequences (default: %(default)s)")
    parser.add_argument("--heads", type=int, default=4, help="of 64 dimensions each (default: %(default)s)")
    parser.add_argument("--hidden", type=int, default=128, help="width (default: %(default)s)")
    parser.add_argument("--layers", type=int, default=3, help="depth (default: %(default)s)")
    return parser.parse_args()


def solution(problem: Problem) -> str:
    """What the model learns to write for ``problem``."""
    assert problem.reference_solution is not None
    return problem.reference_solution


def begin(problems: list[Problem], options: argparse.Namespace) -> tuple[Any, Any]:
    """A new tokenizer, from the problems' words, and a new model."""
    tokenizer = build_tokenizer(f"{problem.prompt}\n{solution(problem)}" for problem in problems[:20_000])
    return tokenizer, build_model(tokenizer, options)


def resume(directory: str) -> tuple[Any, Any]:
    """The tokenizer and model of an earlier phase."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    return AutoTokenizer.from_pretrained(directory), AutoModelForCausalLM.from_pretrained(directory)


def build_model(tokenizer: Any, options: argparse.Namespace) -> Any:
    """A Llama with heads of 64 and tied embeddings: sizes that every attention kernel supports."""
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=-(-len(tokenizer) // 64) * 64,
        hidden_size=options.hidden,
        intermediate_size=options.hidden * 3,
        num_hidden_layers=options.layers,
        num_attention_heads=options.heads,
        num_key_value_heads=options.heads,
        head_dim=64,
        max_position_embeddings=CONTEXT,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return LlamaForCausalLM(config)


def encode(tokenizer: Any, problems: list[Problem]) -> list[Row]:
    """Conversations as the chat template writes them, labelled from where the solution starts."""
    asked = tokenizer([f"<|user|>{problem.prompt}<|assistant|>" for problem in problems]).input_ids
    told = tokenizer([f"{solution(problem)}{END}" for problem in problems]).input_ids
    return [(ask + tell, [IGNORED] * len(ask) + tell) for ask, tell in zip(asked, told, strict=True)]


def encode_drills(tokenizer: Any, problems: list[Problem]) -> list[Row]:
    """The bare equations of ``DRILL`` problems each, labelled at every result and the full stop behind it."""
    texts = [
        "<|user|>Drill<|assistant|>"
        + "".join(
            f"{match[0]}.\n" for problem in problems[i : i + DRILL] for match in EQUATION.finditer(solution(problem))
        )
        for i in range(0, len(problems), DRILL)
    ]
    rows = []
    for text, encoded in zip(texts, tokenizer(texts).encodings, strict=True):
        results = {at for match in EQUATION.finditer(text) for at in range(match.start(2), match.end(2) + 1)}
        marked = zip(encoded.ids, encoded.offsets, strict=True)
        rows.append((encoded.ids, [token if start in results else IGNORED for token, (start, _) in marked]))
    return rows


def batches(rows: list[Row], size: int, seed: int) -> Iterator[list[Row]]:
    """Rows of similar length together, in shuffled order."""
    rng = random.Random(seed)
    for start in range(0, len(rows), size * BUCKET):
        bucket = sorted(rows[start : start + size * BUCKET], key=lambda row: len(row[0]))
        groups = [bucket[i : i + size] for i in range(0, len(bucket), size)]
        rng.shuffle(groups)
        yield from groups


def fit(model: Any, groups: list[list[Row]], options: argparse.Namespace) -> None:
    """Train ``model`` on every group once."""
    import torch

    optimizer = torch.optim.AdamW(model.parameters(), lr=options.lr, betas=(0.9, 0.95), weight_decay=0.01)
    warm_up = min(100, len(groups) // 10 + 1)
    model.train()
    losses: list[float] = []
    for step, group in enumerate(groups):
        rate = min((step + 1) / warm_up, (len(groups) - step) / len(groups))
        for parameters in optimizer.param_groups:
            parameters["lr"] = options.lr * rate
        ids, labels = tensors(group, model.config.pad_token_id)
        loss = model(input_ids=ids, labels=labels, use_cache=False).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
        if len(losses) == LOG_EVERY:
            print(
                f"step {step + 1:5d}  loss {sum(losses) / LOG_EVERY:.4f}  {time.process_time():.0f} CPU-s", flush=True
            )
            losses.clear()


def tensors(group: list[Row], pad: int) -> tuple[Any, Any]:
    """Token ids padded on the right, int64 (rows, longest), and labels that leave padding out.

    No attention mask is needed: padding comes last, and attention is causal.
    """
    import torch

    longest = max(len(ids) for ids, _ in group)
    ids = torch.full((len(group), longest), pad)
    labels = torch.full((len(group), longest), IGNORED)
    for row, (tokens, wanted) in enumerate(group):
        ids[row, : len(tokens)] = torch.tensor(tokens)
        labels[row, : len(wanted)] = torch.tensor(wanted)
    return ids, labels


def save(model: Any, tokenizer: Any, out: str) -> None:
    """Write the files that transformers and vLLM load."""
    from transformers import GenerationConfig

    model.generation_config = GenerationConfig(
        do_sample=True,
        temperature=TEMPERATURE,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        max_new_tokens=128,
    )
    Path(out).mkdir(parents=True, exist_ok=True)
    model.save_pretrained(out)
    tokenizer.save_pretrained(out)


if __name__ == "__main__":
    main()
