"""Dates, times of day and numbers in words: read whole, or not at all."""

import re

_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
           "december")  # fmt: skip
_NAME = "|".join(f"{month[:3]}(?:{month[3:]})?" for month in _MONTHS)
_DAY_NAME = r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day,?\s+)?"
_MONTH_DAY = re.compile(
    rf"{_DAY_NAME}(?P<month>{_NAME})\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:,?\s+(?P<year>\d{{4}}))?"
)
_DAY_MONTH = re.compile(
    rf"{_DAY_NAME}(?:the\s+)?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:\s+of)?\s+(?P<month>{_NAME})\.?(?:,?\s+(?P<year>\d{{4}}))?"
)
_ISO = re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})")
_TIME = re.compile(r"(?P<hour>\d{1,2})(?::(?P<minute>[0-5]\d))?\s*(?:(?P<half>[ap])\.?\s?m\.?|o'?clock)?")
_NAMED_TIMES = {"noon": 720, "midday": 720, "midnight": 0, "12 noon": 720, "12 midnight": 0}

_ONES = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
seventeen eighteen nineteen"""
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_SMALL = {word: k for k, word in enumerate(_ONES.split())} | {word: 10 * k + 20 for k, word in enumerate(_TENS.split())}
_LARGE = {"thousand": 10**3, "million": 10**6, "billion": 10**9}


def date(text: str) -> tuple[int | None, int, int] | None:
    """(year or None, month, day) of a text that is a date and nothing else."""
    plain = text.strip(" .").lower()
    if len(plain) > 40 or not plain or not any(c.isdigit() for c in plain):
        return None
    match = _MONTH_DAY.fullmatch(plain) or _DAY_MONTH.fullmatch(plain) or _ISO.fullmatch(plain)
    if match is None:
        return None
    name = match["month"]
    month = int(name) if name.isdigit() else next(k for k, m in enumerate(_MONTHS, 1) if m.startswith(name[:3]))
    day, year = int(match["day"]), match["year"]
    return (int(year) if year else None, month, day) if 1 <= month <= 12 and 1 <= day <= 31 else None


def clock(text: str) -> tuple[int, bool] | None:
    """Minutes after midnight, and whether the half of the day is known; None for what is no time of day."""
    plain = text.strip(" .").lower()
    if plain.endswith(" clock") and plain[:-6].isdigit():
        return int(plain[:-6]) % 1440, True  # as ``clean`` writes 3:30 p.m.
    if plain in _NAMED_TIMES:
        return _NAMED_TIMES[plain], True
    match = _TIME.fullmatch(plain) if 3 < len(plain) <= 15 else None
    if match is None or (match["minute"] is None and match["half"] is None and "clock" not in plain):
        return None
    hour, minute, half = int(match["hour"]), int(match["minute"] or 0), match["half"]
    if hour > 24 or (half and not 1 <= hour <= 12):
        return None
    if half:
        hour = hour % 12 + 12 * (half == "p")
    return (hour % 24) * 60 + minute, bool(half) or hour > 12 or hour == 0


def spelled_number(text: str) -> int | None:
    """``twenty-one`` as 21; None for anything but the words of one whole number."""
    words = text.strip(" .").lower().replace("-", " ").split()
    if not words or len(words) > 12 or not all(w in _SMALL or w in _LARGE or w in ("hundred", "and") for w in words):
        return None
    if words[0] == "and" or words[-1] == "and":
        return None
    total = part = 0
    previous = 10**12
    for word in words:
        if word in _SMALL:
            if _SMALL[word] >= previous:
                return None
            part += _SMALL[word]
            previous = 0 if _SMALL[word] < 20 else 10
        elif word == "hundred":
            part, previous = (part or 1) * 100, 100
        elif word in _LARGE:
            total, part, previous = total + (part or 1) * _LARGE[word], 0, 10**12
    return total + part
