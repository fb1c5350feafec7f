"""The loop with real verifier processes and samplers that follow a script."""

import asyncio
import time
from collections import Counter

import pytest
from loop_rig import Script, problem, run_loop
from pool_verifiers import Obedient

from engine.budget import Adaptive, Fixed, Until
from engine.errors import DataError, SamplerError
from engine.ledger_reader import groups
from engine.records import BadRow, Status


def run(path, sampler, *items, budget=Fixed(2), **config):  # noqa: B008  frozen
    """Run a loop; returns its runner, for the counters. What it made is in the ledger under ``path``."""
    return asyncio.run(run_loop(path, sampler, items, {"obedient": Obedient()}, budget, **config))


def statuses(path):
    return {(g.problem.id, i): v["obedient"].status.value for g in groups(path) for i, v in sorted(g.verdicts.items())}


def test_every_sample_gets_a_verdict(tmp_path):
    loop = run(tmp_path, Script({"a": ["yes", "no"], "b": ["no", "yes"]}), problem("a"), problem("b"))
    assert statuses(tmp_path) == {("a", 0): "PASS", ("a", 1): "FAIL", ("b", 0): "FAIL", ("b", 1): "PASS"}
    assert loop.progress.counts["accepted"] == 2


def test_sampling_goes_on_while_a_verifier_hangs(tmp_path):
    start = time.monotonic()
    finished = []

    class Watched(Script):
        async def stream(self, request):
            async for sample in super().stream(request):
                finished.append(time.monotonic() - start)
                yield sample

    texts = {f"p{i}": ["hang" if i == 0 else "yes"] for i in range(30)}
    run(
        tmp_path,
        Watched(texts),
        *map(problem, texts),
        budget=Fixed(1),
        deadline_s=2.0,
        open_problems=2,
        gold_check=False,
    )
    assert len(finished) == 30
    hung = statuses(tmp_path)
    assert Counter(hung.values()) == {"PASS": 29, "ERROR": 1}
    assert hung["p0", 0] == "ERROR"
    assert finished[-1] - finished[0] < 2.0, "samples waited for the hanging verdict"


def test_siblings_are_cancelled_when_the_problem_is_settled(tmp_path):
    sampler = Script({"a": ["yes"] * 8}, lambda _, i: 0.0 if i == 0 else 30.0)
    start = time.monotonic()
    run(tmp_path, sampler, problem("a"), budget=Until(k=1, n_samples=8, wave=4))
    assert time.monotonic() - start < 20
    assert sampler.cancelled == [("a", 1), ("a", 2), ("a", 3)]
    assert statuses(tmp_path) == {("a", 0): "PASS"}


def test_a_sampler_that_has_fewer_samples_ends_the_problem(tmp_path):
    sampler = Script({"a": ["no", "no"], "b": []})
    run(tmp_path, sampler, problem("a"), problem("b"), budget=Until(k=1, n_samples=8, wave=4))
    assert statuses(tmp_path) == {("a", 0): "FAIL", ("a", 1): "FAIL"}


def test_what_cannot_be_verified_is_set_aside_and_never_sampled(tmp_path):
    sampler = Script({"good": ["yes", "yes"]})
    items = [
        problem("bad", reference_solution="no"),
        BadRow(2, "bad_json", "row 2 is no JSON"),
        problem("good"),
        problem("good"),  # the same row again is merged
        problem("good", answer="other"),
    ]
    run(tmp_path, sampler, *items)
    assert {name for name, _ in sampler.asked} == {"good"}
    aside = [(g.problem.id, g.set_aside.code if g.set_aside else None) for g in groups(tmp_path)]
    assert aside == [("bad", "gold_rejected"), ("(row 2)", "bad_json"), ("good", None), ("good", "duplicate_id")]


def test_a_wrong_set_up_is_noticed_before_anything_is_sampled(tmp_path):
    sampler = Script({})
    bad = [problem(f"p{i}", reference_solution="no") for i in range(300)]
    with pytest.raises(DataError, match="first 100 problems all fail their gold check"):
        run(tmp_path / "many", sampler, *bad)
    with pytest.raises(DataError, match="no problem passed its gold check: problem 'p0'"):
        run(tmp_path / "few", sampler, *bad[:3])
    assert sampler.asked == []


def test_an_empty_source_is_an_error(tmp_path):
    with pytest.raises(DataError, match="has no rows"):
        run(tmp_path, Script({}))


def test_a_sampler_that_fails_ends_the_run_and_what_was_made_is_kept(tmp_path):
    class Dying(Script):
        async def stream(self, request):
            if request.problem.id == "b":
                await asyncio.sleep(0.5)
                raise SamplerError("the server is gone")
            async for sample in super().stream(request):
                yield sample

    with pytest.raises(SamplerError, match="the server is gone"):
        run(tmp_path, Dying({"a": ["yes", "no"]}), problem("a"), problem("b"))
    assert statuses(tmp_path) == {("a", 0): "PASS", ("a", 1): "FAIL"}

    healed = Script({"a": ["yes", "no"], "b": ["yes", "yes"]})
    run(tmp_path, healed, problem("a"), problem("b"))
    assert healed.asked == [("b", 0), ("b", 1)], "a is not sampled again"
    assert len(statuses(tmp_path)) == 4


def test_an_error_is_tried_again_on_resume(tmp_path):
    sampler = Script({"a": ["die", "yes"]})
    run(tmp_path, sampler, problem("a"))
    run(tmp_path, sampler, problem("a"))
    assert sampler.asked == [("a", 0), ("a", 1)], "nothing is sampled twice"
    (group,) = groups(tmp_path)
    assert (group.verdicts[0]["obedient"].status, group.verdicts[0]["obedient"].attempt) == (Status.ERROR, 2)
    assert (group.verdicts[1]["obedient"].status, group.verdicts[1]["obedient"].attempt) == (Status.PASS, 1)


def test_changed_problems_are_refused_on_resume(tmp_path):
    sampler = Script({"a": ["yes", "yes"], "b": ["yes", "yes"]})
    run(tmp_path, sampler, problem("a"))
    with pytest.raises(DataError, match="problem 1 was 'a' when this run was started and is now 'b'"):
        run(tmp_path, sampler, problem("b"))
    run(tmp_path, sampler, problem("a"), problem("b"))  # rows added at the end are welcome
    assert len(statuses(tmp_path)) == 4


def test_unjudged_samples_are_bounded(tmp_path):
    texts = {f"p{i}": ["hang"] for i in range(6)}
    highest = 0

    class Watched(Script):
        async def stream(self, request):
            nonlocal highest
            highest = max(highest, len(self.asked))
            async for sample in super().stream(request):
                yield sample

    sampler = Watched(texts)
    items, limits = map(problem, texts), {"open_problems": 2, "max_unjudged": 2}
    verifiers = {"obedient": Obedient()}
    asyncio.run(run_loop(tmp_path, sampler, items, verifiers, Fixed(1), stop_after=4, deadline_s=600, **limits))
    assert len(sampler.asked) <= 4, "sampling paused while two samples waited for their verdicts"


def test_a_slow_sampler_is_not_idle_and_a_slow_verifier_does_not_make_it_so(tmp_path):
    sampler = Script({"a": ["yes", "yes"]}, lambda _, __: 0.3)
    loop = run(tmp_path, sampler, problem("a"), gold_check=False)
    assert loop.idle.share() < 0.5


def test_a_purse_goes_where_rows_are_cheap_and_what_lies_beyond_its_end_is_cancelled(tmp_path):
    texts = {"easy": ["yes"] * 9, "hard": ["no"] * 5 + ["yes"] * 4, "never": ["no"] * 9, "short": ["no"] * 2}
    sampler = Script(texts, lambda name, i: 30.0 if name == "never" and i > 4 else 0.1 * (name == "hard"))
    start = time.monotonic()
    run(tmp_path, sampler, *map(problem, texts), budget=Adaptive(k=2, rows=4, n_samples=9))
    asked = Counter(name for name, _ in sampler.asked)
    assert asked["easy"] == 2
    assert asked["hard"] >= 7, "it has what is missing to four rows"
    assert {name for name, _ in sampler.cancelled} == {"never"}, "nothing waits for the hopeless one"
    assert time.monotonic() - start < 25
    assert max(Counter(sampler.asked).values()) == 1, "also of what is not there"


def test_a_purse_that_ends_with_the_first_samples_begins_no_more_problems(tmp_path):
    texts = {f"p{i}": ["yes"] * 4 for i in range(200)}
    sampler = Script(texts)
    run(tmp_path, sampler, *map(problem, texts), budget=Adaptive(tokens=20), open_problems=4, gold_check=False)
    assert len(sampler.asked) < 80
