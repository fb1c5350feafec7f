"""Repetition: what a model writes when it no longer gets on. Every check is linear in the text."""

from collections.abc import Iterator

from verifiers.reasoning.options import Thresholds
from verifiers.reasoning.passage import Finding, Passage, plain

_ENDING = 6_000
"""Characters at the end in which a loop is looked for."""
_PROBE = 20


def loop_end(passage: Passage, limits: Thresholds) -> Iterator[Finding]:
    """The text ends in one unit over and over, the last time perhaps cut off: how a degenerate sample looks."""
    text = passage.whole.rstrip()
    tail = text[-_ENDING:]
    if len(tail) < limits.ending_chars or tail.rfind(tail[-_PROBE:], 0, len(tail) - 1) < 0:
        return  # its last characters occur once, so nothing repeats
    length, period = _periodic_suffix(tail, limits.ending_times)
    unit = tail[len(tail) - period :]
    if length >= limits.ending_chars and any(sign.isalnum() for sign in unit):
        told = f"the text ends in {length} characters that repeat {plain(unit, 60)!r}"
        yield Finding("loop_end", len(text) - length, len(text), length // period, limits.ending_times, told)


def _periodic_suffix(text: str, times: int) -> tuple[int, int]:
    """Length and period of the longest suffix that holds at least ``times`` periods; (0, 1) for none.

    The failure function of Knuth, Morris and Pratt, over the reversed text.
    """
    back = text[::-1]
    border = [0] * len(back)
    best, k = (0, 1), 0
    for i in range(1, len(back)):
        while k and back[i] != back[k]:
            k = border[k - 1]
        k += back[i] == back[k]
        border[i] = k
        if (i + 1) >= times * (i + 1 - k):
            best = (i + 1, i + 1 - k)
    return best


def loop_compression(passage: Passage, limits: Thresholds) -> Iterator[Finding]:
    """The ratio of the text's length and zlib's."""
    ratio = passage.compression
    if ratio > limits.compression:
        told = f"zlib shrinks the text to 1/{ratio:.1f}"
        yield Finding("loop_compression", 0, len(passage.whole), ratio, limits.compression, told)


def loop_ngram(passage: Passage, limits: Thresholds) -> Iterator[Finding]:
    """The same words in a row, counted without overlap, and so often that they make up much of the text.

    The share is what tells a loop from a case distinction in which every case begins alike.
    """
    size, times, words, text = limits.ngram_words, limits.ngram_times, passage.words, passage.whole
    if len(words) < size * times:
        return
    grams = [text[words[i][0] : words[i + size - 1][1]] for i in range(len(words) - size + 1)]
    seen: dict[str, tuple[int, int]] = {}  # count, and the first word that does not overlap
    for i, gram in enumerate(grams):
        count, free = seen.get(gram, (0, 0))
        if i >= free:
            seen[gram] = (count + 1, i + size)
    most = max(seen, key=lambda gram: seen[gram][0])
    if seen[most][0] < times:
        return
    covered = end = 0
    for i, gram in enumerate(grams):
        if seen[gram][0] >= times:
            covered += i + size - max(i, end)
            end = i + size
    share = covered / len(words)
    if share >= limits.ngram_share:
        start = text.index(most)
        told = f"{size} words in a row come {seen[most][0]} times, such make {share:.0%} of the text: {_quoted(most)}"
        yield Finding("loop_ngram", start, start + len(most), round(share, 3), limits.ngram_share, told)


def loop_line(passage: Passage, limits: Thresholds) -> Iterator[Finding]:
    """The same line, and such lines make up much of the text; one without a letter (a ruler) may repeat."""
    seen: dict[str, int] = {}
    for line in passage.whole.split("\n"):
        key = line.strip()
        if len(key) >= limits.line_chars:
            seen[key] = seen.get(key, 0) + 1
    many = {key: n for key, n in seen.items() if n >= limits.line_times and any(sign.isalpha() for sign in key)}
    share = sum(len(key) * number for key, number in many.items()) / max(len(passage.whole), 1)
    if many and share >= limits.line_share:
        most = max(many, key=many.__getitem__)
        start = passage.whole.index(most)
        told = f"a line comes {many[most]} times, such lines make {share:.0%} of the text: {_quoted(most)}"
        yield Finding("loop_line", start, start + len(most), round(share, 3), limits.line_share, told)


def _quoted(text: str) -> str:
    return repr(plain(text, 100))
