"""Arithmetic of sets of real numbers whose ends have known values: merge, intersect, complement."""

from dataclasses import dataclass
from typing import Any

from verifiers.math.functions import UndefinedError
from verifiers.math.tree import Node, TooLargeError, symbols

INFINITY = Node("const", name="oo")
MINUS_INFINITY = Node("neg", (INFINITY,))


@dataclass(frozen=True, slots=True)
class Piece:
    """An interval, or a point when both ends are the same node."""

    low: Node
    low_closed: bool
    high: Node
    high_closed: bool


EVERYTHING = [Piece(MINUS_INFINITY, False, INFINITY, False)]


def _position(node: Node) -> Any:
    """Value of an end, or None where it has none that can be ordered."""
    import mpmath

    from verifiers.math.numeric import value

    if node in (INFINITY, MINUS_INFINITY):
        return mpmath.inf if node == INFINITY else -mpmath.inf
    if symbols(node):
        return None
    try:
        with mpmath.workdps(40):
            result = value(node, {})
    except (UndefinedError, TooLargeError):
        return None
    return None if isinstance(result, mpmath.mpc) else result


@dataclass(slots=True)
class _Span:
    """A piece with the values of its ends; ``low`` and ``high`` are (value, side): -1 just before, 1 just after."""

    low: tuple[Any, int]
    high: tuple[Any, int]
    piece: Piece


def _spans(pieces: list[Piece]) -> list[_Span] | None:
    import mpmath

    spans = []
    for piece in pieces:
        low, high = _position(piece.low), _position(piece.high)
        if low is None or high is None:
            return None
        if low != high and mpmath.isfinite(low) and mpmath.isfinite(high) and abs(high - low) < abs(high) * 1e-28:
            high = low
        span = _Span((low, -1 if piece.low_closed else 1), (high, 1 if piece.high_closed else -1), piece)
        if span.low < span.high:
            spans.append(span)
    return sorted(spans, key=lambda span: (span.low, span.high))


def normal(pieces: list[Piece]) -> list[Piece] | None:
    """Sorted and merged; None where an end has no known value."""
    spans = _spans(pieces)
    if spans is None:
        return None
    merged: list[_Span] = []
    for span in spans:
        if merged and span.low <= merged[-1].high:
            if span.high > merged[-1].high:
                last = merged[-1]
                joined = Piece(last.piece.low, last.piece.low_closed, span.piece.high, span.piece.high_closed)
                merged[-1] = _Span(last.low, span.high, joined)
        else:
            merged.append(span)
    return [span.piece for span in merged]


def intersection(left: list[Piece], right: list[Piece]) -> list[Piece] | None:
    """What lies in both; None where an end has no known value."""
    first, second = _spans(left), _spans(right)
    if first is None or second is None:
        return None
    found = []
    for a in first:
        for b in second:
            low, high = max((a, b), key=lambda span: span.low), min((a, b), key=lambda span: span.high)
            if low.low < high.high:
                found.append(Piece(low.piece.low, low.piece.low_closed, high.piece.high, high.piece.high_closed))
    return normal(found)


def complement(pieces: list[Piece]) -> list[Piece] | None:
    """What lies in none; None where an end has no known value."""
    merged = normal(pieces)
    if merged is None:
        return None
    found, low, closed = [], MINUS_INFINITY, False
    for piece in merged:
        found.append(Piece(low, closed, piece.low, not piece.low_closed and piece.low != MINUS_INFINITY))
        low, closed = piece.high, not piece.high_closed
    found.append(Piece(low, closed and low != INFINITY, INFINITY, False))
    return normal(found)
