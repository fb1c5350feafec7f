"""Rewrites notations that the grammar does not know into ones that it does; every rule keeps the meaning.

Each rule looks for a telling character first, so that an ordinary answer costs almost nothing.
"""

import re

from verifiers.math.units import unit_words

_REPEATING = re.compile(r"(?<![\d.])(\d*)\.(\d{0,60})\s?\\(?:overline|bar|dot|widehat)\s?(?:\{(\d{1,60})\}|(\d))")
_PARENTHESISED = re.compile(r"(?<![\d.])(\d+)\.(\d*)\((\d{1,60})\)(?![\d^])")
_TRAILING_DOTS = re.compile(r"(?<![\d.])(\d+)\.(\d{2,60}?)(?:\\[lc]?dots|\.\.\.|…)")
_DOTTED = re.compile(r"(?<![\d.])(\d*)\.(\d{0,60})\\dot\s?\{?(\d)\}?(\d*)\\dot\s?\{?(\d)\}?")
_SEXAGESIMAL = re.compile(
    r"(?<!\d)(\d{1,9})\s?\^\s?\{?\\circ\s?\}?\s?(\d+(?:\.\d+)?)\s?(?:'|\^?\{?\\prime\}?)"
    r"(?:\s?(\d+(?:\.\d+)?)\s?(?:''|\"|\^?\{?\\prime\\prime\}?))?"
)
_TEXT = re.compile(r"\\(?:text|mathrm|textrm|mbox|operatorname)\s?\{((?:[^{}]|\{[^{}]{0,20}\}){1,60})\}(\^\{?-?\d\}?)?")
_TEXT_PER_TEXT = re.compile(r"\\(?:text|mathrm)\s?\{([^{}]{1,30})\}\s?/\s?\\(?:text|mathrm)\s?\{([^{}]{1,30})\}")
_REVERSED = re.compile(r"(^|\\cup\s?|\\in\s?)([\]\[])([^\[\]()]{1,200}[,;][^\[\]()]{1,200})([\]\[])(?=\s?(?:$|\\cup))")
_SYSTEM = re.compile(
    r"\\(?:\{|lbrace)\s?\\begin\{(array|aligned|matrix|split|gathered)\}(?:\{[lcr|\s]{0,9}\})?(.*?)\\end\{\1\}(?!\s?\\\})",
    re.DOTALL,
)
_COMBINATIONS = re.compile(r"(?:\{\})?_\{?(\w{1,4})\}?\s?([CP])_\{?(\w{1,4})\}?")
_ELLIPSIS = re.compile(
    r"([a-zA-Z])_\{?(\w{1,9})\}?((?:\s?\+\s?\1_\{?[\w+-]{1,9}\}?){0,6})\s?\+\s?\\[lc]?dots\s?\+\s?\1_\{?([\w+-]{1,9})\}?"
)
_TEMPERATURE = re.compile(r"\s?\^\s?\{?\s?\\circ\s?\}?\s?(?:\\(?:text|mathrm|rm)\s?)?\{?\s?([CF])\s?\}?(?![a-zA-Z(])")
_SCALES = {"C": "celsius", "F": "fahrenheit"}
_CONDITIONAL = re.compile(r"^\s?(?:P|Pr|E|\\Pr|\\mathbb\{[PE]\})\s?[(\[][^()\[\]=]{1,60}[)\]]\s?=")
_GROUPED = re.compile(r"[-+]?\d{1,3}(?: \d{3})+(?:\.\d+)?")
_TO = re.compile(r"(\d+)\s(?:\\text\s?\{\s?)?to\s?\}?\s?(\d+)")
_TIMES_TEN = re.compile(r"(?<=\d)\s?[xX]\s?(?=10\s?(?:\^|\*\*))")
_UNION = re.compile(r"(?<=[)\]}])\s?U\s?(?=[(\[{\\])")
_PLUS_MINUS = re.compile(r"\+\s?/?\s?-(?=\s?[\d\\(a-zA-Z])")
_REALS = re.compile(
    r"\\mathbb\s?\{?\s?R\s?\}?(?!\s?[\^_])|\\R(?![a-zA-Z])|ℝ"
    r"|\b(?:the set of )?(?:all )?real numbers\b|\ball reals\b|\\reals(?![a-zA-Z])",
)
_NUMBER_SETS = re.compile(r"\\mathbb\s?\{?\s?([ZNQC])\s?\}?|\\([ZNQ])(?![a-zA-Z])")
_MODULUS = re.compile(
    r"\(\s?\\?(?:text\s?\{\s?)?mod(?:ulo)?\s?\}?\s?([^()]{1,40})\)|\\pmod\s?(?:\{([^{}]{1,40})\}|(\w))"
)


def rewritten(text: str) -> str:
    """The text with every known notation replaced."""
    if "." in text and ("\\" in text or "(" in text or "..." in text or "…" in text):
        text = _repeating(text)
    if "\\circ" in text:
        text = _SEXAGESIMAL.sub(_minutes_of_arc, text)
        text = _TEMPERATURE.sub(lambda m: f" \\text{{{_SCALES[m.group(1)]}}}", text)
    if "\\begin" in text:
        text = _SYSTEM.sub(r"\\begin{cases}\2\\end{cases}", text)
    if "[" in text or "]" in text:
        text = _REVERSED.sub(_turned, text)
    if "C_" in text or "P_" in text:
        text = _COMBINATIONS.sub(_counted, text)
    if "dots" in text:
        text = _ELLIPSIS.sub(_run, text)
    if "|" in text or "\\mid" in text:
        text = _CONDITIONAL.sub("", text)
    if "10" in text:
        text = _TIMES_TEN.sub(r"\\times ", text)
    if "U" in text:
        text = _UNION.sub(r"\\cup ", text)
    if "+" in text and "-" in text:
        text = _PLUS_MINUS.sub(r"\\pm ", text)
    if " " in text:
        text = text.replace(" ", "") if _GROUPED.fullmatch(text) else _ratio(text)
    return _with_backslash(text) if "\\" in text or "real" in text or "mod" in text or "ℝ" in text else text


def _with_backslash(text: str) -> str:
    text = _REALS.sub(r" (-\\infty ,\\infty ) ", text)
    text = _NUMBER_SETS.sub(lambda m: f" \\set{m.group(1) or m.group(2)} ", text)
    if "mod" in text:
        text = _MODULUS.sub(lambda m: f" \\congruent{{{m.group(1) or m.group(2) or m.group(3)}}}", text)
    if "text" in text or "mathrm" in text or "mbox" in text or "operatorname" in text:
        text = _TEXT_PER_TEXT.sub(r"\\text{\1/\2}", text)
        text = _TEXT.sub(_unit, text)
    return text


def _repeating(text: str) -> str:
    text = _DOTTED.sub(lambda m: _fraction(m.group(1), m.group(2), m.group(3) + m.group(4) + m.group(5)), text)
    text = _REPEATING.sub(lambda m: _fraction(m.group(1), m.group(2), m.group(3) or m.group(4)), text)
    text = _PARENTHESISED.sub(lambda m: _fraction(m.group(1), m.group(2), m.group(3)), text)
    return _TRAILING_DOTS.sub(_period, text)


def _fraction(whole: str, fixed: str, period: str) -> str:
    """``0.1(6)`` as 15/90."""
    if len(fixed) > 60:
        return f"{whole}.{fixed}({period})"
    top = int(whole + fixed + period or "0") - int(whole + fixed or "0")
    bottom = (10 ** len(period) - 1) * 10 ** len(fixed)
    return f"\\frac{{{top}}}{{{bottom}}}"


def _period(match: re.Match[str]) -> str:
    """``0.333…`` and ``0.1666…``: a period that is shown at least three times (twice when it is long)."""
    whole, digits = match.groups()
    for size in range(1, len(digits) // 2 + 1):
        period = digits[-size:]
        shown = 3 if size == 1 else 2
        if digits.endswith(period * shown):
            fixed = digits
            while fixed.endswith(period):
                fixed = fixed[:-size]
            return _fraction(whole, fixed, period)
    return match.group()


def _minutes_of_arc(match: re.Match[str]) -> str:
    degrees, minutes, seconds = match.groups()
    return f"({degrees}+\\frac{{{minutes}}}{{60}}+\\frac{{{seconds or 0}}}{{3600}})^\\circ "


def _turned(match: re.Match[str]) -> str:
    r"""``]1,2]`` as ``(1,2]``; an ordinary pair of brackets stays."""
    before, left, body, right = match.groups()
    if left == "[" and right == "]":
        return match.group()
    return f"{before}{'(' if left == ']' else '['}{body}{')' if right == '[' else ']'}"


def _counted(match: re.Match[str]) -> str:
    top, kind, bottom = match.groups()
    return f"\\binom{{{top}}}{{{bottom}}}" if kind == "C" else f"\\frac{{({top})!}}{{({top}-{bottom})!}}"


def _run(match: re.Match[str]) -> str:
    """``a_0 + a_1 + ... + a_k`` as one symbol that is the same from either end; steps other than one stay."""
    letter, first, between, last = match.groups()
    middle = re.findall(rf"{letter}_\{{?([\w+-]+)", between)
    up = [str(int(first) + k + 1) if first.isdigit() else f"{first}+{k + 1}" for k in range(len(middle))]
    down = [str(int(first) - k - 1) if first.isdigit() else f"{first}-{k + 1}" for k in range(len(middle))]
    if middle not in (up, down):
        return match.group()
    ends = sorted((first, last))
    return f"({letter}_{{{ends[0]} to {ends[1]}}})"


def _ratio(text: str) -> str:
    match = _TO.fullmatch(text.strip())
    return f"{match.group(1)}:{match.group(2)}" if match else text


def _unit(match: re.Match[str]) -> str:
    words = unit_words(match.group(1) + (match.group(2) or ""))
    return match.group() if words is None else f" \\text{{{words}}}"
