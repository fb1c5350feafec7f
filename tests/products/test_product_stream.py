"""From a real ledger to groups: what counts as what, whatever else stands in the ledger."""

import json
from dataclasses import replace

import pytest
from hydra import compose, initialize_config_module

from engine.config import register, resolved
from engine.export import Exporter, build_verifiers, export
from engine.ledger import Ledger
from engine.products.stream import row_groups
from engine.records import Problem, Reason, Sample, Status, StepMark, Verdict
from engine.rows import Standing, standing
from engine.rundir import RunDir, manifest_of
from engine.selection.chain import Chain
from engine.tally import Tally

P, F, A, E, T = Status.PASS, Status.FAIL, Status.ABSTAIN, Status.ERROR, Status.TIMEOUT


@pytest.fixture
def exporter(tmp_path):
    """A run on one sampled problem whose samples have every fate, one without samples, and one set aside."""
    register()
    with initialize_config_module("conf", version_base="1.3"):
        overrides = ["budget=until", "budget.k=2", "budget.n_samples=16", "budget.wave=16"]
        config = resolved(compose("config", overrides=overrides))
    directory = RunDir(tmp_path / "run")
    directory.path.mkdir()
    directory.adopt(config)
    made = Exporter(directory, config, build_verifiers(config))
    directory.write_manifest(manifest_of(config, made.versions, "proofstill run"))
    version, _, config_hash = made.versions["math"].partition("+")
    ledger = Ledger(directory.ledger, flush_rows=1000, flush_s=99)
    ledger.add_problem(0, Problem("a", "What is 3 + 4?", answer="7", source="made:test"), None)
    ledger.add_problem(1, Problem("b", "What?", answer="1"), None)
    ledger.add_problem(2, Problem("c", "What?"), Reason("no_verifier", "nobody can judge it"))

    def add(index, status, text, *, key=config_hash, to="a", **sample):
        ordinal = "ab".index(to)
        ledger.add_sample(ordinal, Sample(to, index, text, **sample))
        if status is not None:
            score = 1.0 if status == P else None
            verdict = Verdict(status, score, "7", verifier="math", version=version, config_hash=key)
            ledger.add_verdict(ordinal, replace(verdict, problem_id=to, index=index))

    add(0, F, "It is 8")
    add(1, P, "It is 7")
    add(2, E, "our fault")
    add(3, A, "who knows")
    add(4, T, "loop")
    add(5, None, "judged by nobody", to="b")
    add(6, F, "judged by a verifier that is no more", key="old", to="b")
    add(2_000_001, F, "a rollout", lineage={"parent": 0, "prefix": 3})
    add(7, P, "It is  7")
    add(8, F, "surplus")
    add(9, P, "surplus, too")
    steps = (StepMark(0, 2, "supported", score=1.0), StepMark(3, 7, "refuted", score=0.0))
    label = Verdict(F, verifier="locate", version="1", config_hash="x", problem_id="a", index=0, steps=steps)
    ledger.add_verdict(0, label)
    ledger.add_verdict(0, replace(label, index=1, config_hash="y"))
    ledger.add_verdict(0, replace(label, index=4))
    ledger.close()
    return made


def test_what_counts_as_what(exporter):
    tally = Tally()
    group, undecided = row_groups(exporter, Chain(exporter.config["select"]), tally)
    assert (group.problem.id, undecided.problem.id, undecided.rows) == ("a", "b", ())
    assert [(row.sample.index, standing(row)) for row in group.rows if standing(row) != Standing.ERROR] == [
        (0, Standing.REJECTED),
        (1, Standing.ACCEPTED),
        (3, Standing.UNPROVEN),
        (4, Standing.REJECTED),
        (7, Standing.ACCEPTED),
    ]
    assert [row.sample.index for row in group.rejected] == [0, 4]
    assert [(row.sample.index, row.dropped) for row in group.accepted] == [(1, None), (7, "duplicate")]
    assert [row.sample.index for row in group.selected] == [1]
    # of two settings of locate the one with more labels; and the run's own numbers know nothing of it
    assert {row.sample.index: row.labels.config_hash for row in group.rows if row.labels} == {0: "x", 4: "x"}
    assert set(tally.result()["verdicts"]) == {"math"}


def test_a_problem_that_selection_drops_is_in_no_product(exporter):
    with initialize_config_module("conf", version_base="1.3"):
        names = "sft,direct,preference,unpaired,stepwise,rl,trajectories,safety_pairs"
        chosen = ["run=x", f"product=[{names}]", "select=[difficulty]", "select.difficulty.most=0.1"]
        config = resolved(compose("export", overrides=chosen))
    stats = export(exporter, config["select"], config["product"], {}, {})
    for name, facts in stats["products"].items():
        assert facts["rows"] == 0, name
        assert facts["dropped"]["selection:too_easy"] > 0, name
        assert facts["taken"] == sum(facts["dropped"].values()), name
    assert stats["selected"]["selectors"]["difficulty"]["problems"] == {"too_easy": 1}


def test_every_product_of_one_ledger(exporter):
    """Nothing of what counts for nothing is in any file; the numbers of all products are in the statistics."""
    config = exporter.config
    with initialize_config_module("conf", version_base="1.3"):
        names = "sft,direct,modes,preference,unpaired,stepwise,rl,trajectories,safety,safety_pairs"
        products = resolved(compose("export", overrides=["run=x", f"product=[{names}]"]))["product"]
    stats = export(exporter, config["select"], products, {}, {})
    rows = {name: facts["rows"] for name, facts in stats["products"].items()}
    assert rows == {
        "sft": 1, "direct": 1, "modes": 0, "preference": 1, "unpaired": 3, "stepwise": 2, "rl": 1,
        "trajectories": 4, "safety": 0, "safety_pairs": 0,
    }  # fmt: skip
    written = "".join(p.read_text("utf-8") for p in exporter.directory.products.rglob("*.jsonl"))
    for text in ("our fault", "judged by", "rollout", "surplus"):
        assert text not in written
    assert "who knows" not in written
    assert (stats["selected"]["kept"], stats["selected"]["dropped"]) == (1, {"duplicate": 1})
    (found,) = map(json.loads, (exporter.directory.path / "selection.jsonl").read_text("utf-8").splitlines())
    assert (found["problem_id"], found["index"], found["evidence"]) == ("a", 7, {"of": "a#1"})
    for name, facts in stats["products"].items():
        assert facts["taken"] == facts["rows"] + sum(facts["dropped"].values()), name
        card = (exporter.directory.products / name / "README.md").read_text("utf-8")
        assert facts["about"].split("`")[0][:40] in card
        assert f"_target_: {products[name]['_target_']}" in card
