"""A day in small: 100,000 programs through one engine process, and what it leaves behind.

    python benchmarks/sandbox_soak.py [--programs 100000]

Programs go through the code verifier and its pool, as in a run: right ones, wrong ones, and ones that write files,
start threads, crash, run out of memory, flood their output and overrun their time. Counted before, during and after:
processes of ours, their open files and memory, mounts, control groups, and entries of the temporary directory.
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from engine.config import PoolSection
from engine.pool import Pool
from engine.records import Limits, Problem, Sample, TestCase, TestKind, Tests
from sandboxes.local import LocalSandbox
from verifiers.code import CodeVerifier

PROGRAMS = (
    (900, "print(int(input()) * 2)"),
    (60, "print(int(input()) * 3)"),
    (10, "open('kept', 'w').write('x' * 100_000); print(int(input()) * 2)"),
    (10, "import threading\nt = threading.Thread(target=lambda: print(int(input()) * 2)); t.start(); t.join()"),
    (10, "import os; os.makedirs('a/' * 40); print(int(input()) * 2)"),
    (4, "import ctypes; ctypes.string_at(0)"),
    (3, "x = []\nwhile True:\n    x.append(bytearray(1 << 20))"),
    (2, "while True:\n    print('x' * 10_000)"),
    (1, "while True:\n    pass"),
)
CASES = tuple(TestCase(input=f"{number}\n", expected=f"{number * 2}\n") for number in range(1, 4))
PROBLEM = Problem(
    "double", "Double it.", "code", tests=Tests(TestKind.STDIN, CASES, limits=Limits(cpu_s=1, wall_s=2, memory_mb=64))
)


@dataclass
class Leavings:
    """What a leak would show in."""

    processes: int
    files: int
    memory_mb: float
    mounts: int
    groups: int
    temporary: int

    def __str__(self) -> str:
        memory = f"{self.memory_mb:.0f}"
        counts = f"{self.mounts:>8}{self.groups:>8}{self.temporary:>11}"
        return f"{self.processes:>10}{self.files:>8}{memory:>11}{counts}"


def leavings() -> Leavings:
    """Counted over this process and everything it started."""
    ours = descendants()
    files = memory = 0
    for pid in ours:
        try:
            files += len(os.listdir(f"/proc/{pid}/fd"))
            memory += int(Path(f"/proc/{pid}/statm").read_text("utf-8").split()[1]) * os.sysconf("SC_PAGE_SIZE")
        except OSError:
            continue
    mounts = len(Path("/proc/self/mountinfo").read_text("utf-8").splitlines())
    groups = sum(1 for _ in Path("/sys/fs/cgroup").rglob("proofstill-*"))
    temporary = sum(1 for name in os.listdir(tempfile.gettempdir()) if name.startswith("proofstill-"))
    return Leavings(len(ours), files, memory / (1 << 20), mounts, groups, temporary)


def descendants() -> list[int]:
    """Process ids of this process and of all that came from it."""
    parents: dict[int, int] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                parents[int(entry)] = int(Path(f"/proc/{entry}/stat").read_text("utf-8").rsplit(")", 1)[1].split()[1])
            except OSError:
                continue
    found = [os.getpid()]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found


async def soak(programs: int, workers: int) -> None:
    """Run them, a window at a time, and print a line every tenth of the way."""
    sources = [source for weight, source in PROGRAMS for _ in range(weight)]
    pool = Pool({"code": CodeVerifier(LocalSandbox())}, PoolSection(workers=workers))
    counts: Counter[str] = Counter()
    started = time.perf_counter()
    names = ("processes", 10), ("files", 8), ("memory MB", 11), ("mounts", 8), ("groups", 8), ("temporary", 11)
    print(f"{'programs':>9}{'seconds':>9}" + "".join(f"{name:>{width}}" for name, width in names))
    print(f"{0:>9}{0:>9}{leavings()}", flush=True)
    try:
        for done in range(0, programs, 1000):
            samples = [
                Sample(
                    PROBLEM.id,
                    done + number,
                    f"```python\n{sources[number * 619 % len(sources)]}\n# {done + number}\n```",
                )
                for number in range(1000)
            ]
            verdicts = await asyncio.gather(*(pool.verify("code", PROBLEM, sample) for sample in samples))
            counts.update(f"{verdict.status.value} {verdict.reason.code}" for verdict, _ in verdicts)
            if done % max(1000, programs // 10) == 0:
                print(f"{done + 1000:>9}{time.perf_counter() - started:>9.0f}{leavings()}", flush=True)
        print(f"{programs:>9}{time.perf_counter() - started:>9.0f}{leavings()}", flush=True)
    finally:
        await pool.close()
    await asyncio.sleep(2)  # warm processes end by themselves when their owners have
    print(f"{'closed':>9}{time.perf_counter() - started:>9.0f}{leavings()}")
    print(", ".join(f"{name} {count}" for name, count in sorted(counts.items())))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    asyncio.run(soak(options.programs, options.workers))


if __name__ == "__main__":
    main()
