import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.accept import AcceptAll
from engine.budget import Fixed
from engine.errors import LedgerError
from engine.ledger import Ledger
from engine.ledger_reader import groups
from engine.records import (
    FinishReason,
    Message,
    Problem,
    Reason,
    Sample,
    Status,
    StepMark,
    TestCase,
    TestKind,
    Tests,
    Verdict,
)
from engine.tally import Tally, settle


def verdict(problem_id, index, status, **fields):
    return Verdict(status, problem_id=problem_id, index=index, verifier="m", version="1", config_hash="h", **fields)


def test_everything_comes_back_in_problem_order(tmp_path):
    problems = [
        Problem(
            "b",
            (Message("user", "hé 'q'"),),
            tests=Tests(TestKind.CALL, (TestCase([1, "x"], {"k": 2}),)),
            meta={"a": [1]},
        ),
        Problem("a", "plain\x00 text", answer="1"),
    ]
    sample = Sample(
        "b", 1, "text", reasoning="why", finish_reason=FinishReason.LENGTH, tokens=3, logprob_sum=-1.5, seed=7
    )
    made = verdict("b", 1, Status.FAIL, answer="2", evidence={"k": [1]}, steps=(StepMark(0, 4, "refuted", "no"),))
    ledger = Ledger(tmp_path)
    ledger.add_problem(1, problems[1], Reason("gold_unusable", "m: no"))
    ledger.flush()
    ledger.add_problem(0, problems[0])
    ledger.add_sample(0, sample)
    ledger.add_verdict(0, made)
    ledger.close()
    first, second = groups(tmp_path)
    assert (first.problem, second.problem) == tuple(problems)
    assert first.samples == {1: sample}
    assert first.verdicts == {1: {"m": made}}
    assert (first.set_aside, second.set_aside) == (None, Reason("gold_unusable", "m: no"))
    assert next(groups(tmp_path, text=False)).samples[1].text == ""


def test_rollouts_are_apart_and_no_rate_counts_them(tmp_path):
    drawn = Sample("a", 0, "wrong", lineage={"tree": [{"text": "wrong"}]})
    rollout = Sample("a", 1_000_001, "right", lineage={"parent": 0, "prefix": 3})
    with_rollouts, without = tmp_path / "with", tmp_path / "without"
    for place in (with_rollouts, without):
        ledger = Ledger(place)
        ledger.add_problem(0, Problem("a", "?"))
        for sample in (drawn, rollout)[: 2 if place == with_rollouts else 1]:
            ledger.add_sample(0, sample)
            ledger.add_verdict(0, verdict("a", sample.index, Status.PASS if sample.parent == 0 else Status.FAIL))
        ledger.close()
    (group,) = groups(with_rollouts)
    assert (group.samples, group.rollouts) == ({0: drawn}, {1_000_001: rollout})
    assert (drawn.parent, rollout.parent) == (None, 0)
    counts = []
    for place in (with_rollouts, without):
        tally = Tally()
        for group in groups(place):
            tally.add(settle(group, ("m",), AcceptAll(), Fixed(1)))
        counts.append(tally.result())
    assert counts[0] == counts[1]


def test_the_newest_attempt_counts_and_other_versions_do_not(tmp_path):
    ledger = Ledger(tmp_path)
    ledger.add_problem(0, Problem("p", "q"))
    ledger.add_sample(0, Sample("p", 0, "t"))
    ledger.add_verdict(0, verdict("p", 0, Status.PASS, attempt=2))
    ledger.add_verdict(0, verdict("p", 0, Status.ERROR, attempt=1))
    ledger.close()
    (group,) = groups(tmp_path, {"m": "1+h"})
    assert group.verdicts[0]["m"].status == Status.PASS
    (group,) = groups(tmp_path, {"m": "2+h"})
    assert group.verdicts == {}


def test_a_problem_set_aside_for_our_fault_is_replaced_when_it_works(tmp_path):
    for reason in (Reason("gold_error", "server down"), None):
        ledger = Ledger(tmp_path)
        ledger.add_problem(0, Problem("p", "q"), reason)
        ledger.close()
    (group,) = groups(tmp_path)
    assert group.set_aside is None


@settings(max_examples=30, deadline=None)
@given(text=st.text(st.characters(), max_size=30), reason=st.text(st.characters(), max_size=10))
def test_any_text_is_kept_surrogates_apart(tmp_path_factory, text, reason):
    path = tmp_path_factory.mktemp("ledger")
    ledger = Ledger(path)
    ledger.add_problem(0, Problem("p", text))
    ledger.add_sample(0, Sample("p", 0, text, reasoning=text))
    ledger.add_verdict(0, verdict("p", 0, Status.FAIL, reason=Reason("r", reason), evidence={"t": text}))
    ledger.close()
    (group,) = groups(path)
    expected = text.encode("utf-8", "replace").decode()
    assert group.samples[0].text == expected
    assert group.verdicts[0]["m"].evidence["t"] == text


def test_an_empty_ledger_has_no_groups(tmp_path):
    assert list(groups(tmp_path)) == []


def test_half_a_segment_is_never_read_and_a_damaged_one_is_named(tmp_path):
    ledger = Ledger(tmp_path)
    ledger.add_problem(0, Problem("p", "q"))
    ledger.close()
    (tmp_path / "samples" / "x-000001.tmp").write_bytes(b"PAR1 half")
    assert len(list(groups(tmp_path))) == 1
    (tmp_path / "samples" / "x-000001.parquet").write_bytes(b"PAR1 half")
    with pytest.raises(LedgerError, match="cannot read the ledger"):
        list(groups(tmp_path))


def test_a_commit_is_due_by_rows_or_by_time(tmp_path):
    ledger = Ledger(tmp_path, flush_rows=2, flush_s=1000)
    assert not ledger.due
    ledger.add_problem(0, Problem("a", "q"))
    assert not ledger.due
    ledger.add_problem(1, Problem("b", "q"))
    assert ledger.due
    ledger.close()
    eager = Ledger(tmp_path / "other", flush_rows=1000, flush_s=0)
    assert not eager.due, "nothing to commit"
    eager.add_problem(0, Problem("a", "q"))
    assert eager.due
    eager.close()


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 1 MB."""
    mount = tmp_path / "disk"
    mount.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(mount)], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip("mounting a small file system needs root")
    yield mount
    subprocess.run(["umount", str(mount)], check=True)


def test_a_full_disk_is_one_sentence_and_loses_nothing_committed(small_disk: Path):
    ledger = Ledger(small_disk / "ledger")
    ledger.add_problem(0, Problem("kept", "q"))
    ledger.flush()
    ledger.add_problem(1, Problem("big", os.urandom(3 << 20).hex()))
    with pytest.raises(LedgerError, match=r"cannot write the ledger \(No space left on device\).*resumes"):
        ledger.close()
    assert [group.problem.id for group in groups(small_disk / "ledger")] == ["kept"]
    assert not list(small_disk.rglob("*.tmp")), "a failed segment is removed"
    again = Ledger(small_disk / "ledger")
    again.add_problem(1, Problem("small", "q"))
    again.close()
    assert [group.problem.id for group in groups(small_disk / "ledger")] == ["kept", "small"]
