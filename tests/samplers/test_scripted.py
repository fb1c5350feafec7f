import asyncio
import time
from contextlib import aclosing
from dataclasses import replace

import pytest

from engine.codec import derive_seed
from engine.errors import ConfigError, SamplerError
from engine.protocols import Sampler
from engine.records import FinishReason, Problem, Rendered, SampleRequest
from engine.samplers.scripted import ScriptedSampler


def problem(number=0, **fields):
    answer = str(number)
    return Problem(
        **{"id": f"p{number}", "prompt": "1+1?", "answer": answer, "reference_solution": f"It is \\boxed{{{answer}}}."}
        | fields
    )


def request(problem, n=4, run_seed=0):
    seeds = tuple(derive_seed(run_seed, problem.id, i) for i in range(n))
    return SampleRequest(problem, Rendered(text="1+1?", mode="think"), tuple(range(n)), seeds, "hash")


def collect(sampler, request):
    async def run():
        return [sample async for sample in sampler.stream(request)]

    return sorted(asyncio.run(run()), key=lambda sample: sample.index)


def test_is_a_sampler():
    assert isinstance(ScriptedSampler(), Sampler)


def test_the_same_seeds_give_the_same_samples_and_others_do_not():
    first, again, other = (collect(ScriptedSampler(), request(problem(7), 32, seed)) for seed in (0, 0, 1))
    assert first == again
    assert [s.text for s in first] != [s.text for s in other]
    assert {s.params_hash for s in first} == {"hash"}
    assert {s.mode for s in first} == {"think"}


def test_a_sample_does_not_depend_on_its_siblings():
    whole = request(problem(7), 8)
    part = SampleRequest(whole.problem, whole.prompt, whole.indices[5:6], whole.seeds[5:6], "hash")
    assert collect(ScriptedSampler(), part) == collect(ScriptedSampler(), whole)[5:6]


@pytest.mark.parametrize("rate", [0.0, 0.3, 0.8, 1.0])
def test_pass_rate_is_the_mean_over_problems_that_differ(rate):
    shares = []
    for number in range(300):
        samples = collect(ScriptedSampler(pass_rate=rate), request(problem(number), 10))
        shares.append(sum(s.text == problem(number).reference_solution for s in samples) / 10)
    assert sum(shares) / 300 == pytest.approx(rate, abs=0.06)
    assert len(set(shares)) == 1 if rate in (0, 1) else len(set(shares)) > 5


def test_rates_and_responses():
    samples = collect(ScriptedSampler(fail_rate=1.0), request(problem()))
    assert all(s.finish_reason is FinishReason.ERROR and s.text == "" for s in samples)
    samples = collect(ScriptedSampler(truncate_rate=1.0, pass_rate=1.0), request(problem()))
    assert all(s.finish_reason is FinishReason.LENGTH and "boxed" not in s.text for s in samples)
    sampler = ScriptedSampler(responses=("<think>{prompt}</think>{answer} {solution}", "<think>cut", "{wrong} {other}"))
    first, second, third, fourth = collect(sampler, request(problem(5, prompt="{answer}?")))
    assert (first.reasoning, first.text) == ("{answer}?", "5 It is \\boxed{5}.")
    assert (second.reasoning, second.text, second.finish_reason) == ("cut", "", FinishReason.LENGTH)
    assert third.text.endswith("{other}")
    assert "\\boxed{5}" not in third.text
    assert fourth.text == first.text


def test_wrong_variants_differ_from_the_solution():
    rows = [
        problem(reference_solution=None),
        problem(answer="x^2"),
        problem(answer=None, reference_solution="def f(x):\n    return x"),
        problem(answer=None, reference_solution="print(1)"),
        problem(answer=None, reference_solution="x = 1"),
    ]
    for row in rows:
        right = collect(ScriptedSampler(pass_rate=1.0), request(row))
        wrong = collect(ScriptedSampler(pass_rate=0.0), request(row))
        assert not {s.text for s in right} & {s.text for s in wrong}


def test_a_problem_without_gold_needs_responses():
    with pytest.raises(SamplerError, match=r"'p0'.*sampler\.responses"):
        collect(ScriptedSampler(), request(problem(answer=None, reference_solution=None)))


@pytest.mark.parametrize("field", ["pass_rate", "fail_rate", "truncate_rate", "delay_s"])
def test_values_out_of_range_are_refused(field):
    with pytest.raises(ConfigError, match=f"^{field}"):
        ScriptedSampler(**{field: -1.0})


def test_delay_runs_concurrently_and_closing_stops_it():
    async def run():
        sampler, started = ScriptedSampler(delay_s=0.1), time.monotonic()
        async with aclosing(sampler.stream(request(problem(), 50))) as stream:
            first = await anext(stream)
        assert time.monotonic() - started < 0.5
        return first

    assert asyncio.run(run()).seconds > 0


def test_it_goes_on_from_a_prefix_step_by_step():
    row = problem(reference_solution="a\nb\nc", answer=None)
    sampler = ScriptedSampler(responses=("{solution}",))
    said = ""
    for expected in ("a\n", "a\nb\n", "a\nb\nc"):
        (made,) = collect(sampler, replace(request(row, 1), prefix=said, until=("\n",)))
        said = made.text
        assert (said, made.tokens) == (expected, 1)
    (other,) = collect(sampler, replace(request(row, 1), prefix="A\n"))
    assert other.text == "A\nb\nc"
