"""How likely samples are to be accepted before any is seen: empirical Bayes on the first samples of a run.

The number of accepted ones among a problem's samples is Beta-binomial. Its mean depends on what is known of the problem
beforehand (a cluster, the prompt's length and numbers) by logistic regression with a ridge penalty; its spread is
shared. Both are fitted by maximum likelihood.
"""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from engine.group import GroupState
from engine.records import Problem

if TYPE_CHECKING:
    import numpy as np

RIDGE = 2.0
"""Penalty per squared coefficient: a cluster needs some ten samples before it counts."""
SPREADS = [0.2 * 1.25**i for i in range(25)]
"""Concentrations right + wrong that are tried: 0.2 (all or nothing) to 42 (all alike)."""
ROUNDS = 8
NUMBER = re.compile(r"\d+")


class Evidence(NamedTuple):
    """What the first samples of one problem came to."""

    problem: Problem
    trials: int
    accepted: int
    tokens: int

    @classmethod
    def of(cls, state: GroupState, first: int) -> Self:
        """The first ``first`` samples; those that an error stands in the way of tell nothing."""
        outcomes = list(state.outcomes(first - 1))
        accepted = sum(o.accepted for o in outcomes)
        return cls(state.problem, len(outcomes), accepted, sum(o.tokens for o in outcomes))


@dataclass
class Fitted:
    """The prior of every problem."""

    spread: float
    cluster: str | None
    features: bool
    names: list[str]
    weights: "np.ndarray"
    centre: "np.ndarray"
    scale: "np.ndarray"

    def beta(self, problem: Problem) -> tuple[float, float]:
        """Parameters of the Beta prior on a sample's being accepted."""
        mean = self.mean(problem)
        return self.spread * mean, self.spread * (1 - mean)

    def mean(self, problem: Problem) -> float:
        """Probability that a sample is accepted, kept off 0 and 1."""
        row = (_row(problem, self.cluster, self.names, features=self.features) - self.centre) / self.scale
        return min(0.99, max(0.01, 1 / (1 + math.exp(-float(row @ self.weights)))))

    def facts(self) -> dict[str, Any]:
        """For the statistics: spread and coefficients (features are standardised) on the logistic scale."""
        names = ["intercept", *(FEATURES if self.features else ()), *self.names]
        return {"spread": self.spread, "weights": dict(zip(names, map(float, self.weights), strict=True))}


FEATURES = ("log prompt characters", "log numbers in the prompt", "digits of the longest number")


def fit(evidence: Sequence[Evidence], cluster: str | None, *, features: bool) -> Fitted:
    """The prior that makes the evidence most likely; without evidence one that knows nothing."""
    import numpy as np

    names = _clusters(evidence, cluster)
    used = [e for e in evidence if e.trials]
    rows = np.array([_row(e.problem, cluster, names, features=features) for e in used])
    if not len(rows):
        rows = np.array([[1.0] + [0.0] * (len(names) + (len(FEATURES) if features else 0))])
    centre, scale = np.zeros(rows.shape[1]), np.ones(rows.shape[1])
    if features:
        measured = slice(1, 1 + len(FEATURES))
        centre[measured] = rows[:, measured].mean(0)
        scale[measured] = np.maximum(rows[:, measured].std(0), 1e-6)
    rows = (rows - centre) / scale
    trials, accepted = (np.array([getattr(e, name) for e in used], float) for name in ("trials", "accepted"))
    spread, weights = 1.0, np.zeros(rows.shape[1])
    if used:
        weights = _logistic(rows, trials, accepted)
        spread = _spread(1 / (1 + np.exp(-rows @ weights)), trials, accepted)
    return Fitted(spread, cluster, features, names, weights, centre, scale)


def _clusters(evidence: Sequence[Evidence], cluster: str | None) -> list[str]:
    if cluster is None:
        return []
    return sorted(Counter(field_of(e.problem, cluster) for e in evidence))


def field_of(problem: Problem, path: str) -> str:
    """The field ``path`` of a problem as text: ``source``, ``domain``, or ``meta.KEY``; empty where it has none."""
    value: Any = problem
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else getattr(value, part, None)
    return "" if value is None else str(value)


def _row(problem: Problem, cluster: str | None, names: Sequence[str], *, features: bool) -> "np.ndarray":
    import numpy as np

    values = [1.0]
    if features:
        prompt = problem.prompt if isinstance(problem.prompt, str) else problem.prompt[-1].content
        numbers = [len(found) for found in NUMBER.findall(prompt)]
        values += [math.log1p(len(prompt)), math.log1p(len(numbers)), float(max(numbers, default=0))]
    own = field_of(problem, cluster) if cluster else ""
    return np.array(values + [float(name == own) for name in names])


def _logistic(rows: "np.ndarray", trials: "np.ndarray", accepted: "np.ndarray") -> "np.ndarray":
    """Ridge logistic regression by iteratively reweighted least squares; the intercept is hardly penalised."""
    import numpy as np

    penalty = np.full(rows.shape[1], RIDGE)
    penalty[0] = 0.1
    weights = np.zeros(rows.shape[1])
    for _ in range(ROUNDS):
        mean = 1 / (1 + np.exp(-np.clip(rows @ weights, -8, 8)))
        curve = np.maximum(trials * mean * (1 - mean), 1e-6)
        slope = rows.T @ (accepted - trials * mean) - penalty * weights
        weights = weights + np.linalg.solve(rows.T @ (curve[:, None] * rows) + np.diag(penalty), slope)
    return weights


def _spread(means: "np.ndarray", trials: "np.ndarray", accepted: "np.ndarray") -> float:
    """The concentration under which the counts are most likely, by a grid."""
    kinds = Counter(zip(means.round(2), trials, accepted, strict=True))

    def likelihood(spread: float) -> float:
        total = 0.0
        for (mean, n, c), many in kinds.items():
            right, wrong = spread * min(0.99, max(0.01, mean)), spread * min(0.99, max(0.01, 1 - mean))
            total += many * (_log_beta(right + c, wrong + n - c) - _log_beta(right, wrong))
        return total

    return max(SPREADS, key=likelihood)


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
