"""What a comparison found, and what the problem's wording says about form."""

import re
from dataclasses import dataclass, field

from verifiers.math.options import Equality

_PERCENT = re.compile(r"percent|%", re.IGNORECASE)
_ROUND = re.compile(
    r"\bround|\bnearest\b|decimal place|significant (?:figure|digit)|approximat|\bestimat", re.IGNORECASE
)
_PRECISION = re.compile(r"\bround|\bnearest\b|decimal place|significant (?:figure|digit)|\bcents?\b", re.IGNORECASE)
_APPROXIMATE = re.compile(r"approximat|\bestimat", re.IGNORECASE)
_MONOTONIC = re.compile(r"monoton|(?:increas|decreas)(?:es|ing)", re.IGNORECASE)
_SORTING = re.compile(r"\border\b|smallest|largest|ascending|descending|arrange|\bsort|compare|size", re.IGNORECASE)
_BASE = re.compile(r"\bbase\b|binary|octal|hexadecimal", re.IGNORECASE)

UNIT_LETTERS = {
    "g": re.compile(r"\bgrams?\b|\d ?g\b"),
    "m": re.compile(r"\bmet(?:er|re)s?\b|\d ?m\b"),
    "L": re.compile(r"\blit(?:er|re)s?\b|\d ?L\b"),
    "s": re.compile(r"\bseconds?\b|\d ?s\b"),
    "h": re.compile(r"\bhours?\b|\d ?h\b"),
}
"""Unit letters and how a problem speaks of them."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """``result`` is equal, different or unsure; ``stage`` decided it; ``code`` says why."""

    result: str
    stage: str
    code: str


class Asked:
    """What the problem asks for, as far as its first 20,000 characters say; searched only when a comparison asks."""

    def __init__(self, problem: str = "") -> None:
        self._text = problem[:20_000]
        self.used = False
        """True once a comparison has asked, so that its outcome holds for this problem only."""

    def _says(self, pattern: re.Pattern[str]) -> bool:
        self.used = True
        return pattern.search(self._text) is not None

    @property
    def percent(self) -> bool:
        """Whether it speaks of percent."""
        return self._says(_PERCENT)

    @property
    def monotonic(self) -> bool:
        """Whether it asks where a function rises or falls: then the ends of an interval may be open or closed."""
        return self._says(_MONOTONIC)

    @property
    def sorting(self) -> bool:
        """Whether it asks for an order of values."""
        return self._says(_SORTING)

    def neither(self, *names: str) -> bool:
        """Whether there is a problem and it mentions none of these letters, so that they are the answer's own."""
        self.used = True
        heads = "|".join(re.escape(name.partition("_")[0]) for name in names)
        return bool(self._text.strip()) and re.search(rf"(?<![a-zA-Z\\])(?:{heads})(?![a-zA-Z])", self._text) is None

    @property
    def question(self) -> str:
        """Its text."""
        self.used = True
        return self._text

    @property
    def rounding(self) -> bool:
        """Whether it asks for a rounded or approximate value."""
        return self._says(_ROUND)

    @property
    def precision(self) -> bool:
        """Whether it prescribes how precise the answer is."""
        return self._says(_PRECISION)

    @property
    def approximate(self) -> bool:
        """Whether it asks for an approximate value."""
        return self._says(_APPROXIMATE)

    @property
    def base(self) -> bool:
        """Whether it speaks of a number base."""
        return self._says(_BASE)

    def unit_letter(self, letter: str) -> bool:
        """Whether it spells out the unit that the letter stands for."""
        return self._says(UNIT_LETTERS[letter])


@dataclass(slots=True)
class Context:
    """Options and hints of one comparison, and the stages it went through."""

    equality: Equality
    asked: Asked = field(default_factory=Asked)
    stages: list[str] = field(default_factory=list)
    parameters: frozenset[str] = frozenset()
    """Letters that run through the integers."""
    measured: bool = False
    """A physical unit stands beside one of the values."""

    def decide(self, result: str, stage: str, code: str = "") -> Outcome:
        """Note the stage and say so."""
        self.stages.append(f"{stage}:{result}")
        return Outcome(result, stage, code or result)
