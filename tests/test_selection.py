"""Selection: every drop has its reason, the first stays, order never changes."""

from dataclasses import fields
from itertools import groupby
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from engine.build import build
from engine.errors import ConfigError
from engine.protocols import Selector
from engine.records import Decision, Problem, Rendered, Row, Sample
from engine.rows import RowGroup
from engine.selection import Select

CONF = Path(__file__).parents[1] / "conf" / "select"


def row(problem: str, text: str, *, reasoning: str | None = None, tokens: int = 5, index: int = 0) -> Row:
    sample = Sample(problem, index, text, reasoning=reasoning, tokens=tokens)
    return Row(Problem(problem, "?"), sample, Decision(True, "all"), (), Rendered(text="?"))


def reasons(select: Select, *rows: Row) -> list[str | None]:
    """Rows of one problem stand together, as they do in a run."""
    return [
        reason
        for problem, group in groupby(rows, key=lambda row: row.problem.id)
        for reason in select.select(RowGroup(Problem(problem, "?"), Rendered(text="?"), tuple(group)))
    ]


def test_duplicates_within_the_problem_only():
    rows = (row("a", "x = 1"), row("a", " x  =\n1 "), row("a", "x = 2"), row("b", "x = 1"))
    assert reasons(Select(), *rows) == [None, "duplicate", None, None]


def test_duplicates_everywhere_name_where_the_first_was():
    rows = (row("a", "x"), row("a", "x"), row("b", "x"), row("b", "x"), row("b", "y"))
    expected = [None, "duplicate", "duplicate_elsewhere", "duplicate", None]
    assert reasons(Select(duplicates="everywhere"), *rows) == expected


def test_composed_and_decomposed_letters_are_the_same_text():
    assert reasons(Select(), row("a", "caf\u00e9"), row("a", "cafe\u0301")) == [None, "duplicate"]


def test_reasoning_counts_unless_only_the_text_is_compared():
    rows = (row("a", "4", reasoning="2+2"), row("a", "4", reasoning="1+3"), row("a", "4"))
    assert reasons(Select(), *rows) == [None, None, None]
    assert reasons(Select(compare="text"), *rows) == [None, "duplicate", "duplicate"]
    run_together = (row("a", "bc", reasoning="a"), row("a", "c", reasoning="ab"))
    assert reasons(Select(), *run_together) == [None, None]


def test_cap_keeps_the_first_rows_of_every_problem():
    rows = (row("a", "1"), row("a", "2"), row("a", "3"), row("b", "1"), row("b", "2"))
    assert reasons(Select(max_per_problem=2), *rows) == [None, None, "over_cap", None, None]


def test_only_accepted_rows_are_asked_about():
    refused = Row(Problem("a", "?"), Sample("a", 7, "x"), Decision(False, "all"), (), Rendered(text="?"))
    group = RowGroup(Problem("a", "?"), Rendered(text="?"), (refused, row("a", "x"), row("a", "x", index=1)))
    assert Select().select(group) == [None, "duplicate"]


def test_a_duplicate_takes_no_place_under_the_cap():
    rows = (row("a", "1"), row("a", "1"), row("a", "2"), row("a", "3"))
    assert reasons(Select(max_per_problem=2), *rows) == [None, "duplicate", None, "over_cap"]


def test_length_band_includes_its_ends_and_spares_no_unknown():
    rows = [row("a", str(n), tokens=n) for n in (2, 3, 5, 6, 0)]
    expected = ["too_short", None, None, "too_long", "length_unknown"]
    assert reasons(Select(min_length=3, max_length=5), *rows) == expected
    assert reasons(Select(), *rows) == [None] * 5


def test_characters_count_the_reasoning():
    rows = (row("a", "abc", reasoning="de", tokens=0), row("a", "abc", reasoning="def", tokens=0))
    assert reasons(Select(max_length=5, length_unit="characters"), *rows) == [None, "too_long"]


def test_a_row_dropped_for_its_length_makes_no_duplicate():
    rows = (row("a", "x", tokens=9), row("a", "x", tokens=1))
    assert reasons(Select(max_length=5), *rows) == ["too_long", None]


def test_lone_surrogates_do_not_stop_it():
    assert reasons(Select(), row("\ud800", "\udc80"), row("\ud800", "\udc80")) == [None, "duplicate"]


texts = st.lists(st.tuples(st.sampled_from("abc"), st.text("xy ", max_size=3)), max_size=30)


@given(texts, st.sampled_from(["keep", "problem", "everywhere"]), st.sampled_from([None, 1, 2]))
def test_what_is_kept_obeys_the_rules_and_nothing_is_lost(items, duplicates, cap):
    rows = [row(problem, text, index=i) for i, (problem, text) in enumerate(sorted(items, key=lambda item: item[0]))]
    found = reasons(Select(duplicates=duplicates, max_per_problem=cap), *rows)
    pairs = list(zip(rows, found, strict=True))
    kept = [(r.problem.id, " ".join(r.sample.text.split())) for r, reason in pairs if reason is None]
    if duplicates == "problem":
        assert len(set(kept)) == len(kept)
    if duplicates == "everywhere":
        assert len({text for _, text in kept}) == len(kept)
    for problem in "abc":
        mine = [k for k in kept if k[0] == problem]
        assert cap is None or len(mine) <= cap
    if duplicates == "keep" and cap is None:
        assert len(kept) == len(rows)


@pytest.mark.parametrize(
    ("options", "key"),
    [
        ({"duplicates": "no"}, "duplicates"),
        ({"compare": "x"}, "compare"),
        ({"length_unit": "words"}, "length_unit"),
        ({"max_per_problem": 0}, "max_per_problem"),
        ({"max_length": 0}, "max_length"),
        ({"min_length": -1}, "min_length"),
        ({"min_length": 5, "max_length": 4}, "min_length"),
    ],
)
def test_wrong_options_name_the_key(options, key):
    with pytest.raises(ConfigError, match=key):
        Select(**options)


@pytest.mark.parametrize("option", ["default", "all"])
def test_the_yaml_lists_every_parameter(option):
    options = yaml.safe_load((CONF / f"{option}.yaml").read_text())
    assert set(options) == {*(f.name for f in fields(Select) if f.init), "_target_"}
    select = build(options, Selector, "select")
    expected = None if option == "all" else "duplicate"
    assert reasons(select, row("a", "x"), row("a", "x")) == [None, expected]
