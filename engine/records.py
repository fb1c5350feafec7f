"""The records that every part shares: frozen, slotted, standard library only, with a JSON round trip.

``to_json(record)`` gives plain JSON values and ``from_json(cls, value)`` the record back, equal to the first;
``from_json`` raises ``ValueError`` naming the field that does not fit.
"""

import enum
import math
import typing
from dataclasses import dataclass, field
from typing import Any

T = typing.TypeVar("T")


class _NoTruth(enum.StrEnum):
    """A string enum that refuses truth tests: ``if status`` would be true for FAIL."""

    def __bool__(self) -> bool:
        raise TypeError(f"compare {type(self).__name__} with a member, e.g. `== {type(self).__name__}.{self.name}`")


class Status(_NoTruth):
    """What a verifier says of a sample."""

    PASS = "PASS"
    """The verifier is sure that the sample is right."""
    FAIL = "FAIL"
    """The verifier is sure that the sample is wrong."""
    NO_ANSWER = "NO_ANSWER"
    """Nothing gradable in the text (also truncated text or an unclosed think block)."""
    TIMEOUT = "TIMEOUT"
    """The sample's own program ran over its limits."""
    ABSTAIN = "ABSTAIN"
    """This verifier cannot judge this sample."""
    ERROR = "ERROR"
    """Our fault: never counted as wrong, never exported as a negative, tried again on resume."""


class FinishReason(enum.StrEnum):
    """Why a sample ended."""

    STOP = "stop"
    LENGTH = "length"
    ERROR = "error"


class TestKind(enum.StrEnum):
    """How a program is tested."""

    __test__ = False  # pytest would collect the name

    STDIN = "stdin"
    CALL = "call"
    ASSERT = "assert"


class ExecStatus(_NoTruth):
    """How a sandboxed program ended. INTERNAL is the sandbox's own fault."""

    OK = "OK"
    NONZERO = "NONZERO"
    """It raised an exception or returned another exit code than 0."""
    SIGNAL = "SIGNAL"
    TIMEOUT = "TIMEOUT"
    MEMORY = "MEMORY"
    OUTPUT = "OUTPUT"
    """It wrote more than it may, to its standard streams or to files."""
    COMPILE = "COMPILE"
    """It does not compile, or has no such entry point: it never ran."""
    REFUSED = "REFUSED"
    """It ran, and gave something that cannot be taken as a result, or this sandbox cannot run its kind."""
    INTERNAL = "INTERNAL"


@dataclass(frozen=True, slots=True)
class Message:
    """One chat turn."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class Limits:
    """What one run of an untrusted program may use: one input, or one block of assertions."""

    cpu_s: float = 5.0
    wall_s: float = 10.0
    memory_mb: int = 512
    output_mb: int = 8
    """Standard output, and standard error, each."""
    file_mb: int = 16
    """Everything it writes to its scratch directory."""
    processes: int = 8
    """Threads, and processes where the language may start any."""
    open_files: int = 64

    def __post_init__(self) -> None:
        """Raise ``ValueError`` naming a limit that is not above 0."""
        for name in Limits.__dataclass_fields__:
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} is {getattr(self, name)}: it must be more than 0")


@dataclass(frozen=True, slots=True)
class Program:
    """An untrusted program and how it is driven."""

    source: str
    language: str = "python"
    """``python``, or the name of a language in the sandbox's configuration."""
    entry_point: str | None = None
    """None: it reads standard input and writes standard output. Else it is called: a function, ``Class.method``
    (of a new object per input), or a class, whose input is then ``[[method, …], [arguments, …]]`` with the
    constructor first. A function that is missing is looked for as a method of a class ``Solution``."""
    files: dict[str, str] = field(default_factory=dict)
    """Read-only files of its working directory, by plain name."""
    args: tuple[str, ...] = ()
    """Command-line arguments."""
    variant: int = 0
    """0 or 1: with another one, hash seed and random seed differ, which shows programs that depend on them."""


@dataclass(frozen=True, slots=True)
class ExecResult:
    """What happened when a program ran on one input. All text is the program's own, and so hostile."""

    status: ExecStatus
    stdout: str = ""
    stderr: str = ""
    """Its last 4,000 characters; for a block of assertions, what the judge saw."""
    value: Any = None
    """What a call returned, rebuilt from plain data: None, bool, int, float, complex, str, bytes, list, tuple, set,
    frozenset, dict of those. Anything else is REFUSED."""
    detail: str = ""
    """More on the status: ``cpu`` or ``wall`` of TIMEOUT, the signal's name, the exception's type."""
    exit_code: int | None = None
    cpu_s: float = 0.0
    wall_s: float = 0.0
    memory_mb: float = 0.0
    """Peak."""
    shared: bool = False
    """True when the same process had run other inputs before, so that what is not accepted must run again alone."""
    isolation: str = ""
    """The level actually reached, as named by ``Sandbox.probe``."""


@dataclass(frozen=True, slots=True)
class TestCase:
    """One test. ``stdin``: text in, text out; ``call``: list of positional arguments, value; ``assert``: code."""

    __test__ = False

    input: Any = None
    expected: Any = None
    code: str | None = None
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Tests:
    """The tests of a code problem."""

    __test__ = False

    kind: TestKind
    cases: tuple[TestCase, ...]
    entry_point: str | None = None
    checker: str = "tokens"
    """``exact | lines | tokens | float(rel,abs) | unordered`` or the source of ``check(input, expected, output)``."""
    limits: Limits | None = None
    repeat: int = 1


@dataclass(frozen=True, slots=True)
class Problem:
    """One dataset row: the prompt plus what a verifier needs."""

    id: str
    """Given by the data set, else ``content_id`` of the row."""
    prompt: str | tuple[Message, ...]
    domain: str = "math"
    """``math``, ``code``, ``chat``, …"""
    answer: str | None = None
    """Gold answer as written in the source."""
    tests: Tests | None = None
    policy: str | None = None
    reference_solution: str | None = None
    source: str = ""
    """Where the row comes from: file or data set and split."""
    licence: str | None = None
    meta: dict[str, Any] = field(default_factory=dict)
    """Anything else a verifier or report may want; JSON values."""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A source row that cannot become a problem; counted and reported, never sampled."""

    row: int
    """Position in the source, counted from 1."""
    code: str
    """``missing_field``, ``bad_json``, ``bad_utf8``, ``bad_value``, …"""
    text: str
    """One sentence that names the field and the row."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One completion of one problem. The pair (problem_id, index) is its key."""

    problem_id: str
    index: int
    text: str
    """Answer text, without reasoning."""
    finish_reason: FinishReason = FinishReason.STOP
    reasoning: str | None = None
    """Content of the think block; None when the model has none."""
    mode: str | None = None
    """``think`` or ``no_think`` where the prompt template chose one."""
    prompt_tokens: int = 0
    tokens: int = 0
    """Completion tokens, reasoning included."""
    logprob_sum: float | None = None
    ref_logprob_sum: float | None = None
    model: str = ""
    seed: int = 0
    params_hash: str = ""
    """Hash of prompt template, sampling parameters and model name."""
    seconds: float = 0.0
    """Wall time from request to end."""
    lineage: dict[str, Any] = field(default_factory=dict)
    """How it was made, where it is not one completion of the prompt; JSON values. ``{"parent": index, "prefix":
    characters}``: a rollout, which shares the beginning of another sample's response. A search leaves its tree."""

    @property
    def parent(self) -> int | None:
        """Index of the sample that a rollout continues, None for any other sample."""
        return self.lineage.get("parent")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why: a stable code for counting and a sentence for people."""

    code: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class StepMark:
    """One step of the reasoning: characters [start, end) of the text that was judged."""

    start: int
    end: int
    verdict: str
    """``supported``, ``refuted`` or ``unchecked``."""
    reason: str = ""
    score: float | None = None
    """Probability that the step is right, where the verifier gives one."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one verifier says of one sample. Verifiers fill status, score, answer, expected, reason, evidence and
    steps; the pool fills the rest, so ``Verdict(Status.PASS, reason=Reason("equal"))`` is enough.
    """

    status: Status
    score: float | None = None
    answer: str | None = None
    """The answer as extracted and graded."""
    expected: str | None = None
    """What it was compared with."""
    reason: Reason = Reason("")
    evidence: dict[str, Any] = field(default_factory=dict)
    """JSON values that a person can check."""
    steps: tuple[StepMark, ...] | None = None
    problem_id: str = ""
    index: int = 0
    verifier: str = ""
    version: str = ""
    config_hash: str = ""
    seconds: float = 0.0
    attempt: int = 1

    @property
    def key(self) -> tuple[str, int, str, str, str]:
        """Identity in the ledger; a later attempt replaces an earlier one."""
        return (self.problem_id, self.index, self.verifier, self.version, self.config_hash)


@dataclass(frozen=True, slots=True)
class Decision:
    """The accept rule's word on one sample."""

    accepted: bool
    rule: str
    by: tuple[str, ...] = ()
    """Names of the verifiers whose verdicts decided."""
    drop_reason: str | None = None
    """``<verifier>:<STATUS>`` for a rejected sample."""
    error: bool = False
    """True when an ERROR stands in the way: the sample counts neither as right nor as wrong."""


@dataclass(frozen=True, slots=True)
class SamplingParams:
    """How the model is sampled; part of ``Sample.params_hash``. ``top_k`` 0 is off."""

    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = 0
    max_tokens: int = 1024
    stop: tuple[str, ...] = ()
    logprobs: bool = False

    def __post_init__(self) -> None:
        """Raise ``ValueError`` naming a parameter that no model can be sampled with."""
        for name, fine, rule in (
            ("temperature", 0 <= self.temperature < math.inf, "0 (greedy) or more"),
            ("top_p", 0 < self.top_p <= 1, "above 0 and at most 1"),
            ("top_k", self.top_k >= 0, "0 (off) or more"),
            ("max_tokens", self.max_tokens >= 1, "at least 1"),
            ("stop", all(self.stop), "without empty strings"),
        ):
            if not fine:
                raise ValueError(f"{name} is {getattr(self, name)!r}: it must be {rule}")


@dataclass(frozen=True, slots=True)
class Rendered:
    """What the model is asked: either ``messages`` or ``text`` is set."""

    messages: tuple[Message, ...] = ()
    text: str | None = None
    template_kwargs: dict[str, Any] = field(default_factory=dict)
    """Passed to the model's chat template, e.g. ``{"enable_thinking": False}``."""
    mode: str | None = None


@dataclass(frozen=True, slots=True)
class SampleRequest:
    """One problem, asked for several indices; ``seeds[i]`` belongs to ``indices[i]``."""

    problem: Problem
    prompt: Rendered
    indices: tuple[int, ...]
    seeds: tuple[int, ...]
    params_hash: str = ""
    prefix: str = ""
    """What the response says already, think tags included; the model goes on from there."""
    until: tuple[str, ...] = ()
    """A sample also ends after the first of these strings, which then closes its text."""
    ordinal: int = 0
    """The problem's position in the source."""

    @property
    def continues(self) -> bool:
        """Whether this asks for a piece of a response: its samples' ``text`` is then the whole response so far as
        the model wrote it, prefix and think tags included (also an opening one that the prompt has given already),
        ``reasoning`` is None, and ``tokens`` counts what is new.
        """
        return bool(self.prefix or self.until)


@dataclass(frozen=True, slots=True)
class Row:
    """A decided sample on its way into a product."""

    problem: Problem
    sample: Sample
    decision: Decision
    verdicts: tuple[Verdict, ...]
    prompt: Rendered
    labels: Verdict | None = None
    """What ``proofstill locate`` found of its steps."""
    dropped: str | None = None
    """Why selection dropped this row, or its whole problem."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What made a run: written at the start, completed at the end."""

    run_id: str
    config_hash: str
    seed: int
    status: str = "running"
    """``running``, ``complete``, ``interrupted`` or ``failed``."""
    command: str = ""
    """The command line that started it."""
    code_commit: str | None = None
    versions: dict[str, str] = field(default_factory=dict)
    """Package name to version."""
    verifiers: dict[str, str] = field(default_factory=dict)
    """Verifier name to ``version+config_hash``."""
    device: str = ""
    counts: dict[str, int] = field(default_factory=dict)
