"""Groups answers that mean the same, by the math verifier's comparison, whatever the order of the samples."""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

from verifiers.math.judge import Gold, judge, read_gold
from verifiers.math.options import Equality
from verifiers.math.outcome import Asked, Context

Relation = Literal["equal", "different", "unsure"]

MAX_COMPARED = 32
"""Clusters that an answer is compared with, the largest first: an answer that equals none of them has no majority."""
_PLACEHOLDER = re.compile(
    r"(?:\\text\{)?\W*(?:(?:your |the |final )*answer(?: here)?|unknown|n/a|i (?:do not|don't) know|value|result)\W*",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Cluster:
    """Answers that mean the same; ``gold`` is the one that most samples gave, and stands for the others."""

    gold: Gold
    votes: int
    texts: set[str] = field(default_factory=set)


class Clusters:
    """The answers of one group. ``texts`` maps an answer to the number of samples that gave it in these words."""

    def __init__(self, texts: Counter[str], equality: Equality, asked: Asked) -> None:
        self._context = Context(equality, asked)
        self._known: dict[tuple[str, str], Relation] = {}
        found: list[Cluster] = []
        # the most frequent wording first, so that it stands for the rest; ties by the text, which is not the order
        for text, votes in sorted(texts.items(), key=lambda item: (-item[1], len(item[0]), item[0])):
            gold = read_gold(text)
            home = next((c for c in found[:MAX_COMPARED] if self.relation(c.gold, gold) == "equal"), None)
            if home is None:
                found.append(Cluster(gold, votes, {text}))
            else:
                home.votes += votes
                home.texts.add(text)
        self.ranked = sorted(found, key=lambda c: (-c.votes, len(c.gold.text), c.gold.text))
        self._home = {text: cluster for cluster in found for text in cluster.texts}

    def of(self, text: str) -> Cluster:
        """The cluster that holds an answer."""
        return self._home[text]

    def relation(self, one: Gold, two: Gold) -> Relation:
        """Whether two answers mean the same. Equal either way round is equal: a gold is compared with an answer by
        rules that are not the same for both, such as those on rounding, and here neither is the gold.
        """
        key = one.text, two.text
        if key not in self._known:
            forth = judge(one, two.text, self._context).result
            back = forth if forth == "equal" else judge(two, one.text, self._context).result
            self._known[key] = _either(forth, back)
            self._context.stages.clear()
        return self._known[key]


def _either(forth: str, back: str) -> Relation:
    if "equal" in (forth, back):
        return "equal"
    return "unsure" if "unsure" in (forth, back) else "different"


def is_placeholder(text: str) -> bool:
    """A template's words, copied, or none of an answer: no vote for anything."""
    return len(text) < 60 and _PLACEHOLDER.fullmatch(text) is not None
