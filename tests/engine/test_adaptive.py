"""The purse: what is bought depends on the samples alone, and the money goes where rows are cheap."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.budget import Adaptive, Fixed
from engine.budget.prior import Evidence, Prior
from engine.errors import ConfigError
from engine.group import GroupState
from engine.records import Decision, Problem, Sample

YES, NO, FAULT = Decision(True, "all"), Decision(False, "all"), Decision(False, "all", error=True)
RATES = [0.95, 0.6, 0.2, 0.0]


class Pool:
    """Problems whose samples are decided beforehand, drawn from a few pass rates."""

    def __init__(self, seed, problems=24, depth=40):
        rng = random.Random(seed)
        self.problems = [Problem(f"p{i}", "q" * (1 + i % 5), meta={"kind": str(i % 4)}) for i in range(problems)]
        self.samples = [
            [(FAULT if rng.random() < 0.03 else YES if rng.random() < RATES[i % 4] else NO, rng.randint(5, 50))] * 1
            + [(YES if rng.random() < RATES[i % 4] else NO, rng.randint(5, 50)) for _ in range(depth - 1)]
            for i in range(problems)
        ]

    def state(self, ordinal, indices):
        """A problem's state once ``indices`` are asked for; what the pool does not have is unavailable."""
        own = self.samples[ordinal]
        there = sorted(i for i in indices if i < len(own))
        made = {i: Sample(f"p{ordinal}", i, "", tokens=own[i][1]) for i in there}
        missing = {i for i in indices if i >= len(own)}
        return GroupState(self.problems[ordinal], {i: own[i][0] for i in there}, missing, made)


def run(pool, budget, seed, places=5, ledger=None, stop_after=None):
    """Visits in the order that a run would make them, finished in a random one; returns what was ever asked for."""
    rng = random.Random(seed)
    asked = {} if ledger is None else dict(ledger)
    purse, total = budget.purse(), len(pool.problems)
    first = {o: max(budget.first, len(asked.get(o, ()))) for o in range(total)}
    for ordinal in rng.sample(range(total), total):
        asked[ordinal] = set(range(first[ordinal])) | set(asked.get(ordinal, ()))
        purse.add(ordinal, pool.state(ordinal, asked[ordinal]))
    purse.open(total)
    flying, steps = [], 0
    while not purse.over:
        while len(flying) < places and (wanted := purse.next()) is not None:
            flying.append(wanted)
        assert flying, "nothing to wait for, and it is not over"
        ordinal, upto = flying.pop(rng.randrange(len(flying)))
        asked[ordinal] |= set(range(upto))
        purse.add(ordinal, pool.state(ordinal, asked[ordinal]))
        steps += 1
        if steps == stop_after:
            break
    return asked


def stops(pool, budget, asked):
    """Where every problem ends, as an export finds it in the ledger."""
    purse = budget.purse()
    for ordinal in range(len(pool.problems)):
        state = pool.state(ordinal, asked[ordinal])
        state.unavailable = {i for i in range(budget.n_samples) if i not in state.decisions}
        purse.add(ordinal, state)
    purse.open(len(pool.problems))
    return purse.stops(), purse.facts()


BUDGETS = st.builds(
    Adaptive,
    tokens=st.sampled_from([None, 300, 1500, 4000]),
    rows=st.sampled_from([None, 20]),
    k=st.sampled_from([1, 3, 8]),
    n_samples=st.sampled_from([8, 60]),
    first=st.sampled_from([1, 3]),
    wave=st.sampled_from([1, 4]),
    decay=st.sampled_from([1.0, 0.6]),
    cluster=st.sampled_from([None, "meta.kind"]),
    features=st.booleans(),
)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 50), BUDGETS, st.integers(0, 99), st.integers(0, 99), st.integers(1, 12))
def test_what_is_bought_depends_on_the_samples_alone(seed, budget, one, other, places):
    pool = Pool(seed)
    whole = stops(pool, budget, run(pool, budget, one))
    assert stops(pool, budget, run(pool, budget, other, places)) == whole
    killed = run(pool, budget, other, places, stop_after=7)
    assert stops(pool, budget, run(pool, budget, one, ledger=killed)) == whole, "killed and resumed"


@pytest.mark.parametrize("tokens", [200, 2000, 6000])
def test_the_purse_is_spent_and_hardly_more(tokens):
    pool, budget = Pool(1, problems=80), Adaptive(tokens=tokens, k=8)
    asked = run(pool, budget, 3)
    _, facts = stops(pool, budget, asked)
    assert tokens <= facts["spent"] <= tokens + 50, "the last sample may go beyond"
    everything = sum(pool.samples[o][i][1] for o, indices in asked.items() for i in indices if i < 40)
    first = sum(own[0][1] for own in pool.samples)
    assert everything <= max(first, facts["spent"] + 10 * 50), "little is sampled that is not bought"


def test_easy_problems_are_served_and_hopeless_ones_given_up():
    pool = Pool(2, problems=200)
    found, facts = stops(pool, budget := Adaptive(tokens=30_000, k=4), run(pool, budget, 0))
    made = {rate: [found[o] + 1 for o in range(200) if RATES[o % 4] == rate] for rate in RATES}
    mean = {rate: sum(counts) / len(counts) for rate, counts in made.items()}
    assert mean[0.95] < 6
    assert mean[0.2] > mean[0.6] > mean[0.95]
    assert mean[0.0] < 0.75 * mean[0.2], "after a few failures the money goes elsewhere"
    assert facts["problems_given_up"] >= 50


def test_rows_end_a_run():
    pool, budget = Pool(3), Adaptive(rows=15, k=2)
    found, _ = stops(pool, budget, run(pool, budget, 0))
    assert sum(pool.samples[o][i][0].accepted for o, stop in found.items() for i in range(stop + 1)) == 15


def test_without_a_limit_it_ends_when_nothing_is_wanted():
    pool, budget = Pool(4), Adaptive(k=3, n_samples=20)
    found, facts = stops(pool, budget, run(pool, budget, 0))
    for ordinal, stop in found.items():
        rows = [pool.samples[ordinal][i][0].accepted for i in range(stop + 1)]
        assert (sum(rows) == 3 and rows[-1]) or stop == 19
    assert facts["problems_served"] + sum(stop == 19 for stop in found.values()) >= len(found)


def test_by_samples_every_sample_costs_the_same():
    pool, budget = Pool(5), Adaptive(samples=60, k=2)
    _, facts = stops(pool, budget, run(pool, budget, 0))
    assert facts["spent"] == 60


def test_a_cluster_tells_the_difficulty_beforehand():
    easy, hard = (Evidence(c, 2, 2 * (c == "easy")) for c in ("easy", "hard"))
    prior = Prior([easy] * 50 + [hard] * 50)
    assert prior.chance(Evidence("easy", 0, 0)) > 0.9
    assert prior.chance(Evidence("hard", 0, 0)) < 0.1
    assert 0.3 < prior.chance(Evidence("new", 0, 0)) < 0.7


def test_the_prior_finds_the_hopeless_share():
    rng = random.Random(0)
    seen = []
    for i in range(600):
        rate = 0.0 if i % 2 else 0.5
        seen.append(Evidence("", 16, sum(rng.random() < rate for _ in range(16))))
    facts = Prior(seen).facts()
    assert facts["none"] + facts["0% to 1%"] == pytest.approx(0.5, abs=0.06)
    assert facts["10% to 50%"] + facts["50% to 90%"] == pytest.approx(0.5, abs=0.06)


def test_a_thousand_failures_are_no_rounding_error():
    prior = Prior([Evidence("", 2000, 0)] * 5 + [Evidence("", 2000, 2000)] * 5)
    assert prior.chance(Evidence("", 4000, 0)) < 1e-3
    assert prior.chance(Evidence("", 4000, 2000)) == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize(
    ("settings_", "words"),
    [
        ({"tokens": 0}, "tokens must be at least 1"),
        ({"tokens": 5, "samples": 5}, "two prices"),
        ({"k": 9, "n_samples": 8}, "k must be at most n_samples"),
        ({"first": 9, "n_samples": 8}, "first must be at most n_samples"),
        ({"decay": 0.0}, "decay must be above 0"),
        ({"wave": 0}, "wave must be at least 1"),
    ],
)
def test_wrong_settings_are_named(settings_, words):
    with pytest.raises(ConfigError, match=words):
        Adaptive(**settings_)


def test_alone_it_asks_for_the_first_samples():
    budget = Adaptive(first=2)
    assert list(budget.allocate(GroupState(Problem("p", "q")))) == [0, 1]
    assert Fixed(2).stop_index(GroupState(Problem("p", "q"))) == budget.stop_index(GroupState(Problem("p", "q")))
