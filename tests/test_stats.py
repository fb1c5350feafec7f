"""The numbers of a run: the funnel adds up, pass@k is unbiased, intervals cover, stats.json is finite."""

import itertools
import json
import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.stats import (
    clustered_interval,
    empty_counts,
    funnel,
    pass_at_k,
    settled_funnel,
    summarise,
    write_stats,
)

numbers = st.integers(0, 10**6)
reasons = st.dictionaries(st.sampled_from(["a", "b", "math:FAIL", "duplicate id"]), numbers, max_size=3)


@st.composite
def counts(draw):
    made = empty_counts()
    made["problems"] |= {"bad_rows": draw(reasons), "duplicates": draw(numbers), "set_aside": draw(reasons)}
    made["decisions"] |= {"rejected": draw(reasons), "error": draw(numbers), "undecided": draw(numbers)}
    made["selected"] = {"kept": draw(numbers), "dropped": draw(reasons)}
    problems, decisions, selected = made["problems"], made["decisions"], made["selected"]
    problems["sampled"] = draw(numbers)
    aside = sum(problems["bad_rows"].values()) + problems["duplicates"] + sum(problems["set_aside"].values())
    problems["loaded"] = problems["sampled"] + aside + draw(st.sampled_from([0, 0, 5]))
    decisions["accepted"] = selected["kept"] + sum(selected["dropped"].values())
    surplus = draw(numbers)
    wrong = sum(decisions["rejected"].values()) + decisions["error"] + decisions["undecided"]
    made["samples"] |= {"surplus": surplus, "total": surplus + decisions["accepted"] + wrong}
    return made


def adds_up(stages) -> bool:
    pairs = itertools.pairwise(stages)
    return all(one.n - sum(one.dropped.values()) == two.n for one, two in pairs if one.unit == two.unit)


@given(counts())
def test_the_funnel_adds_up_and_explains_consistent_counts(made):
    stages = funnel(made)
    assert adds_up(stages)
    assert adds_up(settled_funnel(made))
    assert not any("unaccounted" in stage.dropped for stage in stages)
    assert all(n > 0 for stage in stages for n in stage.dropped.values())
    late = made["problems"]["loaded"] - made["problems"]["sampled"]
    assert sum(sum(s.dropped.values()) for s in stages if s.unit == "problems") == late


@given(counts(), st.sampled_from(["accepted", "error"]), st.integers(1, 50))
def test_counts_that_disagree_are_shown_not_hidden(made, key, extra):
    made["decisions"][key] += extra
    stages = funnel(made)
    assert adds_up(stages)
    assert any("unaccounted" in stage.dropped for stage in stages)


@given(counts(), numbers)
def test_the_settled_funnel_does_not_see_the_surplus(made, more):
    before = settled_funnel(made)
    made["samples"]["surplus"] += more
    made["samples"]["total"] += more
    assert settled_funnel(made) == before


def by_enumeration(n: int, c: int, k: int) -> float:
    draws = list(itertools.combinations([True] * c + [False] * (n - c), k))
    return sum(any(draw) for draw in draws) / len(draws)


@pytest.mark.parametrize("n", [1, 2, 5, 8])
def test_pass_at_k_is_the_share_of_draws_with_a_pass(n):
    for c in range(n + 1):
        rows = pass_at_k([[n, c, 1]])
        assert [row["k"] for row in rows] == [k for k in (1, 2, 4, 8) if k <= n]
        for row in rows:
            assert row["estimate"] == pytest.approx(by_enumeration(n, c, row["k"]))


def test_pass_at_k_averages_problems_and_counts_only_groups_large_enough():
    rows = pass_at_k([[4, 2, 3], [1, 1, 1], [0, 0, 7]])
    assert [(r["k"], r["problems"], r["of"]) for r in rows] == [(1, 4, 4), (2, 3, 4), (4, 3, 4)]
    assert rows[0]["estimate"] == pytest.approx((3 * 0.5 + 1) / 4)
    assert rows[1]["estimate"] == pytest.approx(1 - 1 / 6)
    assert pass_at_k([]) == pass_at_k([[0, 0, 5]]) == []


groups = st.lists(
    st.integers(1, 2000).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n), st.integers(1, 10**6))), max_size=8
)


@given(groups)
def test_pass_at_k_stays_within_bounds(made):
    for row in pass_at_k([list(group) for group in made]):
        assert 0 <= row["low"] <= row["estimate"] <= row["high"] <= 1
        assert row["problems"] <= row["of"]


def test_agreement_of_few_problems_is_not_certainty():
    low, high = clustered_interval(1.0, 0.0, 10, 80)
    assert (round(low, 3), high) == (0.722, 1.0)  # Wilson score interval of 10 out of 10
    assert clustered_interval(0.5, 0.25, 100, 100) == pytest.approx((0.4038, 0.5962), abs=1e-4)  # of 50 out of 100
    narrow, wide = clustered_interval(0.5, 0.05, 50, 400), clustered_interval(0.5, 0.2, 50, 400)
    assert narrow[0] > wide[0]


@pytest.mark.parametrize(("a", "b"), [(0.5, 0.5), (2, 2), (8, 1), (0.3, 3)])
def test_the_interval_covers_the_truth(a, b):
    """Problems with Beta(a, b) success rates, 40 problems of 8 samples: at least 92 % of intervals hold the mean."""
    rng = random.Random(7)
    held = 0
    for _ in range(400):
        rates = [rng.betavariate(a, b) for _ in range(40)]
        made = [[8, sum(rng.random() < rate for _ in range(8)), 1] for rate in rates]
        row = pass_at_k(made)[0]
        held += row["low"] <= a / (a + b) <= row["high"]
    assert held / 400 >= 0.92


def test_summarise_keeps_the_counts_and_needs_none():
    stats = summarise({"groups": [[4, 1, 2], [4, 3, 1]]})
    assert stats["pass_rate"] == pytest.approx(5 / 12)
    assert stats["funnel"][0] == {"unit": "problems", "stage": "rows loaded", "n": 0, "dropped": {}}
    assert summarise({})["pass_rate"] is None


def test_stats_json_holds_finite_numbers_only(tmp_path):
    path = tmp_path / "stats.json"
    stats = summarise({"seconds": {"a": math.inf, "b": 1.5}, "tokens_per_accepted": math.nan, "x": "\udc80é"})
    write_stats(path, stats)

    def refuse(name):
        raise AssertionError(name)

    read = json.loads(path.read_bytes(), parse_constant=refuse)
    assert (read["seconds"], read["tokens_per_accepted"], read["x"]) == ({"a": None, "b": 1.5}, None, "\udc80é")
    assert [p.name for p in tmp_path.iterdir()] == ["stats.json"]
