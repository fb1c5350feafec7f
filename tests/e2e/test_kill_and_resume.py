"""Kill -9 at random moments loses nothing and changes nothing."""

import random
import subprocess
import time
from collections import Counter
from pathlib import Path

import duckdb
import pytest
from conftest import SCRIPT

RUN = (
    "run", "sampler=scripted", "sampler.delay_s=0.5", "problems.n_problems=120", "loop.open_problems=8",
    "ledger.flush_s=0.05", "pool.workers=1",
)  # fmt: skip
UNTIL = ("budget=until", "budget.k=2", "budget.n_samples=8", "budget.wave=3")
FIXED = ("budget.n_samples=4", "loop.open_problems=6")
ADAPTIVE = ("budget=adaptive", "budget.k=3", "budget.n_samples=24", "budget.tokens=9000")
KILLS = 10


def files(directory: Path) -> dict[str, bytes]:
    """Every exported file and its bytes."""
    return {str(p.relative_to(directory)): p.read_bytes() for p in sorted(directory.rglob("*")) if p.is_file()}


def finish(cwd, *arguments):
    return subprocess.run([SCRIPT, *RUN, *arguments], cwd=cwd, capture_output=True, text=True, timeout=280, check=False)


@pytest.mark.thorough
@pytest.mark.parametrize("budget", [UNTIL, FIXED, ADAPTIVE], ids=["until", "fixed", "adaptive"])
def test_killed_and_resumed_exports_the_same_bytes(tmp_path, budget):
    (tmp_path / "whole").mkdir()
    (tmp_path / "killed").mkdir()
    whole = finish(tmp_path / "whole", *budget)
    assert whole.returncode == 0, whole.stderr

    rng = random.Random(len(budget))
    kills = 0
    for _ in range(4 * KILLS):
        process = subprocess.Popen(
            [SCRIPT, *RUN, *budget], cwd=tmp_path / "killed", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            process.wait(rng.uniform(0.4, 2.2))
        except subprocess.TimeoutExpired:
            kills += 1
            process.kill()
        process.wait()
        if kills == KILLS:
            break
        if process.returncode == 0:
            break
    assert kills == KILLS, "the run is too short for the kills: raise delay_s"
    resumed = finish(tmp_path / "killed", *budget)
    assert resumed.returncode == 0, resumed.stderr

    expected = files(tmp_path / "whole/runs/demo/products")
    assert expected
    assert files(tmp_path / "killed/runs/demo/products") == expected
    assert_nothing_twice(tmp_path / "killed/runs/demo/ledger")


@pytest.mark.thorough
def test_the_bundled_model_says_the_same_whatever_shares_its_batch(tmp_path):
    """Killed in the middle of its batches; the resumed run fills them with other problems."""
    line = (
        SCRIPT, "run", "problems.n_problems=60", "budget.n_samples=4", "sampler.batch_size=16", "ledger.flush_s=0.05",
        "loop.open_problems=8", "pool.workers=1",
    )  # fmt: skip
    for name in ("whole", "killed"):
        (tmp_path / name).mkdir()
    samples = tmp_path / "killed/runs/demo/ledger/samples"
    for kill in range(3):
        process = subprocess.Popen(line, cwd=tmp_path / "killed", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        before, deadline = len(list(samples.glob("*.parquet"))), time.monotonic() + 100
        while len(list(samples.glob("*.parquet"))) < before + 1 + kill and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert process.poll() is None, "the run ended before it could be killed"
        process.kill()
        process.wait()
    for name in ("killed", "whole"):
        done = subprocess.run(line, cwd=tmp_path / name, capture_output=True, text=True, timeout=250, check=False)
        assert done.returncode == 0, done.stderr
    expected = files(tmp_path / "whole/runs/demo/products")
    assert expected
    assert files(tmp_path / "killed/runs/demo/products") == expected
    assert_nothing_twice(tmp_path / "killed/runs/demo/ledger")


def assert_nothing_twice(ledger: Path) -> None:
    """What was committed before a kill is not made again after it."""
    keys = {
        "problems": "problem_id",
        "samples": 'problem_id, "index"',
        "verdicts": 'problem_id, "index", verifier, version, config_hash, attempt',
    }
    for kind, key in keys.items():
        rows = duckdb.sql(f"SELECT {key} FROM '{ledger}/{kind}/*.parquet'").fetchall()
        assert rows
        assert max(Counter(rows).values()) == 1, kind


@pytest.mark.slow
def test_a_changed_configuration_is_refused_with_the_difference(proofstill):
    arguments = ("run", "sampler=scripted", "problems.n_problems=3")
    assert proofstill(*arguments).returncode == 0
    refused = proofstill(*arguments, "sampler.pass_rate=0.9", "budget.n_samples=2")
    assert refused.returncode == 2
    assert "budget.n_samples: 8 -> 2" in refused.stderr
    assert "sampler.pass_rate: 0.5 -> 0.9" in refused.stderr
    assert refused.stdout == ""
    speed = proofstill(*arguments, "pool.workers=1", "loop.open_problems=2")
    assert speed.returncode == 0, "operational settings may change"
