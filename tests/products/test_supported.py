"""Whatever the verdicts are: nothing is exported that they do not support, and the numbers add up."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from product_rows import group, made, write

from engine.products.direct import Direct
from engine.products.files import FileOptions
from engine.products.modes import Modes
from engine.products.preference import Preference
from engine.products.rl import RL
from engine.products.safety import Safety
from engine.products.sft import SFT
from engine.products.stepwise import Stepwise
from engine.products.trajectories import Trajectories
from engine.products.unpaired import Unpaired
from engine.records import Reason, Status, StepMark, Verdict
from engine.rows import Standing, standing

LINES = FileOptions(("jsonl",))
PRODUCTS = (
    SFT(files=LINES),
    SFT(take="diverse", k=2, steps="unrefuted", files=LINES),
    Direct(max_per_problem=3, files=LINES),
    Modes(files=LINES),
    Preference(pairs_per_problem=3, losers=("FAIL", "NO_ANSWER", "TIMEOUT"), files=LINES),
    Preference(policy="score_gap", files=LINES),
    Preference(policy="rso", files=LINES),
    Preference(policy="shortest_right", files=LINES),
    Unpaired(losers=("FAIL", "NO_ANSWER", "TIMEOUT"), files=LINES),
    Stepwise(files=LINES),
    RL(files=LINES),
    Trajectories(files=LINES),
    Safety(verifiers=("safety",), files=LINES),
    Safety(verifiers=("safety",), make="pairs", files=LINES),
)

statuses = st.sampled_from(list(Status))
verdict = st.builds(
    lambda status, name, score, mark: Verdict(
        status,
        score,
        "42",
        verifier=name,
        version="1",
        reason=Reason("r"),
        steps=(StepMark(0, 1, mark),) if mark else None,
    ),
    statuses,
    st.sampled_from(["math", "safety", "steps"]),
    st.sampled_from([None, 0.0, 0.5, 1.0]),
    st.sampled_from([None, "supported", "refuted", "unchecked"]),
)
sample = st.tuples(
    st.lists(verdict, min_size=1, max_size=3, unique_by=lambda v: v.verifier),
    st.sampled_from(["accepted", "rejected", "error"]),
    st.sampled_from(["It is 4", "It is 5", "it may be 6"]),
    st.sampled_from([None, "duplicate"]),
    st.sampled_from([None, "think", "no_think"]),
    st.sampled_from([None, "why"]),
)


def built(name, samples):
    def one(index, drawn):
        verdicts, decision, text, dropped, mode, reasoning = drawn
        status = {"accepted": Status.PASS, "rejected": Status.FAIL, "error": Status.ERROR}[decision]
        by = (verdicts[0].verifier,)
        kept = dropped if decision == "accepted" else None
        return lambda p: made(
            p, index, status, text, verdicts=tuple(verdicts), by=by, dropped=kept, mode=mode, reasoning=reasoning
        )

    return group(name, *[one(i, drawn) for i, drawn in enumerate(samples)])


@pytest.mark.parametrize("product", PRODUCTS, ids=lambda p: p.name)
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(drawn=st.lists(st.lists(sample, max_size=6), max_size=4))
def test_only_what_verdicts_support(tmp_path_factory, product, drawn):
    groups = [built(f"p{i}", samples) for i, samples in enumerate(drawn)]
    by_key = {(g.problem.id, row.sample.index): row for g in groups for row in g.rows}
    directory = tmp_path_factory.mktemp("products")
    facts = product.write(iter(groups), str(directory / "one"))
    assert facts["taken"] == facts["rows"] + sum(facts["dropped"].values())
    for shape, told in facts["shapes"].items():
        rows = [
            json.loads(line)
            for line in (directory / "one" / shape / "train-00000.jsonl").read_text("utf-8").splitlines()
        ]
        assert len(rows) == told["rows"] == facts["rows"]
        for row in rows:
            _check(product, row, by_key)


def _check(product, row, by_key):
    right, wrong = Standing.ACCEPTED, Standing.REJECTED
    if product.name == "rl":
        return
    if "chosen" in row:
        chosen, rejected = (by_key[row["problem_id"], row[side]["index"]] for side in ("chosen_from", "rejected_from"))
        assert standing(chosen) == right
        assert chosen.dropped is None
        assert rejected.dropped is None
        assert chosen.sample.text != rejected.sample.text or chosen.sample.reasoning != rejected.sample.reasoning
        if product.name == "safety":
            assert any(v.verifier == "safety" and v.status == Status.FAIL for v in rejected.verdicts)
            assert standing(rejected) != Standing.ERROR
        elif standing(rejected) != right:
            assert standing(rejected) == wrong
        return
    source = by_key[row["problem_id"], row["index"]]
    assert source.dropped is None or product.name == "trajectories"
    assert standing(source) != Standing.ERROR
    if product.name == "unpaired":
        assert standing(source) == (right if row["label"] else wrong)
    elif product.name == "stepwise":
        marked = {mark.verdict for v in source.verdicts for mark in v.steps or ()}
        assert ("supported" if row["labels"][0] else "refuted") in marked
    elif product.name != "trajectories":
        assert standing(source) == right


def test_the_same_groups_give_the_same_bytes(tmp_path):
    groups = [
        group(f"p{i}", (Status.PASS, f"It is {i}"), (Status.FAIL, "It is 9"), (Status.TIMEOUT, "loop"))
        for i in range(9)
    ]
    for product in (Preference(), Unpaired(), RL(), Trajectories(), SFT(take="diverse")):
        files = []
        for place in ("a", "b"):
            write(product, tmp_path / place, *groups)
            root = tmp_path / place / product.name
            files.append({p.relative_to(root): p.read_bytes() for p in root.rglob("*") if p.is_file()})
        assert files[0] == files[1]
        assert files[0]


def test_an_empty_run_gives_empty_files_with_full_schemas(tmp_path):
    import pyarrow.parquet as pq

    for product in (SFT(), Direct(), Modes(), Preference(), Unpaired(), Stepwise(), RL(), Trajectories(), Safety()):
        facts, rows = write(product, tmp_path)
        assert rows == []
        for shape in facts["shapes"]:
            table = pq.read_table(tmp_path / product.name / shape / "train-00000.parquet")
            assert table.num_rows == 0
            assert {"problem_id"} <= set(table.column_names)
