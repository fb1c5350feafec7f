"""Verifiers that misbehave, for the pool's tests."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

from engine.records import Problem, Reason, Sample, Status, Verdict


@dataclass
class Obedient:
    """Does what the sample's text says."""

    name: ClassVar[str] = "obedient"
    version: ClassVar[str] = "1"
    resource: ClassVar[Literal["cpu"]] = "cpu"

    def verify(self, problem: Problem, sample: Sample) -> Verdict:
        match sample.text.split():
            case ["hang"]:
                while True:
                    time.sleep(1)
            case ["busy"]:
                return Verdict(Status.PASS, score=float(len(str(9 ** (9**8)))))
            case ["die"]:
                os.kill(os.getpid(), 9)
            case ["exit"]:
                raise SystemExit(3)
            case ["raise"]:
                raise RuntimeError("boom")
            case ["memory"]:
                return Verdict(Status.PASS, score=float(len(bytearray(8 << 30))))
            case ["nothing"]:
                return None
            case ["unpicklable"]:
                return Verdict(Status.PASS, evidence={"f": lambda: 1})
            case ["print"]:
                print("must not reach standard output", flush=True)
        return Verdict(Status.PASS if sample.text == problem.answer else Status.FAIL, reason=Reason("told"))


@dataclass
class Majority(Obedient):
    """Passes what most samples of a group say; does what a text that is an order says."""

    name: ClassVar[str] = "majority"
    calls: str = ""
    """A file that gets one line per call: the texts of the group."""

    def verify(self, problem: Problem, sample: Sample) -> Verdict:
        return self.verify_group(problem, [sample])[0]

    def verify_group(self, problem: Problem, samples: Sequence[Sample]) -> list[Verdict]:
        texts = [sample.text for sample in samples]
        if self.calls:
            with Path(self.calls).open("a") as file:
                file.write(" ".join(texts) + "\n")
        if "short" in texts:
            return [Verdict(Status.PASS)]
        if "mixed" in texts:
            return [Verdict(Status.PASS)] * (len(texts) - 1) + [None]
        for order in {"hang", "die", "raise", "unpicklable"} & set(texts):
            return [super().verify(problem, Sample("", 0, order))] * len(texts)
        most = max(sorted(set(texts)), key=texts.count)
        return [
            Verdict(Status.PASS if text == most else Status.FAIL, score=texts.count(text) / len(texts))
            if 2 * texts.count(most) > len(texts) > 1
            else Verdict(Status.ABSTAIN, reason=Reason("no_majority"))
            for text in texts
        ]


class Unloadable:
    """Pickles, but cannot be loaded in the worker."""

    name = "unloadable"
    version = "1"
    resource = "cpu"

    def verify(self, problem: Problem, sample: Sample) -> Verdict:
        raise NotImplementedError

    def __reduce__(self) -> tuple:
        return (_explode, ())


def _explode() -> None:
    raise RuntimeError("no such weights")


@dataclass
class OwnClock(Obedient):
    """Says itself how long a verdict may take: what the problem's prompt says."""

    def deadline(self, problem: Problem) -> float:
        return float(problem.prompt)


@dataclass
class CannotStart(Obedient):
    """Its start fails, as a sandbox's may."""

    def start(self) -> None:
        raise RuntimeError("no isolation here")
