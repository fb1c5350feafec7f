"""Custom checkers: trusted code about untrusted output, so it runs in the sandbox too, and never beside the program.

Two conventions. A Python function ``check(input, expected, output)`` returns whether the output is right. A program
(C++ with a ``main``, or Python that reads ``sys.argv``) follows testlib: it is called with the names of three files
(input, output, answer) and exits with 0 (right), 1 or 2 (wrong), 3 (the checker or its answer is at fault) or 7
(partly right, which is not right).
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from engine.protocols import Sandbox
from engine.records import ExecResult, ExecStatus, Limits, Program
from verifiers.code.compare import json_key

_FUNCTION = re.compile(r"^def[ \t]+check[ \t]*\(", re.MULTILINE)
_FILES = ("input.txt", "output.txt", "answer.txt")
_RIGHT, _WRONG = (0,), (1, 2, 7)
Question = tuple[Any, Any, Any]
"""Input, expected, output."""


class CheckerError(Exception):
    """The checker crashed, overran its limits or gave no verdict: our side's fault, never the program's."""


@dataclass(frozen=True, slots=True)
class Checker:
    """A checker's source, and where it runs."""

    source: str
    sandbox: Sandbox
    limits: Limits

    def accepts(self, questions: Sequence[Question]) -> list[bool]:
        """Whether each output is right. Raises ``CheckerError``."""
        if _FUNCTION.search(self.source) is None:
            return [self._exit_code(question) for question in questions]
        inputs = [json.dumps([_plain(value) for value in question]) for question in questions]
        verdicts: list[bool] = []
        while len(verdicts) < len(inputs):
            verdicts += self._called(inputs[len(verdicts) :])
        return verdicts

    def _called(self, inputs: list[str]) -> list[bool]:
        """Verdicts on the first inputs, at least one. Only True is taken from a process that others have used."""
        program = Program(self.source, entry_point="check")
        verdicts: list[bool] = []
        for result in self.sandbox.run(program, inputs, self.limits):
            if result.status != ExecStatus.OK or (result.shared and result.value is not True):
                break
            verdicts.append(_truth(result))
        return verdicts or [self._first(program, inputs[0])]

    def _first(self, program: Program, question: str) -> bool:
        """Verdict on one output."""
        given, expected, output = json.loads(question)
        return self._fair(lambda it: _truth(self._alone(program, json.dumps([given, expected, it]))), expected, output)

    def _fair(self, accepts: Callable[[Any], bool], expected: Any, output: Any) -> bool:
        """A checker that fails on an output, but can read the expected one, was given what it cannot read: the output's
        fault, not the checker's.
        """
        try:
            return accepts(output)
        except CheckerError:
            accepts(expected)  # raises where the checker itself is at fault
            return False

    def _exit_code(self, question: Question) -> bool:
        given, expected, output = (value if isinstance(value, str) else json.dumps(_plain(value)) for value in question)
        return self._fair(lambda it: self._program(given, expected, it), expected, output)

    def _program(self, given: str, expected: str, output: str) -> bool:
        cpp = "#include" in self.source
        files = dict(zip(_FILES, (given, output, expected), strict=True))
        program = Program(self.source, "cpp" if cpp else "python", files=files, args=_FILES)
        result = self._alone(program, "")
        code = result.exit_code or 0
        if result.status == ExecStatus.OK and code in _RIGHT:
            return True
        crashed = "Traceback (most recent call last)" in result.stderr  # Python exits with 1 then, too
        if result.status != ExecStatus.NONZERO or code not in _WRONG or crashed:
            raise CheckerError(_told(result))
        return False

    def _alone(self, program: Program, given: str) -> ExecResult:
        result = first(self.sandbox.run(program, [given], self.limits))
        if result.status == ExecStatus.INTERNAL:
            result = first(self.sandbox.run(program, [given], self.limits))
        return result


def first(results: Any) -> ExecResult:
    """The one result of one input; a sandbox that gives none is at fault."""
    found = list(results)
    return found[0] if found else ExecResult(ExecStatus.INTERNAL, detail="the sandbox gave no result")


def _truth(result: ExecResult) -> bool:
    if result.status != ExecStatus.OK:
        raise CheckerError(_told(result))
    if result.value not in (True, False):  # 0 and 1 too
        raise CheckerError(f"it returned {result.value!r:.100} instead of True or False")
    return bool(result.value)


def _told(result: ExecResult) -> str:
    exit_code = "" if result.exit_code is None else f" (exit code {result.exit_code})"
    tail = " ".join(result.stderr.strip().splitlines()[-1:])[:300]
    return f"it ended with {result.status.value} {result.detail}{exit_code}: {tail}".replace(" : ", ": ").rstrip(": ")


def _plain(value: Any) -> Any:
    """As JSON: tuples and sets become lists, keys text."""
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted(map(_plain, value), key=repr)
    if isinstance(value, dict):
        return {json_key(key): _plain(item) for key, item in value.items()}
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)
