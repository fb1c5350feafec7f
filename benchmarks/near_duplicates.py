"""Near duplicates: what the index finds beside brute force, what it costs, what is dropped from real pools.

    python benchmarks/near_duplicates.py [DATA] [--rows N]

DATA is the developers' data pack (default: ../shared/data beside the checkout). Wrong samples are rows too, since the
texts are what matters. First table: samples of all problems mixed, each looked up among those before it: pairs that
exact Jaccard of word shingles finds, recall and candidates per pair of rensa (used here) and of datasketch (if
installed: pip install datasketch) with the same bands, CPU seconds of all. Second: the selector itself, rows a second
of CPU and bytes per kept row. Third: what near_duplicates and diverse drop per pool, exact duplicates dropped before.
"""

import argparse
import gzip
import json
import resource
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from rensa import RMinHash, RMinHashLSH

from engine.records import Decision, Problem, Rendered, Row, Sample, Status, TestKind, Tests, Verdict
from engine.rows import RowGroup
from engine.selection.diverse import Diverse
from engine.selection.duplicates import Duplicates
from engine.selection.near_duplicates import PERMUTATIONS, NearDuplicates, bands

POOLS = (
    ("code/samples_codegen16b_k100", "task_id", "code"),
    ("samples/svamp_codex_pot_k30", "id", "code"),
    ("samples/gsm8k_boxed_gpt_claude", "id", "text"),
    ("samples/gsm8k_gpt3_4models", "id", "text"),
    ("samples/gsm8k_zeroeval", "id", "text"),
    ("samples/math_qwen25_k8_rm", "id", "text"),
    ("samples/game24_gpt4_cot_k100", "id", "text"),
)
PROMPT = Rendered(text="?")


def groups(path: Path, key: str, field: str) -> Iterator[RowGroup]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            tests = Tests(TestKind.ASSERT, ()) if field == "code" else None
            problem = Problem(str(record[key]), "?", tests=tests)
            texts = [str(sample.get(field) or "") for sample in record["samples"]]
            if path.name.startswith("samples_codegen"):  # the prompt starts the program
                texts = [record["prompt"] + text for text in texts]
            yield RowGroup(problem, PROMPT, tuple(row(problem, i, text) for i, text in enumerate(texts)))


def row(problem: Problem, index: int, text: str) -> Row:
    verdict = Verdict(Status.PASS, answer=text, verifier="v")
    return Row(problem, Sample(problem.id, index, text), Decision(True, "all", ("v",)), (verdict,), PROMPT)


def cpu(work: Callable[[], Any]) -> tuple[float, Any]:
    begun = time.process_time()
    result = work()
    return time.process_time() - begun, result


def brute(hashes: list[frozenset[int]], thresholds: tuple[float, ...]) -> dict[float, set[tuple[int, int]]]:
    pairs: dict[float, set[tuple[int, int]]] = {threshold: set() for threshold in thresholds}
    least = min(thresholds)
    for i, own in enumerate(hashes):
        for j in range(i):
            small, large = sorted((len(own), len(hashes[j])))
            if small < least * large:
                continue
            common = len(own & hashes[j])
            similarity = common / (small + large - common)
            for threshold in thresholds:
                if similarity >= threshold:
                    pairs[threshold].add((j, i))
    return pairs


def with_rensa(shingles: list[list[str]], threshold: float) -> set[tuple[int, int]]:
    index = RMinHashLSH(threshold, PERMUTATIONS, bands(threshold))
    found = set()
    for i, own in enumerate(shingles):
        signature = RMinHash(PERMUTATIONS, 7)
        signature.update(own)
        found |= {(j, i) for j in index.query(signature)}
        index.insert(i, signature)
    return found


def with_datasketch(shingles: list[list[str]], threshold: float) -> set[tuple[int, int]]:
    from datasketch import MinHash, MinHashLSH

    count = bands(threshold)
    index = MinHashLSH(num_perm=PERMUTATIONS, params=(count, PERMUTATIONS // count))
    found = set()
    for i, own in enumerate(shingles):
        signature = MinHash(num_perm=PERMUTATIONS, seed=7)
        signature.update_batch([one.encode() for one in own])
        found |= {(j, i) for j in index.query(signature)}
        index.insert(i, signature, check_duplication=False)
    return found


def against_brute_force(rows: list[Row], thresholds: tuple[float, ...]) -> None:
    selector = NearDuplicates()
    shingles = [selector._content("", row.sample)[1] for row in rows]  # noqa: SLF001
    hashes = [frozenset(RMinHash.hash_token_sets([own])[0]) for own in shingles]
    seconds, pairs = cpu(lambda: brute(hashes, thresholds))
    print(f"{len(rows)} rows, brute force {seconds:.1f} s CPU for all thresholds")
    print(f"{'threshold':>9} {'library':>10} {'pairs':>8} {'recall':>8} {'precision of candidates':>24} {'CPU s':>7}")
    for threshold in thresholds:
        for name, find in (("rensa", with_rensa), ("datasketch", with_datasketch)):
            try:
                seconds, found = cpu(lambda find=find, threshold=threshold: find(shingles, threshold))
            except ModuleNotFoundError:
                continue
            right = found & pairs[threshold]
            shares = len(right) / max(1, len(pairs[threshold])), len(right) / max(1, len(found))
            print(
                f"{threshold:9} {name:>10} {len(pairs[threshold]):8} {shares[0]:8.4f} {shares[1]:24.3f} {seconds:7.2f}"
            )


def cost(pool: list[RowGroup]) -> None:
    for within in ("problem", "everywhere"):
        selector = NearDuplicates(within=within)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        resident = _resident()
        seconds, found = cpu(lambda selector=selector: [selector.select(group) for group in pool])
        rows = sum(map(len, found))
        kept = sum(finding is None for some in found for finding in some)
        grown = (_resident() - resident) / kept
        arrays = np.mean([content.hashes.nbytes for content in selector._kept] or [0])  # noqa: SLF001
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        print(
            f"within={within}: {rows} rows, {kept} kept, {rows / seconds:.0f} rows/s of CPU, {grown:.0f} bytes per "
            f"kept row (of these {arrays:.0f} shingles), peak {peak / 1024:+.0f} MB"
        )


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def drops(name: str, pool: list[RowGroup]) -> None:
    counted: Counter[str] = Counter()
    selectors = {
        "near": NearDuplicates(),
        "near, any numbers": NearDuplicates(numbers=False),
        "near everywhere": NearDuplicates(within="everywhere"),
        "approaches": Diverse(rows=10**9),
        "diverse": Diverse(),
    }
    rows = 0
    for group in pool:
        rows += len(group.rows)
        found = Duplicates().select(group)
        left = tuple(row for row, finding in zip(group.rows, found, strict=True) if finding is None)
        counted["exact"] += len(left)
        for key, selector in selectors.items():
            counted[key] += sum(f is None for f in selector.select(RowGroup(group.problem, PROMPT, left)))
    print(f"{name:24} {rows:7} " + " ".join(f"{counted[key]:>17}" for key in ("exact", *selectors)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="?", type=Path, default=Path(__file__).parents[2] / "shared" / "data")
    parser.add_argument("--rows", type=int, default=2500, help="rows for brute force, which is quadratic")
    args = parser.parse_args()
    pools = {name.split("/")[1]: list(groups(args.data / f"{name}.jsonl.gz", *keys)) for name, *keys in POOLS}
    cost(pools["gsm8k_zeroeval"])
    for name in ("gsm8k_zeroeval", "samples_codegen16b_k100"):
        rows = [row for group in pools[name] for row in group.rows]
        print(f"\n{name}: ", end="")
        against_brute_force(rows[: args.rows], (0.5, 0.7, 0.8, 0.9))
    keys = ("exact", "near", "near, any numbers", "near everywhere", "approaches", "diverse")
    print(f"\n{'rows kept of':24} {'all':>7} " + " ".join(f"{key:>17}" for key in keys))
    for name, pool in pools.items():
        drops(name, pool)


if __name__ == "__main__":
    main()
