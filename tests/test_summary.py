"""The summary a person reads: hostile text stays text."""

import io

from rich.console import Console

from engine.records import Decision, Message, Problem, Rendered, Row, Sample, Status, Verdict
from engine.stats import empty_counts, summarise
from engine.summary import render_summary

HOSTILE = "[red]not markup[/red] \x1b[31mred\x1b]0;title\x07 \x9b2J bell\x07 back\x08 \u202egnp \udc80 [/nope]"


def shown(stats, *examples, places=None, width=100) -> str:
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
    console.print(render_summary(stats, examples, places))
    return console.file.getvalue()


def example(text=HOSTILE, prompt="p", **sample) -> Row:
    verdicts = (Verdict(Status.PASS, answer="4 [b]", verifier="math"),)
    problem = Problem("[id]\n\x1b[2J", prompt)
    return Row(problem, Sample("x", 3, text, **sample), Decision(True, "all", ("math",)), verdicts, Rendered(text="p"))


def filled():
    counts = empty_counts()
    counts["problems"] |= {"loaded": 1205, "bad_rows": {"bad_json": 2}, "set_aside": {"no_gold": 3}, "sampled": 1200}
    counts["samples"] |= {"total": 9600, "surplus": 100, "finish": {"stop": 9590, "length": 10}, "tokens": 480000}
    counts["verdicts"] = {"math": {"PASS": 5000, "FAIL": 4598, "ERROR": 2}}
    counts["decisions"] |= {"accepted": 5000, "rejected": {"math:FAIL": 4498}, "error": 2}
    counts["groups"] = [[8, 4, 1200]]
    counts["selected"] = {"kept": 4900, "dropped": {"duplicate": 100}}
    counts["products"] = {"sft": {"rows": 4900}}
    counts["seconds"] = {"verify_busy": 12.25, "idle_share": 0.031}
    counts["tokens_per_accepted"] = 96.0
    counts["reasons"] = {"math": {f"code{i}": 10 - i for i in range(9)} | {"[red]": 50}}
    return summarise(counts)


def test_every_number_is_there():
    text = shown(filled(), places={"products": "runs/demo/products"}, width=140)
    for needle in (
        "1,205", "bad_json 2", "no_gold 3", "9,600", "surplus 100", "math:FAIL 4,498", "verifier error 2", "duplicate 100",
        "exported: sft", "4,900", "50.0%", "480,000", "96.0", "stop 9,590, length 10", "verify busy", "12.2 s", "3.1%", "runs/demo/products",
        "[red] 50, code0 10, code1 9, code2 8, 6 others 27",
    ):  # fmt: skip
        assert needle in text, needle
    assert "different numbers" not in text


def test_hostile_text_is_shown_as_text():
    text = shown(summarise({}), example(reasoning="[bold]why[/bold]"))
    text.encode("utf-8")
    assert "[red]not markup[/red] red" in text
    assert "[/nope]" in text
    assert "[bold]why[/bold]" in text
    assert "graded: 4 [b]" in text
    assert "accepted: [id] #3" in text
    assert not set(text) & set("\x07\x08\x9b\u202e\udc80")
    assert "\x1b]" not in text
    assert "\x1b[31m" not in text
    assert "\x1b[2J" not in text


def test_long_text_is_cut_and_three_examples_are_shown():
    chat = example("x" * 10_000_000, prompt=(Message("system", "s"), Message("user", "the question")))
    text = shown(summarise({}), chat, example(), example(), example())
    assert text.count("accepted:") == 3
    assert "the question" in text
    assert len(text) < 8000


def test_an_empty_run_and_uneven_groups():
    assert "rows loaded" in shown(summarise({}))
    assert "too high" in shown(summarise({"groups": [[8, 4, 2], [2, 2, 5]]}))


def test_long_lines_of_an_example_are_whole_without_a_terminal():
    console = Console(file=io.StringIO(), width=60, soft_wrap=True)
    console.print(
        render_summary(summarise(empty_counts()), [example("short", prompt="many words " * 20 + "last")], None)
    )
    assert "last" in console.file.getvalue()
