"""Mutation of text inputs by their shape (``grammar``): counts stay true to what they count.

What holds in every known input is kept: a place's kind of token, its range (values stay near it), values that never
exceed a count (indices), permutations, sorted and distinct rows, the alphabet of words. A text whose shape was not
found is changed token by token within its lines.
"""

import copy
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from verifiers.code.alphacode.grammar import (
    Item,
    Line,
    Node,
    Path,
    Repeat,
    Row,
    Text,
    flat,
    is_count,
    kind_of,
    learn,
    place,
    read,
    rows_of,
    tokens_of,
    write,
)

LARGEST_COUNT = 60
"""Counts do not grow beyond this, or the largest seen."""


@dataclass
class Facts:
    """What is known of one place."""

    tokens: list[str] = field(default_factory=list)
    kind: str = "int"
    low: int = 0
    high: int = 0
    letters: str = ""
    bound: Path | None = None
    """A count that no value here exceeds, and some value reaches or nearly (``from_zero``: values start at 0)."""
    from_zero: bool = False
    permutation: bool = False
    ascending: bool = False
    distinct: bool = False


class Texts:
    """Mutates text inputs like the known ones."""

    def __init__(self, known: Sequence[str]) -> None:
        self._shape = learn(known) or ()
        self._facts: dict[Path, Facts] = {}
        self._counts: dict[Path, int] = {}
        self._loose = [token for text in known for row in tokens_of(text) for token in row]
        for item in flat(self._shape):
            if not isinstance(item, Line) and item.count is not None:
                self._counts[item.count] = 0
        parsed = [nodes for text in known if (nodes := read(self._shape, text)) is not None] if self._shape else []
        self._learn(parsed)

    @property
    def shape(self) -> tuple[Item, ...]:
        """The shape that was found; empty when none was."""
        return self._shape

    def mutate(self, text: str, rng: random.Random) -> str:
        """A changed text; it may come out equal."""
        nodes = read(self._shape, text) if self._shape else None
        if nodes is None:
            return self._mutate_loose(text, rng)
        nodes = copy.deepcopy(nodes)
        if self._counts and rng.random() < 0.4:
            self._resize(nodes, rng)
        else:
            self._change_row(nodes, rng)
        self._repair(self._shape, nodes, {}, rng)
        return write(self._shape, nodes)

    def _learn(self, parsed: Sequence[list[Node]]) -> None:
        rows: dict[Path, list[list[str]]] = {}
        for nodes in parsed:
            for item, row in rows_of(self._shape, nodes):
                for i, token in enumerate(row):
                    self._facts.setdefault(place(item, i), Facts()).tokens.append(token)
                if isinstance(item, Row):
                    rows.setdefault(item.path, []).append(row)
        for where, facts in self._facts.items():
            kinds = {kind_of(token) for token in facts.tokens}
            facts.kind = "int" if kinds == {"int"} else "word" if "word" in kinds else "float"
            facts.letters = "".join(sorted(set("".join(facts.tokens))))
            if facts.kind == "int":
                values = [int(token) for token in facts.tokens]
                facts.low, facts.high = min(values), max(values)
                if where in self._counts:
                    self._counts[where] = max(facts.high, LARGEST_COUNT)
                self._learn_rows(facts, rows.get(where, []))
        self._learn_bounds(parsed)

    def _learn_rows(self, facts: Facts, rows: list[list[str]]) -> None:
        long = [[int(token) for token in row] for row in rows if len(row) > 2]
        if not long:
            return
        facts.permutation = all(sorted(row) == list(range(1, len(row) + 1)) for row in long)
        facts.distinct = len(long) > 1 and all(len(set(row)) == len(row) for row in long)
        facts.ascending = len(long) > 1 and all(row == sorted(row) for row in long)

    def _learn_bounds(self, parsed: Sequence[list[Node]]) -> None:
        """Values of 1..n or 0..n-1, where n is a count in sight, in every known input."""
        seen: dict[tuple[Path, Path], list[tuple[int, int]]] = {}
        for nodes in parsed:
            self._collect(self._shape, nodes, {}, seen)
        for (where, count), pairs in seen.items():
            facts = self._facts[where]
            if facts.kind != "int" or where in self._counts or facts.bound is not None or len(pairs) < 4:
                continue
            for from_zero in (False, True):
                first = 0 if from_zero else 1
                tops = [n - 1 + first for _, n in pairs]
                inside = all(first <= value <= top for (value, _), top in zip(pairs, tops, strict=True))
                near = any(value >= top - 1 for (value, _), top in zip(pairs, tops, strict=True))
                if inside and near and (not from_zero or facts.low == 0):
                    facts.bound, facts.from_zero = count, from_zero
                    break

    def _collect(
        self,
        items: Sequence[Item],
        nodes: Sequence[Node],
        counts: dict[Path, int],
        seen: dict[tuple[Path, Path], list[tuple[int, int]]],
    ) -> None:
        for item, node in zip(items, nodes, strict=True):
            if isinstance(item, Repeat):
                for block in node:
                    self._collect(item.items, block, dict(counts), seen)
                continue
            for i, token in enumerate(node):
                where = place(item, i)
                if kind_of(token) == "int":
                    for count, n in counts.items():
                        seen.setdefault((where, count), []).append((int(token), n))
                if isinstance(item, Line) and is_count(token):
                    counts[where] = int(token)

    # changes

    def _resize(self, nodes: list[Node], rng: random.Random) -> None:
        """Another value for one count; ``_repair`` makes what it counts follow."""
        lines = [
            (row, i)
            for item, row in rows_of(self._shape, nodes)
            for i in range(len(row))
            if place(item, i) in self._counts
        ]
        if not lines:
            return
        row, i = rng.choice(lines)
        where = next(place(item, i) for item, other in rows_of(self._shape, nodes) if other is row)
        facts, now = self._facts[where], int(row[i])
        options = (now + 1, now - 1, now + rng.randint(2, 5), now // 2, 2 * now, 1, facts.low, facts.high)
        smallest = 0 if facts.low == 0 else 1
        row[i] = str(max(smallest, min(rng.choice(options), self._counts[where])))

    def _change_row(self, nodes: list[Node], rng: random.Random) -> None:
        rows = [(item, row) for item, row in rows_of(self._shape, nodes) if row]
        free = [(item, row) for item, row in rows if any(place(item, i) not in self._counts for i in range(len(row)))]
        if not free:
            self._resize(nodes, rng)
            return
        item, row = rng.choice(free)
        if isinstance(item, Row) and len(row) > 1 and rng.random() < 0.5:
            _rearrange(row, rng)
            return
        for _ in range(rng.choice((1, 1, 1, 2, len(row)))):
            i = rng.randrange(len(row))
            if place(item, i) not in self._counts:
                row[i] = self._token(row[i], self._facts.get(place(item, i)), rng, keep_length=isinstance(item, Text))

    def _token(self, token: str, facts: Facts | None, rng: random.Random, *, keep_length: bool = False) -> str:
        if facts is None:
            return token
        if facts.kind == "int" and not keep_length:
            return str(_integer(int(token), facts.low, facts.high, rng))
        if facts.kind == "float":
            digits = max((len(t.partition(".")[2]) for t in facts.tokens), default=2) or 1
            value = float(token) + rng.choice((-1.0, 1.0, 0.5, -0.5, rng.uniform(-3, 3)))
            return f"{value if min(map(float, facts.tokens)) < 0 else abs(value):.{digits}f}"
        return _word(token, facts.letters, rng, keep_length=keep_length)

    def _repair(self, items: Sequence[Item], nodes: list[Node], counts: dict[Path, int], rng: random.Random) -> None:
        """Make rows, words and repetitions as long as their counts say, and values fit what was always so."""
        for at, item in enumerate(items):
            node = nodes[at]
            if isinstance(item, Repeat):
                nodes[at] = node = _sized(node, counts[item.count], rng, [[] for _ in item.items])
                for block in node:
                    self._repair(item.items, block, dict(counts), rng)
                continue
            if isinstance(item, Row) and item.count is not None:
                model = self._facts[item.path].tokens if item.path in self._facts else ["1"]
                nodes[at] = node = _sized(node, counts[item.count], rng, rng.choice(model))
            elif isinstance(item, Text):
                letters = list(self._facts[item.path].letters) if item.path in self._facts else ["a"]
                word = _sized(list(node[0]) if node else [], counts[item.count], rng, rng.choice(letters))
                nodes[at] = node = ["".join(word)]
            elif isinstance(item, Line) and len(node) != item.width:
                facts = [self._facts.get((*item.path, i)) for i in range(item.width)]
                nodes[at] = node = [rng.choice(f.tokens) if f else "1" for f in facts]
            self._fit(item, node, counts, rng)
            for i, token in enumerate(node):
                if isinstance(item, Line):
                    counts[place(item, i)] = int(token) if is_count(token) else 0

    def _fit(self, item: Item, row: list[str], counts: dict[Path, int], rng: random.Random) -> None:
        for i, token in enumerate(row):
            facts = self._facts.get(place(item, i))  # type: ignore[arg-type]
            if facts and facts.bound in counts and facts.kind == "int":
                first = 0 if facts.from_zero else 1
                last = max(first, counts[facts.bound] - 1 + first)
                if not first <= int(token) <= last:
                    row[i] = str(rng.randint(first, last))
        facts = self._facts.get(item.path) if isinstance(item, Row) else None
        if facts is None or facts.kind != "int":
            return
        if facts.permutation and sorted(row) != sorted(map(str, range(1, len(row) + 1))):
            order = sorted(range(len(row)), key=lambda i: int(row[i]))
            for rank, i in enumerate(order, 1):
                row[i] = str(rank)
        elif facts.distinct:
            _make_distinct(row)
        if facts.ascending:
            row.sort(key=int)

    def _mutate_loose(self, text: str, rng: random.Random) -> str:
        rows = [list(row) for row in tokens_of(text)]
        filled = [row for row in rows if row]
        if filled:
            row = rng.choice(filled)
            i = rng.randrange(len(row))
            if rng.random() < 0.3:
                same = [token for token in self._loose if kind_of(token) == kind_of(row[i])]
                row[i] = rng.choice(same or [row[i]])
            elif kind_of(row[i]) == "int":
                row[i] = str(_integer(int(row[i]), min(0, int(row[i])), max(10, int(row[i])), rng))
            elif kind_of(row[i]) == "word":
                row[i] = _word(row[i], "".join(sorted(set(row[i]))), rng, keep_length=True)
        return "".join(" ".join(row) + "\n" for row in rows)


def _integer(value: int, low: int, high: int, rng: random.Random) -> int:
    """Near the value, or anywhere in the range seen, or a step beyond it; the sign stays what it can be."""
    options = [value + 1, value - 1, rng.randint(low, high), low, high, high + 1, 2 * high, value * 10, 1]
    made = rng.choice(options)
    if low >= 0:
        made = max(made, 1 if low >= 1 else 0)
    elif rng.random() < 0.2:
        made = -made
    return made


def _word(word: str, letters: str, rng: random.Random, *, keep_length: bool) -> str:
    kind = rng.randrange(4 if keep_length else 6)
    i = rng.randrange(len(word)) if word else 0
    if kind == 0:
        return word[:i] + rng.choice(letters or "a") + word[i + 1 :]
    if kind == 1:
        return "".join(rng.sample(word, len(word)))
    if kind == 2:
        return rng.choice(letters or "a") * len(word)
    if kind == 3:
        return word[::-1]
    return word[:i] + rng.choice(letters or "a") + word[i:] if kind == 4 else word[: max(1, i)]


def _rearrange(row: list[str], rng: random.Random) -> None:
    kind = rng.randrange(5)
    numbers = all(kind_of(token) != "word" for token in row)
    if kind == 0:
        rng.shuffle(row)
    elif kind == 1:
        row.reverse()
    elif kind == 2:
        row.sort(key=float if numbers else None)
    elif kind == 3:
        row[:] = [rng.choice(row)] * len(row)
    else:
        i, j = rng.randrange(len(row)), rng.randrange(len(row))
        row[i] = row[j]


def _sized(items: list[Any], size: int, rng: random.Random, model: Any) -> list[Any]:
    """Cut, or filled up with copies of its own items, or of ``model`` when it has none."""
    if len(items) > size:
        start = rng.randint(0, len(items) - size)
        return items[start : start + size]
    source = items or [model]
    return items + [copy.deepcopy(rng.choice(source)) for _ in range(size - len(items))]


def _make_distinct(row: list[str]) -> None:
    used: set[int] = set()
    for i, token in enumerate(row):
        value = int(token)
        while value in used:
            value += 1
        used.add(value)
        row[i] = str(value)
