"""Presets on local directories of exactly the public shapes; the rows are made up."""

import json
from pathlib import Path

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

import conf
from engine.build import build
from engine.errors import DataError
from engine.problems.hub import HubDataset
from engine.protocols import ProblemSource
from engine.records import BadRow, Limits, Problem, TestKind

CARD = "---\nconfigs:\n- config_name: {config}\n  data_files:\n  - split: {split}\n    path: {config}/{split}-*\n---\n"


@pytest.fixture(autouse=True)
def _cache(tmp_path, monkeypatch):
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")


def repository(directory, rows, config="default", split="train", schema=None):
    """A directory like a hub repository: Parquet shards and a card that names them."""
    (directory / config).mkdir(parents=True)
    table = pa.Table.from_pylist(rows, schema=schema)
    half = (len(rows) + 1) // 2
    for shard, part in enumerate(part for part in (table.slice(0, half), table.slice(half)) if part.num_rows):
        pq.write_table(part, directory / config / f"{split}-{shard:05}-of-00002.parquet")
    (directory / "README.md").write_text(CARD.format(config=config, split=split))
    return str(directory)


def preset(name, path, **overrides):
    options = yaml.safe_load((Path(conf.__file__).parent / "problems" / f"{name}.yaml").read_text())
    return list(build(options | {"path": path} | overrides, ProblemSource, "problems").problems())


def test_config_split_streaming_and_row_numbers(tmp_path):
    rows = [{"prompt": f"p{i}", "answer": str(i) if i != 3 else None} for i in range(5)]
    path = repository(tmp_path / "sums", rows, "odd", "test")
    whole = list(HubDataset(path, "odd", "test", require=("answer",)).problems())
    assert [item.answer if isinstance(item, Problem) else item.row for item in whole] == ["0", "1", "2", 4, "4"]
    assert whole[0].source == "sums odd test"
    assert list(HubDataset(path, "odd", "test", require=("answer",), streaming=True).problems()) == whole
    assert [problem.prompt for problem in HubDataset(path, "odd", "test[:2]").problems()] == ["p0", "p1"]


def test_a_data_set_that_cannot_be_loaded_is_one_sentence(tmp_path, monkeypatch):
    path = repository(tmp_path / "sums", [{"prompt": "a"}])
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    for source, words in [
        (HubDataset("nobody/nothing-of-the-kind"), "nobody/nothing-of-the-kind train"),
        (HubDataset(str(tmp_path / "missing")), "missing train"),
        (HubDataset(path, "other"), "sums other train"),
        (HubDataset(path, split="test"), "sums test"),
    ]:
        with pytest.raises(DataError, match=f"{words}' cannot be loaded.*problems.split") as caught:
            list(source.problems())
        assert "\n" not in str(caught.value)


def test_gsm8k(tmp_path):
    rows = [
        {"question": "Ann has 2 pens and buys 3.", "answer": "She has 2+3=<<2+3=5>>5.\n#### 5"},
        {"question": "Big?", "answer": "It is so.\n#### 1,200"},
        {"question": "None?", "answer": "no mark"},
    ]
    first, second, bad = preset("gsm8k", repository(tmp_path / "gsm8k", rows, "main"))
    assert (first.answer, second.answer, bad.code) == ("5", "1,200", "bad_value")
    assert first.reference_solution == rows[0]["answer"]
    assert (first.licence, first.domain, len(first.id)) == ("MIT", "math", 16)


def test_math(tmp_path):
    row = {
        "problem": "Half?",
        "level": "Level 1",
        "type": "Algebra",
        "solution": r"$\boxed{2}$ then $\boxed{\frac{1}{2}}$.",
    }
    (problem,) = preset("math", repository(tmp_path / "math", [row], "algebra"))
    assert problem.answer == r"\frac{1}{2}"
    assert problem.meta == {"level": "Level 1", "type": "Algebra"}


def test_aime(tmp_path):
    row = {"id": 61, "problem": "Find it.", "solution": "It is 33.", "answer": "033", "url": "u", "year": "2024"}
    (problem,) = preset("aime", repository(tmp_path / "aime", [row]))
    assert (problem.id, problem.answer, problem.reference_solution) == ("61", "033", "It is 33.")


def test_olympiadbench(tmp_path):
    row = {
        "id": 1606, "question": "Find all.", "solution": ["First way.", "Second way."], "final_answer": ["$1,2$"],
        "context": None, "image_1": None, "modality": "Text-only", "difficulty": "Competition",
        "is_multiple_answer": True, "unit": None, "answer_type": "Numerical", "error": None,
        "question_type": "Open-ended", "subfield": "Algebra", "subject": "Math", "language": "English",
    }  # fmt: skip
    (problem,) = preset("olympiadbench", repository(tmp_path / "ob", [row], "OE_TO_maths_en_COMP"))
    assert (problem.id, problem.answer, problem.reference_solution) == ("1606", "$1,2$", "First way.")
    assert problem.meta["is_multiple_answer"] is True


def test_humaneval(tmp_path):
    row = {
        "task_id": "HumanEval/900", "prompt": 'def double(x):\n    """Twice x."""\n',
        "canonical_solution": "    return 2 * x\n", "test": "def check(candidate):\n    assert candidate(2) == 4\n",
        "entry_point": "double",
    }  # fmt: skip
    (problem,) = preset("humaneval", repository(tmp_path / "he", [row], "openai_humaneval", "test"))
    assert (problem.id, problem.prompt, problem.domain) == (row["task_id"], row["prompt"], "code")
    assert (problem.tests.kind, problem.tests.entry_point) == (TestKind.ASSERT, "double")
    scope = {}
    exec(problem.reference_solution + problem.tests.cases[0].code, scope)
    scope["check"](scope["double"])


@pytest.mark.parametrize("config", ["full", "sanitized"])
def test_mbpp(tmp_path, config):
    common = {
        "task_id": 900,
        "code": "def inc(x):\r\n  return x + one",
        "test_list": ["assert inc(1) == 2", "assert inc(2) == 3"],
    }
    rows = {
        "full": common
        | {"text": "Add one.", "test_setup_code": "one = 1", "challenge_test_list": ["assert inc(-1) == 0"]},
        "sanitized": common | {"prompt": "Add one.", "test_imports": ["one = 1"], "source_file": "x"},
    }
    (problem,) = preset("mbpp", repository(tmp_path / "mbpp", [rows[config]], config), config=config)
    assert (problem.id, problem.prompt.splitlines()[0]) == ("900", "Add one.")
    assert "assert inc(1) == 2" in problem.prompt
    assert "inc(-1)" not in problem.prompt
    assert [case.hidden for case in problem.tests.cases] == [False, False, True][: 3 if config == "full" else 2]
    for case in problem.tests.cases:
        exec(problem.reference_solution + "\n" + case.code, {})


def test_apps(tmp_path):
    common = {"difficulty": "interview", "url": "u", "starter_code": ""}
    rows = [
        {"problem_id": 1, "question": "Echo.", "solutions": json.dumps(["print(input())"]), "input_output": json.dumps({"inputs": ["1\n"], "outputs": ["1\n"]})},
        {"problem_id": 2, "question": "Lines.", "solutions": "", "input_output": json.dumps({"inputs": [["1", "2"]], "outputs": [["3"]]})},
        {"problem_id": 3, "question": "Call.", "solutions": "", "starter_code": "def f(x):", "input_output": json.dumps({"fn_name": "f", "inputs": [[[1, 2]], [5]], "outputs": [[3], 5]})},
        {"problem_id": 4, "question": "No tests.", "solutions": "", "input_output": ""},
        {"problem_id": 5, "question": "Bad.", "solutions": "", "input_output": "{"},
        {"problem_id": 6, "question": "Uneven.", "solutions": "", "input_output": json.dumps({"inputs": ["1"], "outputs": []})},
    ]  # fmt: skip
    echo, lines, call, *bad = preset("apps", repository(tmp_path / "apps", [common | row for row in rows]))
    assert (echo.id, echo.reference_solution, echo.meta) == ("1", "print(input())", {"difficulty": "interview"})
    assert (echo.tests.kind, echo.tests.cases[0].input, echo.tests.cases[0].expected) == (TestKind.STDIN, "1\n", "1\n")
    assert (lines.tests.cases[0].input, lines.tests.cases[0].expected, lines.reference_solution) == ("1\n2", "3", None)
    assert (call.tests.kind, call.tests.entry_point, call.tests.cases[0].input) == (TestKind.CALL, "f", [[1, 2]])
    assert call.prompt.endswith("def f(x):")
    scope = {}
    exec(call.tests.checker, scope)
    assert [scope["check"]([], [3], value) for value in (3, [3], (3,), 4, [])] == [True, True, True, False, False]
    assert [(item.row, item.code) for item in bad if isinstance(item, BadRow)] == [
        (4, "bad_value"),
        (5, "bad_value"),
        (6, "bad_value"),
    ]


def test_code_contests(tmp_path):
    row = {
        "name": "1_A. Sum", "description": "Add.", "source": 2, "difficulty": 7, "input_file": "", "output_file": "",
        "public_tests": {"input": ["1 1\n"], "output": ["2\n"]}, "private_tests": {"input": [], "output": []},
        "generated_tests": {"input": ["2 2\n", "0 0\n"], "output": ["4\n", "0\n"]},
        "solutions": {"language": [2, 3], "solution": ["int main(){}", "print(sum(map(int, input().split())))"]},
        "incorrect_solutions": {"language": [3], "solution": ["print(0)"]},
        "time_limit": {"seconds": 1, "nanos": 500000000}, "memory_limit_bytes": 268435456,
    }  # fmt: skip
    rows = [
        row,
        row | {"name": "b", "time_limit": None, "memory_limit_bytes": 0, "input_file": "in.txt"},
        row | {"name": "c", "time_limit": None, "memory_limit_bytes": 0},
    ]
    first, bad, third = preset("code_contests", repository(tmp_path / "cc", rows))
    assert (first.id, first.prompt, first.reference_solution[:5]) == ("1_A. Sum", "Add.", "print")
    assert [(case.expected, case.hidden) for case in first.tests.cases] == [
        ("2\n", False),
        ("4\n", True),
        ("0\n", True),
    ]
    assert first.tests.limits == Limits(cpu_s=1.5, wall_s=3.0, memory_mb=256)
    assert (bad.code, "files" in bad.text) == ("bad_value", True)
    assert third.tests.limits == Limits()


def test_a_preset_on_rows_of_another_shape_says_so(tmp_path):
    with pytest.raises(DataError, match=r"no row can be used.*'test' of the humaneval shape is missing"):
        preset("humaneval", repository(tmp_path / "other", [{"prompt": "a"}], split="test"))


@pytest.mark.parametrize("name", ["jsonl", "csv", "parquet", "hub"])
def test_generic_presets_list_every_option(tmp_path, name):
    rows = [{"id": "x", "prompt": "a", "answer": "1"}]
    path = repository(tmp_path / "d", rows)
    if name == "jsonl":
        path = str(tmp_path / "a.jsonl")
        Path(path).write_text(json.dumps(rows[0]))
    elif name == "csv":
        path = str(tmp_path / "a.csv")
        Path(path).write_text("id,prompt,answer\nx,a,1\n")
    elif name == "parquet":
        path = str(tmp_path / "d" / "default" / "*.parquet")
    (problem,) = preset(name, path)
    assert (problem.id, problem.answer) == ("x", "1")
    options = yaml.safe_load((Path(conf.__file__).parent / "problems" / f"{name}.yaml").read_text())
    from engine.build import locate

    assert set(options) - {"_target_"} == set(locate(options["_target_"], "").__dataclass_fields__)
