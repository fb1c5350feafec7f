"""The local sandbox's processes: what is left behind by whom, faults of our own, and many runs."""

import json
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest
from drive import readable_python

from engine.errors import SandboxUnavailableError
from engine.records import ExecStatus, Limits, Program
from sandboxes.local import LocalSandbox
from sandboxes.runner import cgroups, supervisor

ROOT = Path(__file__).resolve().parents[2]
LIMITS = Limits(cpu_s=2, wall_s=10, memory_mb=128)


@pytest.fixture
def sandbox():
    made = LocalSandbox()
    yield made
    made.close()


def one(sandbox, source, text="", limits=LIMITS, **program):
    (result,) = sandbox.run(Program(source, **program), [text], limits)
    return result


def children(pid):
    """Process ids below ``pid``, at any depth."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, ValueError):
                continue
    found, waiting = set(), [pid]
    while waiting:
        above = waiting.pop()
        below = [child for child, parent in parents.items() if parent == above]
        found.update(below)
        waiting += below
    return found


def zygotes():
    """Those of this process."""
    return {
        pid for pid in children(os.getpid()) if b"zygote.main" in Path(f"/proc/{pid}/cmdline").read_bytes()
    }  # fmt: skip


def wait_for(condition, seconds=10.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def mounted():
    """What of ours is mounted where everybody sees it."""
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    return [line for line in lines if line.split(" - ")[1].split()[1] in ("proofstill", "scratch")]


def groups():
    """Control groups of ours that exist."""
    try:
        parents = set(cgroups._parents().values())
    except OSError:
        return set()
    return {entry.path for parent in parents for entry in os.scandir(parent) if entry.name.startswith(cgroups.PREFIX)}


def test_close_ends_every_process_and_removes_groups(sandbox):
    before, groups_before = zygotes(), groups()
    one(sandbox, "print(1)")
    list(sandbox.check(Program("def f(): return 1", entry_point="f"), ["assert f() == 1"], LIMITS))
    assert len(zygotes() - before) == 2, "the program's and the judge's"
    for _ in range(2):
        sandbox.close()
        assert zygotes() == before
        assert groups() <= groups_before
    assert one(sandbox, "print(2)").stdout == "2\n", "the next run starts again"


def test_pickling_sends_the_configuration_only(sandbox):
    one(sandbox, "print(1)")
    again = pickle.loads(pickle.dumps(sandbox))
    assert again == sandbox
    assert one(again, "print(2)").stdout == "2\n"
    again.close()
    assert one(sandbox, "print(3)").stdout == "3\n"


def test_zygote_killed_in_mid_run(sandbox):
    """Our fault, never the program's; and the next run works."""
    before = zygotes()
    one(sandbox, "print(1)")
    (ours,) = zygotes() - before
    killer = threading.Timer(0.3, os.kill, (ours, signal.SIGKILL))
    killer.start()
    result = one(sandbox, "import time; time.sleep(5); print('late')")
    killer.join()
    assert result.status == ExecStatus.INTERNAL
    assert result.detail == "the sandbox's process ended: without a word"
    assert result.wall_s < 4
    assert one(sandbox, "print(2)").stdout == "2\n"
    assert not alive(ours)


def test_zygote_killed_between_runs(sandbox):
    before = zygotes()
    one(sandbox, "print(1)")
    (ours,) = zygotes() - before
    os.kill(ours, signal.SIGKILL)
    statuses = [one(sandbox, "print(2)").status for _ in range(2)]
    assert statuses[-1] == ExecStatus.OK
    assert statuses[0] in (ExecStatus.INTERNAL, ExecStatus.OK)


def test_zygote_that_is_stopped_does_not_hang_us(sandbox, monkeypatch):
    monkeypatch.setattr(supervisor, "GRACE_S", 0.5)
    before = zygotes()
    one(sandbox, "print(1)")
    (ours,) = zygotes() - before
    os.kill(ours, signal.SIGSTOP)
    result = one(sandbox, "print(2)", limits=Limits(wall_s=0.5))
    assert (result.status, result.detail) == (ExecStatus.INTERNAL, "the sandbox's process does not answer")
    assert one(sandbox, "print(3)").stdout == "3\n"
    assert not alive(ours)


def test_a_canary_that_fails_judges_nobody(sandbox, monkeypatch):
    """A machine on which a right program comes back wrong: an interpreter that computes otherwise."""
    monkeypatch.setattr(supervisor, "_BOOT", supervisor._BOOT.replace("zygote.main", "import builtins; builtins.sum = lambda xs: 7; zygote.main"))  # fmt: skip
    before = zygotes()
    with pytest.raises(SandboxUnavailableError) as error:
        list(sandbox.run(Program("print(1)"), [""], LIMITS))
    assert "the canary program gave OK '21\\n'" in str(error.value)
    assert str(error.value).startswith("sandbox: ")
    assert "\n" not in str(error.value)
    assert zygotes() == before


PARENT = """
import sys; sys.path.insert(0, sys.argv[1])
from engine.records import Limits, Program
from sandboxes.local import LocalSandbox
made = LocalSandbox(level=sys.argv[2], minimum=sys.argv[2], python=sys.argv[3] or None)
list(made.run(Program("print(1)"), [""], Limits()))
print("ready", flush=True)
list(made.run(Program("import time; time.sleep(100)"), [""], Limits(wall_s=100)))
"""


@pytest.mark.parametrize("level", ["strong", "namespaces", "restricted"])
def test_kill_9_of_the_parent_leaves_nothing_that_runs(level, tmp_path):
    python = (readable_python() or "") if level == "restricted" else ""
    mounts = mounted()
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(ROOT), level, python],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "TMPDIR": str(tmp_path)},
    )  # fmt: skip
    tmp_path.chmod(0o755)
    with parent:
        if parent.stdout.readline() != "ready\n":
            error = parent.stderr.read()
            assert "SandboxUnavailableError" in error, error
            pytest.skip(f"this machine does not reach {level}: {error.splitlines()[-1]}")
        wait_for(lambda: len(children(parent.pid)) >= 2)
        assert level != "restricted" or len(list(tmp_path.iterdir())) == 2
        below = children(parent.pid)
        parent.kill()
    wait_for(lambda: not any(alive(pid) for pid in below))
    assert mounted() == mounts == []
    wait_for(lambda: not any(path.endswith(f"-{pid}") for path in groups() for pid in below))
    assert not list(tmp_path.iterdir()), "the zygote removed its directories itself"


def test_restricted_closes_without_leaving_a_directory(monkeypatch, tmp_path):
    for parent in [tmp_path, *tmp_path.parents][:3]:
        parent.chmod(0o755)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    made = LocalSandbox(level="restricted", python=readable_python())
    assert one(made, "open('x', 'w').write('y'); print(1)").stdout == "1\n"
    assert len(list(tmp_path.iterdir())) == 2
    made.close()
    assert not list(tmp_path.iterdir())


def test_two_sandboxes_at_once():
    found, sandboxes = {}, [LocalSandbox(), LocalSandbox()]

    def work(number):
        found[number] = [
            one(sandboxes[number], f"print({number} * 100 + int(input()))", str(i)).stdout for i in range(40)
        ]

    threads = [threading.Thread(target=work, args=(number,)) for number in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for made in sandboxes:
        made.close()
    assert found == {number: [f"{number * 100 + i}\n" for i in range(40)] for number in (0, 1)}


def test_many_runs_leave_nothing(sandbox):
    sources = ["print(1)", "1/0", "open('x', 'w').write('y' * 9999)", "import os; os._exit(1)", "print('x' * (9 << 20))",
               "import threading, time\nthreading.Thread(target=time.sleep, args=(9,), daemon=True).start()"]  # fmt: skip
    limits = Limits(cpu_s=5, wall_s=10, memory_mb=128, output_mb=1)
    for source in sources:
        one(sandbox, source, limits=limits)
    ours = os.getpid()
    descriptors, processes = len(os.listdir("/proc/self/fd")), children(ours)
    held = {pid: len(os.listdir(f"/proc/{pid}/fd")) for pid in zygotes()} if os.geteuid() == 0 else {}
    mounts = mounted()
    for i in range(300):
        one(sandbox, sources[i % len(sources)], limits=limits)
    assert len(os.listdir("/proc/self/fd")) == descriptors
    assert children(ours) == processes
    assert {pid: len(os.listdir(f"/proc/{pid}/fd")) for pid in held} == held
    assert mounted() == mounts == []


def test_programs_do_not_see_each_other_through_the_zygote(sandbox):
    """Nothing that one program reads, defines or patches is in the next one."""
    secret = "s3cret" + "-word"
    one(
        sandbox,
        f"import builtins, sys, os\nbuiltins.mark = '{secret}'\nsys.modules['mark'] = sys\nos.environ['M'] = '1'",
    )
    source = "import builtins, gc, json, os, sys\nprint(json.dumps([hasattr(builtins, 'mark'), 'mark' in sys.modules, 'M' in os.environ, any(isinstance(o, str) and 's3cret' + '-word' in o for o in gc.get_objects())]))"
    assert json.loads(one(sandbox, source).stdout) == [False] * 4


def test_groups_of_slots_that_were_killed_go_with_the_next_start(sandbox):
    if not sandbox.probe().startswith("strong"):
        pytest.skip(f"no control groups here: {sandbox.isolation}")
    sandbox.close()
    other = LocalSandbox()
    other.probe()
    (slot,) = other._supervisor._slots.values()
    slot._process.kill()
    slot._process.wait()
    assert any(path.endswith(f"-{slot._process.pid}") for path in groups()), "killed before it could remove its group"
    one(sandbox, "print(1)")
    assert not any(path.endswith(f"-{slot._process.pid}") for path in groups())
    other.close()
