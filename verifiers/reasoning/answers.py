"""The final answer and the reasoning: is there any, which comes first, and is there one answer only."""

import re
from collections.abc import Iterator

from verifiers.math.clean import printable
from verifiers.math.extract import Found, boxes, extract
from verifiers.math.judge import judge, read_gold
from verifiers.math.options import Equality
from verifiers.math.outcome import Asked, Context
from verifiers.reasoning.options import Thresholds
from verifiers.reasoning.passage import ANSWER_RULES, Finding, Passage, plain

_SENTENCE = re.compile(r"[.!?][*)\]}$\"]{0,4}\s|\n\s{0,99}\n|\n(?=[^\n]{40})")
_DERIVES = re.compile(
    r"[=≈≃≡<>→⇒]|\\(?:approx|simeq|sim|equiv|implies|Rightarrow|le|ge|to)\b|\b(?:[Ss]ince|[Bb]ecause|[Bb]y|so|thus|[Aa]s)\b"
)
_REVISED = re.compile(
    r"[.!?\n]\s{0,9}(?:Wait|Actually|Correction|Hmm|Sorry|On second thought|Let me re|Let's re|But wait)"
)
_SUPPOSED = re.compile(
    r"\b(?:might|would|could|should|tempted|if|not|initial|original|given|provided|estimate)", re.IGNORECASE
)
_NUMBER = re.compile(r"[\s$*`\"'(\\]{0,6}-?\d[\d,]*(?:\.\d+)?[\s$*`\"')\\.]{0,6}(?:[A-Za-z%°]{1,20}[\s.$]{0,3}){0,3}")
_PARTS = re.compile(r"\([a-h]\)|\([ivx]{1,4}\)|\b(?:[Pp]art|[Cc]ase|[Qq]uestion|[Oo]ption|[Ff]irst|[Ss]econd|also)\b")
_PROSE = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{2,}")
_ALONE = re.compile(r"[\s$*>\\\[(:]*\Z")
_FIRST = 300
"""A first sentence is no longer."""
_TRIES = 8
_MAX_VALUE = 200
_SHORT = 60
"""Longer ones are no plain number, whatever they end in."""
_GENEROUS = Equality(percent="always", rounding="always", coarse="always", order="any")
"""Only what differs under every convention conflicts."""


def no_reasoning(passage: Passage, limits: Thresholds) -> Iterator[Finding]:
    """Words of thought and text, the final answer's own aside, unless that is prose itself (a solution in a box)."""
    answer, own = passage.final, 0
    if answer and len(_PROSE.findall(answer.text)) <= 2 * limits.reasoning_words:
        own = sum(answer.start <= start < answer.end for start, _ in passage.words)
    number = len(passage.words) - own
    if number < limits.reasoning_words:
        told = f"{number} words beside the final answer"
        yield Finding("no_reasoning", 0, len(passage.whole), number, limits.reasoning_words, told)


def answer_first(passage: Passage, limits: Thresholds) -> Iterator[Finding]:
    """The first sentence begins with the final answer, so that what follows explains and does not lead to it."""
    if passage.thought_text.strip() or passage.domain == "code" or passage.final is None:
        return
    text, offset = passage.answer_text, passage.answer[0]
    begin = len(text) - len(text.lstrip())
    sentence = _SENTENCE.search(text, begin + 1, begin + _FIRST)
    first = extract(text[: sentence.start() + 1 if sentence else begin + _FIRST], ANSWER_RULES)
    if first is None or _DERIVES.search(text, begin, first.start):
        return
    lead = sum(start < offset + first.start for start, _ in passage.words[: limits.lead_words + 1])
    if lead <= limits.lead_words and same(first.text, passage.final.text, passage.prompt):
        told = f"the first sentence begins with the final answer, {plain(first.text, 60)!r}"
        yield Finding("answer_first", offset + first.start, offset + first.end, lead, limits.lead_words, told)


def conflict(passage: Passage, limits: Thresholds) -> Iterator[Finding]:
    """Two statements of the final answer, near the end of the text, that differ under every convention."""
    if passage.domain == "code":
        return
    start = max(passage.answer[0], passage.answer[1] - limits.final_chars)
    text = passage.whole[start : passage.answer[1]]
    stated = statements(text)
    for other in stated[:-1]:
        last = stated[-1]
        if _comparable(text, other, last) and differ(other.text, last.text, passage.prompt):
            one, two = plain(other.text, 60), plain(last.text, 60)
            told = f"the text answers {one!r} and then {two!r}"
            yield Finding("conflict", start + other.start, start + last.end, one, two, told)
            return


def statements(text: str) -> list[Found]:
    r"""What ``text`` states as its answer, in order: ``"answer": …``, ``#### …``, "the answer is …", and boxes.

    A box counts when it stands alone on its line, and the others when the text turns back after them ("However, …"):
    models box intermediate results too.
    """
    found: list[Found] = []
    for rule in ("json", "hash", "phrase"):
        item = extract(text, (rule,))
        for _ in range(_TRIES):
            if item is None:
                break
            if rule != "phrase" or "nswer" in text[max(0, item.start - 90) : item.start]:
                found.append(item)
            item = extract(text[: item.start], (rule,))
    every = boxes(text)
    for box in every:
        line = text[text.rfind("\n", 0, box.start) + 1 : text.rfind("\\", 0, box.start)]
        if _ALONE.match(line) or box is every[-1] or _REVISED.search(text, box.end, every[-1].start):
            found.append(box)
    return sorted(found, key=lambda item: item.start)


def _comparable(text: str, one: Found, two: Found) -> bool:
    """Whether they are two answers to one question: two boxes or two numbers, in sentences of their own.

    "1 or 2" is one answer; parts (a) and (b) have two; "one might say that the answer is 18" is none.
    """
    before = text[max(0, one.start - 100) : one.start]
    if not _SENTENCE.search(text, one.end, two.start) or _PARTS.search(before + text[one.start : two.start]):
        return False
    boxed = one.rule == two.rule == "boxed"
    return boxed or (not _SUPPOSED.search(before) and _is_number(one.text) and _is_number(two.text))


def _is_number(value: str) -> bool:
    """A number, perhaps with a unit, perhaps at the end of an equation."""
    return len(value) <= _SHORT and _NUMBER.fullmatch(_result(value)) is not None


def _result(value: str) -> str:
    """The end of ``x = 1 + 2 = 3``."""
    return value.rpartition("=")[2].strip()


def thought_answer(passage: Passage) -> Iterator[Finding]:
    """The last answer of the thought against the last one of the text."""
    if passage.domain == "code" or not passage.thought or passage.final is None:
        return
    thought = extract(passage.thought_text, ANSWER_RULES)
    if thought and differ(thought.text, passage.final.text, passage.prompt):
        start = passage.thought[0]
        one, two = plain(thought.text, 60), plain(passage.final.text, 60)
        told = f"the thought ends with {one!r}, the text with {two!r}"
        yield Finding("thought_answer", start + thought.start, start + thought.end, one, two, told)


def same(one: str, other: str, prompt: str) -> bool:
    """Whether two answers are surely equal."""
    return one == other or _compared(one, other, prompt) == "equal"


def differ(one: str, other: str, prompt: str) -> bool:
    """Whether two answers are surely different, whichever of them is the gold; of ``x = 1 + 2 = 3``, the end counts."""
    one, other = _result(one), _result(other)
    if one == other or not one or not other:
        return False
    return _compared(one, other, prompt) == _compared(other, one, prompt) == "different"


def _compared(one: str, other: str, prompt: str) -> str:
    if max(len(one), len(other)) > _MAX_VALUE:
        return "unsure"
    return judge(read_gold(printable(one)), printable(other), Context(_GENEROUS, Asked(prompt))).result
