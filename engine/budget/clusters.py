"""What is known of a problem before it is sampled: a field that tells its kind, and what its prompt looks like."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from engine.records import Problem

if TYPE_CHECKING:
    import numpy as np

BINS = 4
"""Prompts are put into so many bins of predicted difficulty."""
RIDGE = 2.0
ROUNDS = 8
NUMBER = re.compile(r"\d+")


def field_of(problem: Problem, path: str) -> str:
    """The field ``path`` of a problem as text: ``source``, ``domain``, or ``meta.KEY``; empty where it has none."""
    value: Any = problem
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else getattr(value, part, None)
    return "" if value is None else str(value)


class Clusters:
    """Names the cluster of a problem.

    With features, logistic regression predicts from the prompt (its length, how many numbers are in it, how long the
    longest is) which share of a problem's samples is accepted, and the problems' quarters by that are clusters too.
    """

    def __init__(self, field: str | None, seen: Sequence[tuple[Problem, int, int]], *, features: bool) -> None:
        """``seen``: problems with the samples made of them and how many of those were accepted."""
        import numpy as np

        self._field = field
        self._weights: np.ndarray | None = None
        if features and len(seen) >= 2 * BINS:
            rows = np.array([_features(problem) for problem, *_ in seen])
            self._centre, self._scale = rows.mean(0), np.maximum(rows.std(0), 1e-6)
            rows = self._standard(rows)
            trials, accepted = (np.array([item[i] for item in seen], float) for i in (1, 2))
            self._weights = _logistic(rows, trials, accepted)
            self._edges = np.quantile(rows @ self._weights, [i / BINS for i in range(1, BINS)])

    def __call__(self, problem: Problem) -> str:
        """The cluster's name, the same for problems of which the same is known."""
        name = field_of(problem, self._field) if self._field else ""
        if self._weights is None:
            return name
        predicted = float(self._standard(_features(problem)) @ self._weights)
        return f"{name}/{int((predicted > self._edges).sum())}"

    def _standard(self, rows: "np.ndarray") -> "np.ndarray":
        import numpy as np

        scaled = (rows - self._centre) / self._scale
        return np.concatenate([np.ones((*scaled.shape[:-1], 1)), scaled], -1)


def _features(problem: Problem) -> "np.ndarray":
    import numpy as np

    prompt = problem.prompt if isinstance(problem.prompt, str) else problem.prompt[-1].content
    numbers = [len(found) for found in NUMBER.findall(prompt)]
    return np.array([np.log1p(len(prompt)), np.log1p(len(numbers)), float(max(numbers, default=0))])


def _logistic(rows: "np.ndarray", trials: "np.ndarray", accepted: "np.ndarray") -> "np.ndarray":
    """Ridge regression by iteratively reweighted least squares."""
    import numpy as np

    penalty = np.full(rows.shape[1], RIDGE)
    weights = np.zeros(rows.shape[1])
    for _ in range(ROUNDS):
        mean = 1 / (1 + np.exp(-np.clip(rows @ weights, -8, 8)))
        curve = np.maximum(trials * mean * (1 - mean), 1e-6)
        slope = rows.T @ (accepted - trials * mean) - penalty * weights
        weights = weights + np.linalg.solve(rows.T @ (curve[:, None] * rows) + np.diag(penalty), slope)
    return weights
