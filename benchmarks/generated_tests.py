"""Generated tests and clusters on HumanEval: what they add to the examples in the prompt.

Programs: 100 CodeGen-16B samples per problem and the runs of Reflexion, from the developers' data pack; right is what
passes the tests of HumanEval+. Public are the examples that the prompt shows, or the first two base assertions
where it shows none in doctest form. No reference solution is used, and the labels only to count at the end.

    python benchmarks/generated_tests.py DATA [--problems N] [--workers N] [--keep DIR] [--rules 0.7,0.8]

DATA is the pack's folder `code`. Each row of the first table is another least agreement of the programs.
"""

import argparse
import ast
import gzip
import json
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from engine.alphacode.summary import Totals
from engine.alphacode.workers import Workers
from engine.records import Limits, Problem, Sample, TestCase, TestKind, Tests
from sandboxes.local import LocalSandbox
from verifiers.code.alphacode.pipeline import AlphaCode
from verifiers.code.alphacode.subject import subject_of


def rows(path):
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return {row["task_id"]: row for row in map(json.loads, file)}


def problem_of(row):
    """The problem with its base tests hidden, and as public tests what the prompt shows."""
    hidden = TestCase(code=row["test"], hidden=True)
    made = Problem(
        row["task_id"], row["prompt"], "code", tests=Tests(TestKind.ASSERT, (hidden,), entry_point=row["entry_point"])
    )
    if subject_of(made).blocks:
        return made
    base = [ast.unparse(node) for node in ast.walk(ast.parse(row["test"])) if isinstance(node, ast.Assert)]
    public = tuple(TestCase(code=code.replace("candidate", row["entry_point"])) for code in base[:2])
    return replace(made, tests=replace(made.tests, cases=(*public, hidden)))


def label_of(sample):
    """True and False as HumanEval+ says; None where its judge ran out of time."""
    if sample["base"] != "pass":
        return None if sample["base"] == "timeout" else False
    return None if sample["plus"] == "timeout" else sample["plus"] == "pass"


def load(data, limit):
    codegen, reflexion = (
        rows(data / f"samples_{name}.jsonl.gz") for name in ("codegen16b_k100", "humaneval_reflexion")
    )
    for key, row in list(rows(data / "humaneval_plus.jsonl.gz").items())[:limit]:
        given = [(codegen[key]["prompt"] + item["code"], item) for item in codegen[key]["samples"]]
        for item in reflexion[key]["samples"]:
            whole = f"def {row['entry_point']}" in item["code"]
            given.append((item["code"] if whole else row["prompt"] + item["code"], item))
        samples = [Sample(key, i, f"```python\n{code}\n```") for i, (code, _) in enumerate(given)]
        yield problem_of(row), samples, {i: label_of(item) for i, (_, item) in enumerate(given)}


def analyse(groups, options, workers, directory):
    totals = Totals()
    tasks = ((problem.id, (problem, samples, labels, [], directory)) for problem, samples, labels in groups)
    with Workers(AlphaCode(LocalSandbox(), use_reference=False, **options), workers) as pool:
        for _, result in pool.map(tasks):
            totals.add(result["problem"])
    return totals


def share(part, whole):
    return f"{100 * part / whole:5.1f} %" if whole else "      -"


def mean(values):
    return sum(values) / len(values) if values else float("nan")


def report(name, stats, seconds):
    right, wrong, killed = stats["survivors_right"], stats["survivors_wrong"], stats["killed"]
    left_right, left_wrong = right - killed["right"], wrong - killed["wrong"]
    print(
        f"{name:<28}{left_right + left_wrong:7} {left_wrong:7} {share(left_wrong, left_right + left_wrong)}"
        f" {killed['right']:7} {share(killed['right'], right)} {stats['tests_kept']:7} {seconds:7.0f} s"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--problems", type=int, default=None)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--keep", default=None, help="directory that keeps what ran, for the next time")
    parser.add_argument("--rules", default="0.7,0.8,0.9,0.95", help="least agreements")
    arguments = parser.parse_args()
    groups = list(load(arguments.data, arguments.problems))
    limits = Limits(cpu_s=1.0, wall_s=4.0)
    print(f"{len(groups)} problems, {sum(len(samples) for _, samples, _ in groups)} samples\n")
    print(f"{'tests':<28}{'pass':>7} {'wrong':>7} {'false PASS':>7} {'right lost':>13} {'tests':>12}{'time':>9}")
    with tempfile.TemporaryDirectory() as scratch:
        for number, agreement in enumerate(map(float, arguments.rules.split(","))):
            start = time.monotonic()
            options = {"limits": limits, "agreement": agreement}
            totals = analyse(groups, options, arguments.workers, arguments.keep or scratch)
            stats = totals.result()
            if not number:
                report("public only", stats | {"killed": dict.fromkeys(stats["killed"], 0), "tests_kept": 0}, 0)
            report(f"+ generated, agreement {agreement:.2f}", stats, time.monotonic() - start)
            strength = ", ".join(f"{stage} {100 * value:.1f} %" for stage, value in stats["strength"].items())
            print(f"    mutants killed: {strength}")
    if totals.errors:
        print("errors:", *totals.errors, sep="\n  ")
    solvable = [row for row in totals.rows if row["survivors_right"] and row["survivors_wrong"]]
    print(f"\nof {len(totals.rows)} problems, {len(solvable)} have right and wrong programs that pass the public tests")
    print(f"{'picked of them':<36}{'a right one among them':>24}")
    chance = [row["survivors_right"] / (row["survivors_right"] + row["survivors_wrong"]) for row in solvable]
    print(f"{'1 at random':<36}{100 * mean(chance):22.1f} %")
    print(f"{'1 of the largest cluster':<36}{100 * mean([row['majority_right'] is True for row in solvable]):22.1f} %")
    print(f"{'10 at random':<36}{100 * mean([row['by_chance'] for row in solvable]):22.1f} %")
    print(f"{'10, one per cluster':<36}{100 * mean([row['solved'] is True for row in solvable]):22.1f} %")
    for row in stats["n_at_k"]:
        print(
            f"{row['n']}@{row['k']}: {row['estimate']:.3f} [{row['low']:.3f}, {row['high']:.3f}] over {row['problems']}"
        )
    for row in stats["pass_at_k"]:
        print(f"pass@{row['k']}: {row['estimate']:.3f} [{row['low']:.3f}, {row['high']:.3f}] over {row['problems']}")


if __name__ == "__main__":
    main()
