"""The accounts of a run with an ``Adaptive`` budget; rebuilt from the ledger whenever they are wanted."""

import heapq
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from engine.budget.account import Account, Bought, Price, Terms, cost_per_row
from engine.budget.clusters import Clusters
from engine.budget.prior import Evidence, Prior
from engine.group import GroupState

if TYPE_CHECKING:
    from engine.budget.adaptive import Adaptive

HELD_BACK = 1024
"""The first prior is fitted without the last quarter of the problems, at most so many: nobody waits for those."""
EPOCH = 1.5
"""An epoch ends when so many times as much is spent as when it began."""
SHORT = 16
"""Tokens of a sample, as long as none is known."""
Key = tuple[Price, int]
"""Price, and the problem's position: the order in which samples are bought."""


@dataclass(slots=True)
class _Level:
    """What was bought at one price: cost and rows, in all and by problem."""

    cost: int = 0
    rows: int = 0
    problems: dict[int, tuple[int, int]] = field(default_factory=dict)


class Purse:
    """Knows what was bought, what to buy next, and where the money ends."""

    def __init__(self, budget: "Adaptive") -> None:
        """A purse from which nothing is spent."""
        self.first = budget.first
        self.n_samples = budget.n_samples
        self._budget = budget
        self._states: dict[int, GroupState | None] = {}
        self._accounts: dict[int, Account] = {}
        self._levels: defaultdict[Price, _Level] = defaultdict(_Level)
        self._spent = self._rows = 0
        self._heap: list[Key] = []
        self._flying: dict[int, tuple[float, float]] = {}
        """Of every visit under way, the cost and rows that are expected of it."""
        self._total: int | None = None
        self._turn = 0.0
        """What is spent when the epoch ends."""

    def add(self, ordinal: int, state: GroupState | None) -> None:
        """Take note of a problem when a visit is over; None: it was set aside."""
        self._flying.pop(ordinal, None)
        self._states[ordinal] = state
        if state is None:
            return
        if self._total is None:
            first = list(state.outcomes(self.first - 1))
            self._spent += sum(self._budget.cost(o.tokens) for o in first)
            self._rows += sum(o.accepted for o in first)
            return
        self._read(ordinal, state)
        self._turn_epochs()

    @property
    def early(self) -> bool:
        """Whether the first samples alone use it up, so that no further problem need be begun."""
        return self._enough(self._spent, self._rows)

    @property
    def returned(self) -> int:
        """Problems whose first visit is over."""
        return len(self._states)

    def expects_end(self, begun: int) -> bool:
        """Whether the first visits are expected to use it up; ``begun`` of them are over or under way."""
        cost = self._spent / self.returned if self.returned else self._budget.cost(SHORT * self.first)
        rows = self._rows / self.returned if self.returned else 0.0
        return self._enough(cost * begun, rows * begun)

    def ready(self, total: int) -> bool:
        """Whether enough of ``total`` problems have returned from their first visit to fit the prior."""
        return all(ordinal in self._states for ordinal in range(total - _held_back(total)))

    def open(self, total: int) -> None:
        """Fit the prior and open the accounts; ``total`` problems were begun, and ``ready`` is true."""
        seen = []
        for ordinal in range(total - _held_back(total)):
            state = self._states[ordinal]
            if state is not None and (first := list(state.outcomes(self.first - 1))):
                cost = sum(self._budget.cost(o.tokens) for o in first)
                seen.append((state.problem, len(first), sum(o.accepted for o in first), cost))
        self._clusters = Clusters(self._budget.cluster, [item[:3] for item in seen], features=self._budget.features)
        trials, spent = sum(item[1] for item in seen), sum(item[3] for item in seen)
        self._begin([Evidence(self._clusters(p), n, c) for p, n, c, _ in seen], trials, spent, 0)
        self._total, self._spent, self._rows = total, 0, 0
        self._turn = EPOCH * spent * total / max(len(seen), 1)
        for ordinal, state in sorted(self._states.items()):
            if state is not None:
                self._read(ordinal, state)
        self._turn_epochs()

    def next(self) -> tuple[int, int] | None:
        """A problem to visit, and how many samples it is then to have; None where nothing can be begun now."""
        self._skip_stale()
        if not self._heap or (self._flying and self._reserved()):
            return None
        _, ordinal = heapq.heappop(self._heap)
        account = self._accounts[ordinal]
        size = account.batch()
        self._flying[ordinal] = (size * account.cost, size * account.chance)
        return ordinal, account.index + size

    @property
    def over(self) -> bool:
        """Whether all that is bought is at hand: nothing is wanted any more, or the money ends before what is open."""
        front = self._front()
        return front is None or self._end(self._budget.limit, self._budget.rows, front) is not None

    def stops(self) -> dict[int, int]:
        """For every problem, the index of the last sample that was bought; -1 where that is none."""
        return {ordinal: bought[-1].sample if bought else -1 for ordinal, bought in self._paid()}

    def bought(self) -> list[tuple[int, Bought]]:
        """All that is recorded and wanted, with its problem, in the order of buying; also beyond the end."""
        everything = [(o, b) for o, account in self._accounts.items() for b in account.bought]
        return sorted(everything, key=lambda item: (item[1].price, item[0], item[1].sample))

    def facts(self) -> dict[str, Any]:
        """For the statistics: what was spent, the price of the last row, and how the problems ended."""
        paid = [bought for _, bought in self._paid()]
        rows = [sum(b.row for b in bought) for bought in paid]
        last = max((b.price for bought in paid for b in bought), default=(0, 0))
        return {
            "spent": sum(b.cost for bought in paid for b in bought),
            "cost_per_row_at_the_end": cost_per_row(last) if last > (0, 0) else None,
            "problems_served": sum(n >= self._budget.k for n in rows),
            "problems_given_up": sum(n == 0 for n in rows),
            "share_of_problems_by_pass_rate": Prior(_evidence(bought) for bought in paid if bought).facts(),
        }

    def _paid(self) -> list[tuple[int, list[Bought]]]:
        end = self._end(self._budget.limit, self._budget.rows, None)
        return [
            (ordinal, [b for b in account.bought if end is None or (b.price, ordinal) <= end])
            for ordinal, account in self._accounts.items()
        ]

    def _begin(self, evidence: list[Evidence], trials: int, spent: int, epoch: int) -> None:
        b = self._budget
        mean = spent / trials if trials else 1.0
        self._terms = Terms(b.k, b.n_samples, b.first, b.wave, b.decay, epoch, Prior(evidence), b.cost, mean)

    def _turn_epochs(self) -> None:
        """Once what an epoch has is spent, learn from all that was bought until then, and price anew."""
        while self._spent >= self._turn > 0:
            end = self._end(self._turn, None, self._front())
            if end is None:
                return
            for ordinal, account in self._accounts.items():
                account.rewind(end, ordinal, self._terms)
            accounts = self._accounts.values()
            evidence = [account.evidence for account in accounts if account.trials]
            spent = sum(account.spent for account in accounts)
            self._begin(evidence, sum(e.trials for e in evidence), spent, self._terms.epoch + 1)
            self._turn *= EPOCH
            self._levels.clear()
            self._heap.clear()
            self._spent = self._rows = 0
            for ordinal, account in self._accounts.items():
                account.rewind(None, ordinal, self._terms)
                self._book(ordinal, account.bought)
                state = self._states[ordinal]
                assert state is not None
                self._read(ordinal, state)

    def _read(self, ordinal: int, state: GroupState) -> None:
        account = self._accounts.get(ordinal)
        if account is None:
            account = self._accounts[ordinal] = Account(self._terms, self._clusters(state.problem))
        self._book(ordinal, account.read(state))
        if account.wants:
            heapq.heappush(self._heap, (account.price, ordinal))

    def _book(self, ordinal: int, items: list[Bought]) -> None:
        for item in items:
            level = self._levels[item.price]
            cost, rows = level.problems.get(ordinal, (0, 0))
            level.problems[ordinal] = (cost + item.cost, rows + item.row)
            level.cost += item.cost
            level.rows += item.row
            self._spent += item.cost
            self._rows += item.row

    def _skip_stale(self) -> None:
        while self._heap:
            price, ordinal = self._heap[0]
            account = self._accounts[ordinal]
            if ordinal not in self._flying and account.wants and account.price == price:
                return
            heapq.heappop(self._heap)

    def _front(self) -> Key | None:
        """Key of the first sample that is wanted and not at hand; None where nothing is wanted."""
        assert self._total is not None
        self._skip_stale()
        late = range(self._total - _held_back(self._total), self._total)
        keys = [(self._accounts[o].price, o) for o in self._flying] + self._heap[:1]
        return min([*keys, *(((0, 0), o) for o in late if o not in self._states)], default=None)

    def _enough(self, spent: float, rows: float) -> bool:
        return _reached(spent, self._budget.limit) or _reached(rows, self._budget.rows)

    def _reserved(self) -> bool:
        """Whether what is under way is expected to use up the rest."""
        cost, rows = (sum(kind) for kind in zip(*self._flying.values(), strict=True))
        return self._enough(self._spent + cost, self._rows + rows)

    def _end(self, most: float | None, most_rows: float | None, front: Key | None) -> Key | None:
        """Key of the last sample that so much buys, None where it lasts; what is not before ``front`` is not known."""

        def enough(spent: int, rows: int) -> bool:
            return _reached(spent, most) or _reached(rows, most_rows)

        if not enough(self._spent, self._rows):
            return None
        spent = rows = 0
        for price, level in sorted(self._levels.items()):
            whole = front is None or price < front[0]
            if whole and not enough(spent + level.cost, rows + level.rows):
                spent, rows = spent + level.cost, rows + level.rows
                continue
            for ordinal, (some_cost, some_rows) in sorted(level.problems.items()):
                if front is not None and (price, ordinal) >= front:
                    return None
                spent, rows = spent + some_cost, rows + some_rows
                if enough(spent, rows):
                    return price, ordinal
            if not whole:
                return None
        return None


def _evidence(bought: list[Bought]) -> Evidence:
    return Evidence("", sum(b.judged for b in bought), sum(b.row for b in bought))


def _reached(value: float, limit: float | None) -> bool:
    return limit is not None and value >= limit


def _held_back(total: int) -> int:
    return min(total // 4, HELD_BACK)
