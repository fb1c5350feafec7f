"""The columns that say where a row comes from; the same set, in the same order, in every product."""

from typing import Any

from engine.products.writer import Column
from engine.records import Row
from engine.rows import rejecting, standing

COLUMNS = {
    "problem_id": "problem, as named by its source or by a hash of its content",
    "index": "number of the sample within its problem; (problem_id, index) is unique",
    "source": "file or data set and split that the problem comes from",
    "licence": "licence of the problem, null where its source names none",
    "domain": "math, code, chat, …",
    "model": "model that wrote the sample",
    "mode": "think or no_think where the prompt chose one, else null",
    "seed": "seed of this sample, derived from (run seed, problem, index)",
    "params_hash": "hash of prompt template, sampling parameters and model name",
    "finish_reason": "stop or length",
    "prompt_tokens": "tokens of the prompt, 0 where the sampler does not count them",
    "tokens": "tokens of the completion, reasoning included, 0 where the sampler does not count them",
    "answer": "the answer as extracted and graded, null where the verifiers extract none",
    "rule": "accept rule that took the row",
    "accepted_by": "verifiers whose verdicts made it an accepted row; none where it was refused",
    "verifiers": "every verdict on the sample: verifier, its version and configuration hash, and its status",
}
"""Name and meaning of each column."""


PROBLEM = ("problem_id", "source", "licence", "domain")
SAMPLE = tuple(name for name in COLUMNS if name not in PROBLEM)


def columns() -> list[Column]:
    """The columns of ``COLUMNS`` with their pyarrow types, for products of one sample per row."""
    return [(name, kind, COLUMNS[name]) for name, kind in _types().items()]


def pair_columns() -> list[Column]:
    """The columns of ``of_pair``: what both samples share, and a struct for each."""
    import pyarrow as pa

    types = _types()
    sample = pa.struct([(name, types[name]) for name in SAMPLE] + [("standing", pa.string()), ("reason", pa.string())])
    return [
        *((name, types[name], COLUMNS[name]) for name in PROBLEM),
        ("chosen_from", sample, "where the chosen sample comes from, and its verdicts"),
        ("rejected_from", sample, "where the other comes from, its verdicts, and why it was refused"),
    ]


def of(row: Row) -> dict[str, Any]:
    """The values of ``COLUMNS`` for one row."""
    problem, sample, decision = row.problem, row.sample, row.decision
    return {
        "problem_id": problem.id,
        "index": sample.index,
        "source": problem.source,
        "licence": problem.licence,
        "domain": problem.domain,
        "model": sample.model,
        "mode": sample.mode,
        "seed": sample.seed,
        "params_hash": sample.params_hash,
        "finish_reason": sample.finish_reason.value,
        "prompt_tokens": sample.prompt_tokens,
        "tokens": sample.tokens,
        "answer": graded_answer(row),
        "rule": decision.rule,
        "accepted_by": list(decision.by) if decision.accepted else [],
        "verifiers": [
            {"name": v.verifier, "version": v.version, "config_hash": v.config_hash, "status": v.status.value}
            for v in row.verdicts
        ],
    }


def of_pair(chosen: Row, rejected: Row) -> dict[str, Any]:
    """The values of ``pair_columns``."""
    both = of(chosen)
    return {
        **{name: both[name] for name in PROBLEM},
        "chosen_from": _side(chosen),
        "rejected_from": _side(rejected),
    }


def reason_of(row: Row) -> str | None:
    """Why a row was refused: verifier, status and the verdict's reason; None for any other row."""
    verdict = rejecting(row)
    return None if verdict is None else f"{verdict.verifier} {verdict.status.value}: {verdict.reason.code}"


def _side(row: Row) -> dict[str, Any]:
    values = of(row)
    return {name: values[name] for name in SAMPLE} | {"standing": standing(row).value, "reason": reason_of(row)}


def _types() -> dict[str, Any]:
    import pyarrow as pa

    text, whole = pa.string(), pa.int64()
    verifier = pa.struct([(name, text) for name in ("name", "version", "config_hash", "status")])
    types = dict.fromkeys(COLUMNS, text)
    types |= dict.fromkeys(("index", "seed", "prompt_tokens", "tokens"), whole)
    return types | {"accepted_by": pa.list_(text), "verifiers": pa.list_(verifier)}


def graded_answer(row: Row) -> str | None:
    """The first answer that a deciding verifier extracted, else any verifier's, else None."""
    answers = [(v.verifier not in row.decision.by, v.answer) for v in row.verdicts if v.answer is not None]
    return min(answers, key=lambda pair: pair[0])[1] if answers else None
