"""Finds chains of relations (``a = b = c``) in the tokens of a step and cuts each side out of the prose around it."""

from dataclasses import dataclass, field

from verifiers.math.tokens import names
from verifiers.steps.expression import MAX_TOKENS, Node, Reader, UnreadableError, variables
from verifiers.steps.lexer import Token

MAX_CHAIN = 40
_MAX_WORDS = 5
_STOP = names(
    "and or so then is are was were gives give get gets we if when where since because thus hence therefore have"
    " has had equals equal that which let for but as only it makes leaves leaving means i.e namely while not what"
    " how do does the with into also now here if until to implies yields becomes next first second finally will"
    " would must can"
)
_BINARY = frozenset("+-*/")
_VALUE_ENDS = frozenset((")", "}", "]", "%", "°", "!"))


JOINING = _STOP | {"", "\n", "equal", "total", "that"}
"""Words before a number that are no name for it: not "week 2 = 35"."""


@dataclass(slots=True)
class Side:
    """One side of a relation: ``tokens`` are what is read; words of units are taken out and kept in ``words``."""

    start: int
    end: int
    tokens: list[Token]
    words: list[str] = field(default_factory=list)
    before: str = ""
    """What stood directly before the first side: the last word, or a sign of having been cut."""
    after: str = ""
    """The same behind the last side."""
    node: Node | None = None
    """None where it cannot be read."""
    names: frozenset[str] = frozenset()
    """Its variables."""
    open: frozenset[str] = frozenset()
    """The readings that would change something."""
    math: bool = False
    inner: bool = False
    """Words stand inside the expression, not only behind it."""
    aside: bool = False
    """Words in brackets were passed over, which may have been an operand."""


@dataclass(slots=True)
class Chain:
    """``relations[i]`` stands between ``sides[i]`` and ``sides[i + 1]``."""

    sides: list[Side]
    relations: list[str]
    joined: bool = False
    """Its first relation continues the line before."""
    first_token: int = 0
    last_token: int = 0

    @property
    def start(self) -> int:
        return self.sides[0].start

    @property
    def end(self) -> int:
        return self.sides[-1].end


def chains(tokens: list[Token], most: int = 200) -> list[Chain]:
    """Every chain of a step, in order; at most ``most``."""
    found: list[Chain] = []
    at, count = 0, len(tokens)
    while at < count and len(found) < most:
        if tokens[at].kind != "r":
            at += 1
            continue
        chain, at = _chain(tokens, at, found[-1] if found else None)
        if chain is not None:
            found.append(chain)
    return found


def _chain(tokens: list[Token], at: int, previous: Chain | None) -> tuple[Chain | None, int]:
    """The chain whose first relation is at ``at``, and where to look on."""
    floor = previous.last_token + 1 if previous else 0
    first = _leftwards(tokens, at, floor)
    joined = False
    if first == at and previous is not None and not previous.sides[-1].after and _only_breaks(tokens, floor, at):
        left = previous.sides[-1]
        joined = True
    elif first == at:
        left = Side(tokens[at].start, tokens[at].start, [], before=_before(tokens, at))
    else:
        left = _side(tokens, first, at)
        left.before = _before(tokens, first)
        if left.before and left.words and left.tokens and left.tokens[0].text == "(":
            left.node = None  # 600 mph (2nd fastest) * 1.25
    sides, relations = [left], []
    while at < len(tokens) and tokens[at].kind == "r" and len(relations) < MAX_CHAIN:
        relation = tokens[at].text
        start = at + 1
        while start < len(tokens) and tokens[start].kind in "pd" and tokens[start].text in ("\n", "(", "[", "$$"):
            start += 1
        end = _rightwards(tokens, start)
        side = _side(tokens, start, end)
        relations.append(relation)
        sides.append(side)
        if end < len(tokens) and tokens[end].kind == "r" and end > start:
            at = end
            continue
        side.after = _after(tokens, end)
        at = max(end, at + 1)
        break
    chain = Chain(sides, relations, joined, first, at - 1)
    return chain, at


def _only_breaks(tokens: list[Token], floor: int, at: int) -> bool:
    between = tokens[floor:at]
    return len(between) <= 6 and all(t.text in ("\n", "[", "]", "$$") or t.kind == "d" for t in between)


def _leftwards(tokens: list[Token], at: int, floor: int) -> int:
    """Index of the first token of the expression that ends before ``at``."""
    i, depth = at, 0
    while i > floor and at - i <= MAX_TOKENS:
        token = tokens[i - 1]
        if token.kind in "nvfx":
            i -= 1
        elif token.kind == "o":
            if token.text in ")]}":
                depth += 1
            elif token.text in "([{":
                if not depth:
                    return i if tokens[i].kind != "d" else i + 1
                depth -= 1
            i -= 1
        elif token.kind == "d":
            if not _crosses(tokens, i - 1, at):
                break
            i -= 1
        elif token.kind == "w":
            k = _words_left(tokens, i, floor, at)
            if k == i:
                break
            i = k
        else:
            break
    while i < at and tokens[i].kind == "d":
        i += 1
    return i


def _crosses(tokens: list[Token], i: int, at: int) -> bool:
    """Whether an expression goes on across the edge of mathematics at ``i``: beside an operator or the relation."""
    left = tokens[i - 1] if i else None
    right = tokens[i + 1] if i + 1 < len(tokens) else None
    if i + 1 >= at or right is None or left is None:
        return True
    return left.kind == "r" or right.kind == "r" or left.text in _BINARY or right.text in _BINARY


def _words_left(tokens: list[Token], i: int, floor: int, at: int) -> int:
    """Index of the first of the words that end before ``i`` when they are the unit of a number, else ``i``."""
    following = tokens[i] if i < at else None
    if following is not None and following.text not in _BINARY and following.text != ")" and not _of(tokens, i - 1):
        return i
    k = i
    while k > floor and tokens[k - 1].kind in "wd" and i - k < _MAX_WORDS:
        if tokens[k - 1].kind == "w" and tokens[k - 1].text in _STOP and not _of(tokens, k - 1):
            return i
        k -= 1
    if k == floor or following is None:
        # a quantity right before the relation: "2 hours = 120 minutes"
        return k if k > floor and tokens[k - 1].kind == "n" else i
    left = tokens[k - 1]
    if left.kind == "n" or left.text in (")", "%", "}", "/", "°"):
        return k
    return k if left.text == "(" and following.text == ")" else i


def _of(tokens: list[Token], i: int) -> bool:
    """``1/2 of 20``"""
    if tokens[i].text != "of" or not 0 < i < len(tokens) - 1:
        return False
    left, right = tokens[i - 1], tokens[i + 1]
    return (left.kind == "n" or left.text in ("%", "}")) and (right.kind == "n" or right.text == "(")


def _rightwards(tokens: list[Token], start: int) -> int:
    """Index behind the last token of the expression that starts at ``start``."""
    i, depth, count = start, 0, len(tokens)
    while i < count and i - start <= MAX_TOKENS:
        token = tokens[i]
        if token.kind in "nvfx":
            i += 1
        elif token.kind == "o":
            if token.text in "([{":
                depth += 1
            elif token.text in ")]}":
                if not depth:
                    break
                depth -= 1
            i += 1
        elif token.kind == "d":
            if not _goes_on(tokens, i, start):
                break
            i += 1
        elif token.kind == "w":
            k = _words_right(tokens, i, start)
            if k == i:
                break
            i = k
        else:
            break
    while i > start and (tokens[i - 1].kind == "d" or _hyphen(tokens, i, start)):
        i -= 1
    return i


def _hyphen(tokens: list[Token], i: int, start: int) -> bool:
    """A dash behind a value and before prose or the end is punctuation: ``= 15 - so``, ``15-year``."""
    return tokens[i - 1].text == "-" and i - start > 1 and (i >= len(tokens) or tokens[i].kind in "wp")


def _goes_on(tokens: list[Token], i: int, start: int) -> bool:
    if i == start:
        return True
    if i + 1 >= len(tokens):
        return False
    left, right = tokens[i - 1], tokens[i + 1]
    return right.kind == "r" or left.text in _BINARY or right.text in _BINARY


def _words_right(tokens: list[Token], i: int, start: int) -> int:
    """Index behind the words at ``i`` when they are a unit and the expression goes on behind them, else ``i``."""
    if _of(tokens, i):
        return i + 1
    if i > start and tokens[i - 1].text in _BINARY and tokens[i - 1].text != "/":
        return i
    if i > start and tokens[i - 1].kind not in "nd" and tokens[i - 1].text not in (")", "}", "%", "/", "(", "°"):
        return i
    k = i
    while k < len(tokens) and tokens[k].kind in "wd" and k - i < _MAX_WORDS:
        if tokens[k].kind == "w" and tokens[k].text in _STOP:
            return i
        k += 1
    if k >= len(tokens):
        return i
    following = tokens[k]
    if following.kind == "r" or following.text in ("*", "/", "+"):
        return k
    if following.text == "-":  # a subtraction, not a dash
        return k if k + 1 < len(tokens) and tokens[k + 1].kind in "nd" else i
    return k if following.text == ")" else i


def _before(tokens: list[Token], first: int) -> str:
    """What stands before a side: its last word, or a sign that the expression was cut."""
    i = first - 1
    while i >= 0 and tokens[i].kind == "d":
        i -= 1
    if i < 0:
        return ""
    if tokens[i].text in "([{" and tokens[i].kind == "o":
        return "#cut" if i and (tokens[i - 1].kind in "nvfx" or tokens[i - 1].kind == "o") else ""
    k = i
    while k >= 0 and tokens[k].kind in "wd" and i - k < 6:
        if tokens[k].kind == "w" and tokens[k].text in _STOP:
            break
        k -= 1
    if (
        k >= 0
        and tokens[k].kind == "o"
        and tokens[k].text in _BINARY
        and k + 1 < first
        and tokens[k - 1].kind not in "p"
    ):
        return "#cut"
    if tokens[i].text == "and" and i and tokens[i - 1].kind in "nw":
        return "#cut" if tokens[i - 1].kind == "n" and _is_fraction(tokens, first) else "and"
    if tokens[i].text == "of" and i and tokens[i - 1].text in _SUMS:
        return "total"
    if tokens[i].text == "to" and i and tokens[i - 1].text.startswith(_EQUALS):
        return "equal"
    token, left = tokens[i], tokens[i - 1] if i else None
    if token.kind == "w":
        return "#cut" if first < len(tokens) and token.end == tokens[first].start else token.text
    if token.text in (":", ",") and left is not None and left.kind == "n" and first < len(tokens):
        gap = tokens[first].start - token.end
        if token.text == ":" and (gap == 0 or token.start > left.end):
            return "#cut"
        if token.text == "," and tokens[first].kind == "n" and (len(tokens[first].text) == 3 or gap == 0):
            return "#cut"
    if token.text in ("/", "#", "@") or token.kind in "nvx":
        return "#cut"
    if token.text in (".", ",") and left is not None and left.kind == "o" and left.text in _BINARY:
        return "#cut"
    return token.text if token.text in ("\n", "tag") else ""


_SUMS = names(
    "total sum cost distance profit amount revenue area volume length value price average speed rate score"
    " balance perimeter width height weight worth maximum minimum number probability product rest savings"
)
_EQUALS = (
    "simplif",
    "equal",
    "lead",
    "reduce",
    "evaluate",
    "come",
    "amount",
    "equivalent",
    "sum",
    "add",
    "multipl",
    "rearrange",
)


def _is_fraction(tokens: list[Token], i: int) -> bool:
    """``1/2`` stands here: behind "and" it may belong to a mixed number."""
    return [t.kind if t.kind == "n" else t.text for t in tokens[i : i + 3]] == ["n", "/", "n"] or (
        i < len(tokens) and tokens[i].text == "frac"
    )


def _after(tokens: list[Token], end: int) -> str:
    """What stands behind the last side."""
    i = end
    while i < len(tokens) and tokens[i].kind == "d":
        i += 1
    if i >= len(tokens):
        return ""
    token = tokens[i]
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
    if right is not None and right.kind == "n":
        close = right.start == token.end or token.start > tokens[end - 1].end
        if token.text == ":" and close:
            return "#cut"
        if token.text == "," and len(right.text) == 3 and right.start - token.end <= 1:
            return "#cut"
    if token.kind in "nvx" or token.text in ("/", "*", "+", "^"):
        return "#cut"
    return ""


def _closes(tokens: list[Token], i: int, end: int) -> bool:
    """Whether nothing but words stands between here and a closing bracket."""
    while i < end and tokens[i].kind == "w":
        i += 1
    return i < end and tokens[i].text == ")"


def _side(tokens: list[Token], first: int, end: int) -> Side:
    """Take units, asides and edges out of a side and read it."""
    kept: list[Token] = []
    words: list[str] = []
    aside = inner = False
    opened: list[int] = []
    for i in range(first, end):
        token = tokens[i]
        if token.kind == "d":
            continue
        if token.kind == "w":
            if _of(tokens, i):
                kept.append(Token("o", "*", token.start, token.end))
            elif kept and kept[-1].text == "/":  # per box
                kept.pop()
                words.append("/" + token.text)
            elif token.text == "of" or not kept or not (kept[-1].kind == "n" or kept[-1].text in _VALUE_ENDS):
                if kept and kept[-1].text == "(" and _closes(tokens, i, end):
                    words.append(token.text)
                else:
                    kept.append(Token("x", token.text, token.start, token.end))  # an operand: "apples - 4"
            else:
                words.append(token.text)
            continue
        if token.text == ")" and kept and kept[-1].text == "(" and words and i > first and tokens[i - 1].kind == "w":
            opening = kept.pop()  # (apples)
            opened.pop()
            aside = True
            if kept and opening.start == kept[-1].end:
                kept.append(Token("x", ")", token.start, token.end))
            continue
        if token.text == "(" and token.kind == "o":
            opened.append(len(words) if kept and (kept[-1].kind == "n" or kept[-1].text in _VALUE_ENDS) else -1)
        elif token.text == ")" and opened and -1 < opened.pop() < len(words):
            kept.append(Token("x", ")", token.start, token.end))  # 30 (40% more): a product, or an aside?
        kept.append(token)
        inner = inner or bool(words)
    start = tokens[first].start if first < len(tokens) else (tokens[-1].end if tokens else 0)
    side = Side(start, max(tokens[end - 1].end if end > first else start, start), kept, words)
    side.aside, side.inner = aside, inner
    side.math = any(token.math for token in kept)
    read_side(side)
    return side


def read_side(side: Side) -> None:
    """Fill ``node`` and ``open``."""
    if not side.tokens or any(token.kind == "x" for token in side.tokens):
        return
    reader = Reader(side.tokens)
    try:
        side.node = reader.read()
    except UnreadableError:
        return
    side.open = frozenset(reader.open)
    if any(token.kind == "v" for token in side.tokens):
        side.names = variables(side.node)
