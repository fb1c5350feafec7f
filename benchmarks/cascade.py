"""What the cascade spares: CPU seconds of verifying real samples, by every verifier or until the decision is certain.

    .venv/bin/python benchmarks/cascade.py [DATA] [--rows 300] [--pools ...]

DATA is the developers' data pack (default: ../shared/data beside the checkout). Every line is a run of its own over the
same samples, with verifiers made anew, so no cache helps the later lines: all verifiers on every sample; the order of
the configuration as written, and turned round; the order that was measured on the first sample of the first 64
problems, whose full judging is part of its time. Decisions of all lines must be equal. Figures are CPU seconds of this
process; ``asked`` counts verdicts.
"""

import argparse
import gzip
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engine.accept import AcceptAll, AcceptAny, AcceptKOfN, AcceptVeto, Rule
from engine.cascade import asked, best_order
from engine.judge import next_asked
from engine.records import Problem, Sample, Verdict
from verifiers.math import MathVerifier
from verifiers.reasoning import ReasoningVerifier
from verifiers.steps import StepVerifier

POOLS = ("math_qwen25_k8_rm", "gsm8k_boxed_gpt_claude", "gsm8k_gpt3_4models", "math_l5_zeroeval")
MEASURED = 64
WRITTEN: tuple[str, ...] = ("steps", "reasoning", "math")
HOW = ("steps", "reasoning")
RULES: dict[str, Rule] = {
    "all": AcceptAll(supporting=HOW),
    "all[math, any[steps, reasoning]]": AcceptAll(("math", AcceptAny(HOW)), HOW),
    "veto[reasoning] of any[math, steps]": AcceptVeto(("reasoning",), AcceptAny(("math", "steps"))),
    "2 of 3": AcceptKOfN(2),
}
Item = tuple[Problem, Sample]


def made() -> dict[str, Any]:
    return {"steps": StepVerifier(), "reasoning": ReasoningVerifier(), "math": MathVerifier()}


def pool(data: Path, name: str, rows: int) -> list[Item]:
    items = []
    with gzip.open(data / "samples" / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in list(lines)[:rows]:
            row = json.loads(line)
            problem = Problem(row["id"], row["problem"], answer=str(row["answer"]))
            texts = [sample["text"] for sample in row["samples"] if sample["text"]][:8]
            items += [(problem, Sample(problem.id, i, text)) for i, text in enumerate(texts)]
    return items


@dataclass
class Timed:
    """Verifiers, and the CPU time that they took."""

    verifiers: dict[str, Any]
    seconds: float = 0.0
    asked: int = 0

    def verify(self, name: str, item: Item) -> Verdict:
        start = time.process_time()
        verdict: Verdict = self.verifiers[name].verify(*item)
        taken = time.process_time() - start
        self.seconds += taken
        self.asked += 1
        return replace(verdict, seconds=taken)


def judged(rule: Rule, timed: Timed, order: Sequence[str], item: Item) -> dict[str, Verdict]:
    verdicts: dict[str, Verdict] = {}
    while (name := next_asked(rule, WRITTEN, order, verdicts)) is not None:
        verdicts[name] = timed.verify(name, item)
    return verdicts


def outcome(rule: Rule, verdicts: dict[str, Verdict]) -> tuple[bool, bool]:
    decision = rule.decide(WRITTEN, verdicts)
    assert decision is not None
    return decision.accepted, decision.error


def everyone(items: list[Item]) -> tuple[Timed, list[dict[str, Verdict]]]:
    timed = Timed(made())
    return timed, [{name: timed.verify(name, item) for name in WRITTEN} for item in items]


def fixed(rule: Rule, items: list[Item], order: Sequence[str]) -> tuple[Timed, list[tuple[bool, bool]]]:
    timed = Timed(made())
    return timed, [outcome(rule, judged(rule, timed, order, item)) for item in items]


def measured(rule: Rule, items: list[Item]) -> tuple[Timed, list[tuple[bool, bool]], tuple[str, ...]]:
    """As a run does, but that the order holds at once."""
    timed, first = Timed(made()), {item[0].id: item for item in reversed(items)}
    chosen = [first[name] for name in dict.fromkeys(item[0].id for item in items)][:MEASURED]
    full = {id(item): {name: timed.verify(name, item) for name in WRITTEN} for item in chosen}
    order = best_order(rule, WRITTEN, WRITTEN, full.values()).names
    found = [outcome(rule, full.get(id(item)) or judged(rule, timed, order, item)) for item in items]
    return timed, found, order


def hindsight(rule: Rule, verdicts: list[dict[str, Verdict]]) -> float:
    """CPU seconds of the best order, known from the whole pool."""
    order = best_order(rule, WRITTEN, WRITTEN, verdicts).names
    return sum(v[name].seconds for v in verdicts for name in asked(rule, WRITTEN, order, v))


def line(what: str, timed: Timed, base: Timed, note: Any = "") -> None:
    share = 1 - timed.seconds / base.seconds
    print(f"  {what:34s}{timed.seconds:9.2f} s{share:9.1%} less{timed.asked:9,d} asked  {note}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="?", type=Path, default=Path(__file__).parents[2] / "shared" / "data")
    parser.add_argument("--rows", type=int, default=300, help="problems of a pool")
    parser.add_argument("--pools", nargs="*", default=POOLS)
    parser.add_argument("--rules", nargs="*", default=list(RULES))
    options = parser.parse_args()
    everyone(pool(options.data, POOLS[0], 2))  # imports and tables
    for name in options.pools:
        items = pool(options.data, name, options.rows)
        base, verdicts = everyone(items)
        each = {n: 1000 * sum(v[n].seconds for v in verdicts) / len(items) for n in WRITTEN}
        print(f"{name}: {len(items):,} samples; ms each: " + ", ".join(f"{n} {ms:.2f}" for n, ms in each.items()))
        for rule_name in options.rules:
            rule = RULES[rule_name]
            expected = [outcome(rule, v) for v in verdicts]
            print(f" {rule_name}: {sum(accepted for accepted, _ in expected):,} accepted")
            line("every verifier", base, base)
            for order in (WRITTEN, WRITTEN[::-1]):
                timed, found = fixed(rule, items, order)
                assert found == expected, "a decision differs"
                line(", ".join(order), timed, base)
            timed, found, order = measured(rule, items)
            assert found == expected, "a decision differs"
            line("measured", timed, base, f"{', '.join(order)}; best in hindsight {hindsight(rule, verdicts):.2f} s")


if __name__ == "__main__":
    main()
