"""Verifiers for the tests of step search; in a module of their own, so that worker processes can import them."""

import time

from engine.records import Status, Verdict


class Wordy:
    """Scores a response by its stars, and calls nothing right or wrong."""

    name, version, resource = "wordy", "1", "cpu"

    def verify(self, problem, sample):
        return Verdict(Status.ABSTAIN, score=sample.text.count("*") / 10)


class Broken:
    """Crashes on some steps, hangs on others."""

    name, version, resource = "broken", "1", "cpu"

    def deadline(self, problem):
        return 0.3

    def verify(self, problem, sample):
        if "hang" in sample.text:
            time.sleep(60)
        raise RuntimeError("out of order")
