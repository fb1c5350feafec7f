"""Runs blocks of test code against a program that lives in another process, behind the proxies of ``proxies``.

A block is any Python text: asserts, ``check(candidate)`` as in HumanEval (Chen et al. 2021, arXiv:2107.03374), setup
code and asserts as in MBPP (Austin et al. 2021, arXiv:2108.07732), EvalPlus's own checks (Liu et al. 2023,
arXiv:2305.01210), ``unittest`` classes, or ``test_…`` functions.

What a name of the block means, in this order: the block's own; the entry point; a builtin; one of
``session.MODULES``; the program's. So no program can put its own ``abs`` or ``math`` in the way of a comparison.
"""

import ast
import builtins
import functools
import importlib
import inspect
import os
import sys
import traceback
import types
import unittest
from collections.abc import Callable
from typing import Any, NoReturn

from sandboxes.runner import arrays
from sandboxes.runner.proxies import Remote, RemoteMeta, describe
from sandboxes.runner.session import MODULES, Session

Report = Callable[[dict[str, Any]], None]
_CELL = "__proofstill_sides__"
_TEXT = 1500


class Names(dict[str, Any]):
    """Globals of one block."""

    def __init__(self, session: Session, entry_point: str | None, home: str) -> None:
        super().__init__(__name__=home, __builtins__=builtins)
        self.session = session
        self.entry_point = entry_point

    def __missing__(self, name: str) -> Any:
        if self.entry_point is not None and name in ("candidate", self.entry_point):
            root, *path = self.entry_point.split(".")
            value = functools.reduce(getattr, path, self._of_program(root))
        elif hasattr(builtins, name):
            return getattr(builtins, name)
        elif name in MODULES:
            return importlib.import_module(name)
        else:
            value = self._of_program(name)
            self.session.names[name] = None
        self[name] = value
        return value

    def _of_program(self, name: str) -> Any:
        found, value = self.session.ask("name", name)
        if found is not True:
            raise NameError(f"name {name!r} is defined neither by the test code nor by the program")
        return value


class Sides(ast.NodeTransformer):
    """Keeps both sides of every ``assert a == b``, for the message; drops ``unittest.main()``, which would exit."""

    def visit_Assert(self, node: ast.Assert) -> ast.AST:
        test = node.test
        if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq):
            test.left = self._keep("left", test.left)
            test.comparators = [self._keep("right", test.comparators[0])]
        return node

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        if isinstance(node.value, ast.Call) and ast.unparse(node.value.func) == "unittest.main":
            return ast.copy_location(ast.Pass(), node)
        return node

    def _keep(self, side: str, value: ast.expr) -> ast.expr:
        keeper = ast.Attribute(ast.Name(_CELL, ast.Load()), side, ast.Load())
        return ast.fix_missing_locations(ast.copy_location(ast.Call(keeper, [value], []), value))


class Cell:
    """The two sides of the assertion that was evaluated last."""

    def __init__(self) -> None:
        self.sides: dict[str, Any] = {}

    def left(self, value: Any) -> Any:
        self.sides = {"got": value}
        return value

    def right(self, value: Any) -> Any:
        self.sides["expected"] = value
        return value


def wants_identity(tree: ast.AST) -> bool:
    """Whether test code asks if two objects are one, so that one object needs one proxy."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            if any(isinstance(op, ast.Is | ast.IsNot) for op in node.ops) and not any(
                isinstance(side, ast.Constant) or ast.unparse(side).startswith("type(") for side in sides
            ):
                return True
        if isinstance(node, ast.Attribute) and node.attr in ("assertIs", "assertIsNot"):
            return True
        if isinstance(node, ast.Name) and node.id == "id":
            return True
    return False


def run_blocks(channel_fd: int, blocks: list[str], entry_point: str | None, report: Report) -> None:
    """Run ``blocks`` in order, each in fresh globals, up to the first that is not OK; one report for each that ran.

    ``channel_fd``: stream socket to a process in ``objects.serve``. A report is ``{"i": index, "status": "OK" |
    "NONZERO" | "REFUSED", "text": message, "program_compared": bool, "names": [...]}``.
    ``program_compared``: an object of the program's class was compared, ordered, hashed, searched, truth-tested or
    computed with by its own methods, two of its objects were asked to be one, or an object of a class that test code
    does not name was told what is expected, so that OK is the program's own word. ``names``: what the block used of
    the program besides its entry point. When the program's process ends or sends what is no frame, this process
    reports and leaves at once, by ``os._exit``, which no test code can catch.
    """
    index = 0
    finished = False

    def finish(status: str, text: str) -> None:
        nonlocal finished
        if not finished:
            report(
                {
                    "i": index,
                    "status": status,
                    "text": text[:_TEXT],
                    "program_compared": session.compared,
                    "names": sorted(session.names),
                }
            )
            finished = status != "OK"

    def end(status: str, text: str) -> NoReturn:
        try:
            finish(status, text)
        finally:
            os._exit(1)

    session = Session(channel_fd, end)
    session.entry = (entry_point or "").partition(".")[0]
    # never the real one: it takes longer to load than all tests, and its broadcasting takes [] for any number
    sys.modules["numpy"] = arrays.module()
    for index, source in enumerate(blocks):
        status, text = run_block(session, source, entry_point, f"tests_{index}")
        finish(status, text)
        if status != "OK":
            return


def run_block(session: Session, source: str, entry_point: str | None, home: str) -> tuple[str, str]:
    """Status and message of one block."""
    try:
        tree = ast.parse(source)
        session.start(home, identity=wants_identity(tree))
        calls = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
        code = compile(Sides().visit(tree), f"<{home}>", "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return "NONZERO", f"the test code is broken: {type(error).__name__}: {error}"
    names = Names(session, entry_point, home)
    cell = Cell()
    dict.__setitem__(names, _CELL, cell)
    sys.modules[home] = module = types.ModuleType(home)
    try:
        exec(code, names)
        module.__dict__.update(names)
        text = _run_defined(names, calls, home)
    except BaseException as error:  # noqa: BLE001 -- whatever ends test code early is its result
        text = explain(error, source, home, cell)
    if session.refused:
        return "REFUSED", session.refused
    text = text or session.broken
    return ("NONZERO", text) if text else ("OK", "")


def _run_defined(names: Names, calls: set[str], home: str) -> str:
    """Run what the block defines and does not call itself. Gives the message of a failure, else nothing."""
    if "check" in names and "check" not in calls:
        if names.entry_point is None:
            return "the test code is broken: check(candidate) needs the name of an entry point"
        names["check"](names["candidate"])
    cases = [item for item in names.values() if type(item) is type and issubclass(item, unittest.TestCase)]
    for case in cases:
        if case.__module__ == home and (message := _run_case(case)):
            return message
    for name, item in list(names.items()):
        ours = type(item) is types.FunctionType and item.__module__ == home
        if ours and name.startswith("test") and name not in calls and not inspect.signature(item).parameters:
            item()
    return ""


def _run_case(case: type[unittest.TestCase]) -> str:
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(case).run(result)
    for test, text in [*result.failures, *result.errors]:
        return f"{test}: {text[-1000:]}"
    if result.skipped or result.expectedFailures or result.unexpectedSuccesses:
        return f"{case.__name__}: a test was skipped, or expected to fail"
    return "" if result.testsRun else f"{case.__name__} has no test"


def explain(error: BaseException, source: str, home: str, cell: Cell) -> str:
    """What went wrong and where in the test code, with the two sides of a failed ``assert a == b``."""
    text = f"{type(error).__name__}: {_message(error)}" if _message(error) else type(error).__name__
    frames = [frame for frame in traceback.walk_tb(error.__traceback__) if frame[0].f_code.co_filename == f"<{home}>"]
    if not frames:
        return text
    frame, number = frames[-1]
    lines = source.splitlines()
    line = lines[number - 1].strip() if 0 < number <= len(lines) else ""
    parts = [f"line {number}: {line[:300]}"]
    if isinstance(error, AssertionError):
        shown = cell.sides if line.startswith("assert") and len(cell.sides) == 2 and "==" in line else {}
        if not shown and frame.f_locals is not frame.f_globals:
            shown = {name: value for name, value in frame.f_locals.items() if not callable(value)}
        parts += [f"{name} = {brief(value)}" for name, value in list(shown.items())[:6]]
    return "\n".join([text, *parts])


def _message(error: BaseException) -> str:
    try:
        return str(error)[:500]
    except Exception:  # noqa: BLE001 -- the program's own __str__
        return ""


def brief(value: Any) -> str:
    """Short text of a value; an object of the program is not asked for its own."""
    if isinstance(value, Remote) or type(value) is RemoteMeta:
        return describe(value)
    try:
        text = repr(value)
    except Exception as error:  # noqa: BLE001 -- an int of many digits, an object of the program inside
        return f"{describe(value)} ({type(error).__name__})"
    return text if len(text) <= 200 else f"{text[:150]} … {text[-40:]}"
