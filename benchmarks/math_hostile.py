"""Hostile answers through the pool that runs use: how far each overruns its deadline, and what memory a worker takes.

    python benchmarks/math_hostile.py [--deadline S] [--memory MB]

Every row of tests/cases/math_hostile.py, in three wrappings, as answer and as gold. Exit code 1 when an item takes more
than the deadline and 200 ms, a worker more than the cap, or a hostile answer passes against 7.
"""

import argparse
import asyncio
import importlib.util
import os
import sys
import time
from pathlib import Path
from typing import Any

from engine.config import PoolSection
from engine.pool import Pool
from engine.records import Problem, Sample, Status, Verdict
from verifiers.math import LENIENT, MathVerifier

GRACE_S = 0.2
WRAPPINGS = ("\\boxed{%s}", "The answer is %s", '{"answer": "%s"}', "%s")


def table() -> list[tuple[str, str]]:
    """(name, answer) of every hostile row."""
    path = Path(__file__).parents[1] / "tests" / "cases" / "math_hostile.py"
    spec = importlib.util.spec_from_file_location("math_hostile_cases", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return list(module.HOSTILE)


def resident_mb(pid: int) -> float:
    """Largest resident memory of a process so far; 0 when it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)


def descendants(root: int) -> list[int]:
    """Processes below one, from their parent links."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text(encoding="utf-8", errors="replace")
            except OSError:
                continue
            parents[int(entry.name)] = int(stat.rpartition(")")[2].split()[1])
    found = {root}
    for _ in range(4):
        found |= {pid for pid, parent in parents.items() if parent in found}
    return sorted(found - {root})


async def judged(pool: Pool, gold: str, text: str) -> tuple[Verdict, float]:
    """Verdict and wall seconds, seen from outside."""
    start = time.perf_counter()
    verdict, _ = await pool.verify("math", Problem("p", "?", answer=gold), Sample("p", 0, text))
    return verdict, time.perf_counter() - start


async def measure(deadline_s: float, memory_mb: int) -> bool:
    """Run the table; print the slowest rows. True when every bound was kept."""
    verifiers: Any = {"math": MathVerifier(LENIENT.extraction, LENIENT.equality)}
    pool = Pool(verifiers, PoolSection(workers=1, deadline_s=deadline_s, memory_mb=memory_mb))
    await judged(pool, "\\sin 1", "\\boxed{\\cos 1}")  # the process starts, mpmath is imported
    rows, passed, killed, peak = [], 0, 0, 0.0
    try:
        for name, answer in table():
            for gold, text in [("7", w.replace("%s", answer)) for w in WRAPPINGS] + [(answer, "\\boxed{7}")]:
                verdict, seconds = await judged(pool, gold, text)
                rows.append((seconds, name, verdict.status.value, verdict.reason.code))
                wrapped = text.startswith("\\boxed") and gold == "7"
                passed += wrapped and verdict.status == Status.PASS
                killed += verdict.status == Status.ERROR
            peak = max([peak, *(resident_mb(pid) for pid in descendants(os.getpid()))])
    finally:
        await pool.close()
    rows.sort(reverse=True)
    over = max(0.0, rows[0][0] - deadline_s)
    print(f"{len(rows)} judgements, deadline {deadline_s:g} s, memory cap {memory_mb} MB")
    for seconds, name, status, code in rows[:5]:
        print(f"  {1e3 * seconds:8.1f} ms  {name:24s} {status} {code}")
    print(
        f"largest overrun {1e3 * over:.1f} ms; killed or failed {killed}; peak resident {peak:.0f} MB; passed {passed}"
    )
    return over <= GRACE_S and peak <= memory_mb and not passed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--deadline", type=float, default=0.5, metavar="S", help="seconds an item may take")
    parser.add_argument("--memory", type=int, default=512, metavar="MB", help="address space of a worker")
    options = parser.parse_args()
    sys.exit(0 if asyncio.run(measure(options.deadline, options.memory)) else 1)


if __name__ == "__main__":
    main()
