"""How a problem was solved: a program without its names and comments, a chain of thought as its computations.

The text is a model's: it is parsed, never run.
"""

import ast
import re
import warnings

from engine.records import Row, Status

MAX_CHARS = 20_000
"""Longer programs are compared by their tokens, not parsed."""
_TOKEN = re.compile(
    r"(?P<comment>//[^\n]*+|/\*(?:[^*]|\*(?!/))*+\*/)"
    r"""|"(?:\\.|[^"\\\n])*+"|'(?:\\.|[^'\\\n])*+'|\w+|[^\w\s]"""
)
_OPERAND = r"(?:\d++(?:\.\d++)?[a-zA-Z]?|[a-zA-Z])(?![\w.]*\w)"
_COMPUTATION = re.compile(rf"(?<![\w.]){_OPERAND}(?:\s*+[-+*/^]\s*+{_OPERAND})++")
_FRACTION = re.compile(r"\\[dt]?frac\{([^{}]*+)\}\{([^{}]*+)\}")
_SIGNS = (("\\times", "*"), ("\\cdot", "*"), ("×", "*"), ("·", "*"), ("\\div", "/"), ("÷", "/"), ("−", "-"))
_NOISE = re.compile(r"[$%\\()\[\]{}€£]|(?<=\d),(?=\d{3})")


def program_of(row: Row) -> str | None:
    """The program that the tests passed; None where the problem is none of code."""
    if row.problem.tests is None:
        return None
    passed = (v for v in row.verdicts if v.verifier in row.decision.by and v.status is Status.PASS)
    return next((v.answer for v in passed if v.answer is not None), None)


def normal_program(source: str) -> str:
    """What two programs share that differ only in format, comments, docstrings, annotations and names of their own.

    Python is read by its own parser; what that does not read, or cannot within its limits, is a sequence of tokens
    without ``//`` and ``/* */`` comments, names kept.
    """
    if len(source) <= MAX_CHARS:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(source)
            return _dumped(tree)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            pass
    return " ".join(found.group() for found in _TOKEN.finditer(source) if found["comment"] is None)


def computations(text: str) -> frozenset[str]:
    """The arithmetic that a text writes down, as ``3 * 4`` in digits, single letters or LaTeX.

    Sums and products are the same in any order; results and units are left out.
    """
    for sign, plain in _SIGNS:
        text = text.replace(sign, plain)
    text = _NOISE.sub("", _FRACTION.sub(r"\1/\2", text))
    return frozenset(_ordered(found.group()) for found in _COMPUTATION.finditer(text))


def _ordered(computation: str) -> str:
    operands = re.split(r"\s*[-+*/^]\s*", computation)
    signs = re.findall(r"[-+*/^]", computation)
    if set(signs) in ({"+"}, {"*"}):
        operands.sort()
    return operands[0] + "".join(sign + operand for sign, operand in zip(signs, operands[1:], strict=True))


def _dumped(tree: ast.Module) -> str:
    numbers: dict[str, str] = {}
    nodes = list(ast.walk(tree))
    for node in nodes:
        own = node.name if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) else None
        if isinstance(node, ast.arg):
            own = node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            own = node.id
        if own is not None:
            numbers.setdefault(own, f"name {len(numbers)}")
    for node in nodes:
        if isinstance(node, ast.Name):
            node.id = numbers.get(node.id, node.id)
        elif isinstance(node, ast.arg):
            node.arg, node.annotation = numbers[node.arg], None
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            node.name, node.body = numbers[node.name], _without_docstring(node.body)
            if not isinstance(node, ast.ClassDef):
                node.returns = None
    tree.body = _without_docstring(tree.body)
    return ast.dump(tree)


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    first = body[0] if body else None
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        return body[1:]
    return body
