"""Checks final answers of mathematics: finds the answer in a response and decides whether it equals the gold.

``verify_answer(gold, response, options)`` is the function; ``MathVerifier`` the same as a component of a run.

PASS and FAIL are said only when sure. An answer that is there but cannot be read is ABSTAIN (``unparsed``), not FAIL:
it may be right in a notation that the grammar lacks, and a FAIL would become a negative in somebody's training data.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any, ClassVar

from engine.errors import ConfigError
from engine.protocols import Resource
from engine.records import FinishReason, Message, Problem, Reason, Sample, Status, Verdict
from verifiers.math.clean import printable
from verifiers.math.extract import extract, extract_joined
from verifiers.math.judge import Gold, judge, read_gold
from verifiers.math.options import LENIENT, STRICT, Equality, Extraction, MathOptions
from verifiers.math.outcome import Asked, Context, Outcome
from verifiers.math.plant import planted_wrong

__all__ = ["LENIENT", "STRICT", "Equality", "Extraction", "MathOptions", "MathVerifier", "verify_answer"]

_STATUS = {"equal": Status.PASS, "different": Status.FAIL, "unsure": Status.ABSTAIN}
_TEXTS = {
    "equal": "the answer equals the gold",
    "different": "the answer differs from the gold",
    "unparsed": "the answer cannot be read; it may be right in a notation that this verifier lacks",
    "gold_unparsed": "the gold cannot be read and the answer is spelt differently",
    "too_large": "evaluating the answer would go over the budget",
    "too_long": "the answer is too long to be read",
    "contradictory": "the sides of the answer's equation contradict each other",
}


@dataclass
class MathVerifier:
    """Judges the final answer of a sample against ``problem.answer``. Deterministic; never evaluates text."""

    extraction: Extraction = field(default_factory=Extraction)
    equality: Equality = field(default_factory=Equality)
    cache_size: int = 20_000
    """Judged (gold, answer) pairs kept per instance; 0 switches the cache off."""

    name: ClassVar[str] = "math"
    version: ClassVar[str] = "1"
    resource: ClassVar[Resource] = "cpu"
    preload: ClassVar[tuple[str, ...]] = ("mpmath", "sympy")

    def __post_init__(self) -> None:
        if self.cache_size < 0:
            raise ConfigError(f"cache_size: {self.cache_size} is negative; 0 switches the cache off")
        self._forget()

    def _forget(self) -> None:
        self._golds: OrderedDict[str, Gold] = OrderedDict()
        self._judged: OrderedDict[tuple[str, str, str | None], tuple[Outcome, tuple[str, ...]]] = OrderedDict()

    def __getstate__(self) -> dict[str, Any]:
        return {"extraction": self.extraction, "equality": self.equality, "cache_size": self.cache_size}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._forget()

    def verify(self, problem: Problem, sample: Sample) -> Verdict:
        """Judge one sample. A problem without a gold answer is ABSTAIN."""
        if problem.answer is None:
            return Verdict(Status.ABSTAIN, reason=Reason("no_gold", "the problem has no answer to compare with"))
        truncated = sample.finish_reason == FinishReason.LENGTH
        return self.judge_text(problem.answer, sample.text, _prompt_text(problem), truncated=truncated)

    def gold(self, problem: Problem) -> tuple[str, str] | None:
        """A response that must PASS and one that must not; None for a problem without a gold answer.

        Raises ``ValueError`` when the gold cannot be used.
        """
        if problem.answer is None:
            return None
        if not problem.answer.strip():
            raise ValueError(f"problem {problem.id}: its answer is empty")
        gold = self._gold(problem.answer)
        if not gold.usable:
            raise ValueError(f"problem {problem.id}: the gold answer {gold.text[:80]!r} cannot be read: {gold.problem}")
        return f"\\boxed{{{gold.text}}}", f"\\boxed{{{planted_wrong(gold)}}}"

    def judge_text(self, answer: str, response: str, problem: str = "", *, truncated: bool = False) -> Verdict:
        """Judge a response against a gold answer; ``problem`` is the text that may ask for percent or rounding."""
        gold = self._gold(answer)
        found = extract_joined(response, self.extraction, gold.parts)
        if found is None:
            return _nothing(gold, response, truncated=truncated)
        text = printable(found.text)
        outcome, stages = self._outcome(gold, text, problem)
        evidence = {
            "rule": found.rule,
            "span": [found.start, found.end],
            "stage": outcome.stage,
            "stages": list(stages),
        }
        return Verdict(
            _STATUS[outcome.result],
            score=1.0 if outcome.result == "equal" else 0.0 if outcome.result == "different" else None,
            answer=text[:2000],
            expected=gold.text[:2000],
            reason=Reason(outcome.code, _TEXTS.get(outcome.code) or _TEXTS.get(outcome.result) or "cannot decide"),
            evidence=evidence,
        )

    def _gold(self, answer: str) -> Gold:
        gold = self._golds.get(answer)
        if gold is None:
            found = extract(answer, self.extraction.gold_rules)
            gold = read_gold(printable(found.text if found else answer))
            _remember(self._golds, answer, gold, self.cache_size)
        return gold

    def _outcome(self, gold: Gold, text: str, problem: str) -> tuple[Outcome, tuple[str, ...]]:
        """From the cache, or judged now. Only what asked for the problem's wording is kept by problem."""
        known = self._judged.get((gold.text, text, None)) or self._judged.get((gold.text, text, problem))
        if known is None:
            context = Context(self.equality, Asked(problem))
            outcome = judge(gold, text, context)
            known = outcome, tuple(context.stages[-12:])
            key = (gold.text, text, problem if context.asked.used else None)
            _remember(self._judged, key, known, self.cache_size)
        return known


def verify_answer(gold: str, response: str, options: MathOptions | None = None, problem: str = "") -> Verdict:
    """Judge one response against one gold answer; ``problem`` (its text) settles what percent or rounding was asked.

    Keep a ``MathVerifier`` for many calls: it caches.
    """
    options = options or MathOptions()
    verifier = MathVerifier(options.extraction, options.equality, cache_size=0)
    return verifier.judge_text(gold, response, problem)


def _nothing(gold: Gold, response: str, *, truncated: bool) -> Verdict:
    if truncated or not response.strip():
        reason = Reason("truncated", "the text ended before an answer") if truncated else Reason("empty", "no text")
    else:
        reason = Reason("no_answer_found", "no extraction rule found an answer in the text")
    return Verdict(Status.NO_ANSWER, expected=gold.text[:2000], reason=reason)


def _remember(cache: OrderedDict[Any, Any], key: Any, value: Any, size: int) -> None:
    if size:
        cache[key] = value
        if len(cache) > size:
            cache.popitem(last=False)


def _prompt_text(problem: Problem) -> str:
    if isinstance(problem.prompt, str):
        return problem.prompt
    return "\n".join(message.content for message in problem.prompt if isinstance(message, Message))
