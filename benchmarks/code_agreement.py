"""Agreement of the code verifier with labels of real programs, run in the local sandbox through the pool of a run.

    python benchmarks/code_agreement.py [DATA] [--rows N] [--only NAME] [--workers N] [--show N]

DATA is the developers' data pack (default: ../shared/data beside the checkout). A row agrees when PASS and the label
"right" coincide. leetcode is judged by the examples of its statements only, so that a wrong program may pass there;
rows without a verdict of the real judge are left out.
"""

import argparse
import ast
import asyncio
import gzip
import json
import random
import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.config import PoolSection
from engine.pool import Pool
from engine.records import Limits, Problem, Sample, Status, TestCase, TestKind, Tests, Verdict
from sandboxes.local import LocalSandbox
from verifiers.code import CodeVerifier

LIMITS = Limits(cpu_s=3, wall_s=10)


@dataclass(frozen=True)
class Case:
    problem: Problem
    text: str
    right: bool
    label: str


def rows(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def humaneval(data: Path) -> dict[str, dict[str, Any]]:
    return {row["task_id"]: row for row in rows(data / "code/humaneval_plus.jsonl.gz")}


def checked(key: str, prompt: str, test: str, entry_point: str | None) -> Problem:
    tests = Tests(TestKind.ASSERT, (TestCase(code=test, hidden=True),), entry_point=entry_point, limits=LIMITS)
    return Problem(key, prompt, "code", tests=tests)


def codegen(data: Path) -> Iterator[Case]:
    tasks = humaneval(data)
    for row in rows(data / "code/samples_codegen16b_k100.jsonl.gz"):
        problem = checked(row["task_id"], row["prompt"], tasks[row["task_id"]]["test"], row["entry_point"])
        for sample in row["samples"]:
            yield Case(problem, sample["code"], sample["base"] == "pass", sample["base"])


def reflexion_humaneval(data: Path) -> Iterator[Case]:
    tasks = humaneval(data)
    for row in rows(data / "code/samples_humaneval_reflexion.jsonl.gz"):
        task = tasks[row["task_id"]]
        problem = checked(row["task_id"], task["prompt"], task["test"], task["entry_point"])
        for sample in row["samples"]:
            yield Case(problem, sample["code"], sample["base"] == "pass", sample["base"])


def reflexion_mbpp(data: Path) -> Iterator[Case]:
    for row in rows(data / "code/samples_mbpp_reflexion_gpt4.jsonl.gz"):
        problem = checked(f"mbpp/{row['task_id']}", row["prompt"], row["test"], row["entry_point"])
        for sample in row["samples"]:
            yield Case(problem, sample["code"], bool(sample["author_solved"]), str(sample["author_solved"]))


def svamp(data: Path) -> Iterator[Case]:
    for row in rows(data / "samples/svamp_codex_pot_k30.jsonl.gz"):
        case = TestCase("", f"{row['answer']!r}\n")
        tests = Tests(TestKind.STDIN, (case,), checker="float(1e-3,1e-9)", limits=LIMITS)
        problem = Problem(row["id"], row["problem"], "code", tests=tests)
        for sample in row["samples"]:
            text = f"```python\n{sample['code']}\nprint(float(ans))\n```"
            yield Case(problem, text, bool(sample["label"]), sample["error"] or str(sample["label"]))


def cruxeval(data: Path) -> Iterator[Case]:
    """The program is given and the model's claim about it is the test; each claim is judged once."""
    for row in rows(data / "samples/cruxeval_codellama7b_k10.jsonl.gz"):
        outputs = zip(row["output_preds"], row["output_labels"], strict=True)
        inputs = zip(row["input_preds"], row["input_labels"], strict=True)
        claims = {f"assert {claim} == f({row['input']})": label for claim, label in outputs}
        claims |= {f"assert {claim} == {row['output']}": label for claim, label in inputs}
        for test, label in claims.items():
            problem = checked(row["id"], "", test, "f")
            yield Case(problem, f"```python\n{row['code']}\n```", bool(label), str(label))


def leetcode(data: Path) -> Iterator[Case]:
    for row in rows(data / "code/samples_leetcode_judged.jsonl.gz"):
        tests = examples(row["statement"], row["starter"])
        if tests is None:
            continue
        problem = Problem(row["task_id"], row["statement"], "code", tests=tests)
        imports = "from typing import *\nfrom collections import *\nfrom functools import *\nfrom math import *\n"
        imports += (
            "from itertools import *\nfrom bisect import *\nfrom heapq import *\nimport heapq, math, collections\n"
        )
        for sample in row["samples"]:
            if sample["status"] != "Submission Timed-Out":
                text = f"```python\n{imports}{sample['code']}\n```"
                yield Case(problem, text, sample["status"] == "Accepted", sample["status"])


def examples(statement: str, starter: str) -> Tests | None:
    """The examples of a statement as tests of a method; None where they are not plain values."""
    method = re.search(r"def (\w+)\(self, ?([^)]*)\)", starter)
    pairs = re.findall(r"Input: ?(.+?)\nOutput: ?(.+?)\n", statement)
    if method is None or not pairs or "ListNode" in starter or "TreeNode" in starter or "-> None" in starter:
        return None
    cases = []
    for given, expected in pairs:
        names = re.split(r",?\s*\b\w+ = ", "," + given)[1:]
        try:
            values = [value_of(text) for text in names]
            cases.append(TestCase(values, value_of(expected)))
        except (ValueError, SyntaxError):
            return None
    return Tests(TestKind.CALL, tuple(cases), entry_point=method[1], checker="float(1e-5,1e-5)", limits=LIMITS)


def value_of(text: str) -> Any:
    plain = re.sub(r"\b(true|false|null)\b", lambda m: {"true": "True", "false": "False", "null": "None"}[m[0]], text)
    return ast.literal_eval(plain.strip())


SETS = {
    "codegen": codegen,
    "humaneval": reflexion_humaneval,
    "mbpp": reflexion_mbpp,
    "leetcode": leetcode,
    "svamp": svamp,
    "cruxeval": cruxeval,
}
HEAD = (
    f"{'set':10s} {'rows':>6s} {'agree %':>8s} {'PASS':>6s} {'wrong PASS':>10s} {'right not PASS':>14s} {'ERROR':>6s} "
    f"{'s':>7s} {'rows/s':>7s}"
)


async def judged(cases: list[Case], workers: int) -> tuple[list[Verdict], float]:
    pool = Pool({"code": CodeVerifier(LocalSandbox())}, PoolSection(workers=workers))
    limit = asyncio.Semaphore(512)

    async def one(number: int, case: Case) -> Verdict:
        async with limit:
            return (await pool.verify("code", case.problem, Sample(case.problem.id, number, case.text)))[0]

    start = time.perf_counter()
    try:
        return list(await asyncio.gather(*(one(i, case) for i, case in enumerate(cases)))), time.perf_counter() - start
    finally:
        await pool.close()


def show(name: str, cases: list[Case], verdicts: list[Verdict], seconds: float, shown: int) -> None:
    agreed = [(verdict.status == Status.PASS) == case.right for case, verdict in zip(cases, verdicts, strict=True)]
    passed = sum(verdict.status == Status.PASS for verdict in verdicts)
    errors = sum(verdict.status == Status.ERROR for verdict in verdicts)
    wrong = sum(not ok and not case.right for ok, case in zip(agreed, cases, strict=True))
    missed = sum(not ok and case.right for ok, case in zip(agreed, cases, strict=True))
    print(
        f"{name:10s} {len(cases):6d} {100 * sum(agreed) / len(cases):8.2f} {passed:6d} {wrong:10d} {missed:14d} "
        f"{errors:6d} {seconds:7.1f} {len(cases) / seconds:7.1f}",
        flush=True,
    )
    kinds = Counter(
        (case.label, verdict.status.value, verdict.reason.code)
        for ok, case, verdict in zip(agreed, cases, verdicts, strict=True)
        if not ok
    )
    for (label, status, code), count in kinds.most_common():
        print(f"    label {label}, judged {status} ({code}): {count}")
    different = [pair for ok, *pair in zip(agreed, cases, verdicts, strict=True) if not ok]
    for case, verdict in random.Random(0).sample(different, min(shown, len(different))):
        told = json.dumps(verdict.evidence.get("hidden") or verdict.evidence.get("failed"))
        print(f"--- {case.problem.id}, label {case.label}: {verdict.reason.text}\n{verdict.answer}\n{told}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="?", type=Path, default=Path(__file__).resolve().parents[2] / "shared" / "data")
    parser.add_argument("--rows", type=int, help="a random sample of so many rows of each set")
    parser.add_argument("--only", choices=SETS, nargs="*", default=list(SETS))
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--show", type=int, default=0, help="disagreements to print, per set")
    arguments = parser.parse_args()
    print(LocalSandbox().probe())
    print(HEAD)
    for name in arguments.only:
        cases = list(SETS[name](arguments.data))
        if arguments.rows and arguments.rows < len(cases):
            cases = random.Random(0).sample(cases, arguments.rows)
        verdicts, seconds = asyncio.run(judged(cases, arguments.workers))
        show(name, cases, verdicts, seconds, arguments.show)


if __name__ == "__main__":
    main()
