"""Units of measure: one name per unit, and the factor between those that measure the same thing."""

from fractions import Fraction

_TABLE: dict[str, tuple[tuple[str, str], ...]] = {
    # dimension: (factor to the base unit, spellings)
    "length": (
        ("1/1000", "mm millimeter millimetre"),
        ("1/100", "cm centimeter centimetre"),
        ("1", "m meter metre"),
        ("1000", "km kilometer kilometre"),
        ("254/10000", "inch inches"),
        ("3048/10000", "ft foot feet"),
        ("9144/10000", "yd yard"),
        ("1609344/1000", "mi mile"),
    ),
    "mass": (
        ("1/1000", "mg milligram"),
        ("1", "g gram"),
        ("1000", "kg kilogram"),
        ("45359237/100000", "lb lbs pound"),
        ("45359237/1600000", "oz ounce"),
    ),
    "time": (
        ("1", "s sec second"),
        ("60", "min minute"),
        ("3600", "h hr hour"),
        ("86400", "day"),
        ("604800", "week"),
    ),
    "volume": (("1", "ml milliliter millilitre"), ("1000", "l liter litre")),
    "dollar": (("1", "dollar usd"), ("1/100", "cent")),
    "euro": (("1", "euro eur"),),
    "sterling": (("1", "gbp"),),
    "clock": (("1", "clock"),),
    "angle": (("1", "degree deg"),),
    "month": (("1", "month"), ("12", "yr year")),
    "speed": (("1", "mph"),),
    "speed2": (("1", "kph kmh"),),
}

UNITS: dict[str, tuple[str, Fraction]] = {}
"""Spelling (singular and plural) to dimension and factor."""
for _dimension, _rows in _TABLE.items():
    for _factor, _names in _rows:
        for _name in _names.split():
            UNITS[_name] = UNITS[_name + "s"] = (_dimension, Fraction(_factor))


def measure(words: str) -> tuple[str, Fraction] | None:
    """Dimension and factor of a unit phrase such as ``square feet``; None when it names no known unit.

    Squares and cubes raise both: ``square feet`` is ("length^2", 0.3048**2).
    """
    words = words.strip()
    parts = words.lower().replace(".", " ").split()
    power = 1
    if parts and parts[0] in ("square", "sq", "cubic", "cu"):
        power = 2 if parts[0][0] == "s" else 3
        parts = parts[1:]
    if parts and parts[-1] in ("squared", "cubed"):
        power = 2 if parts[-1][0] == "s" else 3
        parts = parts[:-1]
    if len(parts) != 1 or parts[0] not in UNITS:
        return None
    dimension, factor = UNITS[parts[0]]
    return (dimension if power == 1 else f"{dimension}^{power}"), factor**power
