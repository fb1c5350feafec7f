"""Cuts reasoning into steps: character spans of the text, in order, that never overlap.

What lies between two steps is white space or a code fence's own line, so spans and gaps together give the text back.
"""

import re
from itertools import pairwise
from typing import Literal

Segmenter = Literal["auto", "paragraphs", "lines", "whole"]
Span = tuple[int, int]

MAX_STEPS = 5_000
_BLANK = re.compile(r"\n(?:[ \t\r]*\n)+")  # begins at a line's end: a run of spaces is then read once, not once a space
_LINE = re.compile(r"\n")
_LABEL = re.compile(r"(?:\*\*|#{1,6} *)?(?:step|part) *\d{1,3}\b", re.IGNORECASE)
_NUMBERED = re.compile(r"(?:\*\*)?\d{1,3}[.)] ")
_OPEN = re.compile(r"\\\[|\\begin\{|\$\$|```|<<<")
_CLOSE = {"\\[": "\\]", "\\begin{": "\\end{", "$$": "$$", "```": "```", "<<<": ">>>"}


def segment(text: str, how: Segmenter = "auto") -> list[Span]:
    """Spans of the steps of ``text``, without the white space around them.

    ``paragraphs`` cuts at blank lines, ``lines`` at every line end outside displays, environments and code fences,
    ``whole`` nowhere. ``auto`` takes the labels when there are two or more (``Step 3``), else paragraphs when there
    are two or more of them, else lines. At most ``MAX_STEPS``: the last one takes the rest.
    """
    if how == "auto":
        spans = _labelled(text)
        if len(spans) < 2:
            spans = _cut(text, [m.span() for m in _BLANK.finditer(text)])
            spans = spans if len(spans) > 1 else _lines(text)
    elif how == "paragraphs":
        spans = _cut(text, [m.span() for m in _BLANK.finditer(text)])
    elif how == "lines":
        spans = _lines(text)
    else:
        spans = _cut(text, [])
    if len(spans) > MAX_STEPS:
        spans = [*spans[: MAX_STEPS - 1], (spans[MAX_STEPS - 1][0], spans[-1][1])]
    return spans


def _cut(text: str, gaps: list[Span]) -> list[Span]:
    """Spans between the gaps, trimmed, empty ones left out."""
    edges = [0, *(edge for gap in gaps for edge in gap), len(text)]
    spans = []
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        piece = text[start:end]
        left = start + len(piece) - len(piece.lstrip())
        right = start + len(piece.rstrip())
        if right > left:
            spans.append((left, right))
    return spans


def _lines(text: str) -> list[Span]:
    closed = _closed(text)
    gaps, at = [], 0
    for match in _LINE.finditer(text):
        while at < len(closed) and closed[at][1] <= match.start():
            at += 1
        if at == len(closed) or match.start() < closed[at][0]:
            gaps.append(match.span())
    return _cut(text, gaps)


def _closed(text: str) -> list[Span]:
    """Spans of displays, environments and fences that are closed again: no step ends inside one."""
    spans, at = [], 0
    while match := _OPEN.search(text, at):
        close = _CLOSE[match.group()]
        end = text.find(close, match.end(), match.end() + 4000)
        at = match.end() if end < 0 else end + len(close)
        if end >= 0:
            spans.append((match.start(), at))
    return spans


def _labelled(text: str) -> list[Span]:
    """Spans that each begin at a line with a label; what comes before the first label is a step of its own."""
    lines = [0, *(match.end() for match in re.finditer(r"\n[ \t]*", text))]
    for label in (_LABEL, _NUMBERED):
        starts = [line for line in lines if label.match(text, line)]
        if len(starts) > 1 and (label is _LABEL or _counts(text, starts)):
            edges = sorted({0, *starts, len(text)})
            return [span for start, end in pairwise(edges) for span in _trimmed(text, start, end)]
    return []


def _counts(text: str, starts: list[int]) -> bool:
    """Numbered lines count up from 1, so that they are steps and no list of values."""
    numbers = [int(re.match(r"\D*(\d+)", text[start : start + 8]).group(1)) for start in starts]  # type: ignore[union-attr]
    return numbers == list(range(1, len(numbers) + 1))


def _trimmed(text: str, start: int, end: int) -> list[Span]:
    return [(start + a, start + b) for a, b in _cut(text[start:end], [])]
