"""A code problem as test generation sees it: how its programs are driven, its public tests, and its known inputs.

An input is always text: standard input's, the JSON of a list of arguments, or, for problems with assertions, the
Python literal of one, since assertions may pass tuples and sets.
"""

import ast
import doctest
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from engine.records import ExecResult, ExecStatus, Message, Problem, Program, TestCase, TestKind, Tests
from verifiers.code.alphacode.normal import parse
from verifiers.code.alphacode.plain import from_text, to_text
from verifiers.code.alphacode.store import LONGEST, Outcome, digest
from verifiers.code.compare import Rule, accepts_text, accepts_value, read_rule

CALL = "_proofstill_call"
"""Takes the literal of a list of arguments; joined to a program that is tested by assertions."""
_CALL_SOURCE = """

def {call}(text):
    import ast
    try:
        return ["returned", {entry}(*ast.literal_eval(text))]
    except Exception:
        return ["raised"]
"""
_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)?", re.ASCII)
CLOSE = Rule("float", 1e-9, 1e-9)
"""Values of calls that differ by less are the same behaviour: sums in another order."""


@dataclass(frozen=True)
class Subject:
    """One problem. ``known`` are the public tests' inputs, as input texts."""

    tests: Tests
    entry: str | None
    known: tuple[str, ...]
    blocks: tuple[str, ...]
    """Public blocks of assertions, the examples of the prompt first."""
    class_name: str | None = None
    """When inputs are calls of methods of this class."""

    @property
    def kind(self) -> TestKind:
        """How its programs are driven."""
        return self.tests.kind

    def program(self, source: str, language: str) -> Program:
        """The program as the sandbox runs it on inputs."""
        if self.kind is TestKind.STDIN:
            return Program(source, language)
        if self.kind is TestKind.CALL:
            return Program(source, language, entry_point=self.entry)
        return Program(source + _CALL_SOURCE.format(call=CALL, entry=self.entry), language, entry_point=CALL)

    def wire(self, text: str) -> str:
        """An input text as the sandbox wants it."""
        return json.dumps([text]) if self.kind is TestKind.ASSERT else text

    def output(self, result: ExecResult) -> Outcome:
        """The outcome of a run on one input."""
        value, status = result.value, result.status.value
        if self.kind is TestKind.ASSERT and result.status == ExecStatus.OK:
            if not (isinstance(value, list) and len(value) == 2):  # caught, so that one process can go on
                return Outcome(ExecStatus.NONZERO.value, alone=not result.shared)
            value = value[1]
        if result.status != ExecStatus.OK:
            return Outcome(status, alone=not result.shared)
        text = result.stdout if self.kind is TestKind.STDIN else to_text(value)
        if text is None:
            return Outcome(ExecStatus.REFUSED.value, alone=not result.shared)
        kept = text if len(text) <= LONGEST else None
        return Outcome(status, digest(text), kept, alone=not result.shared)

    def encode(self, value: Any) -> str:
        """Input text of a case's input."""
        if self.kind is TestKind.STDIN:
            return str(value)
        return json.dumps(value) if self.kind is TestKind.CALL else repr(value)

    def decode(self, text: str) -> Any:
        """Arguments (or the text itself) of an input text. Raises ``ValueError`` for one that is none."""
        if self.kind is TestKind.STDIN:
            return text
        try:
            value = json.loads(text) if self.kind is TestKind.CALL else ast.literal_eval(text)
        except (SyntaxError, RecursionError, MemoryError) as error:
            raise ValueError(f"no list of arguments: {error}") from None
        if not isinstance(value, list):
            raise ValueError("no list of arguments")
        return value

    def same(self, left: str, right: str) -> bool:
        """Whether two outputs, as texts, are the same behaviour."""
        if left == right:
            return True
        rule = self._rule()
        if self.kind is TestKind.STDIN:
            return accepts_text(rule or Rule("tokens"), left, right)
        mine, other = from_text(left), from_text(right)
        if self.kind is TestKind.ASSERT:
            return bool(mine == other) or (_shape(mine) == _shape(other) and accepts_value(CLOSE, mine, other))
        return accepts_value(rule if rule is not None and rule.name != "tokens" else CLOSE, mine, other)

    def accepts(self, expected: str, got: str) -> bool:
        """Whether the problem's own tests would take ``got`` for ``expected`` (its checker program apart)."""
        if expected == got:
            return True
        rule = self._rule() or Rule("tokens")
        if self.kind is TestKind.STDIN:
            return accepts_text(rule, expected, got)
        mine, other = from_text(expected), from_text(got)
        return bool(mine == other) if self.kind is TestKind.ASSERT else accepts_value(rule, mine, other)

    def _rule(self) -> Rule | None:
        return read_rule(self.tests.checker)

    def case(self, text: str, output: str) -> TestCase:
        """A test of the problem's kind, hidden, that expects ``output`` (as ``Outcome.text``)."""
        if self.kind is TestKind.STDIN:
            return TestCase(text, output, hidden=True)
        if self.kind is TestKind.CALL:
            return TestCase(self.decode(text), _json_value(from_text(output)), hidden=True)
        arguments = ", ".join(map(repr, self.decode(text)))
        return TestCase(code=f"assert {self.entry}({arguments}) == {from_text(output)!r}", hidden=True)

    def can_be_case(self, output: str) -> bool:
        """Whether a test can hold this output: JSON for calls, a literal for assertions."""
        if self.kind is TestKind.STDIN:
            return True
        value = from_text(output)
        if self.kind is TestKind.CALL:
            return _json_value(value) is not _NO_JSON
        try:
            return bool(ast.literal_eval(repr(value)) == value)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            return False


_NO_JSON = object()


def _json_value(value: Any) -> Any:
    """The value with tuples as lists; ``_NO_JSON`` when JSON cannot hold it."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if value - value == 0 else _NO_JSON
    if isinstance(value, (list, tuple)):
        items = [_json_value(item) for item in value]
        return _NO_JSON if _NO_JSON in items else items
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        made = {key: _json_value(item) for key, item in value.items()}
        return _NO_JSON if _NO_JSON in made.values() else made
    return _NO_JSON


def _shape(value: Any) -> Any:
    """What of a value must be equal for two to be close: everything but floats."""
    if isinstance(value, (list, tuple)):
        return (type(value).__name__, *map(_shape, value))
    if isinstance(value, dict):
        return ("dict", *((key, _shape(item)) for key, item in value.items()))
    return "float" if isinstance(value, float) else value


def subject_of(problem: Problem) -> Subject | None:
    """The problem's subject; None when it has no tests that tell how its programs are driven."""
    tests = problem.tests
    if tests is None:
        return None
    public = [case for case in tests.cases if not case.hidden]
    if tests.kind is not TestKind.ASSERT:
        subject = Subject(tests, tests.entry_point, (), ())
        known = tuple(dict.fromkeys(subject.encode(case.input) for case in public))
        return replace(subject, known=known, class_name=_class_name(tests, public))
    blocks = tuple(case.code for case in public if case.code)
    entry = tests.entry_point or _asserted_name(blocks)
    if entry is None or not _NAME.fullmatch(entry):
        return None
    examples = tuple(f"assert {source} == {want}" for source, want in _examples(problem.prompt, entry))
    found = [arguments for block in (*examples, *blocks) for arguments in _calls(block, entry)]
    return Subject(tests, entry, tuple(dict.fromkeys(found)), (*examples, *blocks))


def _class_name(tests: Tests, public: list[TestCase]) -> str | None:
    """The entry point, when every public input is ``[[method, …], [arguments, …]]`` with it as the constructor."""

    def fits(value: Any) -> bool:
        if not (isinstance(value, list) and len(value) == 2 and all(isinstance(part, list) for part in value)):
            return False
        methods, given = value
        named = bool(methods) and all(isinstance(name, str) for name in methods) and methods[0] == tests.entry_point
        return named and len(methods) == len(given) and all(isinstance(item, list) for item in given)

    return tests.entry_point if public and all(fits(case.input) for case in public) else None


def _asserted_name(blocks: tuple[str, ...]) -> str | None:
    """The function that the first assertion calls, however deep inside builtins."""
    builtin = {
        "abs",
        "all",
        "any",
        "dict",
        "float",
        "int",
        "len",
        "list",
        "round",
        "set",
        "sorted",
        "str",
        "sum",
        "tuple",
    }
    for block in blocks:
        for node in ast.walk(parse(block) or ast.Module([], [])):
            if isinstance(node, ast.Assert):
                names = [
                    n.func.id for n in ast.walk(node.test) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)
                ]
                own = [name for name in names if name not in builtin]
                if own:
                    return own[0]
    return None


def _calls(block: str, entry: str) -> Iterator[str]:
    """Literals of the arguments with which a block calls the entry point (``candidate`` in HumanEval)."""
    for node in ast.walk(parse(block) or ast.Module([], [])):
        if isinstance(node, ast.Call) and not node.keywords and ast.unparse(node.func) in (entry, "candidate"):
            try:
                yield repr([ast.literal_eval(argument) for argument in node.args])
            except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
                continue


def _examples(prompt: str | tuple[Message, ...], entry: str) -> Iterator[tuple[str, str]]:
    """Calls of the entry point that the prompt shows in the form of ``>>>`` with a literal result."""
    text = prompt if isinstance(prompt, str) else "\n".join(message.content for message in prompt)
    for chunk in re.split(r"\n[ \t]*\n", text):
        try:
            shown = doctest.DocTestParser().get_examples(chunk)
        except ValueError:
            continue
        for example in shown:
            source, want = example.source.strip(), _first_literal(example.want)
            if want is not None and source.startswith(f"{entry}(") and any(_calls(source, entry)):
                yield source, want


def _first_literal(want: str) -> str | None:
    """The literal of an example's first line; the closing quotes of a docstring may follow."""
    line = next(iter(want.splitlines()), "").strip().removesuffix('"""').removesuffix("'''").strip()
    try:
        return repr(ast.literal_eval(line))
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return None
