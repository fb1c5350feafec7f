"""What the machinery around a model leaves in its text: tokens, think tags, turns of others; and refusals."""

import functools
import re
from collections.abc import Iterator

from verifiers.math.extract import extract
from verifiers.reasoning.options import Strings
from verifiers.reasoning.passage import ANSWER_RULES, Finding, Passage, plain

_OPENING = 400
"""Characters of an answer in which a refusal shows."""
_TRIES = 20


@functools.lru_cache(maxsize=16)
def _any_of(words: tuple[str, ...]) -> re.Pattern[str]:
    """Any of these, longest first."""
    return re.compile("|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)))


@functools.lru_cache(maxsize=16)
def _line_of(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"^[ \t*#]{{0,8}}(?:{_any_of(words).pattern})", re.MULTILINE)


@functools.lru_cache(maxsize=16)
def _sentence_of(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"(?:^|[.!?,;:]\s|\n)\s{{0,4}}(?:{_any_of(words).pattern})\b", re.IGNORECASE)


def truncated(passage: Passage) -> Iterator[Finding]:
    """The sampler says that the text was cut off, or the think block is still open."""
    end = len(passage.whole)
    if not passage.closed:
        start = passage.thought[0] if passage.thought else 0
        yield Finding("truncated", start, end, "open", None, "the think block never ends", "unclosed_thought")
    elif passage.cut:
        yield Finding("truncated", end, end, "length", None, "the text was cut off by the token limit")


def leaked_token(passage: Passage, strings: Strings) -> Iterator[Finding]:
    """The first token of a template or tool that stands in the text and not in the prompt."""
    wanted = tuple(token for token in strings.tokens if token not in passage.prompt)
    found = list(_any_of(wanted).finditer(passage.whole)) if wanted else []
    if found:
        first = found[0]
        after = len(passage.whole[first.end() :].strip())
        told = f"the text holds {first.group()}, {len(found)} such tokens in all; {after} characters follow the first"
        yield Finding("leaked_token", *first.span(), first.group(), None, told)


def think_tags(passage: Passage, strings: Strings) -> Iterator[Finding]:
    """A think tag in thought or answer, where none belongs; a thought without a word in think mode."""
    tags = tuple(tag for pair in strings.think for tag in pair)
    if not tags:
        return
    for span in (passage.thought, passage.answer):
        found = _any_of(tags).search(passage.whole, *span) if span else None
        if found:
            told = f"{found.group()} stands inside the {'thought' if span == passage.thought else 'answer'}"
            yield Finding("think_tags", *found.span(), found.group(), None, told, "stray_think_tag")
            return
    if passage.thought and passage.mode == "think" and not passage.thought_text.strip():
        yield Finding("think_tags", *passage.thought, 0, 1, "the thought is empty", "empty_thought")


def next_turn(passage: Passage, strings: Strings) -> Iterator[Finding]:
    """A line that begins somebody else's turn, after an answer was given."""
    if not strings.turns:
        return
    start, end = passage.answer
    for number, match in enumerate(_line_of(strings.turns).finditer(passage.whole, start, end)):
        if number == _TRIES:
            return
        if _answered(passage.whole[start : match.start()], passage.domain):
            told = f"after its answer the text goes on with {plain(match.group().strip())!r}"
            yield Finding("next_turn", match.start(), end, match.group().strip(), None, told)
            return


def _answered(text: str, domain: str) -> bool:
    if domain == "code":
        return text.count("\n```") + text.startswith("```") >= 2
    return extract(text, ANSWER_RULES) is not None


def refusal(passage: Passage, strings: Strings) -> Iterator[Finding]:
    """A sentence at the beginning of the answer declines."""
    if not strings.refusals:
        return
    start, end = passage.answer
    text = passage.whole[start : min(end, start + _OPENING)].replace("\u2019", "'").replace("\u2018", "'")
    match = _sentence_of(strings.refusals).search(text)
    if match:
        said = plain(text[match.start() : match.end() + 60].strip())
        told = f"the answer declines: {said!r}"
        yield Finding("refusal", start + match.start(), start + match.end(), said, None, told)
