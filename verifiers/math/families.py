"""Letters that an answer may choose freely: integer parameters, constants of integration, its own names."""

import re
from itertools import permutations

from verifiers.math.equations import assigned
from verifiers.math.numeric import differ_by_constant, same
from verifiers.math.outcome import Context, Outcome
from verifiers.math.tree import CONTAINERS, Node, number, substituted, symbols, walk

_INTEGER_LETTERS = frozenset(("k", "n", "m", "l", "t", "s", "r", "j", "\\ell"))
_CONSTANT = re.compile(r"[CcKk](?:_?\d)?'?")
_ANY_CONSTANT = re.compile(r"[A-DKackd](?:_?\d)?'?|\\(?:alpha|beta|lambda)")
_MAX_CONSTANTS = 3
_SHIFTS = ((1, 1), (1, -1), (-1, 0), (-1, 1), (-1, -1), (1, 2), (1, -2), (-1, 2), (-1, -2))


def aligned(gold: Node, found: Node, context: Context) -> tuple[Node, Node]:
    """Both without their ``where``, the found one in the gold's letter where the letter is free to choose."""
    declared: set[str] = set()
    for node in (gold, found):
        if node.op == "where":
            declared |= set(node.name.split(","))
    gold, found = (node.args[0] if node.op == "where" else node for node in (gold, found))
    gold, found = _one_imaginary_unit(gold, found)
    sides = [assigned(node) for node in (gold, found)]
    bound = {name for head, _ in sides if head is not None for name in symbols(head)}
    context.parameters = frozenset() if sides[0][1].op in CONTAINERS else frozenset(declared - bound)
    left, right = (symbols(value) - bound for _, value in sides)
    new, old = left - right, right - left
    if len(new) != 1 or len(old) != 1:
        return gold, found
    name, letter = new.pop(), old.pop()
    periodic = {name, letter} <= _INTEGER_LETTERS and _is_periodic(gold)
    if not (periodic or {name, letter} & declared or context.asked.neither(name, letter)):
        return gold, found
    if sides[0][1].op not in CONTAINERS and (periodic or {name, letter} & declared):
        context.parameters |= {name}
    return gold, substituted(found, Node("sym", name=letter), Node("sym", name=name))


def _one_imaginary_unit(gold: Node, found: Node) -> tuple[Node, Node]:
    """``3+4j`` beside ``3+4i``: electrical engineers call the unit j."""
    unit, letter = Node("const", name="i"), Node("sym", name="j")
    for node, other in ((gold, found), (found, gold)):
        if "j" in symbols(other) and "j" not in symbols(node) and unit in walk(node) and unit not in walk(other):
            read = substituted(other, letter, unit)
            return (node, read) if node is gold else (read, node)
    return gold, found


def _is_periodic(node: Node) -> bool:
    return any(item.op == "deg" or (item.op == "const" and item.name == "pi") for item in walk(node))


def shifted(gold: Node, found: Node, context: Context) -> Outcome | None:
    """``k`` runs through all integers, so ``5pi/4 + k pi`` says the same as ``pi/4 + k pi``."""
    letters = context.parameters & symbols(gold) & symbols(found)
    if len(letters) != 1 or not _is_periodic(gold):
        return None
    letter = Node("sym", name=next(iter(letters)))
    for sign, shift in _SHIFTS:
        moved = Node("add", (letter if sign > 0 else Node("neg", (letter,)), number(shift)))
        if same(gold, substituted(found, letter, moved)) == "equal":
            return context.decide("equal", "renaming", "shifted_parameter")
    return None


def renamed(gold: Node, found: Node, context: Context) -> Outcome | None:
    """Equal but for constants' names: equal for constants of integration, else not sure. None where it differs."""
    left, right = symbols(gold), symbols(found)
    outcome = _absorbed(gold, found, context) if left and right else None
    if outcome is not None:
        return outcome
    new = sorted((left - right) | {name for name in left if _CONSTANT.fullmatch(name)})
    old = sorted((right - left) | {name for name in right if _CONSTANT.fullmatch(name)})
    if len(new) != len(old) or not 1 <= len(new) <= _MAX_CONSTANTS:
        return None
    fresh = [Node("sym", name=f"~{index}") for index in range(len(old))]
    neutral = found
    for name, node in zip(old, fresh, strict=True):
        neutral = substituted(neutral, Node("sym", name=name), node)
    for order in permutations(new):
        candidate = neutral
        for name, node in zip(order, fresh, strict=True):
            candidate = substituted(candidate, node, Node("sym", name=name))
        if same(gold, candidate) == "equal":
            return _constants(gold, new, old, context)
    return None


def _constants(gold: Node, new: list[str], old: list[str], context: Context) -> Outcome:
    free = all(_CONSTANT.fullmatch(name) for name in new) and all(_ANY_CONSTANT.fullmatch(name) for name in old)
    if len(new) == 1:
        free = free and gold.op == "add" and Node("sym", name=new[0]) in gold.args
    elif set(new) == set(old):
        free = free and context.asked.neither(*new)
    free = free and len(symbols(gold)) > len(new)
    return context.decide("equal" if free else "unsure", "renaming", "renamed_constant" if free else "renamed")


def _absorbed(gold: Node, found: Node, context: Context) -> Outcome | None:
    r"""``f + C`` and ``g + K`` say the same when f - g is constant."""
    bodies = [_without_constant(node) for node in (gold, found)]
    if bodies[0] is None or bodies[1] is None or not differ_by_constant(bodies[0], bodies[1]):
        return None
    return context.decide("equal", "renaming", "constant_of_integration")


def _without_constant(node: Node) -> Node | None:
    if node.op != "add":
        return None
    constants = [item for item in node.args if item.op == "sym" and _CONSTANT.fullmatch(item.name)]
    if len(constants) != 1:
        return None
    rest = tuple(item for item in node.args if item is not constants[0])
    body = Node("add", rest)
    return body if symbols(body) and constants[0].name not in symbols(body) else None
