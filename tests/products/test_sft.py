"""The SFT product: shapes, provenance, hostile text, whole-or-nothing writing, constant memory."""

import json
import resource
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml

from engine.build import build
from engine.errors import ConfigError, ProofstillError
from engine.products import files
from engine.products.files import FileOptions
from engine.products.sft import SFT
from engine.protocols import Product
from engine.records import Decision, Message, Problem, Reason, Rendered, Row, Sample, Status, Verdict
from engine.rows import RowGroup

SYSTEM = Message("system", "Think, then answer.")


def make_row(i: int = 0, *, text: str | None = None, reasoning: str | None = "so 2+2", prompt: Rendered | None = None):
    problem = Problem(id=f"p{i // 2}", prompt=f"What is {i}?", answer=str(i), source="made:test", licence="mit")
    sample = Sample(problem.id, i % 2, text or f"It is \\boxed{{{i}}}.", reasoning=reasoning, tokens=7, model="m")
    verdicts = (
        Verdict(Status.PASS, answer="wide", verifier="format", version="1", reason=Reason("ok")),
        Verdict(Status.PASS, answer=str(i), verifier="math", version="2", config_hash="c", reason=Reason("equal")),
    )
    prompt = prompt or Rendered(messages=(SYSTEM, Message("user", f"What is {i}?")))
    return Row(problem, sample, Decision(True, "all", by=("math",)), verdicts, prompt)


def single(row: Row) -> RowGroup:
    return RowGroup(row.problem, row.prompt, (row,))


def read(directory: Path, shape: str) -> tuple[list[dict], list[dict]]:
    parquet = [row for path in sorted((directory / shape).glob("*.parquet")) for row in pq.read_table(path).to_pylist()]
    lines = [
        json.loads(line)
        for path in sorted((directory / shape).glob("*.jsonl"))
        for line in path.read_text("utf-8").split("\n")[:-1]
    ]
    return parquet, lines


def write(tmp_path: Path, rows, **options) -> tuple[Path, dict]:
    directory = tmp_path / "products" / "sft"
    return directory, SFT(**options).write(map(single, rows), str(directory))


def tree(directory: Path) -> dict[str, bytes]:
    return {str(p.relative_to(directory)): p.read_bytes() for p in sorted(directory.rglob("*")) if p.is_file()}


def test_both_shapes_in_both_formats_hold_the_same_rows(tmp_path):
    directory, facts = write(tmp_path, [make_row(i) for i in range(5)])
    for shape in ("messages", "prompt_completion"):
        parquet, lines = read(directory, shape)
        assert parquet == lines
        assert len(parquet) == 5
        assert [c["name"] for c in facts["shapes"][shape]["columns"]] == list(parquet[0])
        assert all(c["description"] for c in facts["shapes"][shape]["columns"])
    answer = {"role": "assistant", "content": "<think>\nso 2+2\n</think>\n\nIt is \\boxed{3}."}
    asked = [{"role": "system", "content": SYSTEM.content}, {"role": "user", "content": "What is 3?"}]
    assert read(directory, "messages")[0][3]["messages"] == [*asked, answer]
    row = read(directory, "prompt_completion")[0][3]
    assert (row["prompt"], row["completion"]) == (asked, [answer])
    assert isinstance(SFT(), Product)
    assert (facts["rows"], facts["tokens"], facts["sources"], facts["licences"]) == (
        5,
        35,
        {"made:test": 5},
        {"mit": 5},
    )


def test_provenance_names_the_deciding_answer_and_every_verifier(tmp_path):
    directory, _ = write(tmp_path, [make_row(3)])
    row = read(directory, "messages")[0][0]
    assert (row["problem_id"], row["index"], row["answer"], row["rule"]) == ("p1", 1, "3", "all")
    assert row["accepted_by"] == ["math"]
    assert row["verifiers"] == [
        {"name": "format", "version": "1", "config_hash": "", "status": "PASS"},
        {"name": "math", "version": "2", "config_hash": "c", "status": "PASS"},
    ]


@pytest.mark.parametrize(
    ("options", "reasoning", "message"),
    [
        ({"reasoning": "drop"}, "why", {"role": "assistant", "content": "A"}),
        ({"reasoning": "field"}, "why", {"role": "assistant", "content": "A", "thinking": "why"}),
        ({"reasoning": "field"}, None, {"role": "assistant", "content": "A", "thinking": None}),
        ({"reasoning": "think_tags"}, None, {"role": "assistant", "content": "A"}),
        ({"reasoning": "think_tags"}, "why", {"role": "assistant", "content": "<think>\nwhy\n</think>\n\nA"}),
        ({"think_template": "[{reasoning}]{answer}"}, "{answer}", {"role": "assistant", "content": "[{answer}]A"}),
    ],
)
def test_reasoning_is_rendered_last(tmp_path, options, reasoning, message):
    directory, _ = write(tmp_path, [make_row(text="A\n", reasoning=reasoning)], **options)
    for rows in read(directory, "messages"):
        assert rows[0]["messages"][-1] == message
        assert {tuple(turn) for turn in rows[0]["messages"]} == {tuple(message)}


def test_strings_continue_a_text_prompt_exactly(tmp_path):
    text = make_row(text=" 4\n", reasoning=None, prompt=Rendered(text="Q: 2+2\nA:"))
    chat = make_row(text="4", reasoning=None)
    directory, _ = write(tmp_path, [text, chat], completion_form="strings")
    rows, _ = read(directory, "prompt_completion")
    assert (rows[0]["prompt"], rows[0]["completion"]) == ("Q: 2+2\nA:", " 4\n")
    assert (rows[1]["prompt"], rows[1]["completion"]) == ("Think, then answer.\n\nWhat is 0?\n\n", "4")
    assert read(directory, "messages")[0][0]["messages"][0] == {"role": "user", "content": "Q: 2+2\nA:"}


def test_text_that_utf8_cannot_carry_is_replaced_and_counted(tmp_path):
    hostile = 'lone \udc80 pair \ud83d\ude00 nul \x00 line \u2028 quote " </script> \x1b[31m'
    directory, facts = write(tmp_path, [make_row(0), make_row(1, text=hostile, reasoning="\ud800"), make_row(2)])
    parquet, lines = read(directory, "messages")
    assert parquet == lines
    expected = "<think>\n\ufffd\n</think>\n\n" + hostile.replace("\udc80", "\ufffd").replace("\ud83d\ude00", "😀")
    assert parquet[1]["messages"][-1]["content"] == expected
    assert facts["replaced"] == 1


def test_same_rows_same_bytes_whatever_the_directory(tmp_path):
    rows = [make_row(i) for i in range(50)]
    one, facts = write(tmp_path / "a", rows, files=FileOptions(row_group_rows=7, rows_per_shard=20))
    two, again = write(tmp_path / "b", rows, files=FileOptions(row_group_rows=7, rows_per_shard=20))
    assert tree(one) == tree(two)
    assert facts == again
    assert str(tmp_path) not in repr(facts)


def test_shards_and_row_groups(tmp_path):
    rows = [make_row(i) for i in range(9)]
    directory, facts = write(tmp_path, rows, files=FileOptions(("parquet",), rows_per_shard=4, row_group_rows=3))
    assert facts["shapes"]["messages"]["files"] == [f"messages/train-0000{i}.parquet" for i in range(3)]
    sizes = [pq.ParquetFile(p).metadata for p in sorted((directory / "messages").iterdir())]
    assert [(m.num_rows, m.num_row_groups) for m in sizes] == [(4, 2), (4, 2), (1, 1)]


def test_long_samples_close_a_row_group_early(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "GROUP_BYTES", 3000)
    directory, _ = write(tmp_path, [make_row(i, text="x" * 2000) for i in range(6)])
    assert pq.ParquetFile(directory / "messages/train-00000.parquet").metadata.num_row_groups == 3


def test_no_rows_give_empty_files_with_the_full_schema(tmp_path):
    directory, facts = write(tmp_path, [])
    table = pq.read_table(directory / "messages/train-00000.parquet")
    assert table.num_rows == facts["rows"] == 0
    assert "verifiers" in table.column_names


def test_a_failing_export_leaves_the_previous_product_and_nothing_else(tmp_path):
    directory, _ = write(tmp_path, [make_row(0)])
    before = tree(directory.parent)

    def broken():
        yield make_row(1)
        raise RuntimeError("ledger lost")

    with pytest.raises(RuntimeError, match="ledger lost"):
        write(tmp_path, broken())
    assert tree(directory.parent) == before
    _, facts = write(tmp_path, [make_row(1), make_row(2)])
    assert facts["rows"] == len(read(directory, "messages")[0]) == 2
    assert [p.name for p in directory.parent.iterdir()] == ["sft"]


def test_a_kill_between_the_renames_is_mended_by_the_next_export(tmp_path):
    directory, _ = write(tmp_path, [make_row(0)])
    before = tree(directory)
    directory.rename(directory.with_name(".sft.old"))
    (directory.parent / ".sft.new").mkdir()
    (directory.parent / ".sft.new" / "half").write_text("x")
    with pytest.raises(ZeroDivisionError), files.whole_directory(str(directory)):
        raise ZeroDivisionError
    assert tree(directory) == before
    assert [p.name for p in directory.parent.iterdir()] == ["sft"]


def test_a_full_disk_is_one_sentence(tmp_path):
    script = (
        "import resource, sys\n"
        "from tests_rows import make_row, single\n"
        "from engine.products.sft import SFT\n"
        "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))\n"
        "SFT().write((single(make_row(i, text=str(i) * 50)) for i in range(5000)), sys.argv[1])\n"
    )
    (tmp_path / "tests_rows.py").write_text(Path(__file__).read_text())
    target = tmp_path / "products" / "sft"
    done = subprocess.run(
        [sys.executable, "-c", script, str(target)],
        env={"PYTHONPATH": f"{tmp_path}:{Path(__file__).parents[2]}", "PATH": "", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "ProofstillError" in done.stderr
    assert str(target) in done.stderr
    assert "File too large" in done.stderr
    assert list(target.parent.iterdir()) == []


def test_a_file_in_the_way_is_one_sentence(tmp_path):
    (tmp_path / "products").write_text("not a directory")
    with pytest.raises(ProofstillError, match="products/sft cannot be written"):
        write(tmp_path, [make_row()])


def test_memory_does_not_grow_with_the_rows(tmp_path):
    write(tmp_path, (make_row(i, text="y" * 2000) for i in range(2000)), files=FileOptions(row_group_rows=500))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    write(tmp_path, (make_row(i, text="y" * 2000) for i in range(20000)), files=FileOptions(row_group_rows=500))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 40_000  # kB; the rows alone are 80 MB


@pytest.mark.parametrize(
    ("options", "key"),
    [
        ({"shapes": ()}, "shapes"),
        ({"shapes": ("messages", "messages")}, "shapes"),
        ({"shapes": ("alpaca",)}, "shapes"),
        ({"reasoning": "keep"}, "reasoning"),
        ({"completion_form": "text"}, "completion_form"),
        ({"completion_form": "strings", "reasoning": "field"}, "completion_form"),
        ({"think_template": "{reasoning}"}, "think_template"),
        ({"think_template": "{reasoning.real}{answer}"}, "think_template"),
        ({"think_template": "{"}, "think_template"),
    ],
)
def test_wrong_options_name_the_key(options, key):
    with pytest.raises(ConfigError, match=key):
        SFT(**options)


@pytest.mark.parametrize(
    ("options", "key"),
    [({"formats": ("csv",)}, "formats"), ({"rows_per_shard": 0}, "rows_per_shard"), ({"row_group_rows": 0}, "row_gr")],
)
def test_wrong_file_options_name_the_key(options, key):
    with pytest.raises(ConfigError, match=f"files.{key}"):
        FileOptions(**options)


def test_the_yaml_lists_every_parameter_at_its_default():
    options = yaml.safe_load((Path(__file__).parents[2] / "conf/product/sft.yaml").read_text())["sft"]
    assert set(options) == {*(f.name for f in fields(SFT) if f.init), "_target_"}
    assert set(options["files"]) == set(FileOptions.__dataclass_fields__)
    assert build(options, Product, "product.sft") == SFT()
