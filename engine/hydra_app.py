"""Runs a command as a Hydra application, with errors as one sentence and plug-ins' configuration found."""

import importlib.metadata
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hydra
from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.hydra_config import HydraConfig
from hydra.core.plugins import Plugins
from hydra.errors import HydraException
from hydra.plugins.search_path_plugin import SearchPathPlugin
from hydra.types import RunMode
from omegaconf import DictConfig
from omegaconf.errors import OmegaConfBaseException

from engine.config import register, resolved
from engine.errors import ProofstillError, UsageError
from engine.suggest import explain

Task = Callable[[dict[str, Any], Path], float]


class PluginConfigs(SearchPathPlugin):
    """Adds configuration of installed plug-ins (entry points ``proofstill.conf``) and of ``./conf``."""

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        """Append, so that a plug-in adds options and never replaces built-in ones."""
        for entry in importlib.metadata.entry_points(group="proofstill.conf"):
            if entry.value != "conf":
                search_path.append(entry.name, f"pkg://{entry.value}")
        own = Path.cwd() / "conf"
        if own.is_dir() and own.resolve() != Path(__file__).resolve().parents[1] / "conf":
            search_path.append("working-directory", f"file://{own}")


def run_app(command: str, config_name: str, arguments: list[str], task: Task) -> int:
    """Compose the configuration and call ``task(config, output directory)``; returns the exit code.

    In a sweep a failed job does not end the others; its error is printed and the exit code is its own.
    """
    os.environ.setdefault("HYDRA_FULL_ERROR", "1")  # errors reach us, not Hydra's own printer
    sys.argv = [f"proofstill {command}", *arguments]
    if "" not in sys.path and str(Path.cwd()) not in sys.path:
        sys.path.append(str(Path.cwd()))  # a verifier in my_verifier.py; last, so that it shadows nothing
    logging.basicConfig(stream=sys.stderr, format="%(levelname)s %(message)s", level=logging.WARNING)
    register()
    Plugins.instance().register(PluginConfigs)
    codes: list[int] = []

    def job(cfg: DictConfig) -> float:
        hydra_config = HydraConfig.get()
        sweep = hydra_config.mode == RunMode.MULTIRUN
        try:
            return task(resolved(cfg), Path(hydra_config.runtime.output_dir))
        except ProofstillError as error:
            where = f"job {hydra_config.job.num}: " if sweep else ""
            sys.stderr.write(f"error: {where}{error}\n")
            codes.append(error.exit_code)
            if sweep and error.exit_code == KEYBOARD:
                raise KeyboardInterrupt from error
            return 0.0

    try:
        hydra.main(version_base="1.3", config_path="pkg://conf", config_name=config_name)(job)()
    except (HydraException, OmegaConfBaseException, UsageError) as error:
        sys.stderr.write(f"error: {explain(error)}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        return KEYBOARD
    return max(codes, default=0)


KEYBOARD = 130
