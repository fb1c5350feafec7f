"""The numbers of ``proofstill locate``, and how they are told."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.locate.learned import Learned
from engine.locate.methods import Conclusion
from engine.locate.rollouts import Suspect


@dataclass
class Totals:
    """Adds up labelled solutions."""

    found: Counter[str] = field(default_factory=Counter)
    accepted: Counter[str] = field(default_factory=Counter)
    uncut: int = 0
    """Samples that could not be cut into steps."""
    steps: int = 0
    rollouts: int = 0
    tokens: int = 0
    errors: int = 0

    @property
    def solutions(self) -> int:
        """How many were looked into, uncut ones included."""
        return self.found.total() + self.accepted.total() + self.uncut

    def add(self, suspect: Suspect, found: Conclusion) -> None:
        """Count one solution."""
        (self.accepted if suspect.candidate.accepted else self.found)[found.found] += 1
        self.steps += len(suspect.marks)
        self.rollouts += sum(suspect.solution.asked)
        self.tokens += suspect.tokens
        self.errors += suspect.errors

    def result(self, learned: Learned) -> dict[str, Any]:
        """Statistics of everything added."""
        cut = self.solutions - self.uncut
        return {
            "solutions": self.solutions,
            "uncut": self.uncut,
            "rejected": dict(sorted(self.found.items())),
            "accepted": dict(sorted(self.accepted.items())),
            "steps": self.steps,
            "rollouts": self.rollouts,
            "rollouts_per_solution": self.rollouts / cut if cut else None,
            "tokens": self.tokens,
            "errors": self.errors,
            "p": {"mean": learned.pass_rate[0], "weight": learned.pass_rate[1]},
            "e": {"mean": learned.lucky[0], "weight": learned.lucky[1]},
        }


def lines(stats: Mapping[str, Any]) -> list[str]:
    """The statistics in a few lines for a terminal."""
    rejected, accepted = stats["rejected"], stats["accepted"]
    cut = stats["solutions"] - stats["uncut"]
    told = [f"{stats['solutions']} solutions, {stats['steps']} steps"]
    told += [f"{who}: {_found(many)}" for who, many in (("rejected", rejected), ("accepted", accepted)) if many]
    if cut:
        per = stats["rollouts_per_solution"]
        told.append(f"{stats['rollouts']} rollouts, {per:.1f} per solution; {stats['tokens']} tokens")
    told.append(f"a rollout that holds an error comes out right {100 * stats['e']['mean']:.1f} % of the time")
    if stats["uncut"]:
        told.append(f"{stats['uncut']} solutions could not be cut into steps")
    if stats["errors"]:
        told.append(
            f"{stats['errors']} rollouts have no verdict (cut off, or an error that the same command tries again)"
        )
    return told


def _found(many: Mapping[str, int]) -> str:
    total = sum(many.values())
    parts = [f"{name} {n} ({n / total:.0%})" for name, n in sorted(many.items(), key=lambda item: (-item[1], item[0]))]
    return f"{total}: {', '.join(parts)}"
