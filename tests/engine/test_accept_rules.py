"""Accept rules beside ``all``, and rules within rules: by example, then against a plain definition of what they mean."""

import asyncio
import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.accept import AcceptAll, AcceptAny, AcceptKOfN, AcceptVeto, AcceptWeighted
from engine.build import build
from engine.errors import ConfigError
from engine.judge import Judge, decide
from engine.protocols import AcceptRule
from engine.records import FinishReason, Problem, Reason, Sample, Status, Verdict

P, F, N, T, A, E = Status.PASS, Status.FAIL, Status.NO_ANSWER, Status.TIMEOUT, Status.ABSTAIN, Status.ERROR
AGAINST = (F, N, T)
NAMES = ("a", "b", "c", "d", "e")


def said(letters, scores=()):
    """``{"a": PASS, …}`` of ``PF.``: one letter for each verifier, a dot for none."""
    words = {"P": P, "F": F, "N": N, "T": T, "A": A, "E": E}
    pairs = itertools.zip_longest(NAMES, letters, scores or [])
    return {name: Verdict(words[x], score=score) for name, x, score in pairs if x in words}


def outcome(rule, verdicts, names=NAMES):
    """What a decision means to a product."""
    decision = rule.decide(names, verdicts)
    if decision is None:
        return None
    if decision.error or decision.accepted:
        return "error" if decision.error else "accepted"
    return "rejected" if any(verdicts[name].status in AGAINST for name in decision.by) else "unproven"


# by example


@pytest.mark.parametrize(
    ("rule", "letters", "expected", "by", "drop_reason"),
    [
        (AcceptAny(), "FP.", "accepted", ("b",), None),
        (AcceptAny(), "FF.", None, (), None),
        (AcceptAny(), "FTA", "rejected", ("a", "b"), "a:FAIL"),
        (AcceptAny(), "FEA", "error", ("b",), "b:ERROR"),  # its PASS would have been enough
        (AcceptAny(), "AAA", "unproven", (), "no verifier could judge it"),
        (AcceptAny(), "EP.", "accepted", ("b",), None),
        (AcceptKOfN(2), "PP.", "accepted", ("a", "b"), None),
        (AcceptKOfN(2), "FF.", "rejected", ("a", "b"), "a:FAIL"),
        (AcceptKOfN(2), "PF.", None, (), None),
        (AcceptKOfN(2), "PFA", "unproven", ("a",), "too few vouch for the answer"),
        (AcceptKOfN(2), "FAA", "rejected", ("a",), "a:FAIL"),
        (AcceptKOfN(2), "PFE", "error", ("c",), "c:ERROR"),
        (AcceptKOfN(2), "FFE", "rejected", ("a", "b"), "a:FAIL"),
        (AcceptVeto(("a",), AcceptAny(("b", "c"))), "FP.", "rejected", ("a",), "a:FAIL"),
        (AcceptVeto(("a",), AcceptAny(("b", "c"))), "PFF", "rejected", ("b", "c"), "b:FAIL"),
        (AcceptVeto(("a",), AcceptAny(("b", "c"))), "PAA", "unproven", ("a",), "nobody vouches for the answer"),
        (AcceptVeto(("a",), AcceptAny(("b", "c"))), "AP.", "accepted", ("b",), None),
        (AcceptVeto(("a",), AcceptAny(("b", "c"))), "EP.", "error", ("a",), "a:ERROR"),
        (AcceptVeto(("a",), AcceptAny(("b", "c"))), "EFF", "rejected", ("b", "c"), "b:FAIL"),
        (AcceptAll(("a", AcceptAny(("b", "c")))), "P.P", "accepted", ("a", "c"), None),
        (AcceptAll(("a", AcceptAny(("b", "c")))), "F..", "rejected", ("a",), "a:FAIL"),
        (AcceptAll(("a", AcceptAny(("b", "c")))), ".FF", "rejected", ("b", "c"), "b:FAIL"),
        (AcceptAll(("a", AcceptAny(("b", "c")))), "PFE", "error", ("c",), "c:ERROR"),
        (AcceptAll(("a", AcceptAny(("b", "c"))), supporting=("b", "c")), "APP", "unproven", ("b", "c"), None),
    ],
)  # fmt: skip
def test_examples(rule, letters, expected, by, drop_reason):
    names, verdicts = ("a", "b", "c"), said(letters)
    assert outcome(rule, verdicts, names) == expected
    if expected is not None:
        decision = rule.decide(names, verdicts)
        assert decision.by == by
        assert expected == "unproven" or decision.drop_reason == drop_reason


@pytest.mark.parametrize(
    ("letters", "scores", "settings", "expected"),
    [
        ("PP", (0.9, 0.2), {}, "accepted"),
        ("PP", (0.5, 0.2), {}, "unproven"),  # nobody rejects: no negative
        ("PF", (0.5, 0.2), {}, "rejected"),
        ("PF", (0.9, None), {}, "rejected"),  # a FAIL without a score gives 0
        ("PF", (0.9, 0.4), {}, "accepted"),
        ("PF", (0.9, 0.4), {"over": "pass"}, "accepted"),  # 1 and 0: just half
        ("PF", (0.9, 0.4), {"over": "pass", "threshold": 0.6}, "rejected"),
        ("PA", (0.9, None), {"threshold": 0.9}, "accepted"),
        ("FF", (0.9, 0.9), {}, "unproven"),  # high scores, but nobody passes it
        ("AA", (), {}, "unproven"),
        ("PE", (1.0, None), {}, "accepted"),  # a score of 0 would still do
        ("PE", (0.9, None), {}, "error"),
        ("P.", (0.9, None), {"of": ("a", "b"), "weights": (9.0, 1.0)}, "accepted"),
        ("PF", (math.nan, math.inf), {}, "accepted"),  # no numbers: as if there were none
        ("PF", (70.0, -3.0), {}, "accepted"),
    ],
)
def test_weighted(letters, scores, settings, expected):
    assert outcome(AcceptWeighted(**settings), said(letters, scores), ("a", "b")) == expected


@pytest.mark.parametrize(("k", "n"), [(k, n) for n in range(1, 13) for k in range(1, n + 1)])
def test_a_weighted_mean_that_equals_the_threshold_reaches_it(k, n):
    names = tuple(f"v{i}" for i in range(n))
    verdicts = {name: Verdict(P if i < k else F) for i, name in enumerate(names)}
    assert outcome(AcceptWeighted(threshold=k / n, over="pass"), verdicts, names) == "accepted"


def test_who_vouches():
    nested = AcceptAll(("a", AcceptAny(("b", "c"))), supporting=("b", "c"))
    assert nested.vouching(NAMES) == ["a"]
    assert AcceptVeto(("a",), AcceptAll()).vouching(("a", "b")) == ["b"]
    assert AcceptAny().vouching(("a", "b")) == ["a", "b"]


def test_a_verifier_that_no_rule_names_gives_its_score_to_accepted_samples_and_decides_nothing():
    rule, names = AcceptAny(("a", "b")), ("a", "b", "c")
    assert rule.decide(names, said("P..")) is None
    assert rule.wanted(names, said("P..")) == {"c"}
    for letter in "PFAE":
        assert rule.decide(names, said(f"P.{letter}")).accepted
    assert rule.decide(names, said("FF.")).drop_reason == "a:FAIL"


# in a configuration


def test_rules_within_rules_are_built_from_their_targets():
    inner = {"_target_": "engine.accept.AcceptAny", "of": ["b", "c"]}
    made = build({"_target_": "engine.accept.AcceptAll", "of": ["a", inner], "supporting": []}, AcceptRule, "accept")
    assert made == AcceptAll(("a", AcceptAny(("b", "c"))))


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (AcceptAny(("math", "stesp")), r"^accept\.of\[1\]: no verifier of this run is called stesp; did you mean steps\?"),
        (
            AcceptAll(("math", AcceptVeto(("raesoning",), AcceptAll()))),
            r"^accept\.of\[1\]\.by\[0\]: no verifier of this run is called raesoning; did you mean reasoning\? There is ",
        ),
        (AcceptVeto(("math",), AcceptAny(("code",))), r"^accept\.rule\.of\[0\]: no verifier .* called code; There is math"),
        (AcceptAll(("math", "steps", "reasoning", AcceptAny())), r"^accept\.of\[3\]\.of: no verifier is left"),
        (AcceptKOfN(4), r"^accept\.k is 4, and the rule has 3 parts: lower it"),
        (AcceptVeto(("math",), AcceptKOfN(2, ("steps",))), r"^accept\.rule\.k is 2, and the rule has 1 part: lower it"),
    ],
)  # fmt: skip
def test_a_rule_that_does_not_fit_the_run_is_told_in_one_sentence(rule, message):
    with pytest.raises(ConfigError, match=message) as raised:
        rule.check(("math", "steps", "reasoning"), "accept")
    assert "\n" not in str(raised.value)
    AcceptAll(supporting=("nobody", "math")).check(("math",), "accept")  # what supports need not be there


@pytest.mark.parametrize(
    ("target", "parameters", "message"),
    [
        ("AcceptAny", {"of": []}, r"accept: of: is empty"),
        ("AcceptKOfN", {"k": 0}, r"accept: k is 0"),
        ("AcceptWeighted", {"threshold": 0.0}, r"accept: threshold is 0\.0"),
        ("AcceptWeighted", {"of": ["a", "b"], "weights": [1.0]}, r"accept: weights has 1 numbers"),
        ("AcceptWeighted", {"of": ["a"], "weights": [0.0]}, r"accept: weights: \[0\.0\] holds one that is not above 0"),
        ("AcceptVeto", {"by": [], "rule": {"_target_": "engine.accept.AcceptAll"}}, r"accept: by: is empty"),
        ("AcceptVeto", {"by": ["a"], "rule": "b"}, r"accept\.rule: expected a mapping with `_target_`"),
        ("AcceptAll", {"of": [{"_target_": "engine.accept.AcceptAl"}]}, r"accept\.of\[0\]\._target_: cannot import"),
        ("AcceptAll", {"of": [3]}, r"accept\.of\[0\]: "),
    ],
)
def test_a_rule_that_nothing_could_come_of_is_refused(target, parameters, message):
    with pytest.raises(ConfigError, match=message):
        build({"_target_": f"engine.accept.{target}", **parameters}, AcceptRule, "accept")


def test_a_rule_of_another_kind_cannot_be_a_part():
    class Foreign:
        def decide(self, names, verdicts):
            return None

    with pytest.raises(ConfigError, match=r"of\[0\]: Foreign cannot be part of another rule"):
        AcceptAny((Foreign(),))


# against a plain definition


def plain(rule, verdicts):
    """Three-valued and without errors: True, False or None of a rule whose verifiers have all reported."""
    parts = [plain(p, verdicts) if not isinstance(p, str) else word(verdicts[p]) for p in rule.own() or NAMES]
    if isinstance(rule, AcceptVeto):
        return False if False in parts else parts[-1]
    if isinstance(rule, AcceptAll):
        return False if False in parts else True if True in parts else None
    if isinstance(rule, AcceptWeighted):
        return plain_weighted(rule, parts, verdicts)
    k = getattr(rule, "k", 1)
    if parts.count(True) >= k:
        return True
    unreachable = len(parts) - parts.count(False) < k
    return False if unreachable or (False in parts and True not in parts) else None


def plain_weighted(rule, parts, verdicts):
    spoken = []
    for i, (name, value) in enumerate(zip(rule.own() or NAMES, parts, strict=True)):
        verdict = verdicts[name] if isinstance(name, str) else None
        if value is not None:
            scored = rule.over == "scores" and verdict and verdict.score is not None and verdict.status in (P, F)
            spoken.append((rule.weights[i] if rule.weights else 1.0, verdict.score if scored else float(value)))
    if not spoken:
        return None
    mean = sum(w * s for w, s in spoken) / sum(w for w, _ in spoken)
    if mean >= rule.threshold - 1e-9:
        return True if True in parts else None
    return False if False in parts else None


def word(verdict):
    return None if verdict.status == A else verdict.status == P


def possible(rule, verdicts):
    """Every outcome that the verifiers without a verdict, or with an ERROR, could still bring about."""
    unknown = [name for name in NAMES if name not in verdicts or verdicts[name].status == E]
    known = {name: v for name, v in verdicts.items() if v.status != E}
    choices = itertools.product([Verdict(P), Verdict(F), Verdict(A)], repeat=len(unknown))
    return {plain(rule, known | dict(zip(unknown, choice, strict=True))) for choice in choices}


@st.composite
def rules(draw, names=NAMES, depth=2, scores=False):
    """A rule over distinct verifiers."""
    names = list(draw(st.permutations(names)))
    kinds = ["all", "any", "k_of_n", "weighted", *(["veto"] if len(names) > 1 else [])]
    kind = draw(st.sampled_from(kinds))
    if kind == "veto":
        cut = draw(st.integers(1, len(names) - 1))
        return AcceptVeto(tuple(names[:cut]), draw(rules(tuple(names[cut:]), depth - 1, scores)))
    parts = []
    while names:
        size = draw(st.integers(1, len(names))) if depth else 1
        mine, names = tuple(names[:size]), names[size:]
        nested = depth and size > 1 and draw(st.booleans())
        parts += [draw(rules(mine, depth - 1, scores))] if nested else mine
    of = tuple(parts)
    if kind == "k_of_n":
        return AcceptKOfN(draw(st.integers(1, len(of))), of)
    if kind == "weighted":
        weights = tuple(draw(st.sampled_from([0.5, 1.0, 3.0])) for _ in of) if draw(st.booleans()) else ()
        threshold = draw(st.sampled_from([0.2, 0.5, 2 / 3, 1.0]))
        return AcceptWeighted(threshold, draw(st.sampled_from(["scores", "pass"])) if scores else "pass", of, weights)
    return AcceptAll(of) if kind == "all" else AcceptAny(of)


statuses = st.fixed_dictionaries({name: st.sampled_from([P, P, F, F, N, T, A, E]).map(Verdict) for name in NAMES})
scored = st.builds(Verdict, st.sampled_from(Status), st.none() | st.sampled_from([0.0, 0.2, 0.5, 0.7, 1.0]))
OUTCOMES = {True: "accepted", False: "rejected", None: "unproven"}


@settings(max_examples=250, deadline=None)
@given(rules(), statuses)
def test_full_evaluation_is_what_the_rule_means_and_an_error_counts_exactly_where_it_could_matter(rule, verdicts):
    outcomes = possible(rule, verdicts)
    expected = OUTCOMES[outcomes.pop()] if len(outcomes) == 1 else "error"
    if any(isinstance(part, AcceptWeighted) for part in parts_of(rule)) and expected != "error":
        assert outcome(rule, verdicts) in (expected, "error")  # bounds of a mean may leave more open than there is
    else:
        assert outcome(rule, verdicts) == expected


def parts_of(rule):
    yield rule
    for part in rule.own() or ():
        if not isinstance(part, str):
            yield from parts_of(part)


@settings(max_examples=200, deadline=None)
@given(rules(), statuses, st.sets(st.sampled_from(NAMES)))
def test_a_decision_is_there_as_soon_as_it_is_certain_and_never_before(rule, verdicts, missing):
    verdicts = {name: v for name, v in verdicts.items() if name not in missing and v.status != E}
    outcomes = possible(rule, verdicts)
    found = outcome(rule, verdicts)
    if found is not None:
        assert outcomes == {value for value, name in OUTCOMES.items() if name == found}
    elif not any(isinstance(part, AcceptWeighted) for part in parts_of(rule)):
        assert len(outcomes) > 1


class Told:
    """A pool whose verifiers say what they are told, and that counts."""

    def __init__(self, verdicts):
        self.verdicts, self.asked = verdicts, []

    async def verify(self, name, problem, sample):
        self.asked.append(name)
        return self.verdicts[name], 1.0


class Plain:
    version, resource = "1", "cpu"


PROBLEM, SAMPLE = Problem("p", "?"), Sample("p", 0, "text")


def cascaded(rule, verdicts, order, *, everyone=False):
    """The judge itself: the verdicts it asks for, and their decision."""
    pool = Told(verdicts)
    judge = Judge(dict.fromkeys(NAMES, Plain()), dict.fromkeys(NAMES, "h"), rule, pool)
    found, decision = asyncio.run(judge.judge(PROBLEM, SAMPLE, {}, order, everyone=everyone))
    assert [v.verifier for v in found] == pool.asked
    return {v.verifier: v for v in found}, decision


@settings(max_examples=120, deadline=None)
@given(rules(scores=True), st.fixed_dictionaries(dict.fromkeys(NAMES, scored)), st.data())
def test_stopping_early_gives_the_decision_of_asking_all_in_every_order(rule, verdicts, data):
    everything = outcome(rule, verdicts)
    assert everything is not None
    orders = [data.draw(st.permutations(NAMES)) for _ in range(4)]
    for order in [NAMES, *orders]:
        asked, decision = cascaded(rule, verdicts, order)
        assert outcome(rule, asked) == everything
        assert decision == decide(rule, NAMES, SAMPLE, asked), "what the ledger holds says the same again"
        assert list(asked) == [name for name in order if name in asked]
        growing = dict(asked)
        for name in NAMES:
            growing[name] = verdicts[name]
            assert outcome(rule, growing) == everything, "a later verdict takes nothing back"
    full, decision = cascaded(rule, verdicts, NAMES, everyone=True)
    assert list(full) == list(NAMES)
    assert (decision.accepted, decision.error) == (everything == "accepted", everything == "error")


@pytest.mark.parametrize("everyone", [False, True])
def test_nobody_is_asked_about_a_sample_that_was_never_made(everyone):
    pool = Told({})
    judge = Judge({"a": Plain()}, {"a": "h"}, AcceptAll(), pool)
    lost = Sample("p", 0, "", FinishReason.ERROR)
    found, decision = asyncio.run(judge.judge(PROBLEM, lost, {}, everyone=everyone))
    assert not found
    assert not pool.asked
    assert decision.error


def test_verifiers_that_can_change_nothing_any_more_are_passed_over():
    """Within `all`, an `any` that is satisfied asks nobody else."""
    rule = AcceptAll((AcceptAny(("a", "b")), "c"))
    verdicts = said("PPP") | {"d": Verdict(P), "e": Verdict(A, reason=Reason("x"))}
    asked, decision = cascaded(AcceptVeto(("d", "e"), rule), verdicts, ("a", "b", "c", "d", "e"))
    assert list(asked) == ["a", "c", "d", "e"]
    assert decision.accepted
