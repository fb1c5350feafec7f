"""Where is the first wrong step? What rollouts and a step checker say of it. Pure arithmetic, standard library only.

A solution has steps 0 … T-1; **prefix i** is what it says before step i, so prefix 0 is empty. The unknown is j, the
first wrong step, or T when there is none: prefix i is clean if i <= j, and holds an error if i > j. A rollout from
prefix i comes out right with probability p(i) if it is clean and e if it is not.

p(i) = p^((1 - i/T)^s): with s = 0 a clean prefix is as hard to finish as the problem, with s = 1 each step that is
done takes away its share of the difficulty. Neither p, s nor e is known: they have priors (p from the problem's own
pass rate, e a Beta distribution over solutions) and are integrated out, p and s over a grid, e in closed form. So
evidence on j is evidence on them and the other way round, and its order never matters.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from engine.errors import ConfigError

P_GRID = tuple((2 * i + 1) / 40 for i in range(20))
SHAPES = (0.0, 0.5, 1.0)
LEAST = 0.02
"""No rollout is as good as sure: p(i) lies in [LEAST, 1 - LEAST]."""


@dataclass
class Prior:
    """What is believed before any rollout."""

    lucky: float = 0.05
    """Mean over solutions of e, the probability that a rollout comes out right though its prefix holds an error."""
    lucky_weight: float = 10.0
    """How sure that is: rollouts of a solution that would weigh as much. Small: solutions differ."""
    right_weight: float = 2.0
    """The same of the run's pass rate as a guess at one problem's; the problem's own samples come on top."""
    clean_rejected: float = 0.001
    """Probability that a rejected sample has no wrong step: the verifier's fault."""
    clean_accepted: float = 0.5
    """Probability that an accepted sample has no wrong step, before its being accepted counts as a right rollout."""
    refuted_before: float = 0.02
    """How often a step checker refutes a step before the first wrong one, relative to refuting the first wrong one."""
    refuted_after: float = 0.3
    """The same of steps after it."""
    supported: float = 0.95
    """How often it supports the first wrong step, relative to another step."""

    def __post_init__(self) -> None:
        """Raise ``ConfigError`` naming the key that does not fit."""
        for name in Prior.__dataclass_fields__:
            value, most = getattr(self, name), math.inf if name.endswith("_weight") else 1.0
            if not 0 < value <= most:
                raise ConfigError(f"prior.{name} is {value}: it must be above 0" + (", at most 1" if most == 1 else ""))


@dataclass(frozen=True)
class Rates:
    """Beta distributions ``(right, wrong)`` of p and of e, for one solution."""

    clean: tuple[float, float]
    lucky: tuple[float, float]


@dataclass
class Solution:
    """One solution: what is known of it. ``right[i]`` of ``rolled[i]`` rollouts from prefix i came out right."""

    steps: int
    rates: Rates
    weights: tuple[float, ...]
    """Prior of j = 0 … T, marks included (see ``weigh``); need not sum to 1."""
    asked: list[int] = field(default_factory=list)
    """Rollouts asked for, those without a verdict included."""
    rolled: list[int] = field(default_factory=list)
    right: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.asked, self.rolled, self.right = ([0] * self.steps for _ in range(3))

    def add(self, prefix: int, right: bool | None) -> None:
        """Count a rollout; None: it has no verdict (an error of ours, or it was cut off) and is no evidence."""
        self.asked[prefix] += 1
        if right is not None:
            self.rolled[prefix] += 1
            self.right[prefix] += right


def weigh(steps: int, marks: Sequence[str], prior: Prior, *, accepted: bool) -> tuple[float, ...]:
    """Prior of j = 0 … T: every step alike, ``clean_…`` for none, times what the marks say.

    ``marks[i]`` is ``refuted``, ``supported`` or anything else (no evidence) of step i; empty for no evidence. An
    accepted sample is itself a right rollout from each of its prefixes, which an error in it makes unlikely.
    """
    clean = prior.clean_accepted if accepted else prior.clean_rejected
    weights = [(1 - clean) * (prior.lucky if accepted else 1.0) / steps] * steps + [clean]
    for step, mark in enumerate(marks):
        for first in range(steps + 1):
            if mark == "refuted" and first != step:
                weights[first] *= prior.refuted_before if step < first else prior.refuted_after
            elif mark == "supported" and first == step:
                weights[first] *= prior.supported
    total = sum(weights)
    return tuple(weight / total for weight in weights)


@dataclass(frozen=True)
class Belief:
    """The posterior of one solution."""

    first: tuple[float, ...]
    """P(j) for j = 0 … T."""
    clean: tuple[float, ...]
    """P(prefix i is clean) for i = 0 … T: the prefix up to and including step i - 1."""
    right: tuple[float, ...]
    """Mean of p(i), if prefix i is clean, for i = 0 … T-1."""
    lucky: tuple[float, ...]
    """Mean of e, if prefix i holds an error (``lucky[0]``: in general)."""


def believe(solution: Solution) -> Belief:
    """The posterior. O(T · grid)."""
    steps = solution.steps
    table, weights = _clean_side(solution)
    log_clean = [_log_sum(row) for row in weights]
    log_lucky, lucky_means = _lucky_side(solution)
    logs = [
        math.log(weight) + log_clean[j] + log_lucky[j] if weight > 0 else -math.inf
        for j, weight in enumerate(solution.weights)
    ]
    total = _log_sum(logs)
    first = [math.exp(value - total) for value in logs]
    clean = [0.0] * (steps + 1)
    right, over = [0.0] * steps, [0.0] * len(table)
    for j in range(steps, -1, -1):  # weight of each point of the grid, given that prefix j is clean
        clean[j] = first[j] + (clean[j + 1] if j < steps else 0.0)
        scale = logs[j] - total - log_clean[j] if first[j] > 0 else -math.inf
        over = [old + math.exp(scale + weight) for old, weight in zip(over, weights[j], strict=True)]
        if j < steps:
            known = sum(over)
            right[j] = sum(w * row[j] for w, row in zip(over, table, strict=True)) / known if known > 0 else 0.0
    lucky, below, mean = [0.0] * steps, 0.0, 0.0
    for i in range(1, steps):
        below += first[i - 1]
        mean += first[i - 1] * lucky_means[i - 1]
        lucky[i] = mean / below if below > 0 else lucky_means[i - 1]
    lucky[0] = sum(share * value for share, value in zip(first, lucky_means, strict=True))
    return Belief(tuple(first), tuple(min(1.0, value) for value in clean), tuple(right), tuple(lucky))


def _clean_side(solution: Solution) -> tuple[list[list[float]], list[list[float]]]:
    """p(i) for every point of the grid, and ln(prior of the point x likelihood of prefixes 0 … j) for j = 0 … T."""
    steps, (good, bad) = solution.steps, solution.rates.clean
    table = [
        [min(max(p ** ((1 - i / steps) ** shape), LEAST), 1 - LEAST) for i in range(steps)]
        for p in P_GRID
        for shape in SHAPES
    ]
    logs = [(good - 1) * math.log(p) + (bad - 1) * math.log1p(-p) for p in P_GRID for _ in SHAPES]
    known = _log_sum(logs)
    weights = [[value - known for value in logs]]
    for i in range(steps + 1):
        row = weights[-1]
        if i < steps and solution.rolled[i]:
            right, wrong = solution.right[i], solution.rolled[i] - solution.right[i]
            row = [
                weight + right * math.log(points[i]) + wrong * math.log1p(-points[i])
                for weight, points in zip(row, table, strict=True)
            ]
        weights.append(row)
    return table, weights[1:]


def _lucky_side(solution: Solution) -> tuple[list[float], list[float]]:
    """ln(likelihood of prefixes j+1 … T-1), and the mean of e, for j = 0 … T."""
    good, bad = solution.rates.lucky
    logs, means, right, wrong = [], [], 0, 0
    for j in range(solution.steps, -1, -1):
        if j + 1 < solution.steps:
            right += solution.right[j + 1]
            wrong += solution.rolled[j + 1] - solution.right[j + 1]
        logs.append(_log_beta(good + right, bad + wrong) - _log_beta(good, bad))
        means.append((good + right) / (good + bad + right + wrong))
    return logs[::-1], means[::-1]


def wave(belief: Belief, size: int) -> tuple[list[int], float]:
    """Prefixes of the next rollouts, which together inform most on j, and the information of the first in nats.

    Greedy: each next one is the prefix that adds most to the joint information of those before it. Given j,
    outcomes count as independent. Prefix 0 does not inform on j alone, so a solution of one step has none.
    """
    steps = len(belief.right)
    chosen: list[int] = []
    first_gain = 0.0
    branches = [list(belief.first)]  # per outcome of those chosen: P(outcome, j)
    for _ in range(size):
        gains = [(_gain(branches, belief, i), -i) for i in range(1, steps)]
        if not gains:
            break
        gain, at = max(gains)
        first_gain = first_gain if chosen else gain
        if gain <= 0:
            break
        chosen.append(-at)
        branches = [split for branch in branches for split in _split(branch, belief, -at)]
    return sorted(chosen), first_gain


def _gain(branches: list[list[float]], belief: Belief, prefix: int) -> float:
    """Mutual information of j and one more outcome at ``prefix``, after the outcomes of ``branches``."""
    right, lucky, total = belief.right[prefix], belief.lucky[prefix], 0.0
    for branch in branches:
        wrong_side = sum(branch[:prefix])
        clean_side = sum(branch[prefix:])
        mass = wrong_side + clean_side
        if mass > 0:
            mean = (clean_side * right + wrong_side * lucky) / mass
            total += mass * _entropy(mean) - clean_side * _entropy(right) - wrong_side * _entropy(lucky)
    return total


def _split(branch: list[float], belief: Belief, prefix: int) -> tuple[list[float], list[float]]:
    chances = [belief.lucky[prefix] if j < prefix else belief.right[prefix] for j in range(len(branch))]
    come_right = [weight * chance for weight, chance in zip(branch, chances, strict=True)]
    return come_right, [weight - taken for weight, taken in zip(branch, come_right, strict=True)]


def _entropy(p: float) -> float:
    return 0.0 if p <= 0 or p >= 1 else -p * math.log(p) - (1 - p) * math.log1p(-p)


def _log_sum(logs: Sequence[float]) -> float:
    most = max(logs)
    return most + math.log(sum(math.exp(value - most) for value in logs)) if most > -math.inf else most


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
