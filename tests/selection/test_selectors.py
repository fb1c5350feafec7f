"""Selectors: every drop has its reason and what it rests on, the first stays, order never changes."""

from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import ConfigError
from engine.records import Decision, Problem, Rendered, Row, Sample, Status, Verdict
from engine.rows import Finding, RowGroup
from engine.selection.cap import Cap
from engine.selection.difficulty import Difficulty
from engine.selection.duplicates import Duplicates
from engine.selection.length import Length

EMPTY = Rendered(text="?")


def row(problem, text, *, reasoning=None, tokens=5, index=0, verdicts=()):
    sample = Sample(problem, index, text, reasoning=reasoning, tokens=tokens)
    return Row(Problem(problem, "?"), sample, Decision(True, "all"), verdicts, EMPTY)


def refused(problem, text, index=0):
    verdict = Verdict(Status.FAIL, verifier="math")
    return Row(
        Problem(problem, "?"), Sample(problem, index, text), Decision(False, "all", ("math",)), (verdict,), EMPTY
    )


def findings(selector, *rows):
    """Rows of one problem stand together, as they do in a run."""
    return [
        found
        for problem, group in groupby(rows, key=lambda row: row.problem.id)
        for found in selector.select(RowGroup(Problem(problem, "?"), EMPTY, tuple(group)))
    ]


def reasons(selector, *rows):
    return [found and found.reason for found in findings(selector, *rows)]


def test_duplicates_within_the_problem_only():
    rows = (row("a", "x = 1"), row("a", " x  =\n1 ", index=3), row("a", "x = 2"), row("b", "x = 1"))
    assert findings(Duplicates(), *rows) == [None, Finding("duplicate", {"of": "a#0"}), None, None]


def test_duplicates_everywhere_name_where_the_first_was():
    rows = (row("a", "x"), row("a", "x"), row("b", "x"), row("b", "x"), row("b", "y"))
    assert findings(Duplicates(within="everywhere"), *rows) == [
        None,
        Finding("duplicate", {"of": "a#0"}),
        Finding("duplicate_elsewhere", {"of": "a#0"}),
        Finding("duplicate", {"of": "b#0"}),
        None,
    ]


def test_composed_and_decomposed_letters_are_the_same_text():
    assert reasons(Duplicates(), row("a", "caf\u00e9"), row("a", "cafe\u0301")) == [None, "duplicate"]


def test_reasoning_counts_unless_only_the_text_is_compared():
    rows = (row("a", "4", reasoning="2+2"), row("a", "4", reasoning="1+3"), row("a", "4"))
    assert reasons(Duplicates(), *rows) == [None, None, None]
    assert reasons(Duplicates(compare="text"), *rows) == [None, "duplicate", "duplicate"]
    run_together = (row("a", "bc", reasoning="a"), row("a", "c", reasoning="ab"))
    assert reasons(Duplicates(), *run_together) == [None, None]


def test_only_selected_rows_are_asked_about():
    group = RowGroup(Problem("a", "?"), EMPTY, (refused("a", "x", 7), row("a", "x"), row("a", "x", index=1)))
    assert [found and found.reason for found in Duplicates().select(group)] == [None, "duplicate"]


def test_lone_surrogates_do_not_stop_it():
    assert reasons(Duplicates(), row("\ud800", "\udc80"), row("\ud800", "\udc80")) == [None, "duplicate"]


texts = st.lists(st.tuples(st.sampled_from("abc"), st.text("xy ", max_size=3)), max_size=30)


@given(texts, st.sampled_from(["problem", "everywhere"]))
def test_each_text_is_kept_once(items, within):
    rows = [row(problem, text, index=i) for i, (problem, text) in enumerate(sorted(items, key=lambda item: item[0]))]
    found = reasons(Duplicates(within=within), *rows)
    said = [(r.problem.id if within == "problem" else "", " ".join(r.sample.text.split())) for r in rows]
    kept = [key for key, reason in zip(said, found, strict=True) if reason is None]
    assert len(set(kept)) == len(kept)
    assert set(kept) == set(said)


def test_the_length_band_includes_its_ends_and_spares_no_unknown():
    rows = [row("a", str(n), tokens=n) for n in (2, 3, 5, 6, 0)]
    expected = ["too_short", None, None, "too_long", "length_unknown"]
    assert reasons(Length(least=3, most=5), *rows) == expected
    assert reasons(Length(), *rows) == [None] * 5
    assert findings(Length(most=5), rows[3]) == [Finding("too_long", {"length": 6})]


def test_characters_count_the_reasoning():
    rows = (row("a", "abc", reasoning="de", tokens=0), row("a", "abc", reasoning="def", tokens=0))
    assert reasons(Length(most=5, unit="characters"), *rows) == [None, "too_long"]


@pytest.mark.parametrize(
    ("accepted", "rejected", "expected"),
    [(1, 3, None), (3, 1, None), (1, 4, "too_hard"), (4, 1, "too_easy"), (4, 0, "too_easy"), (0, 4, "too_hard"), (1, 0, "too_few_samples")],
)  # fmt: skip
def test_difficulty_drops_the_problem(accepted, rejected, expected):
    rows = [row("a", str(i), index=i) for i in range(accepted)]
    rows += [refused("a", str(i), accepted + i) for i in range(rejected)]
    group = RowGroup(Problem("a", "?"), EMPTY, tuple(rows))
    found = Difficulty(least=0.25, most=0.75, min_samples=2).select(group)
    if expected is None:
        assert found == [None] * accepted
    else:
        assert found == Finding(expected, {"accepted": accepted, "decided": accepted + rejected})


def test_the_whole_band_keeps_what_is_never_or_always_solved():
    for rows, kept in (((row("a", "1"),), [None]), ((refused("a", "1"),), [])):
        assert Difficulty().select(RowGroup(Problem("a", "?"), EMPTY, rows)) == kept


@pytest.mark.parametrize(
    ("prefer", "kept"), [("first", [0, 1]), ("shortest", [1, 3]), ("longest", [0, 2]), ("score", [2, 3])]
)
def test_the_cap_keeps_what_is_preferred(prefer, kept):
    told = [("looong", 0.1), ("s", 0.2), ("longer", 0.9), ("st", 0.8)]
    rows = [
        row("a", text, index=i, verdicts=(Verdict(Status.PASS, score, verifier="reward"),))
        for i, (text, score) in enumerate(told)
    ]
    found = reasons(Cap(rows=2, prefer=prefer, score_by="reward"), *rows)
    assert found == [None if i in kept else "over_cap" for i in range(4)]


@pytest.mark.parametrize(
    ("cls", "options", "key"),
    [
        (Duplicates, {"within": "no"}, "within"),
        (Duplicates, {"compare": "x"}, "compare"),
        (Length, {"unit": "words"}, "unit"),
        (Length, {"most": 0}, "most"),
        (Length, {"least": -1}, "least"),
        (Length, {"least": 5, "most": 4}, "least"),
        (Difficulty, {"least": 0.5, "most": 0.4}, "least"),
        (Difficulty, {"min_samples": 0}, "min_samples"),
        (Cap, {"rows": 0}, "rows"),
        (Cap, {"prefer": "best"}, "prefer"),
    ],
)
def test_wrong_options_name_the_key(cls, options, key):
    with pytest.raises(ConfigError, match=key):
        cls(**options)
