"""A sweep that searches: Optuna proposes settings, the launcher runs them, what came of them is told to the study.

The study is kept on disk. The same command again goes on: trials that a kill left unfinished or that failed are tried
again with the same settings, so in the same directories, where their runs resume.
"""

import fcntl
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import OmegaConf

from engine.build import unknown
from engine.errors import ConfigError, UsageError
from engine.sweep import record
from engine.sweep.space import Space, read_space
from engine.sweep.study import open_study
from engine.sweep.wrong import needs

if TYPE_CHECKING:
    import optuna
    from hydra.core.utils import JobReturn
    from hydra.plugins.sweeper import Sweeper

RESULTS = "optimization_results.yaml"


def search(sweeper: "Sweeper", settings: Mapping[str, Any], arguments: list[str]) -> None:
    """Run the study to its number of trials. Raises ``UsageError`` for settings that cannot be, before any job."""
    try:
        import optuna
    except ImportError as error:
        raise UsageError(needs("hydra/sweeper=optuna", "optuna", "sweep")) from error
    assert sweeper.config is not None
    assert sweeper.hydra_context is not None
    settings = checked(settings)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    parser = OverridesParser.create(config_loader=sweeper.hydra_context.config_loader)
    space = read_space([*(f"{key}={value}" for key, value in settings["params"].items()), *arguments], parser)
    sweeper.validate_batch_is_legal(space.examples())
    directory = Path(sweeper.config.hydra.sweep.dir)
    directory.mkdir(parents=True, exist_ok=True)
    OmegaConf.save(sweeper.config, directory / "multirun.yaml")
    with _locked(directory):
        study = open_study(settings, directory, str(sweeper.config.direction), space)
        Search(sweeper, study, space, directory).run(settings["n_trials"], settings["n_jobs"])


def checked(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The sweeper's settings, plain. Raises ``ConfigError`` that names the key."""
    values: dict[str, Any] = {
        name: OmegaConf.to_container(v) if OmegaConf.is_config(v) else v for name, v in settings.items()
    }
    for name in values:
        if name not in KEYS:
            raise ConfigError(unknown(f"hydra.sweeper.{name}", name, KEYS))
    for name in ("n_trials", "n_jobs"):
        if not isinstance(values[name], int) or values[name] < 1:
            raise ConfigError(f"hydra.sweeper.{name} must be a whole number of at least 1, got {values[name]!r}")
    return values


KEYS = ("sampler", "n_trials", "n_jobs", "storage", "study_name", "params")


class Search:
    """One study, from where it stands to its end."""

    def __init__(self, sweeper: "Sweeper", study: "optuna.Study", space: Space, directory: Path) -> None:
        self._sweeper = sweeper
        self._study = study
        self._space = space
        self._directory = directory
        self._values: dict[tuple[str, ...], float] = {}
        """What settings gave, so that none is run twice."""

    def run(self, n_trials: int, n_jobs: int) -> None:
        """Ask, launch, tell, ``n_jobs`` at a time; then write what is best."""
        left, number = n_trials - self._take_up(), 0
        while left > 0:
            trials = [self._study.ask(self._space.searched) for _ in range(min(n_jobs, left))]
            left -= len(trials)
            number += self._run(trials, number)
        self._close()

    def _take_up(self) -> int:
        """Queue what earlier commands left undone; returns how many trials need not be made again."""
        from optuna.trial import TrialState

        done, again = 0, {}
        for trial in self._study.get_trials(deepcopy=False):
            if trial.state == TrialState.RUNNING:
                self._study.tell(trial.number, state=TrialState.FAIL)
            whole = set(self._space.searched) <= set(trial.params)
            if trial.state in (TrialState.COMPLETE, TrialState.PRUNED):
                done += 1
            elif trial.state in (TrialState.FAIL, TrialState.RUNNING) and whole:
                again[self._overrides(trial.params)] = trial.params
            if trial.state == TrialState.COMPLETE and whole and trial.value is not None:
                self._values[self._overrides(trial.params)] = trial.value
        for overrides, params in again.items():
            if overrides not in self._values:
                self._study.enqueue_trial(params, skip_if_exists=False)
        return done

    def _run(self, trials: "list[optuna.Trial]", number: int) -> int:
        """Run what is new among ``trials``, tell the study; returns how many jobs that were."""
        fresh = list(dict.fromkeys(o for trial in trials if (o := self._overrides(trial.params)) not in self._values))
        failed: dict[tuple[str, ...], str] = {}
        if fresh:
            for overrides, result in zip(fresh, self._launch(fresh, number), strict=True):
                value, why = _outcome(result)
                if value is None:
                    failed[overrides] = why
                else:
                    self._values[overrides] = value
        for trial in trials:
            self._tell(trial, failed)
        return len(fresh)

    def _launch(self, jobs: list[tuple[str, ...]], number: int) -> "list[JobReturn | None]":
        """The launcher's results; None for each where the launcher itself broke down after it had begun."""
        assert self._sweeper.launcher is not None
        try:
            return list(self._sweeper.launcher.launch([list(job) for job in jobs], initial_job_idx=number))
        except Exception as error:
            if not any(job.number >= number and not job.earlier for _, job in record.jobs(self._directory)):
                raise  # nothing was ever started: the launcher cannot work here
            sys.stderr.write(f"error: the launcher gave up on a batch: {type(error).__name__}: {error}\n")
            return [None] * len(jobs)

    def _tell(self, trial: "optuna.Trial", failed: Mapping[tuple[str, ...], str]) -> None:
        from optuna.trial import TrialState

        overrides = self._overrides(trial.params)
        if overrides in failed:
            trial.set_user_attr("error", failed[overrides])
            self._study.tell(trial, state=TrialState.FAIL)
        else:
            self._study.tell(trial, self._values[overrides])

    def _overrides(self, params: Mapping[str, Any]) -> tuple[str, ...]:
        return tuple(self._space.overrides(dict(params)))

    def _close(self) -> None:
        """Write ``optimization_results.yaml`` and print one line."""
        from optuna.trial import TrialState

        states = [trial.state for trial in self._study.get_trials(deepcopy=False)]
        counts = {state.name.lower(): n for state in TrialState if (n := states.count(state))}
        best = self._study.best_trial if TrialState.COMPLETE in states else None
        found = {
            "name": "optuna",
            "best_params": None if best is None else dict(best.params),
            "best_value": None if best is None else best.value,
            "trials": counts,
        }
        OmegaConf.save(found, self._directory / RESULTS)
        told = ", ".join(f"{n} {name}" for name, n in counts.items())
        what = "no trial is complete" if best is None else f"best is trial {best.number}: {best.value:.6g}"
        sys.stdout.write(f"study of {len(states)} trials ({told}): {what}; see {self._directory / RESULTS}\n")


def _outcome(result: "JobReturn | None") -> tuple[float | None, str]:
    """A job's value, or None and why it failed. The record says which, as a failed job returns a number as well."""
    if result is None or result.hydra_cfg is None:
        return None, "its process ended without a word"
    job = record.read(Path(result.hydra_cfg.hydra.runtime.output_dir))
    if job is None or job.status != record.COMPLETE:
        return None, (job and job.error) or "its process ended without a word"
    return float(result.return_value), ""


@contextmanager
def _locked(directory: Path) -> Iterator[None]:
    """Keep a second search out of this directory, which would take our running trials for dead ones."""
    with (directory / ".search.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise UsageError(f"{directory}: another search is at work here; wait for it, or use run.name=…") from None
        yield
