"""Selectors one after the other: what each drops, what is written down, and the same again from the record."""

import json
from collections import Counter
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import ConfigError
from engine.records import Decision, Problem, Rendered, Row, Sample, Status, Verdict
from engine.rows import Finding, RowGroup
from engine.selection.chain import Chain, Recorded

EMPTY = Rendered(text="?")
DUPLICATES = {"_target_": "engine.selection.duplicates.Duplicates"}
CAP = {"_target_": "engine.selection.cap.Cap", "rows": 1}
BAND = {"_target_": "engine.selection.difficulty.Difficulty", "most": 0.5}


@dataclass
class Marker:
    """Finds what the texts say."""

    short: bool = False

    def select(self, group):
        first = group.rows[0].sample.text
        if first.startswith(("problem:", "note:")):
            return Finding(first.partition(":")[2], {"span": first}, drops=first.startswith("problem"))
        found = [Finding("noted", drops=False) if row.sample.text == "n" else None for row in group.selected]
        return found[1:] if self.short else found

    def facts(self):
        return {"told": 1}


MARKER = {"_target_": f"{__name__}.Marker"}


def group(name, *texts):
    """A text that begins with ``-`` is a rejected sample."""
    rows = []
    for index, text in enumerate(texts):
        wrong = text.startswith("-")
        verdict = Verdict(Status.FAIL if wrong else Status.PASS, verifier="math")
        decision = Decision(not wrong, "all", ("math",))
        rows.append(Row(Problem(name, "?"), Sample(name, index, text), decision, (verdict,), EMPTY))
    return RowGroup(Problem(name, "?"), EMPTY, tuple(rows))


def applied(chain, *groups):
    return [chain.apply(each) for each in groups]


def test_each_selector_sees_what_the_one_before_it_left():
    made = group("a", "x", "x", "y", "-z")
    for config, expected in (
        ({"d": DUPLICATES, "c": CAP}, [None, "duplicate", "over_cap", None]),
        ({"c": CAP, "d": DUPLICATES}, [None, "over_cap", "over_cap", None]),
        ({}, [None] * 4),
    ):
        chain = Chain(config)
        (found,) = applied(chain, made)
        assert [row.dropped for row in found.rows] == expected
        assert len(found.rejected) == 1
    assert Chain({}).facts() == {"dropped": {}, "noted": {}, "selectors": {}}


def test_a_dropped_problem_leaves_nothing_and_is_counted_once():
    chain = Chain({"d": DUPLICATES, "b": BAND, "c": CAP})
    easy, kept = applied(chain, group("a", "x", "x", "y", "-z"), group("b", "x", "-z"))
    assert (easy.dropped, easy.selected, easy.rejected) == ("too_easy", (), ())
    assert [row.dropped for row in easy.rows] == ["too_easy", "duplicate", "too_easy", "too_easy"]
    assert (kept.dropped, len(kept.selected), len(kept.rejected)) == (None, 1, 1)
    told = chain.facts()
    assert told["dropped"] == {"duplicate": 1, "too_easy": 2}
    assert told["selectors"] == {
        "d": {"rows": {"duplicate": 1}, "problems": {}, "facts": {}},
        "b": {"rows": {"too_easy": 2}, "problems": {"too_easy": 1}, "facts": {}},
        "c": {"rows": {}, "problems": {}, "facts": {}},
    }


def test_what_is_only_noted_is_kept_and_written_down(tmp_path):
    path = tmp_path / "selection.jsonl"
    with Chain({"m": MARKER}, path) as chain:
        found = applied(chain, group("a", "n", "x"), group("b", "note:maybe", "y"), group("c", "problem:sure"))
        assert not path.exists()
    assert [len(each.selected) for each in found] == [2, 2, 0]
    assert [json.loads(line) for line in path.read_text("utf-8").splitlines()] == [
        {"problem_id": "a", "index": 0, "selector": "m", "reason": "noted", "evidence": {}, "drops": False},
        {"problem_id": "b", "index": None, "selector": "m", "reason": "maybe", "evidence": {"span": "note:maybe"}, "drops": False},
        {"problem_id": "c", "index": None, "selector": "m", "reason": "sure", "evidence": {"span": "problem:sure"}, "drops": True},
    ]  # fmt: skip
    facts = chain.facts()
    assert (facts["noted"], facts["selectors"]["m"]["facts"]) == ({"maybe": 1, "noted": 1}, {"told": 1})


def test_a_pass_that_fails_leaves_the_record_before_it(tmp_path):
    path = tmp_path / "selection.jsonl"
    path.write_text("before")
    with pytest.raises(AttributeError), Chain({"d": DUPLICATES}, path) as chain:
        [chain.apply(each) for each in (group("a", "x", "x"), None)]
    assert [p.name for p in tmp_path.iterdir()] == ["selection.jsonl"]
    assert path.read_text() == "before"


def test_a_selector_that_answers_for_too_few_is_named():
    with pytest.raises(ConfigError, match=r"select\.m: answered for 1 of 2 rows of 'a'"):
        Chain({"m": MARKER | {"short": True}}).apply(group("a", "x", "y"))


texts = st.lists(st.sampled_from(["x", "y", "n", "-x", "-y", "\ud800\n", "problem:p", "note:q"]), max_size=6)


@given(st.lists(texts, max_size=6), st.permutations(["d", "b", "c", "m"]), st.integers(0, 4))
def test_the_record_gives_the_same_again_and_the_counts_add_up(tmp_path_factory, made, order, many):
    parts = {"d": DUPLICATES, "b": BAND, "c": CAP, "m": MARKER}
    groups = [group(f"p{i}", *texts) for i, texts in enumerate(made) if texts]
    path = tmp_path_factory.mktemp("chain") / "selection.jsonl"
    with Chain({name: parts[name] for name in order[:many]}, path) as chain:
        first = applied(chain, *groups)
    assert applied(Recorded(path), *groups) == first
    dropped = Counter(row.dropped for each in first for row in each.accepted if row.dropped)
    assert chain.facts()["dropped"] == dict(sorted(dropped.items()))
    by_selector = Counter()
    for told in chain.facts()["selectors"].values():
        by_selector.update(told["rows"])
    assert +by_selector == +dropped
