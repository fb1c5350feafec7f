"""Real rollouts of the bundled model from solutions whose first wrong step is known; a part of ``locate.py``."""

import asyncio
import random
import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from locate_score import BLOCK, DRAWS, METHODS, Score, table

from engine.codec import derive_seed
from engine.locate.learned import Learned
from engine.locate.methods import Method
from engine.locate.posterior import Prior, Solution, weigh
from engine.problems.word_problems import WordProblems
from engine.records import Message, Problem, Rendered, Sample, SampleRequest, SamplingParams
from engine.samplers.transformers import TransformersSampler
from engine.tiny.evaluate import right
from verifiers.steps import StepVerifier

EQUATION = re.compile(r"(\d+) ([-+*/]) (\d+) = (\d+)")
VALUES = {"+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b, "/": lambda a, b: a // b}


@dataclass
class Planted:
    """A reference solution with one error, carried through. ``first`` is its step."""

    problem: Problem
    lines: list[str]
    first: int
    kind: str
    draws: int = 0
    rolled: dict[int, list[Sample]] = field(default_factory=lambda: defaultdict(list))

    def prefix(self, step: int) -> str:
        return "".join(f"{line}\n" for line in self.lines[:step])


def plant(problem: Problem, kind: str, rng: random.Random) -> Planted | None:
    """One number changed at a step drawn at random; every later use of what it gave changes with it.

    ``result``: the value of an equation, so that it is false; in the last line, the answer. ``operand``: a number that
    the problem gave, so that every equation stays true. None where that does not work out.
    """
    lines = problem.reference_solution.split("\n")
    first = rng.randrange(len(lines) - (kind == "operand"))
    given = set(re.findall(r"\d+", problem.prompt))
    changed: dict[str, str] = {}
    for step, line in enumerate(lines[:-1]):
        a, sign, b, value = EQUATION.search(line).groups()
        x, y = changed.get(a, a), changed.get(b, b)
        if step == first and kind == "operand":
            if a in given:
                x = other(a, rng)
            elif b in given:
                y = other(b, rng)
            else:
                return None
        if (sign == "/" and (y == "0" or int(x) % int(y))) or int(VALUES[sign](int(x), int(y))) < 0:
            return None
        new = str(VALUES[sign](int(x), int(y))) if step >= first else value
        if step == first and kind == "result":
            new = other(value, rng)
        if new != value:
            if value in given:
                return None  # a later use of this number may be the problem's
            changed[value] = new
        lines[step] = EQUATION.sub(f"{x} {sign} {y} = {new}", line)
    answer = changed.get(problem.answer, problem.answer)
    if first == len(lines) - 1:
        answer = other(answer, rng)
    lines[-1] = f"The answer is \\boxed{{{answer}}}"
    return None if answer == problem.answer else Planted(problem, lines, first, kind)


def other(number: str, rng: random.Random) -> str:
    """Another number, as slips are: off by a few, or in one digit."""
    value = int(number)
    while True:
        made = value + rng.choice([-10, -3, -2, -1, 1, 2, 3, 10])
        if made > 0:
            return str(made)


def plants(count: int, seed: int) -> Iterator[Planted]:
    rng = random.Random(seed)
    made = 0
    for problem in WordProblems(20 * count, seed, "hard").problems():
        planted = plant(problem, ("result", "operand")[made % 2], rng)
        if planted is not None:
            made += 1
            yield planted
        if made == count:
            return


def own_error(case: Planted) -> Planted | None:
    """The first wrong sample that the model made of the problem, with its first wrong step.

    That is the first whose equation the reference solution lacks, terms and factors in any order. None where lines
    are not one equation each, or every equation is the reference's but the answer line does not follow.
    """
    known = {equation(line) for line in case.problem.reference_solution.split("\n")[:-1]}
    for made in case.rolled[0]:
        lines = made.text.split("\n")
        equations = [equation(line) for line in lines[:-1]]
        if right(case.problem, made) or None in equations or "boxed" not in lines[-1]:
            continue
        first = next((i for i, found in enumerate(equations) if found not in known), None)
        if first is not None:
            return Planted(case.problem, lines, first, "own", case.draws)
    return None


def equation(line: str) -> tuple[str, ...] | None:
    found = EQUATION.findall(line)
    if len(found) != 1:
        return None
    a, sign, b, value = found[0]
    return (sign, *(sorted([a, b]) if sign in "+*" else (a, b)), value)


async def roll_all(
    sampler: TransformersSampler, cases: list[Planted], wanted: dict[int, list[tuple[int, int]]]
) -> None:
    """Make rollouts: ``wanted[case]`` lists (prefix, how many it should then have)."""

    async def one(case: Planted, step: int, count: int) -> None:
        have = len(case.rolled[step])
        indices = tuple(range(1000 * step + have, 1000 * step + count))
        prompt = Rendered(messages=(Message("user", str(case.problem.prompt)),))
        seeds = tuple(derive_seed(0, case.problem.id, index) for index in indices)
        request = SampleRequest(case.problem, prompt, indices, seeds, prefix=case.prefix(step))
        made = [sample async for sample in sampler.stream(request)]
        case.rolled[step] += sorted(made, key=lambda sample: sample.index)

    await asyncio.gather(*(one(cases[i], *ask) for i, asks in wanted.items() for ask in asks))


def tiny(count: int) -> None:
    params = SamplingParams(temperature=1.5, max_tokens=96)
    sampler = TransformersSampler("bundled:tiny", params, batch_size=64, device="cpu", dtype="float32", threads=1)
    cases = list(plants(count, 12))
    started = time.process_time()

    async def work() -> None:
        first = {i: [(0, DRAWS), *((step, 16) for step in range(1, len(c.lines)))] for i, c in enumerate(cases)}
        await roll_all(sampler, cases, first)
        for case in cases:
            case.draws = sum(right(case.problem, made) for made in case.rolled[0])
        own = [made for case in cases if (made := own_error(case))]
        await roll_all(sampler, own, {i: [(step, 16) for step in range(1, len(c.lines))] for i, c in enumerate(own)})
        cases.extend(own)
        print(f"{len(cases)} solutions, {time.process_time() - started:.0f} CPU-s of rollouts", flush=True)
        await measure(sampler, cases)
        await sampler.close()

    asyncio.run(work())


async def measure(sampler: TransformersSampler, cases: list[Planted]) -> None:
    judged: dict[int, list[str]] = {}
    for case in cases:
        text = "\n".join(case.lines)
        judged[id(case)] = [
            m.verdict for m in StepVerifier(segmenter="lines").verify(case.problem, of(case, text)).steps
        ]
    seen = Counter((case.draws, DRAWS - case.draws) for case in cases if case.kind != "own")
    print_rates(cases)
    runs = [(name, method, False) for name, method in METHODS.items()]
    runs += [(f"{name}, with the step checker", METHODS[name], True) for name in ("bayes", "bayes, waves of 4")]
    scores: dict[str, dict[str, Score]] = {kind: defaultdict(Score) for kind in ("planted", "result", "operand", "own")}
    for name, method, marks in runs:
        done = await located(sampler, cases, method, Learned(Prior(), seen), judged if marks else {})
        for case, solution in done:
            for kind in {"own"} if case.kind == "own" else {"planted", case.kind}:
                score = scores[kind][name]
                score.add(method, solution, case.first)
                used = (made.tokens for step, n in enumerate(solution.asked) for made in case.rolled[step][:n])
                score.tokens += sum(used)
    for kind, rows in scores.items():
        table(f"errors: {kind}: {len(rows['bayes'].exact)} solutions, bundled model", rows)


async def located(
    sampler: TransformersSampler, cases: list[Planted], method: Method, learned: Learned, marks: dict[int, list[str]]
) -> list[tuple[Planted, Solution]]:
    """Every case, in blocks, all solutions of a block at once."""
    done = []
    for start in range(0, len(cases), BLOCK):
        learned.learn()
        block = []
        for case in cases[start : start + BLOCK]:
            weights = weigh(len(case.lines), marks.get(id(case), ()), Prior(), accepted=False)
            rates = learned.rates(case.draws, DRAWS - case.draws)
            block.append((case, Solution(len(case.lines), rates, weights)))
        while asks := {i: asked for i, (_, solution) in enumerate(block) if (asked := method.ask(solution))}:
            many = {i: Counter(asked) for i, asked in asks.items()}
            missing = {
                i: [
                    (step, block[i][1].asked[step] + n)
                    for step, n in counts.items()
                    if len(block[i][0].rolled[step]) < block[i][1].asked[step] + n
                ]
                for i, counts in many.items()
            }
            await roll_all(sampler, [case for case, _ in block], missing)
            for i, asked in asks.items():
                case, solution = block[i]
                for step in asked:
                    solution.add(step, right(case.problem, case.rolled[step][solution.asked[step]]))
        for _, solution in block:
            learned.add(solution, method.conclude(solution).belief)
        done += block
    return done


def of(case: Planted, text: str) -> Sample:
    return Sample(case.problem.id, 0, text)


def print_rates(cases: list[Planted]) -> None:
    """What the model really does: p by the share of steps that are done, and e."""
    clean: dict[str, list[bool]] = defaultdict(list)
    wrong: dict[str, list[bool]] = defaultdict(list)
    for case in cases:
        for step, made in case.rolled.items():
            hits = [right(case.problem, sample) for sample in made[:16]]
            if step <= case.first:
                clean[f"{len(case.lines) - 1 - step} equations left"] += hits
            else:
                wrong[case.kind] += hits
    for name, hits in [*sorted(clean.items()), *((f"after an error ({kind})", hits) for kind, hits in wrong.items())]:
        print(f"rollouts that come out right, {name}: {sum(hits) / len(hits):.3f} of {len(hits)}")
