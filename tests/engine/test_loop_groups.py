"""Verifiers that judge whole groups, in the loop: when they are asked, what they see, what a resumed run keeps."""

import asyncio

import pytest
from loop_rig import Script, problem, run_loop
from pool_verifiers import Majority, Obedient

from engine.budget import Adaptive, Difficulty, Fixed, Until
from engine.errors import ConfigError
from engine.judge import cascade, check_budget
from engine.ledger_reader import groups
from engine.records import FinishReason, Sample


class Mixed(Script):
    """A text ``error`` is a sample that the sampler could not make."""

    async def stream(self, request):
        async for sample in super().stream(request):
            failed = sample.text == "error"
            yield Sample(sample.problem_id, sample.index, "", FinishReason.ERROR) if failed else sample


def run(path, sampler, *items, single=False, n_samples=4, **config):
    """Run a loop with ``majority``, behind ``obedient`` if ``single``; returns it."""
    verifiers = {"majority": Majority(calls=str(path) + ".calls")}
    if single:
        verifiers["obedient"] = Obedient()

    return asyncio.run(run_loop(path, sampler, items, verifiers, Fixed(n_samples), **config))


def calls(path):
    return sorted((path.parent / f"{path.name}.calls").read_text().splitlines())


def statuses(path):
    """Per problem and index, the statuses by verifier."""
    return {
        (group.problem.id, i): {name: v.status.value for name, v in sorted(verdicts.items())}
        for group in groups(path)
        for i, verdicts in sorted(group.verdicts.items())
    }


def test_a_group_is_judged_once_when_it_is_whole_and_in_order(tmp_path):
    path = tmp_path / "run"
    texts = {"a": ["x", "y", "x", "x"], "b": ["u", "v", "w", "u"]}
    sampler = Script(texts, lambda _, i: 0.05 * (4 - i))
    loop = run(path, sampler, problem("a", answer=None), problem("b", answer=None))
    assert calls(path) == ["u v w u", "x y x x"]
    said = {key: verdict["majority"] for key, verdict in statuses(path).items()}
    assert [said["a", i] for i in range(4)] == ["PASS", "FAIL", "PASS", "PASS"]
    assert {said["b", i] for i in range(4)} == {"ABSTAIN"}
    counts = loop.progress.counts
    assert (counts["judged"], counts["accepted"], counts["verdicts"]) == (8, 3, 8)
    assert loop.unjudged == 0


def test_samples_that_could_not_be_made_have_no_vote_and_those_that_never_come_are_not_waited_for(tmp_path):
    path = tmp_path / "run"
    run(path, Mixed({"a": ["x", "error", "x"]}), problem("a"))
    assert calls(path) == ["x x"]
    assert statuses(path) == {("a", 0): {"majority": "PASS"}, ("a", 2): {"majority": "PASS"}}


def test_only_samples_that_nothing_else_decides_wait_and_all_of_them_vote(tmp_path):
    """What another verifier refuses is decided; its vote counts all the same, so a verdict is the group's."""
    path = tmp_path / "run"
    run(path, Script({"a": ["no", "yes", "no", "no"]}), problem("a"), single=True)
    assert calls(path) == ["no yes no no"]
    assert statuses(path) == {
        ("a", 0): {"obedient": "FAIL"},
        ("a", 1): {"majority": "FAIL", "obedient": "PASS"},
        ("a", 2): {"obedient": "FAIL"},
        ("a", 3): {"obedient": "FAIL"},
    }
    run(tmp_path / "decided", Script({"a": ["no"] * 4}), problem("a"), single=True)
    assert not (tmp_path / "decided.calls").exists(), "nobody waits, so nobody is asked"


def test_those_that_judge_groups_come_last_whatever_they_cost():
    assert cascade({"majority": Majority(), "obedient": Obedient()}) == ("obedient", "majority")


@pytest.mark.parametrize(("order", "deadline_s"), [("raise", 5.0), ("hang", 0.5)])
def test_an_error_is_for_each_that_waits_and_is_tried_again_on_the_whole_group(tmp_path, order, deadline_s):
    path = tmp_path / "run"
    sampler = Script({"a": ["x", order, "x", "x"]})
    for attempt in (1, 2):
        run(path, sampler, problem("a"), deadline_s=deadline_s)
        (group,) = groups(path)
        verdicts = [group.verdicts[i]["majority"] for i in range(4)]
        assert {(v.status.value, v.attempt) for v in verdicts} == {("ERROR", attempt)}
    assert sampler.asked == [("a", i) for i in range(4)], "nothing is sampled twice"
    assert calls(path) == [f"x {order} x x"] * 2


def test_a_resumed_run_judges_the_whole_group_and_keeps_what_it_knows(tmp_path):
    """Stopped in the middle: three of four samples are there, one of them judged by the other verifier."""
    path = tmp_path / "run"
    texts = {"a": ["yes", "no", "yes", "yes"]}
    run(path, Script({"a": texts["a"][:3]}), problem("a"), single=True, n_samples=3)
    before = statuses(path)
    for segment in (path / "verdicts").glob("*.parquet"):
        segment.unlink()
    sampler = Script(texts)
    run(path, sampler, problem("a"), single=True)
    assert sampler.asked == [("a", 3)]
    assert calls(path)[-1] == "yes no yes yes"
    assert statuses(path) == before | {("a", 3): {"majority": "PASS", "obedient": "PASS"}}

    again = (path.parent / "run.calls").read_text()
    run(path, sampler, problem("a"), single=True)
    assert (path.parent / "run.calls").read_text() == again, "a finished group is not judged anew"


def test_surplus_samples_have_no_vote(tmp_path):
    """Some command may have added samples behind those of the budget."""
    path = tmp_path / "run"
    texts = {"a": ["x", "x", "y", "y", "y"]}
    run(path, Script(texts), problem("a"), n_samples=5)
    for segment in (path / "verdicts").glob("*.parquet"):
        segment.unlink()
    run(path, Script(texts), problem("a"), n_samples=3)
    assert calls(path) == ["x x y", "x x y y y"]
    said = {i: verdict["majority"] for (_, i), verdict in statuses(path).items()}
    assert said == {0: "PASS", 1: "PASS", 2: "FAIL"}


def test_waiting_groups_hold_back_the_sampler(tmp_path):
    """Samples whose group is being judged count as unjudged."""
    texts = {f"p{i}": ["hang", "x"] for i in range(5)}
    sampler = Script(texts)
    items = [problem(name) for name in texts]

    limits = {"open_problems": 1, "max_unjudged": 4, "deadline_s": 600}
    asyncio.run(run_loop(tmp_path, sampler, items, {"majority": Majority()}, Fixed(2), stop_after=1.5, **limits))
    assert len(sampler.asked) == 4


@pytest.mark.parametrize("budget", [Until(), Difficulty(), Adaptive()])
def test_a_budget_that_decides_by_verdicts_is_refused(budget):
    check_budget({"majority": Majority()}, Fixed(2))
    check_budget({"obedient": Obedient()}, budget)
    words = rf"verifier\.majority judges all .* the budget {type(budget).__name__} may .* use budget=fixed"
    with pytest.raises(ConfigError, match=words):
        check_budget({"obedient": Obedient(), "majority": Majority()}, budget)
