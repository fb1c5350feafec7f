"""Decontamination: what is found of planted copies by kind of edit, false alarms on real sets, speed and memory.

    python benchmarks/decontaminate.py [--data DIR] [--n 8 10 13]

Planted: every question of GSM8K's test split, edited, in place of a training question. Of each kind the share that is
dropped, and (in brackets) dropped or noted. Real pairs of sets: rows dropped and noted of one against the other. The
baseline is open-r1's rule (scripts/decontaminate.py): any 8 words in common, split at white space, lower case.
"""

import argparse
import gzip
import json
import random
import re
import resource
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from engine.records import Problem, Rendered
from engine.rows import Finding, RowGroup
from engine.selection.decontaminate import Benchmark, Decontaminate
from engine.selection.words import words

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "problems"
PAIRS = [
    ("gsm_hard", "gsm8k_test", "same questions, one number changed"),
    ("gsm8k_train", "gsm8k_test", "another split"),
    ("svamp", "asdiv", "stories rewritten from the other set"),
    ("asdiv", "gsm8k_test", "unrelated"),
    ("college_math", "math_test", "text books"),
    ("gaokao2023en", "math_test", "unrelated"),
    ("olympiadbench", "math_test", "unrelated"),
]


def questions(data: Path, name: str) -> list[str]:
    with gzip.open(data / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line)["problem"] for line in lines]


class AnyNgram:
    """open-r1's rule."""

    def __init__(self, texts: list[str], n: int = 8) -> None:
        self.n = n
        self.known = {gram for text in texts for gram in self.grams(text)}

    def grams(self, text: str) -> Iterator[str]:
        tokens = text.lower().split()
        return (" ".join(tokens[i : i + self.n]) for i in range(len(tokens) - self.n + 1))

    def __call__(self, text: str) -> str | None:
        return "dropped" if any(gram in self.known for gram in self.grams(text)) else None


class Ours:
    def __init__(self, path: Path, n: int) -> None:
        self.selector = Decontaminate(against={"benchmark": Benchmark(str(path))}, n=n)

    def __call__(self, text: str) -> str | None:
        found = self.selector.select(RowGroup(Problem("?", text), Rendered(text=""), ()))
        return ("dropped" if found.drops else "noted") if isinstance(found, Finding) else None


def numbers(text: str, draw: random.Random) -> str:
    return re.sub(r"\d+", lambda match: str(int(match.group()) + draw.randint(1, 9)), text)


def each_word(share: float) -> Callable[[str, random.Random], str]:
    """Replaces that share of the words with another word, each by chance."""

    def edit(text: str, draw: random.Random) -> str:
        return " ".join("thing" if draw.random() < share else word for word in text.split())

    return edit


def part(share: float) -> Callable[[str, random.Random], str]:
    """A run of that share of the words, from anywhere, in another story."""

    def edit(text: str, draw: random.Random) -> str:
        tokens = text.split()
        size = int(share * len(tokens))
        start = draw.randint(0, len(tokens) - size)
        return f"A shepherd tells a tale. {' '.join(tokens[start : start + size])} So it ended."

    return edit


EDITS: dict[str, Callable[[str, random.Random], str]] = {
    "copy": lambda text, _: text,
    "case and spaces": lambda text, _: text.upper().replace(" ", "  \n"),
    "numbers in $...$, no commas": lambda text, _: re.sub(r"\d+", r"$\g<0>$", text.replace(",", "")),
    "before and after": lambda text, _: f"Solve this task. {text} Put the answer in a box.",
    "punctuation gone": lambda text, _: re.sub(r"[.,?!$'\"]", " ", text),
    "all numbers changed": numbers,
    "1 word in 20 replaced": each_word(0.05),
    "1 word in 10 replaced": each_word(0.1),
    "1 word in 5 replaced": each_word(0.2),
    "three quarters quoted": part(0.75),
    "a third quoted": part(1 / 3),
}


def planted(data: Path, rules: Mapping[str, Callable[[str], str | None]]) -> None:
    print(f"\n{'planted':30}" + "".join(f"{name:>18}" for name in rules))
    texts = questions(data, "gsm8k_test")
    for kind, edit in EDITS.items():
        draw = random.Random(0)
        edited = [edit(text, draw) for text in texts]
        cells = []
        for rule in rules.values():
            found = Counter(map(rule, edited))
            dropped, noted = (found[name] / len(texts) for name in ("dropped", "noted"))
            cells.append(f"{dropped:.1%} ({dropped + noted:.1%})")
        print(f"{kind:30}" + "".join(f"{cell:>18}" for cell in cells))


def real(data: Path, sizes: list[int]) -> None:
    names = ["8-gram", *(f"n={n}" for n in sizes)]
    print(f"\n{'dropped + noted':60}" + "".join(f"{name:>12}" for name in names))
    for mine, against, what in PAIRS:
        rules = [AnyNgram(questions(data, against)), *(Ours(data / f"{against}.jsonl.gz", n) for n in sizes)]
        texts = questions(data, mine)
        cells = []
        for rule in rules:
            found = Counter(map(rule, texts))
            cells.append(f"{found['dropped']} + {found['noted']}")
        label = f"{mine} ({len(texts)}) in {against}: {what}"
        print(f"{label:60}" + "".join(f"{cell:>12}" for cell in cells))


def speed(data: Path) -> None:
    print()
    everything = ["gsm8k_test", "math_test", "olympiadbench", "svamp", "asdiv"]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    selector = Decontaminate(against={name: Benchmark(str(data / f"{name}.jsonl.gz")) for name in everything})
    took = time.process_time() - start
    rows = sum(told["rows"] for told in selector.facts()["against"].values())
    print(f"index of {rows} rows: {took:.2f} s")
    texts = questions(data, "gsm8k_train")
    many = sum(len(words(text)) for text in texts)
    for name, rule in (
        ("8-gram", AnyNgram([text for held_out in everything for text in questions(data, held_out)])),
        ("ours", lambda text: selector.select(RowGroup(Problem("?", text), Rendered(text=""), ()))),
    ):
        times = []
        for _ in range(3):
            start = time.process_time()
            for text in texts:
                rule(text)
            times.append(time.process_time() - start)
        print(f"{name}: {len(texts) / min(times):,.0f} questions/s, {many / min(times):,.0f} words/s")
    long = " ".join(texts)
    start = time.process_time()
    selector.select(RowGroup(Problem("?", long), Rendered(text=""), ()))
    print(f"ours, one text of {many:,} words: {many / (time.process_time() - start):,.0f} words/s")
    print(f"memory: {(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024:.0f} MB, data and all")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--n", type=int, nargs="+", default=[8, 10, 13])
    args = parser.parse_args()
    speed(args.data)
    rules: dict[str, Callable[[str], str | None]] = {"8-gram": AnyNgram(questions(args.data, "gsm8k_test"))}
    rules |= {f"n={n}": Ours(args.data / "gsm8k_test.jsonl.gz", n) for n in args.n}
    planted(args.data, rules)
    real(args.data, args.n)


if __name__ == "__main__":
    main()
