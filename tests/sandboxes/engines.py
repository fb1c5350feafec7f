"""Which Docker engine the tests of the Docker sandbox have, if any, and what they all do with it."""

import functools
import gc
import time
import warnings

import pytest

from engine.records import Limits, Program
from sandboxes.container import LABEL

LIMITS = Limits(cpu_s=5, wall_s=20, memory_mb=256)
ECHO = Program("print(input()[::-1])")


@functools.cache
def runtimes():
    """Runtimes of the engine that answers; skips the test where there is none."""
    import docker

    found = None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # the SDK leaks a socket that fails
        try:
            client = docker.from_env(timeout=20)
            found = set(client.info()["Runtimes"])
            client.close()
        except (docker.errors.DockerException, OSError):
            pass
        gc.collect()
    return found


def needs_engine(runtime="runc"):
    found = runtimes()
    if found is None:
        pytest.skip("no Docker engine answers; `.ci/run` starts one, or see tests/docker_engine.sh")
    if runtime not in found:
        pytest.skip(f"the Docker engine has no runtime {runtime}")


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
