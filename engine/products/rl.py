"""Prompts with their gold for reinforcement learning, of the right difficulty for the model that was sampled.

Formats: TRL's GRPO and RLOO trainers (``prompt`` and columns that reward functions get by name), OpenRLHF
(``input_key``, ``label_key``), and verl (``examples/data_preprocess/gsm8k.py``, ``verl/utils/reward_score``).
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

from engine.codec import to_json
from engine.errors import ConfigError
from engine.products.files import FileOptions
from engine.products.formats import Format, check_format
from engine.products.rendering import Turn, prompt_text
from engine.products.writer import Column, open_product
from engine.records import Problem, Rendered, TestKind
from engine.rows import RowGroup

FORMATS = ("trl", "verl", "openrlhf")


@dataclass
class RL:
    """One row per problem whose pass rate lies within the band.

    The pass rate is that of the decided samples: accepted over accepted and rejected, whichever rows selection dropped.
    Drops: ``selection:<reason>`` (of the whole problem), ``no_gold``, ``too_few_samples``, ``none_solved``,
    ``all_solved``, ``too_hard``, ``too_easy``.
    """

    min_pass_rate: float = 0.0
    """Least pass rate; a problem that no sample solves is never taken."""
    max_pass_rate: float = 1.0
    """Greatest pass rate; a problem that all samples solve is never taken."""
    min_samples: int = 2
    """Least decided samples, since a rate of one sample says little."""
    prompt_form: str = "messages"
    """``messages`` or ``strings``; verl wants messages."""
    data_source: str | None = None
    """verl picks its reward function by this name, e.g. ``openai/gsm8k``; None: the problem's own source."""
    format: str = "trl"
    """``trl``, ``verl`` or ``openrlhf``."""
    files: FileOptions = field(default_factory=FileOptions)
    name: str = field(default="rl", init=False)
    about: ClassVar[str] = (
        "Each row is a problem with its gold, which some samples of this model solved and some did not."
    )
    limits: ClassVar[tuple[str, ...]] = (
        "Pass rates are those of this model, prompt and temperature.",
        "Where a budget stopped at the first passes they are a little too high.",
    )

    def __post_init__(self) -> None:
        """Raise ``ConfigError`` naming the key that does not fit."""
        check_format(self.format, FORMATS, self.files)
        low, high = self.min_pass_rate, self.max_pass_rate
        if not 0 <= low <= high <= 1:
            raise ConfigError(f"min_pass_rate is {low} and max_pass_rate {high}: give 0 <= min <= max <= 1")
        if self.min_samples < 1:
            raise ConfigError(f"min_samples is {self.min_samples}: give 1 or more")
        if self.prompt_form not in ("messages", "strings"):
            raise ConfigError(f"prompt_form is {self.prompt_form!r}: give messages or strings")
        if self.format == "verl" and self.prompt_form == "strings":
            raise ConfigError("prompt_form=strings has no place in format=verl: set it to messages")

    def write(self, groups: Iterator[RowGroup], directory: str) -> dict[str, Any]:
        """See ``engine.protocols.Product``."""
        shapes = {"prompts": self._columns()}
        with open_product(self, directory, "problems", shapes, Format(self.format, "rl", self.name)) as writer:
            for group in groups:
                right, wrong = len(group.accepted), len(group.rejected)
                reason = self._reason(group.problem, right, right + wrong)
                if group.dropped is not None:
                    reason = f"selection:{group.dropped}"
                if reason is not None:
                    writer.drop(reason)
                    continue
                writer.add({"prompts": self._shaped(group, right, right + wrong, writer.rows)})
                writer.count_problem(group.problem.source, group.problem.licence)
        return writer.facts()

    def _reason(self, problem: Problem, right: int, decided: int) -> str | None:
        if problem.answer is None and problem.tests is None:
            return "no_gold"
        if decided < self.min_samples:
            return "too_few_samples"
        if right in (0, decided):
            return "all_solved" if right else "none_solved"
        rate = right / decided
        return "too_hard" if rate < self.min_pass_rate else "too_easy" if rate > self.max_pass_rate else None

    def _shaped(self, group: RowGroup, right: int, decided: int, number: int) -> dict[str, Any]:
        problem = group.problem
        told = {"problem_id": problem.id, "pass_rate": right / decided, "samples": decided}
        if self.format == "verl":
            return {
                "data_source": self.data_source or problem.source or "proofstill",
                "prompt": _turns(group.prompt),
                "ability": problem.domain,
                "reward_model": {"style": "rule", "ground_truth": ground_truth(problem)},
                "extra_info": {"split": "train", "index": number, "licence": problem.licence, **told},
            }
        return {
            "prompt": _turns(group.prompt) if self.prompt_form == "messages" else prompt_text(group.prompt),
            "answer": problem.answer,
            "tests": None if problem.tests is None else json.dumps(to_json(problem.tests), ensure_ascii=False),
            "reference_solution": problem.reference_solution,
            "domain": problem.domain,
            "source": problem.source,
            "licence": problem.licence,
            **told,
        }

    def _columns(self) -> list[Column]:
        import pyarrow as pa

        text, whole, real = pa.string(), pa.int64(), pa.float64()
        turns = pa.list_(pa.struct([("role", text), ("content", text)]))
        if self.format == "verl":
            extra = [("split", text), ("index", whole), ("licence", text)]
            extra += [("problem_id", text), ("pass_rate", real), ("samples", whole)]
            return [
                ("data_source", text, "verl picks its reward function by it"),
                ("prompt", turns, "what the model is asked"),
                ("ability", text, "math, code, chat, …"),
                ("reward_model", pa.struct([("style", text), ("ground_truth", text)]), "the gold, as verl grades it"),
                ("extra_info", pa.struct(extra), "place in this file, problem, its pass rate and of how many samples"),
            ]
        return [
            ("prompt", turns if self.prompt_form == "messages" else text, "what the model is asked"),
            ("answer", text, "gold answer, null where tests decide"),
            ("tests", text, "tests of a code problem as JSON (kind, cases, entry_point, checker, limits), else null"),
            ("reference_solution", text, "a solution, where the source has one"),
            ("domain", text, "math, code, chat, …"),
            ("source", text, "file or data set and split that the problem comes from"),
            ("licence", text, "licence of the problem, null where its source names none"),
            ("problem_id", text, "problem, as named by its source or by a hash of its content"),
            ("pass_rate", real, "share of its decided samples that were accepted"),
            ("samples", whole, "how many that were"),
        ]


def ground_truth(problem: Problem) -> str:
    """The gold as verl's graders read it: the answer, else the tests as ``prime_code`` and ``sandbox_fusion`` do.

    ``{"inputs", "outputs"}`` for standard input, with ``fn_name`` for calls (arguments as one JSON line each), and
    ``{"assert_case"}`` for assertions.
    """
    tests = problem.tests
    if tests is None or problem.answer is not None:
        return problem.answer or ""
    if tests.kind is TestKind.ASSERT:
        gold: dict[str, Any] = {"assert_case": [case.code for case in tests.cases]}
    elif tests.kind is TestKind.STDIN:
        gold = {"inputs": [case.input for case in tests.cases], "outputs": [case.expected for case in tests.cases]}
    else:
        gold = {
            "fn_name": tests.entry_point,
            "inputs": ["\n".join(json.dumps(to_json(part)) for part in case.input) for case in tests.cases],
            "outputs": [json.dumps(to_json(case.expected)) for case in tests.cases],
        }
    return json.dumps(gold, ensure_ascii=False)


def _turns(prompt: Rendered) -> list[Turn]:
    if prompt.text is not None:
        return [{"role": "user", "content": prompt.text}]
    return [{"role": message.role, "content": message.content} for message in prompt.messages]
