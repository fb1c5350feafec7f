"""Reads one answer, LaTeX or plain, into a tree: lists, relations, unions, units; ``expressions`` reads the rest.

Why our own grammar: latex2sympy2_extended evaluates while it parses (so a tower of powers hangs it before any budget
can be asked), needs 25-50 ms an answer and refuses names, units, text and plain expressions; sympy's own readers need
lark, or evaluate text. This one only builds ``Node`` and reads an answer in well under a millisecond.
"""

from verifiers.math.expressions import Expressions
from verifiers.math.tokens import END, names, tokenize
from verifiers.math.tree import Node, UnreadableError, check_depth

_RELATIONS = {
    "=": "=", "==": "=", "<": "<", ">": ">", "<=": "<=", "=<": "<=", ">=": ">=", "!=": "!=",
    "le": "<=", "leq": "<=", "leqslant": "<=", "ge": ">=", "geq": ">=", "geqslant": ">=", "lt": "<", "gt": ">",
    "ne": "!=", "neq": "!=", "in": "in", "approx": "~", "simeq": "~", "equiv": "=",
}  # fmt: skip
_SEPARATORS = frozenset((",", ";", "and", "or"))
_CONDITION = frozenset(("for", "where"))
_FILLER = frozenset(("is", "equals", "the", "answer", "value", "of", "are", "a", "an", "be", "about"))
_HEDGES = names(
    "not approximately about around roughly nearly almost least most than between cannot wrong incorrect never no"
)
_CURRENCIES = {"\\$": "dollar", "€": "euro", "£": "gbp"}


def read(text: str) -> Node:
    """Tree of one cleaned answer.

    Raises ``UnreadableError`` for what the grammar does not know, ``TooLargeError`` over a budget.
    """
    tokens = tokenize(text)
    if not tokens:
        raise UnreadableError("the answer is empty")
    node = _Answer(tokens).answer()
    check_depth(node)
    return node


class _Answer(Expressions):
    """What stands around expressions."""

    def answer(self) -> Node:
        items = [self.item()]
        hedged = False
        while self.peek().text in _SEPARATORS:
            hedged |= self._separator()
            if self.peek() is END:
                break
            items.append(self.item())
        if self.peek() is not END:
            raise UnreadableError(f"cannot read on from {self.peek().text!r}")
        if len(items) == 1:
            return items[0]
        return Node("list", tuple(items), name="or" if hedged else "")

    def _separator(self) -> bool:
        hedged = False
        while self.peek().text in _SEPARATORS:
            hedged |= self.next().text == "or"
        return hedged

    def item(self) -> Node:
        """One entry of a list: an optional label, a relation, an optional unit."""
        self._label()
        ahead = 1 if self.peek().text == "-" else 0
        currency = _CURRENCIES.get(self.peek(ahead).text, "")
        node = self.relation()
        words: list[str] = []
        while (self.peek().kind == "text" and self.peek().text not in _SEPARATORS) or self._per():
            words.append(self.next().text)
            if self.peek().text == "^":
                words.append(self._unit_power())
        if self.peek().text == "(" and self.peek(1).kind == "text":  # 15 (apples)
            words += self._words_in_brackets()
        if not words:
            return Node("unit", (node,), name=currency) if currency else node
        if words[0].lower() in _CONDITION:
            self._skip_condition()
            return node
        if any(word.lower() in _HEDGES for word in words):
            raise UnreadableError(f"prose behind the value: {' '.join(words)}")
        return Node("unit", (node,), name=currency or " ".join(words))

    def _unit_power(self) -> str:
        """``cm^2``: an exponent behind a unit."""
        self.next()
        power = self.group_or_one()
        names_of = {2: "squared", 3: "cubed"}
        if power.op != "num" or power.value not in names_of:
            raise UnreadableError("a unit may be squared or cubed only")
        return names_of[int(power.value)]

    def _words_in_brackets(self) -> list[str]:
        self.next()
        words = []
        while self.peek().kind == "text":
            words.append(self.next().text)
        self.expect(")")
        return words

    def _per(self) -> bool:
        """The slash of ``calories/day``."""
        return self.peek().text == "/" and self.peek(1).kind == "text"

    def _label(self) -> None:
        """Skip ``Minimum:`` and ``The answer is``; never a negation or a hedge."""
        start = self.at
        words: list[str] = []
        while self.peek().kind == "text" or (words and self.peek().kind == "num" and self.peek(1).text == ":"):
            words.append(self.next().text.lower())
        ended = self.peek().text in (":", "=") or (bool(words) and words[-1] in ("is", "are", "equals"))
        if not words or not ended or any(word in _HEDGES for word in words):
            self.at = start
            return
        if self.peek().text in (":", "="):
            self.next()

    def _skip_condition(self) -> None:
        """``for all x in Z``: what follows only says where the value holds."""
        depth = 0
        while self.peek() is not END and (depth or self.peek().text not in ("and", "or")):
            text = self.next().text
            depth += (text in ("(", "[", "\\{")) - (text in (")", "]", "\\}"))

    def relation(self) -> Node:
        r"""``a < x <= b``, ``x = 5``, ``x \in A``, or a plain side."""
        sides = [self.side()]
        signs = []
        while (sign := _RELATIONS.get(self.peek().text)) and self.peek().kind in ("sign", "cmd"):
            self.next()
            signs.append(sign)
            sides.append(self.side())
        return Node("rel", tuple(sides), name=",".join(signs)) if signs else sides[0]

    def side(self) -> Node:
        """A union or difference of sets, or an expression."""
        node = _set_difference(self.ratio())
        while self.peek().text in ("cup", "setminus", "backslash") or (
            self.peek().text == "U" and node.op in ("tuple", "set", "union")
        ):
            op = "union" if self.next().text in ("cup", "U") else "minus"
            other = self.ratio()
            node = Node(op, (*(node.args if node.op == op == "union" else (node,)), other))
        return node

    def ratio(self) -> Node:
        node = self.expression()
        if self.peek().text == ":" and self.peek(1) is not END:
            parts = [node]
            while self.accept(":"):
                parts.append(self.expression())
            return Node("div", (parts[0], parts[1])) if len(parts) == 2 else Node("tuple", tuple(parts), name="()")
        return node

    def bracketed(self, opener: str) -> Node:
        """Behind an opening bracket: a group, a tuple, an interval, a set."""
        closers = {"(": (")", "]"), "[": ("]", ")"), "\\{": ("\\}",)}[opener]
        self.enter()
        bars, self.bars = self.bars, 0
        items: list[Node] = []
        if opener == "\\{":
            items = self._set_items()
        elif self.peek().text not in closers:
            items = [self._member()]
            while self.accept(",") or self.accept(";"):
                items.append(self._member())
        self.bars = bars
        closer = self.next().text
        if closer not in closers:
            raise UnreadableError(f"{opener!r} is closed by {closer!r}")
        self.leave()
        return _bracket_node(opener + closer, items)

    def _member(self) -> Node:
        node = self.relation()
        return node if node.op != "unit" else node.args[0]

    def _set_items(self) -> list[Node]:
        self.set_depth += 1
        items = []
        if self.peek().text != "\\}":
            items = [self._member()]
            if self.peek().text in ("|", "mid", ":"):
                self.next()
                condition = [self.relation()]
                while self.peek().text in (*_SEPARATORS, "text"):
                    self.next()
                    condition.append(self.relation())
                items = [Node("builder", (items[0], *condition))]
            while self.accept(",") or self.accept(";"):
                items.append(self._member())
        self.set_depth -= 1
        return items


def _set_difference(node: Node) -> Node:
    """``{x | x < 1} - {-6}``"""
    if node.op == "add" and len(node.args) == 2 and node.args[0].op in ("builder", "set", "tuple"):
        first, second = node.args
        if second.op == "neg" and second.args[0].op == "set":
            return Node("minus", (first, second.args[0]))
    return node


def _bracket_node(brackets: str, items: list[Node]) -> Node:
    if brackets == "\\{\\}":
        return items[0] if len(items) == 1 and items[0].op == "builder" else Node("set", tuple(items))
    if len(items) == 1 and brackets in ("()", "[]"):
        if items[0].op in ("rel", "tuple"):
            return Node("tuple", tuple(items), name=brackets)
        return items[0]
    if len(items) < 2:
        raise UnreadableError(f"{brackets} holds {len(items)} values")
    if brackets in ("(]", "[)") and len(items) != 2:
        raise UnreadableError(f"{brackets} is an interval and needs two ends")
    return Node("tuple", tuple(items), name=brackets)
