"""How long a text is, against absolute bounds: a verifier sees one sample, so none of its group."""

from collections.abc import Iterator

from verifiers.reasoning.options import Thresholds
from verifiers.reasoning.passage import Finding, Passage


def values_of(passage: Passage) -> dict[str, float]:
    """What was measured, for whoever wants to compare within a group."""
    whole = passage.whole
    counts = {"chars": len(whole), "words": len(passage.words), "steps": passage.steps}
    return counts | {"thought_chars": len(passage.thought_text), "compression": passage.compression}


def too_short(passage: Passage, limits: Thresholds) -> Iterator[Finding]:
    """Fewer characters, words or steps than asked for."""
    for unit, least in (("chars", limits.min_chars), ("words", limits.min_words), ("steps", limits.min_steps)):
        number = int(values_of(passage)[unit]) if least else 0
        if number < least:
            told = f"{number} {unit}, at least {least} are asked for"
            yield Finding("too_short", 0, len(passage.whole), number, least, told)


def too_long(passage: Passage, limits: Thresholds) -> Iterator[Finding]:
    """More characters, words or steps than allowed."""
    for unit, most in (("chars", limits.max_chars), ("words", limits.max_words), ("steps", limits.max_steps)):
        number = int(values_of(passage)[unit]) if most else 0
        if number > most:
            told = f"{number} {unit}, at most {most} are allowed"
            yield Finding("too_long", 0, len(passage.whole), number, most, told)
