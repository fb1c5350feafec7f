"""What is known of one problem's samples while a run is under way. Standard library only, like ``engine.records``."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from engine.records import Decision, Problem, Sample


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one sample came to, without its text."""

    index: int
    accepted: bool
    model: str
    tokens: int
    """Completion tokens."""
    prompt_tokens: int


@dataclass(slots=True)
class GroupState:
    """One problem's samples so far. ``decisions[i]`` is None while sample i is being made or judged."""

    problem: Problem
    decisions: dict[int, Decision | None] = field(default_factory=dict)
    unavailable: set[int] = field(default_factory=set)
    """Indices that the sampler does not have (replay)."""
    samples: dict[int, Sample] = field(default_factory=dict)
    """Those that are made, without their text."""

    def outcomes(self, stop: int | None = None) -> Iterator[Outcome]:
        """Decided samples up to index ``stop``, in order; where an error stands in the way, nothing is known."""
        for index, decision in sorted(self.decisions.items()):
            if decision is not None and not decision.error and (stop is None or index <= stop):
                made = self.samples[index]
                yield Outcome(index, decision.accepted, made.model, made.tokens, made.prompt_tokens)
