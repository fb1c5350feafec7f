"""Precedence climbing over tokens: sums, products (also implicit), powers, calls, groups, matrices."""

from fractions import Fraction

from verifiers.math.tokens import END, FUNCTIONS, Token
from verifiers.math.tree import MAX_DEPTH, Node, TooLargeError, UnreadableError, number

_TIMES = frozenset(("*", "cdot", "times", "ast", "bullet"))
_DIVIDES = frozenset(("/", "div"))
_CONSTANTS = {"pi": "pi", "infty": "oo", "e": "e", "i": "i"}
_NAMES = frozenset(
    "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi rho sigma tau upsilon "
    "phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega ell hbar".split()
)
_ACCENTS = frozenset("vec overrightarrow overline bar hat tilde widehat dot".split())
_DELIMITERS = {"lfloor": ("rfloor", "floor"), "lceil": ("rceil", "ceil")}
_MATRICES = frozenset("pmatrix bmatrix matrix smallmatrix Bmatrix array".split())
_NOTHING = frozenset(("emptyset", "varnothing"))


def names_symbol(node: Node) -> bool:
    """True for ``x``, ``x_1`` and ``f(x)``: what an answer may be assigned to."""
    return node.op == "sym" or (node.op == "call" and node.name not in FUNCTIONS and node.name.isalpha())


class Expressions:
    """A cursor over tokens and the expression half of the grammar."""

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

    def bracketed(self, opener: str) -> Node:
        raise NotImplementedError

    def expression(self) -> Node:
        """Sum of terms; a leading sign belongs to the first."""
        node = self._signed()
        while self.peek().text in ("+", "-", "pm", "mp"):
            sign = self.next().text
            term = self.term()
            if sign == "-":
                term = Node("neg", (term,))
            elif sign != "+":
                term = Node("pm", (term,), name="+" if sign == "pm" else "-")
            node = Node("add", (*(node.args if node.op == "add" else (node,)), term))
        return node

    def _signed(self) -> Node:
        sign = self.peek().text
        if sign not in ("+", "-", "pm", "mp"):
            return self.term()
        self.enter()
        self.next()
        node = self._signed()
        self.leave()
        if sign == "+":
            return node
        return Node("neg", (node,)) if sign == "-" else Node("pm", (node,), name="+" if sign == "pm" else "-")

    def term(self) -> Node:
        """Product; ``2x`` binds like ``2*x`` and a mixed number ``2\\frac12`` is a sum."""
        node = self.factor()
        while True:
            sign = self.peek()
            if sign.kind in ("sign", "cmd") and sign.text in _TIMES:
                self.next()
                node = _product(node, self._operand())
            elif sign.kind in ("sign", "cmd") and sign.text in _DIVIDES:
                self.next()
                node = Node("div", (node, self._operand()))
            elif self._starts_factor():
                node = self._implicit(node)
            else:
                return node

    def _operand(self) -> Node:
        if self.peek().text in ("-", "+"):
            self.enter()
            negative = self.next().text == "-"
            node = self._operand()
            self.leave()
            return Node("neg", (node,)) if negative else node
        return self.factor()

    def _implicit(self, node: Node) -> Node:
        start = self.peek()
        other = self.factor()
        whole = node.op == "num" and node.places < 0
        if whole and other.op == "div" and start.text == "frac" and _is_proper(other):
            return Node("add", (node, other))
        if start.kind == "num":
            if node.op == "num" and whole and other.op == "num" and self.peek().text == "/":
                self.next()
                fraction = Node("div", (other, self.factor()))
                if _is_proper(fraction):
                    return Node("add", (node, fraction))
            raise UnreadableError("two numbers stand side by side")
        return _product(node, other)

    def _starts_factor(self) -> bool:
        token = self.peek()
        if token.kind in ("num", "sym"):
            return True
        if token.kind == "cmd":
            return token.text in _STARTERS or token.text in FUNCTIONS or token.text in _NAMES
        if token.kind != "sign":
            return False
        if token.text == "|":
            return not self.bars and not self.set_depth
        return token.text in ("(", "{", "[")

    def factor(self) -> Node:
        """Power with postfix signs."""
        node = self._postfix(self.atom())
        if self.peek().text in ("^", "**"):
            node = self._postfix(self._raised(node))
        return node

    def _raised(self, base: Node) -> Node:
        self.next()
        self.enter()
        if self.peek().text == "circ" or (self.peek().text == "{" and self.peek(1).text == "circ"):
            if self.next().text == "{":
                self.next()
                self.expect("}")
            self.leave()
            return Node("deg", (base,))
        if self._ordinal():
            self.leave()
            return base
        if self.peek().text in ("-", "+"):
            negative = self.next().text == "-"
            exponent = self.factor()
            exponent = Node("neg", (exponent,)) if negative else exponent
        else:
            exponent = self.factor() if self.peek().kind != "num" else self._digit_exponent()
        self.leave()
        return Node("pow", (base, exponent))

    def _digit_exponent(self) -> Node:
        """``2^10`` is read as people mean it; ``2^3^2`` associates to the right."""
        node = _literal(self.next())
        return self._raised(node) if self.peek().text in ("^", "**") else node

    def _ordinal(self) -> bool:
        """``12^{th}``"""
        texts = [self.peek(k).text for k in range(4)]
        for size, shape in ((4, ["{", "t", "h", "}"]), (3, ["{", "th", "}"])):
            if texts[:size] == shape:
                self.at += size
                return True
        return False

    def _postfix(self, node: Node) -> Node:
        while True:
            token = self.peek()
            if token.text == "!" and token.kind == "sign":
                node = Node("fact", (node,))
            elif token.text in ("%", "\\%"):
                node = Node("percent", (node,))
            elif token.text == "'" and node.op == "sym":
                node = Node("sym", name=node.name + "'")
            elif token.text == "_" and node.op == "num":
                self.next()
                return self._based(node)
            else:
                return node
            self.next()

    def _based(self, node: Node) -> Node:
        base = self._group_or_one()
        names = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10}
        value = names.get(base.name, base.value) if base.op in ("num", "word") else 0
        if node.places >= 0 or not 2 <= value <= 36:
            raise UnreadableError("a number base must be a whole number between 2 and 36")
        return Node("based", name=str(node.value), value=Fraction(value))

    def atom(self) -> Node:
        token = self.next()
        if token.kind == "num":
            return _literal(token)
        if token.kind == "sym":
            return self._symbol(token.text)
        if token.kind == "cmd":
            return self._command(token.text)
        if token.kind == "sign":
            if token.text in ("(", "["):
                return self.bracketed(token.text)
            if token.text == "\\{":
                return self.bracketed("\\{")
            if token.text == "{":
                return self._group()
            if token.text == "|":
                return self._bars()
            if token.text == "\\$":
                return self.atom()
        raise UnreadableError(f"cannot read {token.text!r}" if token is not END else "the answer ends too early")

    def _group(self) -> Node:
        """Behind ``{``: an invisible bracket."""
        self.enter()
        node = self.expression()
        self.expect("}")
        self.leave()
        return node

    def _bars(self) -> Node:
        self.enter()
        self.bars += 1
        node = self.expression()
        self.expect("|")
        self.bars -= 1
        self.leave()
        return Node("call", (node,), name="abs")

    def _symbol(self, name: str) -> Node:
        if self.accept("_"):
            name += "_" + self._subscript()
        elif name in _CONSTANTS:
            return Node("const", name=_CONSTANTS[name])
        if len(name) == 1 and name in "fghpqFGHPQS" and self.peek().text == "(" and not self.peek().spaced:
            self.next()
            inner = self.bracketed("(")
            arguments = inner.args if inner.op == "tuple" and inner.name == "()" else (inner,)
            return Node("call", arguments, name=name)
        return Node("sym", name=name)

    def _subscript(self) -> str:
        """The text of a subscript, as part of a name."""
        if not self.accept("{"):
            return self.next().text
        parts = []
        while self.peek() is not END and not self.accept("}"):
            parts.append(self.next().text)
        return "".join(parts)

    def _command(self, name: str) -> Node:
        if name in _CONSTANTS:
            return Node("const", name=_CONSTANTS[name])
        if name in _NAMES:
            return self._symbol("\\" + name)
        if name in ("frac", "binom"):
            first, second = self._group_or_one(), self._group_or_one()
            return Node("div", (first, second)) if name == "frac" else Node("call", (first, second), name="binom")
        if name == "sqrt":
            return self._root()
        if name in FUNCTIONS:
            return self._call(name)
        if name in _DELIMITERS:
            closer, function = _DELIMITERS[name]
            self.enter()
            node = self.expression()
            self.expect(closer)
            self.leave()
            return Node("call", (node,), name=function)
        if name in ("lvert", "vert"):
            self.enter()
            node = self.expression()
            if not (self.accept("rvert") or self.accept("vert")):
                raise UnreadableError("an absolute value is not closed")
            self.leave()
            return Node("call", (node,), name="abs")
        if name in _ACCENTS:
            return Node("sym", name=f"\\{name} {self._subscript()}")
        if name == "begin":
            return self._matrix()
        if name in _NOTHING:
            return Node("set")
        if name == "lbrace":
            return self.bracketed("\\{")
        raise UnreadableError(f"cannot read \\{name}")

    def _root(self) -> Node:
        degree = None
        if self.peek().text == "[":
            self.next()
            degree = self.expression()
            self.expect("]")
        body = self._group_or_one()
        return Node("call", (body,), name="sqrt") if degree is None else Node("call", (body, degree), name="root")

    def _group_or_one(self) -> Node:
        r"""The argument of a command: a group, or one digit or letter as TeX reads ``\frac12``."""
        token = self.peek()
        if token.text == "{":
            self.next()
            if self.peek().kind == "text" and self.peek(1).text == "}":
                word = Node("word", name=self.next().text)
                self.next()
                return word
            return self._group()
        if token.kind == "num" and len(token.text) > 1 and "." not in token.text:
            self.tokens[self.at] = Token("num", token.text[1:])
            return number(int(token.text[0]))
        self.enter()
        node = self.atom()
        self.leave()
        return node

    def _call(self, name: str) -> Node:
        """``\\sin^2 x``, ``\\log_2 8``, ``\\ln(x+1)``: an argument without brackets ends at a sum or another call."""
        self.enter()
        base = exponent = None
        while self.peek().text in ("_", "^"):
            if self.next().text == "_":
                base = self._group_or_one()
            else:
                exponent = self._group_or_one()
        arguments = self._arguments()
        if exponent is not None and exponent == Node("neg", (number(1),)):
            name, exponent = "arc" + name, None
            if name not in FUNCTIONS:
                raise UnreadableError(f"cannot read the inverse {name}")
        node = Node("call", (*arguments, base) if base is not None else arguments, name=name)
        self.leave()
        return node if exponent is None else Node("pow", (node, exponent))

    def _arguments(self) -> tuple[Node, ...]:
        if self.peek().text == "(":
            self.next()
            inner = self.bracketed("(")
            return inner.args if inner.op == "tuple" and inner.name == "()" else (inner,)
        if self.peek().text == "{":
            self.next()
            return (self._group(),)
        node = self._operand()
        while self._starts_factor() and self.peek().text not in FUNCTIONS:
            node = self._implicit(node)
        return (node,)

    def _matrix(self) -> Node:
        """Rows of an environment; ``\\`` ends a row, ``&`` an entry."""
        kind = self._environment()
        if kind == "array" and self.accept("{"):
            while self.peek() is not END and not self.accept("}"):
                self.next()
        self.enter()
        rows: list[tuple[Node, ...]] = []
        row: list[Node] = []
        while not self.accept("end"):
            if self.accept("\\\\"):
                rows.append(tuple(row))
                row = []
            elif not self.accept("&"):
                row.append(self.expression())
        self._environment(skip_begin=True)
        self.leave()
        rows = [*rows, tuple(row)] if row else rows
        if not rows or len({len(item) for item in rows}) != 1:
            raise UnreadableError("the rows of a matrix differ in length")
        return Node("matrix", tuple(Node("row", item) for item in rows))

    def _environment(self, *, skip_begin: bool = False) -> str:
        self.expect("{")
        name = "".join(iter(lambda: self.next().text if self.peek().text not in ("}", "") else "", ""))
        self.expect("}")
        if name not in _MATRICES:
            raise UnreadableError(f"cannot read the environment {name!r}")
        return "" if skip_begin else name


_STARTERS = frozenset(
    {"frac", "binom", "sqrt", "pi", "infty", "lfloor", "lceil", "lvert", "begin", *_ACCENTS, *_CONSTANTS}
)


def _literal(token: Token) -> Node:
    text = token.text.replace(",", "")
    mantissa, _, exponent = text.lower().partition("e")
    whole, dot, places = mantissa.partition(".")
    value = Fraction(int((whole or "0") + places), 10 ** len(places))
    if exponent:
        if abs(int(exponent)) > 1000:
            raise TooLargeError(f"the exponent of {text[:40]} is over 1000")
        value *= Fraction(10) ** int(exponent)
    return number(value, len(places) if dot or exponent else -1)


def _is_proper(node: Node) -> bool:
    """A fraction of two whole literals, as in a mixed number."""
    return all(item.op == "num" and item.places < 0 for item in node.args) and node.args[1].value != 0


def _product(left: Node, right: Node) -> Node:
    return Node("mul", (*(left.args if left.op == "mul" else (left,)), right))
