"""From a score to a verdict."""

import math
import typing
from typing import Any, Literal

from engine.errors import ConfigError
from engine.records import Reason, Sample, Status, Verdict
from verifiers.reward_model.layout import MAX_CHARS, Read, read_of

OnLow = Literal["fail", "flag"]


def decided(score: float, threshold: float | None, on_low: OnLow, evidence: dict[str, Any]) -> Verdict:
    """PASS from ``threshold`` on, below it FAIL (or ABSTAIN under ``flag``); without one ABSTAIN with the score."""
    evidence = evidence | {"threshold": threshold}
    if threshold is None:
        return Verdict(Status.ABSTAIN, score, reason=Reason("scored", f"scored {score:g}"), evidence=evidence)
    if score >= threshold:
        told = f"scored {score:g}, at least {threshold:g}"
        return Verdict(Status.PASS, score, reason=Reason("likely", told), evidence=evidence)
    status = Status.FAIL if on_low == "fail" else Status.ABSTAIN
    reason = Reason("unlikely", f"scored {score:g}, below {threshold:g}")
    return Verdict(status, score, reason=reason, evidence=evidence)


def check_threshold(threshold: float | None, on_low: str) -> None:
    """Raise ``ConfigError`` for a threshold that is no number, or another word for ``on_low``."""
    if threshold is not None and not math.isfinite(threshold):
        raise ConfigError(f"threshold: {threshold} is no number")
    check_choice("on_low", on_low, OnLow)


def check_choice(key: str, value: str, kind: Any) -> None:
    """Raise ``ConfigError`` for a value that is not among the choices of a ``Literal``."""
    if value not in typing.get_args(kind):
        raise ConfigError(f"{key}: {value!r} is none of {', '.join(typing.get_args(kind))}")


def unread(sample: Sample, read: Read) -> Verdict | None:
    """The verdict on a sample that no model is asked about, or None."""
    if not sample.text.strip():
        return Verdict(Status.NO_ANSWER, reason=Reason("empty", "no text"))
    size = len(read_of(sample, read))
    if size > MAX_CHARS:
        told = f"{size} characters are more than the {MAX_CHARS} that are read"
        return Verdict(Status.ABSTAIN, reason=Reason("too_long", told))
    return None
