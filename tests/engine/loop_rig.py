"""What the loop's tests share: problems, samplers that follow a script, and a loop over real verifier processes."""

import asyncio

from engine.accept import AcceptAll
from engine.config import LoopSection, PoolSection
from engine.intake import intake
from engine.judge import Judge
from engine.ledger import Ledger
from engine.ledger_reader import groups
from engine.loop import Loop
from engine.pool import Pool
from engine.problem_run import ProblemRunner
from engine.progress import Progress, ProgressConfig
from engine.records import Message, Problem, Rendered, Sample


class Plain:
    def render(self, problem):
        return Rendered((Message("user", problem.prompt),))


class Source:
    def __init__(self, *items):
        self.items = items

    def problems(self):
        yield from self.items


class Script:
    """Gives ``texts[problem id][index]``, after ``delay(problem id, index)`` seconds; records what was asked and cancelled."""

    model = "script"

    def __init__(self, texts, delay=lambda _, __: 0.0):
        self.texts, self.delay = texts, delay
        self.asked, self.cancelled = [], []

    async def stream(self, request):
        for index in request.indices:
            self.asked.append((request.problem.id, index))
        done = set()
        try:
            for index in request.indices:
                await asyncio.sleep(self.delay(request.problem.id, index))
                texts = self.texts[request.problem.id]
                if index < len(texts):
                    done.add(index)
                    yield Sample(request.problem.id, index, texts[index], tokens=1, seed=request.seeds[0])
        except (asyncio.CancelledError, GeneratorExit):
            self.cancelled += [(request.problem.id, i) for i in request.indices if i not in done]
            raise

    async def close(self):
        pass


def problem(name, **fields):
    return Problem(name, "what?", **{"answer": "yes", "reference_solution": "yes", **fields})


async def run_loop(path, sampler, items, verifiers, budget, *, stop_after=None, deadline_s=5.0, **config):
    """Run a loop, or cancel it after ``stop_after`` seconds; returns its runner, for the counters."""
    pool = Pool(verifiers, PoolSection(workers=1, deadline_s=deadline_s))
    judge = Judge(verifiers, dict.fromkeys(verifiers, "h"), AcceptAll(), pool)
    progress, section = Progress(ProgressConfig(enabled=False)), LoopSection(**config)
    runner = ProblemRunner(Plain(), sampler, judge, pool, AcceptAll(), Ledger(path), progress, section, 0, "params")
    task = asyncio.create_task(Loop(runner, budget, progress).run(intake(Source(*items), groups(path))))
    try:
        if stop_after is None:
            await task
        else:
            await asyncio.sleep(stop_after)
            task.cancel()
            await asyncio.wait([task])
    finally:
        await runner.close()
    return runner
