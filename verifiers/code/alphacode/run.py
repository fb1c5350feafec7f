"""Runs programs on inputs, each pair once: what the store knows is not run again."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from engine.protocols import Sandbox
from engine.records import ExecResult, ExecStatus, Limits, Program
from verifiers.code.alphacode.store import Outcome, Store, digest
from verifiers.code.alphacode.subject import Subject
from verifiers.code.checker import first

SKIPPED = Outcome("SKIPPED")
STATEFUL = "depends on other inputs"
COSTLY = ("TIMEOUT", "MEMORY", "OUTPUT", "SIGNAL", "COMPILE")


class SandboxFaultError(Exception):
    """The sandbox failed twice on one program: our fault, so the problem is tried again by the next command."""


@dataclass(frozen=True)
class Candidate:
    """A distinct program: its identity (``normal.identity``) and source."""

    key: str
    source: str


@dataclass
class Runner:
    """Runs the programs of one problem."""

    sandbox: Sandbox
    subject: Subject
    store: Store
    language: str

    def outcomes(
        self, candidate: Candidate, inputs: Sequence[str], limits: Limits, *, costly: int = 2, crashes: int = 20
    ) -> list[Outcome]:
        """One outcome per input, which differ. After ``costly`` time-outs and the like, or ``crashes``, the rest is
        ``SKIPPED``.

        Raises ``SandboxFaultError``.
        """
        program = self.subject.program(candidate.source, self.language)
        alone = self.store.get(candidate.key, STATEFUL) is not None
        found: dict[str, Outcome] = {}
        while len(found) < len(inputs) and not _hopeless(found, costly, crashes):
            text = inputs[len(found)]
            known = self._known(candidate.key, text, alone=alone)
            if known is not None:
                found[text] = known
            elif alone:
                found[text] = self._alone(candidate.key, program, text, limits)
            else:
                unknown = takewhile(
                    lambda other: self._known(candidate.key, other, alone=False) is None, inputs[len(found) :]
                )
                found |= self._together(candidate.key, program, list(unknown), limits)
        self.store.flush()
        return [found.get(text, SKIPPED) for text in inputs]

    def depends_on_others(self, candidate: Candidate, text: str, limits: Limits) -> bool:
        """Whether the outcome on an input is another one in a fresh process; tried once per input.

        If so, that is kept in mind, and every later outcome of the program is of a process of its own.
        """
        tried = f"alone {digest(text)}"
        known = self.store.get(candidate.key, digest(text))
        if known is None or self.store.get(candidate.key, tried) is not None:
            return False
        program = self.subject.program(candidate.source, self.language)
        outcome = self._run_alone(program, text, limits)
        differs = (outcome.status, outcome.digest) != (known.status, known.digest)
        if differs:
            self.store.put(candidate.key, STATEFUL, Outcome("OK"))  # first: whoever resumes must know
        self.store.put(candidate.key, digest(text), outcome)
        self.store.put(candidate.key, tried, Outcome("OK"))
        self.store.flush()
        return differs

    def times_out(self, candidate: Candidate, text: str, limits: Limits) -> bool:
        """Whether a program runs over limits, other ones than those of its outcomes, on an input of its own."""
        name = f"time {digest(text)}"
        known = self.store.get(candidate.key, name)
        if known is None:
            program = self.subject.program(candidate.source, self.language)
            known = Outcome(self._run_alone(program, text, limits).status)
            self.store.put(candidate.key, name, known)
            self.store.flush()
        return known.status == ExecStatus.TIMEOUT.value

    def _known(self, key: str, text: str, *, alone: bool) -> Outcome | None:
        known = self.store.get(key, digest(text))
        return known if known is not None and (known.alone or not alone) else None

    def _together(self, key: str, program: Program, texts: list[str], limits: Limits) -> dict[str, Outcome]:
        """Outcomes of the first texts, at least one: in one process up to the first that does not end well."""
        found: dict[str, Outcome] = {}
        results = self.sandbox.run(program, [self.subject.wire(text) for text in texts], limits)
        for text, result in zip(texts, results, strict=False):
            outcome = self.subject.output(result)
            own_time = result.status == ExecStatus.TIMEOUT and result.cpu_s >= 0.8 * limits.cpu_s  # not the others'
            if result.status == ExecStatus.INTERNAL or (
                result.status != ExecStatus.OK and result.shared and not own_time
            ):
                outcome = self._alone(key, program, text, limits)
            elif result.status == ExecStatus.COMPILE:
                found |= self._keep(key, dict.fromkeys(texts, outcome))
            found |= self._keep(key, {text: outcome})
        return found or {texts[0]: self._alone(key, program, texts[0], limits)}

    def _alone(self, key: str, program: Program, text: str, limits: Limits) -> Outcome:
        return self._keep(key, {text: self._run_alone(program, text, limits)})[text]

    def _run_alone(self, program: Program, text: str, limits: Limits) -> Outcome:
        result = ExecResult(ExecStatus.INTERNAL)
        for _ in range(2):
            result = first(self.sandbox.run(program, [self.subject.wire(text)], limits))
            slow = result.status == ExecStatus.TIMEOUT and result.detail == "wall"  # perhaps the machine was busy
            if result.status != ExecStatus.INTERNAL and not slow:
                break
        if result.status == ExecStatus.INTERNAL:
            raise SandboxFaultError(f"the sandbox failed: {result.detail[:200]}")
        return replace(self.subject.output(result), alone=True)

    def _keep(self, key: str, outcomes: dict[str, Outcome]) -> dict[str, Outcome]:
        for text, outcome in outcomes.items():
            self.store.put(key, digest(text), outcome)
        return outcomes


def _hopeless(found: dict[str, Outcome], costly: int, crashes: int) -> bool:
    bad = [outcome.status for outcome in found.values() if not outcome.ok]
    return len(bad) >= crashes or sum(status in COSTLY for status in bad) >= costly
