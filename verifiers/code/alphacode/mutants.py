"""Mutants: a right program with one small fault each, to see which tests would notice.

The operators are the classic ones of mutation analysis (Offutt et al. 1996: relational, arithmetic, logical,
constants, statement deletion), plus those that fit short Python programs: ranges, slices, loops that end early, and
``min`` for ``max``. Programs are parsed and written back, never run here.
"""

import ast
import copy
import random
from collections.abc import Callable

from verifiers.code.alphacode.normal import drop_docstrings, normalise, parse, unparse

LONGEST = 10_000
"""Characters of a program beyond which it is not mutated."""
TRIES = 3
"""Changes tried per mutant wanted: some come out the same."""

_COMPARE: dict[type, tuple[type, ...]] = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
_ARITHMETIC: dict[type, type] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.FloorDiv,
    ast.FloorDiv: ast.Div,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitOr,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
_CALLS = {
    "min": "max", "max": "min", "any": "all", "all": "any", "sum": "max", "abs": "int", "upper": "lower",
    "lower": "upper", "isupper": "islower", "islower": "isupper", "startswith": "endswith", "endswith": "startswith",
    "append": "extend", "ceil": "floor", "floor": "ceil", "lstrip": "rstrip", "rstrip": "lstrip",
}  # fmt: skip


def mutants(source: str, most: int, seed: int) -> list[str]:
    """At most ``most`` mutants of a Python program, no two the same and none the program itself.

    When there are more, they are a sample seeded by ``seed``. A text that is no Python, or is a very long one, has
    none.
    """
    tree = parse(source) if len(source) <= LONGEST else None
    if tree is None:
        return []
    drop_docstrings(tree)
    sites = [(at, number) for at, node in enumerate(_nodes(tree)) for number in range(len(_changes(node)))]
    random.Random(seed).shuffle(sites)
    seen, made = {normalise(source)}, {}
    for at, number in sites[: TRIES * most]:
        text = _mutant(tree, at, number)
        if text is not None and text not in seen:
            seen.add(text)
            made[at, number] = text
        if len(made) == most:
            break
    return [made[site] for site in sorted(made)]


def _mutant(tree: ast.Module, at: int, number: int) -> str | None:
    try:
        mutant = copy.deepcopy(tree)
    except RecursionError:
        return None
    _changes(_nodes(mutant)[at])[number]()
    return unparse(ast.fix_missing_locations(mutant))


def _nodes(tree: ast.Module) -> list[ast.AST]:
    """Nodes worth changing, in a stable order: no annotations, and no ``if __name__ == …`` at the top."""
    skipped: set[int] = set()
    for node in ast.walk(tree):
        for name in ("annotation", "returns"):
            hint = getattr(node, name, None)
            if isinstance(hint, ast.AST):
                skipped.update(map(id, ast.walk(hint)))
        if isinstance(node, ast.If) and "__name__" in ast.dump(node.test):
            skipped.update(map(id, [node, *ast.walk(node.test)]))
    return [node for node in ast.walk(tree) if id(node) not in skipped]


def _changes(node: ast.AST) -> list[Callable[[], None]]:
    """What can be done to one node; each changes it in place."""
    if isinstance(node, ast.Compare):
        return _compare(node)
    if isinstance(node, (ast.BinOp, ast.AugAssign)):
        other = _ARITHMETIC.get(type(node.op))
        return [_set(node, "op", other())] if other else []
    if isinstance(node, ast.BoolOp):
        return [_set(node, "op", ast.Or() if isinstance(node.op, ast.And) else ast.And())]
    if isinstance(node, ast.UnaryOp):
        return [_set(node, "op", ast.UAdd())] if isinstance(node.op, ast.USub) else []
    if isinstance(node, ast.Constant):
        return [_set(node, "value", value) for value in _other_constants(node.value)]
    if isinstance(node, (ast.If, ast.IfExp)):
        return [_set(node, "test", ast.UnaryOp(ast.Not(), node.test)), *_removals(node)]
    if isinstance(node, ast.Slice):
        return _slice(node)
    if isinstance(node, ast.Call):
        return _call(node)
    if isinstance(node, ast.Return) and node.value is not None:
        return [_set(node, "value", ast.Constant(None))]
    return _removals(node)


def _compare(node: ast.Compare) -> list[Callable[[], None]]:
    return [
        _set(node, "ops", [*node.ops[:i], other(), *node.ops[i + 1 :]])
        for i, operator in enumerate(node.ops)
        for other in _COMPARE[type(operator)]
    ]


def _other_constants(value: object) -> list[object]:
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1, value - 1]
    if isinstance(value, float):
        return [value + 1.0, -value] if value else [1.0]
    if isinstance(value, str):
        return [value + "x"] if len(value) != 1 else [""]
    return []


def _slice(node: ast.Slice) -> list[Callable[[], None]]:
    changes: list[Callable[[], None]] = []
    for name in ("lower", "upper"):
        bound = getattr(node, name)
        if bound is not None:
            changes += [_set(node, name, ast.BinOp(bound, ast.Add(), ast.Constant(1))), _set(node, name, None)]
    return changes if changes or node.step is not None else [_set(node, "lower", ast.Constant(1))]


def _call(node: ast.Call) -> list[Callable[[], None]]:
    name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    if name == "range" and node.args:
        last = min(len(node.args), 2) - 1
        shifted = [ast.BinOp(node.args[last], op, ast.Constant(1)) for op in (ast.Add(), ast.Sub())]
        return [_set(node, "args", [*node.args[:last], value, *node.args[last + 1 :]]) for value in shifted]
    if name == "sorted" and node.args and not node.keywords:
        return [_set(node, "keywords", [ast.keyword("reverse", ast.Constant(True))])]
    if name not in _CALLS:
        return []
    if isinstance(node.func, ast.Name):
        return [_set(node.func, "id", _CALLS[name])]
    return [_set(node.func, "attr", _CALLS[name])]


def _removals(node: ast.AST) -> list[Callable[[], None]]:
    """Statements of a body left out one by one, and a loop that ends after its first round."""
    changes: list[Callable[[], None]] = []
    if isinstance(node, ast.Module):
        return changes
    for name in ("body", "orelse"):
        block = getattr(node, name, None)
        if not isinstance(block, list):
            continue
        for i, statement in enumerate(block):
            if isinstance(statement, (ast.Assign, ast.AugAssign, ast.Expr, ast.If, ast.Continue, ast.Break, ast.For)):
                changes.append(_set(node, name, [*block[:i], ast.Pass(), *block[i + 1 :]]))
    if isinstance(node, (ast.For, ast.While)):
        changes.append(_set(node, "body", [*node.body, ast.Break()]))
    return changes


def _set(node: ast.AST, name: str, value: object) -> Callable[[], None]:
    return lambda: setattr(node, name, value)
