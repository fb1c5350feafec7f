"""Tells the command line where the sweep that just started lives. Named by ``hydra.callbacks`` in conf/config.yaml."""

from pathlib import Path
from typing import Any, ClassVar

from hydra.experimental.callback import Callback
from omegaconf import DictConfig

from engine.sweep.objective import check
from engine.sweep.record import set_aside_earlier


class SweepStarts(Callback):
    """Keeps the sweep's configuration for the comparison at its end, which Hydra tells nobody else."""

    config: ClassVar[DictConfig | None] = None

    def __init__(self, objective: str, direction: str) -> None:
        """Raise ``ConfigError`` for an objective that no job could have; Hydra would swallow it any later."""
        check(objective, direction)

    def on_multirun_start(self, config: DictConfig, **_: Any) -> None:
        """Before the first job; jobs that earlier commands left behind are marked as theirs."""
        type(self).config = config
        set_aside_earlier(Path(config.hydra.sweep.dir))
