"""Language mixing, as far as scripts show it: English in a Spanish answer is not seen, Chinese in an English one is."""

import functools
import unicodedata
from collections import Counter
from collections.abc import Iterator

from verifiers.reasoning.options import Thresholds
from verifiers.reasoning.passage import Finding, Passage

# what the names of letters begin with that any text may hold: Latin, Greek and mathematics
_NEUTRAL = frozenset(
    (
        "LATIN", "GREEK", "MATHEMATICAL", "DOUBLE-STRUCK", "SCRIPT", "BLACK-LETTER", "MODIFIER", "MICRO", "ANGSTROM",
        "KELVIN", "OHM", "PLANCK", "EULER", "ALEF", "BET", "GIMEL", "DALET", "SUPERSCRIPT", "SUBSCRIPT", "FEMININE",
        "MASCULINE", "TURNED", "COPTIC", "FULLWIDTH", "IDEOGRAPHIC",
    )
)  # fmt: skip
# scripts that are written together
_TOGETHER = {
    "HIRAGANA": ("KATAKANA", "CJK"),
    "KATAKANA": ("HIRAGANA", "CJK"),
    "KATAKANA-HIRAGANA": ("KATAKANA", "HIRAGANA", "CJK"),
    "HANGUL": ("CJK",),
}


@functools.lru_cache(maxsize=4096)
def script(letter: str) -> str:
    """The script of a letter, as the first word of its Unicode name; empty for Latin, Greek, mathematics, no letter."""
    if not letter.isalpha():
        return ""
    word = unicodedata.name(letter, "").removeprefix("HALFWIDTH ").partition(" ")[0]
    return "" if word in _NEUTRAL else word


def foreign_script(passage: Passage, limits: Thresholds) -> Iterator[Finding]:
    """The share of letters in scripts that the prompt does not use."""
    if passage.whole.isascii():
        return
    counts = Counter(passage.whole)
    known = {script(letter) for letter in set(passage.prompt)} | {""}
    known |= {other for name in known for other in _TOGETHER.get(name, ())}
    strange = {letter for letter in counts if script(letter) not in known}
    number = sum(counts[letter] for letter in strange)
    share = number / max(sum(count for letter, count in counts.items() if letter.isalpha()), 1)
    if number >= max(limits.foreign_letters, 1) and share > limits.foreign_share:
        start = next(at for at, letter in enumerate(passage.whole) if letter in strange)
        names = ", ".join(sorted({script(letter) for letter in strange})[:5])
        told = f"{number} letters ({share:.1%}) are of scripts that the prompt does not use: {names}"
        yield Finding("foreign_script", start, start + 1, round(share, 4), limits.foreign_share, told)
