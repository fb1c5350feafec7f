"""Sentences for what can be wrong with a sweep's own settings, where Hydra or a plug-in would answer with a trace."""

import re

from engine.errors import UsageError

PLUGIN = re.compile(r"Unknown plugin class : '([\w.]+)'")
LAUNCHERS = {
    "JoblibLauncher": ("joblib", "hydra-joblib-launcher"),
    "LocalLauncher": ("submitit_local", "hydra-submitit-launcher"),
    "SlurmLauncher": ("submitit_slurm", "hydra-submitit-launcher"),
}
"""By the class that our preset names: option and package."""


def needs(option: str, package: str, extra: str) -> str:
    """The sentence for a package that is not installed."""
    return f"{option} needs {package}, which is not installed: pip install 'proofstill[{extra}]'"


def sentence(error: BaseException) -> str | None:
    """One sentence that says what to do; None for an error that is not known here."""
    text = " ".join(str(error).split())
    if isinstance(error, UsageError):
        return text
    if match := PLUGIN.search(text):
        option, package = LAUNCHERS.get(match[1].rpartition(".")[2], (None, ""))
        if option is not None:
            return needs(f"hydra/launcher={option}", package, "sweep")
        return f"{match[1]}: there is no such Hydra plug-in; install the package that brings it"
    if "does not support sweep type" in text:
        return (
            "interval(…) has no list of values to try one by one; search it with hydra/sweeper=optuna, or list values"
        )
    if re.search(r'Could not detect "\w+", are you indeed on a slurm cluster', text):
        return "hydra/launcher=submitit_slurm finds no Slurm here; start it where sbatch works, or take submitit_local"
    return None
