"""What is known after so many problems, whatever order they come back in."""

import random
from itertools import pairwise

import pytest

from engine.group import Outcome
from engine.records import Problem
from engine.teachers.history import MOST_CLUSTERS, NOTHING, OTHERS, Cell, Count, History, cluster_of

NAMES = ("a", "b")


def outcome(index, accepted=True, model="a", tokens=10, prompt_tokens=3):
    return Outcome(index, accepted, model, tokens, prompt_tokens)


def reports(problems, seed=0):
    rng = random.Random(seed)
    return [
        (i, rng.choice("xyz"), [outcome(k, rng.random() < 0.5, rng.choice(NAMES), rng.randrange(9)) for k in range(3)])
        for i in range(problems)
    ]


@pytest.mark.parametrize("seed", range(5))
def test_states_do_not_depend_on_the_order_of_reports(seed):
    given = reports(500)
    ordered, shuffled = History(NAMES, 16, by_try=True), History(NAMES, 16, by_try=True)
    for report in given:
        ordered.add(*report)
    for report in random.Random(seed).sample(given, len(given)):
        shuffled.add(*report)
    cuts = {ordered.end(i) for i in range(501)}
    assert len(cuts) > 20
    assert ordered.reported == shuffled.reported == 500
    assert [ordered.at(cut) for cut in cuts] == [shuffled.at(cut) for cut in cuts]
    assert ordered.now().totals["a"].samples + ordered.now().totals["b"].samples == 1500


def test_a_state_holds_exactly_the_problems_before_its_cut():
    history = History(NAMES, 16, by_try=True)
    for report in reports(100):
        history.add(*report)
    for cut in (16, 32, 96):
        assert sum(count.samples for count in history.at(cut).totals.values()) == 3 * cut


def test_cuts_are_a_block_apart_and_then_a_tenth():
    history = History(NAMES, 16, by_try=True)
    assert [history.end(i) for i in (-50, 0, 15, 16, 31, 32, 159, 160, 175, 176)] == [
        0, 0, 0, 16, 16, 32, 144, 160, 160, 176,
    ]  # fmt: skip
    cuts = sorted({history.end(i) for i in range(0, 1_000_000, 7)})
    assert len(cuts) < 150
    assert all(later - cut <= max(16, cut // 10) for cut, later in pairwise(cuts))


def test_a_gap_holds_everything_back():
    history = History(NAMES, 1, by_try=True)
    history.add(1, "", [outcome(0)])
    assert (history.reported, history.now().totals["a"]) == (0, NOTHING)
    history.add(0, "", [])
    assert (history.reported, history.now().totals["a"]) == (2, Count(1, 1, 1, 10, 3))
    for again in (0, 1):
        with pytest.raises(ValueError, match=f"problem {again} has been reported before"):
            history.add(again, "", [])


def test_samples_are_counted_by_cluster_and_by_who_tried_before():
    history = History(NAMES, 1, by_try=True)
    history.add(0, "x", [outcome(i, model=name) for i, name in enumerate("aabaaab")])
    cells = history.now().cells
    assert {cell: (counts["a"].samples, counts["b"].samples) for cell, counts in cells.items()} == {
        Cell("x", 0, 0): (1, 0),
        Cell("x", 1, 0): (1, 0),
        Cell("x", 0, 1): (0, 1),
        Cell("x", 1, 1): (2, 1),
        Cell("x", 2, 1): (1, 0),
    }
    assert history.cell("x", "b", {"a": 5, "b": 2}) == Cell("x", 1, 1)
    together = History(NAMES, 1, by_try=False)
    together.add(0, "x", [outcome(i) for i in range(6)])
    assert list(together.now().cells) == [Cell("x")]


def test_what_is_not_known_is_not_counted():
    history = History(NAMES, 1, by_try=True)
    history.add(0, "", [outcome(0, tokens=0), outcome(1, model="another command's sampler")])
    assert history.now().totals == {"a": Count(1, 1, 0, 0, 0), "b": NOTHING}


def test_clusters_beyond_a_number_are_one():
    history = History(NAMES, 1, by_try=False)
    for i in range(MOST_CLUSTERS + 5):
        history.add(i, f"c{i}", [outcome(0)])
    cells = history.now().cells
    assert len(cells) == MOST_CLUSTERS + 1
    assert cells[Cell(OTHERS)]["a"].samples == 5


@pytest.mark.parametrize(
    ("field", "cluster"),
    [
        (None, ""),
        ("domain", "math"),
        ("source", "test/x"),
        ("licence", ""),
        ("meta.level", "5"),
        ("meta.deep.er", "yes"),
        ("meta.level.er", ""),
        ("meta.missing", ""),
        ("meta.long", "l" * 80),
    ],
)
def test_a_problem_names_its_cluster(field, cluster):
    meta = {"level": 5, "deep": {"er": "yes"}, "long": "l" * 999}
    assert cluster_of(Problem("p", "?", source="test/x", meta=meta), field) == cluster
