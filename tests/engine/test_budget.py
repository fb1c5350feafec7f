import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.budget import Difficulty, Fixed, Until
from engine.errors import ConfigError
from engine.group import GroupState
from engine.records import Decision, Problem

YES, NO, FAULT = Decision(True, "all"), Decision(False, "all"), Decision(False, "all", error=True)
WORDS = {"y": YES, "n": NO, "e": FAULT, ".": None}


def group(text, unavailable=()):
    """``y`` accepted, ``n`` rejected, ``e`` error, ``.`` in flight, ``-`` not asked for."""
    decisions = {i: WORDS[c] for i, c in enumerate(text) if c != "-"}
    return GroupState(Problem("p", "q"), decisions, set(unavailable))


@pytest.mark.parametrize(
    ("state", "unavailable", "asked", "stop"),
    [
        ("", (), [0, 1], None),
        ("..", (), [], None),
        ("n.", (), [2], None),
        ("ny", (), [], 1),
        (".y", (), [], None),  # sample 0 may still be the stop
        ("ny.", (), [], 1),
        ("n-y", (), [1], None),  # a killed run lost sample 1, which may be the stop
        ("nn", (), [2, 3], None),
        ("nnnn", (), [], 3),  # used up
        ("en", (), [2, 3], None),  # an error is nobody's pass
        ("n-", (1,), [2, 3], None),  # replay has no sample 1
        ("n--y", (1, 2), [], 3),
        ("n", (1, 2, 3), [], 3),
    ],
)
def test_until(state, unavailable, asked, stop):
    budget = Until(k=1, n_samples=4, wave=2)
    assert list(budget.allocate(group(state, unavailable))) == asked
    assert budget.stop_index(group(state, unavailable)) == stop


@given(st.lists(st.booleans(), min_size=1, max_size=12), st.integers(1, 4), st.integers(1, 5), st.randoms())
def test_the_stop_does_not_depend_on_the_order_in_which_samples_finish(outcomes, k, wave, rng: random.Random):
    budget = Until(k=min(k, len(outcomes)), n_samples=len(outcomes), wave=wave)
    state = GroupState(Problem("p", "q"))
    while True:
        for index in budget.allocate(state):
            state.decisions[index] = None
        flying = [i for i, d in state.decisions.items() if d is None]
        if not flying or budget.stop_index(state) is not None:
            break
        index = rng.choice(flying)
        state.decisions[index] = YES if outcomes[index] else NO
    passes = [i for i, passed in enumerate(outcomes) if passed]
    expected = passes[budget.k - 1] if len(passes) >= budget.k else len(outcomes) - 1
    assert budget.stop_index(state) == expected


def test_fixed_asks_for_all_at_once_and_for_each_once():
    assert list(Fixed(3).allocate(group(""))) == [0, 1, 2]
    assert list(Fixed(3).allocate(group("y-.", {1}))) == []
    assert Fixed(3).stop_index(group("")) == 2


@pytest.mark.parametrize(
    "make", [lambda: Fixed(0), lambda: Until(k=0), lambda: Until(k=5, n_samples=4), lambda: Until(wave=0)]
)
def test_ranges_are_checked(make):
    with pytest.raises(ConfigError, match="must be"):
        make()


@pytest.mark.parametrize(
    ("state", "unavailable", "asked", "stop"),
    [
        ("", (), [0, 1, 2, 3], None),
        ("yy", (), [2, 3], None),
        ("yyyy", (), [], 3),  # easy: one is enough, and the measuring ones count
        ("nyyy", (), [], 3),  # a quarter fails: one of four
        ("nnny", (), [4, 5], None),  # three quarters fail: three of four
        ("nnnyny", (), [6, 7], None),
        ("nnnynyy", (), [], 6),
        ("nnnn", (), [4, 5], None),
        ("nnnnyyyy", (), [], 7),
        ("nnnnnnnnnn", (), [], 9),  # used up
        ("eeny", (), [4, 5], None),  # an error measures nothing: half of two fail
        ("eenyy", (), [], 4),
        ("n", (1, 2, 3), [4, 5], None),
        ("", tuple(range(10)), [], 9),
    ],
)
def test_difficulty(state, unavailable, asked, stop):
    budget = Difficulty(k=4, first=4, n_samples=10, wave=2)
    assert list(budget.allocate(group(state, unavailable))) == asked
    assert budget.stop_index(group(state, unavailable)) == stop


@pytest.mark.parametrize("settings", [{"k": 0}, {"first": 0}, {"first": 9, "n_samples": 8}, {"wave": 0}])
def test_difficulty_names_what_does_not_fit(settings):
    with pytest.raises(ConfigError, match=next(iter(settings))):
        Difficulty(**settings)
