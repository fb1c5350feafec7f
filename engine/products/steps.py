"""The steps of a sample, with what is known of each: from ``proofstill locate``, or from a verifier's marks."""

from dataclasses import dataclass

from engine.locate.response import judged_text
from engine.records import Row, StepMark, Verdict


@dataclass(frozen=True, slots=True)
class Steps:
    """Marks and the text that they refer to."""

    verdict: Verdict
    marks: tuple[StepMark, ...]
    text: str

    def piece(self, mark: StepMark) -> str:
        """The text of one step, without the blank space around it."""
        return self.text[mark.start : mark.end].strip()

    @property
    def refuted(self) -> int | None:
        """Place of the first refuted step."""
        return next((i for i, mark in enumerate(self.marks) if mark.verdict == "refuted"), None)


def steps_of(row: Row, verifier: str | None = None) -> Steps | None:
    """What is known of the steps, from locate's labels if there are any, else from the run's own verifiers.

    ``verifier`` names the only source wanted; ``locate`` is one. None where there are no marks that support or refute.
    """
    found = [row.labels] if row.labels is not None else []
    for verdict in [*found, *row.verdicts]:
        marks = verdict.steps or ()
        decided = any(mark.verdict != "unchecked" for mark in marks)
        if marks and decided and verifier in (None, verdict.verifier):
            return Steps(verdict, marks, judged_text(row.sample))
    return None


def clean(row: Row, want: str) -> str | None:
    """Why the steps of a row are not clean, or None where they are.

    ``want``: ``unrefuted`` (marks exist and none is refuted, of any source) or ``supported`` (every mark supports).
    """
    sources = [v for v in (row.labels, *row.verdicts) if v is not None and v.steps]
    marks = [mark.verdict for verdict in sources for mark in verdict.steps or ()]
    if "refuted" in marks:
        return "step_refuted"
    if "supported" not in marks:
        return "steps_unchecked"
    if want == "supported" and not any(
        all(mark.verdict == "supported" for mark in verdict.steps or ()) for verdict in sources
    ):
        return "steps_not_all_supported"
    return None
