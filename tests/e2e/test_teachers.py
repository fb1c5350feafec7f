"""Several teachers as a user runs them: a YAML beside the work, the same bytes after a kill, one sentence for mistakes."""

import json
import subprocess
import time
from pathlib import Path

import duckdb
import pytest
from conftest import SCRIPT

CONFIG = """
defaults:
  - teachers
  - /sampler@teachers.small: scripted
  - /sampler@teachers.big: scripted
  - _self_
teachers:
  small: {pass_rate: 0.3, delay_s: 0.03}
  big: {pass_rate: 0.9, delay_s: 0.05}
prices: {small: 1, big: 2}
cluster: meta.steps
ahead: 32
"""
LEDGER = "runs/demo/ledger"
LINE = (
    SCRIPT, "run", "sampler=mine", "problems.n_problems=160", "budget=until", "budget.n_samples=6", "budget.wave=2",
    "ledger.flush_s=0.1", "pool.workers=1",
)  # fmt: skip


def workplace(path: Path) -> Path:
    (path / "conf/sampler").mkdir(parents=True)
    (path / "conf/sampler/mine.yaml").write_text(CONFIG)
    return path


def products(path: Path) -> dict[str, bytes]:
    folder = path / "runs/demo/products"
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def models(path: Path) -> dict[tuple[str, int], str]:
    rows = duckdb.sql(f"select problem_id, index, model from '{path}/{LEDGER}/samples/*.parquet'").fetchall()
    return {(problem, index): model for problem, index, model in rows}


def run(path: Path) -> None:
    done = subprocess.run(LINE, cwd=path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.thorough
def test_killed_and_resumed_asks_the_same_teachers(tmp_path):
    whole, killed = workplace(tmp_path / "whole"), workplace(tmp_path / "killed")
    run(whole)
    for kill_after in (10, 150):
        process = subprocess.Popen(LINE, cwd=killed, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 100
        samples = killed / LEDGER / "samples"
        while process.poll() is None and not (list(samples.glob("*.parquet")) and len(models(killed)) >= kill_after):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.kill()
        process.wait()
        assert process.returncode == -9, "the run ended before the kill: give it more problems"
    run(killed)
    assert products(whole)
    assert products(killed) == products(whole)
    made, again = models(whole), models(killed)
    both = made.keys() & again.keys()  # surplus samples may be there in one of them only
    assert len(both) > 250
    assert {key: made[key] for key in both} == {key: again[key] for key in both}
    assert set(made.values()) == {"small", "big"}
    told = json.loads((whole / "runs/demo/stats.json").read_text())["sampler"]["teachers"]
    assert {row["teacher"] for row in told} == {"small", "big"}
    assert sum(row["share"] for row in told) == pytest.approx(1)
    assert "small, big" in (whole / "runs/demo/README.md").read_text()


@pytest.mark.slow
def test_mistakes_and_dead_teachers_are_one_sentence(proofstill, tmp_path):
    done = proofstill("run", "sampler=teachers")
    assert (done.returncode, done.stderr.splitlines()[-1]) == (
        2,
        "error: sampler.teachers: has no value; give it one on the command line, as in `sampler.teachers=…`",
    )
    workplace(tmp_path)
    dead = "sampler@sampler.teachers.big=openai"
    model = ("sampler.teachers.big.model=x", "sampler.teachers.big.base_url=http://127.0.0.1:9/v1")
    few = ("sampler.teachers.big.max_retries=0", "~sampler.teachers.big.pass_rate", "~sampler.teachers.big.delay_s")
    done = proofstill("run", "sampler=mine", dead, *model, *few, "problems.n_problems=20")
    assert done.returncode == 1, done.stderr
    assert done.stderr.splitlines()[-1].startswith("error: teacher big: http://127.0.0.1:9/v1 cannot be reached")
