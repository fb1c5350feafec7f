"""Sentences for what can be wrong with a sweep's own settings, where Hydra or a plug-in would answer with a trace."""

import re

from engine.errors import UsageError

PLUGIN = re.compile(r"Unknown plugin class : '([\w.]+)'")
PACKAGES = {
    "hydra_joblib_launcher": ("hydra/launcher=joblib", "hydra-joblib-launcher"),
    "hydra_submitit_launcher": ("hydra/launcher=submitit_*", "hydra-submitit-launcher"),
}


def needs(option: str, package: str, extra: str) -> str:
    """The sentence for a package that is not installed."""
    return f"{option} needs {package}, which is not installed: pip install 'proofstill[{extra}]'"


def sentence(error: BaseException) -> str | None:
    """One sentence that says what to do; None for an error that is not known here."""
    text = " ".join(str(error).split())
    if isinstance(error, UsageError):
        return text
    if match := PLUGIN.search(text):
        for module, (option, package) in PACKAGES.items():
            if module in match[1].split("."):
                return needs(option, package, "sweep")
        return f"{match[1]}: there is no such Hydra plug-in; install the package that brings it"
    if "does not support sweep type" in text:
        return (
            "interval(…) has no list of values to try one by one; search it with hydra/sweeper=optuna, or list values"
        )
    if re.search(r'Could not detect "\w+", are you indeed on a slurm cluster', text):
        return "hydra/launcher=submitit_slurm finds no Slurm here; start it where sbatch works, or take submitit_local"
    return None
