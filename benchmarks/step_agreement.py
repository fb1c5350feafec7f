"""Agreement of the step verifier with labelled first errors, and what it refutes in solutions labelled right.

    python benchmarks/step_agreement.py [DATA] [--only PART] [--rows N] [--rules] [--baselines] [--flags] [--show KIND]

DATA is the developers' data pack (default: ../shared/data beside the checkout). ``FP`` counts refuted solutions that
are labelled right, ``ref`` those labelled wrong, ``exact`` those whose first refuted step is the labelled one,
``before`` those refuted before it. ``precision`` is ref / (ref + FP) against the labels as they are: read the
disagreements (--show GOOD), most are false equations that the labels do not know. --rules switches each rule off in
turn. Speed is CPU time of this process; p99 and max are of the steps' own share, per solution.
"""

import argparse
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import step_baselines
from step_sets import SETS, UNKNOWN, Case

from verifiers.steps import Rules
from verifiers.steps.checker import check_solution, check_steps
from verifiers.steps.flags import KINDS, find_flags
from verifiers.steps.records import Claim
from verifiers.steps.verdict import judge_steps

Found = list[tuple[str, list[Claim]]]
"""Per step: verdict and claims."""
HEAD = (
    f"{'set':17s} {'checker':14s} {'right':>6s} {'FP':>4s} {'wrong':>6s} {'ref':>5s} {'ref %':>6s} {'exact':>6s}"
    f" {'exact %':>7s} {'before':>6s} {'prec.':>6s} {'sup. %':>6s} {'steps/cpu s':>11s} {'p99 ms':>7s} {'max ms':>7s}"
)


@dataclass
class Score:
    right: int = 0
    wrong: int = 0
    false_positives: int = 0
    refuted: int = 0
    located: int = 0
    exact: int = 0
    before: int = 0
    steps: int = 0
    supported: int = 0
    seconds: float = 0.0
    times: list[float] = field(default_factory=list)

    def add(self, case: Case, verdicts: list[str], seconds: float) -> str:
        """Count one solution; what it was: GOOD, BEFORE, BAD or nothing."""
        first = next((i for i, verdict in enumerate(verdicts) if verdict == "refuted"), None)
        self.steps += len(verdicts)
        self.supported += verdicts.count("supported")
        self.seconds += seconds
        self.times.append(seconds / max(len(verdicts), 1))
        if case.first_error is None:
            self.right += 1
            self.false_positives += first is not None
            return "GOOD" if first is not None else ""
        self.wrong += 1
        self.located += case.first_error != UNKNOWN
        self.refuted += first is not None
        self.exact += first == case.first_error
        before = first is not None and UNKNOWN != case.first_error > first
        self.before += before
        return "BEFORE" if before else "BAD" if first is not None else ""

    def line(self, name: str, checker: str) -> str:
        times = sorted(self.times) or [0.0]
        exact = f"{self.exact:6d} {self.exact / self.located:7.1%}" if self.located else f"{'-':>6s} {'-':>7s}"
        caught = self.refuted + self.false_positives
        return (
            f"{name:17s} {checker:14s} {self.right:6d} {self.false_positives:4d} {self.wrong:6d} {self.refuted:5d}"
            f" {self.refuted / max(self.wrong, 1):6.1%} {exact} {self.before:6d} {self.refuted / max(caught, 1):6.1%}"
            f" {self.supported / max(self.steps, 1):6.1%} {self.steps / max(self.seconds, 1e-9):11,.0f}"
            f" {1000 * times[int(0.99 * (len(times) - 1))]:7.2f} {1000 * times[-1]:7.2f}"
        )


def joined(case: Case) -> tuple[str, list[tuple[int, int]]]:
    """The steps as one text, and where each stands in it."""
    spans, at = [], 0
    for step in case.steps:
        spans.append((at, at + len(step)))
        at += len(step) + 2
    return "\n\n".join(case.steps), spans


def ours(rules: frozenset[str]) -> Callable[[Case], Found]:
    def check(case: Case) -> Found:
        text, spans = joined(case)
        return [
            (step.verdict, step.claims)
            for step in judge_steps(text, spans, check_steps(text, spans, case.problem, rules))
        ]

    return check


def baseline(wrong: Callable[[str], bool]) -> Callable[[Case], Found]:
    return lambda case: [("refuted" if wrong(step) else "unchecked", []) for step in case.steps]


def run(cases: list[Case], check: Callable[[Case], Found], show: str) -> Score:
    score = Score()
    for case in cases:
        start = time.process_time()
        found = check(case)
        kind = score.add(case, [verdict for verdict, _ in found], time.process_time() - start)
        if kind and kind == show:
            text, _ = joined(case)
            for line in told(case, text, found):
                print(line)
    return score


def flagged(name: str, cases: list[Case]) -> Iterator[str]:
    """What share of the right and of the wrong solutions each flag marks."""
    for kind in sorted(KINDS):
        marked = {True: [0, 0], False: [0, 0]}
        for case in cases:
            text, spans = joined(case)
            solution = check_solution(text, spans, case.problem, Rules().names())[1]
            row = marked[case.first_error is None]
            row[0] += bool(find_flags(solution, frozenset((kind,))))
            row[1] += 1
        right, wrong = (f"{row[0]:5d} of {row[1]:5d} {row[0] / max(row[1], 1):6.1%}" for row in marked.values())
        yield f"{name:17s} flag {kind:9s} right {right}   wrong {wrong}"


def told(case: Case, text: str, found: Found) -> Iterator[str]:
    for number, (verdict, claims) in enumerate(found):
        for claim in claims:
            if verdict == "refuted" and claim.verdict == "refuted":
                before = text[max(0, claim.start - 70) : claim.start]
                yield (
                    f"  {case.id} label {case.first_error} step {number} {claim.rule}: {before!r} >> "
                    f"{text[claim.start : claim.end]!r} << {text[claim.end : claim.end + 40]!r} {claim.evidence}"
                )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="?", type=Path, default=Path(__file__).parents[2] / "shared" / "data")
    parser.add_argument("--only", default="", help="sets whose name holds one of these comma-separated parts")
    parser.add_argument("--rows", type=int, default=0, help="at most so many solutions of a set, drawn at random")
    parser.add_argument("--rules", action="store_true", help="also with each rule switched off")
    parser.add_argument("--baselines", action="store_true", help="also the two rivals")
    parser.add_argument("--flags", action="store_true", help="also what share each flag marks")
    parser.add_argument("--show", default="", choices=["", "GOOD", "BAD", "BEFORE"], help="print these refutations")
    options = parser.parse_args()
    every = Rules().names()
    checkers: dict[str, Callable[[Case], Found]] = {"all rules": ours(every)}
    if options.rules:
        checkers |= {f"- {rule}": ours(every - {rule}) for rule in sorted(every - KINDS)}
    if options.baselines:
        checkers |= {name: baseline(getattr(step_baselines, name)) for name in ("regex", "runs")}
    print(HEAD)
    for name, load in SETS.items():
        if not any(part.lower() in name.lower() for part in options.only.split(",")):
            continue
        cases = list(load(options.data))
        if options.rows and len(cases) > options.rows:
            cases = random.Random(0).sample(cases, options.rows)
        for checker, check in checkers.items():
            print(run(cases, check, options.show).line(name, checker), flush=True)
        for line in flagged(name, cases) if options.flags else ():
            print(line, flush=True)


if __name__ == "__main__":
    main()
