"""The local sandbox at each level, as root and as an ordinary user: what limits give, and what is seen from inside."""

import json
import os
import sys

import pytest
from drive import as_user, copy, drive, readable_python

from engine.errors import ConfigError, SandboxUnavailableError
from engine.protocols import Sandbox
from engine.records import ExecStatus, Limits, Program
from sandboxes.local import LocalSandbox

SMALL = {"cpu_s": 1, "wall_s": 20, "memory_mb": 128, "output_mb": 1, "file_mb": 2, "processes": 4, "open_files": 32}
GROW = "x = []\nwhile True: x.append(bytearray(1 << 20))"
FILL = "for i in range(40):\n    open(f'x{i}', 'wb').write(bytes(1 << 18))\nimport time; time.sleep(1)"
THREADS = (
    "import threading, time\nfor _ in range(90): threading.Thread(target=time.sleep, args=(1,), daemon=True).start()"
)
# program, status, detail: of all levels, or (with name spaces, without)
ENDS = [
    ("print(input())", ExecStatus.OK, ""),
    ("1/0", ExecStatus.NONZERO, "ZeroDivisionError"),
    ("raise SystemExit(3)", ExecStatus.NONZERO, "exit code 3"),
    ("raise SystemExit('no')", ExecStatus.NONZERO, "SystemExit"),
    ("import os; os._exit(9)", ExecStatus.NONZERO, "exit code 9"),
    ("def f(): f()\nf()", ExecStatus.NONZERO, "RecursionError"),
    ("x = (", ExecStatus.COMPILE, "SyntaxError: '(' was never closed"),
    ("x = '\0'", ExecStatus.COMPILE, "source code string cannot contain null bytes"),
    ("while True: pass", ExecStatus.TIMEOUT, "cpu"),
    ("import signal\nsignal.pthread_sigmask(0, range(1, 65))\nwhile True: pass", ExecStatus.TIMEOUT, "cpu"),
    ("x = bytearray(900 << 20)", ExecStatus.MEMORY, "MemoryError"),
    (GROW, ExecStatus.MEMORY, None),
    ("print('x' * (2 << 20))", ExecStatus.OUTPUT, "streams"),
    ("import sys\nfor i in range(3): sys.stderr.write('x' * (1 << 20))", ExecStatus.OUTPUT, "streams"),
    ("import os\nwhile True: os.write(1, bytes(1 << 16))", ExecStatus.OUTPUT, "streams"),
    (FILL, (ExecStatus.NONZERO, ExecStatus.OUTPUT), ("OSError", "files")),
    ("import os; os.fork()", ExecStatus.NONZERO, "PermissionError"),
    ("import os; os.execv('/bin/sh', ['sh'])", ExecStatus.NONZERO, "PermissionError"),
    ("import socket; socket.socket()", ExecStatus.NONZERO, "PermissionError"),
    (THREADS, ExecStatus.NONZERO, "RuntimeError"),
    ("x = [open('/dev/null') for _ in range(64)]", ExecStatus.NONZERO, "OSError"),
    ("import ctypes; ctypes.string_at(0)", ExecStatus.SIGNAL, "SIGSEGV"),
    ("import sys; sys.stdout.buffer.write(b'\\xff')", ExecStatus.REFUSED, "the output is not UTF-8"),
    ("open('/etc/passwd')", ExecStatus.NONZERO, ("FileNotFoundError", "PermissionError")),
    ("open('/usr/mark', 'w')", ExecStatus.NONZERO, ("OSError", "PermissionError")),
    ("import os; os.setuid(0) or os.chroot('/usr')", ExecStatus.NONZERO, "PermissionError"),
]
WALL = ("import time; time.sleep(60)", ExecStatus.TIMEOUT, "wall")


def best(**options):
    """Parameters of a sandbox at exactly one level, with an interpreter that its programs can read."""
    level = options.pop("level")
    own_root = level in ("strong", "namespaces")
    return {"level": level, "minimum": level, "python": None if own_root else readable_python(), **options}


@pytest.fixture(scope="module", params=["strong", "namespaces", "restricted"])
def level(request):
    made = LocalSandbox(**best(level=request.param))
    try:
        made.probe()
    except SandboxUnavailableError as error:
        pytest.skip(f"this machine does not reach {request.param}: {error}")
    finally:
        made.close()
    return request.param


@pytest.fixture(scope="module")
def sandbox(level):
    made = LocalSandbox(**best(level=level))
    yield made
    made.close()


@pytest.fixture(scope="module")
def readable(tmp_path_factory):
    if readable_python() is None:
        pytest.skip("no interpreter of Python 3.11 that every user may run")
    directory = tmp_path_factory.mktemp("packages")
    copy(directory)
    for parent in [directory, *directory.parents][:3]:
        parent.chmod(0o755)
    return directory


def one(sandbox, source, text="", limits=None, **program):
    results = list(sandbox.run(Program(source, **program), [text], limits or Limits(**SMALL)))
    assert len(results) == 1
    return results[0]


def holds(found, row, *, mounted):
    """Whether a result is as the table's row says."""
    _, status, detail = row
    status = status if not isinstance(status, tuple) else status[not mounted]
    detail = detail if not isinstance(detail, tuple) else detail[not mounted]
    if status == ExecStatus.COMPILE:  # with the line and a caret, as Python tells it
        return found["status"] == status and detail in found["detail"]
    return found["status"] == status and detail in (None, found["detail"])


def rows():
    return [{"source": source, "limits": SMALL, "inputs": ["in"]} for source, *_ in ENDS] + [
        {"source": WALL[0], "limits": SMALL | {"wall_s": 0.5}}
    ]


def check(told, mounted):
    wrong = [
        (row[0], result)
        for row, (result,) in zip([*ENDS, WALL], told["runs"], strict=True)
        if not holds(result, row, mounted=mounted) or result["isolation"] != told["level"]
    ]
    assert not wrong


def test_ends(level):
    told = drive(best(level=level), rows())
    assert told["level"].startswith(level)
    check(told, mounted=level != "restricted")


@pytest.mark.parametrize("name", ["namespaces", "restricted"])
def test_ends_for_an_ordinary_user(readable, name):
    told = as_user(readable, {"level": name, "minimum": "restricted"}, rows())
    if not told["level"].startswith(name):
        pytest.skip(f"this machine gives ordinary users {told['level']}")
    several = [row for row in ENDS if row[0] != THREADS]  # without namespaces, threads are bounded by memory only
    runs = [run for row, run in zip([*ENDS, WALL], told["runs"], strict=True) if row[0] != THREADS]
    mounted = name == "namespaces"
    wrong = [
        (row[0], run)
        for row, (run,) in zip([*several, WALL], runs, strict=True)
        if not holds(run, row, mounted=mounted)
    ]
    assert not wrong


def test_an_ordinary_user_gets_the_best_there_is(readable):
    told = as_user(readable, {}, [{"source": "print(1)"}])
    assert told["level"].startswith(("namespaces", "restricted"))
    assert told["runs"][0][0]["stdout"] == "1\n"


INSIDE = """
import ctypes, fcntl, json, os, socket, sys
def error(call, *args):
    try:
        call(*args)
    except OSError as error:
        return type(error).__name__
    return "allowed"
def status(number):
    try:
        return bool(fcntl.fcntl(number, fcntl.F_GETFD) + 1)
    except OSError:
        return False
libc = ctypes.CDLL(None, use_errno=True)
print(json.dumps({
    "pid": os.getpid(), "uid": os.getuid(), "host": os.uname().nodename, "environment": sorted(os.environ),
    "root": error(os.listdir, "/") == "allowed" and sorted(os.listdir("/")), "proc": error(os.listdir, "/proc"),
    "home": error(os.listdir, "/home"), "own": os.listdir("."), "open": [n for n in range(256) if status(n)],
    "kill": error(os.kill, 1, 0), "others": error(os.kill, os.getppid() or 2, 0), "unix": error(socket.socket, socket.AF_UNIX),
    "datagrams": error(socket.socketpair, socket.AF_UNIX, socket.SOCK_DGRAM),
    "setsid": error(os.setsid), "nice": error(os.nice, 5), "mark": error(open, "mark", "w"),
    "unshare": libc.unshare(0x10000000), "ptrace": libc.ptrace(0, 0, 0, 0), "mount": libc.mount(b"", b"/", b"", 0, None),
    "modules": sorted(n for n in sys.modules if n.split(".")[0] in ("engine", "verifiers", "unittest", "pytest")),
}))
"""


def test_inside(sandbox, level):
    seen = json.loads(one(sandbox, INSIDE).stdout)
    mounted = level != "restricted"
    assert seen["environment"] == ["HOME", "PATH", "PWD"]
    assert seen["own"] == []
    assert set(seen["open"]) <= {0, 1, 2, 3}, "standard streams and the report"
    assert seen["modules"] == []
    assert seen["mark"] == "allowed", "the scratch directory may be written"
    for what in ("unix", "datagrams", "setsid", "nice"):
        assert seen[what] == "PermissionError", what
    assert (seen["unshare"], seen["ptrace"], seen["mount"]) == (-1, -1, -1)
    if os.geteuid() == 0:
        assert seen["uid"] >= 1_000_000
    if mounted:
        assert (seen["pid"], seen["host"]) == (1, "sandbox")
        assert set(seen["root"]) <= {"bin", "dev", "etc", "lib", "lib32", "lib64", "libx32", "sbin", "tmp", "usr", "work", "root", "opt", "home", "packages"}  # fmt: skip
        assert (seen["proc"], seen["others"]) == ("FileNotFoundError", "ProcessLookupError")
    else:
        assert (seen["root"], seen["proc"]) == (False, "PermissionError")
        assert (seen["kill"], seen["others"]) == ("PermissionError", "PermissionError")


def test_nothing_is_left_for_the_next_program(sandbox):
    leave = "import os\nos.makedirs('a/' * 50)\nopen('a/b', 'w').write('x')\nos.symlink('/usr', 'link')\n\nos.mkdir('c')\ntry: os.chmod('c', 0)\nexcept PermissionError: pass"
    left = one(sandbox, leave)
    assert left.status == ExecStatus.OK, left.stderr
    assert one(sandbox, "import os; print(os.listdir('.'))").stdout == "[]\n"


def test_threads_end_with_their_program(sandbox):
    source = "import threading, time\ndef f():\n    time.sleep(0.2); print('late')\nthreading.Thread(target=f).start()\nprint('first')"
    assert one(sandbox, source).stdout == "first\nlate\n"


def test_large_input_and_output(sandbox):
    text = "é" * (3 << 20)
    result = one(sandbox, "print(input())", text, Limits(cpu_s=10, wall_s=30, output_mb=8))
    assert result.stdout == text + "\n"
    assert one(sandbox, "print('x' * (1 << 20), end='')").status == ExecStatus.OK, "exactly the limit is allowed"


def test_hashes_and_random_numbers_are_fixed_per_variant(sandbox):
    source = "import random\nprint(hash('a'), random.random(), list({'x', 'y', 'z'}))"
    found = [one(sandbox, source, variant=variant).stdout for variant in (0, 1, 0, 1)]
    assert found[:2] == found[2:]
    assert found[0] != found[1]
    parts = [set(text.split()[:2]) for text in found[:2]]
    assert not parts[0] & parts[1]


def test_inputs_share_a_process_and_say_so(sandbox):
    results = list(sandbox.run(Program("print(int(input()) + 1)"), ["1", "2", "x", "4"], Limits(**SMALL)))
    assert [(r.status, r.stdout, r.shared) for r in results] == [
        (ExecStatus.OK, "2\n", False), (ExecStatus.OK, "3\n", True), (ExecStatus.NONZERO, "", True),
    ]  # fmt: skip


def test_closing_early(sandbox):
    results = sandbox.run(Program("print(input())"), ["1", "2", "3"], Limits(**SMALL))
    assert next(results).stdout == "1\n"
    results.close()
    assert one(sandbox, "print(5)").stdout == "5\n"


def site_packages():
    return next((path for path in sys.path if path.endswith("site-packages") and os.path.isdir(path + "/numpy")), None)


NUMPY = """
import os, numpy as np, threading
a = np.arange(40000.0).reshape(200, 200)
print(float((a @ a).trace()), np.linalg.matrix_rank(a), np.__file__)
try:
    open(os.path.join(os.path.dirname(np.__file__), 'mark'), 'w')
except OSError:
    print('read-only')
"""


@pytest.mark.parametrize("name", ["strong", "namespaces"])
def test_packages(name):
    """Native libraries load, compute within the limits, and cannot be written."""
    made = LocalSandbox(**best(level=name, packages=site_packages()))
    try:
        made.probe()
    except SandboxUnavailableError as error:
        pytest.skip(str(error))
    result = one(made, NUMPY, limits=Limits(cpu_s=20, wall_s=60, memory_mb=256, processes=1))
    made.close()
    trace = sum(sum((200 * i + j) * (200 * j + i) for j in range(200)) for i in range(200))
    assert result.stdout.splitlines() == [f"{float(trace)} 2 /packages/numpy/__init__.py", "read-only"], result
    plain = LocalSandbox(**best(level=name))
    assert one(plain, "import numpy").detail == "ModuleNotFoundError"
    plain.close()


def test_packages_that_do_not_exist_or_cannot_be_read(tmp_path):
    for bad, word in ((tmp_path / "none", "No such file"), (tmp_path, "is closed to other users")):
        if bad == tmp_path and os.geteuid() != 0:
            continue
        tmp_path.chmod(0o700)
        with pytest.raises(SandboxUnavailableError, match=word):
            LocalSandbox(packages=str(bad)).probe()


def test_another_interpreter():
    python = readable_python()
    made = LocalSandbox(python=python)
    asked = "import sys, uuid, contextvars; print(sys.version_info[:2])"
    assert one(made, asked).stdout.startswith("(3, ")
    made.close()
    for bad in ("/bin/false", "/no/such/python"):
        with pytest.raises(SandboxUnavailableError, match="no level from 'strong' down to 'restricted' works"):
            LocalSandbox(python=bad).probe()


def test_parameters_are_checked():
    with pytest.raises(ConfigError, match="level is 'best'"):
        LocalSandbox(level="best")
    with pytest.raises(ConfigError, match="below minimum 'strong'; lower minimum too"):
        LocalSandbox(level="namespaces", minimum="strong")
    assert isinstance(LocalSandbox(), Sandbox)


def test_no_level_below_the_minimum(readable):
    """An ordinary user cannot have `strong`: refused in one sentence, and never run at a lower level."""
    from subprocess import run

    script = (
        "import sys; sys.path[0] = sys.argv[1]\nfrom sandboxes.local import LocalSandbox\n"
        "try: LocalSandbox(minimum='strong').probe()\nexcept Exception as error: print(type(error).__name__, error)"
    )
    ids = {"user": 54_321, "group": 54_321, "extra_groups": []} if os.geteuid() == 0 else {}
    done = run(
        [readable_python(), "-Bc", script, str(readable)], capture_output=True, text=True, cwd="/", check=True, **ids
    )
    assert done.stdout.startswith("SandboxUnavailableError sandbox: no level from 'strong' down to 'strong' works")
    assert done.stdout.endswith("use sandbox=docker, or lower sandbox.minimum by name\n")
    assert len(done.stdout.splitlines()) == 1


def test_bare_is_reached_by_name_only():
    made = LocalSandbox(level="bare", minimum="bare", python=readable_python())
    assert made.probe() == "bare (rlimits)"
    assert one(made, "print(1)").isolation == "bare (rlimits)"
    made.close()
