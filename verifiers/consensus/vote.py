"""The vote of one group: what won, by how much, and why nothing did."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from engine.records import Reason
from verifiers.consensus.clusters import Cluster, Clusters

_SHOWN_CLUSTERS = 8
_SHOWN_CHARS = 200


@dataclass(frozen=True)
class Vote:
    """The clusters of a group and what is asked of a winner."""

    clusters: Clusters
    samples: int
    """All of them, with an answer or without."""
    answers: int
    agreement: float
    margin: float
    min_votes: int

    @cached_property
    def winner(self) -> Cluster | None:
        """The answer of the majority, if there is one; never one of two that have as many votes."""
        if self.answers < self.min_votes:
            return None
        first = self.clusters.ranked[0]
        # shares are divided out: 0.55 * 20 is more than 11
        wins = first.votes / self.samples >= self.agreement and self.lead / self.samples >= self.margin
        return first if wins and self.lead > 0 else None

    @property
    def lead(self) -> int:
        """Votes of the largest cluster over the next."""
        votes = [cluster.votes for cluster in self.clusters.ranked[:2]] + [0, 0]
        return votes[0] - votes[1]

    @property
    def expected(self) -> str | None:
        """The winning answer, as the verdicts give it."""
        return None if self.winner is None else self.winner.gold.text[:2000]

    def told(self, cluster: Cluster) -> str:
        """``12 of 16 samples (75 %)``"""
        return f"{cluster.votes} of {self.samples} samples ({cluster.votes / self.samples:.0%})"

    def why_none(self) -> Reason:
        """Why nothing won, with the numbers."""
        if self.answers < self.min_votes:
            told = f"{self.answers} of {self.samples} samples have an answer; at least {self.min_votes} are asked for"
            return Reason("few_votes", told)
        told = (
            f"the most frequent answer is given by {self.told(self.clusters.ranked[0])} and leads by {self.lead}; "
            f"{self.agreement:.0%} and a lead of {self.margin:.0%} are asked for"
        )
        return Reason("no_majority", told)

    def evidence(self) -> dict[str, Any]:
        """The same for all samples of the group: the largest clusters, and what won by how much."""
        ranked = self.clusters.ranked
        shown = [{"answer": c.gold.text[:_SHOWN_CHARS], "votes": c.votes} for c in ranked[:_SHOWN_CLUSTERS]]
        return {
            "samples": self.samples,
            "answers": self.answers,
            "different_answers": len(ranked),
            "clusters": shown,
            "winner": None if self.winner is None else self.winner.gold.text[:_SHOWN_CHARS],
            "margin": round(self.lead / self.samples, 4),
        }
