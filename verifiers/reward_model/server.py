"""Scores from a server: vLLM's pooling endpoints, and any HTTP scorer that takes and gives JSON."""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from engine.errors import ConfigError
from engine.protocols import Resource
from engine.records import Problem, Reason, Sample, Status, Verdict
from verifiers.endpoint import CONTROL, AnswerError, Server
from verifiers.reward_model.layout import Layout, Read, read_of, texts, turns
from verifiers.reward_model.model import DECIMALS
from verifiers.reward_model.outcome import OnLow, check_choice, check_threshold, decided, unread

Route = Literal["classify", "score", "pooling"]


@dataclass(kw_only=True)
class ServedModel(ABC):
    """Base: one request per sample. Whatever goes wrong with it is ERROR, never FAIL.

    A response with control tokens of known chat templates is ABSTAIN (``control_tokens``): it could steer the score.
    """

    threshold: float | None = None
    """PASS from this score on; None: always ABSTAIN, with the score."""
    on_low: OnLow = "fail"
    """Below the threshold: FAIL, or flag (ABSTAIN with the score)."""
    read: Read = "text"
    """The answer text alone, or reasoning and text."""
    server: Server = field(default_factory=lambda: Server("http://127.0.0.1:8000"))

    name: ClassVar[str] = "reward_model"
    version: ClassVar[str] = "1"
    resource: ClassVar[Resource] = "http"
    operational: ClassVar[tuple[str, ...]] = ("server",)
    preload: ClassVar[tuple[str, ...]] = ("openai",)

    def __post_init__(self) -> None:
        check_threshold(self.threshold, self.on_low)
        check_choice("read", self.read, Read)

    def start(self) -> None:
        """Raise ``VerifierError`` where no server listens."""
        self.server.probe(f"verifier.{self.name}")

    def deadline(self, _problem: Problem) -> float:
        """Seconds after which every attempt has failed by itself."""
        return self.server.patience_s

    def gold(self, _problem: Problem) -> tuple[None, str]:
        """No gold: a model may doubt a right solution, and the problem is no worse for it."""
        return None, ""

    def verify(self, problem: Problem, sample: Sample) -> Verdict:
        """Judge one sample."""
        if (verdict := unread(sample, self.read)) is not None:
            return verdict
        response = read_of(sample, self.read)
        if found := CONTROL.search(response):
            told = f"the text holds a chat template's control token at character {found.start()}"
            return Verdict(Status.ABSTAIN, reason=Reason("control_tokens", told))
        try:
            score, evidence = self.scored(problem, response)
        except AnswerError as error:
            return error.verdict()
        return decided(round(score, DECIMALS), self.threshold, self.on_low, evidence)

    @abstractmethod
    def scored(self, problem: Problem, response: str) -> tuple[float, dict[str, Any]]:
        """Score and evidence. Raises ``AnswerError``."""


@dataclass(kw_only=True)
class PoolingVerifier(ServedModel):
    """A reward model behind vLLM (``vllm serve MODEL --runner pooling``) or another server with the same endpoints.

    ``classify``: the probability of output ``label``, or the only one; ``pooling``: the same of the raw output; both
    take a chat or a text. ``score``: a cross-encoder's score of prompt and response. Shapes as of vLLM 0.32.
    """

    model: str
    """Model name as the server knows it."""
    route: Route = "classify"
    layout: Layout = "chat"
    """``chat`` (the server's template), ``text`` or ``response``; ``pair`` for ``score``."""
    label: int = 1
    """Which output is the score, of a model with several."""
    use_activation: bool | None = None
    """Whether the server turns logits into probabilities; None leaves it to the server, false suits raw rewards."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice("route", self.route, Route)
        check_choice("layout", self.layout, Layout)
        if self.label < 0:
            raise ConfigError(f"label: {self.label} is negative")
        if (self.route == "score") != (self.layout == "pair"):
            raise ConfigError(f"layout: {self.layout} does not go with route={self.route}; pair goes with score alone")

    def scored(self, problem: Problem, response: str) -> tuple[float, dict[str, Any]]:
        """Score and evidence. Raises ``AnswerError``."""
        body: dict[str, Any] = {"model": self.model}
        if self.use_activation is not None:
            body["use_activation"] = self.use_activation
        if self.layout == "chat":
            body |= {"messages": turns(problem, response), "add_generation_prompt": False}
        else:
            first, second = texts(problem, response, self.layout)
            body |= {"input": first} if second is None else {"text_1": first, "text_2": second}
        answer = self.server.post(f"/{self.route}", body)
        try:
            item = answer["data"][0]
            values = [item["score"]] if self.route == "score" else item["probs" if self.route == "classify" else "data"]
            value = values[0] if len(values) == 1 else values[self.label]
        except (TypeError, KeyError, IndexError):
            raise AnswerError("server_malformed", f"/{self.route} answered no score: {answer!r:.200}") from None
        return number(value), {"model": self.model, "route": self.route, "layout": self.layout}


@dataclass(kw_only=True)
class HttpScorer(ServedModel):
    """Any scorer: POST ``{"prompt", "response", "messages", "answer", "id"}``, answered ``{"score": number}``.

    ``messages`` is the conversation with the response as its last turn; ``answer`` the gold answer or null.
    """

    path: str = "/score"
    """Path at ``server.base_url``, or a whole address."""
    field_name: str = "score"
    """The key of the answer that holds the score."""

    def scored(self, problem: Problem, response: str) -> tuple[float, dict[str, Any]]:
        """Score and evidence. Raises ``AnswerError``."""
        prompt, _ = texts(problem, response, "pair")
        chat = turns(problem, response)
        body = {"prompt": prompt, "response": chat[-1]["content"], "messages": chat, "answer": problem.answer}
        answer = self.server.post(self.path, body | {"id": problem.id})
        if not isinstance(answer, dict) or self.field_name not in answer:
            raise AnswerError("server_malformed", f"the answer has no {self.field_name!r}: {answer!r:.200}")
        return number(answer[self.field_name]), {"path": self.path}


def number(value: Any) -> float:
    """A finite number. Raises ``AnswerError``."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise AnswerError("server_malformed", f"the score is {value!r:.100}, not a finite number")
    return float(value)
