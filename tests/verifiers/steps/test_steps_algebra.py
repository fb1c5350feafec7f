"""Equations, identities, functions and calculus in steps. Each false refutation ever found is a row of QUIET."""

import pytest

from engine.records import Problem, Sample, Status
from verifiers.steps import Rules, StepVerifier
from verifiers.steps.checker import check_steps
from verifiers.steps.claims import chains
from verifiers.steps.lexer import tokenize
from verifiers.steps.slopes import slope
from verifiers.steps.variety import fails
from verifiers.steps.verdict import judge_steps

ALL = Rules().names()

REFUTED = [
    # what ties the variables cannot make it true
    ("identity", r"Let \(x = 1\). Then \[ (x-1)(x+5) = (x-1)x + 5(x-1) = x^2 + 4x + 5 \]"),
    ("identity", r"Given \(ab = 1\), \[ (a+b)^2 - 2 = a^2 + 2ab + b^2 - 2 = a^2 + b^2 + 4 \]"),
    ("identity", r"\[ \sin^2 x + \cos^2 x = 1 \] so \[ \sin^4 x - \cos^4 x = \sin^2 x + \cos^2 x - \cos^2 x = 2 \cos^2 x \]"),
    ("identity", r"$P = (t^2 - t - 2) - (t^2 + t - 6) = -2t + 5$"),
    # rewritten from the relation right before
    ("equations", r"\[ b^2 - 4c = b^2 - 4bc + 9 \] Rearranging terms and moving everything to one side gives: \[ 9 - 4bc = 0 \]"),
    ("equations", r"\[ u(x + y) - u^2 = 2xy \] Rearrange the equation: \[ u^2 - u(x + y) - 2xy = 0 \]"),
    ("equations", r"\( 6k - 2 = 2m \), where \( m \) is an integer. Simplifying gives us \( 3k = m \)"),
    ("equations", r"$ab + bc - ac = 0 \implies a(b - c) + bc + c = 0$"),
    ("equations", r"\[ x^2 - 6x = 2x + 1 \] This simplifies to \[ x^2 - 8x + 1 = 0 \]"),
    ("congruence", r"$$355\div 6=58\;\mathrm{R}\;5.$$"),
    # functions of expressions
    ("functions", r"Let \( f(x) = 7x^7 - 4x^4 + 1 \). Then \( f(-x) = -7x^7 + 4x^4 - 1 \)"),
    # calculus
    ("derivative", "Let $f(x) = x^3 - 3x$. Then $f'(x) = 3x^2 - 3x$."),
    ("derivative", r"$y = x^2 e^x$, so $\frac{dy}{dx} = 2x e^x$"),
    ("derivative", r"$\frac{d}{dx}(x^2 \sin x) = 2x \cos x$"),
    ("integral", r"\[ \int (3x^2 + 1)\,dx = x^3 + 2x + C \]"),
    ("integral", r"\[ \int_{0}^{\pi} \sin x \, dx = 3 \]"),
]  # fmt: skip

SUPPORTED = [
    ("congruence", r"$$355\div 6=59\;\mathrm{R}\;1.$$"),
    ("equations", r"\[ b^2 - 4c = b^2 - 4bc + 4c^2 \] Rearranging terms gives: \[ 4c^2 + 4c - 4bc = 0 \]"),
    ("equations", r"$x y = 0$, simplifying: $y x = 0$"),
    ("functions", r"Let \( f(x) = x^2 + 2 \). Then \( f(x + 1) = x^2 + 2x + 3 \)"),
    ("derivative", "Let $f(x) = x^3 - 3x$. Then $f'(x) = 3x^2 - 3$."),
    ("derivative", "Let $f(x) = x^3 - 3x$. Then $f'(2) = 9$."),
    ("derivative", r"Let \( f(x) = \log x \). Then \( f'(x) = \frac{1}{x} \)"),
    ("derivative", r"$\frac{d}{dx}(x^2 \sin x) = 2x \sin x + x^2 \cos x$"),
    ("integral", r"\[ \int \frac{1}{x} dx = \ln |x| + C \]"),
    ("integral", r"\[ \int_0^1 x^2 \, dx = \left[ \frac{x^3}{3} \right]_0^1 = \frac{1}{3} \]"),
]

QUIET = [
    # true by what is known
    r"Given \(x^2 = x + 1\), \[ x^4 = (x + 1)^2 = x^2 + 2x + 1 = 3x + 2 \]",
    r"Let \(\beta = \sqrt[3]{2}\). Then \[ P = \beta^4 + \beta^3 = 2\beta + \beta^3 \]",
    r"Given \(pqr = 48\), \[ S = \frac{qr + 2pr}{pqr} = \frac{qr + 2pr + 0p}{48} \]",
    # one quantity in two ways is an equation, and so is what is put into one
    r"Since the distance is the same to both points: \[ r^2 = (h - 2)^2 + k^2 = (h - 4)^2 + k^2 \]",
    r"\[\frac{1}{S} = \frac{1-b}{a} = \frac{b}{1-a}.\] Cross multiplying and simplifying, $ab = (1-a)(1-b)$.",
    r"Substituting into the original equation gives \[ a(yx^3 + x) = ayx^3 + ax = x^3 y + ax \]",
    # a factor was divided out
    r"\[ 2(x - y)(x + y) = x + y \] Dividing both sides by \(x + y\): \[ x - y = \frac{1}{2} \]",
    # what is asked for, degrees, parts of numbers and rows that go on
    "Let $f(x) = x^3 - 3x$. Setting $f'(x) = 0$ we get two roots.",
    r"we find $10x = 360^\circ \implies x = 36$ degrees",
    r"$10x - x = 1.\overline{7} - 0.1\overline{7}$. Simplify the equation: $9x = 1.6$",
    "\\begin{align*}\n25&=(m+n)(m+2n)\\\\\n&=m\\cdot(m+2n)\\\\\n&\\qquad+n\\cdot(m+2n)\n\\end{align*}",
    # values the other way round, vectors, lengths, code of drawings
    r"\(a = 2\) and \(b = 3\), so \[ a + b = 3 + 2 \]",
    r"\[ \mathbf{c} = 2 \mathbf{b} \times \mathbf{a} + \mathbf{b} = -2 \mathbf{a} \times \mathbf{b} + \mathbf{b} \]",
    r"\[ k = \frac{BE \cdot CD}{BD \cdot CE} = \frac{2BD \cdot 2CE}{BD \cdot CE} \]",
    "[asy]\nreal t = 60;\nt = 30;\n[/asy]\nThe point moves, $t + s = 5$ and $s = 1$, so $t = 4$.",
    r"the solutions \(a\) and \(b\); in standard form \(a=2\), \(b=-10\). Then \(a+b = 5\)",
    # a condition is no definition
    r"Find \(n\) such that \(f(n) = n\). We are given \(f(101) = 102\).",
    # a part of a sum; a substitution
    r"\[ \int x dx + \int 2 dx = \frac{x^2}{2} + 2x + C \]",
    r"\[ \int 2x e^{x^2} dx = \int e^u du = e^u + C \]",
    # a second equation of the story
    "We can express y as y = x - 10.\nThe sum of the students equals 200, so we can write the equation as 2x + y = 200.",
    "We can express y as y = x - 10. Then we can write the equation as 2x + y = 200.",
    # scanned text: lengths, and a factorial behind the mathematics
    "$A P+t+t+t+Q B = A P + 2 t + t + Q B$, so $A P+t+t+t+Q B \\\\ = A B-P Q+3 t$",
    r"Factor to obtain $13 !(15 \cdot 14-1)=13$ ! $\cdot 209$.",
    r"a=3.08 \times 10^{-8} \mathrm{~cm}=3.08 \times 10^{-10} \mathrm{~m}",
    # conditions, coefficients that are all zero, bars whose variables lie somewhere, an iterated function
    "The condition can be rewritten as $4 a b=a^{2}+b^{2}$.",
    r"The coefficients are 0, i.e., $a-a b=1-a b=a b+b-b^{2}-1=0$.",
    r"we can write the following equations: $BC = (x+y+14) \times 34 = (x+y+4046) \times 1$",
    r"$d = |0-x|+|5-y|+|12-x|+|0-y| = x+(5-y)+(x-12)+(-y)$",
    r"$\frac{f(a)}{C}=\left(\frac{f^{2}(a)}{C}\right)^{2}=\left(\frac{f^{3}(a)}{C}\right)^{4}$",
    # a function of several pieces, or another in every case
    "Case 1. $f(x)=2-x$ for all $x$. Case 2. We see that $f(0)=0$.",
    "$f(n) = 2n$ if the color is 0. If $i=1$, then $n+m$ has color 2, so $f(n+m)=n+m$.",
    # bars are not linear; letters that are introduced anew
    r"$x = 12$ and $| \frac{1}{4} x - 2 | = b$, which gives $b = 1$.",
    "Let $a$ and $b$ be the ages; $a + b = 5$. Let $a$ be the weight and $b$ denote the height: $a + b = 7$.",
    # multiples are counted
    "There are 42 / 5 = 8 multiples of 5 and 42 / 25 = 1 multiple of 25.",
]  # fmt: skip


def claims(step, rules=ALL):
    return check_steps(step, [(0, len(step))], "", rules)[0]


@pytest.mark.parametrize(("rule", "step"), REFUTED)
def test_refuted_by_its_rule_and_by_no_other(rule, step):
    assert [claim.rule for claim in claims(step) if claim.verdict == "refuted"] == [rule]
    assert not any(claim.verdict == "refuted" for claim in claims(step, ALL - {rule}))


@pytest.mark.parametrize(("rule", "step"), SUPPORTED)
def test_supported_by_its_rule(rule, step):
    assert any(claim.rule == rule and claim.verdict == "supported" for claim in claims(step))


@pytest.mark.parametrize("step", QUIET)
def test_never_refuted(step):
    spans = [(0, len(step))]
    assert judge_steps(step, spans, [claims(step)])[0].verdict != "refuted"


def pair(text):
    chain = chains(tokenize(f"${text}$"))[0]
    return chain.sides[0].node, chain.sides[1].node


@pytest.mark.parametrize(
    ("claim", "known", "expected"),
    [
        ("x^4=3x+2", ["x^2=x+1"], False),
        ("x^4=3x+1", ["x^2=x+1"], True),
        ("a^2+b^2=23", ["ab=1", "a+b=5", "c=a"], False),
        ("a^2+b^2=24", ["ab=1", "a+b=5", "c=a"], True),
        (r"\sin^2 x=1-\cos^2 x", ["x+y=3"], False),
        ("x=1", ["x(x-1)=0"], False),
    ],
)
def test_what_follows_from_equations(claim, known, expected):
    assert fails(pair(claim), [pair(item) for item in known]) is expected


@pytest.mark.parametrize(
    "text",
    [
        r"x^3 \sin x",
        r"\frac{x}{x^2+1}",
        r"e^{2x} \ln x",
        r"\sqrt{x} \tan x",
        r"2^x",
        r"|x - 3|",
        r"\arctan x",
        r"\log_2 x",
    ],
)
def test_slopes_agree_with_differences(text):
    from verifiers.steps.arithmetic import evaluate

    node, at, by = pair(f"{text}=1")[0], 1.37, 1e-6
    low, high = (float(evaluate(node, {"x": x, "e": 2.718281828459045})) for x in (at - by, at + by))
    assert slope(node, "x", at) == pytest.approx((high - low) / (2 * by), rel=1e-5)


def verdict(problem, text):
    return StepVerifier().verify(Problem(id="p", prompt=problem), Sample(problem_id="p", index=0, text=text))


def test_flags_tell_and_never_refute():
    odd = verdict("Tom has 17 pens and buys 23.", r"17 + 23 = 40, and 40 + 137 = 177. The answer is \boxed{99}.")
    kinds = {flag["kind"]: flag for flag in odd.evidence["flags"]}
    assert kinds["sources"]["numbers"] == ["137"]
    assert kinds["answer"] == {"kind": "answer", "said": "99", "computed": "177"}
    plain = verdict("Tom has 17 pens and buys 23.", r"17 + 23 = 40. The answer is \boxed{40}.")
    assert plain.evidence["flags"] == []
    assert odd.status is plain.status


@pytest.mark.parametrize(
    ("text", "chains"),
    [
        ("So it is 3 + 4 = 7 * 2 = 14.", ["3 + 4 = 7 * 2 = 14"]),
        ("We get 20 - 5 = 15 / 3 = 5 and 2 + 2 = 4.", ["20 - 5 = 15 / 3 = 5"]),
        ("So it is 3 + 4 = 7 * 1 = 7.", []),
        ("So it is 3 + 4 = 2 + 5 = 7.", []),
    ],
)
def test_a_running_total_is_told_and_not_refuted(text, chains):
    verdict = StepVerifier().verify(Problem("p", "What?"), Sample("p", 0, text))
    assert verdict.status != Status.FAIL
    assert [
        chain for flag in verdict.evidence["flags"] if flag["kind"] == "running" for chain in flag["chains"]
    ] == chains


def test_flags_can_be_switched_off():
    quiet = StepVerifier(rules=Rules(answer=False, sources=False))
    said = quiet.verify(
        Problem(id="p", prompt="Tom has 17."), Sample(problem_id="p", index=0, text=r"17 + 137 = 154, \boxed{3}")
    )
    assert said.evidence["flags"] == []
