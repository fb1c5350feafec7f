"""The comparison's table and page, from records and statistics on disk."""

import json
from html.parser import HTMLParser
from io import StringIO

import pytest
from rich.console import Console

from engine.stats import summarise
from engine.sweep.comparison import compare, write
from engine.sweep.ending import code
from engine.sweep.page import write_page
from engine.sweep.record import COMPLETE, FAILED, RUNNING, JobRecord, jobs, read, set_aside_earlier
from engine.sweep.table import render

HOSTILE = "<script>alert(1)</script>\x1b[31m\u202e"


def stats(n, accepted, tokens=1000):
    counts = {
        "problems": {"loaded": 10, "bad_rows": {}, "duplicates": 0, "set_aside": {}, "sampled": 10},
        "samples": {"total": 10 * n, "surplus": 0, "finish": {}, "tokens": tokens, "prompt_tokens": 10},
        "decisions": {"accepted": accepted, "rejected": {}, "error": n, "undecided": 0},
        "groups": [[n, n, accepted // n], [n, 0, 10 - accepted // n]],
        "tokens_per_accepted": tokens / accepted,
        "seconds": {"idle_share": 0.125},
    }
    return summarise(counts) | {"accepted_problems": accepted // n}


@pytest.fixture
def sweep(tmp_path):
    """Two complete jobs, a failed one, a killed one, and what an earlier command left."""
    path = tmp_path / "s"
    for number, (name, status, made) in enumerate(
        [
            ("n-2", COMPLETE, stats(2, 8)),
            ("n-4", COMPLETE, stats(4, 24, 9000)),
            ("n-0", FAILED, None),
            ("n-8", RUNNING, None),
        ]
    ):
        (path / name).mkdir(parents=True)
        error = f"budget: {HOSTILE}" if status == FAILED else None
        record = JobRecord(number, (f"budget.n_samples={name[2:]}", f"x={HOSTILE}"), status, error, 2 if error else 0)
        record.write(path / name)
        if made:
            (path / name / "stats.json").write_text(json.dumps(made))
    return path


def test_comparison_holds_every_job_and_marks_the_best(sweep):
    found = compare(sweep, "accepted_problems", "maximize")
    assert [job["directory"] for job in found["jobs"]] == ["n-2", "n-4", "n-0", "n-8"]
    assert [job["status"] for job in found["jobs"]] == ["complete", "complete", "failed", "unfinished"]
    assert (found["best"], found["k"]) == ("n-4", 2)  # pass@4 is not known of n-2
    second = found["jobs"][1]
    assert (second["accepted"], second["solved"], second["problems"], second["coverage"]) == (24, 6, 10, 0.6)
    assert (second["tokens_per_row"], second["idle_share"], second["error_share"]) == (375, 0.125, 0.1)
    assert second["pass_at_1"]["estimate"] == pytest.approx(0.6)
    assert "the same command resumes it" in found["jobs"][3]["error"]
    assert found["jobs"][2]["accepted"] is None
    assert compare(sweep, "tokens_per_accepted", "minimize")["best"] == "n-2"
    write(sweep / "comparison.json", found)
    assert json.loads((sweep / "comparison.json").read_text()) == found


def test_an_objective_that_is_missing_has_a_sentence_and_no_best(sweep):
    found = compare(sweep, "seconds.nothing", "maximize")
    assert found["best"] is None
    assert "no such key" in found["jobs"][0]["objective_note"]


@pytest.mark.parametrize("width", [80, 160])
def test_table_breaks_no_number_and_shows_no_control_character(sweep, width):
    console = Console(file=StringIO(), width=width)
    found = compare(sweep, "selected", "maximize")
    console.print(render(found, sweep, width))
    text = console.file.getvalue()
    assert "\x1b" not in text
    assert "\u202e" not in text
    for word in ("375.0", "6/10", "12.5", "10.0", "failed", "unfinished"):
        assert word in text
    first = found["jobs"][0]["pass_at_1"]
    assert (f"({100 * first['low']:.1f}-{100 * first['high']:.1f})" in text) == (width == 160)


def test_page_is_whole_escaped_and_loads_nothing(sweep):
    write_page(sweep / "comparison.html", compare(sweep, "accepted", "maximize"))
    text = (sweep / "comparison.html").read_text()
    tags, links = [], []

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attrs):
            tags.append(tag)
            links.extend(value for name, value in attrs if name in ("href", "src"))

    Reader().feed(text)
    assert not {"script", "link", "img", "iframe"} & set(tags)
    assert tags.count("tr") == 5
    assert links == ["n-2/stats.json", "n-4/stats.json", "n-0/job.json", "n-8/job.json"]
    assert "&lt;script&gt;" in text


def test_records_of_earlier_commands_are_set_aside(sweep):
    set_aside_earlier(sweep)
    JobRecord(0, ("budget.n_samples=9",), COMPLETE).write(sweep / "n-2")
    found = list(jobs(sweep))
    assert [(path.name, job.earlier) for path, job in found] == [
        ("n-2", False),
        ("n-4", True),
        ("n-0", True),
        ("n-8", True),
    ]
    assert [code(job) for _, job in found] == [0, 0, 2, 1]


def test_a_damaged_record_is_no_job(sweep):
    (sweep / "n-0" / "job.json").write_text('{"number": ')
    assert read(sweep / "n-0") is None
    assert len(compare(sweep, "accepted", "maximize")["jobs"]) == 3
