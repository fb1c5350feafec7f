"""What this machine can do, as facts; imports nothing heavy but torch, to ask it for a GPU."""

import importlib
import importlib.metadata
import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from engine import __version__
from engine.cli import shadowed

GIB = 1 << 30
LEAST_DISK_GIB = 1.0
BACK_ENDS = {
    "openai": (("openai",), "any compatible server, local or hosted"),
    "transformers": (("torch", "transformers", "safetensors"), "models on this machine, and the bundled one"),
    "vllm": (("vllm",), "serve with it and use sampler=openai"),
}


@dataclass(frozen=True, slots=True)
class Fact:
    """One line. ``wrong``: why the default run cannot work because of it."""

    topic: str
    text: str
    wrong: str | None = None


def facts() -> list[Fact]:
    """Everything, in the order to show it. Never raises: a question that fails is a fact too."""
    questions: tuple[Callable[[], Iterator[Fact]], ...] = (
        _program, _machine, _gpu, _back_ends, _bundled_model, _plugins, _options, _sandbox, _default_run,
    )  # fmt: skip
    found: list[Fact] = []
    for question in questions:
        try:
            found += question()
        except Exception as error:  # noqa: BLE001  a broken installation is what a doctor is called for
            topic = question.__name__.strip("_").replace("_", " ")
            text = f"cannot be examined: {type(error).__name__}: {error}"
            found.append(Fact(topic, text, f"{topic} {text}" if question is _default_run else None))
    return found


def _program() -> Iterator[Fact]:
    yield Fact("proofstill", f"{__version__} in {Path(__file__).resolve().parents[1]}")
    yield Fact("python", f"{platform.python_version()} in {sys.prefix}")
    hidden = shadowed()
    yield Fact("our packages", "are ours, none is shadowed" if hidden is None else hidden, hidden)


def _machine() -> Iterator[Fact]:
    yield Fact("cpu", f"{len(os.sched_getaffinity(0))} cores to use, {platform.machine()}")
    memory = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text("ascii").splitlines())
    total, free = (int(memory[key].split()[0]) / (1 << 20) for key in ("MemTotal", "MemAvailable"))
    yield Fact("memory", f"{free:.1f} GiB free of {total:.1f}")
    disk = shutil.disk_usage(Path.cwd())
    wrong = None if disk.free > LEAST_DISK_GIB * GIB else f"less than {LEAST_DISK_GIB:g} GiB of disk is free here"
    yield Fact("disk", f"{disk.free / GIB:.1f} GiB free of {disk.total / GIB:.1f} here ({Path.cwd()})", wrong)


def _gpu() -> Iterator[Fact]:
    names = _nvidia_smi()
    if not _installed("torch"):
        seen = ", ".join(names) or "none seen"
        yield Fact("gpu", f"{seen}; torch is not installed, so sampler=transformers is not available")
        return
    try:
        torch = importlib.import_module("torch")
        usable = [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
    except Exception as error:  # noqa: BLE001  a torch that does not fit its driver
        yield Fact("gpu", f"torch cannot be asked: {type(error).__name__}: {str(error).splitlines()[0]}")
        return
    if usable:
        yield Fact("gpu", f"{', '.join(usable)} (torch {torch.__version__})")
    elif names:
        yield Fact("gpu", f"{', '.join(names)} is there, but torch {torch.__version__} cannot use it")
    else:
        yield Fact("gpu", f"none (torch {torch.__version__}); models run on the CPU")


def _nvidia_smi() -> list[str]:
    program = shutil.which("nvidia-smi")
    if program is None:
        return []
    query = [program, "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"]
    try:
        done = subprocess.run(query, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return []
    return [line.strip() for line in done.stdout.splitlines() if line.strip()] if done.returncode == 0 else []


def _back_ends() -> Iterator[Fact]:
    for name, (packages, what) in BACK_ENDS.items():
        missing = [package for package in packages if not _installed(package)]
        if missing:
            yield Fact(name, f"not installed ({', '.join(missing)}); {what}")
        else:
            versions = ", ".join(f"{package} {_version(package)}" for package in packages)
            yield Fact(name, f"{versions}; {what}")


def _bundled_model() -> Iterator[Fact]:
    """Its files are there and whole, as far as can be seen without loading torch."""
    from engine.tiny import model_path

    home = Path(model_path())
    try:
        for name in ("config.json", "tokenizer.json", "tokenizer_config.json"):
            json.loads((home / name).read_text("utf-8"))
        _check_weights(home / "model.safetensors")
    except (OSError, ValueError, KeyError) as error:
        wrong = f"the bundled model in {home} is not whole ({error}); install proofstill again"
        yield Fact("bundled model", "not usable", wrong)
        return
    size = sum(path.stat().st_size for path in home.iterdir())
    yield Fact("bundled model", f"whole, {size / 1e6:.1f} MB")


def _check_weights(path: Path) -> None:
    """Raises ``OSError``, ``KeyError`` or ``ValueError`` for a safetensors file that is not whole."""
    with path.open("rb") as stream:
        header = json.loads(stream.read(int.from_bytes(stream.read(8), "little")))
        end = stream.tell() + max(tensor["data_offsets"][1] for name, tensor in header.items() if name[0] != "_")
    if end != path.stat().st_size:
        raise ValueError(f"{path.name} has {path.stat().st_size} bytes instead of {end}")


def _plugins() -> Iterator[Fact]:
    entries = [e for e in importlib.metadata.entry_points(group="proofstill.conf") if e.value != "conf"]
    for entry in entries:
        distribution = f"{entry.dist.name} {entry.dist.version}" if entry.dist else "unknown package"
        try:
            options = sorted(
                f"{group.name}={option.name.removesuffix('.yaml')}"
                for group in files(entry.value).iterdir()
                if group.is_dir() and not group.name.startswith("_")
                for option in group.iterdir()
                if option.name.endswith(".yaml")
            )
            told = ", ".join(options) or f"no options in {entry.value}"
        except Exception as error:  # noqa: BLE001  whatever a stranger's package does when it is imported
            told = f"{entry.value} cannot be imported: {type(error).__name__}: {error}"
        yield Fact("plug-in", f"{distribution}: {told}")
    if not entries:
        yield Fact("plug-in", "none installed")


def _options() -> Iterator[Fact]:
    import hydra
    from hydra.core.global_hydra import GlobalHydra
    from hydra.core.object_type import ObjectType

    from engine.hydra_app import prepare

    prepare("proofstill doctor", [])
    with hydra.initialize_config_module("conf", version_base="1.3"):
        loader = GlobalHydra.instance().config_loader()
        groups = {
            name: loader.get_group_options(name, ObjectType.CONFIG)
            for name in sorted(loader.get_group_options("", ObjectType.GROUP))
            if name != "hydra"
        }
    for name, options in groups.items():
        yield Fact(f"{name}=", ", ".join(sorted(options)))


def _sandbox() -> Iterator[Fact]:
    """The isolation that the configured sandbox reaches, by starting it."""
    import hydra

    from engine.build import build
    from engine.config import resolved
    from engine.errors import ProofstillError
    from engine.protocols import Sandbox

    with hydra.initialize_config_module("conf", version_base="1.3"):
        config = resolved(hydra.compose("config"))
    try:
        sandbox = build(config["sandbox"], Sandbox, "sandbox")
        try:
            yield Fact("sandbox", sandbox.probe())
        finally:
            sandbox.close()
    except ProofstillError as error:
        yield Fact("sandbox", f"none, so that code cannot be verified: {error}")


def _default_run() -> Iterator[Fact]:
    """Whether ``proofstill run`` can start: its configuration composes, its classes and libraries are there."""
    missing = [package for package in BACK_ENDS["transformers"][0] if not _installed(package)]
    if missing:
        wrong = f"the bundled model needs {', '.join(missing)}: pip install 'proofstill[local]'"
        yield Fact("default run", "cannot start", wrong)
        return
    import hydra

    from engine.build import locate
    from engine.config import resolved

    try:
        with hydra.initialize_config_module("conf", version_base="1.3"):
            config = resolved(hydra.compose("config"))
        parts = {key: value for key, value in config.items() if isinstance(value, dict)}
        for key, value in parts.items():
            for name, part in ({key: value} if "_target_" in value else value).items():
                if isinstance(part, dict) and "_target_" in part:
                    locate(part["_target_"], name)
    except Exception as error:  # noqa: BLE001  whatever stands in the way
        yield Fact("default run", "cannot start", f"{type(error).__name__}: {str(error).splitlines()[0]}")
        return
    yield Fact("default run", "can start: proofstill run")


def _installed(package: str) -> bool:
    return importlib.util.find_spec(package) is not None


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "(no version)"
