"""The sampler over samplers, with real ones inside: scripted, replay, and the bundled model."""

import asyncio
import json
from collections import Counter
from dataclasses import dataclass, field

import pytest

from engine.build import build
from engine.codec import derive_seed
from engine.errors import ConfigError, SamplerError
from engine.group import Outcome
from engine.problems.word_problems import WordProblems
from engine.protocols import Sampler
from engine.records import Message, Problem, Rendered, SampleRequest
from engine.samplers.replay import ReplaySampler
from engine.samplers.scripted import ScriptedSampler
from engine.teachers import Teachers


def scripted(rate, **options):
    return ScriptedSampler(pass_rate=rate, **options)


def request(problem, ordinal, indices=range(2), **fields):
    seeds = tuple(derive_seed(7, problem.id, index) for index in indices)
    prompt = Rendered((Message("user", str(problem.prompt)),))
    return SampleRequest(problem, prompt, tuple(indices), seeds, "hash", ordinal=ordinal, **fields)


def right(problem, sample):
    return problem.answer in sample.text.split("boxed")[-1] and sample.text == problem.reference_solution


async def collect(sampler, asked):
    return [made async for made in sampler.stream(asked)]


async def drive(sampler, problems, samples=2, order=None):
    """All problems at once, as a run asks for them; what comes of each is reported in any order."""

    async def one(ordinal, problem):
        made = await collect(sampler, request(problem, ordinal, range(samples)))
        if order is not None:
            await asyncio.sleep(order(ordinal))
        outcomes = [Outcome(s.index, right(problem, s), s.model, s.tokens, s.prompt_tokens) for s in made]
        sampler.learn(ordinal, problem, sorted(outcomes, key=lambda o: o.index))
        return made

    try:
        return await asyncio.gather(*(one(ordinal, problem) for ordinal, problem in enumerate(problems)))
    finally:
        await sampler.close()


def words(count, **options):
    return list(WordProblems(count, 3, **options).problems())


def test_the_better_teacher_is_found():
    sampler = Teachers({"good": scripted(0.9), "bad": scripted(0.3)})
    groups = asyncio.run(drive(sampler, words(300), samples=4))
    asked = [Counter(made.model for group in part for made in group) for part in (groups[:16], groups[-100:])]
    assert 0.3 < asked[0]["good"] / 64 < 0.7, "nothing is known of the first"
    assert asked[1]["good"] / 400 > 0.9
    facts = sampler.facts()
    by_name = {row["teacher"]: row for row in facts["teachers"]}
    assert sum(row["samples"] for row in by_name.values()) == 1200
    assert sum(row["share"] for row in by_name.values()) == pytest.approx(1)
    assert by_name["good"]["accepted"] == sum(
        made.model == "good" and right(p, made) for p, g in zip(words(300), groups, strict=True) for made in g
    )
    assert {(row["own"], row["others"]) for row in facts["cells"]} == {
        ("0", False), ("0", True), ("1-3", False), ("1-3", True),
    }  # fmt: skip
    for name in by_name:
        assert sum(row["samples"] for row in facts["cells"] if row["teacher"] == name) == by_name[name]["samples"]
    json.dumps(facts)


def test_each_cluster_gets_its_own_teacher():
    problems = [
        Problem(p.id, p.prompt, answer=p.answer, reference_solution=p.reference_solution if i % 2 else None,
                meta={"kind": "told" if i % 2 else "bare"})
        for i, p in enumerate(words(400))
    ]  # fmt: skip

    def judge(problem, made):
        return made.model == ("talker" if problem.meta["kind"] == "told" else "terse")

    async def main():
        sampler = Teachers({"talker": scripted(0.5), "terse": scripted(0.5)}, cluster="meta.kind")
        late = Counter()
        for ordinal, problem in enumerate(problems):
            made = await collect(sampler, request(problem, ordinal))
            outcomes = [Outcome(s.index, judge(problem, s), s.model, 10, 0) for s in made]
            sampler.learn(ordinal, problem, outcomes)
            if ordinal >= 300:
                late.update(outcome.accepted for outcome in outcomes)
        return late

    late = asyncio.run(main())
    assert late[True] / late.total() > 0.95


@pytest.mark.parametrize("gate", ["thompson", "uniform"])
def test_teachers_do_not_depend_on_who_finishes_first(gate):
    def run(delays, order):
        teachers = {"a": scripted(0.8, delay_s=delays[0]), "b": scripted(0.4, delay_s=delays[1])}
        sampler = Teachers(teachers, gate=gate, ahead=24, block=4)
        groups = asyncio.run(drive(sampler, words(150), order=order))
        return {(s.problem_id, s.index): (s.model, s.text, s.seed, s.params_hash) for group in groups for s in group}

    first = run((0.0, 0.0), None)
    assert len(first) == 300
    assert run((0.004, 0.0), lambda ordinal: 0.02 * (ordinal % 3 == 0)) == first
    assert run((0.0, 0.004), lambda ordinal: 0.002 * (150 - ordinal) / 150) == first


def test_a_request_waits_for_the_problems_that_it_rests_on():
    async def main():
        sampler = Teachers({"a": scripted(0.5), "b": scripted(0.5)}, ahead=8, block=4)
        problems = words(30)
        for ordinal in range(8):  # these rest on nothing
            assert len(await collect(sampler, request(problems[ordinal], ordinal))) == 2
        late = asyncio.create_task(collect(sampler, request(problems[13], 13)))  # rests on the first four
        for ordinal in (0, 1, 3, 5):
            sampler.learn(ordinal, problems[ordinal], [])
            await asyncio.sleep(0.02)
            assert not late.done()
        sampler.learn(2, problems[2], [])
        assert len(await late) == 2
        assert 0.05 < sampler.facts()["idle_s"] < 1
        await sampler.close()

    asyncio.run(main())


def test_samples_say_who_made_them():
    async def main():
        sampler = Teachers({"a": scripted(0.5, model="one"), "b": scripted(0.5, model="two")})
        assert sampler.model == "a, b"
        (problem,) = words(1)
        made = await collect(sampler, request(problem, 0, range(40)))
        assert sorted(s.index for s in made) == list(range(40))
        assert {s.model for s in made} == {"a", "b"}
        assert len({s.params_hash for s in made}) == len({(s.model, s.params_hash) for s in made}) == 2, (
            "each teacher has its own parameters"
        )
        assert all(s.seed == derive_seed(7, problem.id, s.index) for s in made)
        parts = await collect(sampler, request(problem, 0, range(5, 9)))
        assert {s.index: s for s in parts} == {s.index: s for s in made if 5 <= s.index < 9}

    asyncio.run(main())


@dataclass
class Watched:
    """A scripted sampler that hangs, or fails, after its first sample, and remembers how it was left."""

    error: Exception | None = None
    closed: int = 0
    cancelled: int = 0
    model: str = "watched"
    inner: ScriptedSampler = field(default_factory=ScriptedSampler)

    async def stream(self, asked):
        try:
            async for made in self.inner.stream(asked):
                yield made
                if self.error is not None:
                    raise self.error
                await asyncio.sleep(60)
        finally:
            self.cancelled += 1

    async def close(self):
        self.closed += 1
        if self.error is not None:
            raise self.error


def test_leaving_the_stream_cancels_every_teacher():
    async def main():
        a, b = Watched(), Watched()
        sampler = Teachers({"a": a, "b": b})
        (problem,) = words(1)
        stream = sampler.stream(request(problem, 0, range(20)))
        first = [await anext(stream), await anext(stream)]
        assert {made.model for made in first} == {"a", "b"}
        await stream.aclose()
        assert (a.cancelled, b.cancelled) == (1, 1)
        await sampler.close()
        await sampler.close()
        assert (a.closed, b.closed) == (2, 2)

    asyncio.run(main())


def test_a_teacher_that_dies_is_named_and_the_others_are_ended():
    async def main():
        a, b = Watched(SamplerError("out of memory")), Watched()
        sampler = Teachers({"big": a, "small": b})
        (problem,) = words(1)
        with pytest.raises(SamplerError, match=r"^teacher big: out of memory$"):
            await collect(sampler, request(problem, 0, range(20)))
        assert (a.cancelled, b.cancelled) == (1, 1)
        with pytest.raises(SamplerError, match="out of memory"):
            await sampler.close()
        assert (a.closed, b.closed) == (1, 1)

    asyncio.run(main())


def test_a_teacher_that_has_fewer_samples_ends_early(tmp_path):
    file = tmp_path / "replies.jsonl"
    (problem,) = words(1)
    file.write_text("".join(json.dumps({"id": problem.id, "text": f"reply {i}"}) + "\n" for i in range(3)))

    async def main():
        sampler = Teachers({"old": ReplaySampler(str(file)), "new": scripted(0.5)}, gate="uniform")
        made = await collect(sampler, request(problem, 0, range(12)))
        await sampler.close()
        return made

    made = asyncio.run(main())
    old = {s.index: s.text for s in made if s.model == "old"}
    assert old == {i: f"reply {i}" for i in old}
    assert 0 < len(old) <= 3
    assert 3 < len(made) < 12


def test_prefixes_are_refused():
    sampler = Teachers({"a": scripted(0.5)})
    with pytest.raises(SamplerError, match="cannot go on from a prefix: choose one of them"):
        asyncio.run(collect(sampler, request(words(1)[0], 0, prefix="so")))


SCRIPT = {"_target_": "engine.samplers.scripted.ScriptedSampler"}


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"teachers": {}}, "sampler: teachers is empty"),
        ({"teachers": {"a": {"model": "x"}}}, "sampler.teachers.a: needs a `_target_`"),
        ({"teachers": {"a": SCRIPT | {"pass_rat": 1}}}, "sampler.teachers.a.pass_rat: unknown; did you mean 'pass_rate'"),
        ({"teachers": {"a": {"_target_": "verifiers.math.MathVerifier"}}}, "sampler.teachers.a: .* is no Sampler"),
        ({"teachers": "a"}, "sampler.teachers: expected a mapping"),
        ({"prices": {"smal": 1.0}}, "prices.smal names no teacher: did you mean 'small'"),
        ({"prices": {"small": 0}}, "prices.small is 0.0: it must be a finite number above 0"),
        ({"prices": {"small": float("inf")}}, "prices.small is inf"),
        ({"prompt_prices": {"big": -1}}, "prompt_prices.big is -1.0: it must be a finite number of at least 0"),
        ({"gate": "greedy"}, "sampler.gate: 'greedy' is none of thompson, uniform"),
        ({"cluster": "level"}, "cluster is 'level': use null, domain, source, licence, or meta.NAME"),
        ({"cluster": "meta."}, "cluster is 'meta.'"),
        ({"ahead": 0}, "ahead is 0"),
        ({"block": 0}, "block is 0"),
    ],
)  # fmt: skip
def test_mistakes_are_named(settings, sentence):
    config = {"_target_": "engine.teachers.Teachers", "teachers": {"small": SCRIPT, "big": SCRIPT}} | settings
    with pytest.raises(ConfigError, match=sentence):
        build(config, Sampler, "sampler")
