"""Accept rules: how the verdicts of one sample become a decision.

Three-valued: an ABSTAIN or ERROR never decides. This file holds the rule ``all``; a rule is any class with a
``decide`` method (``engine.protocols.AcceptRule``), so others are files of their own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.records import Decision, Status, Verdict

REJECTING = (Status.FAIL, Status.NO_ANSWER, Status.TIMEOUT)


@dataclass(frozen=True)
class AcceptAll:
    """Accepted when no verifier rejects and one that vouches for the answer passes.

    The first rejection decides, so verifiers after it are not run. An ERROR keeps the sample from being accepted
    but never makes it a rejected one; an ABSTAIN counts as if that verifier were not there.
    """

    supporting: tuple[str, ...] = ()
    """Verifiers that judge how an answer was reached, not whether it is right. They reject like any other, but their
    PASS accepts nothing where another kind of verifier was asked as well."""

    def decide(self, names: Sequence[str], verdicts: Mapping[str, Verdict]) -> Decision | None:
        """See ``engine.protocols.AcceptRule``."""
        for name in names:
            if name in verdicts and verdicts[name].status in REJECTING:
                return Decision(False, "all", (name,), f"{name}:{verdicts[name].status.value}")
        if any(name not in verdicts for name in names):
            return None
        errors = tuple(name for name in names if verdicts[name].status == Status.ERROR)
        if errors:
            return Decision(False, "all", errors, f"{errors[0]}:ERROR", error=True)
        passed = tuple(name for name in names if verdicts[name].status == Status.PASS)
        if set(passed) & set(self.vouching(names)):
            return Decision(True, "all", passed)
        return Decision(
            False, "all", passed, "nobody vouches for the answer" if passed else "no verifier could judge it"
        )

    def vouching(self, names: Sequence[str]) -> Sequence[str]:
        """Those whose PASS can accept a sample: all but the supporting ones, or all where there are no others."""
        return [name for name in names if name not in self.supporting] or names
