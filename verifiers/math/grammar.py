"""Reads one answer, LaTeX or plain, into a tree: lists, relations, unions, units; ``expressions`` reads the rest.

Why our own grammar: latex2sympy2_extended evaluates while it parses (so a tower of powers hangs it before any budget
can be asked), needs 25-50 ms an answer and refuses names, units, text and plain expressions; sympy's own readers need
lark, or evaluate text. This one only builds ``Node`` and reads an answer in well under a millisecond.
"""

from verifiers.math.expressions import Expressions
from verifiers.math.tokens import END, Token, names, tokenize
from verifiers.math.tree import Node, UnreadableError, check_depth
from verifiers.math.units import measure

_RELATIONS = {
    "=": "=", "==": "=", "<": "<", ">": ">", "<=": "<=", "=<": "<=", ">=": ">=", "!=": "!=",
    "le": "<=", "leq": "<=", "leqslant": "<=", "ge": ">=", "geq": ">=", "geqslant": ">=", "lt": "<", "gt": ">",
    "ne": "!=", "neq": "!=", "in": "in", "notin": "notin", "approx": "~", "simeq": "~", "equiv": "=",
}  # fmt: skip
_SET_SIGNS = {"cup": "union", "cap": "inter", "setminus": "minus", "backslash": "minus", "smallsetminus": "minus"}
_SEPARATORS = frozenset((",", ";", "and", "or"))
_CONDITION = frozenset(("for", "where"))
_FILLER = frozenset(("is", "equals", "the", "answer", "value", "of", "are", "a", "an", "be", "about"))
_HEDGES = names(
    "not approximately about around roughly nearly almost least most than between approx approximate maybe probably"
    " perhaps cannot wrong incorrect never no"
)
_CURRENCIES = {"\\$": "dollar", "€": "euro", "£": "gbp", "¥": "yuan"}
SCALES = {"dozen": 12, "hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_INTEGERS = names("integer integers whole natural")


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

    def __init__(self, tokens: list[Token]) -> None:
        super().__init__(tokens)
        self.integers: list[str] = []
        """Letters that a condition calls integers."""

    def answer(self) -> Node:
        items = [self.item()]
        joined: set[str] = set()
        while self.peek().text in _SEPARATORS:
            joined.add(self._separator())
            if self.peek() is END:
                break
            items.append(self.item())
        if self.peek() is not END:
            raise UnreadableError(f"cannot read on from {self.peek().text!r}")
        parameters = self._parameters(items)
        node = items[0]
        if len(items) > 1:
            node = Node("list", tuple(items), name="or" if "or" in joined else "and" if joined == {"and"} else "")
        return Node("where", (node,), name=",".join(parameters)) if parameters else node

    def _separator(self) -> str:
        """The word that separates, or a comma."""
        word = ","
        while self.peek().text in _SEPARATORS:
            text = self.next().text
            word = text if text in ("or", "and") else word
        return word

    def _parameters(self, items: list[Node]) -> list[str]:
        r"""Take conditions such as ``k \in \mathbb{Z}`` off the list; their letters."""
        found = self.integers
        while len(items) > 1 and (names_of := _integer_parameters(items[-1])):
            items.pop()
            found += names_of
        return found

    def item(self) -> Node:
        """One entry of a list: an optional label, a relation, an optional unit."""
        self._label()
        ahead = 1 if self.peek().text == "-" else 0
        currency = _CURRENCIES.get(self.peek(ahead).text, "")
        node = self.relation()
        words: list[str] = []
        words += self._unit_words()
        if self.peek().text == "(" and self.peek(1).kind == "text":  # 15 (apples)
            words += self._words_in_brackets()
        if not words:
            return Node("unit", (node,), name=currency) if currency else node
        if words[0].lower() in _CONDITION:
            self._skip_condition(words)
            return node
        if any(word.lower() in _HEDGES for word in words):
            raise UnreadableError(f"prose behind the value: {' '.join(words)}")
        return self._compound(Node("unit", (node,), name=_priced(words, currency)))

    def _unit_words(self) -> list[str]:
        words = []
        while (self.peek().kind == "text" and self.peek().text not in _SEPARATORS) or self._per():
            words.append(self.next().text)
            if self.peek().text == "^":
                words.append(self._unit_power())
        return words

    def _compound(self, first: Node) -> Node:
        """``5 feet 6 inches`` and ``2 hours and 30 minutes`` as one quantity in the first unit."""
        ahead = 1 if self.peek().text == "and" else 0
        number, unit = self.peek(ahead), self.peek(ahead + 1)
        left, right = measure(first.name), measure(unit.text)
        if number.kind != "num" or unit.kind != "text" or left is None or right is None or left[0] != right[0]:
            return first
        if left[1] <= right[1] or (ahead and left[0] != (("time", 1),)):
            return first
        self.at += ahead
        part = Node("mul", (self.atom(), Node("num", value=right[1] / left[1])))
        self.next()
        return self._compound(Node("unit", (Node("add", (first.args[0], part)),), name=first.name))

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

    def _skip_condition(self, words: list[str]) -> None:
        """``for all x in Z``: what follows only says where the value holds; its integer letters are noted."""
        depth, start = 0, self.at
        while self.peek() is not END and (depth or self.peek().text not in ("and", "or")):
            text = self.next().text
            depth += (text in ("(", "[", "\\{")) - (text in (")", "]", "\\}"))
        skipped = self.tokens[start : self.at]
        said = {word.lower() for word in words} | {token.text.lower() for token in skipped}
        if said & _INTEGERS or "setz" in said:
            self.integers = [token.text for token in skipped if token.kind == "sym"]

    def relation(self) -> Node:
        r"""``a < x <= b``, ``x = 5``, ``x \in A``, or a plain side."""
        sides = [self.side()]
        signs = []
        while (sign := _RELATIONS.get(self.peek().text)) and self.peek().kind in ("sign", "cmd"):
            self.next()
            signs.append(sign)
            sides.append(self.side())
        if self.accept("congruent"):
            modulus = self.group_or_one()
            if signs in ([], ["="]):
                return Node("congruent", (*sides[-2:-1], sides[-1], modulus))
            raise UnreadableError("a modulus stands behind an inequality")
        return Node("rel", tuple(sides), name=",".join(signs)) if signs else sides[0]

    def side(self) -> Node:
        """A union or difference of sets, or an expression."""
        node = _set_difference(self.ratio())
        while (op := _SET_SIGNS.get(self.peek().text)) and self.peek().kind == "cmd":
            self.next()
            other = self.ratio()
            node = Node(op, (*(node.args if node.op == op == "union" else (node,)), other))
        return node

    def ratio(self) -> Node:
        node = self.expression()
        if self.peek().text == ":" and not self.set_depth and self.peek(1) is not END:
            parts = [node]
            while self.accept(":"):
                parts.append(self.expression())
            return Node("div", (parts[0], parts[1])) if len(parts) == 2 else Node("ratio", tuple(parts))
        return node

    def bracketed(self, opener: str) -> Node:
        """Behind an opening bracket: a group, a tuple, an interval, a set."""
        closers = {"(": (")", "]"), "[": ("]", ")"), "\\{": ("\\}",), "langle": ("rangle",)}[opener]
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
        return _bracket_node("()" if opener == "langle" else opener + closer, items)

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
    if node.op == "add" and len(node.args) == 2 and node.args[0].op in ("builder", "set", "tuple", "union"):
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


def _integer_parameters(node: Node) -> list[str]:
    r"""Letters of ``k \\in \\mathbb{Z}`` or ``(k \\in Z)``; none for any other node."""
    if node.op == "tuple" and len(node.args) == 1:
        node = node.args[0]
    if node.op != "rel" or node.name != "in" or node.args[1].op != "sym":
        return []
    if node.args[1].name not in ("\\setZ", "\\setN", "Z", "N"):
        return []
    side = node.args[0]
    letters = side.args if side.op in ("tuple", "list") else (side,)
    return [item.name for item in letters if item.op == "sym"]


def _priced(words: list[str], currency: str) -> str:
    """Name of a unit; in prices a scale word stays: ``million dollar``."""
    if not currency:
        return " ".join(words)
    return f"{words[0]} {currency}" if words[0].lower() in SCALES else currency
