"""Finds the answer in a response: rules in a configured order, each linear in the text, each reporting its span."""

import re
from dataclasses import dataclass

from verifiers.math.options import Extraction
from verifiers.math.tree import MAX_CHARS

_KEY_BEFORE = re.compile(r"(?:^|[{,\[\n])\s*[\"'](?:final[ _]?|Final[ _]?)?[aA]$")
_BOX = re.compile(r"\\(?:boxed|fbox)(?![a-zA-Z])[ \t]*")
_JSON_KEY = re.compile(r"nswer[\"']\s{0,20}:[ \t]{0,20}")
_HASH = re.compile(r"####[ \t]*")
_PHRASE = re.compile(
    r"[Aa](?:nswer|NSWER)(?:[ \t](?:to|for)[ \t][^.\n:]{0,60}?)?(?:[ \t](?:is|are|equals|IS)\b|\**[ \t]?[:=])"
    r"[ \t*]{0,4}:?[ \t*]{0,4}"
    r"|(?:[Cc]orrect|[Rr]ight|[Bb]est)[ \t](?:option|choice)(?:[ \t]is\b|[ \t]?[:=])[ \t*]{0,4}"
)
_SAID = ("nswer", "NSWER", "ption", "hoice")
_OPTION = re.compile(
    r"(?:[Oo]ption|[Cc]hoice)?[ \t]?\**(\([A-J]\)|\b[A-J]\b)\**[ \t]"
    r"(?:is|must be)[ \t](?:the[ \t])?(?:correct|right|best|answer)\b"
)
_BOLD = re.compile(r"\*\*([^*\n]{1,300})\*\*|\\textbf\{([^{}\n]{1,300})\}")
_DISPLAYED = re.compile(r"\s{0,9}(?:\$\$(.{1,2000}?)\$\$|```[^\n`]{0,40}\n(.{1,2000}?)```)", re.DOTALL)
_FENCE = re.compile(r"^[ \t]{0,3}```[^\n`]{0,40}$", re.MULTILINE)
_LABEL = re.compile(r"(?:[Ff]inal[ \t])?(?:[Aa]nswer|[Rr]esult|[Ss]olution)[ \t]?:[ \t]*")
_A_LINE = re.compile(r"^[ \t>*]{0,4}A:[ \t*]{0,4}", re.MULTILINE)
_SENTENCE_END = re.compile(r"\n\s*\n|\.[ \t]*(?=\n|\Z)|\.(?=[ \t]+[A-Z(])|\.?[ \t]*\*\*[ \t]*\n|\n(?![ \t]*[\\$])")
_TRAILING = re.compile(r"\$([^$\n]{1,500})\$[^$\n]{0,20}$|(-?\$?\d[\d,]*(?:\.\d+)?(?:/\d+)?)[^\d\n]{0,20}$")
_CONTENT = re.compile(r"[^\W_]|∅|∞")
_WINDOW = 200_000
"""An answer is looked for in the last characters only; boxes and keys in the whole text."""
_TAIL = 50_000
_TRIES = 8
"""How many places of one rule are tried, from the last."""


@dataclass(frozen=True, slots=True)
class Found:
    """An answer and where it stands: characters [start, end) of the response."""

    text: str
    rule: str
    start: int
    end: int


def extract(text: str, rules: tuple[str, ...]) -> Found | None:
    """The answer by the first rule that finds one, or None."""
    for rule in rules:
        found = _RULES[rule](text)
        if found is not None:
            return found
    return None


def boxes(text: str) -> list[Found]:
    """Every closed, filled box, in order (at most the last 64)."""
    starts = [match.end() for match in _BOX.finditer(text)][-64:]
    return [box for start in starts if (box := _box_at(text, start)) is not None]


def extract_joined(text: str, policy: Extraction, parts: int) -> Found | None:
    """Like ``extract``, but as many boxes as the gold has parts are read as one list."""
    found = extract(text, policy.rules)
    if found is None or found.rule != "boxed" or parts < 2 or not policy.join_boxes:
        return found
    every = boxes(text)
    if len(every) != parts or any("," in box.text for box in every):
        return found
    return Found(", ".join(box.text for box in every), "boxes", every[0].start, every[-1].end)


def _last_spans(pattern: re.Pattern[str], text: str, offset: int = 0) -> list[tuple[int, int]]:
    """Spans of the last few matches, the very last first. The end is searched first: long texts repeat themselves."""
    if offset == 0 and len(text) > 2 * _TAIL:
        spans = _last_spans(pattern, text, len(text) - _TAIL)
        if spans:
            return spans
    spans = []
    for match in pattern.finditer(text, offset):
        spans.append(match.span())
        if len(spans) > 4 * _TRIES:
            del spans[:-_TRIES]
    return spans[: -_TRIES - 1 : -1]


def _boxed(text: str) -> Found | None:
    if "box" not in text:
        return None
    for _, start in _last_spans(_BOX, text):
        box = _box_at(text, start)
        if box is not None:
            return box
    return None


def _box_at(text: str, start: int) -> Found | None:
    """Contents of the braces at ``start``; None when they are empty or never closed."""
    if text[start : start + 1] != "{":
        match = re.compile(r"-?\d+(?:\.\d+)?").match(text, start)
        return Found(match.group(), "boxed", start, match.end()) if match else None
    depth = 0
    for match in re.compile(r"\\.|[{}]", re.DOTALL).finditer(text, start, start + 4 * MAX_CHARS):
        sign = match.group()
        depth += (sign == "{") - (sign == "}")
        if depth == 0 and sign == "}":
            return _trimmed(text, start + 1, match.start(), "boxed")
    return None


def _trimmed(text: str, start: int, end: int, rule: str) -> Found | None:
    body = text[start:end]
    start += len(body) - len(body.lstrip())
    body = body.strip()
    if not body or not (_CONTENT.search(body) or (rule == "boxed" and "\\" in body)):
        return None  # empty, or a template's ___
    if rule in ("phrase", "bold", "fence", "trailing") and body[-1] in ".,;:*`" and len(body) > 1:
        body = body.rstrip(".,;:*` ")  # the sentence's, not the answer's
    return Found(body, rule, start, start + len(body)) if body else None


def _json(text: str) -> Found | None:
    if "nswer" not in text:
        return None
    for before, start in _last_spans(_JSON_KEY, text):
        found = _json_value(text, start) if _KEY_BEFORE.search(text[max(0, before - 60) : before]) else None
        if found is not None:
            return found
    return None


def _json_value(text: str, start: int) -> Found | None:
    """The value behind ``"answer":``. Models write raw LaTeX into JSON, so single backslashes stay as they are."""
    quote = text[start : start + 1]
    if quote in ('"', "'"):
        for match in re.compile(r"\\.|[\"'\n]", re.DOTALL).finditer(text, start + 1, start + 2 + 4 * MAX_CHARS):
            if match.group() == quote or match.group() == "\n":
                return _unescaped(_trimmed(text, start + 1, match.start(), "json"))
        return _unescaped(_trimmed(text, start + 1, len(text), "json")) if len(text) - start < MAX_CHARS else None
    if quote in ("[", "{"):
        return None
    scalar = re.compile(r"[^,}\n]{1,200}(?:,\d{3}(?!\d))*").match(text, start)
    return _trimmed(text, start, scalar.end(), "json") if scalar and scalar.group().strip() != "null" else None


def _unescaped(found: Found | None) -> Found | None:
    if found is None:
        return None
    body = re.sub(r"\\([\\\"/])", r"\1", found.text)
    return Found(body, found.rule, found.start, found.end)


def _hash(text: str) -> Found | None:
    if "####" not in text:
        return None
    for _, start in _last_spans(_HASH, text):
        end = text.find("\n", start)
        found = _trimmed(text, start, end if end >= 0 else len(text), "hash")
        if found is not None:
            return found
    return None


def _phrase(text: str) -> Found | None:
    option, stated = _option(text), _stated(text)
    if option is None or stated is None:
        return option or stated
    return option if option.start > stated.start else stated


def _stated(text: str) -> Found | None:
    offset = max(0, len(text) - _WINDOW)
    spans = _last_spans(_PHRASE, text, offset) if any(word in text for word in _SAID) else []
    if "A:" in text:
        spans += _last_spans(_A_LINE, text, offset)
    for _, begin in sorted(spans, reverse=True):
        shown = _DISPLAYED.match(text, begin)
        if shown is not None:
            group = 1 if shown.group(1) is not None else 2
            return _trimmed(text, *shown.span(group), "phrase")
        body = text[begin : begin + MAX_CHARS]
        start = begin + len(body) - len(body.lstrip())
        match = _SENTENCE_END.search(text, start, start + MAX_CHARS)
        found = _trimmed(text, start, match.start() if match else len(text), "phrase")
        if found is not None:
            return found
    return None


def _option(text: str) -> Found | None:
    """``Option B is correct.``"""
    if not any(word in text for word in ("correct", "right", "best", "answer")):
        return None
    for begin, end in _last_spans(_OPTION, text, max(0, len(text) - _WINDOW)):
        match = _OPTION.match(text, begin, end)
        if match is not None:
            return Found(match.group(1), "phrase", *match.span(1))
    return None


def _bold(text: str) -> Found | None:
    """The last bold words, unless they are a heading (``**Step 2:**``)."""
    for begin, end in _last_spans(_BOLD, text, max(0, len(text) - _WINDOW)):
        match = _BOLD.match(text, begin, end)
        assert match is not None
        group = 1 if match.group(1) is not None else 2
        start, stop = match.span(group)
        label = _LABEL.match(text, start, stop)
        start = label.end() if label else start
        if not text[start:stop].rstrip().endswith(":"):
            found = _trimmed(text, start, stop, "bold")
            if found is not None:
                return found
    return None


def _fence(text: str) -> Found | None:
    """The last line of the last closed code block."""
    marks = _last_spans(_FENCE, text, max(0, len(text) - _WINDOW))
    if len(marks) < 2:
        return None
    (close, _), (_, start) = marks[0], marks[1]
    lines = text[start:close].rstrip()
    begin = start + lines.rfind("\n") + 1
    label = _LABEL.match(text, begin, close)
    return _trimmed(text, label.end() if label else begin, close, "fence")


def _trailing(text: str) -> Found | None:
    start = max(0, len(text) - 2000)
    tail = text[start:].rstrip()
    match = _TRAILING.search(tail, tail.rfind("\n") + 1)
    if match is None:
        return None
    group = 1 if match.group(1) else 2
    return _trimmed(text, start + match.start(group), start + match.end(group), "trailing")


_RULES = {
    "boxed": _boxed,
    "json": _json,
    "hash": _hash,
    "phrase": _phrase,
    "bold": _bold,
    "fence": _fence,
    "trailing": _trailing,
}
