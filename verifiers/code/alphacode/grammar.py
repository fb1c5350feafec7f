"""The shape of a text input, learnt from several known ones: which number counts what.

A shape is a sequence of items, each a line or a repetition of lines:

- ``Line(kinds)``: a line with that many tokens; its whole numbers may count what follows;
- ``Row(count)``: a line with as many tokens as the number ``count`` says (None: any number);
- ``Text(count)``: a line that is one word of that length;
- ``Repeat(count, items)``: those items, as often as the number says.

``learn`` takes the most telling of the shapes that read all known inputs to their end; so counts, test cases, lists
and grids are found, as in the inputs of programming contests.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

WHOLE = re.compile(r"-?[0-9]{1,18}", re.ASCII)
DECIMAL = re.compile(r"-?[0-9]{1,18}\.[0-9]{1,18}", re.ASCII)
MOST_STEPS = 5_000
MOST_SHAPES = 300
MOST_ITEMS = 8
DEPTH = 2

Path = tuple[int, ...]
"""Where an item stands in the shape, and after it the token's number within a line: ``(1, 0, 2)``."""


@dataclass(frozen=True)
class Line:
    """A line of a fixed number of tokens; ``names[i]`` is the path of token i, by which counts refer to it."""

    width: int
    path: Path


@dataclass(frozen=True)
class Row:
    """A line of ``count`` tokens."""

    count: Path | None
    path: Path


@dataclass(frozen=True)
class Text:
    """A line of one word with ``count`` characters."""

    count: Path
    path: Path


@dataclass(frozen=True)
class Repeat:
    """The items, ``count`` times."""

    count: Path
    items: tuple["Item", ...]
    path: Path


Item = Line | Row | Text | Repeat
Node = list[Any]
"""What an item read: the tokens of a line, or one list of nodes per round of a repetition."""


@dataclass(frozen=True)
class _State:
    """How far one input has been read, and the numbers that may count."""

    lines: tuple[tuple[str, ...], ...]
    at: int = 0
    numbers: dict[Path, int] = field(default_factory=dict)


class _Search:
    """Bounds the work. ``free`` allows rows of any length, which read nearly everything and so come last."""

    def __init__(self, *, free: bool) -> None:
        self.steps = 0
        self._free = free

    def sequences(
        self, states: list[_State], path: Path, most: int, depth: int
    ) -> Iterator[tuple[tuple[Item, ...], list[_State]]]:
        """Shapes of 1 to ``most`` items that read a beginning of every input, and what is left to read."""
        self.steps += 1
        if most == 0 or self.steps > MOST_STEPS:
            return
        for item, after in self._items(states, (*path, MOST_ITEMS - most), depth):
            yield (item,), after
            for rest, end in self.sequences(after, path, most - 1, depth):
                yield (item, *rest), end

    def _items(self, states: list[_State], path: Path, depth: int) -> Iterator[tuple[Item, list[_State]]]:
        names = [name for name in states[0].numbers if all(name in state.numbers for state in states)]
        if depth:
            yield from self._repeats(states, names, path, depth)
        if any(state.at >= len(state.lines) for state in states):
            return
        rows = [state.lines[state.at] for state in states]
        candidates: list[Item] = [Row(name, path) for name in names]
        candidates += [Text(name, path) for name in names if any(len(row[0]) > 1 for row in rows if row)]
        widths = {len(row) for row in rows}
        if len(widths) == 1:
            candidates.append(Line(widths.pop(), path))
        if self._free and (max(map(len, rows)) > 1 or len(widths) > 1):
            candidates.append(Row(None, path))
        for item in candidates:
            after = _read_all(item, states)
            if after is not None:
                yield item, after

    def _repeats(
        self, states: list[_State], names: list[Path], path: Path, depth: int
    ) -> Iterator[tuple[Item, list[_State]]]:
        for name in reversed(names):
            counts = [state.numbers[name] for state in states]
            fits = all(n <= len(state.lines) - state.at for n, state in zip(counts, states, strict=True))
            if not fits or max(counts) < 2:
                continue
            filled = [state for n, state in zip(counts, states, strict=True) if n]
            for items, _ in self.sequences(filled, path, 3, depth - 1):
                item = Repeat(name, items, path)
                after = _read_all(item, states)
                if after is not None:
                    yield item, after


def learn(texts: Sequence[str]) -> tuple[Item, ...] | None:
    """The most telling shape that reads every text to its end, or None when no small one does."""
    states = [_State(tokens_of(text)) for text in texts]
    if not states or not all(state.lines for state in states):
        return None
    for free in (False, True):
        whole = (
            items
            for items, ends in _Search(free=free).sequences(states, (), MOST_ITEMS, DEPTH)
            if all(end.at == len(end.lines) for end in ends)
        )
        best = max(islice(whole, MOST_SHAPES), key=lambda items: _telling(items, texts), default=None)
        if best is not None:
            return best
    return None


def _telling(items: tuple[Item, ...], texts: Sequence[str]) -> int:
    """How well a shape explains: counts that fit by more than chance, few items, one kind of token per place."""
    every = list(flat(items))
    kinds: dict[Path, set[str]] = {}
    lengths: dict[Path, set[int]] = {}
    for text in texts:
        for reader, row in rows_of(items, read(items, text) or []):
            lengths.setdefault(reader.path, set()).add(len(row[0]) if isinstance(reader, Text) and row else len(row))
            for i, token in enumerate(row):
                kinds.setdefault(place(reader, i), set()).add(kind_of(token))
    repeats = [item.count for item in every if isinstance(item, Repeat)]
    score = len(repeats) + len(set(repeats)) - len(every)
    for item in every:
        if isinstance(item, Row) and item.count is None:
            score -= 3
        elif isinstance(item, (Row, Text)):  # one that never varies may fit by chance
            found = lengths.get(item.path, set())
            score += 2 if len(found) > 1 else 1 if max(found, default=0) > 2 else -1
    return score - 3 * sum(len(found - {"float"}) > 1 for found in kinds.values())


def flat(items: Sequence[Item]) -> Iterator[Item]:
    """Every item, those inside repetitions too."""
    for item in items:
        yield item
        if isinstance(item, Repeat):
            yield from flat(item.items)


def rows_of(items: Sequence[Item], nodes: Sequence[Node]) -> Iterator[tuple[Line | Row | Text, list[str]]]:
    """Every line of tokens with the item that read it; the lists are the nodes' own, so they can be changed."""
    for item, node in zip(items, nodes, strict=False):
        if isinstance(item, Repeat):
            for block in node:
                yield from rows_of(item.items, block)
        else:
            yield item, node


def place(item: Line | Row | Text, token: int) -> Path:
    """The place of a token: the same for all tokens of a row and for all rounds of a repetition."""
    return (*item.path, token) if isinstance(item, Line) else item.path


def kind_of(token: str) -> str:
    """``int``, ``float`` or ``word``."""
    if WHOLE.fullmatch(token):
        return "int"
    return "float" if DECIMAL.fullmatch(token) else "word"


def tokens_of(text: str) -> tuple[tuple[str, ...], ...]:
    """Lines of tokens; empty lines at the end are left out."""
    lines = [tuple(line.split()) for line in text.split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    return tuple(lines)


def read(items: Sequence[Item], text: str) -> list[Node] | None:
    """What each item reads of a text, or None when the shape does not fit it."""
    nodes: list[Node] = []
    state: _State | None = _State(tokens_of(text))
    for item in items:
        assert state is not None
        state = _read(item, state, nodes)
        if state is None:
            return None
    assert state is not None
    return nodes if state.at == len(state.lines) else None


def write(items: Sequence[Item], nodes: Sequence[Node]) -> str:
    """The text of nodes; the inverse of ``read`` but for white space."""
    return "".join(_lines(items, nodes))


def _lines(items: Sequence[Item], nodes: Sequence[Node]) -> Iterator[str]:
    for item, node in zip(items, nodes, strict=True):
        if isinstance(item, Repeat):
            for block in node:
                yield from _lines(item.items, block)
        else:
            yield " ".join(node) + "\n"


def _read_all(item: Item, states: list[_State]) -> list[_State] | None:
    after = []
    for state in states:
        end = _read(item, state, [])
        if end is None:
            return None
        after.append(end)
    return after


def _read(item: Item, state: _State, into: list[Node]) -> _State | None:
    """The state after ``item``, whose node is added to ``into``; None when it does not fit."""
    if isinstance(item, Repeat):
        return _read_repeat(item, state, into)
    if state.at >= len(state.lines):
        return None
    row = state.lines[state.at]
    if isinstance(item, Line):
        if len(row) != item.width:
            return None
        numbers = state.numbers | {(*item.path, i): int(t) for i, t in enumerate(row) if is_count(t)}
    else:
        count = state.numbers.get(item.count) if item.count is not None else None
        if item.count is not None and count != (len(row) if isinstance(item, Row) else len(row[0]) if row else 0):
            return None
        if isinstance(item, Text) and len(row) != 1:
            return None
        numbers = state.numbers
    into.append(list(row))
    return _State(state.lines, state.at + 1, numbers)


def _read_repeat(item: Repeat, state: _State, into: list[Node]) -> _State | None:
    rounds: list[Node] = []
    count = state.numbers.get(item.count)
    if count is None or count > len(state.lines) - state.at:
        return None
    current = state
    for _ in range(count):
        block: list[Node] = []
        for inner in item.items:
            after = _read(inner, current, block)
            if after is None:
                return None
            current = after
        rounds.append(block)
    into.append(rounds)
    return _State(current.lines, current.at, state.numbers)


def is_count(token: str) -> bool:
    """Whether a token may say how much follows."""
    return len(token) <= 6 and token.isascii() and token.isdigit()
