"""Which Docker engine the tests of the Docker sandbox have, if any."""

import functools

import pytest


@functools.cache
def runtimes():
    """Runtimes of the engine that answers; skips the test where there is none."""
    import docker

    try:
        client = docker.from_env(timeout=20)
        found = client.info()["Runtimes"]
        client.close()
    except (docker.errors.DockerException, OSError):
        return None
    return set(found)


def needs_engine(runtime="runc"):
    found = runtimes()
    if found is None:
        pytest.skip("no Docker engine answers; `.ci/run` starts one, or see tests/docker_engine.sh")
    if runtime not in found:
        pytest.skip(f"the Docker engine has no runtime {runtime}")
