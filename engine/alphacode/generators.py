"""Asks a model for generators of inputs, once per problem; its answers are kept."""

import asyncio
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from engine.codec import content_id, derive_seed
from engine.config import identity
from engine.protocols import Sampler
from engine.records import Problem, Rendered, SampleRequest

AT_ONCE = 32


async def gather(
    problems: Iterable[Problem],
    ask: Callable[[Problem], Rendered | None],
    sampler: Sampler,
    *,
    config: dict[str, Any],
    count: int,
    directory: Path,
) -> dict[str, list[str]]:
    """``count`` responses per problem id, from ``generators.jsonl`` where they are there already.

    Closes the sampler. Raises ``SamplerError``; what came before is kept.
    """
    path = directory / "generators.jsonl"
    sampled = content_id(identity(config, "sampler"), count)
    done = {(row["problem_id"], row["key"]): row["responses"] for row in _rows(path)}
    found: dict[str, list[str]] = {}
    running: set[asyncio.Task[None]] = set()

    with path.open("a", encoding="ascii") as file:

        async def one(problem: Problem, prompt: Rendered, key: str) -> None:
            seeds = tuple(derive_seed(0, f"generator {problem.id}", index) for index in range(count))
            request = SampleRequest(problem, prompt, tuple(range(count)), seeds, key)
            samples = [sample async for sample in sampler.stream(request)]
            found[problem.id] = [sample.text for sample in sorted(samples, key=lambda sample: sample.index)]
            row = {"problem_id": problem.id, "key": key, "responses": found[problem.id]}
            file.write(json.dumps(row) + "\n")
            file.flush()

        try:
            for problem in problems:
                prompt = ask(problem)
                key = content_id(sampled, prompt)
                if prompt is None:
                    continue
                if (problem.id, key) in done:
                    found[problem.id] = done[problem.id, key]
                    continue
                if len(running) >= AT_ONCE:
                    finished, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                    for task in finished:
                        task.result()
                running.add(asyncio.create_task(one(problem, prompt, key)))
            await asyncio.gather(*running)
        finally:
            for task in running:
                task.cancel()
            await sampler.close()
    return found


def _rows(path: Path) -> list[dict[str, Any]]:
    """Whole lines of the file; one that a kill cut off is cut away."""
    if not path.exists():
        return []
    data = path.read_bytes()
    whole = data.rfind(b"\n") + 1
    if whole != len(data):
        with path.open("r+b") as file:
            file.truncate(whole)
    return [json.loads(line) for line in data[:whole].splitlines()]
