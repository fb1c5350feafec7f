"""Step rows: every label rests on a mark, and a row ends where marks do."""

import pytest
from product_rows import group, made, marks, write

from engine.errors import ConfigError
from engine.products.stepwise import Stepwise
from engine.records import Status, StepMark, Verdict

P, F, E = Status.PASS, Status.FAIL, Status.ERROR
TEXT = "3 * 4 = 12\n12 + 1 = 13\nso 13"


def stepped(index, *verdicts, status=P, text=TEXT, verifier="steps", labels=None, reasoning=None, **more):
    found = Verdict(Status.PASS, verifier=verifier, version="1", config_hash="c", steps=marks(text, *verdicts))
    decided = Verdict(status, verifier="math", version="1")
    return lambda problem: made(
        problem, index, status, text, verdicts=(decided, found), labels=labels, reasoning=reasoning, **more
    )


def test_a_row_ends_at_its_first_wrong_step(tmp_path):
    rows = [stepped(0, "supported", "refuted", "supported", status=F)]
    facts, found = write(Stepwise(), tmp_path, group("a", *rows))
    assert found[0]["prompt"] == "What is a?"
    assert found[0]["completions"] == ["3 * 4 = 12", "12 + 1 = 13"]
    assert found[0]["labels"] == [True, False]
    assert found[0]["labelled_by"] == "steps 1+c"
    assert facts["labels"] == {"right": 1, "wrong": 1, "trusted": 0}


def test_an_unchecked_step_ends_a_row_unless_the_accepted_are_trusted(tmp_path):
    rows = [
        stepped(0, "supported", "unchecked", "supported"),
        stepped(1, "unchecked", "unchecked", "refuted", text="a\nb\nc", status=F),
        stepped(2, "supported", "unchecked", "supported", text="d\ne\nf", status=F),
    ]
    facts, found = write(Stepwise(), tmp_path, group("a", *rows))
    assert [(r["index"], r["labels"]) for r in found] == [(0, [True]), (2, [True])]
    assert facts["dropped"] == {"first_step_unchecked": 1}
    facts, found = write(Stepwise(trust_accepted=True), tmp_path, group("a", *rows))
    assert [(r["index"], r["labels"]) for r in found] == [(0, [True, True, True]), (2, [True])]
    assert facts["labels"] == {"right": 4, "wrong": 0, "trusted": 1}


def test_a_wrong_answer_from_steps_that_all_seem_right_is_left_out(tmp_path):
    facts, _ = write(Stepwise(), tmp_path, group("a", stepped(0, "supported", "supported", "supported", status=F)))
    assert facts["dropped"] == {"error_not_found": 1}


def test_labels_of_locate_come_before_marks(tmp_path):
    steps = tuple(
        StepMark(mark.start, mark.end, mark.verdict, score=score)
        for mark, score in zip(marks(TEXT, "supported", "refuted", "unchecked"), (0.99, 0.02, 0.01), strict=True)
    )
    located = Verdict(Status.FAIL, verifier="locate", version="1", config_hash="h", steps=steps)
    rows = [stepped(0, "supported", "supported", "unchecked", status=F, labels=located)]
    _, found = write(Stepwise(), tmp_path, group("a", *rows))
    assert (found[0]["labels"], found[0]["step_scores"]) == ([True, False], [0.99, 0.02])
    assert found[0]["labelled_by"] == "locate 1+h"
    _, found = write(Stepwise(source="steps"), tmp_path, group("a", *rows))
    assert found[0]["labels"] == [True, True]
    facts, _ = write(Stepwise(source="locate"), tmp_path, group("a", stepped(0, *["supported"] * 3)))
    assert facts["dropped"] == {"no_step_verdict": 1}


def test_spans_count_through_the_reasoning(tmp_path):
    """Marks refer to reasoning and text joined by a blank line."""
    whole = "3 * 4 = 12\n\n\\boxed{12}"
    steps = (StepMark(0, 10, "supported"), StepMark(12, 22, "supported"))
    found = Verdict(Status.PASS, verifier="steps", version="1", steps=steps)
    row = lambda p: made(p, 0, P, "\\boxed{12}", reasoning="3 * 4 = 12", verdicts=(found,))  # noqa: E731
    _, rows = write(Stepwise(), tmp_path, group("a", row))
    assert rows[0]["completions"] == [whole[:10], whole[12:]]


def test_nothing_to_say_is_counted(tmp_path):
    scored = Verdict(Status.ABSTAIN, verifier="process_reward", steps=(StepMark(0, 2, "unchecked", score=0.9),))
    rows = (
        lambda p: made(p, 0),
        lambda p: made(p, 1, E, "x"),
        lambda p: made(p, 2, P, "y", verdicts=(scored,)),
        stepped(3, "supported", "unchecked", "unchecked", dropped="duplicate"),
        stepped(4, "supported", "unchecked", "unchecked"),
        stepped(5, "supported", "unchecked", "unchecked"),
    )
    facts, _ = write(Stepwise(), tmp_path, group("a", *rows))
    assert (facts["rows"], facts["taken"]) == (1, 6)
    assert facts["dropped"] == {"no_step_verdict": 2, "error": 1, "selection:duplicate": 1, "duplicate": 1}
    facts, _ = write(Stepwise(min_steps=2), tmp_path, group("a", rows[4]))
    assert facts["dropped"] == {"too_few_steps": 1}


@pytest.mark.parametrize(("options", "key"), [({"min_steps": 0}, "min_steps"), ({"format": "verl"}, "format")])
def test_wrong_options_name_the_key(options, key):
    with pytest.raises(ConfigError, match=key):
        Stepwise(**options)
