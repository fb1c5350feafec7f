"""Products through the console script, from replayed generations in two modes."""

import json

import pytest

pytestmark = pytest.mark.slow
SAMPLES = {
    "think": ["<think>6 * 7 = 42</think>It is \\boxed{42}", "<think>6 + 7 = 13</think>It is \\boxed{13}"],
    "no_think": ["\\boxed{41}", "\\boxed{42}"],
}


def read(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest.fixture
def twins(proofstill, tmp_path):
    """Two runs on the same problems, one in each mode; the second problem is in one of them alone."""
    problems = [{"id": f"p{i}", "question": f"What is 6 times 7, for the {i}th time?", "gold": "42"} for i in range(3)]
    for mode, texts in SAMPLES.items():
        mine = [problem for problem in problems if mode == "think" or problem["id"] != "p1"]
        rows = [
            {"id": problem["id"], "text": text, "tokens": 9, "logprob_sum": -9.0 - i, "ref_logprob_sum": -12.0}
            for problem in mine
            for i, text in enumerate(texts)
        ]
        for name, values in ((f"{mode}.jsonl", mine), (f"{mode}_samples.jsonl", rows)):
            (tmp_path / name).write_text("".join(json.dumps(value) + "\n" for value in values))
        done = proofstill(
            "run", "problems=jsonl", f"problems.path={mode}.jsonl", "problems.fields.prompt=question",
            "problems.fields.answer=gold", "sampler=replay", f"sampler.path={mode}_samples.jsonl", f"prompt={mode}",
            "budget.n_samples=2", f"run.name={mode}", "progress.enabled=false", "product=[]",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr


def test_products_of_two_runs(proofstill, twins, tmp_path):
    made = proofstill(
        "export", "run=runs/think", "product=[modes,preference,trajectories,stepwise]",
        "product.modes.twin=runs/no_think", "product.modes.tags=true", "product.preference.format=llama_factory",
        "product.trajectories.max_kl=0.3", "product.trajectories.kl_estimator=k1",
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    told = made.stdout.splitlines()
    assert told[0] == "runs/think/products/modes: 4 rows of 5 samples; dropped: no_twin 1"
    assert told[1] == "runs/think/products/preference: 3 rows"
    assert told[2] == "runs/think/products/trajectories: 3 rows of 6 samples; dropped: kl_above_cap 3"
    assert told[3] == "runs/think/products/stepwise: 0 rows of 6 samples; dropped: no_step_verdict 6"
    products = tmp_path / "runs/think/products"
    modes = read(products / "modes/prompt_completion/train-00000.jsonl")
    assert [(row["problem_id"], row["mode"], row["enable_thinking"]) for row in modes] == [
        ("p0", "think", True), ("p0", "no_think", False), ("p2", "think", True), ("p2", "no_think", False),
    ]  # fmt: skip
    assert modes[0]["prompt"][-1]["content"].endswith("/think")
    assert modes[1]["completion"] == [{"role": "assistant", "content": "\\boxed{42}"}]
    assert modes[1]["completion"][0]["content"] != modes[0]["completion"][0]["content"]
    pair = read(products / "preference/pairs/train-00000.jsonl")[0]
    assert pair["rejected"]["content"] == "<think>\n6 + 7 = 13\n</think>\n\nIt is \\boxed{13}"
    assert json.loads((products / "preference/dataset_info.json").read_text())["preference"]["ranking"] is True
    kept = read(products / "trajectories/trajectories/train-00000.jsonl")
    assert {(row["reward"], round(row["kl"], 4)) for row in kept} == {(0.0, 0.2222)}


def test_what_the_ledger_lacks_is_one_sentence_or_counted(proofstill, twins):
    lacking = proofstill("export", "run=runs/no_think", "product=[modes,safety,rl]", "select=[]")
    assert lacking.returncode == 0
    assert lacking.stdout.splitlines() == [
        "runs/no_think/products/modes: 0 rows of 2 samples; dropped: no_twin 2",
        "runs/no_think/products/safety: 0 rows of 2 samples; dropped: no_policy_verdict 2",
        "runs/no_think/products/rl: 2 rows",
    ]
    for overrides, sentence in (
        (["product=[preference]", "product.preference.losers=[ERROR]"], "product.preference: losers is ['ERROR']"),
        (["product=[modes]", "product.modes.twin=runs/nowhere"], "runs/nowhere: no run here"),
    ):
        wrong = proofstill("export", "run=runs/think", *overrides)
        assert wrong.returncode == 2
        assert wrong.stderr.count("\n") == 1
        assert sentence in wrong.stderr
