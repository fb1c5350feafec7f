"""Which rows SFT takes: all, the best, the most diverse, or those whose steps are clean."""

import pytest
from product_rows import group, made, marks, write

from engine.errors import ConfigError
from engine.products.choose import diverse
from engine.products.sft import SFT
from engine.records import Status, Verdict

P, F = Status.PASS, Status.FAIL


def row(index, text, score=None, **more):
    return lambda problem: made(problem, index, P, text, score=score, **more)


def indices(rows):
    return [r["index"] for r in rows]


def test_best_of_n(tmp_path):
    rows = [row(0, "four", 0.2), row(1, "4", 0.9), row(2, "four, I think", None)]
    pick = {"first": [0, 1], "shortest": [0, 1], "longest": [0, 2], "score": [0, 1]}
    for prefer, expected in pick.items():
        facts, found = write(SFT(take="best", k=2, prefer=prefer), tmp_path, group("a", *rows, (F, "no")))
        assert indices(found) == expected, prefer
        assert facts["dropped"] == {"not_chosen": 1}
    _, found = write(SFT(take="best", prefer="score", score_by="nobody"), tmp_path, group("a", *rows))
    assert indices(found) == [0]


def test_the_most_diverse(tmp_path):
    texts = [
        "add two and two to get four",
        "add two and two to get 4",
        "count four fingers on one hand",
        "add two and two to get four",
    ]
    rows = [row(i, text) for i, text in enumerate(texts)]
    assert indices(write(SFT(take="diverse", k=2), tmp_path, group("a", *rows))[1]) == [0, 2]
    # the fourth says what the first says: it is never diverse
    assert indices(write(SFT(take="diverse", k=9), tmp_path, group("a", *rows))[1]) == [0, 1, 2]
    assert diverse([], 3) == []


def test_filtered_chain_of_thought(tmp_path):
    def stepped(index, *verdicts):
        text = "\n".join(f"line {index} {i}" for i in range(len(verdicts)))
        found = Verdict(P, verifier="steps", version="1", steps=marks(text, *verdicts))
        return row(index, text, verdicts=(Verdict(P, verifier="math", version="1"), found))

    rows = [
        stepped(0, "supported", "unchecked"),
        stepped(1, "supported", "refuted"),
        stepped(2, "unchecked"),
        stepped(3, "supported"),
        row(4, "bare"),
    ]
    assert indices(write(SFT(), tmp_path, group("a", *rows))[1]) == [0, 1, 2, 3, 4]
    facts, found = write(SFT(steps="unrefuted"), tmp_path, group("a", *rows))
    assert indices(found) == [0, 3]
    assert facts["dropped"] == {"step_refuted": 1, "steps_unchecked": 2}
    facts, found = write(SFT(steps="supported"), tmp_path, group("a", *rows))
    assert indices(found) == [3]
    assert facts["dropped"] == {"step_refuted": 1, "steps_unchecked": 2, "steps_not_all_supported": 1}


def test_selection_is_counted_and_the_rejected_are_not_looked_at(tmp_path):
    facts, _ = write(SFT(), tmp_path, group("a", row(0, "x"), row(1, "y", dropped="duplicate"), (F, "no")), group("b"))
    assert (facts["rows"], facts["taken"], facts["dropped"]) == (1, 2, {"selection:duplicate": 1})


@pytest.mark.parametrize(
    ("options", "key"),
    [
        ({"take": "some"}, "take"),
        ({"k": 0}, "k is"),
        ({"prefer": "best"}, "prefer"),
        ({"steps": "clean"}, "steps"),
        ({"format": "nemo"}, "format"),
    ],
)
def test_wrong_options_name_the_key(options, key):
    with pytest.raises(ConfigError, match=key):
        SFT(**options)
