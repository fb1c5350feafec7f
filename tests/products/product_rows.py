"""Groups for products, made by hand: every verdict in them is what the test says it is."""

import json
from pathlib import Path

import pyarrow.parquet as pq

from engine.records import (
    Decision,
    FinishReason,
    Message,
    Problem,
    Reason,
    Rendered,
    Row,
    Sample,
    Status,
    StepMark,
    Verdict,
)
from engine.rows import RowGroup


def made(
    problem: Problem,
    index: int,
    status: Status = Status.PASS,
    text: str | None = None,
    *,
    score: float | None = None,
    reasoning: str | None = None,
    verdicts: tuple[Verdict, ...] | None = None,
    by: tuple[str, ...] = ("math",),
    prompt: Rendered | None = None,
    dropped: str | None = None,
    labels: Verdict | None = None,
    finish: FinishReason = FinishReason.STOP,
    **sample,
) -> Row:
    """A sample judged by ``math`` with ``status``; ``verdicts`` in its place where a test needs more of them."""
    if verdicts is None:
        verdicts = (Verdict(status, score=score, answer=str(index), verifier="math", version="1", reason=Reason("r")),)
    accepted = status == Status.PASS
    decision = Decision(accepted, "all", by, None if accepted else f"math:{status.value}", error=status == Status.ERROR)
    text = f"It is \\boxed{{{index}}}." if text is None else text
    sample = Sample(problem.id, index, text, finish, reasoning=reasoning, model="m", **{"tokens": 7} | sample)
    prompt = prompt or Rendered(messages=(Message("user", problem.prompt),))
    return Row(problem, sample, decision, verdicts, prompt, labels, dropped)


def group(name: str, *rows, **problem) -> RowGroup:
    """One problem; ``rows`` are functions of the problem, or ``(status, text)`` pairs."""
    problem = Problem(name, f"What is {name}?", **{"answer": "7", "source": "made:test", "licence": "mit"} | problem)
    built = [row(problem) if callable(row) else made(problem, i, *row) for i, row in enumerate(rows)]
    return RowGroup(problem, built[0].prompt if built else Rendered(text=name), tuple(built))


def single(row: Row) -> RowGroup:
    return RowGroup(row.problem, row.prompt, (row,))


def marks(text: str, *verdicts: str) -> tuple[StepMark, ...]:
    """Lines of ``text`` as steps."""
    found, start = [], 0
    for line, verdict in zip(text.split("\n"), verdicts, strict=True):
        found.append(StepMark(start, start + len(line), verdict))
        start += len(line) + 1
    return tuple(found)


def read(directory: Path, shape: str) -> list[dict]:
    """Rows of a shape, the same in both file formats."""
    parquet = [row for path in sorted((directory / shape).glob("*.parquet")) for row in pq.read_table(path).to_pylist()]
    lines = [
        json.loads(line)
        for path in sorted((directory / shape).glob("*.jsonl"))
        for line in path.read_text("utf-8").split("\n")[:-1]
    ]
    assert parquet == lines or not (parquet and lines)
    return parquet or lines


def write(product, directory: Path, *groups: RowGroup) -> tuple[dict, list[dict]]:
    """Facts and rows of a product; the numbers add up, and columns, files and facts agree."""
    facts = product.write(iter(groups), str(directory / product.name))
    assert facts["taken"] == facts["rows"] + sum(facts["dropped"].values())
    rows: list[dict] = []
    for shape, told in facts["shapes"].items():
        rows = read(directory / product.name, shape)
        assert len(rows) == told["rows"] == facts["rows"]
        assert all(column["description"] for column in told["columns"])
        if rows:
            assert [column["name"] for column in told["columns"]] == list(rows[0])
    return facts, rows
