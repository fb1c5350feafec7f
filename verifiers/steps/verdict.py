"""From the claims of the steps to marks, retractions and one verdict on the sample."""

from dataclasses import dataclass
from typing import Any, Literal

from engine.records import Reason, Status, StepMark, Verdict
from verifiers.steps.hedges import RETRACTION
from verifiers.steps.records import REFUTED, SUPPORTED, UNCHECKED, Claim
from verifiers.steps.segment import Span

OnRefuted = Literal["fail", "flag"]
OnRetracted = Literal["keep", "fail"]
_MAX_CLAIMS = 2_000


@dataclass(frozen=True, slots=True)
class Judged:
    """One step, judged."""

    span: Span
    verdict: str
    claims: list[Claim]
    retracted: bool = False
    """It was refuted, then taken back and replaced: a revision, not an error of the solution."""


def judge_steps(text: str, spans: list[Span], claims: list[list[Claim]]) -> list[Judged]:
    """A verdict per step.

    Refuted when a claim is; else supported when one claim is and no other was left open; else unchecked. A refuted
    step that is taken back ("wait", "that is wrong") and replaced by a supported claim is retracted and unchecked; one
    whose false claim comes again afterwards stays refuted.
    """
    return [_step(text, spans, claims, index) for index in range(len(spans))]


def _step(text: str, spans: list[Span], claims: list[list[Claim]], index: int) -> Judged:
    span, own = spans[index], claims[index]
    refuted = [claim for claim in own if claim.verdict == REFUTED]
    if refuted:
        if _retracted(text, spans, claims, index, refuted[-1]):
            return Judged(span, UNCHECKED, own, retracted=True)
        return Judged(span, REFUTED, own)
    supported = any(claim.verdict == SUPPORTED for claim in own)
    pending = any(claim.verdict == UNCHECKED for claim in own)
    return Judged(span, SUPPORTED if supported and not pending else UNCHECKED, own)


def _retracted(text: str, spans: list[Span], claims: list[list[Claim]], index: int, last: Claim) -> bool:
    """Whether the next step takes the claim back and puts something true in its place."""
    if index + 1 >= len(spans):
        return False
    start, end = spans[index + 1]
    if not RETRACTION.search(text, start, min(end, start + 120)):
        return False
    following = [claim for later in claims[index + 1 :] for claim in later]
    again = any(claim.verdict == REFUTED and claim.key == last.key for claim in following)
    return not again and any(claim.verdict == SUPPORTED for claim in following[:10])


def decide(
    text: str,
    steps: list[Judged],
    *,
    flags: list[dict[str, Any]],
    min_coverage: float,
    on_refuted: OnRefuted,
    on_retracted: OnRetracted,
) -> Verdict:
    """The verdict on a sample.

    FAIL with a live refuted step, PASS with none and at least ``min_coverage`` of the steps supported, else ABSTAIN.
    """
    coverage = sum(step.verdict == SUPPORTED for step in steps) / len(steps)
    wrong = [
        i for i, step in enumerate(steps) if step.verdict == REFUTED or (step.retracted and on_retracted == "fail")
    ]
    evidence = _evidence(text, steps, coverage, wrong[0] if wrong else None) | {"flags": flags}
    marks = tuple(StepMark(*step.span, step.verdict, _reason(text, step)) for step in steps)
    status, reason = Status.PASS, Reason("clean", f"no step is refuted, {coverage:.0%} are supported")
    if wrong:
        told = f"step {wrong[0] + 1}: {_reason(text, steps[wrong[0]])}"
        status = Status.FAIL if on_refuted == "fail" else Status.ABSTAIN
        reason = Reason("refuted" if steps[wrong[0]].verdict == REFUTED else "retracted", told)
    elif not coverage:
        status, reason = Status.ABSTAIN, Reason("nothing_checked", "no step holds a claim that can be checked")
    elif coverage < min_coverage:
        told = f"no step is refuted, but only {coverage:.0%} are supported; {min_coverage:.0%} are asked for"
        status, reason = Status.ABSTAIN, Reason("low_coverage", told)
    return Verdict(status, score=coverage, reason=reason, evidence=evidence, steps=marks)


def _reason(text: str, step: Judged) -> str:
    """The first refuted claim of a step, in words; else what supports it."""
    for claim in step.claims:
        if claim.verdict == REFUTED:
            said = "; ".join(f"{key}: {value}" for key, value in claim.evidence.items())
            return (
                f"{'retracted: ' if step.retracted else ''}{text[claim.start : claim.end][:200]} ({claim.rule}; {said})"
            )
    count = sum(claim.verdict == SUPPORTED for claim in step.claims)
    return f"{count} of {len(step.claims)} claims supported" if step.claims else ""


def _evidence(text: str, steps: list[Judged], coverage: float, first: int | None) -> dict[str, Any]:
    left, out = _MAX_CLAIMS, []
    for step in steps:
        shown = step.claims[:left]
        left -= len(shown)
        out.append(
            {
                "start": step.span[0],
                "end": step.span[1],
                "verdict": step.verdict,
                "retracted": step.retracted,
                "claims": [_claim(text, claim) for claim in shown],
            }
        )
    counts: dict[str, dict[str, int]] = {}
    for claim in (claim for step in steps for claim in step.claims):
        row = counts.setdefault(claim.rule, {SUPPORTED: 0, REFUTED: 0, UNCHECKED: 0})
        row[claim.verdict] += 1
    return {
        "steps": out,
        "coverage": round(coverage, 4),
        "first_refuted": first,
        "rules": dict(sorted(counts.items())),
    }


def _claim(text: str, claim: Claim) -> dict[str, Any]:
    return {
        "start": claim.start,
        "end": claim.end,
        "text": text[claim.start : claim.end][:300].encode("utf-8", "replace").decode(),
        "rule": claim.rule,
        "verdict": claim.verdict,
        "evidence": {key: str(value).encode("utf-8", "replace").decode() for key, value in claim.evidence.items()},
    }
