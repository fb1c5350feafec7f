"""The study on disk: opened, or made, and checked against what is asked of it now."""

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.build import locate, plain, unknown
from engine.errors import ConfigError, ProofstillError, UsageError
from engine.sweep.space import Space

if TYPE_CHECKING:
    import optuna


def open_study(settings: Mapping[str, Any], directory: Path, direction: str, space: Space) -> "optuna.Study":
    """The study on disk, new or as an earlier command left it. Raises ``UsageError`` where the two do not fit."""
    import optuna
    from optuna.distributions import check_distribution_compatibility

    study = optuna.create_study(
        storage=_storage(settings["storage"] or str(directory / "study.journal")),
        study_name=settings["study_name"] or directory.name,
        direction="minimize" if direction == "minimize" else "maximize",
        load_if_exists=True,
    )
    if study.direction.name.lower() != direction:
        raise UsageError(
            f"direction={direction}: the study in {directory} was begun with the other; use another run.name"
        )
    trials = study.get_trials(deepcopy=False)
    for trial in trials:
        for key in set(trial.distributions) & set(space.searched):
            try:
                check_distribution_compatibility(trial.distributions[key], space.searched[key])
            except ValueError:
                raise UsageError(
                    f"{key}: the study in {directory} was begun with other choices, which Optuna cannot mix; "
                    "use another run.name"
                ) from None
    study.sampler = _sampler(settings["sampler"], len(trials))
    return study


def _storage(place: str) -> "optuna.storages.BaseStorage":
    import optuna
    from optuna.storages.journal import JournalFileBackend

    try:
        if "://" in place:
            return optuna.storages.RDBStorage(place)
        return optuna.storages.JournalStorage(JournalFileBackend(place))
    except Exception as error:
        text = str(error).splitlines()[0]
        raise UsageError(f"hydra.sweeper.storage={place}: cannot be opened ({type(error).__name__}: {text})") from error


def _sampler(node: Any, trials: int) -> "optuna.samplers.BaseSampler":
    """The sampler with its parameters checked. Its seed moves on with the study, else it would repeat itself."""
    import optuna

    params = plain(node, "hydra.sweeper.sampler")
    target = str(params.pop("_target_", ""))
    cls = locate(target, "hydra.sweeper.sampler")
    if not issubclass(cls, optuna.samplers.BaseSampler):
        raise ConfigError(f"hydra.sweeper.sampler: {target} is no sampler of Optuna")
    known = inspect.signature(cls).parameters
    for name in params:
        if name not in known:
            raise ConfigError(unknown(f"hydra.sweeper.sampler.{name}", name, known))
    if isinstance(params.get("seed"), int):
        params["seed"] += trials
    try:
        return cls(**params)
    except ProofstillError:
        raise
    except Exception as error:
        raise ConfigError(f"hydra.sweeper.sampler: {cls.__name__} cannot be made: {error}") from error
