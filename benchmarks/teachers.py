"""The gate over several teachers against uniform routing, every single teacher, and an oracle, at equal cost.

``python benchmarks/teachers.py --help``. Teachers are models whose replies are at hand (``teachers_pools``): published
ones of the shared data, priced by their tokens (characters / 4) and size, or small ones of our own, sampled now.
Problems come in random order; each is asked for samples one by one until ``k`` are right or ``tries`` are spent. Every
policy has the same purse: four fifths of what the teacher that gets through all problems most cheaply spends on them.
Counted are right samples and problems solved when it is empty: means over seeds (of order and draws) with 95 %
intervals. "Best single", in bold, is the teacher that was best in hindsight, "oracle" the best one for each cluster.
"""

import argparse
import asyncio
import math
import random
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from teachers_pools import Pool, own, published

from engine.codec import derive_seed
from engine.group import Outcome
from engine.protocols import Sampler
from engine.records import Problem, Rendered, Sample, SampleRequest
from engine.teachers import Teachers


@dataclass
class Recorded:
    """A sampler over a pool: sample i of a problem is the i-th of its replies in an order of this seed's."""

    pool: Pool
    teacher: str
    seed: int
    model: str = "recorded"

    async def stream(self, request: SampleRequest) -> AsyncIterator[Sample]:
        replies = self.pool.replies[self.teacher][request.problem.id]
        order = random.Random(derive_seed(self.seed, f"{self.teacher} {request.problem.id}", 0))
        order = order.sample(range(len(replies)), len(replies))
        for index, seed in zip(request.indices, request.seeds, strict=True):
            reply = replies[order[index % len(order)]]
            yield Sample(request.problem.id, index, "right" if reply.right else "", tokens=reply.tokens, seed=seed)

    async def close(self) -> None:
        pass


@dataclass
class Result:
    """What a policy had when its purse was empty."""

    rows: int = 0
    solved: int = 0
    cost: float = 0.0
    seen: int = 0
    by_teacher: dict[str, int] = field(default_factory=lambda: defaultdict(int))


def order_of(pool: Pool, seed: int, stream: int) -> list[Problem]:
    """All problems in random order or, as a stream of any length, drawn with replacement."""
    rng = random.Random(seed)
    return rng.choices(pool.problems, k=stream) if stream else rng.sample(pool.problems, len(pool.problems))


async def spend(pool: Pool, sampler: Sampler, seed: int, purse: float, stream: int = 0) -> Result:
    """Ask for samples problem by problem until the purse is empty or the problems are."""
    result = Result()
    for ordinal, problem in enumerate(order_of(pool, seed, stream)):
        outcomes: list[Outcome] = []
        for index in range(pool.tries):
            seeds = (derive_seed(seed, f"{ordinal} {problem.id}", index),)
            request = SampleRequest(problem, Rendered(), (index,), seeds, ordinal=ordinal)
            (made,) = [made async for made in sampler.stream(request)]
            result.cost += pool.prices[made.model] * made.tokens
            if result.cost > purse:
                return result
            right = made.text == "right"
            outcomes.append(Outcome(index, right, made.model, made.tokens, 0))
            result.rows += right
            result.by_teacher[made.model] += 1
            if sum(outcome.accepted for outcome in outcomes) == pool.k:
                break
        result.solved += any(outcome.accepted for outcome in outcomes)
        result.seen += 1
        if isinstance(sampler, Teachers):
            sampler.learn(ordinal, problem, outcomes)
    return result


@dataclass
class Chosen:
    """A fixed choice of the teacher for each problem: a single teacher, or an oracle."""

    pool: Pool
    choose: Callable[[Problem], str]
    seed: int
    model: str = "chosen"

    async def stream(self, request: SampleRequest) -> AsyncIterator[Sample]:
        teacher = self.choose(request.problem)
        async for made in Recorded(self.pool, teacher, self.seed, teacher).stream(request):
            yield Sample(made.problem_id, made.index, made.text, tokens=made.tokens, model=teacher)

    async def close(self) -> None:
        pass


def teachers(pool: Pool, seed: int, **options) -> Teachers:
    """The real thing over the pool."""
    return Teachers(
        {name: Recorded(pool, name, seed) for name in pool.prices}, prices=pool.prices, seed=seed, **options
    )


def means(pool: Pool, teacher: str, problems: Sequence[Problem]) -> tuple[float, float]:
    """Right samples, and cost, per problem at one try."""
    groups = [pool.replies[teacher][problem.id] for problem in problems]
    right = sum(statistics.mean(reply.right for reply in group) for group in groups)
    return right, pool.prices[teacher] * sum(statistics.mean(reply.tokens for reply in group) for group in groups)


def oracle(pool: Pool) -> Callable[[Problem], str]:
    """The teacher for each cluster that brings the most per cost over all of them at one try, with hindsight."""
    groups: dict[str, list[Problem]] = defaultdict(list)
    for problem in pool.problems:
        groups[problem.meta["cluster"]].append(problem)
    known = {cluster: {t: means(pool, t, group) for t in pool.prices} for cluster, group in groups.items()}
    best: dict[str, str] = {}
    rate = 0.0
    for _ in range(20):  # Dinkelbach's iteration
        best = {c: max(of, key=lambda t, of=of: of[t][0] - rate * of[t][1]) for c, of in known.items()}
        rate = sum(known[c][t][0] for c, t in best.items()) / sum(known[c][t][1] for c, t in best.items())
    return lambda problem: best[problem.meta["cluster"]]


def policies(pool: Pool, ahead: int) -> dict[str, Callable[[int], Sampler]]:
    """Every policy, as a function of the seed."""
    known = oracle(pool)
    made: dict[str, Callable[[int], Sampler]] = {
        "gate": lambda seed: teachers(pool, seed, ahead=ahead, cluster=pool.cluster),
        "gate, no clusters": lambda seed: teachers(pool, seed, ahead=ahead),
        "gate, tries alike": lambda seed: teachers(pool, seed, ahead=ahead, cluster=pool.cluster, by_try=False),
        "uniform": lambda seed: teachers(pool, seed, gate="uniform"),
        "oracle per cluster": lambda seed: Chosen(pool, known, seed),
    }
    if pool.tries == 1:
        del made["gate, tries alike"]
    for name in pool.prices:
        made[f"only {name}"] = lambda seed, name=name: Chosen(pool, lambda _: name, seed)
    return made


def interval(values: Sequence[float]) -> str:
    """Mean and half width of its 95 % interval (normal)."""
    half = 1.96 * statistics.stdev(values) / math.sqrt(len(values)) if len(values) > 1 else 0.0
    return f"{statistics.mean(values):.1f} ± {half:.1f}"


def compare(pool: Pool, seeds: int, ahead: int, stream: int) -> None:
    """Print one table."""

    def run(make: Callable[[int], Sampler], seed: int, purse: float) -> Result:
        return asyncio.run(spend(pool, make(seed), seed, purse, stream))

    made = policies(pool, ahead)
    singles = [name for name in made if name.startswith("only ")]
    purses = [0.8 * min(run(made[name], seed, math.inf).cost for name in singles) for seed in range(seeds)]
    results = {name: [run(make, seed, purse) for seed, purse in enumerate(purses)] for name, make in made.items()}
    best = max(singles, key=lambda name: statistics.mean(result.rows for result in results[name]))
    print(
        f"\n### {pool.name}\n\n{len(pool.problems)} problems, until {pool.k} right, at most {pool.tries} samples; "
        f"prices {pool.prices}; ahead {ahead}; {seeds} seeds\n"
    )
    print(
        "| policy | right samples | against best single | problems solved | problems reached | asked |\n"
        "|---|---|---|---|---|---|"
    )
    for name, many in results.items():
        ratios = [100 * mine.rows / max(1, theirs.rows) for mine, theirs in zip(many, results[best], strict=True)]
        asked: dict[str, int] = defaultdict(int)
        for result in many:
            for teacher, n in result.by_teacher.items():
                asked[teacher] += n
        shares = ", ".join(f"{t} {n / sum(asked.values()):.0%}" for t, n in sorted(asked.items(), key=lambda x: -x[1]))
        cells = (
            f"**{name}**" if name == best else name,
            interval([result.rows for result in many]),
            f"{interval(ratios)} %",
            interval([result.solved for result in many]),
            f"{statistics.mean(result.seen for result in many):.0f}",
            shares,
        )
        print(f"| {' | '.join(cells)} |", flush=True)


def main() -> None:
    """Compare on each pool."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--ahead", type=int, default=128)
    parser.add_argument("--stream", type=int, default=0, help="problems drawn with replacement (default: each once)")
    parser.add_argument("--pools", default="0,1,2,3,4,5,6", help="published ones, by position")
    parser.add_argument("--own", type=Path, help="directory of the small model, trained when it is not there")
    parser.add_argument("--problems", type=int, default=200, help="for models of our own")
    options = parser.parse_args()
    made = published()
    pools = [made[int(position)]() for position in options.pools.split(",") if position]
    pools += own(options.own, options.problems) if options.own else []
    for pool in pools:
        compare(pool, options.seeds, options.ahead, options.stream)
    print(f"{time.process_time():.0f} CPU-s", file=sys.stderr)


if __name__ == "__main__":
    main()
