"""Merged segments, writers that are stopped, and what a resumed run leaves unread."""

import pytest

from engine.codec import content_id
from engine.errors import LedgerError
from engine.ledger import Ledger
from engine.ledger_reader import connect, groups, left_by
from engine.records import Problem, Reason, Sample, Status, Verdict
from engine.segments import MERGE, Segment, Tiers, listed, take_away, tidy, writer_name


def verdict(problem_id, index):
    return Verdict(Status.PASS, problem_id=problem_id, index=index, verifier="m", version="1", config_hash="h")


def filled(path, commits, workshop=None):
    """A ledger with a problem, a sample and a verdict in each of so many commits."""
    ledger = Ledger(path, workshop=workshop)
    for n in range(commits):
        ledger.add_problem(n, Problem(f"p{n}", "q"))
        ledger.add_sample(n, Sample(f"p{n}", 0, f"text {n}"))
        ledger.add_verdict(n, verdict(f"p{n}", 0))
        ledger.flush()
        ledger._pending.result()
    return ledger


def rows(path):
    with connect(path) as connection:
        return [
            connection.sql(f"SELECT count(*) FROM {kind}").fetchall()[0][0]
            for kind in ("problems", "samples", "verdicts")
        ]


def test_small_segments_are_merged_and_everything_is_there_once(tmp_path):
    commits = MERGE * 2 + 3
    filled(tmp_path, commits).close()
    names = [path.stem.rpartition("-")[2] for path in listed(tmp_path / "samples")]
    assert names == ["000001+000032", "000033+000064", "000065", "000066", "000067"]
    assert rows(tmp_path) == [commits] * 3
    assert [group.samples[0].text for group in groups(tmp_path)] == [f"text {n}" for n in range(commits)]


def test_killed_between_merging_and_removing_nothing_is_read_twice(tmp_path):
    kept = {}
    ledger = filled(tmp_path, MERGE - 1)
    for path in (tmp_path / "samples").glob("*.parquet"):
        kept[path] = path.read_bytes()
    filled_last = MERGE - 1
    ledger.add_problem(filled_last, Problem("last", "q"))
    ledger.add_sample(filled_last, Sample("last", 0, "text"))
    ledger.close()
    for path, data in list(kept.items())[:20]:
        path.write_bytes(data)
    assert len(list((tmp_path / "samples").glob("*.parquet"))) == 21
    assert rows(tmp_path)[1] == MERGE
    Ledger(tmp_path).close()
    assert len(list((tmp_path / "samples").glob("*.parquet"))) == 1
    assert rows(tmp_path)[1] == MERGE


def test_merged_segments_have_a_largest_size(tmp_path):
    filled(tmp_path, MERGE - 1).close()
    tiers = Tiers(None)
    paths = listed(tmp_path / "samples")
    for path in [*paths, paths[-1].with_name(paths[-1].name.replace("000031", "000032"))]:
        path.write_bytes(paths[0].read_bytes())
        tiers.add(Segment(path, 50 << 20))
    names = [path.stem.rpartition("-")[2] for path in listed(tmp_path / "samples")]
    assert names[:2] == ["000001+000002", "000003+000004"]
    assert len(names) == MERGE // 2


def test_a_writer_whose_workshop_is_taken_away_commits_nothing_more(tmp_path):
    workshop = tmp_path / "workshops" / writer_name()
    workshop.mkdir(parents=True)
    ledger = filled(tmp_path, 2, workshop)
    (workshop / "half.tmp").write_bytes(b"PAR1")
    take_away(workshop)
    ledger.add_sample(0, Sample("p0", 1, "too late"))
    with pytest.raises(LedgerError, match="cannot write"):
        ledger.close()
    assert rows(tmp_path) == [2, 2, 2]
    assert not list((tmp_path / "samples").glob("*.tmp"))
    assert not list((tmp_path / "workshops").iterdir())


def test_what_a_lost_writer_committed_is_read_without_the_others(tmp_path):
    first, second = (tmp_path / "workshops" / writer_name() for _ in range(2))
    for workshop in (first, second):
        workshop.mkdir(parents=True)
    filled(tmp_path, 2, first).close()
    ledger = Ledger(tmp_path, workshop=second)
    ledger.add_sample(1, Sample("p1", 1, "more"))
    ledger.add_problem(5, Problem("p5", "q"), Reason("gold_rejected", "m: no"))
    ledger.close()
    problems = {n: Problem(f"p{n}", "q") for n in (0, 1, 5)}
    left = left_by(tmp_path, second.name, problems, {"m": "1+h"})
    assert {n: sorted(group.samples) for n, group in left.items()} == {1: [1], 5: []}
    assert left[5].set_aside == Reason("gold_rejected", "m: no")
    assert sorted(left_by(tmp_path, first.name, problems, {"m": "1+h"})) == [0, 1]


def test_a_resumed_run_reads_what_is_not_settled(tmp_path):
    versions = {"m": "1+h"}
    ledger = filled(tmp_path, 3)
    for n in (0, 2):
        ledger.add_settled(n, f"p{n}", content_id(versions))
    ledger.close()
    found = list(groups(tmp_path, versions, unsettled=True))
    assert [(g.problem.id, g.settled, len(g.samples), len(g.verdicts)) for g in found] == [
        ("p0", True, 0, 0),
        ("p1", False, 1, 1),
        ("p2", True, 0, 0),
    ]
    changed = list(groups(tmp_path, {"m": "2+h"}, unsettled=True))
    assert [g.settled for g in changed] == [False] * 3, "a changed verifier judges everything again"
    assert [len(g.samples) for g in groups(tmp_path, versions)] == [1, 1, 1], "an export reads everything"


def test_leavings_are_removed(tmp_path):
    (tmp_path / "w-000001.tmp").write_bytes(b"PAR1")
    tidy(tmp_path)
    assert list(tmp_path.iterdir()), "it is fresh: its writer may be at work"
