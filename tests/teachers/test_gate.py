"""The gate's choices, against what its posterior says."""

import random
import statistics
from collections import Counter

import pytest

from engine.teachers.gate import ALIKE, LEAST_ALIKE, Price, Thompson, alike
from engine.teachers.history import Cell, Count, State

X, Y, NEW = Cell("x"), Cell("y"), Cell("new")
EVEN = {"a": Price(1.0, 0.0), "b": Price(1.0, 0.0)}


def count(accepted, samples, tokens=100, prompt_tokens=0):
    return Count(samples, accepted, samples, samples * tokens, samples * prompt_tokens)


def plus(one, other):
    return Count(*(getattr(one, f) + getattr(other, f) for f in Count.__slots__))


def state(**cells):
    """``x=(count of a, count of b)``, …"""
    made = {Cell(name): dict(zip("ab", counts, strict=True)) for name, counts in cells.items()}
    totals = dict.fromkeys("ab", Count())
    for counts in made.values():
        totals = {name: plus(totals[name], counts[name]) for name in "ab"}
    return State(made, totals)


def shares(known, cell, prices=EVEN, draws=2000):
    gate, rng = Thompson(known, prices), random.Random(0)
    chosen = Counter(gate.choose(dict.fromkeys(prices, cell), rng) for _ in range(draws))
    return {name: chosen[name] / draws for name in prices}


def test_nothing_known_is_an_even_chance():
    assert shares(State({}, dict.fromkeys("ab", Count())), X)["a"] == pytest.approx(0.5, abs=0.04)


def test_the_better_one_is_asked_and_the_other_is_tried_as_often_as_it_may_be_better():
    assert shares(state(x=(count(900, 1000), count(500, 1000))), X)["a"] == 1.0
    close = shares(state(x=(count(12, 20), count(10, 20))), X)
    assert 0.6 < close["a"] < 0.9


@pytest.mark.parametrize(
    ("price", "tokens", "prompt_tokens", "prompt_price"),
    [(2.0, 100, 0, 0.0), (1.0, 200, 0, 0.0), (1.0, 100, 50, 2.0)],
    ids=["dearer", "longer", "prompts"],
)
def test_cost_counts(price, tokens, prompt_tokens, prompt_price):
    """b is accepted a little more often, and costs twice as much for one of three reasons."""
    known = state(x=(count(700, 1000), count(800, 1000, tokens, prompt_tokens)))
    assert shares(known, X, EVEN | {"b": Price(price, prompt_price)})["a"] == 1.0
    gate = Thompson(known, EVEN | {"b": Price(price, prompt_price)})
    assert gate.cost(X, "b") == pytest.approx(2 * gate.cost(X, "a"), rel=0.02)


def test_a_price_that_no_success_can_pay_for_is_never_paid():
    known = state(x=(count(500, 1000), Count()))
    assert shares(known, X, EVEN | {"b": Price(10.0, 0.0)})["b"] == 0.0


def test_samplers_that_do_not_count_tokens_cost_by_the_sample():
    uncounted = state(x=(Count(100, 50), Count(100, 50)))
    assert shares(uncounted, X, EVEN | {"b": Price(3.0, 0.0)})["a"] > 0.99
    mixed = Thompson(state(x=(count(50, 100), Count(100, 50))), EVEN)
    assert mixed.cost(X, "b") == pytest.approx(mixed.cost(X, "a")), "as long as everyone's"


def test_hopeless_problems_get_the_cheap_teacher():
    """In y, b has twice as many accepted samples per cost; but there, every cost is better spent on x."""
    known = state(x=(count(600, 1000), count(700, 1000, 500)), y=(count(20, 1000), count(200, 1000, 500)))
    assert shares(known, Y)["a"] == 1.0
    poor = state(x=(count(10, 1000), count(90, 1000, 500)), y=(count(20, 1000), count(200, 1000, 500)))
    assert shares(poor, Y)["b"] == 1.0, "where nothing is better, it is"


def test_each_cluster_has_its_own_best():
    known = state(x=(count(90, 100), count(20, 100)), y=(count(20, 100), count(90, 100)))
    assert shares(known, X)["a"] > 0.99
    assert shares(known, Y)["b"] > 0.99
    assert 0.3 < shares(known, NEW)["a"] < 0.7, "what differs so much says nothing of a new one"


def test_a_new_cluster_borrows_from_those_that_are_alike():
    cells = {f"c{i}": (count(40, 50), count(20, 50)) for i in range(6)}
    known = state(**cells)
    assert shares(known, NEW)["a"] > 0.95
    few = state(**cells, new=(count(0, 2), count(2, 2)))
    assert shares(few, NEW)["a"] > 0.85, "two samples do not outweigh three hundred of the same kind"
    many = state(**cells, new=(count(0, 60), count(60, 60)))
    assert shares(many, NEW)["b"] > 0.99, "sixty do"


@pytest.mark.parametrize("spread", [0.0, 0.1, 0.3])
def test_alike_is_found_from_what_cells_differ(spread):
    """Cells drawn from a Beta of known weight: mean .5, variance ``spread``² gives a + b = .25 / spread² - 1."""
    found = []
    for seed in range(20):
        rng = random.Random(seed)
        cells = {}
        for cell in range(30):
            chances = [0.5] * 2
            if spread:
                weight = 0.25 / spread**2 - 1
                chances = [rng.betavariate(weight / 2, weight / 2) for _ in "ab"]
            cells[f"c{cell}"] = tuple(count(sum(rng.random() < c for _ in range(50)), 50) for c in chances)
        found.append(alike(state(**cells)))
    if spread:
        assert statistics.median(found) == pytest.approx(max(0.25 / spread**2 - 1, LEAST_ALIKE), rel=0.3)
    else:
        assert min(found) > 3 * ALIKE


def test_alike_is_usual_while_there_is_nothing_to_compare():
    for known in (State({}, dict.fromkeys("ab", Count())), state(x=(count(3, 9), count(5, 9)))):
        assert alike(known) == pytest.approx(ALIKE)
    assert alike(state(x=(count(9, 9), count(0, 9)), y=(count(9, 9), count(0, 9)))) == pytest.approx(ALIKE)


def test_a_chance_is_drawn_from_its_posterior():
    """One cell: a Beta that all its samples and the little prior make, by its mean and spread."""
    gate, rng = Thompson(state(x=(count(30, 100), count(1, 2))), EVEN), random.Random(1)
    draws = [gate.chance(X, "a", rng) for _ in range(4000)]
    assert statistics.mean(draws) == pytest.approx(0.3, abs=0.01)
    assert statistics.stdev(draws) == pytest.approx((0.3 * 0.7 / 100) ** 0.5, rel=0.1)
