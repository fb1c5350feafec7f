"""What a chain tells about variables: constraints, values and functions, for the claims that come after it."""

from verifiers.steps.arithmetic import UndefinedError, evaluate
from verifiers.steps.claims import Chain
from verifiers.steps.records import Solution
from verifiers.steps.tree import Node, variables

_MOST = 300


def learn(solution: Solution, chain: Chain, true_links: frozenset[int] | set[int] = frozenset()) -> None:
    """Take over what ``chain`` says; ``true_links`` are identities, which tie nothing."""
    for i, relation in enumerate(chain.relations):
        left, right = chain.sides[i].node, chain.sides[i + 1].node
        if i in true_links or relation not in ("=", "~", "=="):
            continue
        names = chain.sides[i].names | chain.sides[i + 1].names
        if not names or len(solution.constraints) > _MOST:
            continue
        inner = i >= 1 and left is not None and right is not None and chain.sides[i].names == chain.sides[i + 1].names
        if not inner and names not in solution.constraints:
            solution.constraints.append(names)
    first, last = chain.sides[0].node, chain.sides[-1].node
    if first is None or last is None or chain.relations[0] != "=":
        return
    _value(solution, first, last)
    _function(solution, first, chain.sides[1].node)


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


def _function(solution: Solution, first: Node, body: Node | None) -> None:
    if first[0] != "call" or first[2][0] != "v" or body is None or len(solution.functions) > _MOST:
        return
    if not variables(body) <= {first[2][1]} or not variables(body):
        return
    known = solution.functions.get(first[1], (first[2][1], body))
    solution.functions[first[1]] = known if known == (first[2][1], body) else None
