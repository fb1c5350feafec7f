"""The accept rules. See ``engine.accept.rule`` for what they share."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from engine.accept.rule import AGAINST, FOR, NEITHER, UNKNOWN, Part, Rule, View, check_parts
from engine.errors import ConfigError
from engine.protocols import AcceptRule
from engine.records import Status, Verdict

ROUNDING = 1e-9
"""What a weighted mean may lack of its threshold, since sums of decimal fractions are not exact."""


@dataclass(frozen=True)
class AcceptAll(Rule):
    """For when no part is against and one that vouches for the answer is for; against when one part is.

    The first rejection decides, so verifiers after it are not asked. An ABSTAIN counts as if that verifier were
    not there.
    """

    kind: ClassVar[str] = "all"

    of: tuple[str | AcceptRule, ...] | None = None
    """Verifiers' names and rules; None for every verifier that the whole rule names nowhere else."""
    supporting: tuple[str, ...] = ()
    """Verifiers that judge how an answer was reached, not whether it is right. They reject like any other, but their
    PASS accepts nothing where another kind of verifier was asked as well. A rule over none but these is one too."""

    def __post_init__(self) -> None:
        """Raise ``ConfigError`` naming the field that does not fit."""
        check_parts(self)

    def own(self) -> tuple[Part, ...] | None:
        """See ``Rule``."""
        return self.of

    def may(self, parts: Sequence[View]) -> int:
        """See ``Rule``."""
        vouching = [part for part in parts if not self._supports(leaf.name for leaf in part.leaves())] or parts
        found = AGAINST if any(part.may & AGAINST for part in parts) else 0
        if all(part.may & (FOR | NEITHER) for part in parts):
            found |= FOR if any(part.may & FOR for part in vouching) else 0
            found |= NEITHER if all(part.may & NEITHER for part in vouching) else 0
        return found

    def because(self, parts: Sequence[View], word: int) -> Sequence[View]:
        """See ``Rule``; one rejection is enough."""
        said = super().because(parts, word)
        return said[:1] if word == AGAINST else said

    def vouchers(self, parts: Sequence[Part]) -> Sequence[Part]:
        """See ``Rule``."""
        return [p for p in parts if not self._supports(p.named() if isinstance(p, Rule) else [str(p)])] or parts

    def _supports(self, names: Iterable[str]) -> bool:
        return bool(self.supporting) and all(name in self.supporting for name in names)


def at_least(k: int, parts: Sequence[View]) -> int:
    """What is possible where ``k`` parts must be for.

    For when so many are. Against when so many are against that ``k`` cannot be reached, or when one is against and none
    for. Between the two, where only those that abstain stand in the way, neither.
    """
    found = 0
    for said_for, against in _counts(parts):
        if said_for >= k:
            found |= FOR
        elif against > len(parts) - k or (against and not said_for):
            found |= AGAINST
        else:
            found |= NEITHER
    return found


def _counts(parts: Sequence[View]) -> set[tuple[int, int]]:
    """Every possible number of parts that are for, with that of parts that are against."""
    found = {(0, 0)}
    for part in parts:
        found = {
            (said_for + (word == FOR), against + (word == AGAINST))
            for said_for, against in found
            for word in (FOR, AGAINST, NEITHER)
            if part.may & word
        }
    return found


@dataclass(frozen=True)
class AcceptAny(Rule):
    """For when one part is; against when one is against and none for."""

    kind: ClassVar[str] = "any"

    of: tuple[str | AcceptRule, ...] | None = None
    """Verifiers' names and rules; None for every verifier that the whole rule names nowhere else."""

    def __post_init__(self) -> None:
        """Raise ``ConfigError`` naming the field that does not fit."""
        check_parts(self)

    def own(self) -> tuple[Part, ...] | None:
        """See ``Rule``."""
        return self.of

    def may(self, parts: Sequence[View]) -> int:
        """See ``at_least``."""
        return at_least(1, parts)


@dataclass(frozen=True)
class AcceptKOfN(Rule):
    """For when ``k`` parts are; against when ``k`` cannot be reached for those that are against, or when one is against
    and none for. In between, where only those that abstain stand in the way, nothing is proved.
    """

    kind: ClassVar[str] = "k_of_n"
    unproven: ClassVar[str] = "too few vouch for the answer"

    k: int = 2
    """How many must be for."""
    of: tuple[str | AcceptRule, ...] | None = None
    """Verifiers' names and rules; None for every verifier that the whole rule names nowhere else."""

    def __post_init__(self) -> None:
        """Raise ``ConfigError`` naming the field that does not fit."""
        check_parts(self)
        if self.k < 1:
            raise ConfigError(f"k is {self.k}: give 1 or more")

    def own(self) -> tuple[Part, ...] | None:
        """See ``Rule``."""
        return self.of

    def may(self, parts: Sequence[View]) -> int:
        """See ``at_least``."""
        return at_least(self.k, parts)

    def check_fit(self, names: Sequence[str], rest: tuple[str, ...], key: str) -> None:
        """See ``Rule``; there must be ``k`` parts."""
        super().check_fit(names, rest, key)
        if (n := len(self.parts(rest))) < self.k:
            raise ConfigError(f"{key}.k is {self.k}, and the rule has {n} {'part' if n == 1 else 'parts'}: lower it")


@dataclass(frozen=True)
class AcceptWeighted(Rule):
    """For when one part is and the weighted mean of what they give reaches ``threshold``; those that abstain are left
    out of it. Below the threshold, against when one part is; where only low scores stand in the way, nothing is proved.
    """

    kind: ClassVar[str] = "weighted"
    unproven: ClassVar[str] = "the scores are too low"

    threshold: float = 0.5
    """Least weighted mean, above 0 and at most 1."""
    over: Literal["scores", "pass"] = "scores"
    """What is weighed: ``scores`` of PASS and FAIL, cut to between 0 and 1, where a verifier gives them; without one,
    and everywhere with ``pass``, a PASS (a rule that is for) gives 1 and everything that is against 0."""
    of: tuple[str | AcceptRule, ...] | None = None
    """Verifiers' names and rules; None for every verifier that the whole rule names nowhere else."""
    weights: tuple[float, ...] = ()
    """One for each of ``of``, above 0; empty for equal weights."""

    def __post_init__(self) -> None:
        """Raise ``ConfigError`` naming the field that does not fit."""
        check_parts(self)
        if not 0 < self.threshold <= 1:
            raise ConfigError(f"threshold is {self.threshold}: give a number above 0 and at most 1")
        if self.weights and len(self.weights) != len(self.of or ()):
            raise ConfigError(f"weights has {len(self.weights)} numbers: give one for each name in of, or none")
        if not all(0 < weight < math.inf for weight in self.weights):
            raise ConfigError(f"weights: {list(self.weights)} holds one that is not above 0")

    def own(self) -> tuple[Part, ...] | None:
        """See ``Rule``."""
        return self.of

    def may(self, parts: Sequence[View]) -> int:
        """See ``Rule``."""
        margins = [self._margins(w, p) for w, p in zip(self.weights or [1.0] * len(parts), parts, strict=True)]
        # sums of weight times distance from the threshold: unlike means, these can only shrink, also when rounded
        reaches = math.fsum(high for _, high in margins) >= -ROUNDING
        misses = math.fsum(low for low, _ in margins) < -ROUNDING
        found = FOR if reaches and any(part.may & FOR for part in parts) else 0
        found |= AGAINST if misses and any(part.may & AGAINST for part in parts) else 0
        unproven = reaches and all(part.may & ~FOR for part in parts)
        too_low = misses and all(part.may & ~AGAINST for part in parts)
        return found | (NEITHER if unproven or too_low or all(part.may & NEITHER for part in parts) else 0)

    def _margins(self, weight: float, part: View) -> tuple[float, float]:
        """The least and the most that a part can add to the sum."""
        possible = [0.0] if part.may & NEITHER else []
        if part.may & (FOR | AGAINST):
            possible += [weight * (value - self.threshold) for value in self._range(part)]
        return min(possible), max(possible)

    def _range(self, part: View) -> tuple[float, float]:
        """The least and the most that a part gives, where it says for or against."""
        if part.rule is None and part.may == UNKNOWN:
            return 0.0, 1.0
        if self.over == "scores" and (score := _score(part.verdict)) is not None:
            return score, score
        return 0.0 if part.may & AGAINST else 1.0, 1.0 if part.may & FOR else 0.0


def _score(verdict: Verdict | None) -> float | None:
    """The score of a PASS or FAIL, cut to between 0 and 1."""
    if verdict is None or verdict.status not in (Status.PASS, Status.FAIL):
        return None
    return None if verdict.score is None or not math.isfinite(verdict.score) else min(1.0, max(0.0, verdict.score))


@dataclass(frozen=True)
class AcceptVeto(Rule):
    """What ``rule`` says, unless one of ``by`` is against. A PASS of these accepts nothing."""

    kind: ClassVar[str] = "veto"

    by: tuple[str, ...]
    """Verifiers that only refuse."""
    rule: AcceptRule
    """Who accepts."""

    def __post_init__(self) -> None:
        """Raise ``ConfigError`` naming the field that does not fit."""
        check_parts(self)
        if not self.by:
            raise ConfigError("by: is empty; name the verifiers that may refuse")

    def own(self) -> tuple[Part, ...]:
        """See ``Rule``; ``rule`` comes last."""
        return (*self.by, self.rule)

    def label(self, position: int) -> str:
        """See ``Rule``."""
        return f"by[{position}]" if position < len(self.by) else "rule"

    def may(self, parts: Sequence[View]) -> int:
        """See ``Rule``."""
        *vetoes, inner = parts
        against = AGAINST if any(part.may & AGAINST for part in parts) else 0
        silent = all(part.may & (FOR | NEITHER) for part in vetoes)
        return against | (inner.may & (FOR | NEITHER) if silent else 0)

    def because(self, parts: Sequence[View], word: int) -> Sequence[View]:
        """See ``Rule``; one refusal is enough, and nobody but ``rule`` accepts."""
        return [part for part in (parts if word == AGAINST else parts[-1:]) if part.says(word)][:1]

    def vouchers(self, parts: Sequence[Part]) -> Sequence[Part]:
        """See ``Rule``."""
        return parts[-1:]
