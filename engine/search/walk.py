"""One search: from the empty response, step by step, to one sample."""

import time
from dataclasses import replace

from engine.records import FinishReason, Sample
from engine.search.judging import Judging, together
from engine.search.tree import DROPPED, Node, State, labelled, normal

BLANKS = 3
"""How often a step that is blank so far is asked to go on: models that write paragraphs also end blank lines."""


class Walk:
    """Searches for the sample of one index. ``judging`` is this search's alone."""

    def __init__(
        self,
        judging: Judging,
        *,
        k: int,
        beams: int,
        until: str,
        final: tuple[str, ...],
        max_steps: int,
        backups: int,
    ) -> None:
        self._judging = judging
        self._k, self._beams, self._until, self._final = k, beams, until, final
        self._max_steps, self._backups = max_steps, backups
        self._root = Node(-1)
        self._nodes: list[Node] = []
        self._asked = 0
        self._seen: set[tuple[str, bool]] = set()
        self._done: list[Node] = []
        """Complete responses that hold a place among the beams."""

    async def run(self, index: int, seed: int) -> Sample:
        """The sample. Each round goes one step further in every beam at once."""
        started = time.monotonic()
        frontier = [self._root]
        while frontier:
            frontier = self._select(frontier, await self._grow(frontier))
        return replace(self._result(), index=index, seed=seed, seconds=time.monotonic() - started)

    async def _grow(self, frontier: list[Node]) -> list[Node]:
        """Children that survive, scored: of k for each node at once or, for ``first``, of one at a time, up to k."""
        one_by_one = self._judging.rank == "first"
        alive: list[Node] = []
        for _ in range(self._k if one_by_one else 1):
            children = await self._propose(frontier, 1 if one_by_one else self._k)
            self._drop_duplicates(children)
            await together(self._judging.check(child) for child in children if child.state == State.OPEN)
            alive = [child for child in children if child.state == State.OPEN]
            if alive:
                break
        await together(self._judging.score(child) for child in alive)
        return alive

    async def _propose(self, frontier: list[Node], count: int) -> list[Node]:
        work = []
        for node in frontier:
            work.append(self._children(node, range(self._asked, self._asked + count)))
            self._asked += count
        children = [child for group in await together(work) for child in group]
        self._nodes += children
        return children

    async def _children(self, parent: Node, ids: range) -> list[Node]:
        pieces = await self._judging.pieces(parent.text, ids, "step", (self._until,))
        children = [self._child(parent, piece) for piece in pieces]
        await together(self._fill(child) for child in children)
        return children

    def _child(self, parent: Node, piece: Sample) -> Node:
        child = Node(piece.index, parent, tokens=piece.tokens, prompt_tokens=piece.prompt_tokens)
        child.logprob = piece.logprob_sum
        self._read(child, piece)
        return child

    def _read(self, child: Node, piece: Sample) -> None:
        """Take over the text, and say whether the response is complete with it."""
        child.text = piece.text
        if piece.finish_reason == FinishReason.ERROR:
            assert child.parent is not None
            child.state, child.text = State.ERROR, child.parent.text
        elif piece.finish_reason == FinishReason.LENGTH:
            child.state = State.CUT
        else:
            child.ended = not piece.text.endswith(self._until) or self._answers(piece.text)

    def _answers(self, text: str) -> bool:
        """Whether the answer, outside any think block, holds one of ``final`` with what it opened closed again."""
        _, answer, closed = self._judging.split(text)
        return (
            closed
            and any(mark in answer for mark in self._final)
            and answer.count("{") == answer.count("}")
            and answer.count("\\[") == answer.count("\\]")
            and answer.count("$$") % 2 == 0
        )

    async def _fill(self, child: Node) -> None:
        """Go on with a step that is blank so far."""
        for turn in range(BLANKS):
            if child.ended or child.state != State.OPEN or child.step.strip():
                return
            (piece,) = await self._judging.pieces(child.text, (child.id,), f"blank {turn}", (self._until,))
            child.tokens += piece.tokens
            if child.logprob is not None and piece.logprob_sum is not None:
                child.logprob += piece.logprob_sum
            self._read(child, piece)

    def _drop_duplicates(self, children: list[Node]) -> None:
        for child in children:
            key = (normal(child.text), child.ended)
            if child.state != State.OPEN:
                continue
            if key in self._seen:
                child.state = State.DUPLICATE
            self._seen.add(key)

    def _select(self, frontier: list[Node], alive: list[Node]) -> list[Node]:
        """The next frontier: the best ``beams``, complete ones included; free places go to beams that back up."""
        ranked = sorted([*self._done, *alive], key=Node.rank, reverse=True)
        kept = ranked[: self._beams]
        for node in ranked[self._beams :]:
            node.state = State.OUTRANKED
        self._done = [node for node in kept if node.ended]
        parents = {id(child.parent) for child in alive}
        back: list[Node] = []
        for node in frontier:
            if id(node) not in parents:
                node.state = State.DEAD_END
                if len(kept) + len(back) < self._beams and self._backups > 0:
                    back.append(self._back_up(node))
        going = [node for node in (*kept, *back) if not node.ended and node.depth < self._max_steps]
        return list(dict.fromkeys(going))  # two beams may have backed up to the same place

    def _back_up(self, node: Node) -> Node:
        """Where a beam goes on that has nowhere to go.

        To the best of the siblings that were sound but outranked, else to the step before it, for fresh candidates.
        """
        self._backups -= 1
        spare = [
            other
            for other in self._nodes
            if other.parent is node.parent and other.state == State.OUTRANKED and not other.ended
        ]
        if spare:
            best = max(spare, key=Node.rank)
            best.state = State.OPEN
            return best
        return node.parent or node

    def _result(self) -> Sample:
        """The best complete response.

        Without one, the longest sound beginning, as a sample that was cut (LENGTH); and ERROR when the base sampler
        failed every time.
        """
        sound = [node for node in self._nodes if node.state not in DROPPED]
        ended = [node for node in sound if node.ended]
        node = max(ended, key=Node.rank, default=None) or max(
            sound, key=lambda other: (other.depth, other.rank()), default=self._root
        )
        path = node.path()
        for step in path:
            step.state = State.CHOSEN
        finish = FinishReason.STOP if node.ended else FinishReason.LENGTH
        if self._nodes and all(other.state == State.ERROR for other in self._nodes):
            finish = FinishReason.ERROR
        judging = self._judging
        reasoning, text, closed = judging.split(node.text.rstrip())
        first = self._nodes[0] if self._nodes else self._root
        return Sample(
            problem_id=judging.request.problem.id,
            index=0,
            text=text,
            finish_reason=finish if closed or finish == FinishReason.ERROR else FinishReason.LENGTH,
            reasoning=reasoning,
            mode=judging.request.prompt.mode,
            prompt_tokens=first.prompt_tokens,
            tokens=judging.spent,
            logprob_sum=node.logprob_sum() if path else None,
            model=judging.base.model,
            params_hash=judging.request.params_hash,
            lineage={
                "search": {"rank": judging.rank, "k": self._k, "beams": self._beams},
                "text_tokens": sum(step.tokens for step in path),
                **labelled(self._nodes, path),
            },
        )
