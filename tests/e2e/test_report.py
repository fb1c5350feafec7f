"""``proofstill report`` through the console script."""

import json

RUN = ("run", "sampler=scripted", "problems.n_problems=20", "budget.n_samples=4")


def test_a_run_is_reported_and_two_are_compared(proofstill, tmp_path):
    for name, seed in (("one", 1), ("two", 2)):
        done = proofstill(*RUN, f"run.name={name}", f"run.seed={seed}", "problems.seed=0")
        assert done.returncode == 0, done.stderr
    before = json.loads((tmp_path / "runs/one/stats.json").read_text())
    done = proofstill("report", "run=runs/one")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("runs/one/report.html: ")
    page = (tmp_path / "runs/one/report.html").read_text("utf-8")
    assert f"This report carries all {before['samples']['total']} samples." in page
    after = json.loads((tmp_path / "runs/one/stats.json").read_text())
    assert {key: value for key, value in after.items() if key != "report"} == {
        key: value for key, value in before.items() if key != "report"
    }

    done = proofstill("report", "compare", "runs/one", "runs/two", "page=what.html")
    assert done.returncode == 0, done.stderr
    assert "solved, of 20 shared" in done.stdout
    assert "<script" not in (tmp_path / "what.html").read_text("utf-8")


def test_wrong_usage_is_told_in_one_sentence(proofstill):
    for arguments, code, words in (
        (("report", "run=nowhere"), 2, "nowhere: no run here"),
        (("report",), 2, "run"),
        (("report", "compare"), 2, "usage: proofstill report compare A B"),
        (("report", "compare", "a", "b", "c"), 2, "usage: proofstill report compare A B"),
        (("report", "compare", "nowhere"), 2, "nowhere: no run here"),
    ):
        done = proofstill(*arguments)
        assert done.returncode == code, done.stderr
        assert words in done.stderr
        assert done.stderr.count("\n") == 1
        assert done.stdout == ""


def test_help_tells_both_forms(proofstill):
    done = proofstill("report", "--help")
    assert "proofstill report compare A B" in done.stdout
