"""The sampler around the searches: configuration, concurrency, cancelling, and what a sample depends on."""

import asyncio
from dataclasses import replace

import pytest
from omegaconf import OmegaConf
from search_verifiers import Broken

from engine.build import build
from engine.codec import derive_seed
from engine.config import PoolSection, identity
from engine.errors import ConfigError, SamplerError
from engine.problems.word_problems import WordProblems
from engine.protocols import Sampler
from engine.records import FinishReason, Message, Problem, Rendered, Sample, SampleRequest, SamplingParams
from engine.samplers.replay import ReplaySampler
from engine.samplers.scripted import ScriptedSampler
from engine.samplers.transformers import TransformersSampler
from engine.search import StepSearch
from verifiers.steps import StepVerifier


def asked(problem, indices=range(3), seed=5):
    seeds = tuple(derive_seed(seed, problem.id, index) for index in indices)
    return SampleRequest(problem, Rendered(messages=(Message("user", str(problem.prompt)),)), tuple(indices), seeds)


async def samples(sampler, *requests):
    """Samples of all requests at once, by problem and index, without what a clock says."""

    async def one(request):
        return [sample async for sample in sampler.stream(request)]

    try:
        groups = await asyncio.gather(*map(one, requests))
    finally:
        await sampler.close()
    return {(sample.problem_id, sample.index): replace(sample, seconds=0.0) for made in groups for sample in made}


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"k": 0}, "k is 0"),
        ({"beams": 0}, "beams is 0"),
        ({"beams": 2}, "beams is 2: rank=first follows one beam"),
        ({"max_steps": 0}, "max_steps is 0"),
        ({"backups": -1}, "backups is -1"),
        ({"rank": "best"}, "rank is 'best': use first, checker, logprob, scorer, rollouts"),
        ({"step": "word"}, "step is 'word': use line, paragraph"),
        ({"rank": "scorer"}, "scorer is null"),
        ({"rank": "rollouts", "rollouts": 2}, "scorer is null"),
        ({"rank": "rollouts", "scorer": StepVerifier()}, "rollouts is 0"),
        ({"rank": "checker", "rollouts": 2}, "rollouts is 2"),
        ({"final": ("",)}, "final holds an empty string"),
    ],
)
def test_bad_options_are_named(options, named):
    with pytest.raises(ConfigError, match=named):
        StepSearch(ScriptedSampler(), StepVerifier(), **options)


CONFIG = {
    "_target_": "engine.search.StepSearch",
    "base": {"_target_": "engine.samplers.transformers.TransformersSampler", "model": "bundled:tiny", "batch_size": 3},
    "checker": {"_target_": "verifiers.steps.StepVerifier"},
    "scorer": None,
}


def test_its_parts_are_built_from_the_configuration():
    made = build(OmegaConf.create(CONFIG), Sampler, "sampler")
    assert isinstance(made.base, TransformersSampler)
    assert made.scorer is None
    assert made.model == "bundled:tiny"
    scorer = {"_target_": "verifiers.steps.StepVerifier", "segmenter": "lines"}
    made = build(CONFIG | {"rank": "scorer", "scorer": scorer}, Sampler, "sampler")
    assert made.scorer.segmenter == "lines"
    with pytest.raises(ConfigError, match=r"sampler\.scorer\.segmenter: 'words' is none of"):
        build(CONFIG | {"scorer": scorer | {"segmenter": "words"}}, Sampler, "sampler")
    with pytest.raises(ConfigError, match=r"sampler\.checker: .*no Verifier"):
        build(CONFIG | {"checker": {"_target_": "engine.samplers.scripted.ScriptedSampler"}}, Sampler, "sampler")


def test_only_what_decides_a_sample_belongs_to_its_identity():
    with_pool = CONFIG | {"pool": {"workers": 3}, "base": CONFIG["base"] | {"batch_size": 9}}
    assert identity(with_pool, "sampler") == identity(CONFIG, "sampler")
    assert identity(CONFIG | {"k": 5}, "sampler") != identity(CONFIG, "sampler")


def test_a_prefix_is_refused_and_so_is_a_base_that_cannot_go_on(tmp_path):
    problem = Problem("p", "1 + 1?")
    search = StepSearch(ScriptedSampler(responses=("hm",)), StepVerifier())
    with pytest.raises(SamplerError, match="cannot go on from a prefix: use its base sampler"):
        asyncio.run(samples(search, replace(asked(problem), prefix="So")))
    (tmp_path / "rows.jsonl").write_text('{"id": "p", "text": "2"}\n')
    search = StepSearch(ReplaySampler(str(tmp_path / "rows.jsonl")), StepVerifier())
    with pytest.raises(SamplerError, match="replay"):
        asyncio.run(samples(search, asked(problem)))


class Slow:
    """Proposes a false step for ever, and counts who waits for it."""

    model = "slow"

    def __init__(self, fails_at=None):
        self.waiting = self.most = self.started = 0
        self.fails_at = fails_at
        self.full = asyncio.Event()

    async def stream(self, request):
        self.waiting += 1
        self.started += 1
        number = self.started
        self.most = max(self.most, self.waiting)
        if self.waiting == 60:
            self.full.set()
        try:
            await asyncio.sleep(0.02)
            if number == self.fails_at:
                raise SamplerError("the server is gone")
            if self.fails_at is None:
                await asyncio.sleep(60)
            for index in request.indices:
                yield Sample(request.problem.id, index, f"{request.prefix}still thinking\n", FinishReason.STOP)
        finally:
            self.waiting -= 1

    async def close(self):
        pass


def test_all_searches_run_at_once_and_closing_cancels_them():
    base = Slow()

    async def run():
        search = StepSearch(base, StepVerifier(), rank="checker", k=2)
        streams = [search.stream(asked(Problem(f"p{at}", "?"))) for at in range(20)]
        tasks = [asyncio.create_task(anext(stream)) for stream in streams]
        await asyncio.wait_for(base.full.wait(), 20)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for stream in streams:
            await stream.aclose()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        await search.close()
        await search.close()
        return left

    assert asyncio.run(run()) == set()
    assert (base.most, base.waiting) == (60, 0)  # one request for each index of each problem


def test_what_the_base_raises_ends_the_rest():
    base = Slow(fails_at=3)

    async def run():
        search = StepSearch(base, Broken(), rank="checker", k=2)
        with pytest.raises(SamplerError, match="the server is gone"):
            await samples(search, asked(Problem("p", "?"), range(4)))
        return asyncio.all_tasks() - {asyncio.current_task()}

    assert asyncio.run(run()) == set()
    assert base.waiting == 0


def tiny(batch_size, **options):
    params = SamplingParams(temperature=1.5, max_tokens=40, logprobs=True)
    base = TransformersSampler("bundled:tiny", params, batch_size, device="cpu", dtype="float64", threads=1)
    return StepSearch(base, StepVerifier(), pool=PoolSection(workers=1), **options)


@pytest.mark.thorough
@pytest.mark.parametrize("options", [{"k": 2}, {"rank": "checker", "k": 2, "beams": 2}], ids=["first", "beams"])
def test_a_sample_depends_on_its_index_alone(options):
    """Neither on the other indices, nor on the other problems, nor on what shares a batch."""
    problems = list(WordProblems(3, seed=3).problems())
    whole = asyncio.run(samples(tiny(64, **options), *map(asked, problems)))
    assert len(whole) == 9
    part = asyncio.run(samples(tiny(3, **options), asked(problems[2], [2, 0]), asked(problems[0], [1])))
    assert len(part) == 3
    for key, sample in part.items():
        assert rounded(sample) == rounded(whole[key])
    assert len({str(sample.lineage) for sample in whole.values()}) > 4


def rounded(sample):
    """Sums of log probabilities may differ in their last bits."""
    return replace(sample, logprob_sum=round(sample.logprob_sum, 6))
