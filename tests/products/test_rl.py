"""RL prompts: the band of pass rates, and gold in the shapes of TRL, verl and OpenRLHF."""

import json

import pytest
from product_rows import group, made, write

from engine.errors import ConfigError
from engine.products.rl import RL
from engine.records import Status, TestCase, TestKind, Tests

P, F, A, E = Status.PASS, Status.FAIL, Status.ABSTAIN, Status.ERROR


def solved(name, right, wrong, **problem):
    return group(name, *[(P, f"r{i}") for i in range(right)], *[(F, f"w{i}") for i in range(wrong)], **problem)


def test_neither_all_nor_none(tmp_path):
    groups = [solved("none", 0, 4), solved("some", 1, 3), solved("all", 4, 0), solved("one", 1, 0)]
    facts, rows = write(RL(), tmp_path, *groups)
    assert [(r["problem_id"], r["pass_rate"], r["samples"]) for r in rows] == [("some", 0.25, 4)]
    assert (facts["unit"], facts["taken"]) == ("problems", 4)
    assert facts["dropped"] == {"all_solved": 1, "none_solved": 1, "too_few_samples": 1}
    assert (rows[0]["prompt"], rows[0]["answer"]) == ([{"role": "user", "content": "What is some?"}], "7")


def test_the_band_and_what_counts_in_it(tmp_path):
    groups = [solved("hard", 1, 9), solved("fair", 5, 5), solved("easy", 9, 1)]
    facts, rows = write(RL(min_pass_rate=0.2, max_pass_rate=0.8), tmp_path, *groups)
    assert [r["problem_id"] for r in rows] == ["fair"]
    assert facts["dropped"] == {"too_easy": 1, "too_hard": 1}
    # an error and an abstention are no trial; an accepted row that selection dropped is one
    odd = group("odd", (P,), lambda p: made(p, 1, dropped="duplicate"), (F, "w"), (E, "e"), (A, "a"))
    _, rows = write(RL(), tmp_path, odd)
    assert (rows[0]["pass_rate"], rows[0]["samples"]) == (2 / 3, 3)


def test_verl_columns(tmp_path):
    _, rows = write(RL(format="verl", data_source="openai/gsm8k"), tmp_path, solved("a", 1, 1), solved("b", 1, 3))
    assert set(rows[1]) == {"data_source", "prompt", "ability", "reward_model", "extra_info"}
    assert rows[1]["data_source"] == "openai/gsm8k"
    assert rows[1]["reward_model"] == {"style": "rule", "ground_truth": "7"}
    assert rows[1]["extra_info"] == {
        "split": "train", "index": 1, "licence": "mit", "problem_id": "b", "pass_rate": 0.25, "samples": 4,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("tests", "gold"),
    [
        (Tests(TestKind.STDIN, (TestCase("1\n", "2\n"), TestCase("", "0\n", hidden=True))), {"inputs": ["1\n", ""], "outputs": ["2\n", "0\n"]}),
        (Tests(TestKind.CALL, (TestCase([1, [2]], 3),), "add"), {"fn_name": "add", "inputs": ["1\n[2]"], "outputs": ["3"]}),
        (Tests(TestKind.ASSERT, (TestCase(code="assert add(1, 2) == 3"),)), {"assert_case": ["assert add(1, 2) == 3"]}),
    ],
)  # fmt: skip
def test_tests_as_verl_and_as_trl_get_them(tmp_path, tests, gold):
    problem = solved("a", 1, 1, answer=None, tests=tests, domain="code")
    _, rows = write(RL(format="verl"), tmp_path, problem)
    assert json.loads(rows[0]["reward_model"]["ground_truth"]) == gold
    _, rows = write(RL(), tmp_path, problem)
    assert (rows[0]["answer"], json.loads(rows[0]["tests"])["kind"]) == (None, tests.kind.value)


def test_no_gold_and_wrong_options(tmp_path):
    assert write(RL(), tmp_path, solved("a", 1, 1, answer=None))[0]["dropped"] == {"no_gold": 1}
    _, rows = write(RL(prompt_form="strings"), tmp_path, solved("a", 1, 1))
    assert rows[0]["prompt"] == "What is a?\n\n"
    for options, key in (
        ({"min_pass_rate": 0.9, "max_pass_rate": 0.1}, "min_pass_rate"),
        ({"min_samples": 0}, "min_samples"),
        ({"prompt_form": "text"}, "prompt_form"),
        ({"format": "verl", "prompt_form": "strings"}, "prompt_form"),
        ({"format": "axolotl"}, "format"),
    ):
        with pytest.raises(ConfigError, match=key):
            RL(**options)
