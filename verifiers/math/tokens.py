"""Cuts a cleaned answer into tokens: numbers, letters, commands, words and signs."""

import re
from dataclasses import dataclass

from verifiers.math.tree import MAX_CHARS, MAX_DIGITS, MAX_TOKENS, TooLargeError, UnreadableError
from verifiers.math.units import PLAIN_UNITS


def names(text: str) -> frozenset[str]:
    """The words of a text, as a set."""
    return frozenset(text.split())


FUNCTIONS = names(
    "sin cos tan cot sec csc arcsin arccos arctan arccot arcsec arccsc sinh cosh tanh coth sech csch arcsinh arccosh"
    " arctanh ln log exp lg sqrt max min gcd lcm cbrt abs cis"
)
_NAMED = names("pi theta alpha beta gamma lambda infinity infty inf")
_NAMED_AS = {
    "infinity": "infty", "inf": "infty", "asin": "arcsin", "acos": "arccos", "atan": "arctan", "acot": "arccot",
    "asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh", "arsinh": "arcsinh", "arcosh": "arccosh",
    "artanh": "arctanh", "tg": "tan", "ctg": "cot", "arctg": "arctan",
}  # fmt: skip
_TEXT_FUNCTIONS = (FUNCTIONS | frozenset(_NAMED_AS)) - frozenset(("min", "max", "sec", "inf"))
_SMALL_WORDS = names(
    "and or no yes not none dne the is of per in at by to on for all any are if as it its was has had who one two mod"
)
_UNIT_LETTERS = frozenset("gmlLshNJWVAKC")
"""Letters that are a unit behind a number when written upright."""
_RAW_WORD = re.compile(r"(?<![\\{a-zA-Z])[a-zA-Z]{4,}")
_TEXT = names("text textbf textit textrm mathrm mbox mathbf mathit textnormal mathsf mathbb mathcal")
_NOT_WORDS = FUNCTIONS | _NAMED | frozenset(_NAMED_AS)
_TOKEN = re.compile(
    r"(?P<num>\d+\.(?=[/*^)\s]|$)|\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\d,])|\d+(?:\.\d+)?(?:[eE][+-]?\d{1,4}(?![\d.]))?|\.\d+)"
    r"|\\(?P<cmd>[a-zA-Z]+)|(?P<esc>\\[^a-zA-Z])|(?P<word>[a-zA-Z]+)|(?P<sign>\*\*|<=|>=|!=|==|=<|[^\s])|\s+"
)


@dataclass(frozen=True, slots=True)
class Token:
    """``kind`` is num, cmd, sym, word, text, sign or end."""

    kind: str
    text: str
    spaced: bool = False
    """White space stands before it."""


END = Token("end", "")


def tokenize(text: str) -> list[Token]:
    """Tokens of cleaned text. Raises ``TooLargeError`` over the budgets, ``UnreadableError`` for a stray letter."""
    if len(text) > MAX_CHARS:
        raise TooLargeError(f"the answer has {len(text)} characters; at most {MAX_CHARS} are read")
    tokens: list[Token] = []
    position, depth = 0, 0
    wordy = any(word.lower() not in _NOT_WORDS for word in _RAW_WORD.findall(text))
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise UnreadableError(f"cannot read {text[position]!r}")
        spaced = position > 0 and text[position - 1].isspace()
        position = match.end()
        kind = match.lastgroup
        if kind == "cmd" and match.group("cmd") in _TEXT:
            position = _text(text, position, tokens, spaced)
        elif kind == "num" and depth and "," in match.group():
            # inside brackets a comma separates: (100,200) is a pair
            first = match.group().split(",")[0]
            tokens.append(Token("num", first, spaced))
            position = match.start() + len(first)
        elif kind is not None:
            _add(tokens, kind, match.group(kind), spaced=spaced, wordy=wordy)
            depth += _opens(tokens[-1]) if tokens else 0
        if len(tokens) > MAX_TOKENS:
            raise TooLargeError(f"the answer has more than {MAX_TOKENS} tokens")
    return tokens


def _opens(token: Token) -> int:
    if token.text in ("(", "[", "\\{", "lbrace"):
        return 1
    return -1 if token.text in (")", "]", "\\}", "rbrace") else 0


def _text(text: str, position: int, tokens: list[Token], spaced: bool) -> int:
    r"""Read the group of ``\text{…}``; returns the position behind it."""
    end = text.find("}", position)
    start = text.find("{", position)
    if start < 0 or end < start or text[position:start].strip():
        return position
    body = text[start + 1 : end]
    if body.strip() in _TEXT_FUNCTIONS:
        tokens.append(Token("cmd", _NAMED_AS.get(body.strip(), body.strip()), spaced))
        return end + 1
    if body.strip() in _UNIT_LETTERS and tokens and tokens[-1].kind == "num":
        tokens.append(Token("text", body.strip(), spaced))
        return end + 1
    letters = not re.search(r"[A-Za-z]{2}", body)  # a list of option letters
    for piece in re.finditer(r"[A-Za-z]+(?:'[a-z]+)?|\d+(?:\.\d+)?|[^\sA-Za-z\d]", body):
        word = piece.group()
        if len(word) == 1 and word.isalpha() and not body.strip()[1:]:
            tokens.append(Token("sym", word, spaced))
        elif word[0].isalpha():
            tokens.append(Token("sym" if letters else "text", word, True))
        elif word != ".":
            _add(tokens, "num" if word[0].isdigit() else "sign", word, spaced=True)
    return end + 1


def _add(tokens: list[Token], kind: str, text: str, *, spaced: bool, wordy: bool = False) -> None:
    if kind == "num":
        if len(text) > MAX_DIGITS:
            raise TooLargeError(f"a number has {len(text)} digits; at most {MAX_DIGITS} are read")
        tokens.append(Token("num", text, spaced))
    elif kind == "word":
        _word(tokens, text, spaced=spaced, wordy=wordy)
    elif kind == "esc":
        tokens.append(Token("sign", text, spaced))
    else:
        tokens.append(Token(kind, _NAMED_AS.get(text, text) if kind == "cmd" else text, spaced))


def _word(tokens: list[Token], text: str, *, spaced: bool, wordy: bool) -> None:
    """A run of letters is a function name, a word, or a product of one-letter symbols.

    Beside a longer word (``wordy``) two and three letters are a word too.
    """
    lower = text.lower()
    name = _NAMED_AS.get(lower, lower)
    if name in FUNCTIONS or lower in _NAMED:
        tokens.append(Token("cmd", name, spaced))
    elif len(text) == 1:
        tokens.append(Token("sym", text, spaced))
    elif wordy or lower in _SMALL_WORDS or lower in PLAIN_UNITS or len(text) > 3:
        prefix = next((f for f in ("sqrt", "sin", "cos", "tan", "log", "ln") if lower.startswith(f)), None)
        if prefix and len(text) - len(prefix) == 1:  # sinx, cosx
            tokens.extend((Token("cmd", prefix, spaced), Token("sym", text[-1])))
        else:
            tokens.append(Token("text", text, spaced))
    else:
        tokens.extend(Token("sym", letter, spaced and i == 0) for i, letter in enumerate(text))
