"""The labelled solutions that the step benchmarks run on, from the developers' data pack."""

import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from verifiers.steps.segment import segment

UNKNOWN = -1
"""Wrong somewhere, nobody says where."""


@dataclass(frozen=True)
class Case:
    """One solution in steps; ``first_error`` is None where it is labelled right."""

    id: str
    problem: str
    steps: tuple[str, ...]
    first_error: int | None


def rows(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def process_bench(data: Path, name: str) -> Iterator[Case]:
    for row in rows(data / "steps" / f"processbench_{name}.jsonl.gz"):
        yield Case(row["id"], row["problem"], tuple(row["steps"]), None if row["label"] < 0 else row["label"])


def big_bench_mistake(data: Path) -> Iterator[Case]:
    for number, row in enumerate(rows(data / "steps" / "bbmistake_multistep_arithmetic.jsonl.gz")):
        yield Case(f"bbm-{number}", row["input"], tuple(row["steps"]), row["mistake_index"])


def mr_gsm8k(data: Path) -> Iterator[Case]:
    for row in rows(data / "steps" / "mr_gsm8k_wrong_solutions.jsonl.gz"):
        steps = row["model_output_steps"]
        steps = json.loads(steps) if isinstance(steps, str) else steps
        # half of its rows are programs, which are not judged here
        if row["question_type"] != "POT":
            first = int(row["model_output_solution_first_error_step"])
            yield Case(row["uuid"], row["question"], tuple(steps), first - 1 if first > 0 else UNKNOWN)


def mr_ben_math(data: Path) -> Iterator[Case]:
    for row in rows(data / "steps" / "mr_ben_math.jsonl.gz"):
        right = row["Model_Solution_Correctness"].lower() == "correct"
        first = row["Model_Solution_First_Error_Step"]
        error = None if right else int(first) - 1 if str(first).isdigit() else UNKNOWN
        yield Case(
            row["Question_UUID"], f"{row['Question']}\n{row['Options']}", tuple(row["Model_Solution_Steps"]), error
        )


def gold(data: Path, name: str, separator: str) -> Iterator[Case]:
    for row in rows(data / "problems" / f"{name}.jsonl.gz"):
        yield Case(row["id"], row["problem"], tuple(row["solution"].split(separator)), None)


def samples(data: Path, name: str) -> Iterator[Case]:
    """Samples whose final answer is labelled; a right answer stands for a right solution, which is not always so."""
    for row in rows(data / "samples" / f"{name}.jsonl.gz"):
        for number, sample in enumerate(row["samples"]):
            text = sample["text"]
            steps = tuple(text[start:end] for start, end in segment(text, "lines"))
            right = sample.get("label")
            if steps and right is not None:
                yield Case(f"{row['id']}/{number}", row["problem"], steps, None if right else UNKNOWN)


Load = Callable[[Path], Iterator[Case]]

SETS: dict[str, Load] = {
    "PB GSM8K": lambda data: process_bench(data, "gsm8k"),
    "PB MATH": lambda data: process_bench(data, "math"),
    "PB Olympiad": lambda data: process_bench(data, "olympiadbench"),
    "PB Omni": lambda data: process_bench(data, "omnimath"),
    "BBM arithmetic": big_bench_mistake,
    "MR-GSM8K wrong": mr_gsm8k,
    "MR-Ben math": mr_ben_math,
    "GSM8K gold test": lambda data: gold(data, "gsm8k_test", "\n"),
    "GSM8K gold train": lambda data: gold(data, "gsm8k_train", "\n"),
    "MATH gold": lambda data: gold(data, "math_test", "\n\n"),
    "zeroeval GSM8K": lambda data: samples(data, "gsm8k_zeroeval"),
    "boxed GSM8K": lambda data: samples(data, "gsm8k_boxed_gpt_claude"),
    "GPT-3 GSM8K": lambda data: samples(data, "gsm8k_gpt3_4models"),
    "zeroeval MATH 5": lambda data: samples(data, "math_l5_zeroeval"),
    "Qwen2.5 MATH": lambda data: samples(data, "math_qwen25_k8_rm"),
}
