"""One identity for programs that differ in comments, layout and docstrings only. Parsing only, nothing runs."""

import ast
import warnings

from engine.codec import content_id

MOST_CHARACTERS = 200_000
"""Longer sources are not parsed: they get their own identity and no mutants."""


def parse(source: str) -> ast.Module | None:
    """Syntax tree of an untrusted program; None when it is no Python, or too long or too deep to be read."""
    if len(source) > MOST_CHARACTERS:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd escapes in strings
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def unparse(tree: ast.AST) -> str | None:
    """Source of a tree; None for one too deep."""
    try:
        return ast.unparse(tree)
    except (ValueError, RecursionError):
        return None


def normalise(source: str) -> str:
    """The program in one layout, without comments and docstrings; text that is no Python comes back stripped.

    Names stay: a renamed program is another one, since programs may look their own names up.
    """
    tree = parse(source)
    if tree is None:
        return source.strip()
    if "__doc__" not in source:
        drop_docstrings(tree)
    return unparse(tree) or source.strip()


def drop_docstrings(tree: ast.Module) -> None:
    """Remove, in place, every string that stands as a statement."""
    for node in ast.walk(tree):
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if isinstance(block, list) and block and isinstance(block[0], ast.stmt):
                kept = [item for item in block if not _is_text(item)]
                setattr(
                    node, name, kept or ([ast.Pass()] if name == "body" and not isinstance(node, ast.Module) else [])
                )


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def identity(source: str, language: str = "python") -> str:
    """16 hex digits, the same for programs that are the same after ``normalise``."""
    return content_id(language, normalise(source) if language == "python" else source.strip())
