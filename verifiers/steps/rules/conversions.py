"""One quantity in two units: ``3 hours = 180 minutes``, ``66 inches is 5 feet 6 inches``, ``60 minutes in an hour``.

Only units whose ratio is a whole number, so that nothing is rounded but what is printed.
"""

import re
from dataclasses import dataclass
from fractions import Fraction

from verifiers.math.tokens import names
from verifiers.math.units import measure
from verifiers.steps.hedges import sentence_hedged, step_hedged, step_tries
from verifiers.steps.records import REFUTED, SUPPORTED, UNCHECKED, Claim, Solution, Step
from verifiers.steps.rules.numeric import shown

RULE = "conversions"
_MORE = {
    # kitchen measures, coins and counts, which the units of answers do not have or have in another dimension
    "cup": ("kitchen", 16), "pint": ("kitchen", 32), "quart": ("kitchen", 64), "gallon": ("kitchen", 256),
    "tablespoon": ("spoon", 3), "teaspoon": ("spoon", 1), "penny": ("coin", 1), "pennie": ("coin", 1),
    "cent": ("coin", 1), "nickel": ("coin", 5), "dime": ("coin", 10), "dollar": ("coin", 100), "month": ("month", 1),
    "year": ("month", 12), "decade": ("month", 120), "century": ("month", 1200), "centurie": ("month", 1200),
}  # fmt: skip
_UNITS = names(
    "second seconds minute minutes min mins hour hours hr hrs day days week weeks month months year years decade"
    " decades century centuries inch inches foot feet ft yard yards mile miles meter meters metre metres kilometer"
    " kilometers kilometre kilometres centimeter centimeters centimetre centimetres millimeter millimeters gram"
    " grams kilogram kilograms milligram milligrams liter liters litre litres milliliter milliliters km cm mm kg"
    " ml pound pounds lb lbs ounce ounces oz cup cups pint pints quart quarts gallon gallons tablespoon"
    " tablespoons teaspoon teaspoons cent cents penny pennies nickel nickels dime dimes dollar dollars"
)
_UNIT = rf"(?:\\text\{{)? ?((?:(?:square|cubic) )?(?:{'|'.join(sorted(_UNITS))})\b)\}}?"
_NUMBER = r"\\?\$?(\d{1,3}(?:,\d{3}){1,4}|\d{1,9}/\d{1,9}|\d{1,15}(?:\.\d{1,15})?|an?|one)(?![\d,./]*\d)"
_EDGE = r"(?:\\?[()$] ?)?"
_QUANTITY = rf"{_NUMBER} ?{_UNIT}(?: (?:and )?{_NUMBER} ?{_UNIT})?"
_LEFT = re.compile(rf"(?<![\w.,/$%*+-]){_QUANTITY} ?{_EDGE}(?:,? (?:which|this|that))?$", re.IGNORECASE)
_RIGHT = re.compile(rf"{_EDGE}{_QUANTITY}(?![\w/^])", re.IGNORECASE)
_VERB = re.compile(
    r" (?<=[A-Za-z)}$,] )(?:=|is|are|equals)(?: equal to| equivalent to| the same as)? (?=(?:\\?[($] ?)?\\?\$?\d)"
)
"""Begins with a space, which is quick to find."""
_WINDOW = 70
_WITHIN = re.compile(
    rf"here (?:are|is) {_EDGE}{_NUMBER} ?{_UNIT}{_EDGE} in {_EDGE}{_NUMBER} ?{_UNIT}{_EDGE}(?= ?[,.;:)\n]|$)"
)
_DOZEN = re.compile(
    rf"(?<![\w.,/$%*+-]){_NUMBER} dozens?( [A-Za-z]+)? (?:=|is|are|equals|makes) {_EDGE}(\d{{1,15}})((?(2)(?:\2)?))"
    rf"{_EDGE}"
    r"(?= ?(?:[.;:)\n]|,(?! ?\d))|$)",
    re.IGNORECASE,
)
_PERCENT = re.compile(
    r"(?<![\w.,/$*+-])(\d{1,15}(?:\.\d{1,15})?) ?\\?% ?(?:=|(?:is|equals)(?: to)?|(?:as a|in) decimal(?: form)?,? is)"
    r" ?(0?\.\d{1,15})"
    r"(?=\.?(?:[,;:)\n]| (?![-+*/×x%])|$))"
)
_BEFORE = re.compile(
    r"(?:^|[.;:,(\[\n>] ?|\b(?:so|that|since|because|means|know|as|is|then|into|minutes|units|thus|hence)[:,]? )"
    r"(?:\\?[($\[] ?)?$",
    re.IGNORECASE,
)
_BEHIND = re.compile(r"\}?(?:\\?[)$])? ?(?:$|[.;:!)\n]|,(?! ?\d)|\\|(?:so|which|because|since|in total|in all)\b)")
_WORKING = frozenset(("day", "week", "month", "year"))


@dataclass(frozen=True, slots=True)
class _Amount:
    """``value`` in a base unit of ``kind``; ``unit`` is the size of the unit it is told in."""

    kind: object
    value: Fraction
    unit: Fraction
    name: str
    """Its unit, or both of them."""
    shown_in: str
    places: int | None
    """Decimals of its only number; None where there are two, or a fraction."""


def find(step: Step, solution: Solution) -> list[Claim]:
    """Every conversion of the step."""
    text = solution.text
    found = [_pair(verb, step, text) for verb in _VERB.finditer(text, step.start, step.end)]
    if "here are" in step.text or "here is" in step.text:
        found += [_within(match) for match in _WITHIN.finditer(text, step.start, step.end)]
    if "dozen" in step.text:
        found += [_dozen(match) for match in _DOZEN.finditer(text, step.start, step.end) if _starts(match, text)]
    if "%" in step.text:
        found += [_percent(match, text) for match in _PERCENT.finditer(text, step.start, step.end)]
    claims = [claim for claim in found if claim is not None]
    for claim in claims:
        if claim.verdict == REFUTED and (
            step_hedged(step.text) or step_tries(step.text) or sentence_hedged(text, claim.start, claim.end)
        ):
            claim.verdict, claim.evidence["excuse"] = UNCHECKED, "hedged"
    return claims


def _pair(verb: re.Match[str], step: Step, text: str) -> Claim | None:
    """``3 hours = 180 minutes``"""
    word = text[text.rfind(" ", 0, verb.start()) + 1 : verb.start()].rstrip("}$)\\,").rpartition("{")[2]
    if word not in _UNITS and word != "which":
        return None
    left = _LEFT.search(text, max(step.start, verb.start() - _WINDOW), verb.start())
    right = _RIGHT.match(text, verb.end(), step.end) if left else None
    if left is None or right is None or not _starts(left, text) or not _BEHIND.match(text, right.end()):
        return None
    return _judged((left.start(), right.end()), _amount(*left.groups()), _amount(*right.groups()))


def _starts(match: re.Match[str], text: str) -> bool:
    """Whether nothing before the match belongs to it: not ``half an hour``."""
    return _BEFORE.search(text, max(0, match.start() - 30), match.start()) is not None


def _dozen(match: re.Match[str]) -> Claim:
    """``5 dozen eggs is 60 eggs``"""
    left, right = 12 * _value(match.group(1)), int(match.group(3))
    return Claim(match.start(), match.end(), RULE, SUPPORTED if left == right else REFUTED, {"left": shown(left)})


def _percent(match: re.Match[str], text: str) -> Claim | None:
    """``25% = 0.25``; a false one may mean that share of something, unless decimals are spoken of."""
    left, right = Fraction(match.group(1)) / 100, Fraction(match.group(2))
    if left != right and "decimal" not in text[max(0, match.start() - 60) : match.end()]:
        return None
    verdict = SUPPORTED if left == right else REFUTED
    if verdict == REFUTED and abs(left - right) < Fraction(1, 10 ** (len(match.group(2).partition(".")[2]))):
        return None  # rounded
    return Claim(*match.span(), RULE, verdict, {"left": f"{float(left):.10g}", "right": f"{float(right):.10g}"})


def _within(match: re.Match[str]) -> Claim | None:
    """``there are 60 minutes in an hour``"""
    number, unit, whole, larger = match.groups()
    return _judged(match.span(), _amount(whole, larger), _amount(number, unit))


def _judged(span: tuple[int, int], left: _Amount | None, right: _Amount | None) -> Claim | None:
    if left is None or right is None or left.kind != right.kind or left.name == right.name:
        return None
    if (max(left.unit, right.unit) / min(left.unit, right.unit)).denominator != 1:
        return None
    evidence = {"left": _told(left, right), "right": _told(right, right)}
    verdict = REFUTED
    if left.value == right.value:
        verdict = SUPPORTED
    elif left.name in _WORKING and right.value < left.value:
        verdict, evidence["excuse"] = UNCHECKED, "perhaps of a working day or week"
    elif _is_rounded(right, left.value) or (left.places and _is_rounded(left, right.value)):
        verdict, evidence["excuse"] = UNCHECKED, "rounded"
    return Claim(*span, RULE, verdict, evidence)


def _told(amount: _Amount, other: _Amount) -> str:
    value = amount.value / other.unit
    return f"{shown(value.numerator if value.denominator == 1 else value)} {other.shown_in}"


def _is_rounded(amount: _Amount, exact: Fraction) -> bool:
    """Whether the amount may be the rounded form of ``exact``."""
    if amount.places is None:
        return abs(amount.value - exact) < amount.unit / 100
    ulp = amount.unit / 10**amount.places
    return bool((exact / ulp).denominator != 1 and abs(amount.value - exact) < ulp)


def _amount(number: str, unit: str, more: str | None = None, smaller: str | None = None) -> _Amount | None:
    size = _size(unit)
    if size is None:
        return None
    value, places = _value(number) * size[1], None if "/" in number else len(number.partition(".")[2])
    name = shown_in = unit.lower().rstrip("s")
    if more is not None and smaller is not None:
        second = _size(smaller)
        if second is None or second[0] != size[0] or second[1] >= size[1]:
            return None
        value, places, size = value + _value(more) * second[1], None, second
        shown_in = smaller.lower().rstrip("s")
        name += shown_in
    return _Amount(size[0], value, size[1], name, shown_in, places)


def _value(number: str) -> Fraction:
    top, _, bottom = number.replace(",", "").partition("/")
    if top.lower() in ("a", "an", "one"):
        return Fraction(1)
    return Fraction(top) / (Fraction(bottom or 1) or 1)


def _size(unit: str) -> tuple[object, Fraction] | None:
    """Dimension and size of a unit."""
    name = unit.lower()
    known = _MORE.get(name) or _MORE.get(name.rstrip("s"))
    if known is not None:
        return known[0], Fraction(known[1])
    return measure(name)
