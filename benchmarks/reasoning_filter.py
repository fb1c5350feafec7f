"""How often each check of the clean-reasoning filter fires: on gold solutions, right and wrong samples; and its speed.

    python benchmarks/reasoning_filter.py [DATA] [--only PART] [--rows N] [--show CHECK] [--right] [--worst]
        [--set THRESHOLD=VALUE …]

DATA is the developers' data pack (default: ../shared/data beside the checkout). Per set: solutions that do not pass,
and per check ``fired`` and, in brackets, how often no other check fired. ``right`` means a right final answer (for the
sets PB: no wrong step), which a text with a loop behind its answer has too: read what fires (--show CHECK --right).
--worst times hostile texts of 100,000 characters. Speed is CPU time of this process.
"""

import argparse
import gzip
import json
import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from engine.records import Problem, Sample, Status, Verdict
from verifiers.reasoning import Checks, ReasoningVerifier, Thresholds

GOLD = ("gsm8k_train", "gsm8k_test", "math_test", "minerva_math", "olympiadbench", "aime24")
SAMPLES = (
    "gsm8k_zeroeval",
    "math_l5_zeroeval",
    "gsm8k_boxed_gpt_claude",
    "gsm8k_gpt3_4models",
    "math_qwen25_k8_rm",
    "gsm8k_tora_tool_traces",
)
PROCESS = ("gsm8k", "math", "olympiadbench", "omnimath")
LONG = 100_000
WORST = {
    "one letter": "a" * LONG,
    "think tags": "<think>" * (LONG // 7),
    "newlines": "\n" * LONG,
    "letters apart": "a " * (LONG // 2),
    "lone surrogates": "\ud800" * LONG,
    "boxes": "".join(f"\\boxed{{{i}}}\n" for i in range(LONG // 13)),
    "answers": "The answer is 4. " * (LONG // 17),
    "different words": " ".join(f"w{i}" for i in range(LONG // 6)),
    "every letter": "".join(chr(i) for i in range(0x100, 0xD000)),
}
Solution = tuple[str, str, bool]
"""Problem, text, right."""


@dataclass
class Tally:
    number: int = 0
    stopped: int = 0
    fired: Counter[str] = field(default_factory=Counter)
    alone: Counter[str] = field(default_factory=Counter)

    def add(self, verdict: Verdict) -> None:
        checks = {item["check"] for item in verdict.evidence["findings"]}
        self.number += 1
        self.stopped += verdict.status != Status.PASS
        self.fired.update(checks)
        self.alone.update(checks if len(checks) == 1 else ())


def rows(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def sets(data: Path) -> Iterator[tuple[str, list[Solution]]]:
    for name in GOLD:
        found = rows(data / "problems" / f"{name}.jsonl.gz")
        yield f"gold {name}", [(row["problem"], _joined(row["solution"]), True) for row in found if row["solution"]]
    for name in SAMPLES:
        found = rows(data / "samples" / f"{name}.jsonl.gz")
        items = [(row["problem"], sample) for row in found for sample in row["samples"]]
        yield name, [(p, s["text"] or "", s["label"]) for p, s in items if s["label"] is not None]
    for name in PROCESS:
        found = rows(data / "steps" / f"processbench_{name}.jsonl.gz")
        yield f"PB {name}", [(row["problem"], "\n\n".join(row["steps"]), row["label"] < 0) for row in found]


def _joined(solution: str | list[str]) -> str:
    return solution if isinstance(solution, str) else "\n".join(solution)


def refusals(data: Path, verifier: ReasoningVerifier) -> None:
    """Recall and false alarms of the check ``refusal``, against the human labels of XSTest."""
    told: Counter[tuple[str, bool]] = Counter()
    for row in rows(data / "safety" / "xstest.jsonl.gz"):
        problem = Problem(str(row["id"]), row["prompt"], domain="chat")
        for item in row["completions"]:
            found = verifier.verify(problem, Sample(problem.id, 0, item["completion"])).evidence["findings"]
            told[item["final_label"], any(finding["check"] == "refusal" for finding in found)] += 1
    for label in sorted({label for label, _ in told}):
        hits, every = told[label, True], told[label, True] + told[label, False]
        print(f"refusal on XSTest, {label}: {hits} of {every} ({hits / every:.1%})")


def worst(verifier: ReasoningVerifier) -> None:
    problem = Problem("p", "2 + 2?")
    for name, text in WORST.items():
        start = time.process_time()
        verdict = verifier.verify(problem, Sample("p", 0, text))
        print(f"{name:17s} {1000 * (time.process_time() - start):7.0f} ms {verdict.status.value} {verdict.reason.code}")


def report(name: str, told: dict[bool, Tally]) -> None:
    right, wrong = told[True], told[False]
    share = right.stopped / max(right.number, 1)
    print(f"{name:24s} right {right.number:6d}, stopped {right.stopped:4d} ({share:.2%}) ", end="")
    print(f"wrong {wrong.number:5d}, stopped {wrong.stopped:4d} ({wrong.stopped / max(wrong.number, 1):.1%})")


def table(kinds: dict[str, Tally]) -> None:
    print(f"\n{'check':17s}" + "".join(f"{kind:>24s}" for kind in kinds))
    for check in (item.name for item in fields(Checks)):
        cells = [
            f"{t.fired[check]:6d} {t.fired[check] / max(t.number, 1):7.3%} ({t.alone[check]})" for t in kinds.values()
        ]
        print(f"{check:17s}" + "".join(f"{cell:>24s}" for cell in cells))
    cells = [f"{t.stopped:6d} {t.stopped / max(t.number, 1):7.3%}" for t in kinds.values()]
    print(f"{'not passed':17s}" + "".join(f"{cell:>24s}" for cell in cells))
    print(f"{'solutions':17s}" + "".join(f"{t.number:>24d}" for t in kinds.values()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="?", type=Path, default=Path(__file__).parents[2] / "shared" / "data")
    parser.add_argument("--only", default="", help="sets whose name holds this")
    parser.add_argument("--rows", type=int, default=0, help="at most so many solutions of a set, drawn at random")
    parser.add_argument("--show", default="", help="print what this check finds")
    parser.add_argument("--right", action="store_true", help="with --show: in right ones only")
    parser.add_argument("--worst", action="store_true", help="hostile texts instead")
    parser.add_argument("--set", nargs="*", default=[], help="thresholds in place of the defaults: ngram_share=0")
    options = parser.parse_args()
    values = dict(pair.split("=") for pair in options.set)
    kinds_of = {item.name: item.type for item in fields(Thresholds)}
    verifier = ReasoningVerifier(thresholds=Thresholds(**{key: kinds_of[key](value) for key, value in values.items()}))
    if options.worst:
        worst(verifier)
        return
    kinds = {"gold": Tally(), "right": Tally(), "wrong": Tally()}
    seconds, chars = 0.0, 0
    for name, solutions in sets(options.data):
        if options.only not in name:
            continue
        if options.rows and len(solutions) > options.rows:
            solutions = random.Random(0).sample(solutions, options.rows)  # noqa: PLW2901
        told = {True: Tally(), False: Tally()}
        for problem, text, right in solutions:
            start = time.process_time()
            verdict = verifier.verify(Problem("p", problem), Sample("p", 0, text))
            seconds += time.process_time() - start
            chars += len(text)
            told[right].add(verdict)
            kinds["gold" if name.startswith("gold") else "right" if right else "wrong"].add(verdict)
            for item in verdict.evidence["findings"]:
                if item["check"] == options.show and (right or not options.right):
                    print(f"  {'right' if right else 'wrong'}: {item['text']} | {text[-200:]!r}")
        report(name, told)
    table(kinds)
    number = sum(tally.number for tally in kinds.values())
    print(f"\n{number / seconds:,.0f} samples and {chars / seconds / 1e6:.2f} million characters per CPU-second")
    if not options.only:
        refusals(options.data, verifier)


if __name__ == "__main__":
    main()
