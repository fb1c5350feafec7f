"""The numbers behind the charts agree with what was written into the ledger, however long the run."""

import itertools
import xml.etree.ElementTree as ET

import pytest
from ledgers import HOSTILE, hostile_groups, make_run, plain_groups, sample

from engine.records import Problem, Reason
from engine.report import charts
from engine.report.figures import Figures, _Times
from engine.report.svg import ticks
from engine.stats import summarise
from engine.tally import Tally


def tallied(exporter):
    tally = Tally()
    for settled in exporter.settled(text=True):
        tally.add(settled)
    return tally


def test_counts_of_every_kind(tmp_path):
    groups = [
        (Problem("a", "?", answer="4"), [sample("PASS", "FAIL"), sample("PASS", "PASS"), sample("FAIL")]),
        (Problem("b", "?", answer="4"), [sample("ERROR"), sample("NO_ANSWER"), sample("PASS", "ERROR")]),
        (Problem("c", "?", answer="4"), [sample("PASS", "PASS"), sample("PASS", "ABSTAIN")]),
        (Problem("d", "?", answer="4"), [sample("PASS", "PASS")]),  # the only one, but of one: not "one of many"
    ]
    tally = tallied(make_run(tmp_path / "run", groups, aside=Reason("no_gold", "")))
    figures = tally.result()["figures"]
    assert figures["triage"] == {"error": 2, "disagree": 1, "one": 1, "no_answer": 1, "longest": 4}
    assert figures["solved"] == {"none": 1, "some": 1, "all": 2}
    assert sum(figures["pass_rates"]) == 1
    assert figures["finish"] == {"stop": {"accepted": 4, "error": 2, "rejected": 3}}
    (pair,) = figures["agreement"]
    # both sure of four samples (a0, a1, c0, d0), and a0 is where they differ
    assert (pair["both_sure"], pair["agree"], pair["only_a_passes"], pair["share"]) == (4, 3, 1, 0.75)
    assert figures["verify_seconds"]["math"]["verdicts"] == 9
    assert sum(figures["lengths"]["accepted"]) == 4
    assert figures["yield"][-1] == {"problems": 4, "samples": 9, "tokens": 90, "accepted": 4, "solved": 3}


def test_numbers_in_the_figures_are_those_of_the_statistics(tmp_path):
    tally = tallied(make_run(tmp_path / "run", list(plain_groups(40, 8))))
    stats = summarise(tally.result())
    figures = stats["figures"]
    rejected = sum(stats["decisions"]["rejected"].values())
    assert sum(by["accepted"] for by in figures["finish"].values()) == stats["decisions"]["accepted"]
    assert sum(figures["lengths"]["rejected"]) == rejected
    assert sum(figures["solved"].values()) == stats["problems"]["sampled"]
    assert figures["solved"]["some"] == sum(figures["pass_rates"])
    assert figures["yield"][-1]["accepted"] == stats["decisions"]["accepted"]
    assert stats["error_share"] == 0


@pytest.mark.parametrize("n", [1, 119, 120, 121, 4000])
def test_the_curve_stays_short_and_exact(n):
    figures = Figures()
    for i in range(n):
        figures._curve.add(4, 100, i % 3)
    points = figures._curve.points()
    assert len(points) <= 120
    assert points[-1] == {"problems": n, "samples": 4 * n, "tokens": 100 * n, "accepted": sum(i % 3 for i in range(n)),
                          "solved": sum(i % 3 > 0 for i in range(n))}  # fmt: skip
    assert all(a["tokens"] < b["tokens"] for a, b in itertools.pairwise(points))


def test_quantiles_are_right_within_a_factor_of_two(tmp_path):
    figures = Figures()
    times = figures._seconds.setdefault("v", _Times())
    for i in range(1, 1001):
        times.add(i / 1000)
    told = times.result()
    assert 0.5 <= told["p50"] <= 1.0
    assert 0.95 <= told["p95"] <= 1.0
    assert told["max"] == 1.0
    assert told["mean"] == pytest.approx(0.5005)


def drawings(figures, verdicts):
    yield charts.pass_rates(figures)
    yield charts.yield_curve(figures["yield"])
    yield charts.lengths(figures["lengths"])
    yield charts.finishes(figures["finish"])
    yield charts.statuses(verdicts)
    yield charts.agreement(figures["agreement"])
    yield charts.times(figures["verify_seconds"])


def test_charts_are_well_formed_whatever_names_hold(tmp_path):
    tally = tallied(make_run(tmp_path / "run", list(hostile_groups())))
    result = tally.result()
    figures = result["figures"]
    name = HOSTILE.translate(dict.fromkeys(range(32)))  # XML has no control characters; the page drops them
    figures["verify_seconds"] = {name: figures["verify_seconds"]["math"]}
    figures["agreement"] = [pair | {"a": name} for pair in figures["agreement"]]
    for drawing in drawings(figures, {name: result["verdicts"]["math"]}):
        root = ET.fromstring(drawing)
        assert {element.tag.rpartition("}")[2] for element in root.iter()} <= {
            "svg",
            "rect",
            "line",
            "path",
            "text",
            "title",
        }
        # inside an svg nothing may listen or style: the page's policy allows no such attribute
        assert not [key for element in root.iter() for key in element.attrib if key.startswith("on") or key == "style"]
        assert all(
            float(element.attrib[key]) >= 0
            for element in root.iter()
            for key in ("width", "height")
            if key in element.attrib
        )


@pytest.mark.parametrize("largest", [0, 1, 2, 3, 7, 10, 99, 100, 12345, 1e9])
def test_ticks_are_few_and_reach_the_largest(largest):
    marks = ticks(largest)
    assert marks[0] == 0
    assert marks[-1] >= largest
    assert len(marks) <= 6
