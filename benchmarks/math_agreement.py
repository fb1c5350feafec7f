"""Agreement of the math verifier with labels on real model outputs, beside math-verify in the same run.

    python benchmarks/math_agreement.py [DATA] [--baseline N] [--disagreements N] [--only NAME]

DATA is the developers' data pack (default: ../shared/data beside the checkout). Rates are over labelled rows;
ABSTAIN and NO_ANSWER count as "not accepted". CPU seconds are the sturdy figure on a shared machine.
"""

import argparse
import collections
import gzip
import json
import random
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.records import Problem, Sample, Status
from verifiers.math import MathVerifier

SETS = (
    "samples/gsm8k_boxed_gpt_claude",
    "samples/gsm8k_zeroeval",
    "samples/gsm8k_gpt3_4models",
    "samples/math_qwen25_k8_rm",
    "samples/math_l5_zeroeval",
    "pairs/math_l5_answer_pairs",
    "pairs/hardverify_math",
)


@dataclass(frozen=True)
class Case:
    """One labelled response."""

    problem: str
    gold: str
    text: str
    label: bool
    by: str


@dataclass
class Score:
    """What one checker did on one set."""

    cases: int = 0
    statuses: collections.Counter[str] = field(default_factory=collections.Counter)
    false_pass: int = 0
    false_fail: int = 0
    cpu_s: float = 0.0
    latencies: list[float] = field(default_factory=list)
    wrong: list[tuple[Case, Any]] = field(default_factory=list)

    def add(self, case: Case, status: str, detail: Any, seconds: float, cpu: float) -> None:
        self.cases += 1
        self.statuses[status] += 1
        self.cpu_s += cpu
        self.latencies.append(seconds)
        if (status == "PASS") != case.label:
            self.false_pass += not case.label
            self.false_fail += case.label
            self.wrong.append((case, detail))

    def row(self, name: str, checker: str) -> str:
        ranked = sorted(self.latencies)
        p50, p99, top = (1e3 * ranked[min(int(q * len(ranked)), len(ranked) - 1)] for q in (0.5, 0.99, 1.0))
        counts = " ".join(f"{self.statuses[s]:6d}" for s in ("PASS", "FAIL", "NO_ANSWER", "ABSTAIN"))
        agreement = 100 * (1 - (self.false_pass + self.false_fail) / self.cases)
        rate = self.cases / max(self.cpu_s, 1e-9)
        return (
            f"{name:24s} {checker:11s} {self.cases:6d} {counts} {agreement:7.2f}% {self.false_pass:6d} "
            f"{self.false_fail:6d} {rate:9.0f} {p50:8.3f} {p99:8.2f} {top:8.1f}"
        )


def cases(path: Path) -> Iterator[Case]:
    """Labelled rows of one file, sample sets and pair sets alike; rows without a label are left out."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            gold = row.get("gold", row.get("answer"))
            for item in row.get("samples", [row]):
                if item["label"] is None:
                    continue
                text = item["text"] if "text" in item else f"\\boxed{{{item['candidate']}}}"
                yield Case(row.get("problem", ""), gold, text, item["label"], item.get("label_by", ""))


def ours() -> Callable[[Case], tuple[str, Any]]:
    """Our verifier, as a run would use it."""
    verifier = MathVerifier()

    def check(case: Case) -> tuple[str, Any]:
        verdict = verifier.verify(Problem("p", case.problem, answer=case.gold), Sample("p", 0, case.text))
        return verdict.status.value, verdict

    return check


def math_verify() -> Callable[[Case], tuple[str, Any]]:
    """math-verify's recommended call: the gold wrapped in ``$``, the response as it is."""
    from math_verify import parse, verify

    def check(case: Case) -> tuple[str, Any]:
        gold = parse("$" + case.gold.strip("$") + "$")
        answer = parse(case.text)
        if not answer:
            return "NO_ANSWER", []
        return ("PASS" if verify(gold, answer) else "FAIL"), answer

    return check


def measure(checker: Callable[[Case], tuple[str, Any]], rows: list[Case]) -> Score:
    """Run one checker over the rows, timing each."""
    score = Score()
    for case in rows:
        wall, cpu = time.perf_counter(), time.process_time()
        status, detail = checker(case)
        score.add(case, status, detail, time.perf_counter() - wall, time.process_time() - cpu)
    return score


def show(score: Score, count: int, rng: random.Random) -> None:
    """Print disagreements for a person to judge."""
    for case, verdict in rng.sample(score.wrong, min(count, len(score.wrong))):
        print(
            f"    gold {case.gold[:60]!r} extracted {str(verdict.answer)[:100]!r} label {case.label} {case.by} "
            f"{verdict.status.value} {verdict.reason.code}"
            + (f" … {case.text[-120:]!r}" if verdict.status == Status.NO_ANSWER else "")
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", nargs="?", type=Path, default=Path(__file__).parents[2] / "shared" / "data")
    parser.add_argument("--baseline", type=int, default=0, metavar="N", help="rows of each set for math-verify")
    parser.add_argument("--disagreements", type=int, default=0, metavar="N", help="rows of each set to print")
    parser.add_argument("--only", default="", help="sets whose name contains this")
    options = parser.parse_args()
    if not options.data.is_dir():
        sys.exit(f"There is no data pack at {options.data}; name its directory as the first argument.")
    print(
        f"{'set':24s} {'checker':11s} {'rows':>6s} {'PASS':>6s} {'FAIL':>6s} {'NO_ANS':>6s} {'ABSTAI':>6s} "
        f"{'agree':>8s} {'f.PASS':>6s} {'f.FAIL':>6s} {'pairs/cpu':>9s} {'p50 ms':>8s} {'p99 ms':>8s} {'max ms':>8s}"
    )
    for name in (name for name in SETS if options.only in name):
        rows = list(cases(options.data / f"{name}.jsonl.gz"))
        short = name.split("/")[1]
        score = measure(ours(), rows)
        print(score.row(short, "proofstill"), flush=True)
        if options.baseline:
            subset = random.Random(7).sample(rows, min(options.baseline, len(rows)))
            print(measure(ours(), subset).row("  same subset", "proofstill"), flush=True)
            print(measure(math_verify(), subset).row("  same subset", "math-verify"), flush=True)
        show(score, options.disagreements, random.Random(11))


if __name__ == "__main__":
    main()
