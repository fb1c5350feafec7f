"""Precedence climbing over tokens: sums, products (also implicit), powers, postfix signs, groups."""

from fractions import Fraction

from verifiers.math.commands import STARTERS
from verifiers.math.quantified import Quantified
from verifiers.math.tokens import END, FUNCTIONS, Token
from verifiers.math.tree import Node, TooLargeError, UnreadableError, number

_TIMES = frozenset(("*", "cdot", "times", "ast", "bullet"))
_MINUS_ONE = Node("neg", (number(1),))
_FUNCTION_NAMES = frozenset("fghFGH")
_DIVIDES = frozenset(("/", "div"))
_MODULO = frozenset(("bmod", "mod"))


class Expressions(Quantified):
    """The expression half of the grammar."""

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
        r"""Product; ``2x`` binds like ``2*x`` and a mixed number ``2\frac12`` is a sum."""
        node = self.factor()
        while True:
            sign = self.peek()
            if sign.kind in ("sign", "cmd") and sign.text in _TIMES:
                self.next()
                node = _product(node, self.operand())
            elif sign.kind in ("sign", "cmd") and sign.text in _DIVIDES and self.peek(1).kind != "text":
                self.next()
                node = Node("div", (node, self.operand()))
            elif sign.kind == "cmd" and sign.text in _MODULO:
                self.next()
                node = Node("call", (node, self.operand()), name="mod")
            elif self.starts_factor():
                node = self.implicit(node)
            else:
                return node

    def operand(self) -> Node:
        if self.peek().text in ("-", "+"):
            self.enter()
            negative = self.next().text == "-"
            node = self.operand()
            self.leave()
            return Node("neg", (node,)) if negative else node
        return self.factor()

    def implicit(self, node: Node) -> Node:
        start = self.peek()
        other = self.factor()
        whole = node.op == "num" and node.places < 0
        if whole and start.text == "frac" and _is_proper(other):
            return Node("add", (node, other))
        if whole and start.text == "frac" and other.op in ("percent", "deg") and _is_proper(other.args[0]):
            return Node(other.op, (Node("add", (node, other.args[0])),))
        if start.kind == "num":
            if node.op == "num" and whole and other.op == "num" and self.peek().text == "/":
                self.next()
                fraction = Node("div", (other, self.factor()))
                if _is_proper(fraction):
                    return Node("add", (node, fraction))
            raise UnreadableError("two numbers stand side by side")
        return _product(node, other)

    def starts_factor(self) -> bool:
        token = self.peek()
        if token.kind in ("num", "sym"):
            return True
        if token.kind == "cmd":
            return token.text in STARTERS or token.text in FUNCTIONS
        if token.kind != "sign":
            return False
        if token.text == "|":
            return not self.bars and not self.set_depth
        return token.text in ("{", "[") or (token.text == "(" and self.peek(1).kind != "text")

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
        if base.op == "sym" and base.name in _FUNCTION_NAMES and exponent == _MINUS_ONE and self.accept("("):
            return Node("call", (self.bracketed("("),), name=f"{base.name}^-1")
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
            elif token.text == "\\$":  # 350\$
                pass
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
        base = self.group_or_one()
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
            return self.symbol(token.text)
        if token.kind == "cmd":
            return self.command(token.text)
        if token.kind == "sign":
            if token.text in ("(", "["):
                return self.bracketed(token.text)
            if token.text == "\\{":
                return self.bracketed("\\{")
            if token.text == "{":
                return self.group()
            if token.text == "|":
                return self._bars()
            if token.text in ("\\$", "€", "£", "¥"):
                return self.atom()
        raise UnreadableError(f"cannot read {token.text!r}" if token is not END else "the answer ends too early")

    def _bars(self) -> Node:
        self.enter()
        self.bars += 1
        node = self.expression()
        self.expect("|")
        self.bars -= 1
        self.leave()
        return Node("call", (node,), name="abs")


def _literal(token: Token) -> Node:
    text = token.text.replace(",", "")
    mantissa, _, exponent = text.lower().partition("e")
    whole, dot, places = mantissa.partition(".")
    value = Fraction(int((whole or "0") + places), 10 ** len(places))
    if not exponent:
        return number(value, len(places) if dot else -1)
    if abs(int(exponent)) > 1000:
        raise TooLargeError(f"the exponent of {text[:40]} is over 1000")
    return number(value * Fraction(10) ** int(exponent), max(len(places) - int(exponent), 0))


def _is_proper(node: Node) -> bool:
    """A fraction of two whole literals, as in a mixed number."""
    whole = node.op == "div" and all(item.op == "num" and item.places < 0 for item in node.args)
    return whole and node.args[1].value != 0


def _product(left: Node, right: Node) -> Node:
    return Node("mul", (*(left.args if left.op == "mul" else (left,)), right))
