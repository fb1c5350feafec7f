"""Reasoning-to-direct distillation: the verified final answer or program, without the way to it."""

import string
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

from engine.errors import ConfigError
from engine.products import provenance
from engine.products.files import FileOptions
from engine.products.formats import Format, check_format
from engine.products.rendering import Rendering
from engine.products.writer import Column, open_product
from engine.records import Message, Problem, Rendered, Row
from engine.rows import RowGroup

FORMATS = ("trl", "llama_factory", "axolotl", "openrlhf", "verl")
LEFT_OUT = "characters left out …"
"""Marks an extracted program that was too long to be kept whole in its verdict."""


@dataclass
class Direct:
    """One row per different verified answer of a problem, the shortest first.

    Drops: ``selection:<reason>``, ``no_answer_kept`` (no verifier says what it graded), ``answer_cut`` (too long to
    have been kept whole), ``no_separate_reasoning`` and ``empty_text`` (``what=text``), ``same_answer``,
    ``over_cap``.
    """

    what: str = "answer"
    """``answer``: what the verifiers graded, in its template; ``text``: the answer text, its reasoning left out."""
    answer_template: str = "\\boxed{{{answer}}}"
    """The assistant's text for an answer."""
    program_template: str = "```python\n{answer}\n```"
    """The assistant's text for a program, which is what code problems have for an answer."""
    prompt: str = "problem"
    """``problem``: its own words; ``run``: what the model was asked, which often says to think step by step."""
    max_per_problem: int = 1
    """Different answers of one problem, at most; programs differ more often than numbers."""
    completion_form: str = "messages"
    """Prompts and completions as ``messages`` or as ``strings``."""
    format: str = "trl"
    """``trl``, ``llama_factory``, ``axolotl``, ``openrlhf`` or ``verl``: the settings file beside the rows."""
    files: FileOptions = field(default_factory=FileOptions)
    name: str = field(default="direct", init=False)
    about: ClassVar[str] = "Each row is the final answer of a sample that the verifiers passed, without the way to it."
    limits: ClassVar[tuple[str, ...]] = ("Whoever learns to answer at once gives up what the reasoning is worth.",)

    def __post_init__(self) -> None:
        """Raise ``ConfigError`` naming the key that does not fit."""
        check_format(self.format, FORMATS, self.files)
        if self.what not in ("answer", "text"):
            raise ConfigError(f"what is {self.what!r}: give answer or text")
        if self.prompt not in ("problem", "run"):
            raise ConfigError(f"prompt is {self.prompt!r}: give problem or run")
        if self.max_per_problem < 1:
            raise ConfigError(f"max_per_problem is {self.max_per_problem}: give 1 or more")
        for key, template in (("answer_template", self.answer_template), ("program_template", self.program_template)):
            try:
                names = [name for _, name, _, _ in string.Formatter().parse(template) if name is not None]
            except ValueError as error:
                raise ConfigError(f"{key} is not a format string ({error}); write braces as {{{{ and }}}}") from None
            if names != ["answer"]:
                raise ConfigError(f"{key} is {template!r}: it needs {{answer}}, once")
        self._rendering = Rendering("drop", completion_form=self.completion_form)

    def write(self, groups: Iterator[RowGroup], directory: str) -> dict[str, Any]:
        """See ``engine.protocols.Product``."""
        shapes = {"messages": [*self._columns("messages"), *provenance.columns()]}
        shapes["prompt_completion"] = [*self._columns("prompt_completion"), *provenance.columns()]
        side = Format(self.format, "conversation", self.name)
        with open_product(self, directory, "samples", shapes, side) as writer:
            for group in groups:
                writer.drop_rows(group.accepted)
                seen: set[str] = set()
                # the same answer is often written in several ways: the shortest comes first
                texts = [(*self._text(row), row) for row in group.selected]
                for text, unusable, row in sorted(texts, key=lambda item: len(item[0])):
                    full = "over_cap" if len(seen) == self.max_per_problem else None
                    reason = unusable or ("same_answer" if text in seen else full)
                    if reason is not None:
                        writer.drop(reason)
                        continue
                    seen.add(text)
                    origin = provenance.of(row)
                    writer.add({shape: self._shaped(shape, row, text) | origin for shape in shapes}, row)
        return writer.facts()

    def _text(self, row: Row) -> tuple[str, str | None]:
        """What the assistant says, and why it cannot be used."""
        if self.what == "text":
            text = row.sample.text.strip("\n")
            return text, "no_separate_reasoning" if not row.sample.reasoning else None if text else "empty_text"
        answer = provenance.graded_answer(row)
        if answer is None:
            return "", "no_answer_kept"
        program = row.problem.tests is not None
        if program and LEFT_OUT in answer:
            return "", "answer_cut"
        return (self.program_template if program else self.answer_template).format(answer=answer.strip("\n")), None

    def _shaped(self, shape: str, row: Row, text: str) -> dict[str, Any]:
        turn = self._rendering.turn("assistant", text)
        asked = row.prompt if self.prompt == "run" else own_prompt(row.problem)
        if shape == "messages":
            return {"messages": [*self._rendering.turns(asked), turn]}
        completion = text if self.completion_form == "strings" else [turn]
        return {"prompt": self._rendering.prompt(asked), "completion": completion}

    def _columns(self, shape: str) -> list[Column]:
        import pyarrow as pa

        if shape == "messages":
            return [("messages", pa.list_(self._rendering.turn_type()), "prompt turns, then the verified answer")]
        kind = self._rendering.text_type()
        return [("prompt", kind, "what the model was asked"), ("completion", kind, "the verified answer alone")]


def own_prompt(problem: Problem) -> Rendered:
    """The problem as it is: one user message, or its own messages."""
    if isinstance(problem.prompt, str):
        return Rendered(messages=(Message("user", problem.prompt),))
    return Rendered(messages=problem.prompt)
