"""Budgets on pools of real samples: verified rows and coverage against the same number of samples for every problem.

    python benchmarks/budgets.py pools [--seeds 20] [--n 8]
    python benchmarks/budgets.py tiny [--problems 300] [--samples 32]

``pools`` replays labelled samples of real models (``../shared/data``); every seed draws another order of each
problem's samples and of the problems. A pool is read through ``engine.budget.purse``, which is what a run does.
``tiny`` samples a pool with the bundled model, and then runs the whole engine with a purse, which shows what is sampled
beyond its end. Tokens: as the sampler counted them, else characters / 4.
"""

import argparse
import gzip
import json
import random
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from engine.budget import Adaptive, Fixed, Until
from engine.group import GroupState
from engine.ledger_reader import groups
from engine.records import Decision, Problem, Sample

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
POOLS = {
    "gsm8k, 42 models": ("samples/gsm8k_zeroeval.jsonl.gz", "label"),
    "MATH level 5, 40 models": ("samples/math_l5_zeroeval.jsonl.gz", "label"),
    "game of 24, GPT-4": ("samples/game24_gpt4_cot_k100.jsonl.gz", "label"),
    "SVAMP, Codex programs": ("samples/svamp_codex_pot_k30.jsonl.gz", "label"),
    "HumanEval, CodeGen-16B": ("code/samples_codegen16b_k100.jsonl.gz", "base"),
}
RIGHT, WRONG = Decision(True, "label"), Decision(False, "label")
Pool = dict[str, tuple[str, list[tuple[int, bool]]]]
"""Problem to its prompt and (tokens, accepted) of its samples."""


def read_pool(path: Path, label: str) -> Pool:
    """One file of the data pack; samples without a label are left out."""
    pool: Pool = {}
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for row in map(json.loads, file):
            key = str(row.get("id") or row.get("task_id") or row.get("numbers"))
            samples = []
            for sample in row["samples"]:
                verdict = sample.get(label)
                if verdict is not None:
                    right = verdict if isinstance(verdict, bool) else verdict == "pass"
                    samples.append((max(1, len(sample.get("text") or sample.get("code") or "") // 4), right))
            if samples:
                pool[key] = (str(row.get("problem") or row.get("prompt") or row.get("numbers") or key), samples)
    return pool


def states(pool: Pool, rng: random.Random) -> list[GroupState]:
    """The pool in a random order of problems and of their samples."""
    shuffled = []
    for key, (prompt, samples) in pool.items():
        drawn = rng.sample(samples, len(samples))
        made = {i: Sample(key, i, "", tokens=tokens) for i, (tokens, _) in enumerate(drawn)}
        decided: dict[int, Decision | None] = {i: RIGHT if right else WRONG for i, (_, right) in enumerate(drawn)}
        missing = set(range(len(drawn), 1024))
        meta = {"kind": key.split(":")[0]}
        shuffled.append(GroupState(Problem(key, prompt, meta=meta), decided, missing, made))
    rng.shuffle(shuffled)
    return shuffled


Curve = list[tuple[int, int, int, int]]
"""Cumulated samples, tokens, useful rows (at most k of a problem), problems with a row, after every sample."""


def curve(bought: Iterator[tuple[int, int, int]], k: int) -> Curve:
    """From (problem, tokens, row) in the order of buying."""
    points, samples, tokens, rows, solved = [], 0, 0, 0, 0
    found: Counter[int] = Counter()
    for problem, cost, row in bought:
        samples, tokens = samples + 1, tokens + cost
        if row:
            solved += not found[problem]
            rows += found[problem] < k
            found[problem] += 1
        points.append((samples, tokens, rows, solved))
    return points


def adaptive(budget: Adaptive, drawn: list[GroupState]) -> Curve:
    """Everything the purse would buy, in its order."""
    purse = budget.purse()
    for ordinal, state in enumerate(drawn):
        purse.add(ordinal, state)
    purse.open(len(drawn))
    made = [state.samples for state in drawn]
    return curve(((ordinal, made[ordinal][b.sample].tokens, b.row) for ordinal, b in purse.bought()), budget.k)


def plain(budget: Fixed | Until, drawn: list[GroupState], k: int) -> Curve:
    """Problem after problem up to each one's stop index."""

    def bought() -> Iterator[tuple[int, int, int]]:
        for ordinal, state in enumerate(drawn):
            stop = budget.stop_index(state)
            assert stop is not None
            for outcome in state.outcomes(stop):
                yield ordinal, outcome.tokens, int(outcome.accepted)

    return curve(bought(), k)


def omniscient(drawn: list[GroupState], k: int) -> Curve:
    """What can be had by one who knows every problem's pass rate: the cheapest rows first."""
    prices = []
    for ordinal, state in enumerate(drawn):
        outcomes = list(state.outcomes())
        right = sum(o.accepted for o in outcomes)
        prices.append((sum(o.tokens for o in outcomes) / right if right else float("inf"), ordinal))

    def bought() -> Iterator[tuple[int, int, int]]:
        for _, ordinal in sorted(prices):
            rows = 0
            for outcome in drawn[ordinal].outcomes():
                if rows < k:
                    rows += outcome.accepted
                    yield ordinal, outcome.tokens, int(outcome.accepted)

    return curve(bought(), k)


def at_tokens(points: Curve, tokens: int) -> tuple[int, int, int, int]:
    """The last point that costs no more than ``tokens``."""
    return next((p for p in reversed(points) if p[1] <= tokens), (0, 0, 0, 0))


def first_covering(points: Curve, problems: int) -> tuple[int, int, int, int] | None:
    """The first point that has a row on ``problems`` problems."""
    return next((p for p in points if p[3] >= problems), None)


def spread(values: list[float], digits: int = 2) -> str:
    """Mean and the 95 % interval of the mean over seeds."""
    mean = statistics.fmean(values)
    half = 1.96 * statistics.stdev(values) / len(values) ** 0.5 if len(values) > 1 else 0.0
    return f"{mean:.{digits}f} ± {half:.{digits}f}"


def compare(name: str, pool: Pool, n: int, seeds: int) -> None:
    """One table: everything relative to ``n`` samples for each problem."""
    print(f"\n{name}: {len(pool)} problems, {sum(len(s) for _, s in pool.values()):,} samples; fixed n = {n} is 1")
    print("| budget | useful rows, equal tokens | coverage, equal tokens | samples for its coverage | tokens for it |")
    print("|---|---|---|---|---|")
    many = {"n_samples": 1000}
    known = {"features": True, "cluster": "meta.kind"}
    budgets: dict[str, Adaptive | Until | int] = {
        f"until k = 1, at most {n}": Until(1, n, 1),
        "adaptive k = 1": Adaptive(k=1, **many),
        "adaptive k = 1, by samples": Adaptive(k=1, samples=10**9, **many),
        "adaptive k = 1, features": Adaptive(k=1, **many, **known),
        "all pass rates known, k = 1": 1,
        "adaptive k = 4": Adaptive(k=4, **many),
        "adaptive k = 4, decay = 0.7": Adaptive(k=4, decay=0.7, **many),
        "all pass rates known, k = 4": 4,
        f"adaptive k = {n}": Adaptive(k=n, **many),
        f"adaptive k = {n}, features": Adaptive(k=n, **many, **known),
        f"adaptive k = {n}, decay = 0.7": Adaptive(k=n, decay=0.7, **many),
        f"all pass rates known, k = {n}": n,
    }
    found: dict[str, list[list[float]]] = {label: [[], [], [], []] for label in budgets}
    for seed in range(seeds):
        drawn = states(pool, random.Random(seed))
        for label, budget in budgets.items():
            k = budget if isinstance(budget, int) else budget.k
            fixed = plain(Fixed(n), drawn, k)[-1]
            if isinstance(budget, int):
                points = omniscient(drawn, k)
            else:
                points = adaptive(budget, drawn) if isinstance(budget, Adaptive) else plain(budget, drawn, k)
            equal = at_tokens(points, fixed[1])
            columns = found[label]
            columns[0].append(equal[2] / max(fixed[2], 1))
            columns[1].append(equal[3] / max(fixed[3], 1))
            if (reached := first_covering(points, fixed[3])) is not None:
                columns[2].append(reached[0] / fixed[0])
                columns[3].append(reached[1] / fixed[1])
    for label, columns in found.items():
        print(f"| {label} | " + " | ".join(spread(c) if c else "never" for c in columns) + " |", flush=True)


def mixed(pools: dict[str, Pool], rng: random.Random, each: int = 45) -> Pool:
    """The same number of problems of every pool."""
    return {
        f"{name}:{key}": pool[key]
        for name, pool in pools.items()
        for key in rng.sample(sorted(pool), min(each, len(pool)))
    }


def run(directory: Path, *settings: str) -> None:
    """``proofstill run`` with the bundled model."""
    command = [str(Path(sys.executable).with_name("proofstill")), "run", f"hydra.run.dir={directory}", *settings]
    subprocess.run([*command, "progress.enabled=false", "product=[]"], check=True, stdout=subprocess.DEVNULL)


def tiny(options: argparse.Namespace, scratch: Path) -> None:
    """A pool sampled here, and real runs with a purse that is worth ``n`` samples for each problem."""
    problems = f"problems.n_problems={options.problems}"
    run(scratch / "pool", problems, f"budget.n_samples={options.samples}")
    pool: Pool = {}
    for group in groups(scratch / "pool" / "ledger"):
        rows = [(s.tokens, group.verdicts[i]["math"].status.value == "PASS") for i, s in sorted(group.samples.items())]
        pool[group.problem.id] = (str(group.problem.prompt), rows)
    compare("bundled model, word problems", pool, options.n, options.seeds)
    fixed = [samples[: options.n] for _, samples in pool.values()]
    tokens = sum(cost for samples in fixed for cost, _ in samples)
    print(f"\nreal runs, {tokens:,} tokens as with n = {options.n}")
    print(
        "| k | useful rows | of fixed | problems solved | of fixed | tokens beyond the end |\n|---|---|---|---|---|---|"
    )
    for k in (1, 4, options.n):
        where = scratch / f"k{k}"
        run(where, problems, "budget=adaptive", f"budget.tokens={tokens}", f"budget.k={k}", "budget.n_samples=1000")
        stats = json.loads((where / "stats.json").read_text("utf-8"))
        rows, solved = stats["decisions"]["accepted"], stats["accepted_problems"]
        base = sum(min(k, sum(right for _, right in samples)) for samples in fixed)
        base_solved = sum(any(right for _, right in samples) for samples in fixed)
        beyond = stats["samples"]["tokens"] / stats["budget"]["spent"] - 1
        print(f"| {k} | {rows:,} | {rows / base:.2f} | {solved} | {solved / base_solved:.2f} | {beyond:.1%} |")


def main() -> None:
    """See the module's text."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["pools", "tiny"])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--n", type=int, default=8)
    parser.add_argument("--problems", type=int, default=300)
    parser.add_argument("--samples", type=int, default=32)
    options = parser.parse_args()
    if options.what == "tiny":
        with tempfile.TemporaryDirectory() as scratch:
            tiny(options, Path(scratch))
        return
    pools = {name: read_pool(DATA / path, label) for name, (path, label) in POOLS.items()}
    compare("mixed difficulty", mixed(pools, random.Random(0)), options.n, options.seeds)
    for name, pool in pools.items():
        compare(name, pool, options.n, options.seeds)


if __name__ == "__main__":
    main()
