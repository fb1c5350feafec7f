"""How likely a problem's next sample is to be accepted: empirical Bayes over all problems of a run.

A problem's samples are accepted with a probability of its own. How these probabilities are spread over problems is
estimated without assuming a shape (nonparametric maximum likelihood, Kiefer and Wolfowitz 1956, on a grid, by EM), so
that hopeless problems, easy ones and those between are told apart as they really occur. Where something is known of a
problem beforehand (its cluster), the spread is that of its cluster, leaning on the one of all problems.
"""

import itertools
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np

GRID = 40
"""Probabilities that are told apart between ``LEAST`` and 1 - ``LEAST``, evenly on the logistic scale; and 0."""
LEAST = 1e-3
LEAN = 10.0
"""What is believed beforehand counts as so many problems."""
ROUNDS = 60


class Evidence(NamedTuple):
    """What the samples of one problem came to."""

    cluster: str
    trials: int
    accepted: int


class Prior:
    """Estimated spreads, and what they say of a problem's next sample."""

    def __init__(self, evidence: Iterable[Evidence]) -> None:
        """Estimate from ``evidence``; without any, every probability between is as likely, and one in five is 0."""
        import numpy as np

        by_cluster: defaultdict[str, Counter[tuple[int, int]]] = defaultdict(Counter)
        for cluster, trials, accepted in evidence:
            by_cluster[cluster][trials, accepted] += 1
        edge = math.log((1 - LEAST) / LEAST)
        self._grid = np.concatenate([[0.0], 1 / (1 + np.exp(-np.linspace(-edge, edge, GRID)))])
        believed = np.gradient(self._grid)
        believed[0] = 0.25 * believed[1:].sum()
        self._all = self._estimate(sum(by_cluster.values(), Counter()), believed / believed.sum())
        self._own = {c: self._estimate(kinds, self._all) for c, kinds in by_cluster.items()}
        self._known: dict[Evidence, float] = {}

    def chance(self, seen: Evidence) -> float:
        """Probability that the next sample of a problem is accepted, after what was seen of it."""
        if seen not in self._known:
            weights = self._own.get(seen.cluster, self._all) * self._likelihood(seen.trials, seen.accepted)
            self._known[seen] = float(weights @ self._grid / weights.sum())
        return self._known[seen]

    def facts(self) -> dict[str, float]:
        """For the statistics: the share of problems by how many of their samples are accepted."""
        edges = (0.0, 0.01, 0.1, 0.5, 0.9, 1.0)
        shares = {"none": float(self._all[0])}
        for low, high in itertools.pairwise(edges):
            inside = (self._grid > low) & (self._grid <= high)
            shares[f"{low:.0%} to {high:.0%}"] = float(self._all[inside].sum())
        return shares

    def _estimate(self, kinds: Mapping[tuple[int, int], int], believed: "np.ndarray") -> "np.ndarray":
        """EM for the weights of the grid, with ``believed`` as a Dirichlet prior worth ``LEAN`` problems."""
        import numpy as np

        if not kinds:
            return believed
        likelihood = np.array([self._likelihood(*kind) for kind in kinds])
        many = np.array(list(kinds.values()), float)
        weights = believed
        for _ in range(ROUNDS):
            shares = likelihood * weights
            shares *= (many / shares.sum(1))[:, None]
            weights = shares.sum(0) + LEAN * believed
            weights = weights / weights.sum()
        return weights

    def _likelihood(self, trials: int, accepted: int) -> "np.ndarray":
        """Of every probability on the grid; the largest is 1, so that none of them is lost to rounding."""
        import numpy as np

        with np.errstate(divide="ignore"):
            right, wrong = np.log(self._grid), np.log1p(-self._grid)
        logs = (accepted * right if accepted else 0.0) + (trials - accepted) * wrong
        likelihood: np.ndarray = np.exp(logs - logs.max())
        return likelihood
