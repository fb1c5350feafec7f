"""A position in a list of tokens, and what each level of the grammar promises the others."""

import abc

from verifiers.math.tokens import END, Token
from verifiers.math.tree import MAX_DEPTH, Node, TooLargeError, UnreadableError


class Cursor(abc.ABC):
    """A position in a token list, with a depth budget; the levels of the grammar build on it."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.at = 0
        self.depth = 0
        self.bars = 0
        self.set_depth = 0

    def peek(self, ahead: int = 0) -> Token:
        index = self.at + ahead
        return self.tokens[index] if index < len(self.tokens) else END

    def next(self) -> Token:
        token = self.peek()
        self.at += 1
        return token

    def accept(self, text: str) -> bool:
        if self.peek().text == text and self.peek().kind in ("sign", "cmd"):
            self.at += 1
            return True
        return False

    def expect(self, text: str) -> None:
        if not self.accept(text):
            raise UnreadableError(f"expected {text!r}, found {self.peek().text!r}")

    def enter(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise TooLargeError(f"brackets are nested deeper than {MAX_DEPTH}")

    def leave(self) -> None:
        self.depth -= 1

    @abc.abstractmethod
    def expression(self) -> Node:
        """A sum."""

    @abc.abstractmethod
    def relation(self) -> Node:
        """A chain of comparisons, or a plain side."""

    @abc.abstractmethod
    def term(self) -> Node:
        """A product."""

    @abc.abstractmethod
    def group_or_one(self) -> Node:
        """The argument of a command."""

    @abc.abstractmethod
    def atom(self) -> Node:
        """A number, symbol, call or bracket."""

    @abc.abstractmethod
    def operand(self) -> Node:
        """A factor with its signs."""

    @abc.abstractmethod
    def implicit(self, node: Node) -> Node:
        """``node`` times the factor that follows without a sign."""

    @abc.abstractmethod
    def starts_factor(self) -> bool:
        """Whether the next token can begin a factor."""

    @abc.abstractmethod
    def bracketed(self, opener: str) -> Node:
        """Behind an opening bracket: a group, a tuple, an interval, a set."""
