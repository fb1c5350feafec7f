"""Exact duplicates: rows that say the same, white space and Unicode form apart."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

from engine.rows import Finding, RowGroup
from engine.selection.text import check_option, compared, normal


@dataclass
class Duplicates:
    """Keeps the first of every set of duplicates.

    Reasons: ``duplicate`` (of a row of the same problem) and ``duplicate_elsewhere`` (of another problem's). Memory:
    about 150 bytes a row under ``everywhere``, else nothing that grows.
    """

    within: str = "problem"
    """Where a duplicate is looked for: within the ``problem``, or ``everywhere``."""
    compare: str = "all"
    """What is compared: ``text`` alone, or ``all`` (reasoning and text)."""
    _seen: dict[bytes, str] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        """Raise ``ConfigError`` naming the key that does not fit."""
        check_option("within", self.within, ("problem", "everywhere"))
        check_option("compare", self.compare, ("text", "all"))

    def select(self, group: RowGroup) -> Sequence[Finding | None]:
        """See ``engine.protocols.Selector``; evidence: ``of``, the row that is repeated, as ``problem#index``."""
        found: list[Finding | None] = []
        here: dict[bytes, str] = {}
        for row in group.selected:
            own = _digest(*map(normal, compared(row.sample, self.compare)))
            name = f"{row.problem.id}#{row.sample.index}"
            if own in here:
                found.append(Finding("duplicate", {"of": here[own]}))
            elif own in self._seen:
                found.append(Finding("duplicate_elsewhere", {"of": self._seen[own]}))
            else:
                found.append(None)
            here.setdefault(own, name)
        if self.within == "everywhere":
            for own, name in here.items():
                self._seen.setdefault(own, name)
        return found


def _digest(*parts: str) -> bytes:
    """16 bytes; lengths are hashed too, so that parts cannot run into each other."""
    digest = blake2b(digest_size=16)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return digest.digest()
