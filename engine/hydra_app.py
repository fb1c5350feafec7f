"""Runs a command as a Hydra application, with errors as one sentence and plug-ins' configuration found."""

import argparse
import ctypes
import dataclasses
import functools
import importlib
import importlib.metadata
import logging
import multiprocessing
import os
import signal
import sys
import traceback
import warnings
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

from engine.config import (
    AlphaCodeConfig,
    ExportConfig,
    LocateConfig,
    ReportConfig,
    RunConfig,
    VerifyConfig,
    register,
    resolved,
)
from engine.errors import ConfigError, ProofstillError, UsageError
from engine.suggest import close, explain
from engine.sweep.callback import SweepStarts
from engine.sweep.names import name_by_what_varies, varied
from engine.sweep.objective import worst
from engine.sweep.record import COMPLETE, FAILED, INTERRUPTED, JobRecord, jobs
from engine.sweep.wrong import sentence

Task = Callable[[dict[str, Any], Path], float]
# our presets of launchers have the names of the plug-ins' own, which check their types: Hydra means to drop that in 1.4
warnings.filterwarnings("ignore", r"\s*'hydra/launcher/\w+' is validated against ConfigStore schema", UserWarning)


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

    In a sweep a failed job does not end the others; its error is printed and the exit code is its own. A sweep of runs
    ends with a comparison of its jobs.
    """
    job, flags, code = Job(command, task), None, 0
    SweepStarts.config = None
    try:
        flags = read_flags(arguments)
        named = name_by_what_varies(flags.overrides) if flags.multirun else []
        prepare(f"proofstill {command}", [*named, *overrides_first(arguments, flags.overrides)])
        hydra.main(version_base="1.3", config_path=CONFIG, config_name=config_name)(job)()
    except UsageError as error:
        sys.stderr.write(f"error: {error}\n")
        code = 2
    except BrokenPipeError:
        raise
    except Exception as error:
        begun = job.composed or _any_job()
        # before the first job, whatever is raised is about the command line; later, only what Hydra says is
        ours = isinstance(error, (HydraException, OmegaConfBaseException)) or sentence(error) is not None
        if flags is None or (begun and not ours and not flags.multirun):
            raise
        if TRACES:
            traceback.print_exc()
        text = sentence(error.__cause__ or error) or explain(error, config_name, flags.overrides, flags.config_dir)
        sys.stderr.write(f"error: {text}\n")
        code = 1 if begun and not ours else 2
    if job.unread:
        raise job.unread
    return max([code, *job.codes, _compared()])


@dataclasses.dataclass
class Job:
    """What Hydra calls, once or once per job of a sweep; sent to other processes by some launchers."""

    command: str
    task: Task
    codes: list[int] = dataclasses.field(default_factory=list)
    """Exit codes of jobs that failed in this process."""
    composed: bool = False
    unread: BrokenPipeError | None = None
    traces: bool = dataclasses.field(default_factory=lambda: TRACES)
    """What the user asked for; other processes inherit our own setting."""

    def __call__(self, cfg: DictConfig) -> float:
        """Run one job. Of a sweep's jobs only an interruption is raised, so that the others go on."""
        self.composed = True
        logging.basicConfig(stream=sys.stderr, format="%(levelname)s %(message)s", level=logging.WARNING)
        find_own_places()
        if multiprocessing.get_start_method(allow_none=True) == "loky":
            _settle_in_joblib()
        hydra_config = HydraConfig.get()
        path = Path(hydra_config.runtime.output_dir)
        sweep = hydra_config.mode == RunMode.MULTIRUN
        if not sweep or self.command != "run":
            return self._guarded(cfg, path, f"job {hydra_config.job.num}: " if sweep else "")[0]
        record = JobRecord(hydra_config.job.num, tuple(varied(hydra_config)))
        record.write(path)
        where = f"job {record.number} ({', '.join(record.overrides) or path.name}): "
        try:
            value, failure = self._guarded(cfg, path, where)
        except KeyboardInterrupt:
            dataclasses.replace(record, status=INTERRUPTED, exit_code=KEYBOARD).write(path)
            raise
        except Exception as error:  # noqa: BLE001  a plug-in's mistake is one job's end
            traceback.print_exc()
            failure = ProofstillError(f"unexpected {type(error).__name__}: {error}")
            sys.stderr.write(f"error: {where}{failure}\n")
            self.codes.append(failure.exit_code)
        if failure is None:
            dataclasses.replace(record, status=COMPLETE).write(path)
            return value
        dataclasses.replace(record, status=FAILED, error=str(failure), exit_code=failure.exit_code).write(path)
        return worst(str(cfg.direction))

    def _guarded(self, cfg: DictConfig, path: Path, where: str) -> tuple[float, ProofstillError | None]:
        try:
            refuse_unknown(cfg, SCHEMAS[self.command])
            return self.task(resolved(cfg), path), None
        except ProofstillError as error:
            if self.traces:
                traceback.print_exc()
            sys.stderr.write(f"error: {where}{error}\n")
            self.codes.append(error.exit_code)
            if where and error.exit_code == KEYBOARD:
                raise KeyboardInterrupt from error
            return 0.0, error
        except BrokenPipeError as error:  # raised past Hydra, which would add a message of its own
            self.unread = error
            return 0.0, None


def _settle_in_joblib() -> None:
    """In a worker of joblib's: our own processes know no way to start named loky, and a dead sweep leaves nobody."""
    multiprocessing.set_start_method("spawn", force=True)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _any_job() -> bool:
    """Whether a job of this sweep began, in whatever process."""
    config = SweepStarts.config
    return config is not None and any(not record.earlier for _, record in jobs(Path(config.hydra.sweep.dir)))


def _compared() -> int:
    """Exit code of the sweep's jobs, after their comparison; 0 where there was no sweep."""
    if not _any_job():
        return 0
    from engine.sweep.ending import finish

    assert SweepStarts.config is not None
    try:
        return finish(Path(SweepStarts.config.hydra.sweep.dir), SweepStarts.config)
    except ProofstillError as error:
        sys.stderr.write(f"error: the comparison cannot be made: {error}\n")
        return error.exit_code


def prepare(program: str, arguments: list[str]) -> None:
    """Set up what Hydra needs, so that ``hydra.main`` finds our configuration and that of plug-ins."""
    os.environ.setdefault("HYDRA_FULL_ERROR", "1")  # errors reach us, not Hydra's own printer
    # the server that forks verifier processes would otherwise look for `engine` in the working directory first
    os.environ.setdefault("PYTHONSAFEPATH", "1")
    sys.argv = [program, *arguments]
    find_own_places()
    register()
    Plugins.instance().register(PluginConfigs)


def find_own_places() -> None:
    """Let parts in the working directory be found; also in the processes that some launchers start."""
    # A verifier in my_verifier.py of the working directory is found, last, so that it shadows nothing. Our own home
    # goes before it: an editable installation is otherwise found after a folder `verifiers` or `conf` there.
    for place in (Path(__file__).resolve().parents[1], Path.cwd()):
        if str(place) not in sys.path and (place != Path.cwd() or "" not in sys.path):
            sys.path.append(str(place))


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
PR_SET_PDEATHSIG = 1
TRACES: bool = os.environ.get("HYDRA_FULL_ERROR") == "1"  # set by the user, before we set it
CONFIG = "pkg://conf"
SCHEMAS: dict[str, type] = {
    "run": RunConfig,
    "verify": VerifyConfig,
    "export": ExportConfig,
    "report": ReportConfig,
    "alphacode": AlphaCodeConfig,
    "locate": LocateConfig,
}
