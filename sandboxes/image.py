"""The image of the Docker sandbox: built from ``Dockerfile``, or, without a registry, from this machine's Python."""

import contextlib
import fcntl
import hashlib
import io
import os
import platform
import re
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.errors import SandboxUnavailableError

REPOSITORY = "proofstill-sandbox"
_HERE = Path(__file__).parent
_DOCKERFILE = _HERE / "Dockerfile"
_PREFIX = "usr/local"
_LEFT_OUT = {"site-packages", "dist-packages", "test", "tests", "idlelib", "tkinter", "turtledemo", "ensurepip"}


def ensure(client: Any, base: str | None) -> str:
    """Name of an image with the present runner, made where it is missing.

    ``base`` is an image with Python 3.11 or newer to which the runner is added; None is the official one of
    our version, with compilers, or this machine's Python where that one can neither be found nor pulled. Raises
    ``SandboxUnavailableError``.
    """
    family = hashlib.sha256(f"{base} {sys.version} {platform.machine()}".encode()).hexdigest()[:8]
    name = f"{REPOSITORY}:{family}-{_version()}"
    if not _exists(client, name):
        with _DOCKERFILE.open("rb") as lock:
            with contextlib.suppress(OSError):  # some network file systems lock nothing that is open for reading
                fcntl.flock(lock, fcntl.LOCK_EX)  # several verifiers start at once: one makes it, the others wait
            if not _exists(client, name):
                _make(client, base, name)
                _forget(client, f"{REPOSITORY}:{family}-", name)
    return name


def _make(client: Any, base: str | None, name: str) -> None:
    why = _build(client, base, name)
    if why and base is None:
        why = _import(client, name) or ("" if _exists(client, name) else "the engine did not keep it")
    if why:
        raise SandboxUnavailableError(
            f"sandbox.image: the image {name} cannot be made ({why}); name an image with Python 3.11 or newer that "
            "the engine has, or use sandbox=local"
        )


def _forget(client: Any, family: str, name: str) -> None:
    """Remove what earlier versions of the runner left; the engine keeps what a container still uses."""
    from docker.errors import DockerException

    for image in client.images.list(REPOSITORY):
        for tag in image.tags:
            if tag.startswith(family) and tag != name:
                with contextlib.suppress(DockerException):
                    client.images.remove(tag)


def _version() -> str:
    """Of everything in the image but its base."""
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for path, data in _files():
        digest.update(f"{path} {len(data)}".encode() + data)
    return digest.hexdigest()[:12]


def _files() -> Iterator[tuple[str, bytes]]:
    """The runner, and what it is built with."""
    yield "Dockerfile", _DOCKERFILE.read_bytes()
    for path in (_HERE / "__init__.py", *sorted((_HERE / "runner").glob("*.py"))):
        yield f"sandboxes/{path.relative_to(_HERE)}", path.read_bytes()


def _exists(client: Any, name: str) -> bool:
    from docker.errors import ImageNotFound

    try:
        client.images.get(name)
    except ImageNotFound:
        return False
    return True


def _build(client: Any, base: str | None, name: str) -> str:
    """Build from the Dockerfile; returns why that failed, or nothing."""
    from docker.errors import DockerException

    context = io.BytesIO()
    with tarfile.open(fileobj=context, mode="w") as tar:
        for path, data in _files():
            _add(tar, path, data if path != "Dockerfile" or base is None else _without_packages(data))
    context.seek(0)
    official = f"python:{sys.version_info[0]}.{sys.version_info[1]}-slim"
    try:
        lines = client.api.build(
            fileobj=context,
            custom_context=True,
            tag=name,
            buildargs={"BASE": base or official},
            rm=True,
            forcerm=True,
            decode=True,
        )
        errors = [str(line["error"]) for line in lines if "error" in line]
    except DockerException as error:
        errors = [str(error)]
    return errors[0].strip() if errors else ""


def _import(client: Any, name: str) -> str:
    """Make an image of this machine's Python; returns why that failed, or nothing."""
    from docker.errors import DockerException

    with tempfile.NamedTemporaryFile(suffix=".tar") as file:
        try:
            with tarfile.open(fileobj=file, mode="w") as tar:
                for path, data in _files():
                    _add(tar, f"proofstill/{path}", data)
                _add_python(tar)
            file.flush()
            repository, tag = name.split(":")
            client.api.import_image(file.name, repository, tag, changes=["ENV PYTHONPATH=/proofstill"])
        except (OSError, subprocess.SubprocessError, DockerException) as error:
            return str(error)
    return ""


def _without_packages(dockerfile: bytes) -> bytes:
    """An image of the user's own may have no package manager, and has the packages that its user wants."""
    return b"".join(line for line in dockerfile.splitlines(keepends=True) if not line.startswith(b"RUN"))


def _add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(data), 0o644
    tar.addfile(entry, io.BytesIO(data))


def _add_python(tar: tarfile.TarFile) -> None:
    """Interpreter, standard library, and the shared libraries that they name."""
    for directory in ("tmp", "work", "usr", _PREFIX, f"{_PREFIX}/bin"):
        entry = tarfile.TarInfo(directory)
        entry.type, entry.mode = tarfile.DIRTYPE, 0o1777 if directory in ("tmp", "work") else 0o755
        tar.addfile(entry)
    library = Path(sysconfig.get_path("stdlib"))
    python = os.path.realpath(sys.executable)
    tar.add(python, f"{_PREFIX}/bin/python3", filter=_public)
    tar.add(library, f"{_PREFIX}/{sys.platlibdir}/{library.name}", filter=_public)
    zones = Path("/usr/share/zoneinfo")
    if zones.is_dir():
        tar.add(zones, "usr/share/zoneinfo", filter=_public)
    extensions = [str(path) for path in (library / "lib-dynload").glob("*.so")]
    for target, source in _libraries([python, *extensions]).items():
        tar.add(source, target.lstrip("/"), filter=_public)


def _public(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    parts = entry.name.split("/")
    if _LEFT_OUT.intersection(parts) or any(part.startswith("config-3") for part in parts):
        return None
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mode = 0o755 if entry.isdir() or entry.mode & 0o100 else 0o644
    return entry


def _libraries(programs: list[str]) -> dict[str, str]:
    """Place in the image to file here. All go where the C library is, since the loader always looks there."""
    listed = subprocess.run(["ldd", *programs], capture_output=True, text=True, check=False, timeout=60).stdout
    named = dict(re.findall(r"^\s+(\S+) => (/\S+) \(", listed, re.MULTILINE))
    home = next((Path(path).parent for name, path in named.items() if name.startswith("libc.")), Path("/lib"))
    found = {str(home / name): os.path.realpath(path) for name, path in named.items()}
    for loader in re.findall(r"^\s+(/\S+) \(", listed, re.MULTILINE):
        found[loader] = os.path.realpath(loader)
    unwinder = home / "libgcc_s.so.1"  # opened by name when a thread ends
    if unwinder.exists():
        found[str(unwinder)] = os.path.realpath(unwinder)
    return found
