"""Reads one side of a claim into a tree (``tree``), in one of its readings. Nothing is evaluated here."""

from fractions import Fraction

from verifiers.steps.lexer import Token
from verifiers.steps.tree import Node, UnreadableError, literal

MAX_TOKENS = 250
MAX_DEPTH = 64

PRODUCT_LETTERS = frozenset("abckmnrstuwxyz")
"""Letters before an opening bracket that mean a product; any other is a call."""
_OPEN = {"(": ")", "[": "]", "{": "}"}
_HALVES = {"½": Fraction(1, 2), "¼": Fraction(1, 4), "¾": Fraction(3, 4)}
PLAIN: frozenset[str] = frozenset()
"""The first reading."""


class Reader:
    """Recursive descent over the tokens of one side.

    ``reading`` names the ways in which this reading departs from the first: ``percent`` and ``angle`` (the sign says
    nothing), ``mixed`` (``2 1/2`` is a product, not a sum), ``wide`` (``a/b/c`` is a over b/c, ``a/bc`` is a over bc),
    ``exclaim`` (``5!`` ends a sentence), ``label`` (a number in brackets at the end numbers the equation), ``dash`` (a
    leading dash is a bullet). ``open`` collects those that would change something here.
    """

    def __init__(self, tokens: list[Token], reading: frozenset[str] = PLAIN) -> None:
        if len(tokens) > MAX_TOKENS:
            raise UnreadableError
        self.tokens, self.at, self.reading, self.depth = tokens, 0, reading, 0
        self.open: set[str] = set()
        self.bars = 0

    def read(self) -> Node:
        if self.tokens and self.tokens[0].text == "-":
            self.open.add("dash")
            if "dash" in self.reading:
                self.at = 1
        if self._has_label():
            self.open.add("label")
            if "label" in self.reading:
                self.tokens = self.tokens[:-3]
        node = self.sum()
        if self.at < len(self.tokens):
            raise UnreadableError
        return node

    def _has_label(self) -> bool:
        """``5168   (3)``: behind a gap, perhaps the number of an equation."""
        shape = [token.kind if token.kind == "n" else token.text for token in self.tokens[-3:]]
        return shape == ["(", "n", ")"] and len(self.tokens) > 3 and self.tokens[-3].start > self.tokens[-4].end

    def _peek(self) -> str:
        return self.tokens[self.at].text if self.at < len(self.tokens) and self.tokens[self.at].kind == "o" else ""

    def _kind(self) -> str:
        return self.tokens[self.at].kind if self.at < len(self.tokens) else ""

    def sum(self) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise UnreadableError
        terms = [self._term()]
        while (sign := self._peek()) in ("+", "-"):
            self.at += 1
            term = self._term()
            terms.append(("-", term) if sign == "-" else term)
        self.depth -= 1
        return terms[0] if len(terms) == 1 else ("+", *terms)

    def _term(self) -> Node:
        negative = False
        while (sign := self._peek()) in ("+", "-"):
            negative ^= sign == "-"
            self.at += 1
        node = self._product()
        return ("-", node) if negative else node

    def _product(self) -> Node:
        node = self._power()
        divided = False
        while True:
            sign = self._peek()
            if sign == "*":
                self.at += 1
                node = ("*", node, self._signed())
            elif sign == "/":
                self.at += 1
                if divided:
                    self.open.add("wide")
                node = self._wide(node) if "wide" in self.reading else ("/", node, self._signed())
                divided = True
            elif self._implicit():
                if divided:
                    self.open.add("wide")
                node = ("*", node, self._power())
            else:
                return node

    def _wide(self, top: Node) -> Node:
        """``a / b/c`` and ``a / bc`` with everything behind the first slash below it."""
        bottom = self._signed()
        while self._implicit():
            bottom = ("*", bottom, self._power())
        if self._peek() == "/":
            self.at += 1
            bottom = self._wide(bottom)
        return ("/", top, bottom)

    def _implicit(self) -> bool:
        """Whether a factor follows without a sign."""
        if self.at >= len(self.tokens):
            return False
        token = self.tokens[self.at]
        if token.kind in ("v", "f"):
            return True
        if token.kind == "n":
            left = self.tokens[self.at - 1]
            if left.kind == "n" or left.text in ("%", "°", "!", ")", "}", "]"):
                raise UnreadableError
            return True
        return token.text in _OPEN or token.text in _HALVES or token.text == "√"

    def _signed(self) -> Node:
        if self._peek() == "-":
            self.at += 1
            self.depth += 1
            if self.depth > MAX_DEPTH:
                raise UnreadableError
            node = ("-", self._signed())
            self.depth -= 1
            return node
        return self._power()

    def _power(self) -> Node:
        base = self._postfix(self._atom())
        if self._peek() == "^":
            self.at += 1
            exponent = self._exponent()
            return self._postfix(("^", base, exponent))
        return base

    def _exponent(self) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise UnreadableError
        if self._peek() in ("-", "+"):
            negative = self._peek() == "-"
            self.at += 1
            node = self._exponent()
            node = ("-", node) if negative else node
        else:
            node = self._atom()
            if self._peek() == "^":
                self.at += 1
                node = ("^", node, self._exponent())
        self.depth -= 1
        return node

    def _postfix(self, node: Node) -> Node:
        while (sign := self._peek()) in ("!", "%", "°", "²", "³"):
            self.at += 1
            if sign == "!":
                if self._peek() == "!":
                    raise UnreadableError
                last = self.at == len(self.tokens)
                if last:
                    self.open.add("exclaim")
                if not (last and "exclaim" in self.reading):
                    node = ("!", node)
            elif sign == "%":
                self.open.add("percent")
                node = node if "percent" in self.reading else ("%", node)
            elif sign == "°":
                self.open.add("angle")
                node = node if "angle" in self.reading else ("°", node)
            else:
                node = ("^", node, ("n", 2 if sign == "²" else 3, -1))
        return node

    def _atom(self) -> Node:
        if self.at >= len(self.tokens):
            raise UnreadableError
        token = self.tokens[self.at]
        self.at += 1
        if token.kind == "n":
            return self._number(token)
        if token.kind == "v":
            return self._variable(token)
        if token.kind == "f":
            return self._function(token)
        if token.text in _OPEN:
            return self._group(token.text)
        if token.text == "|":
            return self._bars()
        if token.text in _HALVES:
            return ("n", _HALVES[token.text], -1)
        if token.text == "√":
            return ("f", "sqrt", self._atom())
        if token.text == "π":
            return ("v", "π")
        raise UnreadableError

    def _bars(self) -> Node:
        self.bars += 1
        if self.bars > 1:
            raise UnreadableError
        node = self.sum()
        if self._peek() != "|":
            raise UnreadableError
        self.at += 1
        self.bars -= 1
        return ("||", node)

    def _group(self, opener: str) -> Node:
        bars, self.bars = self.bars, 0
        node = self.sum()
        if self._peek() != _OPEN[opener]:
            raise UnreadableError
        self.at += 1
        self.bars = bars
        return node

    def _number(self, token: Token) -> Node:
        node = literal(token.text)
        if node[2] < 0 and (fraction := self._mixed(node[1])) is not None:
            return fraction
        if self._peek() == "_":
            raise UnreadableError
        return node

    def _mixed(self, whole: int) -> Node | None:
        r"""``2 1/2`` or ``2\frac{1}{2}`` behind the 2."""
        tokens, at = self.tokens, self.at
        if at < len(tokens) and tokens[at].text in _HALVES:
            self.at += 1
            return ("+", ("n", whole, -1), ("n", _HALVES[tokens[at].text], -1))
        shape = "".join("#" if token.kind == "n" else token.text for token in tokens[at : at + 7])
        if shape.startswith("#/#") and self.at:
            top, bottom, self.at = literal(tokens[at].text), literal(tokens[at + 2].text), at + 3
        elif shape == "frac{#}{#}":
            top, bottom, self.at = literal(tokens[at + 2].text), literal(tokens[at + 5].text), at + 7
            self.open.add("mixed")
        elif (
            shape.startswith("frac#")
            and tokens[at + 1].math
            and len(tokens[at + 1].text) == 2
            and tokens[at + 1].text.isdigit()
        ):
            top, bottom = (("n", int(digit), -1) for digit in tokens[at + 1].text)
            self.at = at + 2
            self.open.add("mixed")
        else:
            return None
        if not 0 < top[1] < bottom[1] or (at > 1 and tokens[at - 2].text == "^"):
            if shape.startswith("#"):
                raise UnreadableError
            self.at = at
            return None
        part = ("/", top, bottom)
        return ("*", ("n", whole, -1), part) if "mixed" in self.reading else ("+", ("n", whole, -1), part)

    def _variable(self, token: Token) -> Node:
        name = token.text
        if not token.math and self._kind() == "n" and self.tokens[self.at].start == token.end:
            before = self.tokens[self.at - 2] if self.at > 1 else None
            if before is not None and before.kind == "n" and before.end == token.start:
                raise UnreadableError  # 5C4
            name += self.tokens[self.at].text
            self.at += 1
        while self._peek() in ("_", "'"):
            name += self._subscript() if self._peek() == "_" else "'"
            if name.endswith("'"):
                self.at += 1
        if self._peek() == "(" and (name not in PRODUCT_LETTERS or self._is_call()):
            self.at += 1
            return ("call", name, self._group("("))
        if self._peek() == "[" and name not in PRODUCT_LETTERS:
            raise UnreadableError
        return ("v", name)

    def _is_call(self) -> bool:
        """``a(3)`` and ``y(x)``: a letter before a bracket with nothing but one value in it."""
        following = self.tokens[self.at + 1 : self.at + 3]
        return len(following) == 2 and following[0].kind in ("n", "v") and following[1].text == ")"

    def _subscript(self) -> str:
        self.at += 1
        if self._kind() in ("n", "v"):
            self.at += 1
            return "_" + self.tokens[self.at - 1].text
        if self._peek() != "{":
            raise UnreadableError
        parts, depth = "_", 0
        while self.at < len(self.tokens):
            text = self.tokens[self.at].text
            depth += (text == "{") - (text == "}")
            parts += text
            self.at += 1
            if not depth:
                inner = parts[2:-1]
                return "_" + (inner if len(inner) == 1 else "{" + inner + "}")
        raise UnreadableError

    def _function(self, token: Token) -> Node:
        name = token.text
        if name in ("frac", "binom"):
            top, bottom = self._argument(), self._argument()
            return ("/", top, bottom) if name == "frac" else ("f", "binom", top, bottom)
        if name == "sqrt":
            if self._peek() == "[":
                self.at += 1
                index = self._group("[")
                return ("f", "root", self._argument(), index)
            return ("f", "sqrt", self._argument())
        base = None
        power = None
        if name == "log" and self._peek() == "_":
            self.at += 1
            base = self._argument()
        if self._peek() == "^":
            self.at += 1
            power = self._exponent()
            if power[0] == "-":
                raise UnreadableError  # an inverse function or a reciprocal
        node = ("f", name, self._operand(), *((base,) if base else ()))
        return ("^", node, power) if power else node

    def _argument(self) -> Node:
        r"""A group or one token behind ``\frac``; two digits without braces are two arguments."""
        if self._kind() == "n" and len(self.tokens[self.at].text) == 2 and self.tokens[self.at].math:
            token = self.tokens[self.at]
            if not token.text.isdigit():
                raise UnreadableError
            self.tokens = [
                *self.tokens[: self.at],
                *(token._replace(text=digit) for digit in token.text),
                *self.tokens[self.at + 1 :],
            ]
        token_at = self.at
        if self._kind() == "n":
            self.at += 1
            return literal(self.tokens[token_at].text)
        if self._kind() == "v":
            self.at += 1
            return ("v", self.tokens[token_at].text)
        return self._atom()

    def _operand(self) -> Node:
        """What a function is applied to: a bracket, or the factors up to the next sign."""
        if self._peek() in _OPEN:
            return self._postfix(self._atom())
        node = self._power()
        while self._kind() in ("n", "v") and self._implicit():
            node = ("*", node, self._power())
        if self._peek() == "/":  # log 10/2
            self.open.add("wide")
            if "wide" in self.reading:
                self.at += 1
                node = ("/", node, self._power())
        return node
