"""Equations in words: ``half of 48 is 24``, ``the sum of 3 and 4 is 7``, ``5 less than 20 is 15``, ``5 plus 3 is 8``.

Found by their verb before a number. What stands before it must be whole: the words in front of it are of a short list.
"""

import re
from bisect import bisect_left

from verifiers.math.tokens import names
from verifiers.steps.arithmetic import UndefinedError
from verifiers.steps.claims import Chain, leftwards, rightwards
from verifiers.steps.edges import after, before
from verifiers.steps.excuses import excuse
from verifiers.steps.lexer import Token, tokenize
from verifiers.steps.readings import constant, judge
from verifiers.steps.records import REFUTED, UNCHECKED, Claim, Link, Solution, Step
from verifiers.steps.rules.numeric import shown
from verifiers.steps.sides import Side, make_side
from verifiers.steps.tree import is_value

RULE = "spoken"
_PARTS = {
    "half": 2, "third": 3, "fourth": 4, "quarter": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9,
    "tenth": 10,
}  # fmt: skip
_COUNTS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "seven": 7, "nine": 9}
_TIMES = {"twice": 2, "double": 2, "thrice": 3, "triple": 3, "quadruple": 4}
_SIGNS = {"sum": "+", "difference": "-", "product": "*", "more": "+", "greater": "+", "less": "-", "fewer": "-"}
_OPENING = names(
    "so then is are was were gives give get gets we if since where because thus hence therefore have that which as only"
    " now here equals to find calculate calculating means taking take at by paid for would be and"
)
_VERB = re.compile(
    r" (?<=[\w)}%$,] )(?:is|are|equals|gives(?: us)?|makes|would be)(?: equal to)? (?=(?:\\?[($] ?)?\\?\$?\d)"
)
"""Begins with a space, which is quick to find."""
_WHICH = re.compile(r",?(?: (?:which|this|that|it))?$")
_NUMBER = r"(?:\\\(|\\?\$)?(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(?![\d/^%]|\\%|[.,:]\d)(?:\\\)|\$)?"
_WORDS = r"((?: [A-Za-z]+){0,2})"
_LEFT = re.compile(
    r"(?<![\w.,/$%-])(?:"
    rf"(?:(?:(an?|one|two|three|four|five|seven|nine|\d)[ -])?({'|'.join(_PARTS)})s?|(\d+(?:\.\d+)?) ?(?:\\?%|percent)"
    rf"|(\d+/\d+)) of|({'|'.join(_TIMES)})|(?:the )?(sum|difference|product) (?:of|between) {_NUMBER}{_WORDS} and"
    rf"|{_NUMBER}{_WORDS} (more|greater|less|fewer) than"
    rf") {_NUMBER}{_WORDS}$",
    re.IGNORECASE,
)
_WORDED = re.compile(
    r"(?:\b(?:of|than|double|thrice|triple|quadruple|and)|[Tt]wice|alf)"
    r" \\?[($]?[\d$][\d.,]*(?:\\\)|\$)?(?: [A-Za-z]+){0,2}$"
)
_SIGN = re.compile(r"[-+*/×÷] ?\\?[$(]*\d|(?:plus|minus|times|by|x) \\?\$?\d")
_COMPUTATION = re.compile(
    r"\d[^.!?=\n]{0,30}(?: [-+*/×÷x]|/|plus|minus|times|by) ?\\?[$(]*\d[\d,.]*[%)]?(?: [A-Za-z]+){0,3}\\?[$)]?$"
)
_WINDOW = 90
_CLOCK = re.compile(r"\b(?:[ap]\.?m|noon|midnight|times|percent|years?\s+ago|old)\b", re.IGNORECASE)


def find(step: Step, solution: Solution) -> list[Claim]:
    """Every equation in words of the step."""
    found: list[Claim] = []
    for match in _VERB.finditer(solution.text, step.start, step.end):
        if (link := _link(solution.text, step, match)) is not None:
            claim = _judged(link, step, solution)
            found += [claim] if claim is not None else []
    return found


def _link(text: str, step: Step, verb: re.Match[str]) -> Link | None:
    """What the verb says; None where that cannot be read."""
    which = _WHICH.search(text, max(step.start, verb.start() - 7), verb.start())
    if which and which.group().endswith("which") and verb.group().startswith(" are"):
        return None  # a list: 32 squares less than 1089, which are 1, …
    last = which.start() if which else verb.start()
    first = max(step.start, last - _WINDOW)
    words = _LEFT.search(text, first, last) if _WORDED.search(text, max(step.start, last - 40), last) else None
    signs = words is None and _SIGN.search(text, max(step.start, last - 30), last)
    if words is None and not (signs and _COMPUTATION.search(text, first, last)):
        return None
    tokens = step.tokens = step.tokens or tokenize(text, step.start, step.end)
    at = bisect_left(tokens, verb.end(), key=_start)
    while at < len(tokens) and tokens[at].kind == "d":
        at += 1
    end = rightwards(tokens, at)
    if end == at:
        return None
    right = make_side(tokens, at, end)
    right.after = after(tokens, end)
    units = [token.text for token in tokens[end : end + 2] if token.kind == "w"]
    if (units or [token.text for token in tokens[end : end + 1]] == [","]) and any(
        token.kind == "n" or token.text == "-" for token in tokens[end : end + 3]
    ):
        return None  # 3 hours and 20 minutes; which equals 6, 2 and -2
    right.words += units
    left = (words and _in_words(words, tokens)) or _computed(tokens, bisect_left(tokens, last, key=_start))
    if left is None or not (constant(left) and constant(right)):
        return None
    return Link(Chain([left, right], ["="]), 0, left, right, "=")


def _judged(link: Link, step: Step, solution: Solution) -> Claim | None:
    try:
        verdict, a, b = judge("=", link.left, link.right, solution.known)
    except UndefinedError:
        return None
    evidence = {"left": shown(a), "right": shown(b)}
    if verdict == REFUTED and (why := excuse(solution, step, link, RULE)):
        verdict, evidence["excuse"] = UNCHECKED, why
    return Claim(link.left.start, link.right.end, RULE, verdict, evidence, "".join(t.text for t in link.left.tokens))


def _in_words(match: re.Match[str], tokens: list[Token]) -> Side | None:
    """The side in words."""
    if _CLOCK.search(match.group()):
        return None
    count, part, percent, fraction, times, pair, first, unit, other, unit2, than, value, words = match.groups()
    value = value.replace(",", "")
    if part and not count and part.lower() != "half":
        return None  # the third of 5 numbers
    if part:
        told = f"{_COUNTS.get((count or 'a').lower(), count)}/{_PARTS[part.lower()]}*{value}"
    elif percent:
        told = f"{percent}/100*{value}"
    elif fraction:
        told = f"{fraction}*{value}"
    elif times:
        told = f"{_TIMES[times.lower()]}*{value}"
    else:
        one, two = (first, value) if pair else (value, other)
        sign = _SIGNS[(pair or than).lower()]
        one, two = one.replace(",", ""), two.replace(",", "")
        if sign == "-" and pair and float(one) < float(two):
            one, two = two, one
        told = f"{one}{sign}{two}"
    if not _is_opening(tokens, match.start()):
        return None
    made = tokenize(told, bullets=False)
    side = make_side(made, 0, len(made))
    side.start, side.end = match.span()
    side.words = f"{unit or ''} {unit2 or ''} {words}".split()
    return side


def _start(token: Token) -> int:
    return token.start


def _is_opening(tokens: list[Token], start: int) -> bool:
    """Whether what begins at character ``start`` is whole: not ``5 more than half of 48``."""
    at = bisect_left(tokens, start, key=_start)
    left = tokens[at - 1] if at else None
    if left is None or left.kind == "p":
        return True
    if left.text == "and":
        return at < 2 or tokens[at - 2].kind == "p"
    return left.kind == "w" and left.text in _OPENING


def _computed(tokens: list[Token], verb: int) -> Side | None:
    """The computation that ends before token ``verb``."""
    first = leftwards(tokens, verb, 0)
    if first >= verb - 1:
        return None
    side = make_side(tokens, first, verb)
    side.before = before(tokens, first)
    if side.node is None or is_value(side.node) or not _is_opening(tokens, tokens[first].start):
        return None
    return side
