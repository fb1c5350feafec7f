"""Answers that are words: yes/no, names, option letters, "no solution"; and numbers wrapped in a sentence."""

import re

from verifiers.math.clean import text_key
from verifiers.math.outcome import Context, Outcome
from verifiers.math.sentences import same_figures, says
from verifiers.math.spoken import clock, date, spelled_number

_CHOICE = re.compile(
    r"(?:(?:option|choice)\s+)?(?:\(([A-Z])\)|([A-J])(?=[).:\s]|$))(?:[).:]*(?:\s+(.*))?)?", re.DOTALL | re.IGNORECASE
)
_BARE_SPACE = re.compile(r"[A-Z]\s", re.IGNORECASE)
_NOTHING = re.compile(
    r"(?:there (?:is|are) )?no (?:real |integer |such )?(?:solutions?|values?|roots?)(?: exists?)?"
    r"|\\emptyset|\\phi|\\varnothing|\\\{\s*\\\}|(?:the )?empty set|none|no such [a-z]+(?: exists?)?",
    re.IGNORECASE,
)
_UNDEFINED = re.compile(r"undefined|dne|does not exist", re.IGNORECASE)
_ENDLESS = re.compile(
    r"infinitely many(?: [a-z]+)?|infinite(?:ly)?|\\infty"
    r"|\+\s?\\infty|infinity|inf|an infinite number(?: of [a-z]+)?|unbounded",
    re.IGNORECASE,
)
_YES = {"yes": "yes", "true": "yes", "no": "no", "false": "no"}
_WORDS = re.compile(r"[a-z]+(?:[' -]+[a-z]+|[,;.]\s*[a-z]+)*", re.IGNORECASE)
_STOP = frozenset(("the", "a", "an", "is", "are", "of", "and", "or", "it", "to", "in", "be", "that"))

_NUMBER = r"-?\$?\d[\d,]*(?:\.\d+)?(?:/\d+)?%?"
_ENDS_IN_VALUE = re.compile(rf"(?:=|\bis|\bare|\bwas|\bequals)\s*({_NUMBER})(?:\s+[a-z]+){{0,8}}\s*$", re.IGNORECASE)
_SENTENCE = re.compile(r"[.!?;]\s|\n|, so ")
_FORMULA = re.compile(r"[\\^_=*+√{}]|(?<!')\b[b-hj-zB-HJ-Z]\b")
_ANY_NUMBER = re.compile(r"(?<![A-Za-z\d.])-?\$?\d[\d,]*(?:\.\d+)?")
_DOUBT = re.compile(
    r"\b(?:not|cannot|can't|isn't|nor|never|no|without|but|except|or|either|if|about|approximately|around|roughly"
    r"|almost|least|most|between|than|up to|over|under|greater|larger|smaller|less|fewer|exceeds?|exceeding|out of"
    r"|unable|fails?|undetermined|unknown|impossible|wrong|incorrect)\b|[≈?]|\\approx",
    re.IGNORECASE,
)


def unwrapped(text: str) -> str:
    r"""Words inside ``\text{…}`` as plain words."""
    return re.sub(r"\\(?:text|textbf|mathrm|mathbf|textit|mbox|textrm)\s*\{([^{}]*)\}", r" \1 ", text).strip(" .")


def canonical(text: str) -> str | None:
    """One name for answers that say "nothing", "undefined", yes or no; None for all others."""
    plain = " ".join(unwrapped(text).split())
    if len(plain) > 60:
        return None
    if _NOTHING.fullmatch(plain):
        return "no solution"
    if _ENDLESS.fullmatch(plain):
        return "infinite"
    return "undefined" if _UNDEFINED.fullmatch(plain) else _YES.get(plain.lower())


def choice(text: str) -> tuple[str, str] | None:
    """Option letter and the value beside it ('' when it stands alone)."""
    plain = unwrapped(text)
    match = _CHOICE.fullmatch(plain)
    if match is None or _BARE_SPACE.match(plain):
        return None
    return (match.group(1) or match.group(2)).upper(), (match.group(3) or "").strip()


def is_words(text: str) -> bool:
    """Only words: one of them longer than three letters, or all set as text."""
    plain = unwrapped(text)
    least = 2 if text.startswith("\\text{") else 4
    return bool(_WORDS.fullmatch(plain)) and any(len(word) >= least for word in re.split(r"[^A-Za-z]+", plain))


def compare_words(gold: str, found: str, context: Context) -> Outcome | None:
    """Outcome where either side is words; None where both may be mathematics."""
    spoken = _compare_spoken(unwrapped(gold), unwrapped(found), context)
    if spoken is not None:
        return spoken
    names = canonical(gold), canonical(found)
    if None not in names:
        return context.decide("equal" if names[0] == names[1] else "different", "words")
    if names[0] is not None and names[0] != "infinite" and not re.search(r"[A-Za-z]", found):
        return context.decide("different", "words", "other_kind")
    if not is_words(gold):
        return _sentence(gold, found, context)
    left, right = _content(gold), _content(found)
    if not left or not right:
        return None
    if left == right:
        return context.decide("equal", "words")
    if is_words(found) and max(len(left), len(right)) <= 3 and not set(left) & set(right):
        return context.decide("different", "words")
    if (sentence := _sentence(gold, found, context)) is not None:
        return sentence
    return context.decide("unsure", "words", "other_words")


def _compare_spoken(gold: str, found: str, context: Context) -> Outcome | None:
    """Dates and times of day, where both sides are one."""
    dates = date(gold), date(found)
    if dates[0] is not None and dates[1] is not None:
        if dates[0][1:] != dates[1][1:]:
            return context.decide("different", "date")
        known = None not in (dates[0][0], dates[1][0])
        if known and dates[0][0] != dates[1][0]:
            return context.decide("different", "date")
        return context.decide("equal" if known or dates[0][0] is None else "unsure", "date")
    times = clock(gold), clock(found)
    if times[0] is None or times[1] is None or not (times[0][1] or times[1][1]):
        return None  # without a half of the day 4:30 may be a ratio
    if times[0][0] == times[1][0]:
        return context.decide("equal" if times[0][1] and times[1][1] else "unsure", "time")
    open_half = not (times[0][1] and times[1][1]) and times[0][0] % 720 == times[1][0] % 720
    return context.decide("unsure" if open_half else "different", "time")


def _sentence(gold: str, found: str, context: Context) -> Outcome | None:
    """A gold that is a sentence, answered by what it says."""
    left, right = (unwrapped(text.replace("$", " ")) for text in (gold, found))
    if context.equality.prose and (says(left, right, context) or same_figures(left, right)):
        return context.decide("equal", "words", "says_the_same")
    return None


def in_digits(text: str) -> str:
    """``twelve`` as 12; any other text as it is."""
    if not text or len(text) > 80 or any(c.isdigit() for c in text):
        return text
    value = spelled_number(unwrapped(text))
    return text if value is None else str(value)


def _content(text: str) -> list[str]:
    return [word for word in re.findall(r"[a-z]+|\d+", unwrapped(text).lower()) if word not in _STOP]


def compare_choices(gold: str, found: str, context: Context) -> Outcome | None:
    """Option letters, with or without the option's text; None unless the gold is one."""
    left, right = choice(gold), choice(found)
    if left is None or not unwrapped(gold).lstrip("(")[:1].isupper():
        return None
    if right is None:
        if left[1] and text_key(left[1]) == text_key(found):
            return context.decide("equal", "choice", "option_text")
        return None
    if left[0] != right[0]:
        return context.decide("different", "choice", "other_option")
    if left[1] and right[1] and text_key(left[1]) != text_key(right[1]):
        return context.decide("unsure", "choice", "option_text_differs")
    return context.decide("equal", "choice", "option_letter")


def number_in_prose(text: str) -> str | None:
    """The one number that a sentence states: behind its last ``=`` or ``is``, or the only one in it.

    None for a sentence that negates, hedges or names several.
    """
    plain = unwrapped(text).replace("\\$", "").strip(" .\"'")
    last = _SENTENCE.split(plain)[-1]
    if _DOUBT.search(last):
        return None
    at_end = _ENDS_IN_VALUE.search(last[-200:])
    if at_end:
        return at_end.group(1)
    numbers = _ANY_NUMBER.findall(plain)
    words = re.findall(r"[A-Za-z]{2,}", plain)
    return numbers[0] if len(numbers) == 1 and len(words) >= 2 and not _FORMULA.search(plain) else None
