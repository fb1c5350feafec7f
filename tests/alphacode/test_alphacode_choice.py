"""Behaviour, agreement, clusters, kept tests and n@k, on tables whose answers are known."""

import itertools
import math

import pytest

from engine.records import ExecStatus, Problem, TestCase, TestKind, Tests
from verifiers.code.alphacode.behaviour import Cluster, Table, agreements, clusters, pick
from verifiers.code.alphacode.plain import from_text, to_text
from verifiers.code.alphacode.report import sizes
from verifiers.code.alphacode.store import Outcome, Store, digest
from verifiers.code.alphacode.strength import cover, strength
from verifiers.code.alphacode.subject import subject_of
from verifiers.code.alphacode.submit import n_at_k, n_at_k_by_chance
from verifiers.code.alphacode.tests_made import Rule, killed_by, make


def subject(kind=TestKind.STDIN, checker="tokens"):
    case = (
        TestCase(code="assert f(1) == 1")
        if kind is TestKind.ASSERT
        else TestCase("1" if kind is TestKind.STDIN else [1], "1")
    )
    return subject_of(
        Problem("p", "", "code", tests=Tests(kind, (case,), None if kind is TestKind.STDIN else "f", checker))
    )


def ok(text):
    return Outcome("OK", digest(text), text)


def value(plain):
    return ok(to_text(plain))


TIMEOUT, SKIPPED = Outcome("TIMEOUT"), Outcome("SKIPPED")


@pytest.mark.parametrize(
    ("kind", "checker", "left", "right", "same"),
    [
        (TestKind.STDIN, "tokens", ok("1 2\n"), ok("1  2"), True),
        (TestKind.STDIN, "exact", ok("1 2\n"), ok("1 2"), False),
        (TestKind.STDIN, "float(1e-6,1e-6)", ok("0.5"), ok("0.5000001"), True),
        (TestKind.CALL, "tokens", value((1, 2)), value([1, 2]), True),
        (TestKind.CALL, "tokens", value(0.1 + 0.2), value(0.3), True),
        (TestKind.CALL, "tokens", value(1), value(True), False),
        (TestKind.ASSERT, "tokens", value((1, 2)), value([1, 2]), False),
        (TestKind.ASSERT, "tokens", value([0.1 + 0.2]), value([0.3]), True),
        (TestKind.ASSERT, "tokens", value({1, 2}), value({2, 1}), True),
    ],
)
def test_equal_outputs_share_a_number(kind, checker, left, right, same):
    table = Table.of(subject(kind, checker), ["i"], {"a": [left], "b": [right]})
    assert (table.rows["a"] == table.rows["b"]) is same


@pytest.mark.parametrize(
    "plain", [None, [1, (2, {3, 4})], {"a": [1.5], (1, 2): b"x"}, frozenset({1}), 2j, "\ud800", {}, float("inf"), [[]]]
)
def test_plain_values_come_back(plain):
    assert from_text(to_text(plain)) == plain


def test_odd_values_have_no_text():
    deep = []
    for _ in range(100):
        deep = [deep]
    assert to_text(deep) is None
    assert to_text(object()) is None
    assert to_text([10**5000]) is None


def table_of(**rows):
    width = len(next(iter(rows.values())))
    return {key: list(cells) for key, cells in rows.items()}, width


def test_agreement_is_of_distinct_programs_and_counts_what_failed():
    rows, width = table_of(a=[0, 0], b=[0, 1], c=[0, "TIMEOUT"], d=["NONZERO", 2])
    first, second = agreements(rows, width)
    assert (first.number, first.programs) == (0, 3)
    assert first.share == pytest.approx(sum((1, 0.25, 0.25)) / 1.5, abs=0.2)
    assert second is not None
    assert second.share < 1


def test_a_program_that_is_often_with_the_majority_counts_more():
    """Two rights against two wrongs that are wrong elsewhere too: even votes tie, dual agreement does not."""
    rows, width = table_of(
        right=[0, 0, 0, 0], fine=[0, 0, 0, 0], good=[0, 0, 0, "SKIPPED"], odd=[1, 1, 0, 1], queer=[2, 2, 0, 1]
    )
    last = agreements(rows, width)[3]
    assert last.number == 0
    assert last.share > 0.9


def test_tests_need_agreement_and_a_reference_decides_alone():
    outcomes = {"a": [ok("1"), ok("5")], "b": [ok("1"), ok("6")], "c": [ok("1"), ok("7")], "d": [ok("2"), TIMEOUT]}
    table = Table.of(subject(), ["x", "y"], outcomes)
    rule = Rule(0.7, 0.5, 3)
    (made,) = make(subject(), table, table.rows, outcomes, rule=rule, reference=None)
    assert (made.input, made.expected.text, made.weak, made.survivors) == ("x", "1", True, {"d"})
    both = make(subject(), table, table.rows, outcomes, rule=rule, reference="d")
    assert [(test.input, test.expected.text, test.weak) for test in both] == [("x", "2", False)]
    assert both[0].survivors == {"a", "b", "c"}
    assert not make(subject(), table, table.rows, outcomes, rule=Rule(0.7, 0.5, 4), reference=None)


def test_outputs_that_differ_in_the_last_digit_make_no_test():
    near = {"a": [value(0.3)], "b": [value(0.1 + 0.2)], "c": [value(0.3)]}
    rule = Rule(0.5, 0.1, 2)
    strict, loose = subject(TestKind.CALL), subject(TestKind.CALL, "float(1e-6,1e-6)")
    table = Table.of(strict, ["[1]"], near)
    assert not make(strict, table, table.rows, near, rule=rule, reference=None)
    assert make(loose, table, table.rows, near, rule=rule, reference=None)


def test_who_was_not_run_is_not_killed():
    outcomes = {key: [ok("1")] for key in "abc"}
    table = Table.of(subject(), ["x"], outcomes)
    (made,) = make(subject(), table, table.rows, outcomes, rule=Rule(0.5, 0.5, 2), reference=None)
    assert killed_by(subject(), made, ok("2"))
    assert killed_by(subject(), made, TIMEOUT)
    assert not killed_by(subject(), made, ok(" 1 "))
    assert not killed_by(subject(), made, SKIPPED)


def test_invalid_inputs_are_those_on_which_most_fail():
    bad = Outcome(ExecStatus.NONZERO.value)
    outcomes = {"a": [ok("1"), bad, SKIPPED], "b": [bad, bad, ok("1")], "c": [ok("1"), ok("1"), ok("1")]}
    table = Table.of(subject(), ["x", "y", "z"], outcomes)
    assert table.valid(None) == [0, 2]
    assert table.valid("b") == [2]


def test_clusters_and_picks():
    rows = {"a": [0, 0], "b": [1, 0], "c": [0, 0], "d": [1, 0], "e": ["TIMEOUT", 0]}
    copies = {"a": 1, "b": 5, "c": 1, "d": 1, "e": 2}
    found = clusters(rows, copies)
    assert found == [Cluster(("b", "d"), 6), Cluster(("a", "c"), 2), Cluster(("e",), 2)]
    lengths = {"a": 9, "b": 9, "c": 5, "d": 8, "e": 1}
    assert pick(found, lengths, 10) == ["d", "c", "e", "b", "a"]
    assert pick(found, lengths, 2) == ["d", "c"]
    assert pick([], {}, 10) == []


def test_cover_kills_each_as_often_as_asked_with_few_tests():
    kills = {0: {"a"}, 1: {"a", "b", "c"}, 2: {"d"}, 3: set(), 4: {"b", "c"}}
    assert cover(kills, 10, 1) == [1, 2]
    assert cover(kills, 10, 2) == [0, 1, 2, 4]
    assert cover(kills, 1, 2) == [1]
    assert strength(["a", "b", "z"], {"a", "b"}) == pytest.approx(2 / 3)
    assert strength([], set()) is None


def exact_n_at_k(samples, right, rows, lengths, n, k):
    hits = [
        n_at_k([samples[i] for i in subset], [right[i] for i in subset], rows, lengths, n=n, k=k, draws=1, seed=0)
        for subset in itertools.combinations(range(len(samples)), k)
    ]
    return sum(hits) / len(hits)


def test_n_at_k_is_the_mean_over_subsets():
    samples = ["a", "b", "b", "c", None, "x"]
    right = [True, False, False, False, False, False]
    rows = {"a": [0], "b": [1], "c": [2]}
    lengths = dict.fromkeys(rows, 1)
    exact = exact_n_at_k(samples, right, rows, lengths, 1, 3)
    drawn = n_at_k(samples, right, rows, lengths, n=1, k=3, draws=4000, seed=1)
    assert 0 < exact < 1
    assert drawn == pytest.approx(exact, abs=4 * math.sqrt(exact * (1 - exact) / 4000))
    assert n_at_k(samples, right, rows, lengths, n=1, k=6, draws=5, seed=1) == 0.0, "the largest cluster is wrong"
    assert n_at_k(samples, right, rows, lengths, n=2, k=6, draws=5, seed=1) == 1.0


@pytest.mark.parametrize(("samples", "found"), [(0, []), (9, []), (10, [10]), (99, [10]), (1000, [10, 100, 1000])])
def test_sizes_of_subsets(samples, found):
    assert sizes(samples, 10) == found


def test_chance_is_exact():
    samples, right = ["a", "a", "b", "c", None], [True, False, False, False, True]
    assert n_at_k_by_chance(samples, right, {"a": [], "b": [], "c": []}, n=2) == pytest.approx(1 - 3 / 6)
    assert n_at_k_by_chance(samples, right, {"b": [], "c": []}, n=2) == 0.0
    assert n_at_k_by_chance(samples, right, {"a": [], "b": []}, n=3) == 1.0


def test_the_store_outlives_a_cut_line(tmp_path):
    path = tmp_path / "deep" / "rows.jsonl"
    with Store(path) as store:
        store.put("p", "i", ok("ä\ud800"))
        store.put("p", "j", TIMEOUT)
        store.put("p", "i", ok("later"))
    with path.open("a") as file:
        file.write('["p","k","OK","di')
    with Store(path) as store:
        assert store.get("p", "i") == ok("later")
        assert store.get("p", "j") == TIMEOUT
        assert store.get("p", "k") is None
        store.put("p", "k", TIMEOUT)
    with Store(path) as store:
        assert store.get("p", "k") == TIMEOUT
