"""Whether a job of a sweep has nothing left to do."""

import json
from pathlib import Path
from typing import Any

from engine.config import difference, identity, masked
from engine.errors import ProofstillError
from engine.rundir import RunDir


def finished(config: dict[str, Any], path: Path) -> dict[str, Any] | None:
    """The statistics of a run that is complete, with this configuration and these versions of its verifiers.

    None where anything is left: an ERROR to try again, a verdict to make, another configuration to refuse. A run that
    is finished keeps its figures of time, which running it again would replace by those of doing nothing.
    """
    from engine.export import build_verifiers, verifier_versions

    directory = RunDir(path)
    try:
        manifest = directory.read_manifest()
        stats: dict[str, Any] = json.loads((path / "stats.json").read_text("utf-8"))
        saved = directory.load_config()
    except (OSError, ValueError, ProofstillError):
        return None
    if manifest.status != "complete" or stats["decisions"]["error"] or stats["decisions"]["undecided"]:
        return None
    if difference(identity(saved), identity(masked(config))):
        return None
    return stats if manifest.verifiers == verifier_versions(config, build_verifiers(config)) else None
