"""What was found in a solution, as a verdict on its sample: enough for step-wise rows of any kind."""

from dataclasses import replace

from engine.locate.methods import Conclusion
from engine.locate.rollouts import Suspect
from engine.records import Reason, Status, StepMark, Verdict

NAME = "locate"
VERSION = "1"
SURE = 0.95
STATUS = {"located": Status.FAIL, "clean": Status.PASS, "unlocatable": Status.ABSTAIN, "budget": Status.ABSTAIN}


def label(suspect: Suspect, found: Conclusion, method: str, config_hash: str) -> Verdict:
    """FAIL: the first wrong step is known; PASS: there is none; ABSTAIN: the rollouts do not tell.

    The score of a step is the probability that everything up to and including it is right. A step is ``supported``
    when that is at least ``SURE``, ``refuted`` when it is the first wrong one; what comes after that is ``unchecked``:
    it builds on an error, and rollouts do not say whether it is one itself.
    """
    sample, solution, belief = suspect.candidate.sample, suspect.solution, found.belief
    steps = tuple(
        StepMark(mark.start, mark.end, _mark(step, score, found.first), score=round(score, 4))
        for step, (mark, score) in enumerate(zip(suspect.marks, found.clean, strict=True))
    )
    evidence = {
        "method": method,
        "stop": found.found,
        "first_wrong": found.first,
        "posterior": [round(value, 4) for value in belief.first],
        "p": [round(value, 4) for value in belief.right],
        "e": round(belief.lucky[0], 4),
        "rollouts": [{"n": n, "right": right} for n, right in zip(solution.rolled, solution.right, strict=True)],
        "asked": sum(solution.asked),
        "tokens": suspect.tokens,
        "marks": [mark.verdict for mark in suspect.marks],
        "accepted": suspect.candidate.accepted,
    }
    return Verdict(
        STATUS[found.found],
        score=round(max(belief.first), 4),
        reason=_reason(suspect, found),
        evidence=evidence,
        steps=steps,
        problem_id=sample.problem_id,
        index=sample.index,
        verifier=NAME,
        version=VERSION,
        config_hash=config_hash,
    )


def _mark(step: int, score: float, first: int | None) -> str:
    if first is not None and step >= first:
        return "refuted" if step == first else "unchecked"
    return "supported" if score >= SURE else "unchecked"


def _reason(suspect: Suspect, found: Conclusion) -> Reason:
    spent = f"{sum(suspect.solution.asked)} rollouts"
    told = {
        "located": f"step {(found.first or 0) + 1} of {len(suspect.marks)} is the first wrong one, after {spent}",
        "clean": f"no step is wrong, after {spent}",
        "unlocatable": f"rollouts from a right beginning seldom come out right, so they do not tell; {spent}",
        "budget": f"not sure after {spent}",
    }
    errors = f"; {suspect.errors} of them have no verdict" if suspect.errors else ""
    return Reason(found.found, told[found.found] + errors)


def same(old: Verdict | None, new: Verdict) -> bool:
    """Whether the ledger has this label already."""
    return old is not None and replace(old, attempt=new.attempt, seconds=new.seconds) == new
