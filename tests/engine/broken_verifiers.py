"""Verifiers that each break one rule of the contract; workers import them from here."""

import itertools
import os
import threading
from pathlib import Path

from engine.records import Reason, Sample, Status, Verdict


class Honest:
    """Keeps the contract: the text must be the answer."""

    name = "honest"
    version = "1"
    resource = "cpu"

    def verify(self, problem, sample):
        text = sample.text.strip()
        if not text:
            return Verdict(Status.NO_ANSWER)
        return Verdict(Status.PASS if text == problem.answer else Status.FAIL, answer=text[:20])

    def gold(self, problem):
        return problem.answer, problem.answer + "0"


class NoName(Honest):
    name = ""


class NumberAsVersion(Honest):
    version = 1


class OtherResource(Honest):
    resource = "tpu"


class NoVerify:
    name = "silent"
    version = "1"
    resource = "cpu"


class Together(Honest):
    """Keeps the contract: passes what at least two samples of a group say."""

    def verify(self, problem, sample):
        return self.verify_group(problem, [sample])[0]

    def verify_group(self, problem, samples):
        texts = [sample.text.strip() for sample in samples]
        return [self.of(text, texts) for text in texts]

    def of(self, text, texts):
        if not text:
            return Verdict(Status.NO_ANSWER)
        return Verdict(Status.PASS if texts.count(text) > 1 else Status.FAIL, score=texts.count(text) / len(texts))

    gold = None


class FirstOfGroup(Together):
    """The order of the samples decides."""

    def verify_group(self, problem, samples):
        return [Verdict(Status.PASS if sample.text == samples[0].text else Status.FAIL) for sample in samples]


class ShortGroup(Together):
    def verify_group(self, problem, samples):
        return super().verify_group(problem, samples)[:1]


class OtherAlone(Together):
    def verify(self, problem, sample):
        return Verdict(Status.ABSTAIN)


class GroupCrashes(Together):
    def verify_group(self, problem, samples):
        raise RuntimeError("too many")


class GroupChokes(Together):
    """On what only a group of hostile texts holds."""

    def verify_group(self, problem, samples):
        if len(samples) > 5:
            raise MemoryError
        return super().verify_group(problem, samples)


class Boolean(Honest):
    def verify(self, problem, sample):
        return sample.text == problem.answer


class StatusAsText(Honest):
    def verify(self, problem, sample):
        return Verdict("PASS" if sample.text == problem.answer else "FAIL")


class InfiniteScore(Honest):
    def verify(self, problem, sample):
        status = super().verify(problem, sample).status
        return Verdict(status, score=float("nan"))


class ObjectAsEvidence(Honest):
    def verify(self, problem, sample):
        return Verdict(super().verify(problem, sample).status, evidence={"where": Path("somewhere")})


class TupleAsEvidence(Honest):
    def verify(self, problem, sample):
        return Verdict(super().verify(problem, sample).status, evidence={"span": (1, 2)})


class NumberAsAnswer(Honest):
    def verify(self, problem, sample):
        return Verdict(super().verify(problem, sample).status, answer=4)


class Raises(Honest):
    def verify(self, problem, sample):
        if sample.text == "5":
            raise RuntimeError("five is not my number")
        return super().verify(problem, sample)


class Counts(Honest):
    """Its reason depends on how often it was asked."""

    def __init__(self):
        self.calls = itertools.count()

    def verify(self, problem, sample):
        return Verdict(super().verify(problem, sample).status, reason=Reason("n", str(next(self.calls))))


class Random(Honest):
    def verify(self, problem, sample):
        return Verdict(super().verify(problem, sample).status, reason=Reason(os.urandom(8).hex()))


class Forgets(Honest):
    """Loses its setting when it is copied."""

    def __init__(self):
        self.strict = True

    def __getstate__(self):
        return {"strict": False}

    def verify(self, problem, sample):
        return super().verify(problem, sample) if self.strict else Verdict(Status.FAIL)


class Locked(Honest):
    def __init__(self):
        self.lock = threading.Lock()


class PassesNothing(Honest):
    def verify(self, problem, sample):
        return Verdict(Status.PASS) if not sample.text.strip() else super().verify(problem, sample)


class RefusesGold(Honest):
    def gold(self, problem):
        return f"the answer is {problem.answer}", "nothing"


class PassesThePlanted(Honest):
    def gold(self, problem):
        return problem.answer, problem.answer


class GoldCrashes(Honest):
    def gold(self, problem):
        return problem.answer[100], ""


class DisownsGold(Honest):
    def gold(self, problem):
        raise ValueError("cannot be read")


class RaisesOnNul(Honest):
    def verify(self, problem, sample):
        if "\x00" in sample.text:
            raise ValueError("embedded null byte")
        return super().verify(problem, sample)


class RaisesOnSurrogates(Honest):
    def verify(self, problem, sample):
        sample.text.encode()
        return super().verify(problem, sample)


class Recurses(Honest):
    """Goes one call deeper per open bracket."""

    def verify(self, problem, sample):
        self.depth(sample.text)
        return super().verify(problem, sample)

    def depth(self, text, start=0):
        return 1 + self.depth(text, start + 1) if text.startswith("(", start) else 0


class Hangs(Honest):
    def verify(self, problem, sample):
        while len(sample.text) > 1000:
            pass
        return super().verify(problem, sample)


class Dies(Honest):
    def verify(self, problem, sample):
        if len(sample.text) > 1000:
            os._exit(3)
        return super().verify(problem, sample)


class OtherInBatches(Honest):
    def verify_many(self, problems, samples):
        return [self.verify(p, s) for p, s in zip(problems, samples, strict=True)][::-1]


class BatchCrashes(Honest):
    def verify_many(self, problems, samples):
        raise RuntimeError("out of memory")


class GoodBatches(Honest):
    def verify_many(self, problems, samples):
        return [self.verify(p, Sample(s.problem_id, s.index, s.text)) for p, s in zip(problems, samples, strict=True)]
