"""Supervised fine-tuning data in the two shapes of TRL's SFTTrainer: ``messages`` and ``prompt``/``completion``.

Reasoning and answer text are separate in the ledger and are joined here, last. Format: TRL ``dataset_formats.md``.
"""

import string
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from engine.errors import ConfigError
from engine.products import provenance
from engine.products.files import FileOptions, ShapeFiles, whole_directory
from engine.records import Row

SHAPES = ("messages", "prompt_completion")
REASONING = ("drop", "think_tags", "field")
MANY = 100
"""Sources and licences beyond this number are counted together."""


@dataclass
class SFT:
    """One row per accepted sample."""

    shapes: tuple[str, ...] = SHAPES
    """``messages`` (one list) and ``prompt_completion`` (two columns), one or both."""
    reasoning: str = "think_tags"
    """``drop`` it, put it before the answer in ``think_tags``, or in a ``field`` named thinking of the message."""
    think_template: str = "<think>\n{reasoning}\n</think>\n\n{answer}"
    """Assistant text for ``think_tags``; a sample without reasoning is its answer text alone."""
    completion_form: str = "messages"
    """Prompt and completion of ``prompt_completion`` as ``messages`` or as ``strings``."""
    files: FileOptions = field(default_factory=FileOptions)
    name: str = field(default="sft", init=False)

    def __post_init__(self) -> None:
        """Raise ``ConfigError`` naming the key that does not fit."""
        if not self.shapes or set(self.shapes) - set(SHAPES) or len(set(self.shapes)) < len(self.shapes):
            raise ConfigError(f"shapes is {list(self.shapes)}: give messages, prompt_completion or both, each once")
        if self.reasoning not in REASONING:
            raise ConfigError(f"reasoning is {self.reasoning!r}: give one of {', '.join(REASONING)}")
        if self.completion_form not in ("messages", "strings"):
            raise ConfigError(f"completion_form is {self.completion_form!r}: give messages or strings")
        if self.completion_form == "strings" and self.reasoning == "field" and "prompt_completion" in self.shapes:
            raise ConfigError("reasoning=field needs messages: set completion_form=messages, or reasoning=think_tags")
        _check_template(self.think_template)

    def write(self, rows: Iterator[Row], directory: str) -> dict[str, Any]:
        """Write ``rows`` under ``directory``, replacing it whole; memory does not grow with their number.

        Returns ``rows``, ``shapes`` (per shape ``rows``, ``files``, ``data_files``, ``columns``), ``tokens``,
        ``sources`` and ``licences`` (name to rows) and ``replaced`` (rows with text that UTF-8 cannot carry).
        Raises ``ProofstillError`` when the disk refuses.
        """
        count = tokens = 0
        sources: Counter[str] = Counter()
        licences: Counter[str] = Counter()
        with whole_directory(directory) as root:
            outputs = [ShapeFiles(root, shape, self._schema(shape), self.files) for shape in self.shapes]
            try:
                for row in rows:
                    origin = provenance.of(row)
                    for output in outputs:
                        output.add(self._shaped(output.shape, row) | origin)
                    count += 1
                    tokens += row.sample.tokens
                    _count(sources, row.problem.source or "not named")
                    _count(licences, row.problem.licence or "not named")
                shapes = {output.shape: output.close() | self._columns(output.shape) for output in outputs}
            finally:
                for output in outputs:
                    output.abandon()
        return {
            "rows": count,
            "shapes": shapes,
            "tokens": tokens,
            "sources": dict(sorted(sources.items())),
            "licences": dict(sorted(licences.items())),
            "replaced": max(output.replaced for output in outputs),
        }

    def _shaped(self, shape: str, row: Row) -> dict[str, Any]:
        if shape == "messages":
            return {"messages": [*self._prompt(row), self._assistant(row)]}
        if self.completion_form == "strings":
            return {"prompt": _prompt_text(row), "completion": self._completion_text(row)}
        return {"prompt": self._prompt(row), "completion": [self._assistant(row)]}

    def _prompt(self, row: Row) -> list[dict[str, str | None]]:
        if row.prompt.text is not None:
            return [self._message("user", row.prompt.text)]
        return [self._message(message.role, message.content) for message in row.prompt.messages]

    def _assistant(self, row: Row) -> dict[str, str | None]:
        reasoning = row.sample.reasoning if self.reasoning == "field" else None
        return self._message("assistant", self._answer_text(row).strip("\n"), reasoning)

    def _message(self, role: str, content: str, thinking: str | None = None) -> dict[str, str | None]:
        if self.reasoning == "field":  # every message has the key: Arrow needs one schema
            return {"role": role, "content": content, "thinking": thinking}
        return {"role": role, "content": content}

    def _completion_text(self, row: Row) -> str:
        # a completion model continues its prompt, so its leading blanks belong to the text
        text = self._answer_text(row)
        return text if row.prompt.text is not None else text.strip("\n")

    def _answer_text(self, row: Row) -> str:
        sample = row.sample
        if self.reasoning != "think_tags" or sample.reasoning is None:
            return sample.text
        return self.think_template.format(reasoning=sample.reasoning.strip("\n"), answer=sample.text.strip("\n"))

    def _schema(self, shape: str) -> Any:
        import pyarrow as pa

        keys = ("role", "content", "thinking") if self.reasoning == "field" else ("role", "content")
        messages = pa.list_(pa.struct([(key, pa.string()) for key in keys]))
        if shape == "messages":
            return pa.schema([pa.field("messages", messages), *provenance.fields()])
        kind = pa.string() if self.completion_form == "strings" else messages
        return pa.schema([pa.field("prompt", kind), pa.field("completion", kind), *provenance.fields()])

    def _columns(self, shape: str) -> dict[str, Any]:
        own = {
            "messages": "the conversation: prompt turns, then the accepted sample as the assistant's turn",
            "prompt": "what the model was asked",
            "completion": "the accepted sample",
        }
        meanings = own | provenance.COLUMNS
        return {
            "columns": [
                {"name": f.name, "type": str(f.type), "description": meanings[f.name]} for f in self._schema(shape)
            ]
        }


def _prompt_text(row: Row) -> str:
    """The prompt as one string: as the completion model saw it, else the turns with a blank line after each."""
    if row.prompt.text is not None:
        return row.prompt.text
    return "".join(f"{message.content}\n\n" for message in row.prompt.messages)


def _count(counts: Counter[str], name: str) -> None:
    clean = name.encode("utf-8", "replace").decode()
    counts[clean if clean in counts or len(counts) < MANY else "others"] += 1


def _check_template(template: str) -> None:
    try:
        parts = [(name, spec, how) for _, name, spec, how in string.Formatter().parse(template) if name is not None]
    except ValueError as error:
        raise ConfigError(f"think_template is not a format string ({error}); write braces as {{{{ and }}}}") from None
    if sorted(parts) != [("answer", "", None), ("reasoning", "", None)]:
        raise ConfigError(f"think_template is {template!r}: it needs {{reasoning}} and {{answer}}, once each")
