"""Time and memory of `proofstill run sampler=replay` as the number of samples grows.

    python benchmarks/replay_scale.py [--data DIR] [--sizes 10000 100000 1000000] [--verifier math]

Repeats the real solutions in DIR/samples/gsm8k_boxed_gpt_claude.jsonl.gz under new ids. Memory is the largest resident
set of the run's main process; `all` adds what its verifier processes and the fork server had at their largest.
"""

import argparse
import gzip
import json
import sys
import tempfile
import threading
import time
from pathlib import Path
from subprocess import PIPE, Popen

PER_PROBLEM = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[2] / "shared" / "data")
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--verifier", default="math")
    options = parser.parse_args()
    source = options.data / "samples" / "gsm8k_boxed_gpt_claude.jsonl.gz"
    if not source.exists():
        sys.exit(f"{source}: no such file; name the data directory with --data")
    with gzip.open(source, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    print(*(f"{name:>9}" for name in ("samples", "seconds", "samples/s", "ms/sample", "main MB", "all MB", "exported")))
    for size in options.sizes:
        with tempfile.TemporaryDirectory() as folder:
            write_inputs(Path(folder), rows, size)
            seconds, main_mb, all_mb, exported = run(Path(folder), options.verifier)
        rate = size / seconds
        figures = f"{seconds:.1f}", f"{rate:.0f}", f"{1000 / rate:.3f}", f"{main_mb:.0f}", f"{all_mb:.0f}", exported
        print(*(f"{figure:>9}" for figure in (size, *figures)), flush=True)


def write_inputs(folder: Path, rows: list[dict], size: int) -> None:
    problems, samples = (folder / "problems.jsonl").open("w"), (folder / "samples.jsonl").open("w")
    with problems, samples:
        written, copy = 0, 0
        while written < size:
            for row in rows:
                name = f"{row['id']}-{copy}"
                taken = row["samples"][: min(PER_PROBLEM, size - written)]
                problem = {"id": name, "problem": row["problem"], "answer": row["answer"]}
                problems.write(json.dumps(problem) + "\n")
                for sample in taken:
                    samples.write(json.dumps({"id": name, "model": sample["model"], "response": sample["text"]}) + "\n")
                written += len(taken)
                if written >= size:
                    break
            copy += 1


def run(folder: Path, verifier: str) -> tuple[float, float, float, int]:
    command = [
        str(Path(sys.executable).with_name("proofstill")), "run", "problems=jsonl", "problems.path=problems.jsonl",
        "problems.fields.prompt=problem", "prompt=chat", "sampler=replay", "sampler.path=samples.jsonl",
        "sampler.fields.text=response", f"verifier={verifier}", f"budget.n_samples={PER_PROBLEM}",
    ]  # fmt: skip
    start = time.monotonic()
    process = Popen(command, cwd=folder, stdout=PIPE, stderr=PIPE, text=True)
    peaks: dict[int, float] = {}
    watcher = threading.Thread(target=watch, args=(process.pid, peaks), daemon=True)
    watcher.start()
    _, errors = process.communicate()
    seconds = time.monotonic() - start
    if process.returncode:
        sys.exit(errors[-2000:])
    stats = json.loads((folder / "runs/demo/stats.json").read_text())
    print(json.dumps(stats["seconds"]), file=sys.stderr)
    return seconds, peaks[process.pid], sum(peaks.values()), stats["selected"]["kept"]


def watch(pid: int, peaks: dict[int, float]) -> None:
    """Remember the peak resident set, in MB, of a process and all below it."""
    while True:
        for one in descendants(pid):
            try:
                status = Path(f"/proc/{one}/status").read_text()
            except OSError:
                continue
            peak = next((line for line in status.splitlines() if line.startswith("VmHWM")), None)
            if peak:
                peaks[one] = int(peak.split()[1]) / 1024
        time.sleep(0.2)


def descendants(pid: int) -> list[int]:
    found = [pid]
    for one in found:
        for children in Path(f"/proc/{one}/task").glob("*/children"):
            try:
                found += [int(child) for child in children.read_text().split()]
            except OSError:
                continue
    return found


if __name__ == "__main__":
    main()
