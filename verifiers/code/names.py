"""What a problem's program is called: names that it must define, and a program that is wrong on purpose."""

import ast
import keyword
import re
from collections.abc import Sequence
from dataclasses import replace

from engine.records import Message, Problem, TestCase, TestKind, Tests
from verifiers.code.lines import Wanted

PLANTED = "planted wrong answer"
_CALLED = re.compile(r"\b([A-Za-z_]\w*)[ \t]*\(")
_COMMON = frozenset(
    ("assert", "check", "print", "len", "set", "list", "dict", "tuple", "sorted", "str", "int", "float", "abs", "round",
     "all", "any", "sum", "min", "max", "range", "isinstance", "type", "zip", "map", "test", "candidate")
)  # fmt: skip


def wanted(problem: Problem, tests: Tests, cases: Sequence[TestCase], language: str) -> Wanted:
    """What to look for in a response to ``problem``."""
    if tests.entry_point:
        names: tuple[str, ...] = (tests.entry_point.partition(".")[0],)
    elif tests.kind is TestKind.ASSERT:
        called = [name for case in cases for name in _CALLED.findall(case.code or "")]
        names = tuple(name for name in dict.fromkeys(called) if name not in _COMMON and not keyword.iskeyword(name))[
            :20
        ]
    else:
        names = ()
    return Wanted(language, names, tests.entry_point, _prompt_text(problem))


def _prompt_text(problem: Problem) -> str:
    if isinstance(problem.prompt, str):
        return problem.prompt
    return "\n\n".join(turn.content for turn in problem.prompt if isinstance(turn, Message) and turn.role != "system")


def with_helpers(cases: Sequence[TestCase], prompt: str, entry_point: str | None) -> tuple[TestCase, ...]:
    """Test code that uses a helper of a prompt in Python, such as HumanEval/32's ``poly``, with the prompt's own.

    Else the program's would be used, which could say what the test wants to hear.
    """
    try:
        body = ast.parse(prompt).body if any(case.code for case in cases) else []
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return tuple(cases)
    helpers = {node.name for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)} - {entry_point}
    own = [node for node in body if getattr(node, "name", None) != entry_point]
    source = "\n".join(ast.unparse(node) for node in own)
    used = re.compile(rf"\b(?:{'|'.join(helpers)})\b") if helpers else None
    return tuple(
        replace(case, code=f"{source}\n{case.code}") if used and case.code and used.search(case.code) else case
        for case in cases
    )


def planted_wrong(tests: Tests, look_for: Wanted, reference: str | None) -> str:
    """A program that no sensible tests accept: it prints, or its functions return, words that nobody asked for."""
    if look_for.language != "python":
        return PLANTED  # does not even compile
    if tests.kind is TestKind.STDIN:
        return f"print({PLANTED!r})"
    if tests.entry_point and "." in tests.entry_point:
        outer, _, method = tests.entry_point.rpartition(".")
        return f"class {outer}:\n    def {method}(self, *args, **kwargs):\n        return {PLANTED!r}"
    names = [name for name in look_for.names if name not in _COMMON] or ["answer"]
    if any(_is_class(name, reference or "") for name in names):
        names = [name for name in names if _is_class(name, reference or "")]
        made = "    def __init__(self, *args):\n        pass\n"
        called = f"    def __getattr__(self, name):\n        return lambda *args: {PLANTED!r}"
        return "\n".join(f"class {name}:\n{made}{called}" for name in names)
    return "\n".join(f"def {name}(*args, **kwargs):\n    return {PLANTED!r}" for name in names)


def _is_class(name: str, reference: str) -> bool:
    return re.search(rf"^class[ \t]+{re.escape(name)}\b", reference, re.MULTILINE) is not None


def fenced(program: str, language: str) -> str:
    """A response that holds just this program."""
    longest = max((len(run) for run in re.findall("`+", program)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{program}\n{fence}"
