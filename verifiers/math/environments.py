"""What stands between ``begin`` and ``end``: matrices, determinants, systems and case distinctions."""

from verifiers.math.cursor import Cursor
from verifiers.math.tokens import END, names
from verifiers.math.tree import Node, UnreadableError

_MATRICES = names("pmatrix bmatrix matrix smallmatrix Bmatrix array vmatrix")
_ROWS = names("cases aligned align gathered split")
_WORDS = names("if for when where otherwise else on and or is an a all other any integer even odd in")
_MAX_DETERMINANT = 3


class Environments(Cursor):
    """LaTeX environments."""

    def environment(self) -> Node:
        r"""Behind ``\begin``."""
        kind = self._environment_name()
        self.enter()
        if kind in _ROWS:
            node = self._cases()
        elif kind in _MATRICES:
            node = self._matrix(kind)
        else:
            raise UnreadableError(f"cannot read the environment {kind!r}")
        self._environment_name()
        self.leave()
        return node

    def _environment_name(self) -> str:
        self.expect("{")
        name = "".join(iter(lambda: self.next().text if self.peek().text not in ("}", "") else "", ""))
        self.expect("}")
        return name

    def _matrix(self, kind: str) -> Node:
        r"""Rows of an environment; ``\\`` ends a row, ``&`` an entry."""
        if kind == "array" and self.accept("{"):
            while self.peek() is not END and not self.accept("}"):
                self.next()
        rows: list[tuple[Node, ...]] = []
        row: list[Node] = []
        while not self.accept("end"):
            if self.accept("\\\\"):
                rows.append(tuple(row))
                row = []
            elif not self.accept("&"):
                row.append(self.expression())
        rows = [*rows, tuple(row)] if row else rows
        if not rows or len({len(item) for item in rows}) != 1:
            raise UnreadableError("the rows of a matrix differ in length")
        node = Node("matrix", tuple(Node("row", item) for item in rows))
        return _determinant(rows) if kind == "vmatrix" else node

    def _cases(self) -> Node:
        """A system of relations as a list; values with their conditions as ``cases``."""
        rows = []
        while not self.accept("end"):
            if self.peek() is END:
                raise UnreadableError("an environment is not closed")
            if not self.accept("\\\\"):
                rows.append(self._case())
        if not rows:
            raise UnreadableError("a case distinction is empty")
        if all(len(row.args) == 1 and row.args[0].op == "rel" for row in rows):
            return Node("list", tuple(row.args[0] for row in rows))
        if any(len(row.args) < 2 for row in rows):
            raise UnreadableError("a case has no condition")
        return Node("cases", tuple(rows))

    def _case(self) -> Node:
        parts: list[Node] = []
        while self.peek().text not in ("\\\\", "end", ""):
            token = self.peek()
            if token.text in ("&", ",", ";", ".") and token.kind == "sign":
                self.next()
            elif token.kind == "text" and token.text.lower() in _WORDS:
                self.next()
                if token.text.lower() in ("otherwise", "else"):
                    parts.append(Node("word", name="otherwise"))
            else:
                parts.append(self._aligned())
        return Node("row", tuple(parts))

    def _aligned(self) -> Node:
        """A relation in which an alignment mark may stand before the sign."""
        for ahead in range(self.at, min(self.at + 40, len(self.tokens) - 1)):
            if self.tokens[ahead].text in ("\\\\", "end"):
                break
            if self.tokens[ahead].text == "&" and self.tokens[ahead + 1].text in ("=", "<", ">", "le", "ge"):
                del self.tokens[ahead]
                break
        return self.relation()


def _determinant(rows: list[tuple[Node, ...]]) -> Node:
    """Expanded along the first row."""
    size = len(rows)
    if size != len(rows[0]) or size > _MAX_DETERMINANT:
        raise UnreadableError("a determinant must be square and small")
    if size == 1:
        return rows[0][0]
    terms = []
    for column, entry in enumerate(rows[0]):
        minor = [tuple(item for index, item in enumerate(row) if index != column) for row in rows[1:]]
        term = Node("mul", (entry, _determinant(minor)))
        terms.append(Node("neg", (term,)) if column % 2 else term)
    return Node("add", tuple(terms))
