"""Which accepted rows are exported: duplicates, caps and length bands, each drop with a counted reason."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

from engine.errors import ConfigError
from engine.records import Row
from engine.rows import RowGroup


@dataclass
class Select:
    """Keeps the first of every set of duplicates and the first rows of every problem.

    Reasons: ``length_unknown``, ``too_short``, ``too_long``, ``duplicate`` (of a kept or capped row of the same
    problem), ``duplicate_elsewhere`` (of another problem's) and ``over_cap``. They are checked in this order, and
    a row dropped for its length never makes another one a duplicate. Memory: about 100 bytes a row under
    ``everywhere``, else nothing that grows.
    """

    duplicates: str = "problem"
    """Where a duplicate is looked for: ``keep`` them all, within the ``problem``, or ``everywhere``."""
    compare: str = "all"
    """What is compared, white space and Unicode form apart: ``text`` alone, or ``all`` (reasoning and text)."""
    max_per_problem: int | None = None
    """Rows kept per problem; None for no cap."""
    min_length: int | None = None
    """Shortest row kept, in ``length_unit``; None for no limit."""
    max_length: int | None = None
    """Longest row kept, in ``length_unit``; None for no limit."""
    length_unit: str = "tokens"
    """``tokens`` as the sampler counted them, or ``characters``; both with the reasoning."""
    _seen: set[bytes] = field(default_factory=set, init=False, repr=False)

    def __post_init__(self) -> None:
        """Raise ``ConfigError`` naming the key that does not fit."""
        for key, value, options in (
            ("duplicates", self.duplicates, ("keep", "problem", "everywhere")),
            ("compare", self.compare, ("text", "all")),
            ("length_unit", self.length_unit, ("tokens", "characters")),
        ):
            if value not in options:
                raise ConfigError(f"{key} is {value!r}: give one of {', '.join(options)}")
        for key, number in (("max_per_problem", self.max_per_problem), ("max_length", self.max_length)):
            if number is not None and number < 1:
                raise ConfigError(f"{key} is {number}: give 1 or more, or null for no limit")
        if self.min_length is not None and self.min_length < 0:
            raise ConfigError(f"min_length is {self.min_length}: give 0 or more, or null for no limit")
        if self.min_length is not None and self.max_length is not None and self.min_length > self.max_length:
            raise ConfigError(f"min_length {self.min_length} is above max_length {self.max_length}: nothing would stay")

    def select(self, group: RowGroup) -> Sequence[str | None]:
        """For every accepted row of the group, in order, None (keep) or the reason it is dropped."""
        reasons: list[str | None] = []
        seen: set[bytes] = set()
        kept = 0
        for row in group.accepted:
            reason = self._length_reason(row) or self._duplicate_reason(row, seen)
            if reason is None:
                kept += 1
                if self.max_per_problem is not None and kept > self.max_per_problem:
                    reason = "over_cap"
            reasons.append(reason)
        return reasons

    def _length_reason(self, row: Row) -> str | None:
        if self.min_length is None and self.max_length is None:
            return None
        sample = row.sample
        length = sample.tokens
        if self.length_unit == "characters":
            length = len(sample.text) + len(sample.reasoning or "")
        elif length == 0:  # generations made elsewhere often carry no token counts
            return "length_unknown"
        if self.min_length is not None and length < self.min_length:
            return "too_short"
        return "too_long" if self.max_length is not None and length > self.max_length else None

    def _duplicate_reason(self, row: Row, seen_in_problem: set[bytes]) -> str | None:
        if self.duplicates == "keep":
            return None
        reasoning = row.sample.reasoning if self.compare == "all" else None
        own = _digest(_normal(reasoning or ""), _normal(row.sample.text))
        if own in seen_in_problem:
            return "duplicate"
        seen_in_problem.add(own)
        if self.duplicates == "everywhere":
            if own in self._seen:
                return "duplicate_elsewhere"
            self._seen.add(own)
        return None


def _normal(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def _digest(*parts: str) -> bytes:
    """16 bytes; lengths are hashed too, so that parts cannot run into each other."""
    digest = blake2b(digest_size=16)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return digest.digest()
