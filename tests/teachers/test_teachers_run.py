"""Several teachers in the real loop, with real verifier processes and a real ledger."""

import asyncio
import time
from dataclasses import dataclass

from engine.accept import AcceptAll
from engine.budget import Until
from engine.config import LoopSection, PoolSection
from engine.intake import intake
from engine.judge import Judge
from engine.ledger import Ledger
from engine.ledger_reader import groups
from engine.loop import Loop
from engine.pool import Pool
from engine.problem_run import ProblemRunner
from engine.problems.word_problems import WordProblems
from engine.progress import Progress, ProgressConfig
from engine.prompts import TextPrompt
from engine.records import Problem, Sample, Status, Verdict
from engine.samplers.scripted import ScriptedSampler
from engine.teachers import Teachers


@dataclass
class Slow:
    """Passes the reference solution; the gold check of one problem takes long."""

    slow: str
    name = "slow"
    version = "1"
    resource = "cpu"

    def gold(self, problem: Problem) -> tuple[str, str]:
        if problem.id == self.slow:
            time.sleep(2)
        return str(problem.reference_solution), "no"

    def verify(self, problem: Problem, sample: Sample) -> Verdict:
        return Verdict(Status.PASS if sample.text == problem.reference_solution else Status.FAIL)


async def run(path, sampler, source, verifier, **config):
    pool = Pool({"slow": verifier}, PoolSection(workers=2))
    judge = Judge({"slow": verifier}, {"slow": "h"}, AcceptAll(), pool)
    progress, section = Progress(ProgressConfig(enabled=False)), LoopSection(**config)
    runner = ProblemRunner(
        TextPrompt(), sampler, judge, pool, AcceptAll(), Ledger(path), progress, section, 0, "params"
    )
    try:
        await asyncio.wait_for(Loop(runner, Until(1, 4, 2), progress).run(intake(source, groups(path))), 20)
    finally:
        await runner.close()


def test_problems_that_wait_leave_room_for_the_one_they_wait_for(tmp_path):
    source = WordProblems(40, 1)
    first = next(source.problems())
    sampler = Teachers({"a": ScriptedSampler(), "b": ScriptedSampler()}, ahead=2, block=1)
    asyncio.run(run(tmp_path, sampler, source, Slow(first.id), open_problems=4))
    assert len(list(groups(tmp_path))) == 40
    assert sum(row["samples"] for row in sampler.facts()["teachers"]) >= 40
