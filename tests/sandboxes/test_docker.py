"""The Docker sandbox on a real engine: programs, limits, what is in force, and what is left behind."""

import gc
import os
import pickle
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

from engine.errors import ConfigError, SandboxUnavailableError
from engine.protocols import Sandbox
from engine.records import ExecStatus, Limits, Program
from sandboxes.container import LABEL, owner
from sandboxes.docker import DockerSandbox
from sandboxes.languages import Language
from tests.sandboxes.engines import needs_engine

ROOT = Path(__file__).resolve().parents[2]
ENGINE = ROOT / "tests/docker_engine.sh"
LIMITS = Limits(cpu_s=5, wall_s=20, memory_mb=256)
ECHO = Program("print(input()[::-1])")


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


@pytest.fixture
def client():
    import docker

    needs_engine()
    made = docker.from_env(timeout=20)
    yield made
    made.close()


def one(sandbox, source, text="", limits=LIMITS, **fields):
    (result,) = sandbox.run(Program(source, **fields), [text], limits)
    return result


def running(sandbox):
    """The container that a sandbox holds, as the engine's client sees it."""
    return sandbox._container._container


def ours(client):
    return {item.id for item in client.containers.list(all=True, filters={"label": LABEL}, ignore_removed=True)}


def wait_until(done, seconds=20):
    end = time.monotonic() + seconds
    while not done() and time.monotonic() < end:
        time.sleep(0.05)
    assert done()


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
    "signals": "import os; os.kill(1, 9)",
    "signals to the zygote": "import os; os.kill(os.getppid(), 9)",
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
    import json

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


@pytest.mark.slow
def test_a_recycled_container_is_a_new_one(client):
    sandbox = DockerSandbox(recycle_after=2)  # a probe and a run
    seen = []
    for text in ("ab", "cd", "ef"):
        assert one(sandbox, ECHO.source, text).stdout == text[::-1] + "\n"
        assert sandbox._container is None
    sandbox.probe()
    seen.append(running(sandbox).id)
    sandbox.close()
    sandbox.close()
    wait_until(lambda: not set(seen) & ours(client))


@pytest.mark.slow
def test_a_container_that_dies_is_our_fault_and_replaced(client):
    sandbox = DockerSandbox()
    sandbox.probe()
    first = running(sandbox).id
    killer = threading.Timer(1, lambda: client.containers.get(first).kill())
    killer.start()
    result = one(sandbox, "import time; time.sleep(15)")
    killer.join()
    assert result.status == ExecStatus.INTERNAL
    assert "container" in result.detail
    assert one(sandbox, ECHO.source, "ok").stdout == "ko\n"
    assert running(sandbox).id != first
    sandbox.close()


@pytest.mark.slow
def test_no_answer_in_time_is_our_fault(client):
    """A container that hangs, as a paused one does, is not waited for longer than its programs may take."""
    sandbox = DockerSandbox(start_timeout_s=5)
    sandbox.probe()
    sandbox._patience = lambda request: 1.0 if request["op"] == "run" else 60.0
    client.containers.get(running(sandbox).id).pause()
    result = one(sandbox, ECHO.source, "ok")
    assert (result.status, "no answer" in result.detail) == (ExecStatus.INTERNAL, True)
    assert one(sandbox, ECHO.source, "ok", limits=LIMITS).status in (ExecStatus.OK, ExecStatus.INTERNAL)
    sandbox.close()


OWNER = """
import sys
from engine.records import Limits, Program
from sandboxes.docker import DockerSandbox
sandbox = DockerSandbox()
sandbox.probe()
print(sandbox._container._container.id, flush=True)
for _ in sandbox.run(Program("import time; time.sleep(60)"), [""], Limits(wall_s=60)): pass
"""


def test_a_killed_owner_leaves_no_container(client):
    with subprocess.Popen([sys.executable, "-c", OWNER], stdout=subprocess.PIPE, text=True, cwd=ROOT) as owner_process:
        name = owner_process.stdout.readline().strip()
        assert name in ours(client)
        owner_process.send_signal(signal.SIGKILL)
    wait_until(lambda: name not in ours(client))


def test_orphans_are_removed_and_others_left_alone(client, sandbox):
    """A container that never started has no input to lose: only the next start can remove it."""
    sandbox.probe()
    place = owner().rsplit("/", 2)[0]
    image = running(sandbox).image
    dead = client.containers.create(image, ["python3"], labels={LABEL: f"{place}/{os.getpid()}/1"})
    alive = client.containers.create(image, ["python3"], labels={LABEL: owner()})
    elsewhere = client.containers.create(image, ["python3"], labels={LABEL: "host/boot/pid:[1]/1/1"})
    try:
        assert sandbox.orphans() == [dead.name]
        other = DockerSandbox()
        other.probe()
        assert ours(client) >= {alive.id, elsewhere.id, running(other).id}
        assert dead.id not in ours(client)
        other.close()
    finally:
        for container in (alive, elsewhere):
            container.remove(force=True)


def test_pickled_without_its_container(sandbox):
    sandbox.probe()
    copy = pickle.loads(pickle.dumps(sandbox))
    assert copy == sandbox
    assert copy._container is None
    assert one(copy, ECHO.source, "ok").stdout == "ko\n"
    assert running(copy).id != running(sandbox).id
    copy.close()


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
        "import os; text = open('main.txt').read(); os.umask(0o022); "
        + "open('main', 'w').write('#!/usr/local/bin/python3 -IS\\n' + text); os.chmod('main', 0o755)",
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


def test_an_image_of_ones_own(client, sandbox):
    """The runner is added to it."""
    sandbox.probe()
    client.images.get(running(sandbox).image.id).tag("proofstill-test-base", "1")
    own = DockerSandbox(image="proofstill-test-base:1")
    try:
        assert one(own, ECHO.source, "ok").stdout == "ko\n"
        made = client.containers.get(running(own).id).image
    finally:
        own.close()
        client.images.remove("proofstill-test-base:1")
    assert made.id != running(sandbox).image.id
    client.images.remove(made.id, force=True)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"host": "unix:///nowhere/docker.sock"}, "no Docker engine answers at unix:///nowhere/docker.sock"),
        ({"runtime": "nosuch"}, "the Docker engine has no runtime 'nosuch'; it has"),
        ({"image": "nosuch.invalid/image:1"}, "sandbox.image: the image proofstill-sandbox:"),
    ],
)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the SDK leaks a socket that fails
def test_what_cannot_be_had_is_said_in_a_sentence(options, said):
    needs_engine()
    sandbox = DockerSandbox(**options)
    with pytest.raises(SandboxUnavailableError) as caught:
        sandbox.probe()
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    sandbox.close()
    del caught
    gc.collect()


def test_a_program_allowed_more_than_the_container_is_refused_before_it_starts(sandbox):
    with pytest.raises(SandboxUnavailableError, match=r"sandbox.memory_mb is 2048, .* set it to at least 4352"):
        one(sandbox, ECHO.source, limits=Limits(memory_mb=4096))


@pytest.mark.parametrize("options", [{"memory_mb": 10}, {"pids": 0}, {"recycle_after": 0}, {"start_timeout_s": 0}])
def test_options_are_checked(options):
    with pytest.raises(ConfigError, match=next(iter(options))):
        DockerSandbox(**options)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the SDK leaks a socket that fails
def test_an_engine_that_stops_is_our_fault_and_found_again():
    """INTERNAL for the program that was running, then a sentence, then, with the engine back, results."""
    if os.geteuid() != 0 or shutil.which("dockerd") is None:
        pytest.skip("needs root and dockerd, to start an engine of its own")
    with tempfile.TemporaryDirectory(prefix="proofstill-engine-", ignore_cleanup_errors=True) as directory:
        sandbox = DockerSandbox(host=engine("start", directory))
        try:
            sandbox.probe()
            stopper = threading.Timer(1, engine, ("stop", directory))
            stopper.start()
            result = one(sandbox, "import time; time.sleep(15)")
            stopper.join()
            assert result.status == ExecStatus.INTERNAL
            with pytest.raises(SandboxUnavailableError, match="no Docker engine answers"):
                one(sandbox, ECHO.source, "ok")
            engine("start", directory)
            assert one(sandbox, ECHO.source, "ok").stdout == "ko\n"
        finally:
            sandbox.close()
            engine("stop", directory)
    gc.collect()


def engine(what, directory):
    done = subprocess.run([ENGINE, what, directory], stdout=subprocess.PIPE, text=True, timeout=120)
    assert done.returncode == 0
    return done.stdout.strip()
