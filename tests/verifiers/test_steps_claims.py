"""Single steps: what is refuted, supported and left alone. Each false refutation ever found is a row of QUIET."""

import pytest

from verifiers.steps import Rules
from verifiers.steps.checker import check_steps
from verifiers.steps.verdict import judge_steps

ALL = Rules().names()


def verdict(step, problem="", rules=ALL):
    spans = [(0, len(step))]
    return judge_steps(step, spans, check_steps(step, spans, problem, rules))[0].verdict


REFUTED = [
    "She pays 3 * 4 = 13 dollars.",
    "So the total is 20 + 30.5 = 51.5.",
    "They have 7*3=22 apples.",
    "30 bales + 18 bales = 49 bales of hay",
    "216 square feet x $34 = $7544",
    "It costs $3.45 / $0.05 = 68 coins.",
    "10 x 1,248 = 11,480",
    "A = (-1 * 5 + -8) - (6 + 3 * -1) = -22",
    r"\[ 47.25 \times 8.75 = 414.375 \]",
    r"$\frac{7}{8} + \frac{1}{8} = 2$",
    r"\(5740^3 = 190537064000\)",
    r"\begin{align*} 3 \cdot 5 &= 15 \\ &= 12 + 4 \end{align*}",
    r"\[ \frac{5!}{2!} = \frac{5 \times 4 \times 3}{2 \times 1} \]",
    "10 / 4 = 2.6",
    "1,200 + 300 = 1,600",
    "He has <<4+4=9>> left",
    "25 / 75 x 100% = 25%",
    "2/5 * 12/1 = 24/1",
    "We see that 5 * 7 > 36.",
    r"\(5 \cdot 7 \ge 36\)",
    r"17 \equiv 4 \pmod{7}",
    "194 ÷ 11 = 17 with a remainder of 9",
    r"Expanding, we get \((x+2)(x+3) = x^2 + 5x + 5\).",
    r"\[ A = (t^2 - t - 2) - (t^2 + t - 6) = -2t + 5 \]",
    "4(x + 3) = 4x + 12\nwhich is 4x + 12 = 4x + 7",
    r"\[ x^2 = 36 \] \[ x = 7 \]",
    "150 = 10 + 4c\n4c = 150",
    "28 + 2p = 38\nSubtracting 28 from both sides, 2p = 12",
    "Now 2x^2 - 3x = 5. Simplifying, 2x^2 - 4x - 5 = 0.",
    "x + y = 10 and x - y = 4. So x = 7. So y = 4.",
    r"Let \(f(x) = x^2 + 2\). Then \(f(4) = 4^2 + 2 = 19\).",
    r"We have \(l = 5\) and \(w = 4\), so the area is \(lw = 5 \cdot 3\).",
    "so we can write: $180000 = $330000.",
]

SUPPORTED = [
    "She pays 3 * 4 = 12 dollars.",
    "10 / 3 = 3.33 each",
    r"\frac{2}{3} \approx 0.667",
    "2 1/2 * 4 = 10",
    r"$3\frac12 + \frac12 = 4$",
    "20% of 50 = 10",
    "50 * 20% = 10",
    "1/2 of 20 = 10 marbles",
    "1,200 + 300 = 1,500",
    r"1{,}200 + 300 = 1500",
    "5 x 3 = 15",
    "5 apples x 3 = 15 apples",
    r"\sqrt{16} + 1 = 5",
    r"\tan 45^\circ = 1",
    r"2^{10} = 1024",
    r"17 \equiv 3 \pmod{7}",
    "194 divided by 11 is 17 with a remainder of 7",
    r"(x+2)(x+3) = x^2 + 5x + 6",
    "2x + 3 = 9\n2x = 6",
    r"\(5 \cdot 7 \le 36\)",
    "He has <<4+4=8>> left",
    "30/100*9 = 2.6999999999999997",
    r"\begin{align*} 3 \cdot 5 &= 15 \\ &= 12 + 3 \end{align*}",
    "Half of it: $8 / 2 = $4 each",
]

QUIET = [
    # chains that run on, and results rounded without a word
    "3+4 = 7*2 = 14",
    "7.5 = 8 rounded",
    "2.5 * 3 = 8",
    "452 / 1.98 = 228.29, since 1.05^14 is about 1.98, so 452/(1.05)^14 = 452/1.98",
    "0.33 * 9 = 3",
    r"\frac{90}{123} < k < \frac{180}{123} \approx 0.732 < k < 1.463",
    # the left part is in words, or cut off
    "24 crayons total - 8 red = 16 crayons",
    "The total crayons - 8 = 16",
    "A to the 29 + 24 = 60",
    "half of 20 + 4 = 12",
    "12 x 1 and 1/4 = 15",
    "14, 400 / 80 = 180",
    "13,2000 / 60 = 220",
    "we have 7 adults + Shonda (1) + 2 of her kids + 10 of their friends = 20",
    "a total of $100+($100*(10/100)) = $110",
    "because .8 + . 84 + .82 = 2.46",
    r"\text{Alyana's age} = \text{Chenny's age} - 4 = 10 - 4 = 6",
    "Week 1 + Week 2 = 35 + 35 = 70 hours",
    "Subtract weeks 1-2 = 96 - 70 = 26",
    "10% discount on $50.00 = 0.10 * $50.00 = $5.00",
    "= 600 mph (2nd fastest car) × 1.25 = 750 mph",
    "$30.00 (savings) + $12.00 (40% more) = $42.00",
    ".1(Number of Minutes) + 1 = .15(Number of Minutes)",
    "1/3 of Solomon = 66/3 = 22",
    r"which gives $5^2=15+2$ab$.",
    "we take tln(0.8) = ln(0.02)",
    "that is 4 + 4 - dim(V) \n ≤ 7",
    # calculator marks that are cut, names glued to numbers, degrees put in for x
    "she slept for 2:38-2:15 = <<2:38-2:15=23>>23 minutes",
    "from then on <<July19-December31=92>>92 days",
    "finding 1Dachshund+1/4Papillon=3/4Papillon",
    r"We have \(x = 20^\circ\), so \(6x^\circ = 6 \times 20^\circ\)",
    "\\frac{1}{2}a^2 = \\frac{1}{2}a\\sqrt{2} \\cdot 6\nSimplify:\na^2 = a\\sqrt{2} \\cdot 6",
    # two claims in one line, escaped stars, binomials in words, logarithms of quotients
    "2 adults × $26 = $52 + 2 children × $12 = $24, total = $76",
    "that is 300 pencils \\* 1/5 = 60 pencils",
    "we have (3+4-1) choose (4-1) = 6 choose 3 = 20 ways",
    "log 10 - log 2 = log 10/2",
    "its speed is 1 km / 9000 s = 1/9000 km/s",
    "This means: 1 + 2 = 7 + 4, which is not true",
    "1. \\(2x = 180 + 48\\)\n\n2. \\(2x = 360 - 48\\)",
    "Let's try x = 1: 3y = 453. Let's try x = 2: y(2 + 1) = 454 - 2",
    # binomials, moduli that are powers, complex numbers, a substitution that makes an equation
    "given by the binomial coefficient 5C4 = 5. Then C4 = 2",
    "so the bound is 1^{10} \\ge 6abcd^4",
    r"$4^5 \equiv 10 \pmod{11^2}$",
    r"\[w^2 + |w|^2 + 2 = 0\] Simplifying, \[w^2 - |w|^2 + \frac{7}{4} = 0\]",
    "We can substitute a = 2b into this equation and simplify: b*(2b) + b = (5*(2b) - 4)*(b - 1)",
    # quantities and what they are; units
    "2 hours = 120 minutes",
    "Drop 8 degrees = 2 - 8 = -6 degrees",
    "1/2 a cup = 4 ounces",
    "4 pounds - 6 ounces = 58 ounces",
    "100 * 0.75 = $0.75 is 75 cents per box, $75 in all",
    "5 * 3 = $15,000 since he loses 5 thousand a day",
    "25 bucks * 20% = \\boxed{5} 8 point bucks",
    "9:00 + 2 = 11:00",
    "20 : (80 + 40) = 1 : 6",
    # signs with more than one meaning
    r"90^\circ - 60^\circ = 30 degrees",
    r"3!! + 1!! = 4",
    r"\frac{7}{9} \cdot 10 = 0.\overline{7} \cdot 10",
    r"E[x^2 + 1] = E[x^2] + 2",
    r"F_{k+2} = F_{k+1} + F_k = 2F_k + F_{k-1}",
    r"\operatorname{cis} (75^\circ + 90^\circ) = \sqrt[4]{8}",
    # equations, not identities; lists, not transformations
    "(h-2)^2 + k^2 = (h-4)^2 + k^2",
    "2x + 3 = 5x - 7",
    "x = 2 and x = 3",
    "two cases:\nFirst, 12r - 60 = 13r\nSecond, 12r - 60 = -13r",
    "x - 2 = 0\nx + 3 = 0",
    "x^2 = 1 and x^2 = 9",
    r"- \(x = -15\) - \(x = -12\) - \(x = -8\)",
    "2S + G = 35\nNow we have:\n1. S + G = 20",
    "M + T = 1907   (1)\nR + F = 2136   (2)\nM + T + W + R + F = 5168   (3)\nSo 1907 + W + 2136 = 5168",
    r"If \(x = 1\): \(2m + q = 0\). If \(x = 2\): \(2m + q = 4\).",
    "The lines are y = 2x + 1 and y = -x + 4 and y = x.",
    # suppositions, trials, doubts, retractions
    "Suppose 3 * 4 = 13 instead.",
    "We try x = 2, where 2 * 2 + 1 = 7 is too low.",
    "Is 3 * 4 = 13? No, 3 * 4 = 12.",
    "This would mean 5 = 2 + 2, a contradiction.",
    "It is not true that 2 + 2 = 5.",
    "2 + 2 = 5 is false.",
    "In base 5, 3 + 4 = 12.",
    "Wait, 3 * 4 = 13?",
    # code
    "```python\nx = 3 + 4 == 8\n```",
]


@pytest.mark.parametrize("step", REFUTED)
def test_refuted(step):
    assert verdict(step) == "refuted"


@pytest.mark.parametrize("step", SUPPORTED)
def test_supported(step):
    assert verdict(step) == "supported"


@pytest.mark.parametrize("step", QUIET)
def test_not_refuted(step):
    assert verdict(step) != "refuted"


@pytest.mark.parametrize(
    ("step", "problem"),
    [
        ("We are told that 2 + 2 = 5.", "In a strange land 2 + 2 = 5. What is 4 + 4?"),
        ("So 6 * 8 = 7.", "The operation a * b = (a + b)/2 is given."),
        ("Then 3 + 4 = 12.", "Add 3 and 4 in base 5."),
        ("So 7 * 8 = 6 units.", "What is 7 * 8 modulo 10?"),
        (r"\(2^{-1} = 4\)", r"Find $2^{-1} + 3^{-1} \pmod 7$."),
        (r"x^3 = x^2 + x = 2x + 1", "Let x^2 = x + 1. Find x^3."),
        ("2.56 * 3 = 7.7", "It costs 2.56 a box, about 7.7 for three."),
    ],
)
def test_the_problem_explains_it(step, problem):
    assert verdict(step, problem) != "refuted"


def test_modulus_explains_only_multiples_of_itself():
    step = "This means that 194 can be written as: 194 = 11 × 17 + 9."
    assert verdict(step, "Determine the remainder of 194 (mod 11).") == "refuted"


@pytest.mark.parametrize(
    ("rule", "step"),
    [
        ("numeric", "3 * 4 = 13"),
        ("compare", "5 * 7 > 36"),
        ("marks", "He has <<4+4=9>> left"),
        ("congruence", r"17 \equiv 4 \pmod{7}"),
        ("identity", r"Expanding, \((x+2)(x+3) = x^2 + 5x + 5\)."),
        ("equations", "x^2 = 36\nx = 7"),
        ("substitution", r"We have \(l = 5\) and \(w = 4\): \(lw = 5 \cdot 3\)."),
        ("functions", r"\(f(x) = x^2 + 2\). Then \(f(4) = 19\)."),
        ("system", "x + y = 10 and x - y = 4. So x = 7. So y = 4."),
    ],
)
def test_each_rule_can_be_switched_off(rule, step):
    assert verdict(step, rules=frozenset((rule,))) == "refuted"
    assert verdict(step, rules=ALL - {rule}) != "refuted"
