"""What the page carries: the interesting first, within its bytes, with what is left out counted."""

import base64
import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ledgers import make_run, plain_groups, sample

from engine.records import Problem
from engine.report.embed import embed, shortened, thin
from engine.tally import Tally


def chosen(exporter):
    tally = Tally()
    for settled in exporter.settled(text=False):
        tally.add(settled)
    return tally.figures


def lines(embedded):
    return [json.loads(line) for line in gzip.decompress(base64.b64decode(embedded.data)).splitlines()]


def test_a_small_run_is_embedded_whole(tmp_path):
    exporter = make_run(tmp_path / "run", list(plain_groups(30, 16)))
    embedded = embed(exporter, chosen(exporter).chooser)
    assert (embedded.problems, embedded.samples) == (30, 480)
    keys = [(line["o"], made["i"]) for line in lines(embedded) for made in line["samples"]]
    assert sorted(keys) == [(o, i) for o in range(30) for i in range(16)]
    first = next(line for line in lines(embedded) if line.get("id") == "p3")
    assert first["strip"] == {str(i): "a" if i < 3 else "r" for i in range(16)}


def test_a_large_run_keeps_within_its_bytes_and_takes_the_interesting_first(tmp_path):
    groups = [
        (problem, [sample("PASS", "FAIL") if i == 2 and n % 10 == 0 else made for i, made in enumerate(samples)])
        for n, (problem, samples) in enumerate(plain_groups(600, 8))
    ]
    exporter = make_run(tmp_path / "run", groups)
    figures = chosen(exporter)
    embedded = embed(exporter, figures.chooser, budget=20_000)
    assert len(embedded.data) <= 4 * 21_000 / 3
    assert 100 < embedded.samples < 4800
    assert embedded.kinds["disagree"] == figures.result()["triage"]["disagree"] == 60
    assert embedded.samples == sum(len(line["samples"]) for line in lines(embedded))
    rates = {sum(letter == "a" for letter in line["strip"].values()) for line in lines(embedded) if "strip" in line}
    assert len(rates) >= 5  # plain problems of every pass rate have a place, too


def test_the_same_ledger_embeds_the_same_samples(tmp_path):
    exporter = make_run(tmp_path / "run", list(plain_groups(100, 8)))
    assert embed(exporter, chosen(exporter).chooser, 5000) == embed(exporter, chosen(exporter).chooser, 5000)


def test_memory_of_the_chooser_is_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr("engine.report.triage.MOST", 5)
    exporter = make_run(tmp_path / "run", list(plain_groups(100, 4)))
    chooser = chosen(exporter).chooser
    assert all(len(queue) <= 5 for queue in chooser._queues.values())
    assert len(chooser.longest) == 20


@given(st.text(max_size=60), st.integers(0, 60), st.integers(0, 60), st.integers(6, 40))
def test_a_span_keeps_its_text_when_the_middle_is_left_out(text, start, length, most):
    start, end = min(start, len(text)), min(start + length, len(text))
    short, gap = shortened(text, most)
    at = gap.of(start, end)
    if at is None:
        assert gap.start <= start < gap.end
    elif end <= gap.start or start >= gap.end or not gap.marker:
        assert short[slice(*at)] == text[start:end]
    else:
        assert short[slice(*at)] == text[start : gap.start]


def test_a_long_text_keeps_both_ends_and_says_what_is_missing():
    short, _ = shortened("a" * 9000 + "b" * 9000)
    assert short.startswith("a" * 6000)
    assert short.endswith("b" * 3000)
    assert "8,001 characters" in short


@pytest.mark.parametrize(
    "value", [{"a": ["x" * 99_999] * 999}, [[[[[[[[[[1]]]]]]]]]], {str(i): i for i in range(5000)}]
)
def test_evidence_is_bounded(value):
    assert len(json.dumps(thin(value))) < 300_000


def test_a_group_that_was_never_sampled_is_not_embedded(tmp_path):
    exporter = make_run(tmp_path / "run", [(Problem("empty", "?"), []), (Problem("one", "?"), [sample()])])
    assert [line["id"] for line in lines(embed(exporter, chosen(exporter).chooser))] == ["one"]
