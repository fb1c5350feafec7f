"""The tree of one search: what was proposed for each step, what became of it, and which way was taken."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

MAX_NODES = 1_000
MAX_TEXT = 2_000
"""Characters kept of one step."""


class State(StrEnum):
    """What became of a proposed step."""

    OPEN = "open"
    """Kept in a beam, but not part of the sample."""
    CHOSEN = "chosen"
    """Part of the sample."""
    OUTRANKED = "outranked"
    """Sound as far as known, but others had a better score."""
    DEAD_END = "dead_end"
    """Sound as far as known, but none of the steps proposed after it was."""
    REFUTED = "refuted"
    DUPLICATE = "duplicate"
    """The same words were proposed before."""
    CUT = "cut"
    """It did not end within the tokens or the context that the base sampler has."""
    ERROR = "error"
    """The base sampler could not make it."""


DROPPED = (State.REFUTED, State.DUPLICATE, State.CUT, State.ERROR)


@dataclass(eq=False, slots=True)
class Node:
    """A step, with everything before it."""

    id: int
    """Counted from 0 in the order of asking; -1 is the empty response."""
    parent: "Node | None" = None
    text: str = ""
    """The response up to and with this step, as the model wrote it."""
    ended: bool = False
    """Whether the response is complete."""
    tokens: int = 0
    """Of this step."""
    prompt_tokens: int = 0
    logprob: float | None = None
    """Of this step, summed over its tokens."""
    state: State = State.OPEN
    verdict: str = "unchecked"
    """``supported``, ``refuted`` or ``unchecked``."""
    reason: str = ""
    coverage: float | None = None
    """The checker's score."""
    score: float | None = None
    """What it is ranked by."""
    rollouts: tuple[int, int] | None = None
    """How many completions from here passed, and how many were judged."""
    depth: int = field(init=False)

    def __post_init__(self) -> None:
        self.depth = 0 if self.parent is None else self.parent.depth + 1

    @property
    def step(self) -> str:
        """The text of this step alone."""
        return self.text[len(self.parent.text) :] if self.parent is not None else self.text

    def path(self) -> "list[Node]":
        """The steps of this response, first to last."""
        nodes: list[Node] = []
        node = self
        while node.parent is not None:
            nodes.append(node)
            node = node.parent
        return nodes[::-1]

    def logprob_sum(self) -> float | None:
        """Log probability of the response, where the base sampler gives it."""
        values = [node.logprob for node in self.path()]
        return math.fsum(value for value in values if value is not None) if None not in values else None

    def mean_logprob(self) -> float | None:
        """The same per token; None also for a response without tokens."""
        tokens, total = sum(node.tokens for node in self.path()), self.logprob_sum()
        return None if total is None or not tokens else total / tokens

    def rank(self) -> tuple[bool, float, float]:
        """Greater is better: the score, none being worst, and among equals the mean log probability."""
        mean = self.mean_logprob()
        return self.score is not None, self.score or 0.0, -math.inf if mean is None else mean


def normal(text: str) -> str:
    """Text without what makes no difference: case and white space."""
    return " ".join(text.split()).casefold()


def labelled(nodes: list[Node], path: list[Node]) -> dict[str, Any]:
    """``{"path": ids of the steps of the sample, "tree": steps}``, JSON values, for ``Sample.lineage``.

    A step is ``{"id", "parent", "text", "state", "verdict", "reason", "score", "tokens"}`` and, where there were
    rollouts, ``"rollouts": [passed, judged]``; steps with the same parent share a prefix, so they make pairs. Of a
    tree above ``MAX_NODES`` the path and its siblings are kept first; ``"left_out"`` says how many are not.
    """
    near = {id(node) for node in path} | {id(node.parent) for node in path}
    ordered = sorted(nodes, key=lambda node: (id(node) not in near, id(node.parent) not in near, node.id))
    kept = sorted(ordered[:MAX_NODES], key=lambda node: node.id)
    out: dict[str, Any] = {"path": [node.id for node in path], "tree": list(_rows(kept))}
    return out | ({"left_out": len(nodes) - len(kept)} if len(nodes) > len(kept) else {})


def _rows(nodes: list[Node]) -> Iterable[dict[str, Any]]:
    for node in nodes:
        assert node.parent is not None
        row = {
            "id": node.id,
            "parent": node.parent.id if node.parent.parent is not None else None,
            "text": node.step[:MAX_TEXT].encode("utf-8", "replace").decode(),
            "state": node.state.value,
            "verdict": node.verdict,
            "reason": node.reason[:300].encode("utf-8", "replace").decode(),
            "score": None if node.score is None else round(node.score, 6),
            "tokens": node.tokens,
        }
        yield row | ({"rollouts": list(node.rollouts)} if node.rollouts is not None else {})
