"""What a run on 1,000 GPUs with 100 million samples asks of the driver and of the ledger.

    python benchmarks/cluster_scale.py [--data DIR] [--gpus 1000] [--samples 1e8] [--per-problem 16] [--rate 20]

Measures each part here, on real GSM8K solutions and a real Ray cluster on loopback, in CPU seconds (wall time only for
opening files), and then multiplies. `--rate`, samples per second and GPU, is an assumption. Before and after: with
segments as each commit leaves them and everything read on resume; with segments merged and settled problems unread.
"""

import argparse
import asyncio
import gzip
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import tracemalloc
from pathlib import Path

from engine import segments
from engine.codec import content_id
from engine.intake import _admit
from engine.ledger import Ledger
from engine.ledger_reader import groups, left_by
from engine.records import Problem, Reason, Sample, Status, Verdict

VERSIONS = {"math": "1+abcdef0123456789"}
FLUSH_S = 5.0
KINDS_READ = 2  # samples and verdicts; of problems and settled ones there are fewer
COPIES = 12
RAY = {"RAY_AUTH_MODE": "disabled", "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", "RAY_USAGE_STATS_ENABLED": "0"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[2] / "shared" / "data")
    parser.add_argument("--gpus", type=int, default=1000)
    parser.add_argument("--samples", type=float, default=1e8)
    parser.add_argument("--per-problem", type=int, default=16)
    parser.add_argument("--rate", type=float, default=20.0)
    parser.add_argument("--driver", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--calls", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.driver:
        print(json.dumps(driver(options.driver)))
        return
    if options.calls:
        print(json.dumps(calls()))
        return
    source = options.data / "samples" / "gsm8k_boxed_gpt_claude.jsonl.gz"
    if not source.exists():
        sys.exit(f"{source}: no such file; name the data directory with --data")
    with gzip.open(source, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    parts = {}
    for name, measure in (("ledger", ledger), ("verify", verify), ("ids", ids)):
        parts |= show(name, measure(rows))
    small, large = child("--driver", "150"), child("--driver", "1500")
    per = 1 / (large["problems"] - small["problems"])
    cost = {
        "driver CPU ms per problem": 1e3 * (large["cpu_s"] - small["cpu_s"]) * per,
        "driver KB per problem": (large["rss_mb"] - small["rss_mb"]) * 1024 * per,
        "driver MB at the start": small["rss_mb"],
    }
    parts |= show("driver", cost) | show("calls", child("--calls"))
    print()
    project(parts, options)


def show(title: str, measured: dict[str, float]) -> dict[str, float]:
    for name, value in measured.items():
        print(f"{title:8} {name:58} {value:12,.3f}", flush=True)
    return measured


def child(*arguments: str) -> dict[str, float]:
    """The same script in a process of its own, so that its memory and CPU time are its own."""
    line = [sys.executable, __file__, *arguments]
    done = subprocess.run(line, capture_output=True, text=True, check=False, env=os.environ | RAY)
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def ledger(rows: list[dict]) -> dict[str, float]:
    """Real solutions in commits of 100 samples: what one engine makes in five seconds. Each once for their size, many
    times over for the time that they take."""
    texts = [(row, sample["text"]) for row in rows for sample in row["samples"]]
    found: dict[str, float] = {}
    for title, merge in (("as committed", 10**9), ("merged", 32)):
        segments.MERGE = merge
        with tempfile.TemporaryDirectory() as folder:
            write(Path(folder), texts)
            size = sum(file.stat().st_size for file in Path(folder).rglob("*.parquet"))
            found[f"bytes per sample, {title}"] = size / len(texts)
        with tempfile.TemporaryDirectory() as folder:
            path, many = Path(folder), texts * COPIES
            found[f"writer's CPU us per sample, {title}"] = 1e6 * write(path, many) / len(many)
            start, clock = time.process_time(), time.monotonic()
            read = groups(path, VERSIONS)
            next(read)
            found[f"files, {title}"] = len(list(path.rglob("*.parquet")))
            found[f"s until the first problem is read, {title}"] = time.monotonic() - clock
            for _ in read:
                pass
            found[f"CPU us per sample to read everything, {title}"] = 1e6 * (time.process_time() - start) / len(many)
            if title == "merged":
                found |= resume(path)
    opened = found["files, as committed"] - found["files, merged"]
    first = "s until the first problem is read, "
    found["ms to open a file"] = 1e3 * (found[f"{first}as committed"] - found[f"{first}merged"]) / opened
    return found


def write(path: Path, texts: list[tuple[dict, str]], per: int = 16, commit: int = 100) -> float:
    start = time.process_time()
    book = Ledger(path)
    for n, (row, text) in enumerate(texts):
        ordinal, index = divmod(n, per)
        name = f"{row['id']}-{ordinal}"
        if index == 0:
            book.add_problem(ordinal, Problem(name, row["problem"], answer=row["answer"]))
        book.add_sample(ordinal, Sample(name, index, text, tokens=150, model="m", seed=n, params_hash="0" * 16))
        evidence = {"answer": row["answer"], "method": "numeric"}
        book.add_verdict(
            ordinal,
            Verdict(
                Status.PASS, answer=row["answer"], expected=row["answer"], reason=Reason("equal", "the same number"),
                evidence=evidence, problem_id=name, index=index, verifier="math", version="1",
                config_hash="abcdef0123456789",
            ),
        )  # fmt: skip
        if index == per - 1:
            book.add_settled(ordinal, name, content_id(VERSIONS))
        if n % commit == commit - 1:
            book.flush()
            book._pending.result()  # noqa: SLF001  its own thread's CPU time is counted too
    book.close()
    return time.process_time() - start


def resume(path: Path) -> dict[str, float]:
    start = time.process_time()
    problems = sum(1 for _ in groups(path, VERSIONS, unsettled=True))
    passed = time.process_time() - start
    writer = next((path / "samples").glob("*.parquet")).stem.rpartition("-")[0]
    clock = time.monotonic()
    left_by(path, writer, {n: Problem(str(n), "") for n in range(256)}, VERSIONS)
    return {
        "CPU us per settled problem passed over": 1e6 * passed / problems,
        "s to read what a lost engine had open (256 problems)": time.monotonic() - clock,
    }


def verify(rows: list[dict]) -> dict[str, float]:
    from verifiers.math import MathVerifier

    verifier = MathVerifier()
    pairs = [
        (Problem(row["id"], row["problem"], answer=row["answer"]), s["text"]) for row in rows for s in row["samples"]
    ]
    start = time.process_time()
    for problem, text in pairs:
        verifier.verify(problem, Sample(problem.id, 0, text))
    return {"math verifier, CPU us per sample": 1e6 * (time.process_time() - start) / len(pairs)}


def ids(rows: list[dict]) -> dict[str, float]:
    """What the driver remembers of every problem, to notice ids that come twice."""
    seen: dict[int, int] = {}
    tracemalloc.start()
    for n in range(100_000):
        _admit(Problem(f"problem-{n}", rows[n % len(rows)]["problem"], answer="1"), seen)
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return {"driver bytes per problem for ids": held / len(seen)}


def driver(problems: int) -> dict[str, float]:
    """The driver's CPU time and memory over a run on a real cluster of two engines, without the export."""
    from hydra import compose, initialize_config_module

    from engine.config import register, resolved
    from engine.export import Exporter, build_verifiers
    from engine.run import _sample_and_verify
    from engine.rundir import RunDir

    register()
    overrides = [
        "executor=ray", "executor.engines=2", "sampler=scripted", f"problems.n_problems={problems}",
        "budget.n_samples=16", "progress.enabled=false", "product=[]",
    ]  # fmt: skip
    with initialize_config_module("conf", version_base="1.3"):
        config = resolved(compose("config", overrides=overrides))
    with tempfile.TemporaryDirectory() as folder:
        directory = RunDir(Path(folder) / "run")
        directory.path.mkdir()
        directory.adopt(config)
        start = time.process_time()
        asyncio.run(_sample_and_verify(Exporter(directory, config, build_verifiers(config)), resumes=False))
        cpu = time.process_time() - start
        return {
            "problems": problems,
            "cpu_s": cpu,
            "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }


def calls() -> dict[str, float]:
    """An engine's CPU time for having a sample judged elsewhere: alone, and in batches as they go out."""
    import ray

    ray.init("local", include_dashboard=False, logging_level="error", log_to_driver=False, num_cpus=1)

    @ray.remote(num_cpus=0)
    class Judge:
        async def judge(self, tasks: list) -> list:
            return [(Verdict(Status.PASS, reason=Reason("equal"), evidence={"a": "1"}), 0.001) for _ in tasks]

    judge = Judge.remote()
    problem = Problem("p", "how many? " * 20, answer="1")

    async def cost(size: int, total: int) -> float:
        batch = [("verify", "math", problem, Sample("p", n, "so it is " * 50)) for n in range(size)]
        await judge.judge.remote(batch)
        start = time.process_time()
        for _ in range(total // size // 4):
            await asyncio.gather(*(judge.judge.remote(batch) for _ in range(4)))
        return 1e6 * (time.process_time() - start) / total

    async def both() -> dict[str, float]:
        return {
            "engine CPU us per sample judged elsewhere, one by one": await cost(1, 2_000),
            "engine CPU us per sample judged elsewhere, by 64": await cost(64, 16_384),
        }

    found = asyncio.run(both())
    ray.shutdown()
    return found


def project(parts: dict[str, float], options: argparse.Namespace) -> None:
    """Multiply. Nothing here was run at this size."""
    samples, gpus, rate = options.samples, options.gpus, options.rate
    problems, seconds = samples / options.per_problem, samples / gpus / rate
    commits = gpus * seconds / FLUSH_S
    per_commit = rate * FLUSH_S
    merged = gpus * files_left(seconds / FLUSH_S)
    opening = KINDS_READ * parts["ms to open a file"] / 1e3
    reading = parts["CPU us per sample to read everything, merged"] / 1e6
    before = commits * opening + samples * reading
    after = merged * opening + problems * parts["CPU us per settled problem passed over"] / 1e6
    cores = problems / seconds * parts["driver CPU ms per problem"] / 1e3
    print(f"{gpus:,} GPUs, {samples:,.0f} samples, {options.per_problem} per problem, {rate:g}/s and GPU (assumed)")
    for name, was, now in (
        ("duration", "", f"{seconds / 3600:.1f} h"),
        ("samples in a commit (5 s of one engine)", "", f"{per_commit:,.0f}"),
        ("files of samples, and as many of verdicts", f"{commits:,.0f}", f"{merged:,.0f}"),
        (
            "ledger",
            gb(samples * parts["bytes per sample, as committed"]),
            gb(samples * parts["bytes per sample, merged"]),
        ),
        ("driver, cores", "", f"{cores:.2f}"),
        ("driver, memory for ids", "", gb(problems * parts["driver bytes per problem for ids"])),
        ("math verifier, cores", "", f"{gpus * rate * parts['math verifier, CPU us per sample'] / 1e6:.1f}"),
        (
            "an engine's share of a core for judging elsewhere",
            f"{rate * parts['engine CPU us per sample judged elsewhere, one by one'] / 1e4:.2f} %",
            f"{rate * parts['engine CPU us per sample judged elsewhere, by 64'] / 1e4:.2f} %",
        ),
        ("restart at the end: until the driver goes on", f"{before / 3600:.1f} h", f"{after / 60:.0f} min"),
        ("made again when an engine is lost: samples, at most", "", f"{per_commit:,.0f}"),
        ("one pass over the ledger, as an export makes (one core)", "", f"{samples * reading / 3600:.1f} h"),
    ):
        print(f"{name:58} {was:>14} {now:>14}")


def files_left(commits: float) -> float:
    """Segments of one kind that one writer leaves, on average half a tier in each but the highest."""
    left, size = 0.0, commits
    while size >= 32:
        left += 16
        size /= 32
    return left + size


def gb(size: float) -> str:
    return f"{size / 1e9:.1f} GB"


if __name__ == "__main__":
    main()
