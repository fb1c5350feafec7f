"""The main job on real Ray clusters on loopback: the same exports as on one machine, whatever is killed."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import SCRIPT
from test_kill_and_resume import assert_nothing_twice, files

from engine.ledger_reader import groups

NODES = Path(__file__).parents[1] / "executors/ray_nodes.py"
ENVIRONMENT = os.environ | {
    "RAY_AUTH_MODE": "disabled",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # which is how Ray is told to keep to loopback
}
RUN = (
    "run",
    "sampler=scripted",
    "sampler.delay_s=0.5",
    "problems.n_problems=120",
    "ledger.flush_s=0.1",
    "pool.workers=1",
)
RAY = ("executor=ray", "executor.problems_per_engine=2", "executor.heartbeat_s=2")
UNTIL = ("budget=until", "budget.k=2", "budget.n_samples=8", "budget.wave=3")
ADAPTIVE = ("budget=adaptive", "budget.k=2", "budget.n_samples=6", "budget.tokens=9000")


def local(cwd, *overrides):
    """Exports of the run on one machine, without Ray."""
    cwd.mkdir()
    line = [SCRIPT, *RUN, "loop.open_problems=128", *overrides]
    done = subprocess.run(line, cwd=cwd, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    return products(cwd)


def products(cwd):
    """Every exported file but the cards, which name the command."""
    found = {name: data for name, data in files(cwd / "runs/demo/products").items() if not name.endswith("README.md")}
    assert found
    return found


@contextmanager
def started(cwd, *overrides):
    """A run in the background, in a session of its own; killed at the end if it is still there."""
    cwd.mkdir(exist_ok=True)
    with (cwd / "stderr").open("w") as stderr:
        process = subprocess.Popen(
            [SCRIPT, *RUN, *overrides],
            cwd=cwd,
            env=ENVIRONMENT,
            stdout=stderr,
            stderr=stderr,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def until(holds, process, seconds=200):
    """Poll until ``holds()``, while the run goes on."""
    end = time.monotonic() + seconds
    while not (found := holds()):
        assert process.poll() is None, "the run ended too early"
        assert time.monotonic() < end
        time.sleep(0.1)
    return found


def writers(cwd):
    """Who has committed samples."""
    return {path.stem.rpartition("-")[0] for path in (cwd / "runs/demo/ledger/samples").glob("*.parquet")}


def descendants(pid):
    """Process ids below ``pid``, with their command lines."""
    below = {}
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        try:
            below[int(child)] = Path(f"/proc/{child}/cmdline").read_text().replace("\0", " ")
            below |= descendants(child)
        except (FileNotFoundError, ProcessLookupError):
            continue
    return below


def engines(process):
    return [pid for pid, line in descendants(process.pid).items() if line.startswith("ray::EngineWorker")]


def said(cwd):
    return (cwd / "stderr").read_text()


def each_once(cwd):
    """Groups of a ledger that holds no row twice, and whose writers have all left."""
    ledger = cwd / "runs/demo/ledger"
    assert_nothing_twice(ledger)
    assert not list((ledger / "workshops").iterdir())
    return list(groups(ledger))


@pytest.mark.thorough
def test_a_dead_engine_is_replaced_and_a_run_without_any_resumes_elsewhere(tmp_path):
    """Killed once it is replaced; killed again it is not: the run ends with one sentence, and goes on without Ray."""
    expected = local(tmp_path / "local", *UNTIL)
    run = tmp_path / "ray"
    with started(run, *RAY, *UNTIL, "executor.restarts=1") as process:
        for killed in range(2):
            until(lambda k=killed: len(writers(run)) > k, process)
            (engine,) = engines(process)
            os.kill(engine, signal.SIGKILL)
        assert process.wait(150) == 1
    assert said(run).count("engine 1 is lost") == 2
    assert "all engines are lost (the last one: The actor died" in said(run)
    assert "Traceback" not in said(run)
    resumed = subprocess.run(
        [SCRIPT, *RUN, "loop.open_problems=128", *UNTIL], cwd=run, capture_output=True, text=True, timeout=100
    )
    assert resumed.returncode == 0, resumed.stderr
    assert products(run) == expected
    assert len(each_once(run)) == 120


@pytest.mark.thorough
@pytest.mark.timeout(600)
def test_a_budget_that_comes_back_to_problems_and_a_stop_by_the_user(tmp_path):
    expected = local(tmp_path / "local", *ADAPTIVE)
    run = tmp_path / "ray"
    with started(run, *RAY, *ADAPTIVE) as process:
        until(lambda: writers(run), process)
        left = descendants(process.pid)
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(150) == 130, said(run)
        assert any("EngineWorker" in line for line in left.values())
        assert not [line for pid, line in left.items() if Path(f"/proc/{pid}").exists() and "EngineWorker" in line]
    assert 0 < len(each_once(run)) <= 120
    with started(run, *RAY, *ADAPTIVE, "executor.problems_per_engine=128") as process:
        assert process.wait(100) == 0, said(run)
    assert products(run) == expected
    each_once(run)


@pytest.mark.thorough
@pytest.mark.timeout(600)
def test_a_node_is_killed_in_mid_run(tmp_path):
    """Two nodes with an engine and a verify worker each; one of them dies with everything on it."""
    expected = local(tmp_path / "local", "budget.n_samples=4")
    run = tmp_path / "ray"
    nodes = subprocess.Popen(
        [sys.executable, NODES], env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with nodes:
        address, raylet = nodes.stdout.readline().split()
        cluster = ("executor.engines=2", "executor.gpus_per_engine=1", "executor.verify_workers=2")
        with started(run, *RAY, *cluster, f"executor.address={address}", "budget.n_samples=4") as process:
            until(lambda: len(writers(run)) == 2, process)
            doomed = descendants(raylet)
            assert any("EngineWorker" in line for line in doomed.values()), doomed
            assert any("VerifyWorker" in line for line in doomed.values()), doomed
            for pid in (int(raylet), *doomed):
                os.kill(pid, signal.SIGKILL)
            assert process.wait(200) == 0, said(run)
        nodes.stdin.close()
    assert "engine" in said(run)
    assert "is lost" in said(run)
    assert products(run) == expected
    made = [(sorted(group.samples), sorted(group.verdicts)) for group in each_once(run)]
    assert made == [([0, 1, 2, 3], [0, 1, 2, 3])] * 120
