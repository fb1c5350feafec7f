"""The main job from end to end: what a run leaves behind, and what can be made from it again."""

import json
from pathlib import Path

import datasets
import pytest
from test_kill_and_resume import files

RUN = ("run", "sampler=scripted", "problems.n_problems=30", "budget.n_samples=4")


def read(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest.fixture
def finished(proofstill, tmp_path):
    """A run's directory, and what the command printed."""
    done = proofstill(*RUN)
    assert done.returncode == 0, done.stderr
    return tmp_path / "runs/demo", done


def test_the_run_directory_loads_as_a_data_set(finished, tmp_path):
    directory, _ = finished
    stats = json.loads((directory / "stats.json").read_text())
    for name in ("sft_messages", "sft_prompt_completion"):
        rows = datasets.load_dataset(str(directory), name, split="train", cache_dir=str(tmp_path / "cache"))
        assert len(rows) == stats["selected"]["kept"] > 0
    assert {turn["role"] for row in rows for turn in row["prompt"] + row["completion"]} == {"user", "assistant"}
    assert all(row["verifiers"][0]["status"] == "PASS" for row in rows)


def test_every_row_is_supported_by_its_verdict(finished):
    directory, _ = finished
    rows = read(directory / "products/sft/messages/train-00000.jsonl")
    for row in rows:
        assert f"\\boxed{{{row['answer']}}}" in row["messages"][-1]["content"]
        assert row["accepted_by"] == ["math"]
    assert len({(row["problem_id"], row["index"]) for row in rows}) == len(rows)


def test_only_the_result_is_on_standard_output(finished):
    _, done = finished
    assert "Funnel" in done.stdout
    assert done.stdout.count("accepted: ") == 3
    assert "first prompt:" in done.stderr
    assert "samples/s" not in done.stdout


def test_export_makes_the_same_bytes_from_the_ledger_alone(finished, proofstill, tmp_path):
    directory, _ = finished
    before = files(directory / "products")
    done = proofstill("export", "run=runs/demo")
    assert done.returncode == 0, done.stderr
    assert files(directory / "products") == before
    fewer = proofstill(
        "export", "run=runs/demo", "select=[duplicates,cap]", "select.cap.rows=1", "product.sft.shapes=[messages]"
    )
    assert fewer.returncode == 0, fewer.stderr
    rows = read(directory / "products/sft/messages/train-00000.jsonl")
    assert len({row["problem_id"] for row in rows}) == len(rows)
    assert not (directory / "products/sft/prompt_completion").exists()
    assert list(tmp_path.glob("*.parquet")) == []


def test_the_same_command_again_makes_nothing_anew(finished, proofstill):
    directory, _ = finished
    before = {path: path.stat().st_mtime_ns for path in Path(directory, "ledger").rglob("*.parquet")}
    again = proofstill(*RUN)
    assert again.returncode == 0
    assert "resuming" in again.stderr
    assert {path: path.stat().st_mtime_ns for path in Path(directory, "ledger").rglob("*.parquet")} == before


def test_verify_reads_and_writes_standard_streams(proofstill):
    rows = [
        {"id": "a", "answer": "1/2", "response": "\\boxed{0.5}"},
        {"id": "b", "answer": "1/2", "response": "\\boxed{0.25}"},
        {"id": "c", "answer": "1/2", "response": "<think>so"},
    ]
    done = proofstill("verify", "samples=-", stdin="".join(json.dumps(row) + "\n" for row in rows))
    assert done.returncode == 0, done.stderr
    verdicts = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(v["id"], v["status"]) for v in verdicts] == [("a", "PASS"), ("b", "FAIL"), ("c", "NO_ANSWER")]
    assert "PASS 1" in done.stderr
