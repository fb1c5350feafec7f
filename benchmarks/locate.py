"""How well, and at what price, the first wrong step is found: ``python benchmarks/locate.py [marks|simulate|tiny]``.

``marks`` counts how the step checker marks labelled steps before, at and after the first wrong one: its weight as
evidence.

``simulate`` draws rollouts as right with probability p from a clean prefix and e from a wrong one, on the lengths and
first errors of labelled solutions (ProcessBench, from the developers' data pack) or, without them, of a made-up
distribution. The pass rate of a problem comes from 8 simulated samples, e from the solutions before.

``tiny`` plants errors in reference solutions of word problems, carries them through the steps that follow, and makes
real rollouts with the bundled model. Every method draws the same rollouts: the k-th from a prefix is one and the same.
"""

import argparse
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from locate_planted import tiny
from locate_score import BLOCK, DRAWS, METHODS, Score, table
from step_sets import SETS

from engine.locate.learned import Learned
from engine.locate.methods import Method
from engine.locate.posterior import Prior, Solution, weigh
from verifiers.steps import Rules
from verifiers.steps.checker import check_steps
from verifiers.steps.verdict import judge_steps

SETS_LABELLED = ("PB GSM8K", "PB MATH", "PB Olympiad", "PB Omni")
DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@dataclass(frozen=True)
class World:
    """How p and e are drawn for a solution, and how p changes along it."""

    p: Callable[[random.Random], float]
    e: Callable[[random.Random], float]
    rising: bool = False


def fixed(value: float) -> Callable[[random.Random], float]:
    return lambda _: value


def beta(a: float, b: float) -> Callable[[random.Random], float]:
    return lambda rng: rng.betavariate(a, b)


WORLDS = {
    "p .95, e .02": World(fixed(0.95), fixed(0.02)),
    "p .80, e .05": World(fixed(0.80), fixed(0.05)),
    "p .80, e .20": World(fixed(0.80), fixed(0.20)),
    "p .50, e .05": World(fixed(0.50), fixed(0.05)),
    "p, e differ by solution, means .8, .1": World(beta(8, 2), beta(1, 9)),
    "the same, hard: mean p .5": World(beta(2, 2), beta(1, 9)),
    "hard, p rising along the solution": World(beta(2, 2), beta(1, 9), rising=True),
}


@dataclass(frozen=True)
class Simulated:
    """One solution of a world."""

    key: int
    steps: int
    first: int
    p: float
    e: float
    rising: bool
    draws: int
    """Right ones among the samples of its problem."""

    def roll(self, prefix: int, k: int) -> bool:
        p = self.p + (1 - self.p) * prefix / self.steps if self.rising else self.p
        return random.Random(f"{self.key} {prefix} {k}").random() < (p if prefix <= self.first else self.e)


def lengths() -> tuple[str, list[tuple[int, int]]]:
    """Number of steps and first wrong one, of labelled wrong solutions."""
    if (DATA / "steps").is_dir():
        cases = [case for name in SETS_LABELLED for case in SETS[name](DATA) if case.first_error is not None]
        return "ProcessBench", [(len(case.steps), case.first_error) for case in cases]
    rng, made = random.Random(0), []
    for _ in range(1000):
        steps = 3 + min(int(rng.expovariate(1 / 5)), 25)
        made.append((steps, int(steps * rng.betavariate(1, 1.6))))
    return "made-up lengths", made


def place(cases: list[Simulated], method: Method, learned: Learned, score: Score) -> None:
    """Locate every case; what a block teaches about e serves the next ones."""
    for number, case in enumerate(cases):
        if number % BLOCK == 0:
            learned.learn()
        rates = learned.rates(case.draws, DRAWS - case.draws)
        solution = Solution(case.steps, rates, weigh(case.steps, (), Prior(), accepted=False))
        while asks := method.ask(solution):
            for prefix in asks:
                solution.add(prefix, case.roll(prefix, solution.asked[prefix]))
        score.add(method, solution, case.first)
        learned.add(solution, method.conclude(solution).belief)


def simulate(most: int) -> None:
    source, cases = lengths()
    random.Random(1).shuffle(cases)
    for title, world in WORLDS.items():
        rng = random.Random(title)
        solutions = []
        for key, (steps, first) in enumerate(cases[:most]):
            p, e = world.p(rng), world.e(rng)
            draws = sum(rng.random() < p for _ in range(DRAWS))
            solutions.append(Simulated(key, steps, first, p, e, world.rising, draws))
        seen = Counter((case.draws, DRAWS - case.draws) for case in solutions)
        rows: dict[str, Score] = defaultdict(Score)
        for name, method in METHODS.items():
            place(solutions, method, Learned(Prior(), seen), rows[name])
        table(f"{title}: {len(solutions)} solutions, {source}", rows)


def marks() -> None:
    """How often each mark stands before, at and after the first wrong step."""
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    for name in (*SETS_LABELLED, "MR-GSM8K wrong") if (DATA / "steps").is_dir() else ():
        for case in SETS[name](DATA):
            if case.first_error is None or case.first_error < 0:
                continue
            text, spans = "\n\n".join(case.steps), []
            for step in case.steps:
                start = spans[-1][1] + 2 if spans else 0
                spans.append((start, start + len(step)))
            claims = check_steps(text, spans, case.problem, Rules().names())
            for i, step in enumerate(judge_steps(text, spans, claims)):
                at = case.first_error
                seen["before" if i < at else "first wrong" if i == at else "after"][step.verdict] += 1
    print("\n| steps | count | refuted | supported |\n|---|---|---|---|")
    for place, counts in seen.items():
        total = counts.total()
        print(f"| {place} | {total} | {counts['refuted'] / total:.4f} | {counts['supported'] / total:.3f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("part", nargs="?", choices=["marks", "simulate", "tiny"])
    parser.add_argument("--solutions", type=int, default=240, help="default: %(default)s (tiny), all (simulate)")
    options = parser.parse_args()
    if options.part in ("marks", None):
        marks()
    if options.part in ("simulate", None):
        simulate(options.solutions if "--solutions" in sys.argv else 10_000)
    if options.part in ("tiny", None):
        tiny(options.solutions)


if __name__ == "__main__":
    main()
