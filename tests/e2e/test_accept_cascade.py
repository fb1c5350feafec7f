"""Accept rules and the cascade in whole runs: kill -9 changes nothing, and no order changes a decision."""

import json
import subprocess
import time

import duckdb
import pytest
from conftest import SCRIPT

RUN = (
    "run", "sampler=scripted", "sampler.delay_s=0.5", "problems.n_problems=72", "budget.n_samples=4",
    "loop.open_problems=6", "loop.gold_check=false", "ledger.flush_s=0.05", "pool.workers=1",
    "verifier=[steps,math]", "product=[sft,preference,unpaired]",
)  # fmt: skip
CASCADE = ("cascade.problems=8", "cascade.from_problem=32")


def files(directory):
    """Every exported file and its bytes."""
    return {str(p.relative_to(directory)): p.read_bytes() for p in sorted(directory.rglob("*")) if p.is_file()}


def decided(directory):
    """What ``stats.json`` says of decisions: accepted, and rejected by reason."""
    return json.loads((directory / "stats.json").read_text())["decisions"]


def verdicts(ledger):
    """Ordinal, index and verifier of every verdict."""
    return duckdb.sql(f"SELECT ordinal, index, verifier FROM '{ledger}/verdicts/*.parquet'").fetchall()


@pytest.mark.thorough
def test_killed_before_and_after_the_order_is_measured_exports_the_same_bytes(tmp_path):
    """Steps are asked first by default and cost many times what the answer does, so the measured order is the other."""
    for name in ("whole", "killed"):
        (tmp_path / name).mkdir()
    run = tmp_path / "killed/runs/demo"
    seen = 0
    for measured in (False, True, True):
        process = subprocess.Popen(
            [SCRIPT, *RUN, *CASCADE], cwd=tmp_path / "killed", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and process.poll() is None:
            settled = len(list((run / "ledger/verdicts").glob("*.parquet")))
            if settled > seen and (run / "cascade.json").exists() >= measured:
                break
            time.sleep(0.005)
        assert process.poll() is None, "the run ended before it could be killed"
        process.kill()
        process.wait()
        seen = len(list((run / "ledger/verdicts").glob("*.parquet")))
        assert (run / "cascade.json").exists() == measured
    order = (run / "cascade.json").read_bytes()

    for name in ("killed", "whole"):
        line = [SCRIPT, *RUN, *CASCADE]
        done = subprocess.run(line, cwd=tmp_path / name, capture_output=True, text=True, timeout=250, check=False)
        assert done.returncode == 0, done.stderr
    whole = tmp_path / "whole/runs/demo"
    assert (run / "cascade.json").read_bytes() == order, "what was recorded is kept"
    assert json.loads(order)["names"] == json.loads((whole / "cascade.json").read_text())["names"] == ["math", "steps"]
    assert len(files(whole / "products")) > 6
    assert files(run / "products") == files(whole / "products")
    assert decided(run) == decided(whole)
    assert sorted(set(verdicts(run / "ledger"))) == sorted(verdicts(whole / "ledger"))


@pytest.mark.thorough
def test_the_measured_order_changes_no_decision_and_spares_verdicts(proofstill, tmp_path):
    stats = {}
    for name, settings in (("measured", CASCADE), ("declared", ("cascade.problems=0",))):
        done = proofstill(*RUN, "sampler.delay_s=0", *settings, f"run.name={name}")
        assert done.returncode == 0, done.stderr
        stats[name] = json.loads((tmp_path / "runs" / name / "stats.json").read_text())
    measured, declared = stats["measured"], stats["declared"]
    rows = files(tmp_path / "runs/measured/products/sft").items()
    accepted = {path: data for path, data in rows if path.endswith(".parquet")}
    assert accepted
    assert accepted.items() <= files(tmp_path / "runs/declared/products/sft").items(), "accepted by all of them"
    assert measured["groups"] == declared["groups"]
    assert sum(measured["decisions"]["rejected"].values()) == sum(declared["decisions"]["rejected"].values())

    cascade = measured["cascade"]
    assert cascade["order"]["names"] == ["math", "steps"]
    assert cascade["order"]["samples"] == 8
    assert declared["cascade"]["order"] is None
    steps = cascade["verifiers"]["steps"]
    assert steps["asked"] + steps["spared"] == measured["samples"]["total"] == 288
    assert steps["saved"] == pytest.approx(steps["spared"] * steps["mean"])
    assert steps["spared"] > declared["cascade"]["verifiers"]["steps"]["spared"] == 0
    by_problem = {}
    for ordinal, index, verifier in verdicts(tmp_path / "runs/measured/ledger"):
        by_problem.setdefault((ordinal, index), set()).add(verifier)
    assert all(by_problem[n, 0] == {"math", "steps"} for n in range(8)), "measured by all"
    assert {"math"} in [by_problem[n, i] for n in range(32, 72) for i in range(4)], "in the measured order"
    assert all("math" in by_problem[n, i] for n in range(32, 72) for i in range(4))
    assert all(by_problem[n, i] == {"math", "steps"} for n in range(8, 32) for i in range(4)), "in the declared order"


@pytest.mark.slow
def test_an_unknown_name_in_a_rule_is_told_before_anything_is_sampled(proofstill, tmp_path):
    rule = "accept.of=[math,{_target_: engine.accept.AcceptAny, of: [stpes, math]}]"
    done = proofstill("run", "sampler=scripted", "problems.n_problems=3", "verifier=[math,steps]", rule)
    assert done.returncode == 2
    assert (
        done.stderr.strip()
        .splitlines()[-1]
        .endswith(
            "accept.of[1].of[0]: no verifier of this run is called stpes; did you mean steps? There is math, steps"
        )
    )
    assert not (tmp_path / "runs/demo/ledger").exists()
