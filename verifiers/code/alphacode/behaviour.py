"""How programs behave, side by side: one row per program, one column per input, equal outputs as equal numbers."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from verifiers.code.alphacode.store import Outcome
from verifiers.code.alphacode.subject import Subject

Cell = int | str
"""The number of an output among those of its input, or the status of what did not end well."""


@dataclass
class Table:
    """``rows[program][i]`` is the cell of input i; ``outputs[i][n]`` the first outcome with number n."""

    inputs: list[str]
    rows: dict[str, list[Cell]]
    outputs: list[list[Outcome]]

    @classmethod
    def of(cls, subject: Subject, inputs: Sequence[str], found: Mapping[str, Sequence[Outcome]]) -> "Table":
        """From outcomes per program, in a stable order of programs."""
        table = cls(list(inputs), {key: [] for key in found}, [[] for _ in inputs])
        for i, outputs in enumerate(table.outputs):
            numbers: dict[str, int] = {}
            for key, outcomes in found.items():
                table.rows[key].append(_cell(subject, outcomes[i], outputs, numbers))
        return table

    def odd(self, key: str) -> list[int]:
        """Inputs on which a program does not do what most of the others do."""
        columns = list(zip(*self.rows.values(), strict=True))
        return [i for i, cell in enumerate(self.rows[key]) if cell != Counter(columns[i]).most_common(1)[0][0]]

    def only(self, columns: Sequence[int]) -> "Table":
        """The table of some of the inputs."""
        rows = {key: [row[i] for i in columns] for key, row in self.rows.items()}
        return Table([self.inputs[i] for i in columns], rows, [self.outputs[i] for i in columns])

    def valid(self, trusted: str | None, share: float = 0.5) -> list[int]:
        """Inputs on which the ``trusted`` program ends well or, without one, at least that share of all."""
        columns = []
        for i in range(len(self.inputs)):
            cells = [row[i] for row in self.rows.values() if row[i] != "SKIPPED"]
            if trusted is not None:
                good = isinstance(self.rows[trusted][i], int)
            else:
                good = bool(cells) and sum(isinstance(cell, int) for cell in cells) >= share * len(cells)
            if good:
                columns.append(i)
        return columns


def _cell(subject: Subject, outcome: Outcome, outputs: list[Outcome], numbers: dict[str, int]) -> Cell:
    if not outcome.ok:
        return outcome.status
    number = numbers.get(outcome.digest)
    if number is None:
        number = next((n for n, other in enumerate(outputs) if same(subject, outcome, other)), len(outputs))
        if number == len(outputs):
            outputs.append(outcome)
        numbers[outcome.digest] = number
    return number


def same(subject: Subject, left: Outcome, right: Outcome) -> bool:
    """Whether two outcomes are the same behaviour."""
    if not (left.ok and right.ok):
        return left.status == right.status
    if left.text is None or right.text is None:
        return left.digest == right.digest
    return left.digest == right.digest or subject.same(left.text, right.text)


@dataclass(frozen=True)
class Cluster:
    """Programs that behave alike on every input."""

    programs: tuple[str, ...]
    size: int
    """Samples, copies of one program included."""


def clusters(rows: Mapping[str, Sequence[Cell]], copies: Mapping[str, int]) -> list[Cluster]:
    """Programs grouped by behaviour, the largest group first (AlphaCode, Li et al. 2022, section 4.6).

    ``copies`` says how many samples each program stands for. Ties go to more distinct programs, then to the group
    whose first program comes first in ``rows``.
    """
    groups: dict[tuple[Cell, ...], list[str]] = {}
    for key, row in rows.items():
        groups.setdefault(tuple(row), []).append(key)
    made = [Cluster(tuple(keys), sum(copies[key] for key in keys)) for keys in groups.values()]
    return sorted(made, key=lambda cluster: (-cluster.size, -len(cluster.programs)))


def pick(found: Sequence[Cluster], lengths: Mapping[str, int], most: int) -> list[str]:
    """Programs to submit: the shortest of each cluster from the largest on, then the next of each, up to ``most``."""
    queues = [sorted(cluster.programs, key=lambda key: lengths[key]) for cluster in found]
    rounds = range(max(map(len, queues), default=0))
    return [queue[i] for i in rounds for queue in queues if i < len(queue)][:most]


@dataclass(frozen=True)
class Agreement:
    """What the programs agree on for one input."""

    column: int
    number: int
    """Of the agreed output."""
    share: float
    """Of the votes."""
    margin: float
    """Of the votes, over the runner-up."""
    programs: int
    """Distinct programs that gave it."""


def agreements(rows: Mapping[str, Sequence[Cell]], width: int) -> list[Agreement | None]:
    """The output that most programs give, for each of ``width`` inputs; None where none ends well.

    Dual agreement in the spirit of CodeT (Chen et al. 2022): programs vote, and in a second round a program's vote
    counts by the square of the share of inputs on which it was with the plurality of the first.
    """
    even = dict.fromkeys(rows, 1.0)
    first = [_plurality(rows, even, i) for i in range(width)]
    settled = [(a.column, a.number) for a in first if a is not None]
    if not settled:
        return first
    trust = {key: (sum(row[i] == n for i, n in settled) / len(settled)) ** 2 for key, row in rows.items()}
    return [_plurality(rows, trust, i) for i in range(width)]


def _plurality(rows: Mapping[str, Sequence[Cell]], weights: Mapping[str, float], column: int) -> Agreement | None:
    votes: Counter[Cell] = Counter()
    heads: Counter[Cell] = Counter()
    for key, row in rows.items():
        if row[column] != "SKIPPED":
            votes[row[column]] += weights[key]  # type: ignore[assignment]
            heads[row[column]] += 1
    total = sum(votes.values())
    best = max((cell for cell in votes if isinstance(cell, int)), key=lambda cell: (votes[cell], -cell), default=None)
    if best is None or not total:
        return None
    second = max((n for cell, n in votes.items() if cell != best), default=0)
    return Agreement(column, best, votes[best] / total, (votes[best] - second) / total, heads[best])
