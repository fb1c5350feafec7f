"""Equations in words, conversions of units, lists of divisors, values under a name: refuted, supported, and what is left alone."""

import time

import pytest

from verifiers.steps import Rules
from verifiers.steps.checker import check_steps
from verifiers.steps.verdict import judge_steps

ALL = Rules().names()

SPOKEN_FALSE = [
    "Half of 48 is 26 girls.",
    "A third of 90 is 31.",
    "two thirds of 90 is 61",
    "So 3/4 of 40 is 20.",
    "Twice 14 is 29.",
    "The sum of 3 and 4 is 8.",
    "The difference between 15 and 50 is 40.",
    "Therefore 20% of 50 is 12 dollars.",
    "5 less than 20 is 14.",
    "20 cents more than 50 cents is 80 cents.",
    "He makes $150 because 750 minus 500 equals 150.",
    "needed toys: 16 plus 3, which is 18 toys",
    "Half of 60 is 60/4.",
    r"Then half of \(48\) is \(26\).",
]
SPOKEN_TRUE = [
    "Half of 48 is 24 girls.",
    "A third of 90 is 30.",
    "20% of $1,500 is $300.",
    "The sum of 3 and 4 is 7.",
    "5 less than 20 is 15.",
    "20% of 50 is 0.2 * 50",
    "12 plus 14 plus 4 equals 30.",
]
SPOKEN_QUIET = [
    "There are 32 squares less than 1089, which are $1^2$, $2^2$ and so on.",  # a list
    # parts of something larger
    "5 more than half of 48 is 29.",
    "the difference between 50 and 20% of 50 is 40",
    "the sum of 10 and half of 48 is 34",
    "60 - 40% of 60, which is 36",
    "The cars are 10 - 4*1, and 10 - 4*4, which equals 6, 2, and -6.",
    "an increase of 50% of 8 is 12",
    # another meaning
    "The third of 5 numbers is 12.",
    "The largest multiple of 125 less than 269 is 250.",
    "The smallest power of 2 greater than 5 is 8.",
    "the difference between 9 am and 5 pm is 8 hours",
    "The remainder when 25 is divided by 23 is 2.",
    r"the power of \(2\) in \(100!\) is \(97\)",
    # rounded, and other units
    "Half of 15 is 7.",
    "A third of 100 is 33.",
    "Half of 3 hours is 90 minutes.",
    "A quarter of 5 hours is 1 hour and 15 minutes.",
    "Twice 14 is 10 more than 18.",
    # withdrawn or supposed
    "Half of 48 is 26? No, that is wrong.",
    "Suppose half of 48 is 26.",
]
UNITS_FALSE = [
    "3 hours = 200 minutes.",
    "So 3 hours is 200 minutes.",
    "so 2.5 kilometers is 250 meters.",
    "There are 70 minutes in an hour, so he is late.",
    "1 hour and 30 minutes = 100 minutes.",
    "so 66 inches is 5 feet 5 inches.",
    "so 5 dozen is 50.",
    r"\( 2 \text{ hours} = 110 \text{ minutes} \)",
    "1 square yard = 3 square feet.",
    "As a decimal 5% = 0.5.",
]
UNITS_TRUE = [
    "3 hours = 180 minutes.",
    "so 66 inches is 5 feet 6 inches.",
    "there are 12 inches in a foot.",
    "1 year = 12 months",
    "5 dozen eggs is 60 eggs.",
    "1 square yard = 9 square feet.",
    "25% = 0.25",
]
UNITS_QUIET = [
    "half an hour is 30 minutes",
    "100 minutes = 1.67 hours",
    "There are 5 days in a week, so he goes 5 times.",
    "There are 8 hours in a day, so that is his shift.",
    "1 month = 30 days.",
    "2 pounds = 5 dollars.",
    "10 yards is 5 feet longer.",
    "20 minutes + 2 hours = 140 minutes.",
    "each 2 hours is 60 minutes of sleep",
    "There are 8 quarters which is 2 dollars, 6 dimes which is 0.6 dollars, and 15 pennies which is 0.15 dollars.",
    "5% = 0.5",
    "4 feet = 1.2 m.",
    "so 5 dozen is 15 dollars.",
]
DIVISORS_FALSE = [
    "The divisors of 12 are 1, 2, 3, 4, 5, 6, and 12.",
    r"The two-digit factors of 144 are \(18, 27, 36\).",
    "So the factors of $50$ are $1, 2, 5, 10, 50$.",
]
DIVISORS_TRUE = [
    "The factors of 12 are 1, 2, 3, 4, 6, and 12.",
    r"Thus the positive divisors of \(50\) are \(1, 2, 5, 10, 25,\) and \(50\).",
]
DIVISORS_QUIET = [
    "The proper divisors of 12 are 1, 2, 3, 4, and 6.",
    "The two-digit factors of 144 are 12, 16, 18, 24.",
    "The pairs of factors of 36 are (1, 36), (2, 18) and (6, 6).",
    "The factors of 24 are 1, 24; 2, 12; 3, 8; 4, 6.",
    "The numbers that are not divisors of 12 are 5, 7, 8.",
    "The prime factors of 18 are 2, 3 and 3.",
    "The factors of 612 are 2*2*3*3*17.",
    "The factors of 100 are 1, 2, ..., 100.",
]
NAMED_FALSE = [
    "Total cost = 20 + 30\nTotal cost = 60",
    r"\[ \text{Total} = 52 + 24 + 44 + 48 \] \[ \text{Total} = 178 \]",
    "\\[ \\text{Total score} = 50 + 80 \\]\nAdding these together:\n\\[ \\text{Total score} = 140 \\]",
]
NAMED_QUIET = [
    "Cost = 20 + 30\nFor the next day:\nCost = 60",
    "Total cost = 20 + 30 = 50\nTotal cost = 60",
    "Cost of pens = 20 + 30\nCost of books = 60",
    "Total length = 5 + 5\n- (2, 1) to (3, 1)\nTotal length = 60",
    "Share = 100 / 3\nShare = 33",
    "Assume Total = 2 + 3\nTotal = 6",
]


def verdict(step, rule):
    spans = [(0, len(step))]
    claims = check_steps(step, spans, "", ALL)
    other = [c for c in claims[0] if c.verdict == "refuted" and c.rule != rule]
    assert not other, other
    assert not any(claim.rule == rule for claim in check_steps(step, spans, "", ALL - {rule})[0])
    return judge_steps(step, spans, claims)[0].verdict


def table(refuted, supported, quiet):
    rows = (("refuted", refuted), ("supported", supported), ("quiet", quiet))
    return [(expected, step) for expected, steps in rows for step in steps]


def agrees(found, expected):
    return found != "refuted" if expected == "quiet" else found == expected


@pytest.mark.parametrize(("expected", "step"), table(SPOKEN_FALSE, SPOKEN_TRUE, SPOKEN_QUIET))
def test_equations_in_words(expected, step):
    assert agrees(verdict(step, "spoken"), expected)


@pytest.mark.parametrize(("expected", "step"), table(UNITS_FALSE, UNITS_TRUE, UNITS_QUIET))
def test_conversions(expected, step):
    assert agrees(verdict(step, "conversions"), expected)


@pytest.mark.parametrize(("expected", "step"), table(DIVISORS_FALSE, DIVISORS_TRUE, DIVISORS_QUIET))
def test_divisors(expected, step):
    assert agrees(verdict(step, "divisors"), expected)


@pytest.mark.parametrize(("expected", "step"), table(NAMED_FALSE, [NAMED_FALSE[0].replace("60", "50")], NAMED_QUIET))
def test_values_under_a_name(expected, step):
    assert agrees(verdict(step, "named"), expected)


def test_a_name_goes_over_to_the_next_step():
    text = "Total score = 50 + 80\n\nTotal score = 140"
    spans = [(0, 21), (23, len(text))]
    assert [step.verdict for step in judge_steps(text, spans, check_steps(text, spans, "", ALL))][1] == "refuted"


HOSTILE = [
    "divisors of 12 are " + "1, " * 6000,
    "the divisors of 12 are 1, 2" + ")" * 15000,
    "so 3 hours is " + "9" * 9000 + " minutes.",
    "so 5 dozen is " + "9" * 9000,
    "hours is 3 " * 1500,
    "half of " * 2000 + "3 is 4",
    "$(" * 8000 + "divisors of 12 are",
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:20])
def test_hostile_text_is_read_quickly(text):
    start = time.process_time()
    check_steps(text, [(0, len(text))], "", ALL)
    assert time.process_time() - start < 0.5
