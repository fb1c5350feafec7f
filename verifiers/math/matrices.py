"""Matrices and vectors in the forms that people write: environments, lists of rows, multiples, tuples."""

from verifiers.math.tree import Node, number

_MAX_ENTRIES = 60


def as_matrix(node: Node) -> Node | None:
    """Rows of entries; a tuple is a column. None for what is no matrix."""
    if node.op == "matrix":
        return node
    if node.op in ("tuple", "list") and node.args and all(item.op == "tuple" for item in node.args):
        rows = tuple(Node("row", item.args) for item in node.args)
        return Node("matrix", rows) if len({len(row.args) for row in rows}) == 1 else None
    if node.op == "tuple":
        return Node("matrix", tuple(Node("row", (item,)) for item in node.args))
    if node.op == "neg":
        return _multiple(as_matrix(node.args[0]), [Node("neg", (number(1),))])
    if node.op in ("mul", "div"):
        inner = [item for item in node.args if item.op == "matrix"]
        rest = [item for item in node.args if item.op != "matrix"]
        if len(inner) == 1 and (node.op == "mul" or node.args[0] is inner[0]):
            factors = rest if node.op == "mul" else [Node("div", (number(1), rest[0]))]
            return _multiple(inner[0], factors)
    if node.op == "pow" and node.args[0].op in ("matrix", "tuple") and _is_transposition(node.args[1]):
        inner_matrix = as_matrix(node.args[0])
        return _transposed(inner_matrix) if inner_matrix is not None else None
    return None


def _is_transposition(node: Node) -> bool:
    return node.op in ("sym", "word") and node.name in ("T", "\\top", "t", "top")


def _transposed(node: Node) -> Node:
    return Node("matrix", tuple(Node("row", column) for column in zip(*(row.args for row in node.args), strict=True)))


def _multiple(node: Node | None, factors: list[Node]) -> Node | None:
    if node is None or sum(len(row.args) for row in node.args) > _MAX_ENTRIES:
        return None
    return Node(
        "matrix",
        tuple(Node("row", tuple(Node("mul", (*factors, item)) for item in row.args)) for row in node.args),
    )
