"""What is judged: thought and answer text of a sample in one text, and what was found in it."""

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from engine.records import FinishReason, Problem, Sample
from verifiers.math.extract import Found, extract
from verifiers.steps import judged_text, prompt_text
from verifiers.steps.segment import Span, segment

ANSWER_RULES = ("json", "boxed", "hash", "phrase")
"""How answers are found, as ``verifiers.math`` names it."""
# scripts without spaces between words: two characters count as a word
_SPACELESS = "\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
_GAPS = re.compile(r"[ \t\r]+")
_WORD = re.compile(f"[{_SPACELESS}]{{1,2}}|[^\\W{_SPACELESS}]+")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with the form: characters [start, end) of the judged text."""

    check: str
    """The check of the configuration that found it."""
    start: int
    end: int
    value: float | int | str
    """What was measured or found."""
    threshold: float | int | str | None
    """What it was held against."""
    text: str
    """One sentence."""
    code: str = ""
    """The reason's code where it is not the check's name."""


@dataclass(frozen=True)
class Passage:
    """A sample, ready to be judged. ``thought`` and ``answer`` are spans of ``whole``, the judged text."""

    whole: str
    prompt: str
    domain: str
    thought: Span | None
    """None where the model has no think block."""
    answer: Span
    cut: bool = False
    """True where the sampler says that the text ended at the token limit."""
    closed: bool = True
    """False where the think block never ends."""
    mode: str | None = None

    @cached_property
    def words(self) -> list[Span]:
        """Words of the judged text; in scripts without spaces, pairs of characters."""
        return [match.span() for match in _WORD.finditer(self.whole)]

    @cached_property
    def steps(self) -> int:
        """Steps, as the verifier ``steps`` cuts them; at most its ``MAX_STEPS``."""
        return len(segment(_GAPS.sub(" ", self.whole)))  # long gaps take the cutting long

    @cached_property
    def compression(self) -> float:
        """UTF-8 bytes of the judged text per byte that zlib makes of them."""
        data = self.whole.encode("utf-8", "replace")
        return round(len(data) / len(zlib.compress(data)), 3)

    @cached_property
    def final(self) -> Found | None:
        """The last answer that the text states; its span refers to the judged text."""
        found = extract(self.answer_text, ANSWER_RULES)
        return found and Found(found.text, found.rule, found.start + self.answer[0], found.end + self.answer[0])

    @property
    def answer_text(self) -> str:
        """The text without the thought."""
        return self.whole[slice(*self.answer)]

    @property
    def thought_text(self) -> str:
        """The thought; empty where there is none."""
        return self.whole[slice(*self.thought)] if self.thought else ""

    @classmethod
    def of(cls, problem: Problem, sample: Sample, tags: Sequence[tuple[str, str]]) -> "Passage":
        """Take ``sample`` apart; a think block that its sampler left in the text counts as the thought."""
        whole = judged_text(sample)
        thought, answer, closed = _parts(whole, sample, tags)
        cut = sample.finish_reason == FinishReason.LENGTH
        return cls(whole, prompt_text(problem), problem.domain, thought, answer, cut, closed, sample.mode)


def _parts(whole: str, sample: Sample, tags: Sequence[tuple[str, str]]) -> tuple[Span | None, Span, bool]:
    """Spans of thought and answer, and whether the thought ends."""
    if sample.reasoning is not None:
        end = len(sample.reasoning)
        closed = bool(sample.text.strip()) or sample.finish_reason != FinishReason.LENGTH
        return (0, end), (end + 2 if end else 0, len(whole)), closed
    begin = len(whole) - len(whole.lstrip())
    for opening, closing in tags:
        if whole.startswith(opening, begin):
            inner = begin + len(opening)
            end = whole.find(closing, inner)
            if end < 0:
                return (inner, len(whole)), (len(whole), len(whole)), False
            return (inner, end), (end + len(closing), len(whole)), True
    return None, (0, len(whole)), True


def plain(text: str, limit: int = 200) -> str:
    """An excerpt that any file takes: hostile text may hold lone surrogates."""
    return text[:limit].encode("utf-8", "replace").decode()
