"""Judges the form of a sample's reasoning: loops, truncation, leaked tokens, no reasoning at all, and the like.

``ReasoningVerifier`` is the component of a run. It needs no gold answer and says nothing of right or wrong. Spans refer
to the judged text (``verifiers.steps.judged_text``): reasoning, a blank line, text.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, fields
from typing import Any, ClassVar

from engine.protocols import Resource
from engine.records import Problem, Reason, Sample, Status, Verdict
from verifiers.reasoning.answers import answer_first, conflict, no_reasoning, thought_answer
from verifiers.reasoning.lengths import too_long, too_short, values_of
from verifiers.reasoning.loops import loop_compression, loop_end, loop_line, loop_ngram
from verifiers.reasoning.marks import leaked_token, next_turn, refusal, think_tags, truncated
from verifiers.reasoning.options import Checks, Strings, Thresholds
from verifiers.reasoning.passage import Finding, Passage
from verifiers.reasoning.scripts import foreign_script
from verifiers.steps import judged_text

__all__ = ["MAX_CHARS", "Checks", "ReasoningVerifier", "Strings", "Thresholds"]

MAX_CHARS = 500_000
"""A longer text is not read: it is too long, whatever the thresholds say."""


@dataclass
class ReasoningVerifier:
    """PASS when no check finds anything; FAIL with the most serious finding; ABSTAIN when all findings are flags.

    NO_ANSWER for a text that is empty, cut off, or never ends its think block. Deterministic; every check is linear
    in the text.
    """

    checks: Checks = field(default_factory=Checks)
    """What a finding of each check does."""
    thresholds: Thresholds = field(default_factory=Thresholds)
    strings: Strings = field(default_factory=Strings)

    name: ClassVar[str] = "reasoning"
    version: ClassVar[str] = "1"
    resource: ClassVar[Resource] = "cpu"
    preload: ClassVar[tuple[str, ...]] = ("mpmath", "sympy")

    def verify(self, problem: Problem, sample: Sample) -> Verdict:
        """Judge one sample."""
        whole = judged_text(sample)
        if len(whole) > MAX_CHARS:
            finding = Finding("too_long", 0, len(whole), len(whole), MAX_CHARS, f"{len(whole)} characters")
            return self._decided([finding], {"chars": len(whole)})
        passage = Passage.of(problem, sample, self.strings.think)
        found = list(self._found(passage))
        values = values_of(passage)
        if not passage.answer_text.strip() and not any(item.check == "truncated" for item in found):
            code = "no_answer" if passage.thought_text.strip() else "empty"
            told = "there is no text after the thought" if code == "no_answer" else "there is no text"
            return Verdict(Status.NO_ANSWER, reason=Reason(code, told), evidence=self._evidence(found, values))
        return self._decided(found, values)

    def gold(self, _problem: Problem) -> tuple[None, str]:
        """No gold (a reference solution may be a bare answer), and a planted loop behind a leaked token."""
        return None, "<|im_end|>" + "So we add them up again and look at the sum.\n" * 100

    def _found(self, passage: Passage) -> Iterator[Finding]:
        """All findings of the checks that are not skipped, the most serious first: the order of ``Checks``."""
        limits, strings = self.thresholds, self.strings
        checks: dict[str, Callable[[], Iterator[Finding]]] = {
            "truncated": lambda: truncated(passage),
            "loop_end": lambda: loop_end(passage, limits),
            "loop_compression": lambda: loop_compression(passage, limits),
            "loop_ngram": lambda: loop_ngram(passage, limits),
            "loop_line": lambda: loop_line(passage, limits),
            "leaked_token": lambda: leaked_token(passage, strings),
            "think_tags": lambda: think_tags(passage, strings),
            "next_turn": lambda: next_turn(passage, strings),
            "refusal": lambda: refusal(passage, strings),
            "foreign_script": lambda: foreign_script(passage, limits),
            "no_reasoning": lambda: no_reasoning(passage, limits),
            "answer_first": lambda: answer_first(passage, limits),
            "conflict": lambda: conflict(passage, limits),
            "thought_answer": lambda: thought_answer(passage),
            "too_short": lambda: too_short(passage, limits),
            "too_long": lambda: too_long(passage, limits),
        }
        for item in fields(self.checks):
            if getattr(self.checks, item.name) != "skip":
                yield from checks[item.name]()

    def _action(self, finding: Finding) -> str:
        return str(getattr(self.checks, finding.check))

    def _decided(self, found: list[Finding], values: dict[str, float]) -> Verdict:
        failing = [item for item in found if self._action(item) == "fail"]
        evidence = self._evidence(found, values)
        if not found:
            return Verdict(Status.PASS, 1.0, reason=Reason("clean", "no check finds anything"), evidence=evidence)
        worst = (failing or found)[0]
        reason = Reason(worst.code or worst.check, worst.text)
        if not failing:
            return Verdict(Status.ABSTAIN, reason=reason, evidence=evidence)
        if worst.check == "truncated":
            return Verdict(Status.NO_ANSWER, reason=reason, evidence=evidence)
        return Verdict(Status.FAIL, 0.0, reason=reason, evidence=evidence)

    def _evidence(self, found: list[Finding], values: dict[str, float]) -> dict[str, Any]:
        told = [asdict(item) | {"code": item.code or item.check, "action": self._action(item)} for item in found]
        return {"findings": told, "values": values}
