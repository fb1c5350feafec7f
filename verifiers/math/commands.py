"""What begins with a name: symbols, LaTeX commands, function calls, roots, matrices."""

from verifiers.math.environments import Environments
from verifiers.math.tokens import END, FUNCTIONS, Token, names
from verifiers.math.tree import Node, UnreadableError, number

_CONSTANTS = {"pi": "pi", "infty": "oo", "e": "e", "i": "i"}
_NAMES = names(
    "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi rho sigma tau "
    "upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega ell hbar"
)
_ACCENTS = {
    **{name: name for name in ("vec", "overline", "hat", "tilde", "dot")},
    "overrightarrow": "vec", "bar": "overline", "widehat": "hat", "widetilde": "tilde",
}  # fmt: skip
_DELIMITERS = {
    "lvert": ("rvert", "abs"),
    "vert": ("vert", "abs"),
    "lfloor": ("rfloor", "floor"),
    "lceil": ("rceil", "ceil"),
}
_MAX_PRIMES = 5
_EMPTY = frozenset(("emptyset", "varnothing"))
STARTERS = frozenset(
    {
        *_NAMES,
        "sum",
        "prod",
        "int",
        "lim",
        "frac",
        "binom",
        "sqrt",
        "pi",
        "infty",
        "lfloor",
        "lceil",
        "lvert",
        "begin",
        "langle",
        "setZ",
        "setN",
        "setQ",
        "setC",
        *_ACCENTS,
        *_CONSTANTS,
    }
)
"""Commands that can begin a factor."""


class Commands(Environments):
    """Symbols and commands."""

    def group(self) -> Node:
        """Behind ``{``: an invisible bracket."""
        self.enter()
        node = self.expression()
        self.expect("}")
        self.leave()
        return node

    def symbol(self, name: str) -> Node:
        if self.accept("_"):
            name += "_" + self._subscript()
        elif name in _CONSTANTS:
            return Node("const", name=_CONSTANTS[name])
        while len(name) < _MAX_PRIMES and self.accept("'"):
            name += "'"
        if name[0] in "fghpqyFGHPQS" and not name[1:].strip("'") and self.peek().text == "(" and not self.peek().spaced:
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

    def command(self, name: str) -> Node:
        if name in _CONSTANTS:
            return Node("const", name=_CONSTANTS[name])
        if name in _NAMES:
            return self.symbol("\\" + name)
        if name in ("frac", "binom"):
            first, second = self.group_or_one(), self.group_or_one()
            return Node("div", (first, second)) if name == "frac" else Node("call", (first, second), name="binom")
        if name == "sqrt":
            return self._root()
        if name in FUNCTIONS:
            return self._call(name)
        if name in _DELIMITERS:
            return self._delimited(*_DELIMITERS[name])
        if name in _ACCENTS:
            return Node("sym", name=f"\\{_ACCENTS[name]} {self._subscript()}")
        if name == "begin":
            return self.environment()
        return self._bracket_command(name)

    def _bracket_command(self, name: str) -> Node:
        if name in _EMPTY:
            return Node("set")
        if name.startswith("set") and len(name) == 4:
            return Node("sym", name=f"\\{name}")
        if name == "langle":
            return self.bracketed("langle")
        if name == "lbrace":
            return self.bracketed("\\{")
        raise UnreadableError(f"cannot read \\{name}")

    def _delimited(self, closer: str, function: str) -> Node:
        self.enter()
        node = self.expression()
        self.expect(closer)
        self.leave()
        return Node("call", (node,), name=function)

    def _root(self) -> Node:
        degree = None
        if self.peek().text == "[":
            self.next()
            degree = self.expression()
            self.expect("]")
        body = self.group_or_one()
        return Node("call", (body,), name="sqrt") if degree is None else Node("call", (body, degree), name="root")

    def group_or_one(self) -> Node:
        r"""The argument of a command: a group, or one digit or letter as TeX reads ``\frac12``."""
        token = self.peek()
        if token.text == "{":
            self.next()
            if self.peek().kind == "text" and self.peek(1).text == "}":
                word = Node("word", name=self.next().text)
                self.next()
                return word
            return self.group()
        if token.kind == "num" and len(token.text) > 1 and "." not in token.text:
            self.tokens[self.at] = Token("num", token.text[1:])
            return number(int(token.text[0]))
        self.enter()
        node = self.atom()
        self.leave()
        return node

    def _call(self, name: str) -> Node:
        r"""``\sin^2 x``, ``\log_2 8``, ``\ln(x+1)``: an argument without brackets ends at a sum or another call."""
        self.enter()
        base = exponent = None
        while self.peek().text in ("_", "^"):
            if self.next().text == "_":
                base = self.group_or_one()
            else:
                exponent = self.group_or_one()
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
            return (self.group(),)
        node = self.operand()
        while self.starts_factor() and self.peek().text not in FUNCTIONS:
            node = self.implicit(node)
        return (node,)
