"""Which of a problem's rows are taken: the best by some measure, or those that differ most."""

from collections.abc import Sequence

from engine.errors import ConfigError
from engine.records import Row

PREFER = ("first", "shortest", "longest", "score")
SHINGLE = 3
"""Words in a row that are compared for diversity."""


def score_of(row: Row, verifier: str | None) -> float | None:
    """The score that ``verifier`` gave, or the mean of all scores where none is named; None where there is none."""
    scores = [v.score for v in row.verdicts if v.score is not None and verifier in (None, v.verifier)]
    return sum(scores) / len(scores) if scores else None


def length_of(row: Row) -> int:
    """Characters of reasoning and text: known for every sample, as its tokens are not."""
    return len(row.sample.reasoning or "") + len(row.sample.text)


def ranked(rows: Sequence[Row], prefer: str, verifier: str | None) -> list[Row]:
    """Rows, the preferred first; equals stay in the order of their index, and what has no score comes last."""
    if prefer == "shortest":
        return sorted(rows, key=length_of)
    if prefer == "longest":
        return sorted(rows, key=lambda row: -length_of(row))
    if prefer == "score":
        return sorted(rows, key=lambda row: -(-1e300 if (s := score_of(row, verifier)) is None else s))
    return list(rows)


def diverse(rows: Sequence[Row], k: int) -> list[Row]:
    """The first row, then k - 1 times the row farthest from those taken (greedy max-min, Gonzalez 1985).

    The distance of two rows is one minus the Jaccard index of their sets of three words in a row. Rows that are
    the same in that sense are never taken twice.
    """
    sets = [_shingles(row) for row in rows]
    taken = [0] if rows else []
    nearest = [_distance(sets[0], other) for other in sets] if rows else []
    while len(taken) < min(k, len(rows)):
        best = max(range(len(rows)), key=lambda i: nearest[i])
        if nearest[best] <= 0:
            break
        taken.append(best)
        nearest = [min(near, _distance(sets[best], sets[i])) for i, near in enumerate(nearest)]
    return [rows[i] for i in taken]


def check_prefer(prefer: str) -> None:
    """Raise ``ConfigError`` for a measure that there is not."""
    if prefer not in PREFER:
        raise ConfigError(f"prefer is {prefer!r}: give one of {', '.join(PREFER)}")


def _shingles(row: Row) -> frozenset[tuple[str, ...]]:
    words = f"{row.sample.reasoning or ''} {row.sample.text}".split()
    return frozenset(tuple(words[i : i + SHINGLE]) for i in range(max(1, len(words) - SHINGLE + 1)))


def _distance(one: frozenset[tuple[str, ...]], other: frozenset[tuple[str, ...]]) -> float:
    return 1 - len(one & other) / len(one | other)
