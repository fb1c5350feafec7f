"""The objective: any finite number of a run's statistics."""

import math

import pytest

from engine.errors import ConfigError
from engine.stats import summarise
from engine.sweep.objective import NAMED, check, value, worst

COUNTS = {
    "samples": {"total": 40, "surplus": 0, "finish": {}, "tokens": 2000, "prompt_tokens": 100},
    "decisions": {"accepted": 10, "rejected": {"math:FAIL": 30}, "error": 0, "undecided": 0},
    "groups": [[4, 0, 6], [4, 2, 3], [4, 4, 1]],
    "selected": {"kept": 9, "dropped": {}},
    "seconds": {"idle_share": 0.25},
}
STATS = summarise(COUNTS) | {"accepted_problems": 4}


@pytest.mark.parametrize(
    ("objective", "expected"),
    [
        ("accepted", 10),
        ("accepted_problems", 4),
        ("selected", 9),
        ("pass_rate", 0.25),
        ("accepted_per_1k_tokens", 5),
        ("pass@1", 0.25),
        ("pass@4", 0.4),
        ("seconds.idle_share", 0.25),
        ("pass_at_k.2.estimate", 0.4),
        ("decisions.rejected.math:FAIL", 30),
    ],
)
def test_value(objective, expected):
    check(objective, "maximize")
    assert value(STATS, objective) == (pytest.approx(expected), None)


@pytest.mark.parametrize(
    ("objective", "why"),
    [
        ("pass@3", "no such key"),
        ("seconds.total", "no such key"),
        ("pass_at_k.7.estimate", "no such key"),
        ("pass_at_k.x", "no such key"),
        ("accepted_problems.x", "no such key"),
        ("tokens_per_accepted", "is nothing"),
        ("decisions", "is dict"),
    ],
)
def test_no_value_has_a_reason(objective, why):
    found, sentence = value(STATS, objective)
    assert found is None
    assert sentence.startswith(f"objective={objective}: ")
    assert why in sentence


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, True, "7", None])
def test_only_finite_numbers_count(bad):
    found, sentence = value(STATS | {"pass_rate": bad}, "pass_rate")
    assert found is None
    assert "finite number" in sentence


def test_the_worst_is_finite_and_worse_than_any_value():
    assert math.isfinite(worst("maximize"))
    assert worst("maximize") < -1e12 < 1e12 < worst("minimize") < math.inf


def test_typing_mistakes_are_refused_before_anything_runs():
    for objective in NAMED:
        check(objective, "minimize")
    with pytest.raises(ConfigError, match="did you mean 'accepted'"):
        check("acepted", "maximize")
    with pytest.raises(ConfigError, match="There is maximize, minimize"):
        check("accepted", "max")
