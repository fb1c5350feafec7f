"""Scores each step of a solution with a process reward model: P(the step is right), and one score for the solution.

``ProcessRewardVerifier`` is the component of a run. The judged text, and so the spans of the steps, are those of
``verifiers.steps``. A model's opinion proves nothing, so no step is called supported or refuted: each is unchecked and
has a ``score``. What it costs is a pass of the model over prompt and solution, whatever the number of steps.
"""

import math
import typing
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from engine.errors import ConfigError
from engine.protocols import Resource
from engine.records import Problem, Reason, Sample, Status, StepMark, Verdict
from verifiers.process_reward.layout import Asked, Layout
from verifiers.process_reward.model import DECIMALS, Scorer, load
from verifiers.process_reward.separator import Separator
from verifiers.steps import MAX_CHARS, judged_text, prompt_text
from verifiers.steps.records import UNCHECKED
from verifiers.steps.segment import Segmenter, Span, segment
from verifiers.transformer import Dtype, UnfitError, check_name

__all__ = ["ProcessRewardVerifier", "aggregate"]

Aggregation = Literal["min", "prod", "last", "mean"]
OnLow = Literal["fail", "flag"]


@dataclass
class ProcessRewardVerifier:
    """PASS when the aggregated probability of the steps reaches ``threshold``, else FAIL (or ABSTAIN).

    Four layouts cover the published shapes of process reward models; each names its source:

    - ``separator.Separator``: two labels per token, read at the separator behind each step (TRL's PRMTrainer);
    - ``marker.Marker``: two labels, read at a special token behind each step (Qwen2.5-Math-PRM);
    - ``tag.Tag``: a language model that says + or - at a step tag (Math-Shepherd);
    - ``chat.Chat``: a chat in which each step is a turn that is answered + or - (RLHFlow).

    A sample that is longer than the model reads is ABSTAIN (``too_long``), never cut; so is one whose text holds the
    model's own control tokens (``control_tokens``), since these could steer the score.
    """

    model: str
    """A directory or hub id."""
    layout: Layout = field(default_factory=Separator)
    aggregation: Aggregation = "min"
    threshold: float = 0.5
    on_low: OnLow = "fail"
    """Below the threshold: FAIL, or flag (ABSTAIN with the score)."""
    segmenter: Segmenter = "auto"
    """How reasoning is cut into steps, as for the step verifier."""
    max_length: int = 0
    """Most tokens of prompt and solution; 0: as many as the model has positions for."""
    batch_size: int = 8
    """Solutions scored together in float32 and float64; other types are scored one by one."""
    device: str = "auto"
    """auto (a GPU where there is one), cpu, cuda, cuda:1, …"""
    dtype: Dtype = "auto"
    """auto: float32 on a CPU, else the checkpoint's own."""
    threads: int = 0
    """Threads on a CPU; 0: as many as torch takes. One is best for small models and where others keep the CPU busy."""
    revision: str | None = None
    trust_remote_code: bool = False
    """Run code that comes with the checkpoint, outside any sandbox."""
    safetensors_only: bool = True
    """Refuse weights in pickle files."""
    deadline_s: float = 120.0
    """Seconds after which the pool gives up on a verdict; loading the model does not count."""

    name: ClassVar[str] = "process_reward"
    version: ClassVar[str] = "1"
    resource: ClassVar[Resource] = "gpu"
    operational: ClassVar[tuple[str, ...]] = ("batch_size", "deadline_s", "threads")

    _scorer: Scorer | None = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        choices = {"aggregation": Aggregation, "on_low": OnLow, "segmenter": Segmenter, "dtype": Dtype}
        for key, kind in choices.items():
            if getattr(self, key) not in typing.get_args(kind):
                raise ConfigError(f"{key}: {getattr(self, key)!r} is none of {', '.join(typing.get_args(kind))}")
        if not 0 < self.threshold <= 1:
            raise ConfigError(f"threshold: {self.threshold} is no probability above 0; give one up to 1")
        if self.batch_size < 1:
            raise ConfigError(f"batch_size: {self.batch_size} is less than 1")
        if self.max_length < 0:
            raise ConfigError(f"max_length: {self.max_length} is negative; 0 takes the model's own")
        if self.threads < 0:
            raise ConfigError(f"threads: {self.threads} is negative; 0 leaves it to torch")
        if self.deadline_s <= 0:
            raise ConfigError(f"deadline_s: {self.deadline_s} is no time")
        check_name(self.model)

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_scorer": None}

    def start(self) -> None:
        """Load the model. Raises ``VerifierError``."""
        self._loaded()

    def deadline(self, _problem: Problem) -> float:
        """Seconds for one verdict."""
        return self.deadline_s

    def gold(self, _problem: Problem) -> tuple[None, str]:
        """No gold: a model may doubt a right solution, and the problem is no worse for it. Nothing is not passed."""
        return None, ""

    def verify(self, problem: Problem, sample: Sample) -> Verdict:
        """Judge one sample."""
        return self.verify_many([problem], [sample])[0]

    def verify_many(self, problems: Sequence[Problem], samples: Sequence[Sample]) -> list[Verdict]:
        """Judge many samples: the same verdicts as one by one, in less time on a GPU."""
        found = [self._read(problem, sample) for problem, sample in zip(problems, samples, strict=True)]
        scores = iter(self._loaded().score([item[1] for item in found if not isinstance(item, Verdict)]))
        return [item if isinstance(item, Verdict) else self._decide(*item, next(scores)) for item in found]

    def _read(self, problem: Problem, sample: Sample) -> Verdict | tuple[list[Span], Asked]:
        """Spans and tokens, or the verdict on what the model is not asked about."""
        text = judged_text(sample)
        if not text.strip():
            return Verdict(Status.NO_ANSWER, reason=Reason("empty", "no text"))
        if len(text) > MAX_CHARS:
            reason = Reason("too_long", f"{len(text)} characters are more than the {MAX_CHARS} that are read")
            return Verdict(Status.ABSTAIN, reason=reason)
        spans = segment(text, self.segmenter)
        if not spans:
            return Verdict(Status.NO_ANSWER, reason=Reason("no_steps", "the text has no step"))
        try:
            asked = self._loaded().ask(prompt_text(problem), [text[start:end] for start, end in spans])
        except UnfitError as error:
            return Verdict(Status.ABSTAIN, reason=Reason(error.code, str(error)))
        return spans, asked

    def _decide(self, spans: list[Span], asked: Asked, scores: list[float]) -> Verdict:
        score = aggregate(scores, self.aggregation)
        weakest = scores.index(min(scores))
        told = f"{self.aggregation} of {len(scores)} steps is {score:g}"
        if score >= self.threshold:
            status, reason = Status.PASS, Reason("likely", f"{told}, at least {self.threshold:g}")
        else:
            status = Status.FAIL if self.on_low == "fail" else Status.ABSTAIN
            least = f"step {weakest + 1} has the least, {scores[weakest]:g}"
            reason = Reason("unlikely", f"{told}, below {self.threshold:g}; {least}")
        marks = tuple(StepMark(*span, UNCHECKED, score=one) for span, one in zip(spans, scores, strict=True))
        evidence = {
            "model": self.model,
            "layout": type(self.layout).__name__,
            "aggregation": self.aggregation,
            "threshold": self.threshold,
            "weakest": weakest,
            "tokens": len(asked.ids),
        }
        return Verdict(status, score=score, reason=reason, evidence=evidence, steps=marks)

    def _loaded(self) -> Scorer:
        if self._scorer is None:
            self._scorer = load(
                self.model,
                self.layout,
                device=self.device,
                dtype=self.dtype,
                threads=self.threads,
                revision=self.revision,
                trust_remote_code=self.trust_remote_code,
                safetensors_only=self.safetensors_only,
                max_length=self.max_length,
                batch_size=self.batch_size,
            )
        return self._scorer


def aggregate(scores: Sequence[float], how: Aggregation) -> float:
    """One score for a solution from the scores of its steps, at least one."""
    if how == "last":
        return scores[-1]
    if how == "min":
        return min(scores)
    return round(math.prod(scores) if how == "prod" else sum(scores) / len(scores), DECIMALS)
