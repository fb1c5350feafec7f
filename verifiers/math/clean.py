"""Text normalisation: many spellings of the same answer become one, and plain numbers are read at once.

Works on short texts (``tree.MAX_CHARS``); every expression is linear.
"""

import re
import unicodedata
from fractions import Fraction

from verifiers.math.notation import rewritten

_SUPER = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ", "0123456789+-n", strict=True))
_SUB = dict(zip("₀₁₂₃₄₅₆₇₈₉", "0123456789", strict=True))
_FRACTIONS = {"½": "1/2", "⅓": "1/3", "⅔": "2/3", "¼": "1/4", "¾": "3/4", "⅕": "1/5", "⅙": "1/6", "⅛": "1/8"}
_SIGNS = {
    **dict.fromkeys("−–—‐‑‒﹣", "-"),
    **dict.fromkeys("\u00a0\u2002\u2003\u2009\u200a\u202f\u3000", " "),
    **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u00ad", ""),
    **{c: f"\\{name} " for c, name in zip("αβγδεθλμπρστφωΔΩ", (
        "alpha", "beta", "gamma", "delta", "epsilon", "theta", "lambda", "mu", "pi", "rho", "sigma", "tau", "phi",
        "omega", "Delta", "Omega"), strict=True)},
    "×": "\\times ", "·": "\\cdot ", "⋅": "\\cdot ", "∙": "\\cdot ", "÷": "\\div ", "∕": "/", "⁄": "/", "√": "\\sqrt ",
    "∞": "\\infty ", "≤": "\\le ", "⩽": "\\le ", "≥": "\\ge ", "⩾": "\\ge ", "≠": "\\ne ", "≈": "\\approx ",
    "⇒": "\\Rightarrow ", "∀": "\\forall ", "∃": "\\exists ", "∧": "\\land ", "∨": "\\lor ", "¬": "\\neg ",
    "∪": "\\cup ", "∩": "\\cap ", "∈": "\\in ", "∅": "\\emptyset ", "±": "\\pm ", "∓": "\\mp ", "°": "^\\circ ",
    "⟨": "\\langle ", "⟩": "\\rangle ",
    "△": "\\triangle ", "∠": "\\angle ", "’": "'", "‘": "'", "“": '"', "”": '"', "∣": "|", "\ufffd": " ",
}  # fmt: skip
_CIRCLED = {chr(0x2460 + k): f" {k + 1}," for k in range(20)}
_TABLE = {ord(key): text for key, text in (_SIGNS | {k: f" {v}" for k, v in _FRACTIONS.items()} | _CIRCLED).items()}

_REPLACE = (
    (re.compile(r"<sup>([^<>]{1,20})</sup>"), r"^{\1}"),
    (re.compile(r"\\[dtc]frac(?![a-zA-Z])"), r"\\frac"),
    (re.compile(r"\\[dt]binom(?![a-zA-Z])"), r"\\binom"),
    (re.compile(r"\\(?:left|right|bigg?[lrm]?|Bigg?[lrm]?|middle)(?![a-zA-Z])\.?"), ""),
    (re.compile(r"\\(?:displaystyle|textstyle|limits|nolimits|boldsymbol|bm)(?![a-zA-Z])"), ""),
    (re.compile(r"(?<=\d)(?:\{,\}|,?\\!|\\,)(?:\\!)?(?=\d{3})"), ","),
    (re.compile(r"(?<!\\)\\(?:[,;:!> ]|q?quad(?![a-zA-Z]))"), " "),
    (re.compile(r"(?<!\\)(?:\\[()\[\]]|\$)"), " "),
    (re.compile(r"(?<=\d)(?:st|nd|rd|th)\b"), ""),
    (re.compile(r"(?<=\d)\s?(km|mi|ft|cm|m)/(s|sec|min|hr|h)$"), r" \\text{\1 per \2}"),
    (re.compile(r"\.(?=\s*[\])])"), ""),
    (re.compile(r"\\operatorname\*?\s*\{\s*([a-zA-Z]{1,20})\s*\}"), r"\\\1 "),
    (re.compile(r"~"), " "),
    (re.compile(r"\s+"), " "),
)
_EMPHASIS = re.compile(r"^(\*\*|__|`|\"|')(.*)\1$", re.DOTALL)
_STRAY_QUOTE = re.compile(r"(?<=[\d)}])[\"`]+(?:\s*\\\])?[\s.`]*$")
_ANSWER_KEY = re.compile(r"^(?:\\[\[(])?\s?[\"']answer[\"']\s?:\s?[\"']([^\"']*)[\"'].*$", re.DOTALL)
_CLOCK = re.compile(
    r"(\d{1,2}):(\d\d)\s{0,4}(?:\\(?:text|mathrm)\{\s{0,4}([ap])\.?\s?m\.?\s{0,4}\}|([ap])\.?\s?m\b\.?)", re.IGNORECASE
)
_SHOUTED = re.compile(r"[a-z]{4,}!+$")
_DOUBLED = re.compile(r"(?<!\\)\\\\+(?=[a-zA-Z])")
_NUMBER = re.compile(r"([-+]?)\s?(?:\\?\$)?(\d{1,3}(?:,\d{3})+|\d+)?(?:\.(\d*))?")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_SPACE = re.compile(r"(?<![A-Za-z0-9])\s+|\s+(?![A-Za-z0-9])")
_WRAPPED = re.compile(r"\\(?:text|textbf|mathrm|mathbf|textit|mathit|mbox|textrm)\s*\{([^{}]*)\}")


def printable(text: str) -> str:
    r"""Without control characters and lone surrogates, which no file takes; ``\\frac`` that JSON broke is mended."""
    return _CONTROL.sub(" ", text.replace("\x0crac", "\\frac"))


def clean(text: str) -> str:
    """One spelling for signs, spacing, sizes and math delimiters; meaning is untouched."""
    text = printable(text).strip()
    if not text.isascii():
        text = _scripts(_scripts(text, _SUPER, "^"), _SUB, "_").translate(_TABLE)
        text = unicodedata.normalize("NFKC", text)
    if "\\begin" not in text:
        text = _DOUBLED.sub(r"\\", text)  # JSON's doubled backslashes
    text = _ANSWER_KEY.sub(r"\1", text)
    inner = _EMPHASIS.match(text)
    text = _STRAY_QUOTE.sub("", inner.group(2) if inner else text)
    text = _CLOCK.sub(_minutes, text)
    for pattern, replacement in _REPLACE:
        text = pattern.sub(replacement, text)
    text = _bare_ends(text.strip())
    inner = _EMPHASIS.match(text)
    return rewritten(_bare_ends(inner.group(2)) if inner else text)


def _minutes(match: re.Match[str]) -> str:
    """``4:30 p.m.`` as minutes after midnight."""
    afternoon = (match.group(3) or match.group(4)).lower() == "p"
    return f"{int(match.group(1)) % 12 * 60 + int(match.group(2)) + 720 * afternoon} clock"


def _bare_ends(text: str) -> str:
    if text.endswith("!") and _SHOUTED.search(text[-40:]):  # otherwise a factorial
        text = text.rstrip("!")
    return text.rstrip(".,;:?\\ ")


def _scripts(text: str, table: dict[str, str], sign: str) -> str:
    run = re.compile("[" + "".join(table) + "]+")
    return run.sub(lambda m: f"{sign}{{{''.join(table[c] for c in m.group())}}}", text)


def text_key(cleaned: str) -> str:
    """Equal for texts that differ only in wrapping, spaces and the case of words."""
    text = cleaned
    for _ in range(3):
        text = _WRAPPED.sub(r" \1 ", text)
    text = _SPACE.sub("", text.strip())
    return text.lower() if len(text) > 3 and text.replace(" ", "").isalpha() else text


_SYNONYMS = re.compile(
    r"\\(geq?s?l?a?n?t?|leq?s?l?a?n?t?|neq?|cdots|ldots|dots|times|cdot|rightarrow|to|longrightarrow|implies|Rightarrow"
    r"|land|wedge|lor|vee|neg|lnot|mid|left|right|varnothing|overrightarrow)(?![a-zA-Z])"
)
_MEANING = {
    "ge": ">=", "geq": ">=", "geqslant": ">=", "le": "<=", "leq": "<=", "leqslant": "<=", "ne": "!=", "neq": "!=",
    "cdots": "dots", "ldots": "dots", "cdot": "times", "rightarrow": "to", "longrightarrow": "to",
    "implies": "Rightarrow",
    "wedge": "land", "vee": "lor", "lnot": "neg", "mid": "|", "left": "", "right": "", "varnothing": "emptyset",
    "overrightarrow": "vec",
}  # fmt: skip
_SINGLE = re.compile(r"\{(\\?[a-zA-Z]+|\w)\}")


def notation_key(cleaned: str) -> str:
    """Equal for formulas that differ only in the names of signs, in braces round one letter and in spaces.

    For texts that the grammar cannot read: logic, geometry, chemistry.
    """
    text = cleaned
    for _ in range(3):
        text = _WRAPPED.sub(r" \1 ", text)
    text = _SYNONYMS.sub(lambda m: " " + _MEANING.get(m.group(1), m.group(1)) + " ", text)
    text = _SINGLE.sub(r"\1", text.replace("\\", ""))
    return re.sub(r"[\s$]+", "", text).rstrip(".")


def plain_number(text: str) -> Fraction | None:
    """Value of ``-1,234.50`` or ``$18``; None for anything else. At most 200 characters."""
    if len(text) > 200:
        return None
    match = _NUMBER.fullmatch(text)
    if match is None or not (match.group(2) or match.group(3)):
        return None
    digits = (match.group(2) or "0").replace(",", "")
    places = match.group(3) or ""
    value = Fraction(int(digits + places), 10 ** len(places))
    return -value if match.group(1) == "-" else value
