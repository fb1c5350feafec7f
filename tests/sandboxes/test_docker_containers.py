"""Containers of the Docker sandbox: how they begin and end, and what is left behind."""

import gc
import os
import pickle
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from engine.errors import ConfigError, SandboxUnavailableError
from engine.records import ExecStatus, Limits
from sandboxes.container import LABEL, owner
from sandboxes.docker import DockerSandbox
from tests.sandboxes.engines import ECHO, LIMITS, needs_engine, one, ours, running, wait_until

ROOT = Path(__file__).resolve().parents[2]
ENGINE = ROOT / "tests/docker_engine.sh"


@pytest.fixture(scope="module")
def sandbox():
    needs_engine()
    made = DockerSandbox()
    yield made
    made.close()


@pytest.fixture
def client():
    import docker

    needs_engine()
    made = docker.from_env(timeout=20)
    yield made
    made.close()


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


@pytest.mark.thorough
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
