"""Checks the steps of a solution without a model: which are supported, which refuted, and on which evidence.

``StepVerifier`` is the component of a run. **The judged text** is ``sample.reasoning`` and ``sample.text`` joined by a
blank line, or the text alone where there is no reasoning (``judged_text``); every span refers to it.

Precision comes first: a claim is refuted only when every plausible reading of it is false, what is tried, supposed or
taken back is not a claim, and what cannot be read is unchecked, never wrong. A refuted step proves that the solution
holds an error; it does not prove that the steps before it are right, and most errors are not of a kind that this finds.
"""

import typing
from dataclasses import dataclass, field, fields
from typing import ClassVar

from engine.errors import ConfigError
from engine.protocols import Resource
from engine.records import Message, Problem, Reason, Sample, Status, Verdict
from verifiers.steps.checker import check_solution
from verifiers.steps.flags import find_flags
from verifiers.steps.segment import Segmenter, segment
from verifiers.steps.verdict import OnRefuted, OnRetracted, decide, judge_steps

__all__ = ["MAX_CHARS", "Rules", "StepVerifier", "judged_text"]

MAX_CHARS = 100_000
"""Characters of a sample that are judged; what comes after is no step."""


@dataclass(frozen=True)
class Rules:
    """Which rules are asked. One that is switched off leaves its claims unchecked."""

    numeric: bool = True
    """a = b and a ≈ b between numbers"""
    compare: bool = True
    """a < b between numbers"""
    marks: bool = True
    """calculator marks <<a=b>>"""
    congruence: bool = True
    """a ≡ b (mod m), and division with remainder"""
    identity: bool = True
    """expansion, factorisation and other equalities of expressions in the same variables"""
    equations: bool = True
    """an equation made from the one before keeps its solutions"""
    substitution: bool = True
    """numbers put in for variables are the ones that they have"""
    functions: bool = True
    """f(4) and f(x + 1) after f(x) = …"""
    derivative: bool = True
    """f'(x) after f(x) = …, dy/dx after y = …, d/dx of an expression"""
    integral: bool = True
    """an antiderivative with its constant, and definite integrals between numbers"""
    system: bool = True
    """linear equations that contradict the ones before"""
    answer: bool = True
    """a flag: the boxed number was neither computed nor written before"""
    sources: bool = True
    """a flag: numbers that stand neither in the problem nor among what was computed"""
    running: bool = True
    """a flag: 3 + 4 = 7 * 2 = 14, an equals sign that only says what comes next"""
    spoken: bool = True
    """equations in words: half of 48 is 24"""
    conversions: bool = True
    """3 hours = 180 minutes, 25% = 0.25"""
    named: bool = True
    """a named quantity that is first an expression, then its value"""
    divisors: bool = True
    """a list of divisors: each divides, none is missing"""

    def names(self) -> frozenset[str]:
        """The rules that are on."""
        return frozenset(item.name for item in fields(self) if getattr(self, item.name))


@dataclass
class StepVerifier:
    """Judges every step of a sample. Deterministic, never evaluates text, needs no gold answer."""

    segmenter: Segmenter = "auto"
    """How reasoning is cut into steps: auto, paragraphs, lines, whole."""
    min_coverage: float = 0.0
    """Share of the steps that must be supported for PASS."""
    on_refuted: OnRefuted = "fail"
    on_retracted: OnRetracted = "keep"
    rules: Rules = field(default_factory=Rules)

    name: ClassVar[str] = "steps"
    version: ClassVar[str] = "2"
    resource: ClassVar[Resource] = "cpu"

    def __post_init__(self) -> None:
        for key, kind in (("segmenter", Segmenter), ("on_refuted", OnRefuted), ("on_retracted", OnRetracted)):
            if getattr(self, key) not in typing.get_args(kind):
                raise ConfigError(f"{key}: {getattr(self, key)!r} is none of {', '.join(typing.get_args(kind))}")
        if not 0 <= self.min_coverage <= 1:
            raise ConfigError(f"min_coverage: {self.min_coverage} is no share; give a number from 0 to 1")

    def verify(self, problem: Problem, sample: Sample) -> Verdict:
        """Judge one sample. FAIL: a live step is refuted; PASS: none is, and enough are supported; else ABSTAIN.

        Text in which nothing can be checked is ABSTAIN whatever ``min_coverage`` says.
        """
        text = judged_text(sample)
        spans = segment(text[:MAX_CHARS], self.segmenter)
        if not spans:
            return Verdict(Status.NO_ANSWER, reason=Reason("empty", "no text"))
        rules = self.rules.names()
        claims, solution = check_solution(text, spans, prompt_text(problem), rules)
        return decide(
            text,
            judge_steps(text, spans, claims),
            flags=find_flags(solution, rules),
            min_coverage=self.min_coverage,
            on_refuted=self.on_refuted,
            on_retracted=self.on_retracted,
        )

    def gold(self, _problem: Problem) -> tuple[None, str]:
        """No gold (reference solutions hold misprints too, so none is asked to pass), and a planted false step."""
        return None, "We add 17 + 25 = 41."


def judged_text(sample: Sample) -> str:
    """What the spans of the verdict refer to: reasoning and text joined by a blank line."""
    return f"{sample.reasoning}\n\n{sample.text}" if sample.reasoning else sample.text


def prompt_text(problem: Problem) -> str:
    """The words of the problem."""
    if isinstance(problem.prompt, str):
        return problem.prompt
    return "\n".join(message.content for message in problem.prompt if isinstance(message, Message))
