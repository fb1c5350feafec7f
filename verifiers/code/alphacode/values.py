"""Type-aware mutation of call arguments, after EvalPlus (Liu et al. 2023), near to what was seen.

The rules of EvalPlus by type (numbers a step away, containers with elements repeated, removed, inserted or mutated,
texts cut and repeated), with the structure kept, and relations that hold in every known input kept too: arguments of
equal length, and a number that is another argument's length.
"""

import copy
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

LONGEST = 60
"""Containers and texts do not grow beyond this, or twice the longest seen."""


@dataclass
class Seen:
    """What the known inputs hold: values by type, for reuse."""

    ints: list[int] = field(default_factory=list)
    floats: list[float] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    letters: list[str] = field(default_factory=list)
    longest: int = LONGEST

    @property
    def negative(self) -> bool:
        """Whether a number below 0 was seen; where none was, it is likely to be against the problem's constraints."""
        return min((*self.ints, *self.floats), default=0) < 0

    @classmethod
    def of(cls, inputs: Sequence[Any]) -> "Seen":
        """Gather from nested plain values."""
        seen = cls()
        for value in _leaves(inputs):
            if type(value) is int:
                seen.ints.append(value)
            elif type(value) is float:
                seen.floats.append(value)
            elif type(value) is str:
                seen.texts.append(value)
                seen.letters += value
                seen.longest = max(seen.longest, 2 * len(value))
        seen.letters = sorted(set(seen.letters))
        return seen


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from _leaves([*value.keys(), *value.values()])
    elif isinstance(value, (list, tuple, set, frozenset)):
        for item in sorted(value, key=repr) if isinstance(value, (set, frozenset)) else value:
            yield from _leaves(item)
    else:
        yield value


class Arguments:
    """Mutates lists of positional arguments, learning types and relations from the known ones."""

    def __init__(self, known: Sequence[list[Any]], class_name: str | None = None) -> None:
        """``class_name``: inputs are ``[[method, …], [arguments, …]]`` and start with this constructor."""
        self._known = known
        self._class = class_name
        width = {len(arguments) for arguments in known}
        self._places = range(width.pop()) if len(width) == 1 else range(0)
        self._seen = Seen.of(known)
        self._seen_at = [Seen.of([arguments[place] for arguments in known]) for place in self._places]
        self._equal = [pair for pair in self._pairs() if all(_length(a[pair[0]]) == _length(a[pair[1]]) for a in known)]
        self._length_of = [
            (i, j)
            for i in self._places
            for j in self._places
            if all(type(a[i]) is int and _length(a[j]) == a[i] for a in known) and len(known) > 1
        ]

    def _pairs(self) -> list[tuple[int, int]]:
        def varies(i: int) -> bool:
            return len({_length(a[i]) for a in self._known}) > 1 and None not in {_length(a[i]) for a in self._known}

        return [(i, j) for i in self._places for j in self._places if i < j and varies(i)]

    def mutate(self, arguments: list[Any], rng: random.Random) -> list[Any]:
        """A changed copy of one input; it may come out equal."""
        made = copy.deepcopy(arguments)
        if self._class is not None:
            return self._calls(made, rng)
        if not made:
            return made
        place = rng.randrange(len(made))
        made[place] = mutate(made[place], rng, self._seen_at[place] if self._places else self._seen)
        if not self._places:
            return made
        for first, second in self._equal:
            size = _length(made[first]) if _length(made[second]) else 0  # an empty one has nothing to grow from
            made[first], made[second] = (_resized(made[i], size or 0, rng) for i in (first, second))
        for number, sized in self._length_of:
            made[number] = _length(made[sized])
        return made

    def _calls(self, made: list[Any], rng: random.Random) -> list[Any]:
        """Methods called in another order, once more, not at all, or with other arguments; the constructor first."""
        methods, given = made
        if len(methods) < 2:
            return made
        calls = list(zip(methods, given, strict=True))
        place = rng.randrange(1, len(calls))
        kind = rng.randrange(4)
        if kind == 0:
            calls.insert(place, copy.deepcopy(rng.choice(calls[1:])))
        elif kind == 1 and len(calls) > 2:
            del calls[place]
        elif kind == 2:
            rest = calls[1:]
            rng.shuffle(rest)
            calls = [calls[0], *rest]
        elif given[place]:
            method, values = calls[place]
            which = rng.randrange(len(values))
            calls[place] = (method, [mutate(v, rng, self._seen) if i == which else v for i, v in enumerate(values)])
        return [[method for method, _ in calls], [values for _, values in calls]]


def mutate(value: Any, rng: random.Random, seen: Seen) -> Any:
    """One small change of a plain value, of the same type. Values of other types come back as they are."""
    if type(value) is bool:
        return not value
    if type(value) is int:
        made = _integer(value, rng, seen)
        return made if seen.negative else abs(made)
    if type(value) is float:
        options = [value + rng.choice((-1.0, 1.0)), value * 2, value / 2, -value, 0.0, *seen.floats[:50]]
        near = round(rng.choice(options), 6)
        return near if seen.negative else abs(near)
    if type(value) is str:
        return _text(value, rng, seen)
    if type(value) is list:
        return _items(value, rng, seen)
    if type(value) is tuple:
        return tuple(mutate(v, rng, seen) if i == rng.randrange(len(value)) else v for i, v in enumerate(value))
    if type(value) in (set, frozenset):
        return type(value)(_items(sorted(value, key=repr), rng, seen))
    if type(value) is dict:
        return _mapping(value, rng, seen)
    return value


def _integer(value: int, rng: random.Random, seen: Seen) -> int:
    kind = rng.randrange(6)
    if kind < 2:
        return value + rng.choice((-1, 1, -2, 2))
    if kind == 2 and seen.ints:
        return rng.choice(seen.ints)
    if kind == 3:
        return rng.choice((0, 1, 2, 3, -value, value + 3))
    if kind == 4:
        return value * rng.choice((2, 3, 10)) if abs(value) < 10**12 else value // 2
    low, high = min(seen.ints, default=0), max(seen.ints, default=10)
    return rng.randint(low, max(high, low + 1))


def _text(value: str, rng: random.Random, seen: Seen) -> str:
    letters = seen.letters or ["a"]
    if not value:
        return "".join(rng.choices(letters, k=rng.randint(0, 4)))
    i, j = sorted((rng.randrange(len(value) + 1), rng.randrange(len(value) + 1)))
    kind = rng.randrange(9)
    if kind == 0:
        return value[:i] + value[j:]
    if kind == 1:
        return (value[:j] + value[i:j] + value[j:])[: seen.longest]
    if kind == 2:
        return value[:i] + rng.choice(letters) + value[i:]
    if kind == 3:
        at = rng.randrange(len(value))
        return value[:at] + rng.choice(letters) + value[at + 1 :]
    if kind == 4:
        return value[::-1]
    if kind == 5:
        return value.swapcase() if rng.random() < 0.5 else value[: i or 1]
    if kind == 6:
        return rng.choice(seen.texts)
    if kind == 7:
        return "".join(rng.sample(value, len(value)))
    return "" if rng.random() < 0.3 else "".join(rng.choices(letters, k=rng.randint(1, 2 * len(value))))


def _items(value: list[Any], rng: random.Random, seen: Seen) -> list[Any]:
    """A list changed as a whole or in one element; a grid keeps the width of its rows."""
    made = list(value)
    if not made:
        return made
    place = rng.randrange(len(made))
    kind = rng.randrange(10)
    if kind == 0:
        del made[place]
    elif kind == 1 and len(made) < seen.longest:
        made.insert(place, copy.deepcopy(rng.choice(made)))
    elif kind == 2 and len(made) < seen.longest:
        made.insert(rng.randrange(len(made) + 1), _like(made, rng, seen))
    elif kind == 3:
        rng.shuffle(made)
    elif kind == 4:
        made = _sorted(made, reverse=rng.random() < 0.5)
    elif kind == 5:
        made = made[::-1] if rng.random() < 0.5 else [copy.deepcopy(made[place])] * len(made)
    elif kind == 6:
        made = made[: rng.randrange(len(made) + 1)] if rng.random() < 0.7 else (made + made)[: seen.longest]
    else:
        made[place] = _like([made[place]], rng, seen)
    return made


def _like(items: list[Any], rng: random.Random, seen: Seen) -> Any:
    """A mutated copy of one of the items; a row of a grid keeps its width."""
    model = rng.choice(items)
    if type(model) is list and model and all(not isinstance(v, (list, tuple)) for v in model):
        place = rng.randrange(len(model))
        return [mutate(v, rng, seen) if i == place else v for i, v in enumerate(model)]
    return mutate(copy.deepcopy(model), rng, seen)


def _mapping(value: dict[Any, Any], rng: random.Random, seen: Seen) -> dict[Any, Any]:
    made = dict(value)
    if not made:
        return made
    key = rng.choice(list(made))
    kind = rng.randrange(3)
    if kind == 0:
        del made[key]
    elif kind == 1:
        made[mutate(key, rng, seen)] = copy.deepcopy(made[key])
    else:
        made[key] = mutate(made[key], rng, seen)
    return made


def _sorted(items: list[Any], *, reverse: bool) -> list[Any]:
    try:
        return sorted(items, reverse=reverse)
    except TypeError:
        return items


def _length(value: Any) -> int | None:
    return len(value) if isinstance(value, (list, tuple, str)) else None


def _resized(value: Any, size: int, rng: random.Random) -> Any:
    if size <= len(value) or not len(value):
        return value[:size]
    more = [copy.deepcopy(rng.choice(value)) for _ in range(size - len(value))]
    return value + ("".join(more) if isinstance(value, str) else type(value)(more))
