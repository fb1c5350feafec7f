"""``The divisors of 12 are 1, 2, 3, 4, 6, 12``: each listed number divides, and a list from 1 to 12 is whole."""

import re

from verifiers.steps.hedges import sentence_hedged, step_hedged, step_tries
from verifiers.steps.records import REFUTED, SUPPORTED, UNCHECKED, Claim, Solution, Step

RULE = "divisors"
_OPEN, _CLOSE = r"(?:\\?[(\[$] ?)?", r"(?: ?\\?[)$\]]){0,2}"
_ITEM = rf"{_OPEN}\d{{1,7}}{_CLOSE}"
_LIST = re.compile(
    rf"(?<![A-Za-z-])([A-Za-z-]{{1,20}} )?((?:divis|fact)ors of {_OPEN}(\d{{1,7}}){_CLOSE}(?: are|:):? ?"
    rf"({_ITEM}(?:(?:,(?:\\\)|\$)? and|,| and) ?{_ITEM}){{1,80}}))(?=\s?(?:\\[\])])?(?:[.\n]|$))"
)
"""No two of its parts can match the same white space or bracket, so that it is read once."""
_DENIED = re.compile(r"\b(?:not?|non|except|other\s+than|neither)\b|n['’]t\b", re.IGNORECASE)
_WHOLE = frozenset(("", "the", "positive", "all", "integer"))


def find(step: Step, solution: Solution) -> list[Claim]:
    """Every list of divisors of the step."""
    if "ors of " not in step.text:
        return []
    found = []
    for match in _LIST.finditer(solution.text, step.start, step.end):
        kind = (match.group(1) or "").strip().lower()
        numbers = [int(number) for number in re.findall(r"\d+", match.group(4))]
        if kind == "prime" or _DENIED.search(solution.text, max(step.start, match.start() - 60), match.start(2)):
            continue
        verdict, evidence = _judged(int(match.group(3)), numbers, whole=kind in _WHOLE)
        if verdict == REFUTED and (
            step_hedged(step.text) or step_tries(step.text) or sentence_hedged(solution.text, *match.span(2))
        ):
            verdict, evidence["excuse"] = UNCHECKED, "hedged"
        found.append(Claim(*match.span(2), RULE, verdict, evidence))
    return found


def _judged(number: int, listed: list[int], *, whole: bool) -> tuple[str, dict[str, str]]:
    """A list is claimed to be whole when it goes up from 1 to the number."""
    wrong = [item for item in listed if not item or number % item]
    if wrong:
        return REFUTED, {"no divisors": ", ".join(map(str, wrong[:10]))}
    if not whole or listed != sorted(set(listed)) or listed[0] != 1 or listed[-1] != number:
        return UNCHECKED, {}
    small = [item for item in range(1, int(number**0.5) + 1) if number % item == 0]
    missing = sorted({*small, *(number // item for item in small)} - set(listed))
    return (REFUTED, {"missing": ", ".join(map(str, missing[:10]))}) if missing else (SUPPORTED, {})
