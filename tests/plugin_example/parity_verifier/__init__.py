"""A verifier in a package of its own: is the last whole number as odd or even as the gold answer?"""

import re
from dataclasses import dataclass

from engine.records import Problem, Reason, Sample, Status, Verdict

WHOLE = re.compile(r"[0-9]+")


@dataclass
class Parity:
    """Cannot prove an answer right, but stands beside ``math`` as an example of a second opinion."""

    last: bool = True
    """Which number of the text counts: the last one, or the first."""

    name = "parity"
    version = "1"
    resource = "cpu"

    def verify(self, problem: Problem, sample: Sample) -> Verdict:
        """ABSTAIN unless the gold answer is a whole number."""
        gold = problem.answer or ""
        if not WHOLE.fullmatch(gold):
            return Verdict(Status.ABSTAIN, reason=Reason("not_whole", "the gold answer is no whole number"))
        numbers = WHOLE.findall(sample.text)
        if not numbers:
            return Verdict(Status.NO_ANSWER, expected=gold, reason=Reason("no_number", "the text has no number"))
        answer = numbers[-1 if self.last else 0]
        same = odd(answer) == odd(gold)
        reason = Reason("same_parity" if same else "other_parity")
        return Verdict(Status.PASS if same else Status.FAIL, answer=answer[-40:], expected=gold, reason=reason)

    def gold(self, problem: Problem) -> tuple[str, str]:
        """The gold answer, and one of the other parity. Raises ``ValueError`` for a gold that is no whole number."""
        gold = problem.answer or ""
        if not WHOLE.fullmatch(gold):
            raise ValueError(f"problem {problem.id}: the gold answer {gold!r} is no whole number")
        return gold, "2" if odd(gold) else "1"


def odd(number: str) -> bool:
    """By the last digit, however long the number is."""
    return number[-1] in "13579"
