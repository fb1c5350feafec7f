"""KTO rows: labels that verdicts support, balance reported, no text under both labels."""

import pytest
from product_rows import group, made, write

from engine.errors import ConfigError
from engine.products.unpaired import Unpaired, balance_of
from engine.records import Status

P, F, N, T, A, E = Status.PASS, Status.FAIL, Status.NO_ANSWER, Status.TIMEOUT, Status.ABSTAIN, Status.ERROR


def test_labels_and_why(tmp_path):
    facts, rows = write(Unpaired(), tmp_path, group("a", (P,), (F, "no"), (E, "e"), (A, "a"), (N, "cut"), (T, "loop")))
    assert [(r["index"], r["label"], r["refused_for"]) for r in rows] == [
        (0, True, None),
        (1, False, "math FAIL: r"),
        (5, False, "math TIMEOUT: r"),
    ]
    assert rows[1]["completion"] == [{"role": "assistant", "content": "no"}]
    assert facts["dropped"] == {"loser_status": 1}
    assert facts["labels"] == {
        "desirable": 1, "undesirable": 2, "desirable_weight": 2.0, "undesirable_weight": 1.0,
    }  # fmt: skip


def test_what_kto_is_told_lies_in_the_range_of_its_paper():
    """Equation 8: weight times count of one label is 1 to 4/3 times that of the other."""
    for right, wrong in ((10, 10), (3, 17), (40, 7)):
        facts = balance_of(right, wrong)
        assert 0.99 <= facts["desirable_weight"] * right / (facts["undesirable_weight"] * wrong) <= 4 / 3
    assert balance_of(0, 5)["desirable_weight"] is None


def test_a_text_that_was_accepted_and_rejected_is_neither(tmp_path):
    facts, rows = write(
        Unpaired(), tmp_path, group("a", (P, "same"), (F, " same\n"), (P, "right"), (F, "no"), (F, "no"))
    )
    assert [(r["index"], r["label"]) for r in rows] == [(2, True), (3, False)]
    assert facts["dropped"] == {"both_labels": 2, "duplicate": 1}


def test_a_row_that_selection_dropped_is_no_negative_and_no_positive(tmp_path):
    rows = (lambda p: made(p, 0), lambda p: made(p, 1, dropped="over_cap"), lambda p: made(p, 2, F, "no"))
    facts, found = write(Unpaired(), tmp_path, group("a", *rows))
    assert [r["index"] for r in found] == [0, 2]
    assert facts["dropped"] == {"selection:over_cap": 1}


def test_balance_by_problem_and_caps(tmp_path):
    many = group("a", (P, "1"), (P, "22"), (P, "333"), (F, "x"), (F, "y"))
    facts, rows = write(Unpaired(balance="problem"), tmp_path, many, group("b", (P,)))
    assert [(r["problem_id"], r["label"]) for r in rows] == [("a", True), ("a", True), ("a", False), ("a", False)]
    assert facts["dropped"] == {"label_balance": 2}
    facts, rows = write(Unpaired(max_per_label=1, prefer="longest"), tmp_path, many)
    assert [r["index"] for r in rows] == [2, 3]
    assert facts["dropped"] == {"over_cap": 3}


def test_llama_factory_reads_messages_and_a_tag(tmp_path):
    _, rows = write(Unpaired(format="llama_factory"), tmp_path, group("a", (F, "no")))
    assert rows[0]["messages"][-1] == {"role": "assistant", "content": "no"}
    assert rows[0]["label"] is False


@pytest.mark.parametrize(
    ("options", "key"),
    [
        ({"losers": ("ERROR",)}, "losers"),
        ({"balance": "run"}, "balance"),
        ({"max_per_label": 0}, "max_per_label"),
        ({"prefer": "best"}, "prefer"),
        ({"format": "axolotl"}, "format"),
    ],
)
def test_wrong_options_name_the_key(options, key):
    with pytest.raises(ConfigError, match=key):
        Unpaired(**options)
