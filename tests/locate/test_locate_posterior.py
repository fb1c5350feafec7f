"""The decision core: what rollouts say of the first wrong step."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import ConfigError
from engine.locate.learned import Learned, fit
from engine.locate.methods import Bayes, Binary, Linear
from engine.locate.posterior import Prior, Rates, Solution, believe, wave, weigh

RATES = Rates((4.0, 2.0), (0.5, 4.5))


def solution(steps, *rolled, rates=RATES, marks=(), accepted=False):
    """``rolled``: (prefix, right ones, wrong ones)."""
    made = Solution(steps, rates, weigh(steps, marks, Prior(), accepted=accepted))
    for prefix, right, wrong in rolled:
        for outcome in [True] * right + [False] * wrong:
            made.add(prefix, outcome)
    return made


@st.composite
def evidence(draw):
    steps = draw(st.integers(2, 9))
    rolled = draw(st.lists(st.tuples(st.integers(0, steps - 1), st.integers(0, 6), st.integers(0, 6)), max_size=steps))
    marks = draw(st.lists(st.sampled_from(["supported", "refuted", "unchecked"]), min_size=steps, max_size=steps))
    return steps, rolled, marks, draw(st.booleans())


@given(evidence())
@settings(max_examples=60, deadline=None)
def test_a_posterior_sums_to_one_and_clean_prefixes_only_get_rarer(case):
    steps, rolled, marks, accepted = case
    belief = believe(solution(steps, *rolled, marks=marks, accepted=accepted))
    assert math.isclose(sum(belief.first), 1.0, abs_tol=1e-9)
    assert all(0 <= p <= 1 for p in (*belief.first, *belief.clean, *belief.right, *belief.lucky))
    assert math.isclose(belief.clean[0], 1.0, abs_tol=1e-9)
    assert all(a >= b - 1e-12 for a, b in zip(belief.clean, belief.clean[1:], strict=False))


@given(evidence(), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_the_order_of_rollouts_does_not_matter(case, rng):
    steps, rolled, marks, _ = case
    single = [(i, 1, 0) for i, right, _ in rolled for _ in range(right)]
    single += [(i, 0, 1) for i, _, wrong in rolled for _ in range(wrong)]
    shuffled = rng.sample(single, len(single))
    assert believe(solution(steps, *single, marks=marks)) == believe(solution(steps, *shuffled, marks=marks))


@given(evidence(), st.data())
@settings(max_examples=60, deadline=None)
def test_a_right_rollout_never_makes_its_prefix_less_clean(case, data):
    """With e known to be below every p: where e may be above p, a right rollout can speak against a prefix."""
    steps, rolled, marks, _ = case
    sure = Rates((4.0, 2.0), (1e-3, 1e3))
    before = solution(steps, *rolled, rates=sure, marks=marks)
    prefix = data.draw(st.integers(1, steps - 1))
    clean = believe(before).clean[prefix]
    before.add(prefix, True)
    assert believe(before).clean[prefix] >= clean - 1e-9
    wrong = solution(steps, *rolled, rates=sure, marks=marks)
    wrong.add(prefix, False)
    assert believe(wrong).clean[prefix] <= clean + 1e-9


def test_what_has_no_verdict_is_no_evidence():
    plain, erring = solution(4, (2, 1, 1)), solution(4, (2, 1, 1))
    erring.add(1, None)
    assert believe(plain) == believe(erring)
    assert erring.asked[1] == 1


def test_known_rates_give_bayes_rule_by_hand():
    """p = e's complement = 0.9 from the grid's neighbourhood: three steps, one right rollout after the first."""
    belief = believe(solution(3, (1, 1, 0), rates=Rates((1e6 * 0.875, 1e6 * 0.125), (1e5, 9e5))))
    shapes = [0.875 ** ((1 - 1 / 3) ** s) for s in (0.0, 0.5, 1.0)]
    p = sum(shapes) / 3
    weights = [0.999 / 3 * 0.1, 0.999 / 3 * p, 0.999 / 3 * p, 0.001 * p]
    assert belief.first == pytest.approx([w / sum(weights) for w in weights], rel=1e-3)


def test_marks_count():
    refuted = believe(solution(4, marks=["supported", "unchecked", "refuted", "unchecked"])).first
    assert refuted[2] == max(refuted)
    assert refuted[0] == pytest.approx(0.95 * refuted[1])
    assert sum(refuted[3:]) < 0.02
    assert believe(solution(4)).first[:4] == pytest.approx([0.999 / 4] * 4)


def test_the_first_rollout_halves_and_a_wave_spreads():
    belief = believe(solution(8, rates=Rates((95.0, 5.0), (1.0, 99.0))))
    one, gain = wave(belief, 1)
    assert one == [4]
    assert 0.5 < gain < math.log(2)
    three, first = wave(belief, 3)
    assert first == gain
    assert len(set(three)) == 3
    assert 4 in three
    assert wave(believe(solution(1)), 3) == ([], 0.0)


def simulate(method, steps, first, p, e, seed, rates):
    rng = random.Random(seed)
    made = solution(steps, rates=rates)
    while asked := method.ask(made):
        for prefix in asked:
            made.add(prefix, rng.random() < (p if prefix <= first else e))
    return method.conclude(made), sum(made.asked)


@pytest.mark.parametrize("size", [1, 4])
def test_a_posterior_beats_the_usual_schedules_at_a_part_of_their_price(size):
    rates = Rates((8.0, 2.0), (1.0, 9.0))
    cases = [
        (steps, steps * seed % steps if seed % 3 else seed % steps, seed) for steps in (5, 8) for seed in range(20)
    ]
    right, spent = {}, {}
    for name, method in {"bayes": Bayes(wave=size), "linear": Linear(8), "binary": Binary(8)}.items():
        found = [(simulate(method, s, j, 0.8, 0.1, seed, rates), j) for s, j, seed in cases]
        right[name] = sum(conclusion.first == j for (conclusion, _), j in found) / len(found)
        spent[name] = sum(n for (_, n), _ in found) / len(found)
    assert right["bayes"] >= 0.85
    assert right["bayes"] > right["linear"] + 0.15
    assert right["bayes"] > right["binary"]
    assert spent["linear"] == pytest.approx(8 * 5.5)
    assert spent["bayes"] < spent["linear"] / 2


def test_it_gives_up_where_a_right_beginning_seldom_ends_right():
    found, spent = simulate(Bayes(), 6, 2, 0.0, 0.0, 1, Rates((0.1, 40.0), (0.2, 9.8)))
    assert (found.found, found.first) == ("unlocatable", None)
    assert spent < 48


def test_whole_samples_tell_a_hard_problem_from_a_wrong_first_step():
    """The run's pass rate is low, this problem's is not: only rollouts from nothing can show it."""
    found, _ = simulate(Bayes(), 5, 0, 0.95, 0.02, 3, Rates((0.6, 1.4), (0.25, 4.75)))
    assert (found.found, found.first) == ("located", 0)
    found, _ = simulate(Bayes(), 5, 0, 0.02, 0.02, 3, Rates((0.6, 1.4), (0.25, 4.75)))
    assert found.found == "unlocatable"


def test_a_budget_is_kept_and_ends_undecided():
    found, spent = simulate(Bayes(budget=3, wave=2), 9, 4, 0.5, 0.3, 1, RATES)
    assert (found.found, spent) == ("budget", 3)


def test_one_step_needs_no_rollout():
    assert simulate(Bayes(), 1, 0, 0.5, 0.1, 0, RATES)[0].first == 0
    assert simulate(Linear(), 1, 0, 0.5, 0.1, 0, RATES)[1] == 0


def test_schedules_read_any_of_k():
    linear = Linear(2)
    made = solution(4)
    assert linear.ask(made) == [1, 1, 2, 2, 3, 3]
    assert linear.conclude(solution(4, (1, 1, 1), (2, 0, 2), (3, 1, 1))).first == 1
    assert linear.conclude(solution(4, (1, 1, 1), (2, 2, 0), (3, 1, 1))).first == 3
    assert linear.conclude(solution(4, (1, 1, 1))).found == "unlocatable"
    binary = Binary(2)
    assert binary.ask(solution(4)) == [2, 2]
    assert binary.ask(solution(4, (2, 1, 1))) == [3, 3]
    assert binary.conclude(solution(4, (2, 1, 1), (3, 0, 2))).first == 2
    assert binary.ask(solution(4, (2, 0, 2), (1, 1, 1))) == []


def test_an_accepted_sample_is_clean_by_its_own_end():
    assert believe(solution(3, accepted=True)).first[-1] > 0.9
    assert Linear(1, accepted=True).conclude(solution(3, (1, 1, 0), (2, 1, 0))).found == "clean"


def test_rates_are_learnt():
    rng = random.Random(3)
    drawn = [rng.betavariate(2, 6) for _ in range(300)]
    counts = {}
    for p in drawn:
        right = sum(rng.random() < p for _ in range(8))
        counts[right, 8 - right] = counts.get((right, 8 - right), 0) + 1
    mean, weight = fit(counts)
    assert mean == pytest.approx(0.25, abs=0.06)
    assert 4 <= weight <= 16
    learned = Learned(Prior(), counts)
    assert learned.rates(8, 0).clean == (mean * weight + 8, (1 - mean) * weight)
    assert Learned(Prior(), counts, own=False).rates(8, 0).clean == (mean * weight, (1 - mean) * weight)
    for _ in range(30):
        made = solution(4, (1, 0, 3), (2, 1, 3), (3, 1, 3))
        learned.add(made, believe(made))
    learned.learn()
    assert learned.lucky[0] > Prior().lucky


@pytest.mark.parametrize("name", ["lucky", "lucky_weight", "supported"])
def test_a_prior_outside_its_range_is_named(name):
    with pytest.raises(ConfigError, match=rf"prior\.{name}"):
        Prior(**{name: 0.0})
