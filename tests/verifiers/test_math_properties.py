"""Properties: an answer equals itself however it is laid out, and differs once it is changed."""

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from engine.records import Status
from verifiers.math import MathVerifier

VERIFIER = MathVerifier(cache_size=0)
SETTINGS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)

integers = st.integers(-(10**9), 10**9)
digits = st.integers(1, 99)


def _fraction(pair):
    return f"\\frac{{{pair[0]}}}{{{pair[1]}}}"


leaves = st.one_of(
    digits.map(str),
    st.tuples(digits, digits).map(_fraction),
    digits.map(lambda n: f"\\sqrt{{{n}}}"),
    st.sampled_from(["\\pi", "x", "y", "e^{2}", "x^{2}", "\\sin(x)", "\\ln(3)"]),
)


def _compound(inner):
    pair = st.tuples(inner, inner)
    return st.one_of(
        pair.map(lambda p: f"{p[0]} + {p[1]}"),
        pair.map(lambda p: f"{p[0]} - \\left( {p[1]} \\right)"),
        pair.map(lambda p: f"\\left( {p[0]} \\right) \\cdot \\left( {p[1]} \\right)"),
        pair.map(lambda p: f"\\frac{{{p[0]}}}{{{p[1]}}}"),
        inner.map(lambda a: f"\\sqrt{{{a}}}"),
        inner.map(lambda a: f"\\left( {a} \\right)^{{2}}"),
    )


expressions = st.recursive(leaves, _compound, max_leaves=6)
answers = st.one_of(
    expressions,
    st.lists(expressions, min_size=2, max_size=3).map(lambda items: f"\\left( {', '.join(items)} \\right)"),
    st.lists(expressions, min_size=2, max_size=3).map(lambda items: f"\\{{ {', '.join(items)} \\}}"),
    st.tuples(digits, digits).map(lambda p: f"\\left[ {p[0]}, {p[0] + p[1]} \\right)"),
    expressions.map(lambda a: f"z = {a}"),
)

TOKENS = (
    "12 x y + - * / ^ _ ( ) [ ] { } \\{ \\} | , . ; : = < ! % ' \\frac \\sqrt \\sin \\log \\pm \\le \\cup and or \\text{a}"
    " \\begin{pmatrix} \\\\ & \\end{pmatrix} e i \\pi \\infty ^\\circ \\$"
)

LAYOUTS = {
    "dollars": lambda t: f"${t}$",
    "displayed": lambda t: f"\\[ {t} \\]",
    "left and right": lambda t: t.replace("\\left", "").replace("\\right", ""),
    "display fractions": lambda t: t.replace("\\frac", "\\dfrac"),
    "text fractions": lambda t: t.replace("\\frac", "\\tfrac"),
    "full stop": lambda t: t + ".",
    "thin spaces": lambda t: t.replace(" + ", "\\,+\\;"),
    "wide": lambda t: t.replace("(", "( ").replace(")", " )").replace(",", " , "),
    "multiplication sign": lambda t: t.replace("\\cdot", "\\times"),
    "bold": lambda t: f"**{t}**",
}


def status(gold, answer):
    return VERIFIER.judge_text(gold, f"\\boxed{{{answer}}}").status


@SETTINGS
@given(answers)
def test_every_answer_equals_itself(answer):
    assert status(answer, answer) == Status.PASS


@pytest.mark.parametrize("layout", LAYOUTS)
@SETTINGS
@given(answer=answers)
def test_layout_changes_nothing(layout, answer):
    changed = LAYOUTS[layout](answer)
    assert status(answer, changed) == Status.PASS
    assert status(changed, answer) == Status.PASS


@pytest.mark.slow
@SETTINGS
@given(expressions, st.data())
def test_a_changed_digit_never_passes(answer, data):
    places = [k for k, c in enumerate(answer) if c.isdigit()]
    assume(places)
    place = data.draw(st.sampled_from(places))
    other = data.draw(st.sampled_from([d for d in "123456789" if d != answer[place]]))
    changed = answer[:place] + other + answer[place + 1 :]
    # by chance the value may stay: 0 * a, x^2 * 2 + 4 ... so ask an independent judge
    assume(not _sympy_equal(answer, changed))
    assert status(answer, changed) in {Status.FAIL, Status.ABSTAIN}
    assert status(answer, answer) == Status.PASS


SWAPS = {
    "sign": [("+", "-"), ("-", "+")],
    "operator": [("\\cdot", "+"), ("+", "\\cdot"), ("-", "\\cdot")],
    "bracket": [("\\right)^{2}", "^{2}\\right)"), ("\\left[", "\\left("), ("\\right)", "\\right]")],
    "function": [("\\sin", "\\cos"), ("\\sqrt", "\\ln"), ("x", "y"), ("\\pi", "e")],
}


@pytest.mark.slow
@pytest.mark.parametrize("what", SWAPS)
@settings(SETTINGS, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(answer=st.one_of(expressions, answers), data=st.data())
def test_a_changed_sign_operator_bracket_or_name_never_passes(what, answer, data):
    places = [
        (place, old, new)
        for old, new in SWAPS[what]
        for place in range(len(answer))
        if answer.startswith(old, place) and not answer.startswith("\\right)^", place - 5)
    ]
    assume(places)
    place, old, new = data.draw(st.sampled_from(places))
    changed = answer[:place] + new + answer[place + len(old) :]
    assume(not _same_items(answer, changed))
    assert status(answer, changed) in {Status.FAIL, Status.ABSTAIN}


@pytest.mark.slow
@SETTINGS
@given(expressions, st.sampled_from(["latex", "expand", "factor", "together", "simplify", "str"]))
def test_rewriting_by_sympy_still_passes(gold, how):
    """What sympy prints for an equal form passes against the original, and the original against it."""
    import sympy
    from latex2sympy2_extended import latex2sympy

    try:
        tree = latex2sympy(gold)
    except Exception:  # the reference cannot read it
        assume(False)
    forms = {"expand": sympy.expand, "factor": sympy.factor, "together": sympy.together, "simplify": sympy.simplify}
    changed = forms[how](tree) if how in forms else tree
    assume(not changed.has(sympy.zoo, sympy.nan, sympy.oo) and len(str(changed)) < 300)
    text = str(changed) if how == "str" else sympy.latex(changed)
    # where a root or logarithm of a negative variable arises, "equal for positive" is all that can be said
    allowed = {Status.PASS, Status.ABSTAIN} if tree.free_symbols else {Status.PASS}
    assert status(gold, text) in allowed
    assert status(text, gold) in allowed
    if tree.is_number or tree.is_polynomial():
        assert status(gold, text) == Status.PASS


@SETTINGS
@given(integers, integers)
def test_integers(a, b):
    assert status(str(a), str(b)) == (Status.PASS if a == b else Status.FAIL)
    assert status(str(a), f"{a:,}") == Status.PASS
    assert status(str(a), f"x = {a}") == Status.PASS
    assert status(str(a), f"{a}.00") == Status.PASS
    assert status(str(a), str(a + 1)) == Status.FAIL
    assert status(f"{a:,}", str(-a)) == (Status.PASS if a == 0 else Status.FAIL)


@SETTINGS
@given(st.integers(-999, 999), st.integers(1, 999), st.integers(1, 50))
def test_fractions(top, bottom, factor):
    gold = _fraction((top, bottom))
    assert status(gold, f"{top * factor}/{bottom * factor}") == Status.PASS
    assert status(gold, _fraction((top + 1, bottom))) == Status.FAIL
    assert status(gold, f"-({gold})") == (Status.PASS if top == 0 else Status.FAIL)


@SETTINGS
@given(st.lists(st.integers(-99, 99), min_size=2, max_size=6, unique=True), st.randoms(use_true_random=False))
def test_lists_have_no_order_and_tuples_do(values, random):
    shuffled = values[:]
    random.shuffle(shuffled)
    text, other = (", ".join(map(str, items)) for items in (values, shuffled))
    assert status(text, other) == Status.PASS
    assert status(f"\\{{{text}\\}}", f"\\{{{other}\\}}") == Status.PASS
    assert status(f"({text})", f"({other})") == (Status.PASS if values == shuffled else Status.FAIL)
    assert status(text, ", ".join(map(str, values[:-1]))) == Status.FAIL


@SETTINGS
@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_is_judged_without_an_exception(gold, answer):
    verdict = VERIFIER.judge_text(gold, f"\\boxed{{{answer}}}")
    assert verdict.status in {Status.PASS, Status.FAIL, Status.ABSTAIN, Status.NO_ANSWER}


@SETTINGS
@given(
    st.lists(
        st.sampled_from(TOKENS.split()),
        max_size=14,
    ).map(" ".join),
    st.integers(0, 99),
)
def test_any_token_soup_is_judged_without_an_exception(soup, gold):
    verdict = VERIFIER.judge_text(str(gold), f"\\boxed{{{soup}}}")
    assert verdict.status in {Status.PASS, Status.FAIL, Status.ABSTAIN, Status.NO_ANSWER}
    VERIFIER.judge_text(soup, "\\boxed{12}")


def _same_items(left, right):
    """Like ``_sympy_equal`` for what holds several expressions: true unless some part differs surely."""
    if left[:6] in ("\\left(", "\\left[", "\\{ ", "z = ") or left.startswith(("\\{", "z =")):
        body = [text.replace("\\left( ", "", 1).strip("\\{} z=") for text in (left, right)]
        return "," in body[0] or _sympy_equal(*body)
    return _sympy_equal(left, right)


def _sympy_equal(left, right):
    """Numeric comparison by sympy's own evaluation of what latex2sympy reads: independent of the code under test."""
    import sympy
    from latex2sympy2_extended import latex2sympy

    try:
        difference = latex2sympy(left) - latex2sympy(right)
    except Exception:  # the reference cannot read it: nothing to check against
        return True
    points = {symbol: sympy.Rational(k + 3, 7) for k, symbol in enumerate(sorted(difference.free_symbols, key=str))}
    value = sympy.N(difference.subs(points), 30)
    return not value.is_number or value.has(sympy.nan, sympy.zoo) or abs(value) < sympy.Float("1e-12")
