"""What stands around the sides of a chain, and whether a side was cut out of something larger."""

from verifiers.math.tokens import names
from verifiers.steps.lexer import Token

STOP = names(
    "and or so then is are was were gives give get gets we if when where since because thus hence therefore have"
    " has had equals equal that which let for but as only it makes leaves leaving means i.e namely while not what"
    " how do does the with into also now here if until to implies yields becomes next first second finally will"
    " would must can"
)
JOINING = STOP | {"", "\n", "equal", "total", "that"}
"""Words before a number that are no name for it: not "week 2 = 35"."""

BINARY = frozenset("+-*/")
_FAR = 6

_EQUALS = tuple(names("simplif equal lead reduce evaluate come amount equivalent sum add multipl rearrange"))


def before(tokens: list[Token], first: int) -> str:
    """What stands before a side: its last word, or a sign that the expression was cut."""
    i = first - 1
    while i >= 0 and tokens[i].kind == "d":
        i -= 1
    if i < 0:
        return ""
    if tokens[i].text in "([{" and tokens[i].kind == "o":
        return "#cut" if i and (tokens[i - 1].kind in "nvfx" or tokens[i - 1].kind == "o") else ""
    if _behind_operator(tokens, i, first):
        return "#cut"
    return _word_before(tokens, i, first) or _sign_before(tokens, i, first)


def _behind_operator(tokens: list[Token], i: int, first: int) -> bool:
    """``7 + the price (1) + …``: the words before the side are an operand."""
    k = i
    while k >= 0 and tokens[k].kind in "wd" and i - k < _FAR:
        if tokens[k].kind == "w" and tokens[k].text in STOP:
            return False
        k -= 1
    return k >= 0 and k + 1 < first and tokens[k].text in BINARY and tokens[k].kind == "o" and tokens[k - 1].kind != "p"


def _word_before(tokens: list[Token], i: int, first: int) -> str:
    """The last word before a side, where it is one; "equal" and "total" for words that lead up to a result."""
    if tokens[i].text == "and" and i and tokens[i - 1].kind in "nw":
        return "#cut" if tokens[i - 1].kind == "n" and _is_fraction(tokens, first) else "and"
    if tokens[i].text == "of" and i and tokens[i - 1].text in _SUMS:
        return "total"
    if tokens[i].text == "to" and i and tokens[i - 1].text.startswith(_EQUALS):
        return "equal"
    if tokens[i].kind != "w":
        return ""
    return "#cut" if first < len(tokens) and tokens[i].end == tokens[first].start else tokens[i].text


def _sign_before(tokens: list[Token], i: int, first: int) -> str:
    """``#cut`` where the sign before a side shows that it is a part of something."""
    token, left = tokens[i], tokens[i - 1] if i else None
    if token.text in (":", ",") and left is not None and left.kind == "n" and first < len(tokens):
        gap = tokens[first].start - token.end
        if token.text == ":" and (gap == 0 or token.start > left.end):
            return "#cut"
        if token.text == "," and tokens[first].kind == "n" and (len(tokens[first].text) == 3 or gap == 0):
            return "#cut"
    if token.text in ("/", "#", "@") or token.kind in "nvx":
        return "#cut"
    if token.text in (".", ",") and left is not None and left.kind == "o" and left.text in BINARY:
        return "#cut"
    return token.text if token.text in ("\n", "tag") else ""


_SUMS = names(
    "total sum cost distance profit amount revenue area volume length value price average speed rate score"
    " balance perimeter width height weight worth maximum minimum number probability product rest savings"
)


def _is_fraction(tokens: list[Token], i: int) -> bool:
    """``1/2`` stands here: behind "and" it may belong to a mixed number."""
    return [t.kind if t.kind == "n" else t.text for t in tokens[i : i + 3]] == ["n", "/", "n"] or (
        i < len(tokens) and tokens[i].text == "frac"
    )


def _next_row(tokens: list[Token], i: int) -> str:
    """``#cut`` where the row below goes on with an operator."""
    while i < len(tokens) and (tokens[i].kind == "d" or (tokens[i].kind == "p" and tokens[i].text in "\n ")):
        i += 1
    return "#cut" if i < len(tokens) and tokens[i].kind == "o" and tokens[i].text in "+-*/" else ""


def after(tokens: list[Token], end: int) -> str:
    """What stands behind the last side."""
    i = end
    while i < len(tokens) and tokens[i].kind == "d":
        i += 1
    if i >= len(tokens):
        return ""
    token = tokens[i]
    if token.math and token.kind == "p" and token.text in "\n ":
        return _next_row(tokens, i)
    if token.text == "-" and i + 1 < len(tokens) and tokens[i + 1].kind == "w":
        return "#cut"  # "- the rest", perhaps a subtraction
    if token.text == "and" and _is_fraction(tokens, i + 1):
        return "#cut"
    if i > end and token.kind == "w" and token.start == tokens[i - 1].end:
        return "#cut"
    if token.kind == "w":
        return token.text
    right = tokens[i + 1] if i + 1 < len(tokens) else None
    if right is not None and right.kind == "x" and token.text == "." and right.start == token.end:
        return "#cut"
    if right is not None and right.kind == "n" and _splits_number(token, right, tokens[end - 1].end):
        return "#cut"
    return "#cut" if token.kind in "nvx" or token.text in ("/", "*", "+", "^") else ""


def _splits_number(token: Token, right: Token, end: int) -> bool:
    """``9:00``, ``20 : 6`` and ``14, 400``"""
    if token.text == ":":
        return right.start == token.end or token.start > end
    return token.text == "," and len(right.text) == 3 and right.start - token.end <= 1
