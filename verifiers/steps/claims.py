"""Finds chains of relations (``a = b = c``) in the tokens of a step and cuts each side out of the prose around it."""

from dataclasses import dataclass

from verifiers.steps.edges import STOP, after, before
from verifiers.steps.expression import MAX_TOKENS
from verifiers.steps.lexer import Token
from verifiers.steps.sides import Side, is_of, make_side

MAX_CHAIN = 40
_MAX_WORDS = 5
_MAX_ASIDE = 25
"""Tokens of a remark in brackets."""
_BINARY = frozenset("+-*/")


@dataclass(slots=True)
class Chain:
    """``relations[i]`` stands between ``sides[i]`` and ``sides[i + 1]``."""

    sides: list[Side]
    relations: list[str]
    joined: bool = False
    """Its first relation continues the line before."""
    first_token: int = 0
    last_token: int = 0

    @property
    def start(self) -> int:
        return self.sides[0].start

    @property
    def end(self) -> int:
        return self.sides[-1].end


def chains(tokens: list[Token], most: int = 200) -> list[Chain]:
    """Every chain of a step, in order; at most ``most``."""
    found: list[Chain] = []
    at, count = 0, len(tokens)
    while at < count and len(found) < most:
        if tokens[at].kind != "r":
            at += 1
            continue
        chain, at = _chain(tokens, at, found[-1] if found else None)
        if chain is not None:
            found.append(chain)
    return found


def _chain(tokens: list[Token], at: int, previous: Chain | None) -> tuple[Chain | None, int]:
    """The chain whose first relation is at ``at``, and where to look on."""
    floor = previous.last_token + 1 if previous else 0
    first = leftwards(tokens, at, floor)
    joined = False
    if first == at and previous is not None and not previous.sides[-1].after and _only_breaks(tokens, floor, at):
        left = previous.sides[-1]
        joined = True
    elif first == at:
        left = Side(tokens[at].start, tokens[at].start, [], before=before(tokens, at))
    else:
        left = make_side(tokens, first, at)
        left.before = before(tokens, first)
        if left.before and left.words and left.tokens and left.tokens[0].text == "(":
            left.node = None  # 600 mph (2nd fastest) * 1.25
    sides = [left]
    relations: list[str] = []
    while at < len(tokens) and tokens[at].kind == "r" and len(relations) < MAX_CHAIN:
        relation = tokens[at].text
        start = at + 1
        while start < len(tokens) and tokens[start].kind in "pd" and tokens[start].text in ("\n", "(", "[", "$$"):
            start += 1
        end = rightwards(tokens, start)
        side = make_side(tokens, start, end)
        relations.append(relation)
        sides.append(side)
        if end < len(tokens) and tokens[end].kind == "r" and end > start:
            at = end
            continue
        side.after = after(tokens, end)
        at = max(end, at + 1)
        break
    chain = Chain(sides, relations, joined, first, at - 1)
    return chain, at


def _only_breaks(tokens: list[Token], floor: int, at: int) -> bool:
    between = tokens[floor:at]
    return len(between) <= 6 and all(t.text in ("\n", "[", "]", "$$") or t.kind == "d" for t in between)


def leftwards(tokens: list[Token], at: int, floor: int) -> int:
    """Index of the first token of the expression that ends before ``at``."""
    i, depth = at, 0
    while i > floor and at - i <= MAX_TOKENS:
        token = tokens[i - 1]
        if token.kind in "nvfx":
            i -= 1
        elif token.kind == "o":
            if token.text in ")]}":
                depth += 1
            elif token.text in "([{":
                if not depth:
                    return i if tokens[i].kind != "d" else i + 1
                depth -= 1
            i -= 1
        elif token.kind == "d":
            if not _crosses(tokens, i - 1, at):
                break
            i -= 1
        elif token.kind == "w":
            k = _words_left(tokens, i, floor, at)
            if k == i:
                break
            i = k
        else:
            break
    while i < at and tokens[i].kind == "d":
        i += 1
    return i


def _crosses(tokens: list[Token], i: int, at: int) -> bool:
    """Whether an expression goes on across the edge of mathematics at ``i``: beside an operator or the relation."""
    left = tokens[i - 1] if i else None
    right = tokens[i + 1] if i + 1 < len(tokens) else None
    if i + 1 >= at or right is None or left is None:
        return True
    return left.kind == "r" or right.kind == "r" or left.text in _BINARY or right.text in _BINARY


def _words_left(tokens: list[Token], i: int, floor: int, at: int) -> int:
    """Index of the first of the words that end before ``i`` when they are the unit of a number, else ``i``."""
    following = tokens[i] if i < at else None
    if following is not None and following.text not in _BINARY and following.text != ")" and not is_of(tokens, i - 1):
        return i
    k = i
    while k > floor and tokens[k - 1].kind in "wd" and i - k < _MAX_WORDS:
        if tokens[k - 1].kind == "w" and tokens[k - 1].text in STOP and not is_of(tokens, k - 1):
            return i
        k -= 1
    if k == floor or following is None:
        # a quantity right before the relation: "2 hours = 120 minutes"
        return k if k > floor and tokens[k - 1].kind == "n" else i
    left = tokens[k - 1]
    if left.kind == "n" or left.text in (")", "%", "}", "/", "°"):
        return k
    return k if left.text == "(" and following.text == ")" else i


def rightwards(tokens: list[Token], start: int) -> int:
    """Index behind the last token of the expression that starts at ``start``."""
    i, depth, count = start, 0, len(tokens)
    while i < count and i - start <= MAX_TOKENS:
        token = tokens[i]
        if token.kind in "nvfx":
            i += 1
        elif token.kind == "o":
            if token.text in "([{":
                depth += 1
            elif token.text in ")]}":
                if not depth:
                    break
                depth -= 1
            i += 1
        elif token.kind == "d":
            if not _goes_on(tokens, i, start):
                break
            i += 1
        elif token.kind == "w":
            k = _words_right(tokens, i, start)
            if k == i:
                break
            i = k
        else:
            break
    return _without_end(tokens, start, i, depth)


def _without_end(tokens: list[Token], start: int, i: int, depth: int) -> int:
    """``i`` without the edge, the dash or the opening bracket of a remark before it."""
    if depth == 1 and i - start > 1 and i < len(tokens) and tokens[i - 1].text == "(" and _is_aside(tokens, i):
        i -= 1
    while i > start and (tokens[i - 1].kind == "d" or _hyphen(tokens, i, start)):
        i -= 1
    return i


def _is_aside(tokens: list[Token], i: int) -> bool:
    """Whether the bracket that opens before ``i`` holds a remark that ends the expression: ``= 15 (in all, as …)``."""
    if tokens[i].kind != "w" or tokens[i - 2].end == tokens[i - 1].start:
        return False
    close = next((k for k in range(i, min(len(tokens), i + _MAX_ASIDE)) if tokens[k].text in (")", "(", "\n")), i)
    following = tokens[close + 1] if close + 1 < len(tokens) else None
    return tokens[close].text == ")" and (following is None or following.kind in "pw")


def _hyphen(tokens: list[Token], i: int, start: int) -> bool:
    """A dash behind a value and before prose or the end is punctuation: ``= 15 - so``, ``15-year``."""
    return tokens[i - 1].text == "-" and i - start > 1 and (i >= len(tokens) or tokens[i].kind in "wp")


def _goes_on(tokens: list[Token], i: int, start: int) -> bool:
    if i == start:
        return True
    if i + 1 >= len(tokens):
        return False
    left, right = tokens[i - 1], tokens[i + 1]
    return right.kind == "r" or left.text in _BINARY or right.text in _BINARY


def _words_right(tokens: list[Token], i: int, start: int) -> int:
    """Index behind the words at ``i`` when they are a unit and the expression goes on behind them, else ``i``."""
    if is_of(tokens, i):
        return i + 1
    if i > start and tokens[i - 1].text in _BINARY and tokens[i - 1].text != "/":
        return i
    if i > start and tokens[i - 1].kind not in "nd" and tokens[i - 1].text not in (")", "}", "%", "/", "(", "°"):
        return i
    k = i
    while k < len(tokens) and tokens[k].kind in "wd" and k - i < _MAX_WORDS:
        if tokens[k].kind == "w" and tokens[k].text in STOP:
            return i
        k += 1
    if k >= len(tokens):
        return i
    following = tokens[k]
    if following.kind == "r" or following.text in ("*", "/", "+"):
        return k
    if following.text == "-":  # a subtraction, not a dash
        return k if k + 1 < len(tokens) and tokens[k + 1].kind in "nd" else i
    return k if following.text == ")" else i
