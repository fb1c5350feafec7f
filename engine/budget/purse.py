"""The accounts of a run with an ``Adaptive`` budget; rebuilt from the ledger whenever they are wanted."""

import heapq
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from engine.budget.account import Account, Terms, price
from engine.budget.prior import Evidence, fit
from engine.group import GroupState

if TYPE_CHECKING:
    from engine.budget.adaptive import Adaptive

HELD_BACK = 1024
"""The prior is fitted without the last quarter of the problems, at most so many: nobody waits for those."""
Key = tuple[int, int]
"""Price step, and the problem's position: the order in which samples are bought."""


@dataclass(slots=True)
class _Level:
    """What was bought at one price step: tokens and rows, in all and by problem."""

    tokens: int = 0
    rows: int = 0
    problems: dict[int, tuple[int, int]] = field(default_factory=dict)


class Purse:
    """Knows what was bought, what to buy next, and where the money ends."""

    def __init__(self, budget: "Adaptive") -> None:
        """A purse from which nothing is spent."""
        self.first = budget.first
        self._budget = budget
        self._states: dict[int, GroupState | None] = {}
        self._accounts: dict[int, Account] = {}
        self._levels: defaultdict[int, _Level] = defaultdict(_Level)
        self._tokens = self._rows = 0
        self._heap: list[Key] = []
        self._flying: dict[int, tuple[float, float]] = {}
        """Of every visit under way, the tokens and rows that are expected of it."""
        self._total: int | None = None
        self._prior: dict[str, Any] = {}

    def add(self, ordinal: int, state: GroupState | None) -> None:
        """Take note of a problem when a visit is over; None: it was set aside."""
        self._flying.pop(ordinal, None)
        self._states[ordinal] = state
        if self._total is None:
            if state is not None:
                first = list(state.outcomes(self.first - 1))
                self._tokens += sum(o.tokens for o in first)
                self._rows += sum(o.accepted for o in first)
        elif state is not None:
            self._read(ordinal, state)

    @property
    def early(self) -> bool:
        """Whether the first samples alone use it up, so that no further problem need be begun."""
        return self._enough(self._tokens, self._rows)

    def ready(self, total: int) -> bool:
        """Whether enough of ``total`` problems have returned from their first visit to fit the prior."""
        return all(ordinal in self._states for ordinal in range(total - _held_back(total)))

    def open(self, total: int) -> None:
        """Fit the prior and open the accounts; ``total`` problems were begun, and ``ready`` is true."""
        fitted = range(total - _held_back(total))
        seen = {o: s for o in fitted if (s := self._states[o]) is not None}
        evidence = [Evidence.of(state, self.first) for state in seen.values()]
        self._fit = fit(evidence, self._budget.cluster, features=self._budget.features)
        samples = sum(e.trials for e in evidence)
        mean = sum(e.tokens for e in evidence) / samples if samples else 1.0
        b = self._budget
        self._terms = Terms(b.k, b.n_samples, b.first, b.wave, mean)
        self._total, self._tokens, self._rows = total, 0, 0
        for ordinal, state in sorted(self._states.items()):
            if state is not None:
                self._read(ordinal, state)

    def next(self) -> tuple[int, int] | None:
        """A problem to visit, and how many samples it is then to have; None where nothing can be begun now."""
        while self._heap:
            step, ordinal = self._heap[0]
            account = self._accounts[ordinal]
            if ordinal in self._flying or not account.wants or account.step != step:
                heapq.heappop(self._heap)
                continue
            if self._flying and self._reserved():
                return None
            heapq.heappop(self._heap)
            size = account.batch()
            self._flying[ordinal] = (size * account.cost, size * account.chance)
            return ordinal, account.index + size
        return None

    @property
    def over(self) -> bool:
        """Whether all that is bought is at hand: nothing is wanted any more, or the money ends before what is open."""
        assert self._total is not None
        open_keys = [(self._accounts[o].step, o) for o in self._flying]
        open_keys += [
            (0, o) for o in range(self._total - _held_back(self._total), self._total) if o not in self._states
        ]
        while self._heap and not self._current(*self._heap[0]):
            heapq.heappop(self._heap)
        open_keys += self._heap[:1]
        return not open_keys or self._end(min(open_keys)) is not None

    def stops(self) -> dict[int, int]:
        """For every problem, the index of the last sample that was bought; -1 where that is none."""
        end = self._end(None)
        stops = {}
        for ordinal, account in self._accounts.items():
            paid = [b.sample for b in account.bought if end is None or (b.step, ordinal) <= end]
            stops[ordinal] = max(paid, default=-1)
        return stops

    def facts(self) -> dict[str, Any]:
        """For the statistics: what was spent, the price of the last row, and how the problems ended."""
        end = self._end(None)
        paid = [
            (account, [b for b in account.bought if end is None or (b.step, ordinal) <= end])
            for ordinal, account in self._accounts.items()
        ]
        last = max((b.step for _, bought in paid for b in bought), default=0)
        rows = [sum(b.row for b in bought) for _, bought in paid]
        return {
            "tokens": sum(b.tokens for _, bought in paid for b in bought),
            "tokens_per_row_at_the_end": price(last) if last else None,
            "problems_served": sum(n >= self._budget.k for n in rows),
            "problems_given_up": sum(n == 0 for n in rows),
            "prior": self._fit.facts() if self._total is not None else {},
        }

    def _read(self, ordinal: int, state: GroupState) -> None:
        account = self._accounts.get(ordinal)
        if account is None:
            right, wrong = self._fit.beta(state.problem)
            account = self._accounts[ordinal] = Account(self._terms, right, wrong)
        for bought in account.read(state):
            level = self._levels[bought.step]
            tokens, rows = level.problems.get(ordinal, (0, 0))
            level.problems[ordinal] = (tokens + bought.tokens, rows + bought.row)
            level.tokens += bought.tokens
            level.rows += bought.row
            self._tokens += bought.tokens
            self._rows += bought.row
        if account.wants:
            heapq.heappush(self._heap, (account.step, ordinal))

    def _current(self, step: int, ordinal: int) -> bool:
        account = self._accounts[ordinal]
        return ordinal not in self._flying and account.wants and account.step == step

    def _enough(self, tokens: float, rows: float) -> bool:
        limits = self._budget
        return (limits.tokens is not None and tokens >= limits.tokens) or (
            limits.rows is not None and rows >= limits.rows
        )

    def _reserved(self) -> bool:
        """Whether what is under way is expected to use up the rest."""
        tokens, rows = (sum(kind) for kind in zip(*self._flying.values(), strict=True))
        return self._enough(self._tokens + tokens, self._rows + rows)

    def _end(self, front: Key | None) -> Key | None:
        """Key of the last sample that the money buys, None where it lasts; only what lies before ``front`` is known."""
        if not self._enough(self._tokens, self._rows):
            return None
        tokens = rows = 0
        for step, level in sorted(self._levels.items()):
            whole = front is None or step < front[0]
            if whole and not self._enough(tokens + level.tokens, rows + level.rows):
                tokens, rows = tokens + level.tokens, rows + level.rows
                continue
            for ordinal, (some_tokens, some_rows) in sorted(level.problems.items()):
                if front is not None and (step, ordinal) >= front:
                    return None
                tokens, rows = tokens + some_tokens, rows + some_rows
                if self._enough(tokens, rows):
                    return step, ordinal
            if not whole:
                return None
        return None


def _held_back(total: int) -> int:
    return min(total // 4, HELD_BACK)
