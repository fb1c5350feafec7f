"""What changed between two runs, or between two versions of a verifier in one ledger."""

import pytest
from ledgers import HOSTILE, add, hostile_groups, make_run, plain_groups, sample
from rich.console import Console

from engine.errors import UsageError
from engine.ledger import Ledger
from engine.records import Problem
from engine.report.compare import FAILED, PASSED, compare
from engine.report.compare_text import render_comparison


def told(made):
    console = Console(width=200, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(render_comparison(made))
    text = console.export_text()
    console.file.close()
    return text


def two(tmp_path, before, after):
    make_run(tmp_path / "a", before)
    make_run(tmp_path / "b", after)
    return compare(tmp_path / "a", tmp_path / "b")


def problem(name):
    return Problem(name, f"What is {name}?", answer="4")


def test_samples_that_changed_are_counted_and_named(tmp_path):
    def side(first, second, third):
        return [
            (problem("p"), [sample(first, text="one"), sample(second, text="two")]),
            (problem("q"), [sample(third, text="three")]),
        ]

    made = two(tmp_path, side("FAIL", "PASS", "FAIL"), side("PASS", "PASS", "PASS"))
    assert (made.same, made.different) == (3, 0)
    assert (made.changed(PASSED), made.changed(FAILED)) == (2, 0)
    assert [(flip.problem_id, flip.index, flip.why) for flip in made.newly_passed] == [
        ("p", 0, "math:FAIL"),
        ("q", 0, "math:FAIL"),
    ]
    assert (made.solved, made.newly_solved, made.newly_unsolved) == ((1, 2), ["q"], [])
    assert made.rates == (0.25, 1.0)
    middle, low, high = made.difference
    assert middle == 0.75
    assert low < middle < high
    text = told(made)
    assert "Newly passed samples: 2" in text
    assert "Newly solved problems: q" in text
    back = compare(tmp_path / "b", tmp_path / "a")
    assert [(f.problem_id, f.index, f.why) for f in back.newly_failed] == [("p", 0, "math:FAIL"), ("q", 0, "math:FAIL")]
    assert back.newly_unsolved == ["q"]


def test_problems_are_matched_by_id_in_any_order(tmp_path):
    one = [(problem(name), [sample(text=name)]) for name in "abc"]
    other = [(problem(name), [sample("FAIL", text=name)]) for name in "dcb"]
    made = two(tmp_path, one, other)
    assert made.problems == (2, 1, 1)
    assert (made.same, made.changed(FAILED)) == (2, 2)
    assert made.newly_unsolved == ["c", "b"]


def test_other_texts_are_no_changed_verdicts(tmp_path):
    made = two(
        tmp_path,
        [(problem("p"), [sample(text="mine"), sample(text="both")])],
        [(problem("p"), [sample("FAIL", text="yours"), sample(text="both"), sample(text="more")])],
    )
    assert (made.same, made.different) == (1, 2)
    assert made.outcomes == {("accepted", "accepted"): 1}
    assert made.rates == (1.0, pytest.approx(2 / 3))


def test_an_error_is_neither_newly_passed_nor_newly_failed(tmp_path):
    made = two(tmp_path, [(problem("p"), [sample("ERROR")])], [(problem("p"), [sample("PASS")])])
    assert (made.changed(PASSED), made.changed(FAILED)) == (0, 0)
    assert made.outcomes == {("error", "accepted"): 1}
    assert made.difference is None
    assert "Newly" not in told(made)


def test_two_versions_of_a_verifier_in_one_ledger(tmp_path):
    groups = [(problem("p"), [sample("FAIL", text="x"), sample("PASS", text="y")])]
    exporter = make_run(tmp_path / "run", groups)
    with pytest.raises(UsageError, match="one version of each verifier"):
        compare(tmp_path / "run", None)
    ledger = Ledger(exporter.directory.ledger)
    present = dict(exporter.versions)
    exporter.versions = {"math": "0+old", "steps": present["steps"]}
    for index, text in enumerate("xy"):
        add(ledger, exporter, 0, groups[0][0], index, sample("PASS", text=text))
    ledger.close()
    made = compare(tmp_path / "run", None)
    assert "math 0+old" in made.names[0]
    assert f"math {present['math']}" in made.names[1]
    assert (made.same, made.changed(FAILED), made.changed(PASSED)) == (2, 1, 0)


def test_runs_without_a_common_problem_are_refused(tmp_path):
    with pytest.raises(UsageError, match="no problem in common"):
        two(tmp_path, [(problem("a"), [sample()])], [(problem("b"), [sample()])])


def test_hostile_names_reach_no_terminal(tmp_path):
    made = two(
        tmp_path,
        list(hostile_groups()),
        [(p, [sample(text=m.text, reasoning=m.reasoning) for m in made]) for p, made in hostile_groups()],
    )
    assert made.newly_passed
    text = told(made)
    assert not set(text) & set("\x00\x1b\u202e\u2028")
    assert HOSTILE not in text


def test_lists_are_bounded_and_counts_are_not(tmp_path, monkeypatch):
    monkeypatch.setattr("engine.report.compare.LISTED", 5)
    made = two(
        tmp_path,
        [(p, [sample("FAIL", text=m.text) for m in made]) for p, made in plain_groups(10, 4)],
        [(p, [sample("PASS", text=m.text) for m in made]) for p, made in plain_groups(10, 4)],
    )
    assert (made.changed(PASSED), len(made.newly_passed), len(made.newly_solved)) == (40, 5, 5)
    assert made.difference == (1.0, 1.0, 1.0)
