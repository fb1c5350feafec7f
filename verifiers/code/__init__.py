"""Judges programs by their tests, in a sandbox.

The program never meets the expected outputs or the code that compares: it gives text or plain values, which are
compared here. PASS is said only when every test ran to its end and was accepted.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar

from engine.errors import ConfigError
from engine.protocols import Resource, Sandbox
from engine.records import (
    FinishReason,
    Limits,
    Problem,
    Program,
    Reason,
    Sample,
    Status,
    TestCase,
    TestKind,
    Tests,
    Verdict,
)
from verifiers.code.checker import Checker, CheckerError
from verifiers.code.compare import read_rule
from verifiers.code.evidence import PROGRAM_CHARS, evidence_of, shown
from verifiers.code.extract import Found, extract
from verifiers.code.judge import ACCEPTED, UNSURE, Judge, Outcome
from verifiers.code.names import fenced, planted_wrong, wanted, with_helpers

__all__ = ["CodeVerifier"]

_STATUS = {ACCEPTED: Status.PASS, "timeout": Status.TIMEOUT, "sandbox": Status.ERROR, UNSURE: Status.ABSTAIN}
_TEXTS = {
    "wrong_answer": "the output is wrong",
    "runtime_error": "the program failed",
    "signal": "the program was killed by a signal",
    "timeout": "the program ran over its time limit",
    "memory": "the program ran over its memory limit",
    "output_limit": "the program wrote more than it may",
    "compile_error": "the program does not compile or lacks the entry point",
    "refused": "what the program gave is no plain result",
    "sandbox": "the sandbox failed twice",
    UNSURE: "it rests on a comparison that the program makes itself, or cannot run in this sandbox",
    "unstable": "accepted at first, not when run again",
}
_START_S = 60.0
"""Of the deadline: for the sandbox to start, and a compiler to run."""


@dataclass
class CodeVerifier:
    """Runs a sample's program against ``problem.tests``."""

    sandbox: Sandbox
    """Where programs run; the configuration's ``sandbox``."""
    language: str = "python"
    """Language of the programs: python, or one that the sandbox knows."""
    limits: Limits = field(default_factory=Limits)
    """Of one test, where the problem's tests give none."""
    tests: str = "all"
    """Which tests count: all, public or hidden."""
    repeat: int = 2
    """How often a program that passes is run in all, each time in the other order of tests and with other seeds: one
    that fails then is ``unstable``. The problem's own number counts when it is larger."""
    score: str = "verdict"
    """``verdict``: stop at the first test that is not accepted, score 0 or 1. ``share``: run every test, and score
    the share that was accepted."""

    name: ClassVar[str] = "code"
    version: ClassVar[str] = "1"
    resource: ClassVar[Resource] = "sandbox"
    operational: ClassVar[tuple[str, ...]] = ("sandbox",)

    def __post_init__(self) -> None:
        """Raise ``ConfigError`` naming the key that does not fit."""
        if self.tests not in ("all", "public", "hidden"):
            raise ConfigError(f"tests: {self.tests!r} is unknown; give all, public or hidden")
        if self.score not in ("verdict", "share"):
            raise ConfigError(f"score: {self.score!r} is unknown; give verdict or share")
        if self.repeat < 1:
            raise ConfigError(f"repeat: {self.repeat} is less than 1")

    @property
    def preload(self) -> tuple[str, ...]:
        """Modules to import before its processes start."""
        return (type(self.sandbox).__module__,)

    def start(self) -> None:
        """Start the sandbox. Raises ``SandboxUnavailableError`` when its isolation cannot be reached."""
        self.sandbox.probe()

    def close(self) -> None:
        """End the sandbox's processes. Safe to call twice."""
        self.sandbox.close()

    def deadline(self, problem: Problem) -> float:
        """Seconds within which a verdict is there, whatever the program does within its limits."""
        if problem.tests is None:
            return _START_S
        cases = len(self._cases(problem.tests))
        wall = (problem.tests.limits or self.limits).wall_s
        runs = 2 if self.score == "share" else 1  # a test that is not accepted runs twice
        return _START_S + wall * self._repeat(problem.tests) * (2 * runs * cases + 4)

    def gold(self, problem: Problem) -> tuple[str | None, str] | None:
        """The reference solution, which must PASS, and a program that must not; None without tests."""
        tests = problem.tests
        if tests is None or not self._cases(tests):
            return None
        reference = problem.reference_solution
        wrong = planted_wrong(tests, wanted(problem, tests, self._cases(tests), self.language), reference)
        return None if reference is None else fenced(reference, self.language), fenced(wrong, self.language)

    def verify(self, problem: Problem, sample: Sample) -> Verdict:
        """Judge one sample. Raises ``SandboxUnavailableError``; what the program does is data."""
        cases = self._cases(problem.tests) if problem.tests is not None else ()
        if problem.tests is None or not cases:
            which = "" if self.tests == "all" else f"{self.tests} "
            return Verdict(Status.ABSTAIN, reason=Reason("no_tests", f"the problem has no {which}tests"))
        truncated = sample.finish_reason == FinishReason.LENGTH
        look_for = wanted(problem, problem.tests, cases, self.language)
        text = sample.text.encode("utf-8", "replace").decode("utf-8")  # no source file holds lone surrogates
        found = extract(_after_thinking(text), look_for, truncated=truncated)
        if found is None:
            return _nothing(sample.text, truncated=truncated)
        return self._judged(found, problem.tests, with_helpers(cases, look_for.prompt, problem.tests.entry_point))

    def _judged(self, found: Found, tests: Tests, cases: Sequence[TestCase]) -> Verdict:
        limits = tests.limits or self.limits
        try:
            # assertions compare for themselves
            rule = read_rule("exact" if tests.kind is TestKind.ASSERT else tests.checker)
        except ValueError as error:
            return Verdict(Status.ERROR, reason=Reason("bad_checker", str(error)))
        judge = Judge(
            self.sandbox,
            Program(found.program, self.language, tests.entry_point),
            tests.kind,
            cases,
            rule or Checker(tests.checker, self.sandbox, limits),
            limits,
        )
        try:
            outcomes, code = self._outcomes(judge, self._repeat(tests))
        except CheckerError as error:
            return Verdict(Status.ERROR, reason=Reason("checker_failed", f"the checker failed: {error}"))
        share = sum(outcome.code == ACCEPTED for outcome in outcomes) / len(cases)
        status = _STATUS.get(code, Status.FAIL)
        return Verdict(
            status,
            score=None if status in (Status.ERROR, Status.ABSTAIN) else self._score(share, status),
            answer=shown(found.program, PROGRAM_CHARS),
            reason=Reason(code, _told(code, outcomes, cases)),
            evidence=evidence_of(found, outcomes, tests.kind, cases),
        )

    def _score(self, share: float, status: Status) -> float:
        return share if self.score == "share" else float(status == Status.PASS)

    def _outcomes(self, judge: Judge, repeat: int) -> tuple[list[Outcome], str]:
        """Outcomes of the tests and the code that sums them up, ``accepted`` only if all were, every time."""
        outcomes: list[Outcome] = []
        for outcome in judge.outcomes():
            outcomes.append(outcome)
            if outcome.code != ACCEPTED and self.score == "verdict":
                break
        code = _worst(outcomes)
        if code != ACCEPTED or len(outcomes) != len(judge.cases):
            return outcomes, code
        for number in range(1, repeat):
            backwards = number % 2 == 1  # so that what one test leaves behind for another shows
            again = replace(judge, cases=judge.cases[::-1]) if backwards else judge
            for outcome in again.outcomes(variant=number % 2):
                if outcome.code != ACCEPTED:
                    index = len(judge.cases) - 1 - outcome.index if backwards else outcome.index
                    outcomes[index] = replace(outcome, index=index)
                    return outcomes, "sandbox" if outcome.code == "sandbox" else "unstable"
        return outcomes, ACCEPTED

    def _cases(self, tests: Tests) -> tuple[TestCase, ...]:
        if self.tests == "all":
            return tests.cases
        return tuple(case for case in tests.cases if case.hidden == (self.tests == "hidden"))

    def _repeat(self, tests: Tests) -> int:
        return max(self.repeat, tests.repeat)


def _after_thinking(text: str) -> str:
    """The answer behind a thinking block that the sampler left in the text; nothing of one that never ended."""
    _, opened, inside = text.rpartition("<think>")
    _, closed, answer = inside.rpartition("</think>")
    return answer if closed else "" if opened else text


def _worst(outcomes: Sequence[Outcome]) -> str:
    """The first that was not accepted and is the program's doing, else the first that was not accepted."""
    codes = [outcome.code for outcome in outcomes if outcome.code != ACCEPTED]
    return next((code for code in codes if code not in ("sandbox", UNSURE)), codes[0] if codes else ACCEPTED)


def _told(code: str, outcomes: Sequence[Outcome], cases: Sequence[TestCase]) -> str:
    if code == ACCEPTED:
        return f"all {len(cases)} tests were run to their end and accepted"
    failed = next(outcome for outcome in outcomes if outcome.code != ACCEPTED)
    hidden = " (hidden)" if cases[failed.index].hidden else ""
    return f"test {failed.index + 1} of {len(cases)}{hidden}: {_TEXTS[code]}"


def _nothing(text: str, *, truncated: bool) -> Verdict:
    if truncated:
        return Verdict(Status.NO_ANSWER, reason=Reason("truncated", "the text ended before a program"))
    if not text.strip():
        return Verdict(Status.NO_ANSWER, reason=Reason("empty", "no text"))
    return Verdict(Status.NO_ANSWER, reason=Reason("no_program", "no program was found in the text"))
