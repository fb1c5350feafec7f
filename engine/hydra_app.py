"""Runs a command as a Hydra application, with errors as one sentence and plug-ins' configuration found."""

import argparse
import dataclasses
import functools
import importlib
import importlib.metadata
import logging
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import hydra
from hydra._internal.utils import get_args_parser
from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.hydra_config import HydraConfig
from hydra.core.plugins import Plugins
from hydra.errors import HydraException
from hydra.plugins.search_path_plugin import SearchPathPlugin
from hydra.types import RunMode
from omegaconf import DictConfig
from omegaconf.errors import OmegaConfBaseException

from engine.config import AlphaCodeConfig, ExportConfig, LocateConfig, RunConfig, VerifyConfig, register, resolved
from engine.errors import ConfigError, ProofstillError, UsageError
from engine.suggest import close, explain

Task = Callable[[dict[str, Any], Path], float]


class PluginConfigs(SearchPathPlugin):
    """Adds configuration of installed plug-ins (entry points ``proofstill.conf``) and of ``./conf``."""

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        """Append, so that a plug-in adds options and never replaces built-in ones."""
        for entry in importlib.metadata.entry_points(group="proofstill.conf"):
            if entry.value != "conf" and _imports(entry.value):
                search_path.append(entry.name, f"pkg://{entry.value}")
        own = Path.cwd() / "conf"
        if own.is_dir() and own.resolve() != Path(__file__).resolve().parents[1] / "conf":
            search_path.append("working-directory", f"file://{own}")


@functools.cache
def _imports(package: str) -> bool:
    """Whether a plug-in can be imported; a broken one is left out with one line, and the others work."""
    try:
        importlib.import_module(package)
    except Exception as error:  # noqa: BLE001  whatever a stranger's package does when it is imported
        why = f"{type(error).__name__}: {error}"
        sys.stderr.write(f"warning: the plug-in {package} is left out, it cannot be imported: {why}\n")
        return False
    return True


def run_app(command: str, config_name: str, arguments: list[str], task: Task) -> int:
    """Compose the configuration and call ``task(config, output directory)``; returns the exit code.

    In a sweep a failed job does not end the others; its error is printed and the exit code is its own.
    """
    codes: list[int] = []
    unread: list[BrokenPipeError] = []
    composed = False

    def job(cfg: DictConfig) -> float:
        nonlocal composed
        composed = True
        logging.basicConfig(stream=sys.stderr, format="%(levelname)s %(message)s", level=logging.WARNING)
        hydra_config = HydraConfig.get()
        sweep = hydra_config.mode == RunMode.MULTIRUN
        try:
            refuse_unknown(cfg, SCHEMAS[command])
            return task(resolved(cfg), Path(hydra_config.runtime.output_dir))
        except ProofstillError as error:
            _trace()
            where = f"job {hydra_config.job.num}: " if sweep else ""
            sys.stderr.write(f"error: {where}{error}\n")
            codes.append(error.exit_code)
            if sweep and error.exit_code == KEYBOARD:
                raise KeyboardInterrupt from error
            return 0.0
        except BrokenPipeError as error:  # raised past Hydra, which would add a message of its own
            unread.append(error)
            return 0.0

    flags = None
    try:
        flags = read_flags(arguments)
        prepare(f"proofstill {command}", overrides_first(arguments, flags.overrides))
        hydra.main(version_base="1.3", config_path=CONFIG, config_name=config_name)(job)()
    except UsageError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    except BrokenPipeError:
        raise
    except Exception as error:
        # before the first job, whatever is raised is about the command line; later, only what Hydra says is
        if flags is None or (composed and not isinstance(error, (HydraException, OmegaConfBaseException))):
            raise
        _trace()
        sys.stderr.write(f"error: {explain(error, config_name, flags.overrides, flags.config_dir)}\n")
        return 2
    if unread:
        raise unread[0]
    return max(codes, default=0)


def _trace() -> None:
    if TRACES:
        traceback.print_exc()


def prepare(program: str, arguments: list[str]) -> None:
    """Set up what Hydra needs, so that ``hydra.main`` finds our configuration and that of plug-ins."""
    os.environ.setdefault("HYDRA_FULL_ERROR", "1")  # errors reach us, not Hydra's own printer
    # the server that forks verifier processes would otherwise look for `engine` in the working directory first
    os.environ.setdefault("PYTHONSAFEPATH", "1")
    sys.argv = [program, *arguments]
    # A verifier in my_verifier.py of the working directory is found, last, so that it shadows nothing. Our own home
    # goes before it: an editable installation is otherwise found after a folder `verifiers` or `conf` there.
    for place in (Path(__file__).resolve().parents[1], Path.cwd()):
        if str(place) not in sys.path and (place != Path.cwd() or "" not in sys.path):
            sys.path.append(str(place))
    register()
    Plugins.instance().register(PluginConfigs)


def read_flags(arguments: list[str]) -> argparse.Namespace:
    """Hydra's flags. Raises ``UsageError`` where Hydra's parser would print its whole usage."""
    parser = get_args_parser()

    def refuse(message: str) -> NoReturn:
        raise UsageError(f"{message}; settings are key=value, flags are listed by --hydra-help")

    parser.error = refuse  # type: ignore[method-assign]
    return parser.parse_intermixed_args(arguments)


def overrides_first(arguments: list[str], overrides: list[str]) -> list[str]:
    """Hydra's parser stumbles over overrides on both sides of a flag, as in ``a=1 -m b=2,3``."""
    flags = list(arguments)
    for override in overrides:
        flags.remove(override)
    return [*overrides, *flags]


def refuse_unknown(cfg: DictConfig, schema: type, prefix: str = "") -> None:
    """Every key must be one that something reads. Raises ``ConfigError`` for one that was added with ``+``.

    Parameters of components are checked against their classes by ``engine.build``.
    """
    known = {item.name: item.type for item in dataclasses.fields(schema)}
    for name in map(str, cfg):
        kind = known.get(name)
        if kind is None:
            raise ConfigError(f"{prefix}{name}: there is no such key{close(name, sorted(known))}")
        if isinstance(kind, type) and dataclasses.is_dataclass(kind):
            refuse_unknown(cfg[name], kind, f"{prefix}{name}.")


KEYBOARD = 130
TRACES = os.environ.get("HYDRA_FULL_ERROR") == "1"  # set by the user, before we set it
CONFIG = "pkg://conf"
SCHEMAS: dict[str, type] = {
    "run": RunConfig,
    "verify": VerifyConfig,
    "export": ExportConfig,
    "alphacode": AlphaCodeConfig,
    "locate": LocateConfig,
}
