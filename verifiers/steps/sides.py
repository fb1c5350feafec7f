"""One side of a relation: units, asides and edges of mathematics taken out, the rest read."""

from dataclasses import dataclass, field

from verifiers.steps.expression import Reader
from verifiers.steps.lexer import Token
from verifiers.steps.tree import Node, UnreadableError, variables

_VALUE_ENDS = frozenset((")", "}", "]", "%", "°", "!"))


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
    inner: bool = False
    """Words stand inside the expression, not only behind it."""


def is_of(tokens: list[Token], i: int) -> bool:
    """``1/2 of 20``"""
    if tokens[i].text != "of" or not 0 < i < len(tokens) - 1:
        return False
    left, right = tokens[i - 1], tokens[i + 1]
    return (left.kind == "n" or left.text in ("%", "}")) and (right.kind == "n" or right.text == "(")


def _closes(tokens: list[Token], i: int, end: int) -> bool:
    """Whether nothing but words stands between here and a closing bracket."""
    while i < end and tokens[i].kind == "w":
        i += 1
    return i < end and tokens[i].text == ")"


def make_side(tokens: list[Token], first: int, end: int) -> Side:
    """The side made of ``tokens[first:end]``."""
    maker = _Maker(tokens, end)
    for i in range(first, end):
        maker.take(i)
    start = tokens[first].start if first < len(tokens) else (tokens[-1].end if tokens else 0)
    last = max(tokens[end - 1].end if end > first else start, start)
    side = Side(start, last, maker.kept, maker.words, inner=maker.inner)
    read_side(side)
    return side


class _Maker:
    """Takes the tokens of a side one by one; what cannot be told from an operand becomes a token ``x``."""

    def __init__(self, tokens: list[Token], end: int) -> None:
        self.tokens, self.end = tokens, end
        self.kept: list[Token] = []
        self.words: list[str] = []
        self.inner = False
        self.opened: list[int] = []
        """For each open bracket behind a value, how many words there were before it; -1 for another bracket."""

    def take(self, i: int) -> None:
        token = self.tokens[i]
        if token.kind == "w":
            self._word(i, token)
        elif token.kind == "o" and token.text == "(":
            self.opened.append(len(self.words) if self._after_value() else -1)
            self._keep(token)
        elif token.kind == "o" and token.text == ")":
            self._close(i, token)
        elif token.kind != "d":
            self._keep(token)

    def _keep(self, token: Token) -> None:
        self.kept.append(token)
        self.inner = self.inner or bool(self.words)

    def _after_value(self) -> bool:
        return bool(self.kept) and (self.kept[-1].kind == "n" or self.kept[-1].text in _VALUE_ENDS)

    def _word(self, i: int, token: Token) -> None:
        if is_of(self.tokens, i):
            self.kept.append(Token("o", "*", token.start, token.end))
        elif self.kept and self.kept[-1].text == "/":  # per box
            self.kept.pop()
            self.words.append("/" + token.text)
        elif (token.text != "of" and self._after_value()) or (
            self.kept and self.kept[-1].text == "(" and _closes(self.tokens, i, self.end)
        ):
            self.words.append(token.text)
        else:  # an operand: "apples - 4"
            self.kept.append(Token("x", token.text, token.start, token.end))

    def _close(self, i: int, token: Token) -> None:
        if self.kept and self.kept[-1].text == "(" and self.words and self.tokens[i - 1].kind == "w":
            opening = self.kept.pop()  # (apples)
            self.opened.pop()
            if self.kept and opening.start == self.kept[-1].end:
                self.kept.append(Token("x", ")", token.start, token.end))
            return
        if self.opened and -1 < self.opened.pop() < len(self.words):
            self.kept.append(Token("x", ")", token.start, token.end))  # 30 (40% more): a product, or an aside?
        self._keep(token)


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
