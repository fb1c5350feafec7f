"""Agreement of the math verifier with labels, beside math-verify on the same rows in the same run.

    python benchmarks/math_agreement.py [DATA] [--rows N] [--baseline N] [--disagreements N] [--only NAME] [--no-cache]

DATA is the developers' data pack (default: ../shared/data beside the checkout). Rates are over labelled rows; ABSTAIN
and NO_ANSWER count as "not accepted". "agree %" and "f.PASS" use the labels as they are, "read %" and "read" leave out
those that were read and judged wrong (math_label_faults.json: keys and reasons). CPU seconds are the sturdy figure on a
shared machine. The verifier caches as in a run (same gold, same pair); --no-cache shows what a pair costs that nobody
asked before.
"""

import argparse
import collections
import random
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from math_baseline import MathVerify
from math_cases import SETS, TABLE, Case, cases

from engine.records import Problem, Sample, Verdict
from verifiers.math import MathVerifier

Check = Callable[[Case], tuple[str, float | None]]
"""Status, and CPU seconds where the checker runs elsewhere."""
_COLUMNS = ("rows", "PASS", "FAIL", "NO_ANS", "ABSTAI", "ERR", "agree %", "read %", "f.PASS", "read", "f.FAIL")
HEAD = (
    f"{'set or kind':34s} {'checker':11s} "
    + " ".join(f"{column:>7s}" for column in _COLUMNS)
    + f" {'pairs/cpu':>9s} {'p50 ms':>8s} {'p99 ms':>8s} {'max ms':>8s}"
)


@dataclass
class Score:
    """What one checker did on some rows."""

    statuses: collections.Counter[str] = field(default_factory=collections.Counter)
    rows: int = 0
    read_rows: int = 0
    read_agreed: int = 0
    false_pass: int = 0
    read_false_pass: int = 0
    false_fail: int = 0
    cpu_s: float = 0.0
    latencies: list[float] = field(default_factory=list)

    def add(self, case: Case, status: str, cpu: float, seconds: float) -> None:
        self.rows += 1
        self.statuses[status] += 1
        self.cpu_s += cpu
        self.latencies.append(seconds)
        agreed = (status == "PASS") == case.label
        self.false_pass += not agreed and not case.label
        self.false_fail += not agreed and case.label
        self.read_false_pass += not agreed and not case.label and not case.fault
        self.read_rows += not case.fault
        self.read_agreed += agreed and not case.fault

    def line(self, name: str, checker: str) -> str:
        ranked = sorted(self.latencies)
        p50, p99, top = (1e3 * ranked[min(int(q * len(ranked)), len(ranked) - 1)] for q in (0.5, 0.99, 1.0))
        counts = [self.statuses[status] for status in ("PASS", "FAIL", "NO_ANSWER", "ABSTAIN", "ERROR")]
        agreement = 100 * (1 - (self.false_pass + self.false_fail) / self.rows)
        read = 100 * self.read_agreed / max(self.read_rows, 1)
        return (
            f"{name:34s} {checker:11s} "
            + " ".join(f"{count:7d}" for count in (self.rows, *counts))
            + f" {agreement:7.2f} {read:7.2f} {self.false_pass:7d} {self.read_false_pass:7d} {self.false_fail:7d}"
            + f" {self.rows / max(self.cpu_s, 1e-9):9.0f} {p50:8.3f} {p99:8.2f} {top:8.1f}"
        )


class Proofstill:
    """Our verifier, as a run would use it."""

    def __init__(self, *, cached: bool) -> None:
        self.verifier = MathVerifier() if cached else MathVerifier(cache_size=0)
        self.last: Verdict | None = None

    def check(self, case: Case) -> tuple[str, None]:
        """Status; the CPU time is this process's."""
        self.last = self.verifier.verify(Problem("p", case.problem, answer=case.gold), Sample("p", 0, case.text))
        return self.last.status.value, None


def measure(check: Check, rows: Iterable[Case], kinds: dict[str, Score] | None = None) -> Score:
    """Run one checker over the rows, timing each.

    Asking for the CPU time costs more than judging a number, so it is asked once and shared out by wall time.
    """
    score, spent = Score(), {}
    began = time.process_time()
    for case in rows:
        start = time.perf_counter()
        status, cpu = check(case)
        seconds = time.perf_counter() - start
        parts = (score, kinds.setdefault(case.kind, Score())) if kinds is not None else (score,)
        for part in parts:
            part.add(case, status, cpu or 0.0, seconds)
        if cpu is None:
            spent[case.kind] = spent.get(case.kind, 0.0) + seconds
    if spent:
        total = time.process_time() - began
        score.cpu_s = total
        for kind, seconds in spent.items() if kinds is not None else ():
            kinds[kind].cpu_s += total * seconds / sum(spent.values())
    return score


def show(checker: Proofstill, rows: list[Case], count: int) -> None:
    """Print disagreements for a person to judge; labels known to be wrong are left out."""
    shown = 0
    for case in rows:
        status, _ = checker.check(case)
        verdict = checker.last
        if (status == "PASS") == case.label or case.fault or shown == count or verdict is None:
            continue
        shown += 1
        print(
            f"    {case.key} gold {case.gold[:60]!r} extracted {str(verdict.answer)[:80]!r} "
            f"label {case.label} {case.by} {status} {verdict.reason.code} …{case.text[-60:]!r}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", nargs="?", type=Path, default=Path(__file__).parents[2] / "shared" / "data")
    parser.add_argument("--rows", type=int, default=0, metavar="N", help="rows of each set (all)")
    parser.add_argument("--baseline", type=int, default=0, metavar="N", help="rows of each set for math-verify")
    parser.add_argument("--disagreements", type=int, default=0, metavar="N", help="rows of each set to print")
    parser.add_argument("--only", default="", help="sets whose name contains this")
    parser.add_argument("--no-cache", action="store_true", help="judge every pair anew")
    options = parser.parse_args()
    if not options.data.is_dir():
        sys.exit(f"There is no data pack at {options.data}; name its directory as the first argument.")
    ours, theirs = Proofstill(cached=not options.no_cache), MathVerify()
    for warm in ("\\cos 1", "\\infty - \\infty"):  # a warm worker: mpmath and sympy are imported
        ours.check(Case("", "\\sin 1", f"\\boxed{{{warm}}}", False, "", "", "", fault=False))
    kinds: dict[str, dict[str, Score]] = {"proofstill": {}, "math-verify": {}}
    totals = {"proofstill": Score(), "math-verify": Score()}
    print(HEAD)
    for name in (name for name in (*SETS, TABLE) if options.only in name):
        rows = list(cases(options.data, name))
        if options.rows:
            rows = random.Random(7).sample(rows, min(options.rows, len(rows)))
        print(measure(ours.check, rows).line(name, "proofstill"), flush=True)
        if options.baseline:
            subset = random.Random(7).sample(rows, min(options.baseline, len(rows)))
            fresh = Proofstill(cached=not options.no_cache)  # nothing of these rows is known yet
            for checker, check in (("proofstill", fresh.check), ("math-verify", theirs.check)):
                score = measure(check, subset, kinds[checker])
                print(score.line("  the same rows", checker), flush=True)
                merge(totals[checker], score)
        show(ours, rows, options.disagreements)
    if options.baseline:
        print("\nby kind, all sets together\n" + HEAD)
        for kind in sorted(kinds["proofstill"]):
            for checker, scores in kinds.items():
                print(scores[kind].line(kind, checker))
        for checker, total in totals.items():
            print(total.line("everything", checker))
        print(f"math-verify: {theirs.hangs} hangs, {theirs.crashes} crashes")
        theirs.close()


def merge(total: Score, score: Score) -> None:
    """Add one score to another."""
    total.statuses.update(score.statuses)
    for name in ("rows", "read_rows", "read_agreed", "false_pass", "read_false_pass", "false_fail", "cpu_s"):
        setattr(total, name, getattr(total, name) + getattr(score, name))
    total.latencies += score.latencies


if __name__ == "__main__":
    main()
