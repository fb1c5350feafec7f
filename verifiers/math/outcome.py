"""What a comparison found, and what the problem's wording says about form."""

import re
from dataclasses import dataclass, field

from verifiers.math.options import Equality

_PERCENT = re.compile(r"percent|%", re.IGNORECASE)
_ROUND = re.compile(
    r"\bround|\bnearest\b|decimal place|significant (?:figure|digit)|approximat|\bestimat", re.IGNORECASE
)
_BASE = re.compile(r"\bbase\b|binary|octal|hexadecimal", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Outcome:
    """``result`` is equal, different or unsure; ``stage`` decided it; ``code`` says why."""

    result: str
    stage: str
    code: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What the problem asks for, as far as its words say."""

    percent: bool = False
    rounding: bool = False
    base: bool = False


@dataclass(slots=True)
class Context:
    """Options and hints of one comparison, and the stages it went through."""

    equality: Equality
    asked: Asked = Asked()
    stages: list[str] = field(default_factory=list)

    def decide(self, result: str, stage: str, code: str = "") -> Outcome:
        """Note the stage and say so."""
        self.stages.append(f"{stage}:{result}")
        return Outcome(result, stage, code or result)


def asked(problem: str) -> Asked:
    """Hints from the first 20,000 characters of a problem."""
    text = problem[:20_000]
    return Asked(bool(_PERCENT.search(text)), bool(_ROUND.search(text)), bool(_BASE.search(text)))
