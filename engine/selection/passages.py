"""Which passages of benchmarks a text holds: exact n-grams of words, counted by how much of a passage they cover."""

from dataclasses import dataclass
from itertools import count, islice

import numpy as np
import numpy.typing as npt

from engine.selection.words import places, words

Ints = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Passage:
    """One cell of a benchmark."""

    benchmark: str
    row: int
    """Counted from 1."""
    column: str
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """How much of a passage a text holds, and its longest run of words found."""

    passage: Passage
    coverage: float
    """Share, 0 to 1, of the passage's words that are in shared n-grams; of those words that can be: in some n-gram
    that is not boilerplate."""
    run: int
    """Words of the span."""
    start: int
    """Characters of our text: [start, end)."""
    end: int


class Passages:
    """Index over the passages added; ``find`` says which one a text repeats.

    A passage of n words or more is found by its n-grams. N-grams in more than ``common`` different passages of a
    benchmark are its boilerplate and count for nothing. A shorter passage is found as a whole, and one of less than
    half of n words only where it is all there is in the text. Passages that say the same are one, the first.

    Exact (a hash is only where to look), and linear in text and benchmark. Memory: about 100 bytes a word added.
    """

    def __init__(self, n: int, common: int) -> None:
        """``n`` and ``common``, both 1 or more."""
        self.n, self.common = n, common
        self.passages: list[Passage] = []
        self.boilerplate: list[Passage] = []
        """Passages that no n-gram of theirs can find, known after the first ``find`` or ``build``."""
        self._ids: dict[str, int] = {}
        self._known: dict[tuple[str, bytes], None] = {}
        self._index: _Index | None = None

    def add(self, text: str, passage: Passage) -> bool:
        """Add a passage; False where it has no word, or its benchmark has it already."""
        ids = np.array([self._ids.setdefault(word, len(self._ids) + 1) for word in words(text)], dtype=np.int64)
        key = (passage.benchmark, ids.tobytes())
        if not len(ids) or key in self._known:
            return False
        self._known[key] = None
        self.passages.append(passage)
        return True

    def build(self) -> None:
        """Make the index; after this nothing is added."""
        tokens = [np.frombuffer(data, dtype=np.int64) for _, data in self._known]
        names = {passage.benchmark: None for passage in self.passages}
        owners = np.array([list(names).index(passage.benchmark) for passage in self.passages], dtype=np.int64)
        self._index = _Index(tokens, owners, self.n, self.common, len(self._ids) + 1)
        self._known.clear()
        self.boilerplate = [self.passages[i] for i in np.flatnonzero(self._index.findable == 0)]

    def find(self, text: str) -> Match | None:
        """The passage that most of is in ``text``; of equals the one that was added first."""
        if self._index is None:
            self.build()
        assert self._index is not None
        ids = np.fromiter((self._ids.get(word, 0) for word in words(text)), dtype=np.int64)
        best = self._index.best(ids)
        if best is None:
            return None
        passage, coverage, at, run = best
        spans = list(islice(places(text), at, at + run))
        return Match(self.passages[passage], coverage, run, spans[0][0], spans[-1][1])


class _Index:
    """All passages as one array of word numbers (from 1; 0 is a word of no benchmark)."""

    def __init__(self, passages: list[Ints], owners: Ints, n: int, common: int, vocabulary: int) -> None:
        self.n = n
        self.tokens = np.concatenate([*passages, np.zeros(0, np.int64)])
        lengths = np.array([len(passage) for passage in passages], dtype=np.int64)
        self.starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
        self.of = np.repeat(np.arange(len(passages)), lengths)
        self.findable = lengths.copy()  # words that can be covered
        room = np.repeat(self.starts[1:], lengths) - np.arange(len(self.tokens))  # words up to the passage's end
        self.grams = _Grams(self.tokens, np.flatnonzero(room >= n), n, vocabulary)
        self._leave_out_boilerplate(owners, common)
        self.whole = [
            _Grams(self.tokens, self.starts[:-1][lengths == length], int(length), vocabulary)
            for length in np.unique(lengths[lengths < n])
        ]

    def _leave_out_boilerplate(self, owners: Ints, common: int) -> None:
        at, gram = self.grams.starts, self.grams.number
        pairs = np.unique(np.stack([gram, self.of[at]]), axis=1)  # each n-gram once per passage
        owner_count = int(owners.max(initial=0)) + 1
        passages_with = np.bincount(pairs[0] * owner_count + owners[pairs[1]])
        counts = passages_with[gram * owner_count + owners[self.of[at]]] <= common
        self.kept = at[counts]
        order = np.argsort(gram[counts], kind="stable")
        self.by_gram = self.kept[order]
        self.first_of = np.searchsorted(gram[counts][order], np.arange(len(self.grams.keys) + 1))
        long = np.bincount(self.of[at], minlength=len(self.findable)) > 0
        self.findable[long] = self._covered(self.kept)[long]

    def best(self, ids: Ints) -> tuple[int, float, int, int] | None:
        """Passage, coverage, and where in ``ids`` its longest run starts and how many words it has."""
        found = self._whole(ids)
        gram, where = self.grams.matched(ids)
        many = self.first_of[gram + 1] - self.first_of[gram]
        if not many.sum():
            return found
        offsets = np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many)
        shared = self.by_gram[np.repeat(self.first_of[gram], many) + offsets]
        where = np.repeat(where, many)[np.argsort(shared, kind="stable")]
        shared = np.sort(shared)
        covered = self._covered(shared)
        coverage = covered / np.maximum(self.findable, 1)
        passage = int(np.argmax(coverage))
        if found is not None and (found[1], -found[0]) > (coverage[passage], -passage):
            return found
        mine = self.of[shared] == passage
        return (passage, float(coverage[passage]), *self._longest(ids, passage, shared[mine], where[mine]))

    def _covered(self, starts: Ints) -> Ints:
        """Words of each passage that n-grams at these places, sorted and each once, cover together."""
        reach = np.full(len(starts), self.n)
        same = self.of[starts[1:]] == self.of[starts[:-1]]
        reach[:-1][same] = np.minimum(self.n, np.diff(starts)[same])
        summed = np.bincount(self.of[starts], weights=reach, minlength=len(self.findable))
        return summed.astype(np.int64)

    def _longest(self, ids: Ints, passage: int, shared: Ints, where: Ints) -> tuple[int, int]:
        """The longest of the runs that go on from the shared n-grams; a stretch is walked along once."""
        end = int(self.starts[passage + 1])
        best, done = (0, 0), -1
        for theirs, ours in zip(shared.tolist(), where.tolist(), strict=True):
            if theirs < done:
                continue
            run = self.n + _agree(self.tokens[theirs + self.n : end], ids[ours + self.n :])
            done = theirs + run - self.n + 1
            best = max(best, (run, -ours))
        return -best[1], best[0]

    def _whole(self, ids: Ints) -> tuple[int, float, int, int] | None:
        found = []
        for grams in self.whole:
            if 2 * grams.length < self.n and len(ids) != grams.length:
                continue
            gram, where = grams.matched(ids)
            passages = self.of[grams.first[gram]].tolist()
            found += [(p, 1.0, at, grams.length) for p, at in zip(passages, where.tolist(), strict=True)]
        return min(found, default=None)


def _agree(a: Ints, b: Ints) -> int:
    """How many words two sequences have in common at their start; the work is in proportion to that."""
    at, step, most = 0, 16, min(len(a), len(b))
    while at < most:
        end = min(at + step, most)
        differ = np.flatnonzero(a[at:end] != b[at:end])
        if len(differ):
            return at + int(differ[0])
        at, step = end, 2 * step
    return most


class _Grams:
    """The different sequences of ``length`` words at ``starts``, told apart by a rolling hash and then word by word."""

    def __init__(self, tokens: Ints, starts: Ints, length: int, vocabulary: int) -> None:
        self.tokens, self.starts, self.length = tokens, starts, length
        for seed in count():  # a collision within the benchmark: another hash
            self._table = np.random.default_rng(seed).integers(1 << 63, size=vocabulary, dtype=np.uint64)
            self.keys, first, number = np.unique(self._hashes(tokens)[starts], return_index=True, return_inverse=True)
            self.first, self.number = starts[first], number
            if self._equal(tokens, starts, self.first[number]).all():
                return

    def matched(self, ids: Ints) -> tuple[Ints, Ints]:
        """Numbers of the sequences that ``ids`` has, each once, and where in ``ids`` each is first."""
        none = np.zeros(0, np.int64)
        if len(ids) < self.length or not len(self.keys):
            return none, none
        hashes = self._hashes(ids)
        number = np.minimum(np.searchsorted(self.keys, hashes), len(self.keys) - 1)
        where = np.flatnonzero(self.keys[number] == hashes)
        if not len(where):
            return none, none
        where = where[self._equal(ids, where, self.first[number[where]])]
        gram, first = np.unique(number[where], return_index=True)
        return gram, where[first]

    def _equal(self, ids: Ints, ours: Ints, theirs: Ints) -> npt.NDArray[np.bool_]:
        same = np.ones(len(ours), dtype=np.bool_)
        for k in range(self.length):
            same &= ids[ours + k] == self.tokens[theirs + k]
        return same

    def _hashes(self, ids: Ints) -> Hashes:
        """Polynomial hash, modulo 2**64, of every ``length`` words of ``ids``."""
        values = self._table[ids]
        many = max(0, len(ids) - self.length + 1)
        hashes = values[:many].copy()
        for k in range(1, self.length):
            hashes *= np.uint64(0x9E3779B97F4A7C15)
            hashes += values[k : k + many]
        return hashes
