"""Near duplicates: rows that say nearly the same words about the same numbers."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from engine.errors import ConfigError
from engine.records import Sample
from engine.rows import Finding, RowGroup
from engine.selection.text import check_option, compared, normal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PERMUTATIONS = 120
"""Length of a signature: many divisors, so many ways to cut it into bands."""
MISSED = 0.01
"""Share of pairs at the threshold that the index may miss; above the threshold it misses fewer."""
_SEED = 7
_NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?")
_WORD = re.compile(rf"{_NUMBER.pattern}|\w+|[^\w\s]")


@dataclass
class NearDuplicates:
    """Keeps the first of every set of near duplicates.

    Two rows are near duplicates when the Jaccard index of their sets of word shingles is at least ``threshold`` and,
    unless ``numbers`` is off, the same numbers stand in both: ``x = 3`` is no duplicate of ``x = 4``. The index is
    always computed, never estimated. Rows are compared with kept rows only, so what is kept of a problem has no near
    duplicate in it. Across problems, candidates come from MinHash signatures (Broder 1997) in an index cut into bands,
    which misses at most about one pair in a hundred at the threshold.

    Reasons: ``near_duplicate`` (of a row of the same problem) and ``near_duplicate_elsewhere`` (of another problem's).
    Time: quadratic in the kept rows of one problem. Memory: under ``everywhere`` about 2 kB and 8 bytes for each
    different shingle, for each row kept; else nothing that grows.
    """

    within: str = "problem"
    """Where a near duplicate is looked for: within the ``problem``, or ``everywhere``."""
    threshold: float = 0.8
    """Smallest Jaccard index of near duplicates, above 0 and at most 1."""
    shingle: int = 3
    """Words in a row that make a shingle; a number or a sign is a word."""
    numbers: bool = True
    """Whether rows with different numbers are always different."""
    compare: str = "all"
    """What is compared: ``text`` alone, or ``all`` (reasoning and text)."""
    _kept: "list[_Content]" = field(default_factory=list, init=False, repr=False)
    _index: Any = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        """Raise ``ConfigError`` naming the key that does not fit."""
        check_option("within", self.within, ("problem", "everywhere"))
        check_option("compare", self.compare, ("text", "all"))
        if not 0 < self.threshold <= 1:
            raise ConfigError(f"threshold is {self.threshold}: give more than 0 and at most 1")
        if self.shingle < 1:
            raise ConfigError(f"shingle is {self.shingle}: give 1 or more words")
        if self.within == "everywhere":
            from rensa import RMinHashLSH

            self._index = RMinHashLSH(self.threshold, PERMUTATIONS, bands(self.threshold))

    def select(self, group: RowGroup) -> Sequence[Finding | None]:
        """See ``engine.protocols.Selector``; evidence: ``of`` (``problem#index``) and ``similarity``, rounded down."""
        found: list[Finding | None] = []
        here: list[_Content] = []
        signatures = []
        for row in group.selected:
            own, texts = self._content(f"{row.problem.id}#{row.sample.index}", row.sample)
            finding = self._first(own, here, "near_duplicate")
            if finding is None and self._index is not None:
                signature = _signature(texts)
                candidates = (self._kept[key] for key in sorted(self._index.query(signature)))
                finding = self._first(own, candidates, "near_duplicate_elsewhere")
                if finding is None:
                    signatures.append(signature)
            if finding is None:
                here.append(own)
            found.append(finding)
        if self._index is not None:
            self._index.insert_many(signatures, len(self._kept))
            self._kept += here
        return found

    def _content(self, name: str, sample: Sample) -> "tuple[_Content, list[str]]":
        text = " ".join(map(normal, compared(sample, self.compare))).encode("utf-8", "replace").decode()
        words = _WORD.findall(text)
        numbers = " ".join(sorted({word.replace(",", "") for word in words if _NUMBER.fullmatch(word)}))
        shingles = [" ".join(words[i : i + self.shingle]) for i in range(max(1, len(words) - self.shingle + 1))]
        return _Content(name, numbers if self.numbers else "", _hashes(shingles)), shingles

    def _first(self, own: "_Content", others: "Iterable[_Content]", reason: str) -> Finding | None:
        for other in others:
            if own.numbers == other.numbers:
                similarity = own.similarity(other, self.threshold)
                if similarity >= self.threshold:
                    return Finding(reason, {"of": other.name, "similarity": int(similarity * 1000) / 1000})
        return None


@dataclass(frozen=True, slots=True)
class _Content:
    """What is compared of a row."""

    name: str
    numbers: str
    """Its different numbers; empty where they do not count."""
    hashes: "NDArray[np.uint64]"
    """Of its different shingles."""

    def similarity(self, other: "_Content", least: float) -> float:
        """The Jaccard index; 0 at once where the sizes alone keep it below ``least``."""
        import numpy as np

        small, large = sorted((self.hashes.size, other.hashes.size))
        if small < least * large:
            return 0.0
        common = np.intersect1d(self.hashes, other.hashes, assume_unique=True).size
        return common / (small + large - common)


def bands(threshold: float) -> int:
    """The fewest bands, each of PERMUTATIONS / bands rows, that miss at most ``MISSED`` of pairs at ``threshold``.

    A pair of Jaccard index s is a candidate with probability 1 - (1 - s^r)^b, for b bands of r rows.
    """
    fitting = [b for b in range(1, PERMUTATIONS + 1) if PERMUTATIONS % b == 0]
    return next((b for b in fitting if (1 - threshold ** (PERMUTATIONS // b)) ** b <= MISSED), PERMUTATIONS)


def _hashes(shingles: Sequence[str]) -> "NDArray[np.uint64]":
    import numpy as np
    from rensa import RMinHash

    return np.unique(np.array(RMinHash.hash_token_sets([shingles])[0], dtype=np.uint64))


def _signature(shingles: Sequence[str]) -> Any:
    from rensa import RMinHash

    signature = RMinHash(PERMUTATIONS, _SEED)
    signature.update(shingles)
    return signature
