"""Pools of replies for ``benchmarks/teachers.py``: of published models, and of models of our own."""

import argparse
import asyncio
import gzip
import json
import random
import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from engine.codec import derive_seed
from engine.problems.word_problems import WordProblems
from engine.records import Message, Problem, Rendered, SampleRequest, SamplingParams, Status
from engine.samplers.transformers import TransformersSampler
from engine.tiny.train import DRILL, batches, begin, encode, encode_drills, fit, save
from verifiers.math import MathVerifier

DATA = Path(__file__).resolve().parents[2] / "shared/data"


@dataclass(frozen=True)
class Reply:
    """One reply of a teacher."""

    tokens: int
    right: bool


@dataclass
class Pool:
    """Problems, and for each teacher all replies to each of them."""

    name: str
    prices: dict[str, float]
    problems: list[Problem]
    replies: dict[str, dict[str, list[Reply]]]
    """Teacher to problem id to replies."""
    cluster: str = "meta.cluster"
    k: int = 1
    tries: int = 1


def rows(name: str) -> list[dict]:
    with gzip.open(DATA / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def recorded(name: str, file: str, cluster: Callable[[dict], str], members: dict[str, tuple[float, list[str]]], **how):
    """A pool of published replies. A teacher is a price and the models whose replies are its samples."""
    problems, replies = [], {teacher: {} for teacher in members}
    for row in rows(f"samples/{file}"):
        by_model = defaultdict(list)
        for item in row["samples"]:
            if item["label"] is not None:
                by_model[item["model"]].append(Reply(max(1, len(item["text"]) // 4), item["label"]))
        mine = {t: [reply for model in models for reply in by_model[model]] for t, (_, models) in members.items()}
        if min(map(len, mine.values())) >= how.get("tries", 1):
            problems.append(Problem(row["id"], "", meta={"cluster": cluster(row)}))
            for teacher, of in mine.items():
                replies[teacher][row["id"]] = of
    return Pool(name, {teacher: price for teacher, (price, _) in members.items()}, problems, replies, **how)


def same(text: str) -> str:
    """A problem's text without white space, to find it in another file."""
    return "".join(text.split())


def gsm8k_steps() -> Callable[[dict], str]:
    """Calculations in the gold solution."""
    steps = {same(row["problem"]): row["solution"].count("<<") for row in rows("problems/gsm8k_test")}
    return lambda row: f"{min(6, max(1, steps[same(row['problem'])]))} steps"


def math_types() -> Callable[[dict], str]:
    """The subject."""
    types = {same(row["problem"]): row["type"] for row in rows("problems/math_test")}
    return lambda row: types[same(row["problem"])]


SMALL = ["Qwen2.5-3B-Instruct", "Phi-3.5-mini-instruct", "Phi-3-mini-4k-instruct", "gemma-2-2b-it"]
MIDDLE = ["Qwen2.5-7B-Instruct", "Qwen2-7B-Instruct", "Meta-Llama-3.1-8B-Instruct", "gemma-2-9b-it", "Yi-1.5-9B-Chat"]
LARGE = ["Qwen2.5-72B-Instruct", "Qwen2-72B-Instruct", "Meta-Llama-3.1-70B-Instruct", "Meta-Llama-3-70B-Instruct"]


def by_size(*models: str) -> dict[str, tuple[float, list[str]]]:
    """Teachers of one open model each, priced by the billions of parameters that their names tell."""
    return {model: (float(re.search(r"-([0-9]+)[bB]", model)[1]), [model]) for model in models}


def equal(*models: str) -> dict[str, tuple[float, list[str]]]:
    """Teachers of one model each and of one price."""
    return {model: (1.0, [model]) for model in models}


def published() -> list[Callable[[], Pool]]:
    """The pools of the shared data."""
    gsm, level5 = gsm8k_steps(), math_types()
    return [
        lambda: recorded(
            "GSM8K, open models by size",
            "gsm8k_zeroeval",
            gsm,
            by_size("gemma-2-2b-it", "Qwen2-7B-Instruct", "gemma-2-27b-it@together", "Qwen2-72B-Instruct"),
        ),
        lambda: recorded(
            "MATH level 5, Qwen2.5 by size",
            "math_l5_zeroeval",
            level5,
            by_size("Qwen2.5-3B-Instruct", "Qwen2.5-7B-Instruct", "Qwen2.5-32B-Instruct", "Qwen2.5-72B-Instruct"),
        ),
        lambda: recorded(
            "GSM8K, seven of about 8B at one price",
            "gsm8k_zeroeval",
            gsm,
            equal(
                "Qwen2-7B-Instruct",
                "Meta-Llama-3.1-8B-Instruct",
                "Meta-Llama-3-8B-Instruct",
                "gemma-2-9b-it",
                "Yi-1.5-9B-Chat",
                "Mistral-Nemo-Instruct-2407",
                "Phi-3.5-mini-instruct",
            ),
        ),
        lambda: recorded("MATH level 5, five of about 8B at one price", "math_l5_zeroeval", level5, equal(*MIDDLE)),
        lambda: recorded(
            "GSM8K, GPT-3 fine-tuned: 6B and 175B",
            "gsm8k_gpt3_4models",
            gsm,
            {"6b": (6, ["gpt3-6b_finetuning"]), "175b": (175, ["gpt3-175b_finetuning"])},
        ),
        lambda: recorded(
            "GSM8K boxed: GPT-3.5 at 1, GPT-4 at 20, Claude 2 at 5",
            "gsm8k_boxed_gpt_claude",
            gsm,
            {"gpt-3.5": (1, ["gpt_3p5_turbo_0301"]), "gpt-4": (20, ["gpt_4_0613"]), "claude-2": (5, ["claude_2"])},
        ),
        lambda: recorded(
            "MATH level 5, tiers of open models, four samples",
            "math_l5_zeroeval",
            level5,
            {"3B": (3, SMALL), "8B": (8, MIDDLE), "70B": (70, LARGE)},
            tries=4,
        ),
    ]


def train(directory: Path, steps: int = 4000) -> None:
    """A teacher a sixth as large as the bundled model, which has seen only problems of one and two steps."""
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(3)
    half = steps * 8
    problems = list(WordProblems(half + half * DRILL, 3, "easy", "train").problems())
    options = argparse.Namespace(hidden=64, layers=2, heads=2, lr=3e-3)
    tokenizer, model = begin(problems, options)
    lessons = encode(tokenizer, problems[:half]) + encode_drills(tokenizer, problems[half:])
    random.Random(3).shuffle(lessons)
    fit(model, list(batches(lessons, 16, 3)), options)
    save(model, tokenizer, str(directory))


async def sampled(model: str, temperature: float, problems: list[Problem], count: int) -> dict[str, list[Reply]]:
    """Replies of a local model to every problem."""
    params = SamplingParams(temperature=temperature, max_tokens=96)
    sampler = TransformersSampler(model, params, batch_size=64, device="cpu", dtype="float32", threads=1)
    verifier = MathVerifier()

    async def group(problem: Problem) -> list[Reply]:
        prompt = Rendered(messages=(Message("user", str(problem.prompt)),))
        seeds = tuple(derive_seed(11, f"{model} {temperature} {problem.id}", index) for index in range(count))
        made = [one async for one in sampler.stream(SampleRequest(problem, prompt, tuple(range(count)), seeds))]
        return [Reply(one.tokens, verifier.verify(problem, one).status == Status.PASS) for one in made]

    try:
        groups = await asyncio.gather(*(group(problem) for problem in problems))
    finally:
        await sampler.close()
    return {problem.id: group for problem, group in zip(problems, groups, strict=True)}


def own(directory: Path, count: int, tries: int = 6) -> list[Pool]:
    """The bundled model at several temperatures, and beside a small one; the price is the number of parameters."""
    if not directory.exists():
        train(directory)
    problems = [
        replace(problem, meta={"cluster": f"{problem.meta['steps']} steps"})
        for problem in WordProblems(count, 5).problems()
    ]

    def ask(model: str, temperature: float, n: int = tries) -> dict[str, list[Reply]]:
        return asyncio.run(sampled(model, temperature, problems, n))

    large = {t: ask("bundled:tiny", t) for t in (1.0, 1.5)}
    greedy = {name: replies * tries for name, replies in ask("bundled:tiny", 0.0, 1).items()}  # always the same
    small = ask(str(directory), 1.0)
    warm = {"greedy": greedy, "temperature 1": large[1.0], "temperature 1.5": large[1.5]}
    sizes = {"small": small, "large": large[1.0]}
    prices = {"small": 0.18, "large": 1.02}
    one = dict.fromkeys(warm, 1.0)
    return [
        Pool("bundled model at three temperatures, one right sample", one, problems, warm, k=1, tries=tries),
        Pool("small and bundled model, one right sample", prices, problems, sizes, k=1, tries=tries),
        Pool("small and bundled model, four right samples", prices, problems, sizes, k=4, tries=tries),
    ]
