"""Equations: what they assign, whether their chain of sides is sound, and when two say the same."""

from verifiers.math.numeric import proportional, same, solves
from verifiers.math.outcome import Context, Outcome
from verifiers.math.tree import CONTAINERS, Node, TooLargeError, substituted, symbols, walk

_D = Node("sym", name="d")
_COMPUTED = frozenset(("f", "g", "h", "y", "\\rho", "r", "u", "v", "w", "z"))


def assigned(node: Node) -> tuple[Node | None, Node]:
    """``x = 5`` as (x, 5); a chain of equalities as its last exact side; else (None, node)."""
    if node.op != "rel" or any(sign not in ("=", "~") for sign in node.name.split(",")):
        return None, node
    signs, sides = node.name.split(","), node.args
    if len(sides) == 2 and sides[1].op == "sym" and not symbols(sides[0]):
        sides = sides[::-1]  # 5 = x
    exact = sides[: signs.index("~") + 1] if "~" in signs else sides
    name = _function_head(sides[0], sides[-1])
    is_name = _names_symbol(name) or (name.op == "tuple" and all(_names_symbol(item) for item in name.args))
    if is_name and len(exact) > 1 and not _mentions(exact[-1], name):
        return name, exact[-1]
    if not any(item.op == "sym" for side in sides for item in walk(side)):
        return None, exact[-1]
    return None, node


def _names_symbol(node: Node) -> bool:
    """True for ``x``, ``x_1``, ``f(x)`` and ``dy/dx``: what an answer may be assigned to."""
    if node.op == "div":
        return all(
            item.op == "mul" and len(item.args) == 2 and item.args[0] == _D and item.args[1].op == "sym"
            for item in node.args
        )
    return node.op == "sym" or (node.op == "call" and len(node.name.removesuffix("^-1").rstrip("'")) == 1)


def _function_head(node: Node, body: Node) -> Node:
    """``N(n) = 2n`` names a function, though ``N(n)`` alone is a product."""
    if node.op == "mul" and len(node.args) == 2 and all(item.op == "sym" for item in node.args):
        head, argument = node.args
        if argument.name in symbols(body) and head.name not in symbols(body):
            return Node("call", (argument,), name=head.name)
    return node


def _mentions(node: Node, name: Node) -> bool:
    return name.op == "sym" and any(item == name for item in walk(node))


def checked(node: Node) -> tuple[Node | None, Node, bool]:
    """Like ``assigned``; False when the sides of the chain contradict each other."""
    name, result = assigned(node)
    if node.op != "rel" or result is node:
        return name, result, True
    signs = node.name.split(",")
    sides = node.args[1:] if name is not None else node.args
    exact = sides[: len(sides) - signs.count("~")] if "~" in signs else sides
    try:
        sound = all(same(side, result) != "different" for side in exact[:-1] if side.op not in CONTAINERS)
    except TooLargeError:
        sound = False
    return name, result, sound


def in_gold_names(gold: Node | None, found: Node | None, value: Node) -> Node | None:
    """The found value in the gold's variable for ``f(x)`` against ``f(z)``; None when they name different unknowns."""
    if gold is None or found is None or gold == found:
        return value
    if gold.op == found.op == "call" and len(gold.args) == len(found.args) and gold.name == found.name:
        for old, new in zip(found.args, gold.args, strict=True):
            if old.op != "sym" or new.op != "sym" or (old != new and new.name in symbols(value)):
                return None
            value = substituted(value, old, new)
        return value
    if {gold.op, found.op} == {"call", "sym"} and gold.op != found.op:
        return value  # y = … for f(x) = …
    if gold.op == found.op == "sym":
        left, right = gold.name.partition("_"), found.name.partition("_")
        if left[0] == right[0] and not (left[2] and right[2]):
            return value  # x_1 = … for x = …
    return None


def compare_equations(gold: Node, found: Node, context: Context) -> Outcome:
    """Both are ``l = r``: the same up to a factor, or one solves the other for an unknown that it is linear in."""
    left, right = _zero_form(gold), _zero_form(found)
    try:
        if proportional(left, right):
            return context.decide("equal", "equation")
        for equation, solution in ((left, found), (right, gold)):
            name, value = assigned(solution)
            if name is not None and name.op == "sym" and name.name in symbols(equation) - symbols(value):
                verdict = solves(equation, name.name, value)
                if verdict != "undefined":
                    return context.decide("equal" if verdict == "equal" else "unsure", "equation", "solved")
    except TooLargeError:
        return context.decide("unsure", "equation", "too_large")
    return context.decide("unsure", "equation", "other_form")


def compare_solution(equation: Node, value: Node, context: Context) -> Outcome:
    """``xy = 6`` against ``6/x``: equal when the value is what the equation gives for its one remaining unknown."""
    names = symbols(equation) - symbols(value)
    if equation.name != "=" or len(names) != 1 or symbols(value) - symbols(equation):
        point = value.op not in CONTAINERS and not symbols(value) and len(symbols(equation)) > 1
        return context.decide("different" if point else "unsure", "relation", "other_kind")
    name = names.pop()
    try:
        verdict = solves(_zero_form(equation), name, value)
    except TooLargeError:
        verdict = "undefined"
    if verdict == "equal":
        return context.decide("equal", "equation", "solved")
    known = not symbols(value) or name in _COMPUTED
    return context.decide("different" if verdict == "different" and known else "unsure", "equation", "not_solved")


def _zero_form(node: Node) -> Node:
    return Node("add", (node.args[0], Node("neg", (node.args[1],))))
