"""Intermediate values: what the steps of a solution compute, and how many other solutions compute the same."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import fields, replace
from fractions import Fraction

from engine.records import Problem, Sample
from verifiers.steps import Rules, StepVerifier, judged_text

MAX_CHARS = 20_000
"""Characters of a sample whose steps are read."""
_RULES = ("numeric", "marks")
_STEPS = StepVerifier(rules=Rules(**{rule.name: rule.name in _RULES for rule in fields(Rules)}))


def derived(problem: Problem, sample: Sample) -> frozenset[str]:
    """The values of the sample's supported computations, rounded to six digits."""
    verdict = _STEPS.verify(problem, replace(sample, reasoning=None, text=judged_text(sample)[:MAX_CHARS]))
    found = set()
    for step in verdict.evidence.get("steps", ()):
        for claim in step["claims"]:
            if claim["rule"] in _RULES and claim["verdict"] == "supported":
                found.add(rounded(claim["evidence"]["left"]))
    return frozenset(found - {None})  # type: ignore[arg-type]


def rounded(shown: str) -> str | None:
    """``5/2 ≈ 2.5`` as ``2.5``; None for what is no real number of ordinary size."""
    try:
        return f"{float(Fraction(shown.partition(' ')[0])):.6g}"
    except (ValueError, OverflowError, ZeroDivisionError):
        return None


def agreements(values: Sequence[frozenset[str]]) -> list[float | None]:
    """For each sample the mean, over its values, of the share of the other samples that have the value too.

    Samples without values count nowhere: their reasoning could not be read, which says nothing of the others. None for
    them, and where there is no other.
    """
    counts = Counter(value for own in values for value in own)
    others = sum(1 for own in values if own) - 1
    return [
        sum(counts[value] - 1 for value in own) / (len(own) * others) if own and others > 0 else None for own in values
    ]
