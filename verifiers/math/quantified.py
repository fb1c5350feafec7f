"""Sums, products, integrals and limits: names that bind a variable. The variable is renamed: its letter is free.

Finite sums and products have a value; integrals and limits are compared part by part and never evaluated.
"""

from verifiers.math.commands import Commands
from verifiers.math.tokens import Token
from verifiers.math.tree import Node, UnreadableError, number, substituted

BINDERS = frozenset(("sum", "prod", "int", "lim"))
_ARROWS = ("to", "rightarrow")


class Quantified(Commands):
    """Commands that bind a variable."""

    def command(self, name: str) -> Node:
        if name not in BINDERS:
            return super().command(name)
        self.enter()
        node = {"sum": self._series, "prod": self._series, "int": self._integral, "lim": self._limit}[name](name)
        self.leave()
        return node

    def _bound(self) -> Node:
        return Node("sym", name=f"#{self.depth}")

    def _series(self, name: str) -> Node:
        low, high = self._limits()
        if low.op != "rel" or low.name != "=" or len(low.args) != 2 or low.args[0].op not in ("sym", "const"):
            raise UnreadableError(f"a {name} needs a variable and its first value")
        if high is None:
            raise UnreadableError(f"a {name} needs a last value")
        variable, first = low.args
        return Node("call", (substituted(self.term(), variable, self._bound()), self._bound(), first, high), name=name)

    def _limits(self) -> tuple[Node, Node | None]:
        low: Node | None = None
        high: Node | None = None
        while self.peek().text in ("_", "^"):
            if self.next().text == "^":
                high = self.group_or_one()
            elif self.accept("{"):
                low = self.relation()
                self.expect("}")
            else:
                low = self.group_or_one()
        return low or number(0), high

    def _integral(self, name: str) -> Node:
        r"""``\\int_a^b f dx``; the body ends at its ``d`` and a letter."""
        bounded = self.peek().text in ("_", "^")
        low, high = self._limits()
        end = self._differential()
        body = self.tokens[self.at : end] or [Token("num", "1")]
        variable = Node("sym", name=self.tokens[end + 1].text)
        inner = type(self)(body)
        inner.depth = self.depth
        node = inner.expression()
        if inner.at < len(body):
            raise UnreadableError("cannot read the integrand")
        self.at = end + 2
        if not bounded or high is None:
            return Node("call", (node, variable), name=name)
        return Node("call", (substituted(node, variable, self._bound()), low, high), name=name)

    def _differential(self) -> int:
        depth = 0
        for index in range(self.at, len(self.tokens) - 1):
            text = self.tokens[index].text
            depth += (text in ("(", "{", "[")) - (text in (")", "}", "]"))
            if depth == 0 and text == "d" and self.tokens[index + 1].kind == "sym":
                return index
        raise UnreadableError("an integral has no differential")

    def _limit(self, name: str) -> Node:
        self.expect("_")
        self.expect("{")
        variable = self.atom()
        if not any(self.accept(arrow) for arrow in _ARROWS):
            raise UnreadableError("a limit needs an arrow")
        target = self.expression()
        self.expect("}")
        return Node("call", (substituted(self.term(), variable, self._bound()), target), name=name)
