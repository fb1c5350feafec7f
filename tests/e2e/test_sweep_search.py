"""``hydra/sweeper=optuna`` through the console script: a search on disk that nothing ends."""

import json
import subprocess
import time

import optuna
import pytest
import yaml
from conftest import SCRIPT
from optuna.storages.journal import JournalFileBackend

BASE = (
    "run", "sampler=scripted", "problems.n_problems=5", "pool.workers=1", "run.name=s", "hydra/sweeper=optuna",
)  # fmt: skip


def trials(cwd):
    storage = optuna.storages.JournalStorage(JournalFileBackend(str(cwd / "runs/s/study.journal")))
    return optuna.load_study(study_name="s", storage=storage).trials


def states(cwd):
    return [trial.state.name for trial in trials(cwd)]


@pytest.mark.thorough
def test_search_survives_failed_jobs_and_goes_on_from_disk(proofstill, tmp_path):
    space = ("-m", "budget.n_samples=0,2,3", "sampler.pass_rate=interval(0.2,0.9)", "objective=pass_rate")
    first = proofstill(*BASE, "hydra.sweeper.n_trials=6", "hydra/sweeper/sampler=random", *space)
    assert first.returncode == 2, first.stderr  # that of the failed jobs
    found = trials(tmp_path)
    assert len(found) == 6
    failed = [trial for trial in found if trial.state.name == "FAIL"]
    assert failed
    for trial in found:
        assert (trial.params["budget.n_samples"] == "0") == (trial in failed)
        if trial in failed:
            assert "must be at least 1" in trial.user_attrs["error"]
    best = max((trial for trial in found if trial not in failed), key=lambda trial: trial.value)
    results = yaml.safe_load((tmp_path / "runs/s/optimization_results.yaml").read_text())
    assert results["best_params"] == best.params
    assert results["best_value"] == best.value
    assert results["trials"] == {"complete": 6 - len(failed), "fail": len(failed)}
    comparison = json.loads((tmp_path / "runs/s/comparison.json").read_text())
    marked = next(job for job in comparison["jobs"] if job["directory"] == comparison["best"])
    assert f"sampler.pass_rate={best.params['sampler.pass_rate']}" in marked["overrides"]
    assert f"best is trial {best.number}" in first.stdout

    more = proofstill(*BASE, "hydra.sweeper.n_trials=7", "hydra/sweeper/sampler=random", *space)
    assert more.returncode == 2, more.stderr
    again = trials(tmp_path)
    assert len(again) == 6 + len(failed) + 1, "those that failed once more, and one new"
    assert [trial.params for trial in again[6 : 6 + len(failed)]] == [trial.params for trial in failed]
    assert again[-1].params["sampler.pass_rate"] not in {trial.params["sampler.pass_rate"] for trial in found}


@pytest.mark.thorough
def test_killed_search_resumes_its_unfinished_trial_and_repeats_none(proofstill, tmp_path):
    line = (
        *BASE, "sampler.delay_s=0.3", "loop.open_problems=1", "ledger.flush_s=0.05", "hydra.sweeper.n_trials=4",
        "-m", "budget.n_samples=2,4", "sampler.pass_rate=0.3,0.6,0.9",
    )  # fmt: skip
    process = subprocess.Popen([SCRIPT, *line], cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline, complete, running = time.monotonic() + 100, 0, []
    while not (complete and running):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
        jobs = [path.parent for path in (tmp_path / "runs").glob("s/*/ledger")]
        complete = sum((job / "stats.json").exists() for job in jobs)
        running = [
            job for job in jobs if not (job / "stats.json").exists() and list(job.glob("ledger/samples/*.parquet"))
        ]
    process.kill()
    process.wait()
    assert states(tmp_path).count("RUNNING") == 1

    done = proofstill(*[item if "open_problems" not in item else "loop.open_problems=5" for item in line])
    assert done.returncode == 0, done.stderr
    found = states(tmp_path)
    assert found.count("COMPLETE") == 4
    assert found.count("FAIL") == 1  # the one that was killed, made again under another number
    assert (running[0] / "stats.json").exists()
    jobs = [json.loads(path.read_text()) for path in (tmp_path / "runs").glob("s/*/job.json")]
    assert {job["status"] for job in jobs} == {"complete"}
    distinct = {tuple(sorted(trial.params.items())) for trial in trials(tmp_path)}
    assert len(jobs) == len(distinct), "settings that were proposed twice ran once"


@pytest.mark.slow
def test_batches_go_through_the_launcher_and_the_direction_holds(proofstill, tmp_path):
    done = proofstill(
        *(*BASE, "hydra/launcher=joblib", "hydra.sweeper.n_trials=4", "hydra.sweeper.n_jobs=2"),
        *("objective=tokens_per_accepted", "direction=minimize"),
        *("-m", "sampler.pass_rate=interval(0.1,0.95)", "budget.n_samples=2"),
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    found = trials(tmp_path)
    assert [trial.state.name for trial in found] == ["COMPLETE"] * 4
    results = yaml.safe_load((tmp_path / "runs/s/optimization_results.yaml").read_text())
    assert results["best_value"] == min(trial.value for trial in found)

    other = proofstill(*BASE, "hydra.sweeper.n_trials=5", "-m", "sampler.pass_rate=interval(0.1,0.95)")
    assert other.returncode == 2
    assert other.stderr.startswith("error: direction=maximize: the study in ")
    mixed = proofstill(*BASE, "direction=minimize", "-m", "sampler.pass_rate=0.1,0.2")
    assert mixed.returncode == 2
    assert mixed.stderr.startswith("error: sampler.pass_rate: the study in ")
