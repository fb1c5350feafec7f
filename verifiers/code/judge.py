"""Runs a program's tests in a sandbox and says how each ended. What the program gives is only ever read as data.

All tests go through one process first, which is fast; what is not accepted there is run again alone in a fresh
process, and only that counts. So a program that spoils its own process loses nothing, and one that makes something of
earlier tests gains nothing: an acceptance rests on output alone, compared here.
"""

import contextlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.protocols import Sandbox
from engine.records import ExecResult, ExecStatus, Limits, Program, TestCase, TestKind
from verifiers.code.checker import Checker, first
from verifiers.code.compare import Rule, accepts_text, accepts_value

ACCEPTED, WRONG, UNSURE = "accepted", "wrong_answer", "cannot_judge"
_CODES = {
    ExecStatus.NONZERO: "runtime_error",
    ExecStatus.SIGNAL: "signal",
    ExecStatus.TIMEOUT: "timeout",
    ExecStatus.MEMORY: "memory",
    ExecStatus.OUTPUT: "output_limit",
    ExecStatus.COMPILE: "compile_error",
    ExecStatus.REFUSED: "refused",
    ExecStatus.INTERNAL: "sandbox",
}
_GATHERED = 32 << 20
"""Characters of output that wait for a checker at most."""
_DOUBTS = 3
"""After so many tests that had to run again alone, the rest runs alone at once."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one test ended: ``accepted``, ``wrong_answer`` or what stopped the program; by what run of it."""

    index: int
    code: str
    result: ExecResult


@dataclass(frozen=True, slots=True)
class Judge:
    """One program and its tests."""

    sandbox: Sandbox
    program: Program
    kind: TestKind
    cases: Sequence[TestCase]
    rule: Rule | Checker
    limits: Limits

    def outcomes(self, variant: int = 0) -> Iterator[Outcome]:
        """One outcome per test, in order. Close it early to stop. Raises ``CheckerError``."""
        program = replace(self.program, variant=variant)
        index = doubts = 0
        while index < len(self.cases):
            doubtful = True  # where the sandbox gives nothing at all, too
            with _closing(self._examined(program, index, singly=doubts >= _DOUBTS)) as examined:
                for outcome in examined:
                    doubtful = outcome.code != ACCEPTED and _is_doubtful(outcome.result)
                    if doubtful:
                        break
                    yield outcome
                    index += 1
            if doubtful and index < len(self.cases):
                again = next(self._examined(program, index, singly=True))
                doubts += _DOUBTS if again.code in (ACCEPTED, "timeout") else 1
                yield again
                index += 1

    def _examined(self, program: Program, start: int, *, singly: bool) -> Iterator[Outcome]:
        """Outcomes from test ``start`` on, up to where the sandbox stops; of that test alone if ``singly``."""
        results = iter([self._alone(program, start)]) if singly else self._run(program, start)
        with _closing(results):
            if isinstance(self.rule, Rule):
                for index, result in enumerate(results, start):
                    yield Outcome(index, self._compared(index, result, self.rule), result)
                return
            gathered = _gathered(results)
        # the program has ended: a sandbox runs one at a time, and now it is the checker's turn
        fine = [(start + i, result) for i, result in enumerate(gathered) if result.status == ExecStatus.OK]
        questions = [(self.cases[i].input, self.cases[i].expected, self._given(result)) for i, result in fine]
        verdicts = dict(zip((i for i, _ in fine), self.rule.accepts(questions), strict=True))
        for index, result in enumerate(gathered, start):
            stopped = result.status != ExecStatus.OK
            code = _code(result, self.kind) if stopped else ACCEPTED if verdicts[index] else WRONG
            yield Outcome(index, code, result)

    def _run(self, program: Program, start: int) -> Iterator[ExecResult]:
        if self.kind is TestKind.ASSERT:
            return self.sandbox.check(program, [case.code or "" for case in self.cases[start:]], self.limits)
        return self.sandbox.run(program, [self._input(case) for case in self.cases[start:]], self.limits)

    def _alone(self, program: Program, index: int) -> ExecResult:
        case = self.cases[index]
        if self.kind is TestKind.ASSERT:
            return first(self.sandbox.check(program, [case.code or ""], self.limits))
        return first(self.sandbox.run(program, [self._input(case)], self.limits))

    def _input(self, case: TestCase) -> str:
        return case.input if self.kind is TestKind.STDIN else json.dumps(case.input)

    def _given(self, result: ExecResult) -> Any:
        return result.stdout if self.kind is TestKind.STDIN else result.value

    def _compared(self, index: int, result: ExecResult, rule: Rule) -> str:
        if result.status != ExecStatus.OK:
            return _code(result, self.kind)
        if self.kind is TestKind.ASSERT:
            return UNSURE if result.detail == "program_compared" else ACCEPTED
        accepts = accepts_text if self.kind is TestKind.STDIN else accepts_value
        return ACCEPTED if accepts(rule, self.cases[index].expected, self._given(result)) else WRONG


def _code(result: ExecResult, kind: TestKind) -> str:
    """What stopped the program."""
    if result.status == ExecStatus.REFUSED and result.exit_code is None and not result.wall_s:
        return UNSURE  # it never ran: the sandbox cannot run this language, or not in this way
    failed = kind is TestKind.ASSERT and result.status == ExecStatus.NONZERO
    return WRONG if failed and "AssertionError" in result.stderr else _CODES[result.status]


def _is_doubtful(result: ExecResult) -> bool:
    """Whether a test must run again before it counts: others shared its process, or it was not the program's doing.

    The wall clock runs while others use the machine, so its time-out is tried once more; CPU time is the program's own.
    """
    if result.status == ExecStatus.TIMEOUT and result.detail == "wall":
        return True
    return result.shared or result.status == ExecStatus.INTERNAL


def _gathered(results: Iterator[ExecResult]) -> list[ExecResult]:
    """Results up to an amount of output that fits in memory; the rest is run again later."""
    gathered: list[ExecResult] = []
    size = 0
    for result in results:
        gathered.append(result)
        size += len(result.stdout) + (1 << 20)  # a value takes room as well
        if size > _GATHERED:
            break
    return gathered


@contextlib.contextmanager
def _closing(results: Iterator[Any]) -> Iterator[Iterator[Any]]:
    """End the program behind an iterator that is left early."""
    try:
        yield results
    finally:
        close = getattr(results, "close", None)
        if close is not None:
            close()
