"""What a chain tells about variables: constraints, values and functions, for the claims that come after it."""

from verifiers.math.tokens import names
from verifiers.steps.arithmetic import UndefinedError, evaluate
from verifiers.steps.claims import Chain
from verifiers.steps.records import Solution, Tie
from verifiers.steps.tree import Node, is_value, variables

_MOST = 300


def learn(solution: Solution, chain: Chain, true_links: frozenset[int] | set[int] = frozenset()) -> None:
    """Take over what ``chain`` says; ``true_links`` are identities, which tie nothing."""
    for i, relation in enumerate(chain.relations):
        if i not in true_links and relation in ("=", "~", "=="):
            _tie(solution, chain, i, true_links)
    first, last = chain.sides[0].node, chain.sides[-1].node
    if first is None or last is None or chain.relations[0] != "=":
        return
    _value(solution, first, last)
    _function(solution, first, chain.sides[1].node, chain.sides[0].before)


def _tie(solution: Solution, chain: Chain, i: int, true_links: frozenset[int] | set[int]) -> None:
    """Keep one relation, unless it only evaluates something or gives a variable a rational value."""
    left, right = chain.sides[i], chain.sides[i + 1]
    tied = left.names | right.names
    if not tied or len(solution.ties) > _MOST:
        return
    if left.node is None or right.node is None:
        unread = left if left.node is None else right
        shared = any(token.kind == "v" and token.text in tied for token in unread.tokens)
        if shared and i + 1 not in true_links:
            solution.ties.append(Tie(tied))
        return
    if (i and left.names == right.names) or (left.node[0] == "v" and is_value(right.node)):
        return  # part of a computation, or a value that would be put in
    solution.ties.append(Tie(tied, left.node, right.node))


def _value(solution: Solution, first: Node, last: Node) -> None:
    if first[0] != "v" and last[0] == "v":
        first, last = last, first
    if first[0] != "v" or len(solution.values) > _MOST:
        return
    if variables(last):
        return
    try:
        value = evaluate(last)
    except UndefinedError:
        return
    solution.values.setdefault(first[1], set()).add(value)


_NO_DEFINITION = names("that which if when equation solve satisfying setting set where for")
"""Words before ``f(x) = …`` that make it a condition."""


def _function(solution: Solution, first: Node, body: Node | None, before: str) -> None:
    if first[0] != "call" or first[2][0] != "v" or body is None or len(solution.functions) > _MOST:
        return
    if not variables(body) <= {first[2][1]} or not variables(body):
        return
    if body == first[2] or before in _NO_DEFINITION:
        return
    known = solution.functions.get(first[1], (first[2][1], body))
    solution.functions[first[1]] = known if known == (first[2][1], body) else None
