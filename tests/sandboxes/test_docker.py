"""The Docker sandbox on a real engine: programs, limits, attacks, and what is in force."""

import json

import pytest

from engine.protocols import Sandbox
from engine.records import ExecStatus, Limits, Program
from sandboxes.docker import DockerSandbox
from sandboxes.languages import Language
from tests.sandboxes.engines import ECHO, LIMITS, needs_engine, one, running


@pytest.fixture(scope="module")
def sandbox():
    needs_engine()
    made = DockerSandbox()
    yield made
    made.close()


@pytest.fixture(scope="module", params=["runc", "runsc"])
def either(request, sandbox):
    """A sandbox of each runtime that is there."""
    needs_engine(request.param)
    if request.param == "runc":
        yield sandbox
        return
    made = DockerSandbox(runtime=request.param)
    yield made
    made.close()


def test_it_is_a_sandbox_and_says_what_it_reached(either):
    assert isinstance(either, Sandbox)
    runtime = either.runtime or "runc"
    levels = {"runc": "restricted (seccomp, landlock)", "runsc": "filtered (seccomp)"}
    assert either.probe() == f"docker({runtime}) {levels[runtime]}"


def test_programs_and_test_code(either):
    results = list(either.run(ECHO, ["abc", " ", "never"], LIMITS))
    assert [result.stdout for result in results] == ["cba\n", " \n", "reven\n"]
    assert results[0].isolation == either.probe()
    program = Program("def double(x):\n    return x * 2\n", entry_point="double")
    assert [result.value for result in either.run(program, ["[3]", '["ab"]'], LIMITS)] == [6, "abab"]
    good, bad = either.check(program, ["assert double(2) == 4", "assert double(2) == 5"], LIMITS)
    assert (good.status, bad.status) == (ExecStatus.OK, ExecStatus.NONZERO)


@pytest.mark.parametrize(
    ("source", "status"),
    [
        ("while True: pass", ExecStatus.TIMEOUT),
        ("import time; time.sleep(60)", ExecStatus.TIMEOUT),
        ("x = bytearray(1 << 30)", ExecStatus.MEMORY),
        ("while True: print('x' * 100000)", ExecStatus.OUTPUT),
        ("raise SystemExit(3)", ExecStatus.NONZERO),
        ("import os; os.abort()", ExecStatus.SIGNAL),
        ("def", ExecStatus.COMPILE),
    ],
)
def test_what_a_program_does_is_a_result(sandbox, source, status):
    assert one(sandbox, source, limits=Limits(cpu_s=1, wall_s=2, memory_mb=256)).status == status
    assert one(sandbox, ECHO.source, "ok").stdout == "ko\n"


def test_threads_have_a_limit_of_their_own(sandbox):
    """Below the container's, so that the runner can always start the next program."""
    source = """
import threading, time
started = 0
try:
    for _ in range(200):
        threading.Thread(target=time.sleep, args=(1,), daemon=True).start()
        started += 1
except RuntimeError:
    pass
print(started)
"""
    result = one(sandbox, source, limits=Limits(cpu_s=5, wall_s=20, memory_mb=256, processes=8))
    assert 8 <= int(result.stdout) <= 24


ATTACKS = {
    "memory of process 1": "open('/proc/1/mem', 'rb').close()",
    "memory of the zygote": "import os; open(f'/proc/{os.getppid()}/mem', 'rb').close()",
    "streams of process 1": "open('/proc/1/fd/1', 'wb').write(bytes(4))",
    "files of the zygote": "import os; os.open(f'/proc/{os.getppid()}/fd/4', 0)",
    "every other process": """
import os
seen = [pid for pid in os.listdir('/proc') if pid.isdigit() and int(pid) != os.getpid() and os.listdir(f'/proc/{pid}/fd')]
if not seen: raise OSError
""",
    "signals": "import os; os.kill(1, 15)",
    "signals to the zygote": "import os; os.kill(os.getppid(), 15)",
    "network": "import socket; socket.socket()",
    "processes": "import os; os.fork()",
    "other programs": "import os; os.execv('/usr/local/bin/python3', ['python3'])",
    "root's files": "open('/x', 'w')",
    "the runner's files": "open('/proofstill/sandboxes/runner/relay.py', 'a')",
    "devices": "import os; os.mknod('d', 0o600 | 0o020000, os.makedev(1, 1))",
    "other users": "import os; os.setuid(0)",
    "mounts": """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
if libc.mount(b'x', b'/tmp', b'tmpfs', 0, None): raise OSError(ctypes.get_errno(), 'no')
""",
    "tracing": """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
if libc.ptrace(16, os.getppid(), 0, 0): raise OSError(ctypes.get_errno(), 'no')
""",
    "namespaces": """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
if libc.unshare(0x10000000): raise OSError(ctypes.get_errno(), 'no')
""",
}


@pytest.mark.parametrize("name", ATTACKS)
def test_attacks_are_refused(either, name):
    """Each must meet an ``OSError``: nothing else counts as held, so that a mistake in an attack shows."""
    body = "\n".join("    " + line for line in ATTACKS[name].strip().splitlines())
    result = one(either, f"try:\n{body}\nexcept OSError:\n    print('held')\nelse:\n    print('done')\n")
    assert (result.status, result.stdout) == (ExecStatus.OK, "held\n"), result


def test_descriptors_lead_nowhere(either):
    """A program that writes frames to whatever is open forges no answer."""
    source = """
import json, os
frame = json.dumps({"results": [{"status": "OK", "stdout": "forged"}]}).encode()
for descriptor in range(3, 64):
    try:
        os.write(descriptor, len(frame).to_bytes(4, "big") + frame)
    except OSError:
        pass
print("mine")
"""
    assert one(either, source).stdout.endswith("mine\n") or one(either, source).status != ExecStatus.OK
    assert one(either, ECHO.source, "ok").stdout == "ko\n"


def test_nothing_stays_for_the_next_program(either):
    one(
        either,
        "import os\nfor place in ('.', '/tmp', '/work'):\n try: open(place + '/left', 'w').write('x')\n except OSError: pass",
    )
    source = "import os\nprint([place for place in ('.', '/tmp', '/work') if os.access(place + '/left', 0)])"
    assert one(either, source).stdout == "[]\n"


INSIDE = """
import json, os
status = dict(line.split(":\\t", 1) for line in open("/proc/self/status").read().splitlines() if ":\\t" in line)
def fails(path):
    try: os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
    except OSError as error: return os.strerror(error.errno)
mounts = {line.split()[1]: line.split()[3].split(",") for line in open("/proc/mounts")}
def control(*paths):
    return next(open(path).read().strip() for path in paths if os.path.exists(path))
print(json.dumps({
    "uid": os.getuid(), "no_new_privs": status["NoNewPrivs"], "seccomp": status["Seccomp"],
    "capabilities": [status[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")],
    "root": fails("/x"), "tmp": "noexec" in mounts["/tmp"], "work": "noexec" in mounts["/work"],
    "interfaces": os.listdir("/sys/class/net"), "shm": os.path.exists("/dev/shm/."),
    "memory": control("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"),
    "pids": control("/sys/fs/cgroup/pids.max", "/sys/fs/cgroup/pids/pids.max"),
    "core": __import__("resource").getrlimit(4),
}))
"""


def test_what_the_engine_was_asked_for_is_in_force(sandbox):
    """Seen from inside, beside the runner: everything but our own layers, which other tests attack."""
    sandbox.probe()
    container = running(sandbox)
    done = container.exec_run(["python3", "-S", "-c", INSIDE])
    assert done.exit_code == 0, done.output
    found = json.loads(done.output)
    assert found["uid"] >= 61184
    assert (found["no_new_privs"], found["seccomp"]) == ("1", "2")
    assert {int(value, 16) for value in found["capabilities"]} == {0}
    assert found["root"] in ("Read-only file system", "Permission denied")
    assert found["tmp"]
    assert not found["work"]
    assert "eth0" not in found["interfaces"]
    assert "lo" in found["interfaces"]
    assert (int(found["memory"]), int(found["pids"])) == (sandbox.memory_mb << 20, sandbox.pids)
    assert found["core"] == [0, 0]
    container.reload()
    host = container.attrs["HostConfig"]
    assert (host["ReadonlyRootfs"], host["NetworkMode"], host["IpcMode"]) == (True, "none", "none")
    assert host["MemorySwap"] == host["Memory"]
    assert host["AutoRemove"]
    assert not host["Privileged"]
    assert not host["Binds"]


@pytest.mark.parametrize(
    ("language", "command", "source", "said"),
    [
        ("cpp", "g++", "#include <iostream>\nint main() { std::string s; std::cin >> s; std::cout << s; }", "abc"),
        ("javascript", "node", 'console.log(require("fs").readFileSync(0, "utf8").trim())', "abc\n"),
    ],
)
def test_other_languages(sandbox, language, command, source, said):
    """Where the image has their compilers; the one made of this machine's Python has none, and says so."""
    sandbox.probe()
    there = (
        running(sandbox).exec_run(["python3", "-c", f"import shutil; exit(not shutil.which({command!r}))"]).exit_code
        == 0
    )
    result = one(sandbox, source, "abc", language=language)
    if there:
        assert (result.status, result.stdout) == (ExecStatus.OK, said), result
    else:
        assert result.status == ExecStatus.REFUSED
        assert command in result.detail


SCRIPT = Language(
    file="main.txt",
    compile=(
        "python3",
        "-c",
        "import os; open('main', 'w').write('#!/usr/local/bin/python3 -IS\\n' + open('main.txt').read()); os.chmod('main', 0o755)",
    ),
    run=("{work}/main",),
)


@pytest.mark.parametrize("runtime", ["runc", "runsc"])
def test_what_is_compiled_runs(runtime):
    """From a file system that allows it, which the program's own directory does not; Python stands in for a compiler."""
    needs_engine(runtime)
    sandbox = DockerSandbox(runtime=runtime, languages={"script": SCRIPT})
    try:
        results = list(sandbox.run(Program("print(input() * 2)", language="script"), ["ab", "cd"], LIMITS))
        assert [result.stdout for result in results] == ["abab\n", "cdcd\n"], results
        source = (
            "import os\nopen('x', 'w').write('#!/usr/local/bin/python3')\nos.chmod('x', 0o755)\nos.execv('x', ['x'])"
        )
        result = one(sandbox, source, language="script")
        assert (result.status, "PermissionError" in result.stderr) == (ExecStatus.NONZERO, True), result
    finally:
        sandbox.close()
