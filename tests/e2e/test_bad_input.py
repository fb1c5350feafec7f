"""Wrong input gets one clear sentence, and nothing already done is lost."""

import json
import os
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest
from conftest import SCRIPT

REPLAY = (
    "run", "problems=jsonl", "problems.path=problems.jsonl", "sampler=replay", "sampler.path=samples.jsonl",
    "sampler.fields.text=response", "budget.n_samples=2",
)  # fmt: skip


def lines(path: Path, rows) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def error_line(done) -> str:
    """The one ``error:`` line; there is no traceback and nothing on standard output."""
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    return line


def problem(name, answer="4"):
    return {"id": name, "prompt": "2 + 2?", "answer": answer}


def sample(name, text="\\boxed{4}"):
    return {"id": name, "response": text}


def test_a_missing_file_is_named(proofstill):
    done = proofstill(*REPLAY)
    assert done.returncode == 1
    assert "problems.jsonl" in error_line(done)


def test_an_unknown_field_is_named_with_those_that_exist(proofstill, tmp_path):
    lines(tmp_path / "problems.jsonl", [problem("a")])
    lines(tmp_path / "samples.jsonl", [sample("a")])
    done = proofstill(*REPLAY, "problems.fields.answer=anwser")
    assert done.returncode != 0
    message = error_line(done)
    assert "anwser" in message
    assert "answer" in message


def test_an_empty_data_set_is_an_error(proofstill, tmp_path):
    (tmp_path / "problems.jsonl").write_text("")
    lines(tmp_path / "samples.jsonl", [sample("a")])
    done = proofstill(*REPLAY)
    assert done.returncode == 1
    assert "problems" in error_line(done)


def test_bad_rows_are_counted_and_the_rest_goes_on(proofstill, tmp_path):
    rows = [
        json.dumps(problem("good")).encode(),
        b'{"id": "latin", "prompt": "caf\xe9", "answer": "1"}',
        b"{half a row",
        json.dumps({"id": "no prompt", "answer": "1"}).encode(),
        json.dumps(problem("good", "5")).encode(),  # the same id with another answer
        json.dumps(problem("bad gold", "\\frac{1}{")).encode(),
        json.dumps(problem("huge")).encode(),
    ]
    (tmp_path / "problems.jsonl").write_bytes(b"\n".join(rows) + b"\n")
    huge = "\\boxed{" * 100_000 + "x" * (10 << 20)
    lines(tmp_path / "samples.jsonl", [sample("good"), sample("good", "no idea"), sample("huge", huge), sample("huge")])
    done = proofstill(*REPLAY)
    assert done.returncode == 0, done.stderr
    stats = json.loads((tmp_path / "runs/demo/stats.json").read_text())
    assert stats["problems"]["loaded"] == 7
    assert sum(stats["problems"]["bad_rows"].values()) == 3, stats["problems"]
    assert stats["problems"]["duplicates"] == 1
    assert list(stats["problems"]["set_aside"]) == ["gold_unusable"]
    assert stats["problems"]["sampled"] == 2
    assert stats["decisions"]["accepted"] == 2
    assert stats["decisions"]["error"] == 0
    assert stats["verdicts"]["math"]["PASS"] == 2


def test_generations_that_match_no_problem_fail_the_run(proofstill, tmp_path):
    lines(tmp_path / "problems.jsonl", [problem("a"), problem("b")])
    lines(tmp_path / "samples.jsonl", [sample("A"), sample("B")])
    done = proofstill(*REPLAY)
    assert done.returncode == 1
    assert "no sample for any of 2 problems" in error_line(done)
    assert "sampler.fields.problem_id" in done.stderr
    lines(tmp_path / "samples.jsonl", [{"key": "a", "response": "\\boxed{4}"}])
    mended = proofstill(*REPLAY, "sampler.fields.problem_id=key")
    assert mended.returncode == 0, "nothing was sampled yet, so the configuration may still change"


@pytest.fixture
def hanging_server():
    """Takes connections and never answers."""
    listener = socket.create_server(("127.0.0.1", 0))
    kept = []

    def accept():
        while True:
            try:
                kept.append(listener.accept()[0])
            except OSError:
                return

    threading.Thread(target=accept, daemon=True).start()
    yield listener.getsockname()[1]
    listener.close()
    for connection in kept:
        connection.close()


def test_a_server_that_hangs_is_named(proofstill, hanging_server):
    done = proofstill(
        "run", "problems.n_problems=2", "sampler=openai", f"sampler.base_url=http://127.0.0.1:{hanging_server}/v1",
        "sampler.model=m", "sampler.timeout_s=1", "sampler.max_retries=1",
    )  # fmt: skip
    assert done.returncode == 1
    message = error_line(done)
    assert f"127.0.0.1:{hanging_server}" in message


def start(tmp_path, *arguments):
    return subprocess.Popen(
        [SCRIPT, "run", "sampler=scripted", *arguments],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for_samples(tmp_path):
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob("runs/demo/ledger/verdicts/*.parquet")):
        assert time.monotonic() < deadline
        time.sleep(0.05)


SLOW = ("sampler.delay_s=0.5", "loop.open_problems=4", "ledger.flush_s=0.1", "problems.n_problems=40")


@pytest.mark.parametrize(
    "number",
    [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.thorough)],
    ids=["ctrl-c", "sigterm"],
)
def test_an_interrupted_run_commits_and_resumes(tmp_path, number):
    process = start(tmp_path, *SLOW)
    wait_for_samples(tmp_path)
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    assert "run the same command again to resume" in err
    assert "Traceback" not in err
    assert out == ""
    manifest = json.loads((tmp_path / "runs/demo/manifest.json").read_text())
    assert manifest["status"] == "interrupted"
    resumed = start(tmp_path, *SLOW[1:], "sampler.delay_s=0.5")
    out, err = resumed.communicate(timeout=120)
    assert resumed.returncode == 0, err
    assert json.loads((tmp_path / "runs/demo/manifest.json").read_text())["counts"]["samples"] == 320


def test_ctrl_c_twice_stops_at_once_even_when_a_verifier_hangs(tmp_path):
    (tmp_path / "hanging.py").write_text(
        "import time\n"
        "class Hang:\n"
        "    name, version, resource = 'hang', '1', 'cpu'\n"
        "    def verify(self, problem, sample):\n"
        "        time.sleep(1000)\n"
    )
    (tmp_path / "conf/verifier").mkdir(parents=True)
    (tmp_path / "conf/verifier/hang.yaml").write_text("hang:\n  _target_: hanging.Hang\n")
    process = start(
        tmp_path, "verifier=[math,hang]", "loop.gold_check=false", "pool.deadline_s=500", "ledger.flush_s=0.1"
    )
    wait_for_samples(tmp_path)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130, err
    assert "Traceback" not in err


def test_a_verifier_of_an_unknown_resource_is_named(proofstill, tmp_path):
    (tmp_path / "odd.py").write_text(
        "class Odd:\n"
        "    name, version, resource = 'odd', '1', 'disk'\n"
        "    def verify(self, problem, sample):\n"
        "        pass\n"
    )
    (tmp_path / "conf/verifier").mkdir(parents=True)
    (tmp_path / "conf/verifier/odd.yaml").write_text("odd:\n  _target_: odd.Odd\n")
    done = proofstill("run", "sampler=scripted", "verifier=odd")
    assert done.returncode == 2
    assert "verifier.odd: its resource is 'disk'" in error_line(done)


def test_two_runs_do_not_share_a_directory(tmp_path, proofstill):
    process = start(tmp_path, *SLOW)
    wait_for_samples(tmp_path)
    second = proofstill("run", "sampler=scripted", *SLOW)
    process.kill()
    process.communicate()
    assert second.returncode == 2
    assert "another run is at work here" in error_line(second)


@pytest.mark.thorough
def test_a_full_disk_is_told_and_what_was_committed_stays(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("mounting a small file system needs root")
    try:
        arguments = ("problems.n_problems=4000", "ledger.flush_s=0.2")
        done = subprocess.run(
            [SCRIPT, "run", "sampler=scripted", *arguments], cwd=disk, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 1
        assert "No space left on device" in error_line(done)
        subprocess.run(["mount", "-o", "remount,size=100m", str(disk)], check=True)
        again = subprocess.run(
            [SCRIPT, "run", "sampler=scripted", *arguments], cwd=disk, capture_output=True, text=True, timeout=240
        )
        assert again.returncode == 0, again.stderr
        assert "resuming" in again.stderr
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def test_an_unreadable_run_directory_is_told(proofstill, tmp_path):
    if os.geteuid() == 0:
        (tmp_path / "runs").write_text("a file where the directory should be")
    else:
        (tmp_path / "runs").mkdir(mode=0o500)
    done = proofstill("run", "sampler=scripted")
    assert done.returncode != 0
    assert "runs" in error_line(done)
