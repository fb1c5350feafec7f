"""Remarks in brackets and units: what they end, what they excuse and what they don't."""

import pytest

from verifiers.steps import Rules
from verifiers.steps.checker import check_steps
from verifiers.steps.verdict import judge_steps


def verdict(step, problem=""):
    spans = [(0, len(step))]
    return judge_steps(step, spans, check_steps(step, spans, problem, Rules().names()))[0].verdict


REFUTED = [
    "Total cost = $4 + $9 + $1 = $15 (round to two decimal places for money).",
    "He has 3 * 5 = 16 (this is the number of eggs in all).",
    "So that is 30 - 12 - 15 = 6 pounds.",
    "The sticker cost 3/1 = 1 dollar.",
    "He played 14 * 20 = 140 minutes.",
    "She worked 40 * 40 * 4 = 1600 hours.",
]
QUIET = [
    "He has 3 * 5 = 16 (as said) - 1.",
    "He has 3 * 5 = 16 (number of eggs",
    "He walks 2 + 1 = 180 minutes.",
    "That is 4 * 12 = 4 feet.",
    "She pays 50 * 3 = 1.5 dollars.",
    "He sleeps 240 / 4 = 1 hour.",
    "It weighs 2 * 8 = 1 pound.",
    "They ran 2 * 3 = 6000 m.",
]


@pytest.mark.parametrize("step", REFUTED)
def test_refuted(step):
    assert verdict(step) == "refuted"


@pytest.mark.parametrize("step", QUIET)
def test_quiet(step):
    assert verdict(step) != "refuted"
