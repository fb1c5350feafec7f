"""Step search as a user runs it: any base sampler, a labelled tree in the ledger, and the same bytes after a kill."""

import json
import subprocess
import time
from pathlib import Path

import duckdb
import pytest
from conftest import SCRIPT

LEDGER = "runs/demo/ledger"


def lineages(run: Path) -> dict[tuple[str, int], dict]:
    rows = duckdb.sql(f"select problem_id, index, lineage from '{run}/{LEDGER}/samples/*.parquet'").fetchall()
    return {(problem, index): json.loads(lineage) for problem, index, lineage in rows}


def products(run: Path) -> dict[str, bytes]:
    folder = run / "runs/demo/products"
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.mark.slow
def test_any_base_is_searched_and_the_tree_is_kept(proofstill, tmp_path):
    base = ("sampler@sampler.base=scripted", "~sampler.base.params", "sampler.base.pass_rate=0.7")
    arguments = ("sampler=beam", *base, "verifier=[math,steps]")
    done = proofstill("run", *arguments, "problems.n_problems=8", "budget.n_samples=2")
    assert done.returncode == 0, done.stderr
    stats = json.loads((tmp_path / "runs/demo/stats.json").read_text("utf-8"))
    assert stats["samples"]["total"] == 16
    assert 0 < stats["decisions"]["accepted"] <= 16
    trees = lineages(tmp_path)
    assert len(trees) == 16
    states = {row["state"] for lineage in trees.values() for row in lineage["tree"]}
    assert {"chosen", "duplicate"} <= states
    again = proofstill("run", *arguments, "problems.n_problems=8", "budget.n_samples=2", "sampler.pool.workers=2")
    assert again.returncode == 0, again.stderr  # the number of processes decides nothing
    other = proofstill("run", *arguments, "problems.n_problems=8", "budget.n_samples=2", "sampler.k=3")
    assert other.returncode == 2
    assert "sampler.k: 4 -> 3" in other.stderr


@pytest.mark.slow
def test_what_cannot_work_is_one_sentence(proofstill, tmp_path):
    (tmp_path / "rows.jsonl").write_text('{"id": "p", "text": "2"}\n')
    done = proofstill("run", "sampler=reject_steps", "sampler@sampler.base=replay", "sampler.base.path=rows.jsonl")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("error: sampler=replay has what its file holds and cannot go on")
    done = proofstill("run", "sampler=beam", "sampler.rank=scorer")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "sampler: scorer is null: rank=scorer needs a verifier there" in done.stderr


@pytest.mark.thorough
@pytest.mark.parametrize("preset", ["reject_steps", "beam"])
def test_killed_and_resumed_exports_the_same_bytes(tmp_path, preset):
    """The resumed run fills its batches with other steps of other problems."""
    line = (
        SCRIPT, "run", f"sampler={preset}", "problems.n_problems=8", "budget.n_samples=2", "sampler.base.batch_size=8",
        "ledger.flush_s=0.05", "loop.open_problems=2", "pool.workers=1",
    )  # fmt: skip
    for name in ("whole", "killed"):
        (tmp_path / name).mkdir()
    samples = tmp_path / "killed" / LEDGER / "samples"
    process = subprocess.Popen(line, cwd=tmp_path / "killed", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 200
    while not list(samples.glob("*.parquet")) and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.kill()
    process.wait()
    assert process.returncode == -9, "the run ended before the kill: give it more problems"
    assert len(lineages(tmp_path / "killed")) < 16
    for name in ("whole", "killed"):
        done = subprocess.run(line, cwd=tmp_path / name, capture_output=True, text=True, timeout=280, check=False)
        assert done.returncode == 0, done.stderr
    assert products(tmp_path / "whole")
    assert products(tmp_path / "killed") == products(tmp_path / "whole")
    assert lineages(tmp_path / "killed") == lineages(tmp_path / "whole")
