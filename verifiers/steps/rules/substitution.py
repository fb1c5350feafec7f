"""``lw = 5 * 3``: numbers put in for variables are the ones that the variables were said to have."""

from verifiers.steps.arithmetic import UndefinedError, Value, evaluate
from verifiers.steps.records import Link, Solution
from verifiers.steps.rules.numeric import shown
from verifiers.steps.rules.system import loose
from verifiers.steps.tree import Node, is_value

RULE = "substitution"


def check(link: Link, solution: Solution) -> tuple[str, dict[str, str]] | None:
    """Verdict and evidence; None when this is not the rule's to judge."""
    left, right = link.left.node, link.right.node
    if link.relation not in ("=", "~") or left is None or right is None or left[0] == "v" or is_value(right):
        return None
    names = link.left.names
    if not names or link.right.names or any(token.text == "°" for token in (*link.left.tokens, *link.right.tokens)):
        return None
    given: dict[str, Value] = {}
    if not _unify(left, right, given):
        return None
    if any(name in loose(solution) or len(solution.values.get(name, ())) != 1 for name in names):
        return None
    known = {name: next(iter(solution.values[name])) for name in names}
    wrong = [name for name in sorted(names) if not _same(given[name], known[name])]
    if not wrong:
        return "supported", {"with": ", ".join(f"{name} = {shown(known[name])}" for name in sorted(names))}
    if _same_result(left, right, known):
        return None  # 2 + 3 for b + a
    said = ", ".join(f"{name} = {shown(known[name])}, here {shown(given[name])}" for name in wrong)
    return "refuted", {"known": said}


def _unify(pattern: Node, filled: Node, given: dict[str, Value]) -> bool:
    """Whether ``filled`` is ``pattern`` with a number for each variable; the numbers go into ``given``."""
    if pattern[0] == "v" and pattern[1] != "π":
        try:
            value = evaluate(filled)
        except UndefinedError:
            return False
        return bool(given.setdefault(pattern[1], value) == value)
    if pattern[0] != filled[0] or len(pattern) != len(filled):
        return False
    return all(
        _unify(a, b, given) if isinstance(a, tuple) and isinstance(b, tuple) else a == b
        for a, b in zip(pattern[1:], filled[1:], strict=True)
    )


def _same_result(left: Node, right: Node, known: dict[str, Value]) -> bool:
    try:
        return _same(evaluate(left, known), evaluate(right))
    except UndefinedError:
        return True


def _same(a: Value, b: Value) -> bool:
    try:
        return bool(abs(a - b) <= 0.006 * max(abs(a), abs(b)))
    except (TypeError, OverflowError):
        return True
