"""Measure a model on fresh word problems through the real sampler: ``python -m engine.tiny.evaluate --help``.

pass@k is the unbiased estimate of Chen et al. 2021 (arXiv:2107.03374), with 95 % bootstrap intervals over problems.
"""

import argparse
import asyncio
import math
import random
import re
import time
from collections import defaultdict
from collections.abc import Sequence

from engine.codec import derive_seed
from engine.problems.word_problems import WordProblems
from engine.records import Message, Problem, Rendered, Sample, SampleRequest, SamplingParams
from engine.samplers.transformers import TransformersSampler
from engine.tiny.train import TEMPERATURE

BOXED = re.compile(r"\\boxed\{(\d+)\}\s*\Z")
RESAMPLES = 1000


def main() -> None:
    """Sample, score and print one table."""
    parser = argparse.ArgumentParser(prog="python -m engine.tiny.evaluate", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--model", default="bundled:tiny")
    parser.add_argument("--problems", type=int, default=400, help="fresh problems (default: %(default)s)")
    parser.add_argument("--samples", type=int, default=16, help="per problem (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=2, help="of problems and samples (default: %(default)s)")
    parser.add_argument("--temperature", type=float, default=TEMPERATURE)
    parser.add_argument("--dtype", default="float32")
    options = parser.parse_args()
    params = SamplingParams(temperature=options.temperature, max_tokens=96)
    sampler = TransformersSampler(options.model, params, batch_size=64, device="cpu", dtype=options.dtype, threads=1)
    problems = list(WordProblems(options.problems, options.seed).problems())
    started, cpu = time.monotonic(), time.process_time()
    groups = asyncio.run(sample(sampler, problems, options.samples, options.seed))
    seconds, cpu = time.monotonic() - started, time.process_time() - cpu
    report(problems, groups, options.samples)
    tokens = sum(made.tokens for group in groups for made in group)
    count = len(problems) * options.samples
    print(f"{count} samples, {tokens} tokens, {seconds:.0f} s ({tokens / seconds:.0f} tokens/s), {cpu:.0f} CPU-s")


async def sample(sampler: TransformersSampler, problems: list[Problem], count: int, seed: int) -> list[list[Sample]]:
    """``count`` samples of every problem."""

    async def group(problem: Problem) -> list[Sample]:
        prompt = Rendered(messages=(Message("user", str(problem.prompt)),))
        seeds = tuple(derive_seed(seed, problem.id, index) for index in range(count))
        request = SampleRequest(problem, prompt, tuple(range(count)), seeds)
        return [made async for made in sampler.stream(request)]

    groups = await asyncio.gather(*(group(problem) for problem in problems))
    await sampler.close()
    return groups


def right(problem: Problem, made: Sample) -> bool:
    """The boxed number at the end is the gold answer, digit for digit."""
    found = BOXED.search(made.text)
    return found is not None and found[1] == problem.answer


def pass_at(k: int, count: int, passed: int) -> float:
    """Chance that at least one of ``k`` out of ``count`` samples is among the ``passed`` right ones."""
    return 1.0 - math.comb(count - passed, k) / math.comb(count, k)


def interval(values: Sequence[float], rng: random.Random) -> tuple[float, float]:
    """95 % percentile bootstrap interval of the mean."""
    means = sorted(sum(rng.choices(values, k=len(values))) / len(values) for _ in range(RESAMPLES))
    return means[int(0.025 * RESAMPLES)], means[int(0.975 * RESAMPLES)]


def report(problems: list[Problem], groups: list[list[Sample]], count: int) -> None:
    """Markdown table: all problems, then per family."""
    passed: dict[str, list[int]] = defaultdict(list)
    for problem, group in zip(problems, groups, strict=True):
        hits = sum(right(problem, made) for made in group)
        passed["all"].append(hits)
        passed[f"{problem.meta['steps']} {problem.meta['family']}"].append(hits)
    ks = [k for k in (1, 4, 16) if k <= count]
    print("| steps, family | problems | " + " | ".join(f"pass@{k}" for k in ks) + " |")
    print("|---|---" + "|---" * len(ks) + "|")
    rng = random.Random(0)
    for name in ["all", *sorted(set(passed) - {"all"})]:
        cells = [f"{len(passed[name])}"]
        for k in ks:
            values = [pass_at(k, count, hits) for hits in passed[name]]
            low, high = interval(values, rng)
            cells.append(f"{100 * sum(values) / len(values):.1f} ({100 * low:.1f}-{100 * high:.1f})")
        print(f"| {name} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
