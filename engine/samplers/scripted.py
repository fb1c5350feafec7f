"""A sampler without a model: for tests, demonstrations and dry runs."""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

from engine.errors import ConfigError, SamplerError
from engine.records import FinishReason, Problem, Sample, SampleRequest
from engine.samplers.thinking import split_thinking


@dataclass
class ScriptedSampler:
    """Answers from a script; every sample is a function of its request's seed, problem and index alone.

    With ``responses``, sample i is ``responses[i % len(responses)]`` in which ``{prompt}``, ``{answer}``,
    ``{solution}`` and ``{wrong}`` stand for the problem's fields; think tags are split off. Without, a sample is the
    reference solution or a wrong variant of it. Problems then differ in difficulty: problem p is solved with
    probability u(p)^((1-r)/r), u uniform, which has the mean r = ``pass_rate`` over problems. Asked to go on from
    a prefix, it gives the lines that its own response has after as many lines.
    """

    model: str = "scripted"
    """Name that samples carry."""
    responses: tuple[str, ...] = ()
    """Response templates; empty for right and wrong reference solutions."""
    pass_rate: float = 0.5
    """Mean share of right samples, in [0, 1]; not used with ``responses``."""
    delay_s: float = 0.0
    """Mean seconds until a sample is finished."""
    fail_rate: float = 0.0
    """Share of samples that end with ``finish_reason`` error, in [0, 1]."""
    truncate_rate: float = 0.0
    """Share of samples that are cut in the middle, in [0, 1]."""

    def __post_init__(self) -> None:
        for name in ("pass_rate", "fail_rate", "truncate_rate"):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(f"{name} is {getattr(self, name)}: it must lie between 0 and 1")
        if self.delay_s < 0:
            raise ConfigError(f"delay_s is {self.delay_s}: it must not be negative")

    async def stream(self, request: SampleRequest) -> AsyncIterator[Sample]:
        """Yield one sample per index, in the order in which they would finish."""
        due = sorted(
            (self.delay_s * (0.5 + _uniform("delay", seed)), index, seed)
            for index, seed in zip(request.indices, request.seeds, strict=True)
        )
        now = 0.0
        for at, index, seed in due:
            await asyncio.sleep(at - now)
            now = at
            yield self._sample(request, index, seed, at)

    async def close(self) -> None:
        """Nothing to release."""

    def _sample(self, request: SampleRequest, index: int, seed: int, seconds: float) -> Sample:
        finish = FinishReason.STOP
        text = self._response(request.problem, index, seed)
        if _uniform("truncate", seed) < self.truncate_rate:
            text, finish = text[: len(text) // 2], FinishReason.LENGTH
        if request.continues:
            text = _go_on(text, request.prefix, request.until)
        if _uniform("fail", seed) < self.fail_rate:
            text, finish = "", FinishReason.ERROR
        reasoning, answer, closed = (None, text, True) if request.continues else split_thinking(text)
        return Sample(
            problem_id=request.problem.id,
            index=index,
            text=answer,
            finish_reason=finish if closed else FinishReason.LENGTH,
            reasoning=reasoning,
            mode=request.prompt.mode,
            prompt_tokens=len(_prompt_text(request.problem).split()),
            tokens=len(text.removeprefix(request.prefix).split()),
            model=self.model,
            seed=seed,
            params_hash=request.params_hash,
            seconds=seconds,
        )

    def _response(self, problem: Problem, index: int, seed: int) -> str:
        if self.responses:
            return _fill(self.responses[index % len(self.responses)], problem, seed)
        if self.pass_rate == 0:
            return wrong_solution(problem, seed)
        chance = _uniform("problem", problem.id) ** ((1 - self.pass_rate) / self.pass_rate)
        return solution(problem) if _uniform("pass", seed) < chance else wrong_solution(problem, seed)


def _go_on(text: str, prefix: str, until: tuple[str, ...]) -> str:
    """``prefix`` and what ``text`` has after it, to the end of the first string of ``until``."""
    rest = text.removeprefix(prefix) if text.startswith(prefix) else text.split("\n", prefix.count("\n"))[-1]
    ends = [at + len(word) for word in until if (at := rest.find(word)) >= 0]
    return prefix + rest[: min(ends, default=len(rest))]


def solution(problem: Problem) -> str:
    """The reference solution, else the boxed gold answer. Raises ``SamplerError`` for a problem with neither."""
    if problem.reference_solution is not None:
        return problem.reference_solution
    if problem.answer is not None:
        return f"The answer is \\boxed{{{problem.answer}}}."
    raise SamplerError(
        f"the scripted sampler cannot solve problem {problem.id!r}, which has neither reference_solution nor answer: "
        "set sampler.responses"
    )


def wrong_solution(problem: Problem, seed: int) -> str:
    """A plausible wrong variant: another final answer, or a program that returns or prints something else."""
    text = solution(problem)
    if problem.answer is not None:
        head, found, tail = text.rpartition(problem.answer)
        wrong = _wrong_answer(problem.answer, seed)
        return f"{head}{wrong}{tail}" if found else f"The answer is \\boxed{{{wrong}}}."
    for old, new in (("return ", "return not "), ("print(", 'print("wrong", ')):
        head, found, tail = text.rpartition(old)
        if found:
            return f"{head}{new}{tail}"
    return "pass"


def _wrong_answer(answer: str, seed: int) -> str:
    shift = 1 + seed % 9
    return str(int(answer) + shift) if re.fullmatch(r"-?[0-9]{1,18}", answer) else f"{answer} + {shift}"


def _fill(template: str, problem: Problem, seed: int) -> str:
    """Replace the placeholders in one pass, so that a problem's own braces are never read as one."""
    values = {
        "{prompt}": lambda: _prompt_text(problem),
        "{answer}": lambda: problem.answer or "",
        "{solution}": lambda: solution(problem),
        "{wrong}": lambda: wrong_solution(problem, seed),
    }
    return re.sub(r"\{(?:prompt|answer|solution|wrong)\}", lambda match: values[match[0]](), template)


def _prompt_text(problem: Problem) -> str:
    if isinstance(problem.prompt, str):
        return problem.prompt
    return "\n".join(message.content for message in problem.prompt)


def _uniform(purpose: str, key: object) -> float:
    """Number in [0, 1) from a hash; ``purpose`` keeps the draws of one seed independent."""
    digest = hashlib.sha256(f"{purpose}\x00{key}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
