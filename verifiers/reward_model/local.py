"""What verifiers share that run a transformers sequence classifier themselves."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, ClassVar

from engine.errors import ConfigError
from engine.protocols import Resource
from engine.records import Problem, Reason, Sample, Status, Verdict
from verifiers.reward_model.layout import Layout, Read, read_of
from verifiers.reward_model.model import Classifier, Encoding, load
from verifiers.reward_model.outcome import check_choice, unread
from verifiers.transformer import Dtype, UnfitError, check_name


@dataclass(kw_only=True)
class LocalModel(ABC):
    """Base: loads the model once per process. A sample that it cannot be asked about is ABSTAIN, never cut."""

    model: str
    """A directory or hub id."""
    layout: Layout = "chat"
    """``chat`` (the model's own template), ``pair`` (a cross-encoder), ``text`` (prompt and response, one line break
    between) or ``response`` (alone)."""
    read: Read = "text"
    """The answer text alone, or reasoning and text."""
    max_length: int = 0
    """Most tokens of prompt and response; 0: as many as the model has positions for."""
    batch_size: int = 16
    """Samples scored together in float32 and float64; other types are scored one by one."""
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

    name: ClassVar[str]
    resource: ClassVar[Resource] = "gpu"
    operational: ClassVar[tuple[str, ...]] = ("batch_size", "deadline_s", "threads")

    _classifier: Classifier | None = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for key, kind in (("layout", Layout), ("read", Read), ("dtype", Dtype)):
            check_choice(key, getattr(self, key), kind)
        if self.batch_size < 1:
            raise ConfigError(f"batch_size: {self.batch_size} is less than 1")
        for key in ("max_length", "threads"):
            if getattr(self, key) < 0:
                raise ConfigError(f"{key}: {getattr(self, key)} is negative")
        if self.deadline_s <= 0:
            raise ConfigError(f"deadline_s: {self.deadline_s} is no time")
        check_name(self.model)

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_classifier": None}

    def start(self) -> None:
        """Load the model. Raises ``VerifierError``."""
        self.loaded()

    def deadline(self, _problem: Problem) -> float:
        """Seconds for one verdict."""
        return self.deadline_s

    @abstractmethod
    def fit(self, classifier: Classifier) -> None:
        """Raise ``ValueError`` where the model lacks what the verifier reads."""

    def asked(self, problem: Problem, sample: Sample) -> Encoding | Verdict:
        """Tokens, or the verdict on what the model is not asked about."""
        if (verdict := unread(sample, self.read)) is not None:
            return verdict
        try:
            return self.loaded().ask(problem, read_of(sample, self.read))
        except UnfitError as error:
            return Verdict(Status.ABSTAIN, reason=Reason(error.code, str(error)))

    def loaded(self) -> Classifier:
        """The model."""
        if self._classifier is None:
            self._classifier = load(
                f"verifier.{self.name}",
                self.model,
                self.layout,
                self.fit,
                max_length=self.max_length,
                batch_size=self.batch_size,
                device=self.device,
                dtype=self.dtype,
                threads=self.threads,
                revision=self.revision,
                trust_remote_code=self.trust_remote_code,
                safetensors_only=self.safetensors_only,
            )
        return self._classifier
