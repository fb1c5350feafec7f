"""Words, numbers and operators of a text, in a form in which copies of it agree."""

import re
import unicodedata
from collections.abc import Iterator

_SINGLE = r"\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"  # scripts without spaces between words: each sign is a word
_INSIDE = r"\u00ad\u0300-\u036f\u200b-\u200d\u2060\ufeff"  # accents, and what nobody sees
_LETTER = rf"[^\W\d_{_SINGLE}]"
_WORD = re.compile(
    rf"\\[A-Za-z]+|[{_SINGLE}]|{_LETTER}(?:{_LETTER}|[{_INSIDE}])*"
    r"|\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?"
    rf"|(?<!{_LETTER})[-\u2212]|[-\u2212](?!{_LETTER})|[+*/=<>^%\u00d7\u00f7\u00b7\u2260\u2264\u2265]"
)
_INVISIBLE = re.compile(rf"[{_INSIDE}]")
_LAYOUT = re.compile(
    r"\\(left|right|[bB]igg?[lr]?|displaystyle|textstyle|q?quad|text(bf|it|rm)?|math(rm|bf)|mbox|boxed|begin|end)"
)
_SAME = {
    "\\dfrac": "frac",
    "\\tfrac": "frac",
    "\\times": "*",
    "\u00d7": "*",
    "\\cdot": "*",
    "\u00b7": "*",
    "\\div": "/",
    "\u00f7": "/",
    "\u2212": "-",
    "\\le": "\u2264",
    "\\leq": "\u2264",
    "\\ge": "\u2265",
    "\\geq": "\u2265",
    "\\ne": "\u2260",
    "\\neq": "\u2260",
}


def words(text: str) -> list[str]:
    """Words of any text, in linear time.

    Case, white space, punctuation, brackets, dollar signs, LaTeX layout commands, thousands separators and the Unicode
    form (NFKC) make no difference; a number and a letter next to it are two words.
    """
    return [word for raw in _WORD.findall(text) if (word := _normal(raw))]


def places(text: str) -> Iterator[tuple[int, int]]:
    """Start and end, in characters, of each of ``words(text)``."""
    return (match.span() for match in _WORD.finditer(text) if _normal(match.group()))


def _normal(raw: str) -> str:
    if raw[0] == "\\":
        return "" if _LAYOUT.fullmatch(raw) else _SAME.get(raw, raw[1:]).lower()
    if raw.isascii():
        return raw.replace(",", "").lower()
    return _SAME.get(raw) or unicodedata.normalize("NFKC", _INVISIBLE.sub(_kept, raw)).casefold()


def _kept(mark: re.Match[str]) -> str:
    return mark.group() if "\u0300" <= mark.group() <= "\u036f" else ""
