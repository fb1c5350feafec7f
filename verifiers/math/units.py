"""Units of measure: one name per unit, and the factor between those that measure the same thing."""

import re
from fractions import Fraction

Dimensions = tuple[tuple[str, int], ...]
"""Base dimensions and their powers, sorted by name."""

_ENGLISH: dict[str, tuple[tuple[str, str], ...]] = {
    # dimensions: (factor to the base unit, spellings; a plural s is added to each)
    "length": (
        ("1", "meter metre"),
        ("1/1000", "millimeter millimetre"),
        ("1/100", "centimeter centimetre"),
        ("1/10", "decimeter decimetre"),
        ("1000", "kilometer kilometre"),
        ("254/10000", "inch inche in"),
        ("3048/10000", "ft foot feet"),
        ("9144/10000", "yd yard"),
        ("1609344/1000", "mi mile"),
    ),
    "mass": (
        ("1", "gram gramme gm"),
        ("1/1000", "milligram"),
        ("1000", "kilogram kilo"),
        ("1000000", "tonne"),
        ("45359237/100000", "lb pound"),
        ("45359237/1600000", "oz ounce"),
    ),
    "time": (
        ("1", "sec second"),
        ("60", "min minute"),
        ("3600", "h hr hour"),
        ("86400", "day"),
        ("604800", "week"),
    ),
    "length 3": (
        ("1/1000000", "milliliter millilitre ml cc"),
        ("1/1000", "l liter litre"),
        ("473176473/125000000000", "gallon gal"),
    ),
    "length time -1": (("44704/100000", "mph"), ("1000/3600", "kph kmh kmph")),
    "length 2": (("10000", "hectare ha"), ("316160658/78125", "acre")),
    "mass length time -2": (("1000", "newton"),),
    "mass length 2 time -2": (("1000", "joule"), ("4184000", "kcal kilocalorie")),
    "mass length 2 time -3": (("1000", "watt"),),
    "mass length -1 time -2": (("1000", "pascal"),),
    "cycle time -1": (("1", "hertz rps"), ("1/60", "rpm")),
    "current": (("1", "ampere amp"),),
    "voltage": (("1", "volt"),),
    "resistance": (("1", "ohm"),),
    "amount": (("1", "mole mol"),),
    "kelvin": (("1", "kelvin"),),
    "celsius": (("1", "celsius"),),
    "fahrenheit": (("1", "fahrenheit"),),
    "dollar": (("1", "dollar usd buck"), ("1/100", "cent")),
    "euro": (("1", "euro eur"),),
    "sterling": (("1", "gbp"), ("1/100", "pence")),
    "yuan": (("1", "yuan rmb"),),
    "rupee": (("1", "rupee"),),
    "clock": (("1", "clock"),),
    "angle": (("1", "degree deg"),),
    "radian": (("1", "radian rad"),),
    "month": (("1", "month"), ("12", "yr year")),
}
_SYMBOLS: dict[str, tuple[str, int | Fraction]] = {
    # symbol: (dimensions, factor); each takes the prefixes below
    "m": ("length", 1), "g": ("mass", 1), "s": ("time", 1), "L": ("length 3", Fraction(1, 1000)),
    "N": ("mass length time -2", 1000), "J": ("mass length 2 time -2", 1000), "W": ("mass length 2 time -3", 1000),
    "Pa": ("mass length -1 time -2", 1000), "Hz": ("cycle time -1", 1), "A": ("current", 1), "V": ("voltage", 1),
    "K": ("kelvin", 1), "C": ("celsius", 1), "F": ("fahrenheit", 1), "mol": ("amount", 1),
}  # fmt: skip
_PREFIXES = {"": 0, "n": -9, "u": -6, "m": -3, "c": -2, "d": -1, "k": 3, "M": 6, "G": 9}
_PHYSICAL = frozenset(("length", "mass", "time", "current", "voltage", "amount", "kelvin", "celsius", "cycle"))
_POWERS = {"squared": 2, "cubed": 3}
_BEFORE = {"square": 2, "sq": 2, "cubic": 3, "cu": 3}


def _dimensions(text: str) -> dict[str, int]:
    """``mass length -1`` as a mapping."""
    found: dict[str, int] = {}
    name = ""
    for word in text.split():
        if word.lstrip("-").isdigit():
            found[name] = int(word)
        else:
            name = word
            found[name] = 1
    return found


def _spellings() -> dict[str, tuple[dict[str, int], Fraction]]:
    table = {}
    for symbol, (dimensions, size) in _SYMBOLS.items():
        for prefix, power in _PREFIXES.items():
            table[prefix + symbol] = _dimensions(dimensions), size * Fraction(10) ** power
    for dimensions, rows in _ENGLISH.items():
        for factor, names in rows:
            for name in names.split():
                table[name] = table[name + "s"] = _dimensions(dimensions), Fraction(factor)
    return table


UNITS = _spellings()
"""Spelling to dimensions and factor; symbols keep their case, words are lower-case."""
_SHORT = "mm cm dm km mg kg ml kw mw hz khz mhz ghz kpa ms ev lbs hrs mins secs yrs yds pct"
PLAIN_UNITS = frozenset(_SHORT.split()) | frozenset(
    word for rows in _ENGLISH.values() for _, spelt in rows for word in spelt.split() if len(word) > 1
)
"""What is a unit even when it is written without ``\\text``, in lower case."""


def measure(words: str) -> tuple[Dimensions, Fraction] | None:
    """Dimensions and factor of a unit phrase such as ``square feet`` or ``km per h``; None when it names another thing.

    ``square feet`` is (("length", 2),) and 0.3048**2.
    """
    total: dict[str, int] = {}
    factor = Fraction(1)
    sign, ahead, last = 1, 1, None
    for word in words.replace(".", " ").replace("/", " per ").split():
        if word.lower() in ("per", "an", "a") and (word.lower() == "per" or sign < 0):
            sign = -1
            continue
        if word.lower() in _BEFORE:
            ahead = _BEFORE[word.lower()]
            continue
        if word in _POWERS and last is not None:
            unit, power = last, _POWERS[word] - 1
        else:
            found = UNITS.get(word) or UNITS.get(word.lower())
            if found is None:
                return None
            unit, power = found, ahead
            ahead, last = 1, found
        for name, exponent in unit[0].items():
            total[name] = total.get(name, 0) + sign * power * exponent
        factor *= unit[1] ** (sign * power)
    if last is None:
        return None
    return tuple(sorted((name, power) for name, power in total.items() if power)), factor


def is_physical(words: str) -> bool:
    """Whether the phrase names something that is measured rather than counted or paid."""
    found = measure(words)
    return found is not None and bool(found[0]) and all(name in _PHYSICAL for name, _ in found[0])


_PIECE = re.compile(r"\s*(?:([A-Za-z\u03bc%]+|/|·|\\cdot|\*)\.?(?:\s?\^?\s?\{?\s?(-?[1-4])\s?\}?)?)")


def unit_words(body: str) -> str | None:
    """``m/s^2`` as ``m per s squared``; None where there is no sign to rewrite, or anything that is no unit."""
    if not any(sign in body for sign in "/^{") and not re.search(r"[a-z][23]$", body.strip()):
        return None
    words: list[str] = []
    position, text = 0, body.replace("\\", " \\").strip()
    while position < len(text):
        match = _PIECE.match(text, position)
        if match is None or match.end() == position:
            return None
        position = match.end()
        name, power = match.group(1), int(match.group(2) or 1)
        if name == "/":
            words.append("per")
        elif name not in ("·", "\\cdot", "*"):
            if name not in UNITS and name.lower() not in UNITS:
                return None
            if power < 0:
                words.append("per")
            words.append(name)
            words += {2: ["squared"], 3: ["cubed"]}.get(abs(power), [])
            if abs(power) > 3:
                return None
    return " ".join(words)
