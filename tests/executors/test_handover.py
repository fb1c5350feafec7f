"""What a lost engine leaves, without a cluster; its settings."""

import pytest

from engine.accept import AcceptAll
from engine.budget import Fixed
from engine.errors import ConfigError
from engine.executors.handover import WORKSHOPS, hand_over, joined, open_workshop, stop_earlier_writers
from engine.executors.ray import Ray
from engine.intake import Admitted
from engine.ledger import Ledger
from engine.ledger_reader import Group, groups
from engine.problem_run import Visit
from engine.records import Problem, Reason, Sample, Status, Verdict
from engine.tally import Tally, settle

VERSIONS = {"m": "1+h"}


def verdict(index, status=Status.PASS, attempt=1):
    return Verdict(status, problem_id="p", index=index, verifier="m", version="1", config_hash="h", attempt=attempt)


def add(ledger, *indices):
    ledger.add_problem(0, Problem("p", "q"))
    for index in indices:
        ledger.add_sample(0, Sample("p", index, f"text {index}", tokens=3))
        ledger.add_verdict(0, verdict(index))


def test_others_go_on_from_what_was_committed(tmp_path):
    workshop = open_workshop(tmp_path)
    ledger = Ledger(tmp_path, workshop=workshop)
    add(ledger, 0, 1)
    ledger.close()
    begun, fresh = Visit(Admitted(0, Problem("p", "q")), Fixed(4)), Visit(Admitted(1, Problem("r", "q")), Fixed(4))
    first, second = hand_over(tmp_path, workshop, [begun, fresh], VERSIONS)
    assert sorted(first.admitted.known.samples) == [0, 1]
    assert sorted(first.admitted.known.verdicts) == [0, 1]
    assert first.rule == Fixed(4)
    assert second == fresh, "nothing is known of it, not even that it passed its gold check"
    assert not workshop.exists()


def test_what_was_known_and_what_came_later_are_joined():
    known = Group(0, Problem("p", "q"), Reason("gold_error", "down"), {0: Sample("p", 0, "first")})
    known.verdicts = {0: {"m": verdict(0, Status.ERROR)}}
    later = Group(0, Problem("p", "q"), samples={1: Sample("p", 1, "second")})
    later.verdicts = {0: {"m": verdict(0, attempt=2)}, 1: {"m": verdict(1)}}
    both = joined(known, later)
    assert both.set_aside is None, "the problem worked after all"
    assert [sample.text for _, sample in sorted(both.samples.items())] == ["first", "second"]
    assert {index: made["m"].status for index, made in both.verdicts.items()} == {0: Status.PASS, 1: Status.PASS}
    assert joined(None, later) is later


def test_a_run_stops_what_an_earlier_one_left_behind(tmp_path):
    open_workshop(tmp_path)
    (open_workshop(tmp_path) / "half.tmp").write_bytes(b"PAR1")
    stop_earlier_writers(tmp_path)
    assert not list((tmp_path / WORKSHOPS).iterdir())


def test_rows_that_are_there_twice_count_once(tmp_path):
    """No writer makes them; a reader would not be misled."""
    counts = []
    for writers in (1, 2):
        for _ in range(writers):
            ledger = Ledger(tmp_path / str(writers))
            add(ledger, 0, 1, 2)
            ledger.close()
        (group,) = groups(tmp_path / str(writers), VERSIONS)
        tally = Tally()
        tally.add(settle(group, ("m",), AcceptAll(), Fixed(3)))
        counts.append(tally.result())
    assert counts[0] == counts[1]
    assert counts[0]["samples"]["total"] == 3


@pytest.mark.parametrize(
    ("field", "value"),
    [("engines", 0), ("verify_workers", 0), ("gpus_per_engine", -1), ("heartbeat_s", 0), ("restarts", -1)],
)
def test_settings_are_checked(field, value):
    with pytest.raises(ConfigError, match=field):
        Ray(**{field: value})
