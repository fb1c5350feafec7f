"""Does the sampler wait for the verifiers? Tokens/s of a full run against those of the engine alone.

    python benchmarks/vllm_throughput.py [--pairs 6] [--verifiers math code] [--engine-cores 0] [OVERRIDE …]
    python benchmarks/vllm_throughput.py --sampler vllm --problems 512 --engine-cores 0-7 \
        sampler.model=DIRECTORY sampler.params.max_tokens=1024       # on a GPU

One engine, in a process of its own as in every run, answers the same requests again and again: alone (nobody judges,
nothing is written) and within a full run (gold checks, verifiers, ledger, progress), by turns, as many problems open at
once. Engine processes have cores of their own, the run and its verifiers the others. Time runs from the first
request to the last sample, so neither the start of the engine nor the export counts.

`math` judges the text. `code` judges a program that prints the text's answer, by four tests in the local sandbox, as
the bundled model writes no programs. CPU seconds: of the engine, of the run's own process, and of its verifiers with
their sandboxes. A ratio is one pair's; the last line has their geometric mean with a 95 % bootstrap interval.
"""

import argparse
import asyncio
import contextlib
import io
import math
import os
import random
import statistics
import sys
import tempfile
from pathlib import Path

from hydra import compose, initialize_config_module
from vllm_engine import Clock, Meter, Shared, engine_only

from engine.build import build
from engine.config import register, resolved
from engine.export import Exporter, build_verifiers
from engine.protocols import Sampler
from engine.run import _sample_and_verify
from engine.rundir import RunDir

HEAD = (
    "verifier pair | alone tok/s | run tok/s | ratio % | starved % alone, run | idle % | engine CPU s alone, run | "
    "run CPU s | verifiers CPU s"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cores = sorted(os.sched_getaffinity(0))
    half = f"{cores[0]}-{cores[max(len(cores) // 2 - 1, 0)]}"
    parser.add_argument("--sampler", default="vllm_cpu")
    parser.add_argument("--problems", type=int, default=64)
    parser.add_argument("--samples", type=int, default=8)
    parser.add_argument("--pairs", type=int, default=6)
    parser.add_argument("--verifiers", nargs="+", default=["math", "code"], choices=["math", "code"])
    parser.add_argument("--engine-cores", default=half, help="such as 0-7,12; the run and its verifiers get the others")
    options, overrides = parser.parse_known_args()
    engine_cores = spelt(options.engine_cores)
    if overrides == [] and options.sampler == "vllm_cpu":
        overrides = ["sampler.model=bundled:tiny", "sampler.params.max_tokens=96", "sampler.params.temperature=1.5"]
    register()
    with initialize_config_module("conf", version_base="1.3"):
        configs = {name: configured(name, options, overrides) for name in options.verifiers}
    asyncio.run(measure(configs, options.pairs, engine_cores, set(cores) - engine_cores or engine_cores))


def spelt(text: str) -> set[int]:
    ranges = [part.split("-") for part in text.split(",")]
    return {core for ends in ranges for core in range(int(ends[0]), int(ends[-1]) + 1)}


def configured(verifier: str, options: argparse.Namespace, overrides: list[str]) -> dict:
    given = [
        f"sampler={options.sampler}", f"verifier=[{verifier}]", f"problems.n_problems={options.problems}",
        f"budget.n_samples={options.samples}", "progress.every_s=3600", *overrides,
    ]  # fmt: skip
    config = resolved(compose("config", overrides=given))
    if options.sampler == "vllm_cpu":  # vLLM binds its threads itself
        config["sampler"]["env"]["VLLM_CPU_OMP_THREADS_BIND"] = options.engine_cores
    if verifier == "code":
        config["problems"] = {
            "_target_": "vllm_engine.Programs", "n_problems": options.problems, "seed": config["run"]["seed"],
        }  # fmt: skip
    return config


async def measure(configs: dict[str, dict], pairs: int, engine_cores: set[int], other_cores: set[int]) -> None:
    any_config = next(iter(configs.values()))
    os.sched_setaffinity(0, engine_cores)
    Shared.engine = build(any_config["sampler"], Sampler, "sampler")
    process = await Shared.engine.started()
    os.sched_setaffinity(0, other_cores)
    print(f"engine on cores {sorted(engine_cores)}, the rest on {sorted(other_cores)}")
    print(HEAD)
    try:
        for name, config in configs.items():
            config["sampler"] |= {"_target_": "vllm_engine.Shared", "programs": name == "code"}
            Shared.meter = Meter()
            await full(config)  # warms everything, and is not counted
            requests = Shared.meter.requests
            ratios = [await pair(name, number, config, requests, process.group) for number in range(pairs)]
            print(f"{name}: {summary(ratios)}", flush=True)
        counters = await Shared.engine.counters()
        for counter in ("prompt_tokens", "prefix_cache_queries", "prefix_cache_hits", "generation_tokens"):
            if counter in counters:
                print(f"engine's counter {counter}: {counters[counter]}")
    finally:
        await Shared.engine.close()


async def pair(name: str, number: int, config: dict, requests: list, group: int) -> float:
    """One run and one pass of the engine alone, in turns first; returns the ratio of their tokens/s."""
    clocks: dict[str, Clock] = {}
    meters: dict[str, Meter] = {}
    idle = 0.0
    capacity = config["sampler"]["engine_args"].get("max_num_seqs", 256)
    for kind in ("alone", "run")[:: 1 - 2 * (number % 2)]:
        Shared.meter = meters[kind] = Meter(capacity, sum(len(request.indices) for request in requests))
        with Clock(group) as clocks[kind]:
            if kind == "alone":
                await engine_only(requests, config["loop"]["open_problems"])
            else:
                idle = await full(config)
    alone, run = meters["alone"], meters["run"]
    if abs(run.tokens - alone.tokens) > 0.02 * alone.tokens:
        sys.exit(f"the same requests gave {alone.tokens} and {run.tokens} tokens: nothing can be compared")
    ratio = run.rate / alone.rate
    print(
        f"{name:>8} {number:4} | {alone.rate:11.0f} | {run.rate:9.0f} | {100 * ratio:7.1f} |"
        f" {100 * alone.starved_share:9.1f} {100 * run.starved_share:10.1f} | {100 * idle:6.1f} |"
        f" {clocks['alone'].engine:10.1f} {clocks['run'].engine:12.1f} | {clocks['run'].own:9.2f} |"
        f" {clocks['run'].verifiers:15.2f}",
        flush=True,
    )
    return ratio


async def full(config: dict) -> float:
    """A run in a fresh directory, up to its last verdict; returns its idle share."""
    with tempfile.TemporaryDirectory() as folder:
        verifiers = build_verifiers(config)
        exporter = Exporter(RunDir(Path(folder)), config, verifiers)
        with contextlib.redirect_stderr(io.StringIO()):  # its progress
            facts, _ = await _sample_and_verify(exporter, resumes=False)
    return facts["idle_share"]


def summary(ratios: list[float]) -> str:
    logs, rng = [math.log(ratio) for ratio in ratios], random.Random(0)
    means = sorted(math.exp(statistics.fmean(rng.choices(logs, k=len(logs)))) for _ in range(2000))
    mean, low, high = math.exp(statistics.fmean(logs)), means[50], means[1949]
    return (
        f"run against alone {100 * mean:.1f} % (95 % interval {100 * low:.1f} to {100 * high:.1f}; {len(ratios)} pairs)"
    )


if __name__ == "__main__":
    main()
