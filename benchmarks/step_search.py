"""Whole solutions against step search on the bundled model: verified solutions per 1,000 sampled tokens.

``python benchmarks/step_search.py --help``. Problems are fresh word problems of mixed difficulty, the same for every
mode, and every mode spends about as many tokens on each. A solution is verified when the mathematics
verifier passes it, and clean when the step verifier refutes no step of it. Intervals are 95 % percentile bootstraps
over problems, paired with whole-solution sampling for the ratio.
"""

import argparse
import asyncio
import random
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.codec import derive_seed
from engine.config import PoolSection
from engine.problems.word_problems import WordProblems
from engine.protocols import Sampler
from engine.records import Message, Problem, Rendered, Sample, SampleRequest, SamplingParams, Status
from engine.samplers.transformers import TransformersSampler
from engine.search import StepSearch
from engine.search.judging import Rank
from verifiers.math import MathVerifier
from verifiers.steps import StepVerifier

RESAMPLES = 2000
BEST_OF = 4


@dataclass(frozen=True)
class Made:
    """One sample, judged."""

    tokens: int
    verified: bool
    clean: bool
    text: str
    logprob: float
    """Mean per token of the response."""


Group = list[Made]


def base(temperature: float, max_tokens: int = 96) -> TransformersSampler:
    """The bundled model. Its longest solutions take 72 tokens, its longest steps fewer than 20."""
    params = SamplingParams(temperature=temperature, max_tokens=max_tokens, logprobs=True)
    return TransformersSampler("bundled:tiny", params, batch_size=64, device="cpu", dtype="float32", threads=1)


def search(rank: Rank, k: int, beams: int = 1, rollouts: int = 0, backups: int = 2) -> Callable[[float], Sampler]:
    """A step search with the checker, and the mathematics verifier where there are rollouts."""
    return lambda temperature: StepSearch(
        base(temperature, 96 if rollouts else 32),
        StepVerifier(),
        MathVerifier() if rollouts else None,
        rank=rank,
        k=k,
        beams=beams,
        rollouts=rollouts,
        backups=backups,
        pool=PoolSection(workers=1),
    )


MODES: dict[str, tuple[int, Callable[[float], Sampler]]] = {
    "whole solutions": (16, base),
    "end at the first refuted step (k=1)": (18, search("first", 1, backups=0)),
    "reject_steps, k=2": (14, search("first", 2)),
    "reject_steps, k=4": (13, search("first", 4)),
    "diverse_beam, k=4": (4, search("checker", 4)),
    "beam, k=4, 4 beams": (2, search("checker", 4, 4)),
    "diverse_beam, k=4, 2 rollouts": (2, search("rollouts", 4, 1, 2)),
    "beam, k=4, 2 beams, 2 rollouts": (1, search("rollouts", 4, 2, 2)),
}
"""Samples per problem, about as many tokens in each mode, and the sampler."""


async def group(sampler: Sampler, problem: Problem, seed: int, count: int) -> list[Sample]:
    """Samples of one problem, in the order of their index."""
    prompt = Rendered(messages=(Message("user", str(problem.prompt)),))
    seeds = tuple(derive_seed(seed, problem.id, index) for index in range(count))
    request = SampleRequest(problem, prompt, tuple(range(count)), seeds)
    return sorted([sample async for sample in sampler.stream(request)], key=lambda sample: sample.index)


async def groups(sampler: Sampler, problems: Sequence[Problem], seed: int, count: int) -> list[list[Sample]]:
    """All problems at once."""
    try:
        return list(await asyncio.gather(*(group(sampler, problem, seed, count) for problem in problems)))
    finally:
        await sampler.close()


def judge(problem: Problem, sample: Sample) -> Made:
    """Verdicts of both verifiers."""
    count = sample.lineage.get("text_tokens", sample.tokens)
    return Made(
        tokens=sample.tokens,
        verified=MathVerifier().verify(problem, sample).status == Status.PASS,
        clean=StepVerifier().verify(problem, sample).status != Status.FAIL,
        text=" ".join(sample.text.split()),
        logprob=(sample.logprob_sum or 0.0) / max(1, count),
    )


def best_of(made: Group) -> Group:
    """Of every ``BEST_OF`` whole solutions the likeliest clean one, at the price of all."""
    chosen = []
    for start in range(0, len(made) - BEST_OF + 1, BEST_OF):
        some = made[start : start + BEST_OF]
        best = max(some, key=lambda one: (one.clean, one.logprob))
        chosen.append(Made(sum(one.tokens for one in some), best.verified, best.clean, best.text, best.logprob))
    return chosen


def within(made: Group, tokens: int) -> Group:
    """The samples that were begun before ``tokens`` were spent."""
    out: Group = []
    for one in made:
        if sum(other.tokens for other in out) >= tokens:
            break
        out.append(one)
    return out


def per_1k(made: Sequence[Group], good: Callable[[Made], bool]) -> float:
    """Solutions that are ``good`` per 1,000 tokens, over all problems."""
    return 1000 * sum(good(one) for each in made for one in each) / sum(one.tokens for each in made for one in each)


def distinct_per_1k(made: Sequence[Group]) -> float:
    """The same for verified clean solutions, each text counted once per problem."""
    texts = sum(len({one.text for one in each if one.verified and one.clean}) for each in made)
    return 1000 * texts / sum(one.tokens for each in made for one in each)


def interval(values: list[float]) -> str:
    """Bounds of a bootstrap."""
    values.sort()
    return f"{values[int(0.025 * len(values))]:.2f}-{values[int(0.975 * len(values))]:.2f}"


def row(name: str, made: list[Group], whole: list[Group], tokens: int) -> str:
    """One line of the table."""
    rng = random.Random(0)
    draws = [rng.choices(range(len(made)), k=len(made)) for _ in range(RESAMPLES)]
    flat = [one for each in made for one in each]
    passed = [one for one in flat if one.verified]

    def verified(one: Made) -> bool:
        return one.verified

    def sound(one: Made) -> bool:
        return one.verified and one.clean

    def ratio(good: Callable[[Made], bool]) -> str:
        of = per_1k(made, good) / per_1k(whole, good)
        drawn = [per_1k([made[i] for i in draw], good) / per_1k([whole[i] for i in draw], good) for draw in draws]
        return f"{of:.2f} ({interval(drawn)})"

    coverage = sum(any(one.verified for one in within(each, tokens)) for each in made) / len(made)
    cells = (
        name,
        len(flat),
        f"{sum(one.tokens for one in flat) / len(flat):.0f}",
        f"{len(passed) / len(flat):.3f}",
        f"{per_1k(made, verified):.2f}",
        ratio(verified),
        f"{sum(one.clean for one in passed) / max(1, len(passed)):.3f}",
        ratio(sound),
        f"{distinct_per_1k(made):.2f}",
        f"{coverage:.3f}",
    )
    return f"| {' | '.join(map(str, cells))} |"


HEADER = (
    "| mode | samples | tokens each | verified | verified per 1k tokens | against whole | of these clean "
    "| verified and clean, against whole | distinct ones per 1k | problems solved |\n"
    "|---|---|---|---|---|---|---|---|---|---|"
)


def main() -> None:
    """Sample, judge and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--problems", type=int, default=60)
    parser.add_argument("--tokens", type=int, default=560, help="a problem may spend before it counts as unsolved")
    parser.add_argument("--seed", type=int, default=11, help="of problems and samples")
    parser.add_argument("--difficulty", default="mixed")
    parser.add_argument("--temperature", type=float, default=1.5)
    parser.add_argument("--modes", default=",".join(str(i) for i in range(len(MODES))), help="positions in the table")
    options = parser.parse_args()
    names = list(MODES)
    chosen = [names[int(position)] for position in options.modes.split(",")]
    problems = list(WordProblems(options.problems, options.seed, options.difficulty).problems())
    print(
        f"{options.problems} problems ({options.difficulty}), temperature {options.temperature:g}, "
        f"seed {options.seed}, solved within {options.tokens} tokens\n\n{HEADER}",
        flush=True,
    )
    whole: list[Group] = []
    for name in ["whole solutions", *(name for name in chosen if name != "whole solutions")]:
        started = time.process_time()
        count, sampler = MODES[name]
        sampled = asyncio.run(groups(sampler(options.temperature), problems, options.seed, count))
        made = [[judge(problem, one) for one in each] for problem, each in zip(problems, sampled, strict=True)]
        whole = whole or made
        print(row(name, made, whole, options.tokens), flush=True)
        if made is whole:
            best = [best_of(each) for each in made]
            print(row(f"best of {BEST_OF} (clean, then likeliest)", best, whole, options.tokens), flush=True)
        spent = sum(one.tokens for each in made for one in each)
        print(f"{name}: {spent} tokens, {time.process_time() - started:.0f} CPU-s", file=sys.stderr)


if __name__ == "__main__":
    main()
