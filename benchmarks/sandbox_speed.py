"""How fast untrusted programs run: bare Python, the usual ways, and the sandboxes, in one run on one machine.

    python benchmarks/sandbox_speed.py                  # local, and Docker when an engine answers
    python benchmarks/sandbox_speed.py --only local     # while tuning

The program reads a number and prints it doubled. Rates are per core: of one stream of programs, one after the other,
pinned to one core for everything it starts. CPU is what all processes of the row used, so it also says what a loaded
machine's clock does not. Every program's output is checked.
"""

import argparse
import asyncio
import contextlib
import io
import multiprocessing
import os
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from engine.config import PoolSection
from engine.errors import SandboxUnavailableError
from engine.pool import Pool
from engine.records import ExecStatus, Limits, Problem, Program, Sample, Status, TestCase, TestKind, Tests
from sandboxes.docker import DockerSandbox
from sandboxes.image import ensure
from sandboxes.local import LocalSandbox
from verifiers.code import CodeVerifier

SOURCE = "print(int(input()) * 2)\n"
LIMITS = Limits()
INPUTS_20 = [str(number) for number in range(20)]


def interpreter(*flags: str) -> Callable[[], None]:
    """A new interpreter per program."""
    path = Path(tempfile.mkdtemp()) / "program.py"
    path.write_text(SOURCE, encoding="utf-8")

    def run() -> None:
        done = subprocess.run(
            [sys.executable, *flags, str(path)], input="21\n", capture_output=True, text=True, check=True
        )
        assert done.stdout == "42\n"

    return run


def human_eval_style() -> None:
    """As the usual harnesses do it: fork, exec() in the process, an alarm, a list that the child appends to."""
    manager = multiprocessing.get_context("fork").Manager()
    result = manager.list()
    process = multiprocessing.get_context("fork").Process(target=_unsafe, args=(result,))
    process.start()
    process.join(timeout=6)
    assert list(result) == ["passed"]
    manager.shutdown()


def _unsafe(result: "multiprocessing.managers.ListProxy[str]") -> None:
    signal.setitimer(signal.ITIMER_REAL, 5)
    out = io.StringIO()
    sys.stdin = io.StringIO("21\n")
    with contextlib.redirect_stdout(out):
        exec(compile(SOURCE, "program", "exec"), {"__name__": "__main__"})
    result.append("passed" if out.getvalue() == "42\n" else "failed")


def docker_run(image: str, host: str | None) -> Callable[[], None]:
    """A container per program."""
    prefix = ["docker", *(["-H", host] if host else []), "run", "--rm", "-i", "--network", "none", "--read-only"]
    flags = [
        "--memory",
        "256m",
        "--pids-limit",
        "64",
        "--cap-drop",
        "ALL",
        "--security-opt",
        "no-new-privileges",
        "--user",
        "65534:65534",
    ]

    def run() -> None:
        command = [*prefix, *flags, "--entrypoint", "python3", image, "-I", "-S", "-E", "-c", SOURCE]
        done = subprocess.run(command, input="21\n", capture_output=True, text=True, check=True)
        assert done.stdout == "42\n"

    return run


def sandboxed(sandbox: LocalSandbox | DockerSandbox, inputs: list[str]) -> Callable[[], None]:
    """One program on its inputs."""
    program = Program(SOURCE)
    wanted = [f"{int(text) * 2}\n" for text in inputs]

    def run() -> None:
        results = list(sandbox.run(program, inputs, LIMITS))
        assert [result.stdout for result in results] == wanted, results
        assert all(result.status == ExecStatus.OK for result in results)

    return run


def measure(name: str, run: Callable[[], None], seconds: float, tests: int = 1, pids: list[int] | None = None) -> float:
    """One row of the table; returns programs per second."""
    run()
    times: list[float] = []
    spent = _cpu(pids)
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 5:
        started = time.perf_counter()
        run()
        times.append(time.perf_counter() - started)
    cpu = (_cpu(pids) - spent) / len(times)
    times.sort()
    rate = len(times) / sum(times)
    p50, p99 = statistics.median(times) * 1e3, times[int(len(times) * 0.99)] * 1e3
    row = f"{name:<44}{rate:>9.1f}{rate * tests:>11.0f}{p50:>9.2f}{p99:>9.2f}{times[0] * 1e3:>9.2f}{cpu * 1e3:>9.2f}"
    print(row, flush=True)
    return rate


def descendants(root: int) -> list[int]:
    """Process ids of ``root`` and of all that came from it."""
    parents: dict[int, int] = {}
    for entry in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            parents[int(entry)] = int(Path(f"/proc/{entry}/stat").read_text("utf-8").rsplit(")", 1)[1].split()[1])
    found = [root]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found


def _cpu(pids: list[int] | None) -> float:
    """CPU seconds of this process, of its ended children, and of ``pids`` with theirs."""
    total = sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    for pid in pids or []:
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rsplit(")", 1)[1].split()
        total += sum(int(field) for field in fields[11:15]) / os.sysconf("SC_CLK_TCK")
    return total


async def filtered(programs: int, tests: int, workers: int) -> tuple[float, list[Status]]:
    """Seconds to judge ``programs`` different programs by ``tests`` tests each, half of them wrong somewhere."""
    cases = tuple(TestCase(input=f"{number}\n", expected=f"{number * 2}\n") for number in range(1, tests + 1))
    problem = Problem("double", "Double it.", "code", tests=Tests(TestKind.STDIN, cases))
    verifier = CodeVerifier(LocalSandbox())
    samples = [
        Sample(
            problem.id,
            number,
            f"```python\nn = int(input())\nprint(n * 2 + (n == {1 + number % (2 * tests)}))  # {number}\n```",
        )
        for number in range(programs)
    ]
    pool = Pool({"code": verifier}, PoolSection(workers=workers))
    try:
        await asyncio.gather(*(pool.verify("code", problem, sample) for sample in samples[:workers]))  # warm
        started = time.perf_counter()
        verdicts = await asyncio.gather(*(pool.verify("code", problem, sample) for sample in samples))
        return time.perf_counter() - started, [verdict.status for verdict, _ in verdicts]
    finally:
        await pool.close()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=8.0, help="per row")
    parser.add_argument("--only", choices=["local", "baseline", "docker", "filter"])
    options = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[-1]})
    print(f"{'one core':<44}{'prog/s':>9}{'tests/s':>11}{'p50 ms':>9}{'p99 ms':>9}{'best ms':>9}{'CPU ms':>9}")
    rates = {}
    if options.only in (None, "baseline"):
        rates["bare"] = measure("python program.py", interpreter(), options.seconds)
        rates["isolated"] = measure("python -I -S -E program.py", interpreter("-I", "-S", "-E"), options.seconds)
        rates["usual"] = measure("fork, exec() in it, alarm (human-eval style)", human_eval_style, options.seconds)
    if options.only in (None, "local"):
        for level in ("strong", "namespaces", "restricted"):
            sandbox = LocalSandbox(level=level)
            try:
                name = sandbox.probe().split()[0]
            except SandboxUnavailableError as error:
                print(f"local {level}: {error}")
                continue
            pids = [child for child in descendants(os.getpid()) if child != os.getpid()]
            rates[level] = measure(f"local {name}, a program", sandboxed(sandbox, ["21"]), options.seconds, 1, pids)
            measure(f"local {name}, a program on 20 tests", sandboxed(sandbox, INPUTS_20), options.seconds, 20, pids)
            sandbox.close()
    if options.only in (None, "docker"):
        docker_rows(rates, options.seconds)
    for baseline, name in (
        ("isolated", "python -I -S -E"),
        ("docker run", "docker run"),
        ("usual", "human-eval style"),
    ):
        if baseline in rates and "strong" in rates:
            print(f"local strong is {rates['strong'] / rates[baseline]:.1f} times {name}")
    os.sched_setaffinity(0, set(cores))
    if options.only in (None, "filter"):
        filter_rows()


def docker_rows(rates: dict[str, float], seconds: float) -> None:
    """Warm containers, and a container per program."""
    sandbox = DockerSandbox()
    try:
        print(sandbox.probe())
    except Exception as error:  # noqa: BLE001  the table says why a row is missing
        print(f"docker: {error}")
        return
    rates["docker"] = measure("docker warm, a program", sandboxed(sandbox, ["21"]), seconds)
    measure("docker warm, a program on 20 tests", sandboxed(sandbox, INPUTS_20), seconds, 20)
    rates["docker run"] = measure(
        "docker run per program", docker_run(ensure(sandbox.client(), None), os.environ.get("DOCKER_HOST")), seconds
    )
    sandbox.close()


def filter_rows() -> None:
    """1,000 programs by 10 tests through the verifier and its pool; verdicts must not depend on the workers."""
    seen = set()
    for workers in (1, 2, 8):
        for repeat in range(3):
            seconds, statuses = asyncio.run(filtered(1000, 10, workers))
            seen.add(tuple(str(status.value) for status in statuses))
            if repeat == 0:
                passed = sum(status == Status.PASS for status in statuses)
                print(f"1,000 programs x 10 tests, {workers} workers: {seconds:.1f} s, {passed} PASS")
    print(f"verdicts at 1, 2 and 8 workers, 3 times each: {len(seen)} different outcome{'s' * (len(seen) > 1)}")


if __name__ == "__main__":
    main()
