"""Outcome reward models: one score for a whole response, from a local model or a server.

``RewardModelVerifier`` runs a transformers sequence classifier; ``server.PoolingVerifier`` and ``server.HttpScorer``
ask a server. Without a ``threshold`` a sample is ABSTAIN with its score: the score ranks (``score_by``, ``reward_by``),
and nothing is accepted or rejected for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from engine.errors import ConfigError
from engine.records import Problem, Sample, Verdict
from verifiers.reward_model.local import LocalModel
from verifiers.reward_model.model import Classifier
from verifiers.reward_model.outcome import OnLow, check_threshold, decided

__all__ = ["RewardModelVerifier"]


@dataclass(kw_only=True)
class RewardModelVerifier(LocalModel):
    """The logit of a model with one output, else the probability of output ``label``.

    A sample that is longer than the model reads is ABSTAIN (``too_long``), never cut; so is one whose text holds the
    model's own control tokens (``control_tokens``), since these could steer the score.
    """

    label: int = 1
    """Which output is the score, of a model with several."""
    threshold: float | None = None
    """PASS from this score on; None: always ABSTAIN, with the score."""
    on_low: OnLow = "fail"
    """Below the threshold: FAIL, or flag (ABSTAIN with the score)."""

    name: ClassVar[str] = "reward_model"
    version: ClassVar[str] = "1"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_threshold(self.threshold, self.on_low)
        if self.label < 0:
            raise ConfigError(f"label: {self.label} is negative")

    def gold(self, _problem: Problem) -> tuple[None, str]:
        """No gold: a model may doubt a right solution, and the problem is no worse for it."""
        return None, ""

    def verify(self, problem: Problem, sample: Sample) -> Verdict:
        """Judge one sample."""
        return self.verify_many([problem], [sample])[0]

    def verify_many(self, problems: Sequence[Problem], samples: Sequence[Sample]) -> list[Verdict]:
        """Judge many samples: the same verdicts as one by one, in less time on a GPU."""
        found = [self.asked(problem, sample) for problem, sample in zip(problems, samples, strict=True)]
        scores = iter(self.loaded().scores([item for item in found if not isinstance(item, Verdict)]))
        return [item if isinstance(item, Verdict) else self._decided(next(scores)) for item in found]

    def fit(self, classifier: Classifier) -> None:
        """Raise ``ValueError`` where the model has no such output."""
        outputs = len(classifier.labels)
        if outputs > 1 and self.label >= outputs:
            raise ValueError(f"it has {outputs} outputs, so no label {self.label}")

    def _decided(self, values: list[float]) -> Verdict:
        score = values[0] if len(values) == 1 else values[self.label]
        return decided(score, self.threshold, self.on_low, {"model": self.model, "layout": self.layout})
