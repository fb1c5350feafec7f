"""Procedural problems from the reasoning-gym package; ``verifiers.reasoning_gym`` scores them."""

import contextlib
import difflib
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from engine.codec import content_id
from engine.errors import ConfigError
from engine.records import BadRow, Problem


@dataclass
class ReasoningGym:
    """Any task of reasoning-gym. ``meta["reasoning_gym"]`` keeps task, configuration and the whole entry, which is all
    that the task's own scorer needs. Same version, task, configuration and seed give the same problems.
    """

    task: str
    """Name of the task, e.g. ``chain_sum``."""
    n_problems: int = 100
    """How many problems."""
    seed: int = 0
    """Seed of the task's generator."""
    config: dict[str, Any] = field(default_factory=dict)
    """The task's own options (difficulty and the like)."""

    def __post_init__(self) -> None:
        if self.n_problems < 1:
            raise ConfigError(f"n_problems is {self.n_problems}: it must be positive")
        try:
            from reasoning_gym.factory import DATASETS, create_dataset
        except ImportError:
            raise ConfigError("task needs the reasoning-gym package: pip install 'proofstill[gym]'") from None
        if self.task not in DATASETS:
            close = difflib.get_close_matches(self.task, DATASETS, n=3)
            hint = f"did you mean {' or '.join(close)}? " if close else ""
            raise ConfigError(f"task {self.task!r} is unknown; {hint}There is {', '.join(sorted(DATASETS))}")
        try:
            self._dataset = create_dataset(self.task, size=self.n_problems, seed=self.seed, **self.config)
        except Exception as error:
            raise ConfigError(f"config does not fit task {self.task!r} ({error}); see the task's options") from error

    def problems(self) -> Iterator[Problem | BadRow]:
        """Yield the problems; one that the task fails to generate is a ``BadRow``."""
        for number in range(1, self.n_problems + 1):
            try:
                with contextlib.redirect_stdout(sys.stderr):  # some tasks print
                    entry = self._dataset[number - 1]
                    answer = self._answer(entry)
            except Exception as error:  # noqa: BLE001 - generators of a hundred authors
                yield BadRow(number, "bad_value", f"{self.task}, problem {number}: cannot be generated ({error})")
                continue
            yield Problem(
                id=content_id(self.task, entry["question"], entry["answer"]),
                prompt=entry["question"],
                domain="reasoning",
                answer=answer,
                reference_solution=None if answer is None else f"<answer>{answer}</answer>",
                source=f"reasoning-gym {self.task}",
                licence="Apache-2.0",
                meta={"reasoning_gym": {"task": self.task, "config": pack(self.config), "entry": pack(entry)}},
            )

    def _answer(self, entry: dict[str, Any]) -> str | None:
        """The entry's answer; tasks with many right ones keep an example in the metadata, or none at all."""
        if entry["answer"] is not None:
            return str(entry["answer"])
        for name, value in entry["metadata"].items():
            example = value if isinstance(value, str) else json.dumps(value)
            if "answer" in name and self._dataset.score_answer(example, entry) == 1.0:
                return example
        return None


def pack(value: Any) -> Any:
    """JSON value from which ``verifiers.reasoning_gym.unpack`` makes the same value again.

    Tuples become ``{"()": [...]}`` and dictionaries with other keys than text ``{"{}": [[key, value], ...]}``: scorers
    compare them with their own kind.
    """
    if isinstance(value, dict):
        if all(isinstance(key, str) for key in value):
            return {key: pack(item) for key, item in value.items()}
        return {"{}": [[pack(key), pack(item)] for key, item in value.items()]}
    if isinstance(value, tuple):
        return {"()": [pack(item) for item in value]}
    if isinstance(value, list):
        return [pack(item) for item in value]
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    return pack(value.tolist()) if hasattr(value, "tolist") else str(value)  # numpy values
