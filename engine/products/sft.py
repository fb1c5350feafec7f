"""Supervised fine-tuning data in the two shapes of TRL's SFTTrainer: ``messages`` and ``prompt``/``completion``.

Format: TRL ``dataset_formats.md``; see ``engine.products.formats`` for other trainers, which read the same columns.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from engine.errors import ConfigError
from engine.products import provenance
from engine.products.choose import check_prefer, diverse, ranked
from engine.products.files import FileOptions
from engine.products.formats import Format, check_format
from engine.products.rendering import Rendering
from engine.products.steps import clean
from engine.products.writer import Column, open_product
from engine.records import Row
from engine.rows import RowGroup

SHAPES = ("messages", "prompt_completion")
FORMATS = ("trl", "llama_factory", "axolotl", "openrlhf", "verl")


@dataclass
class SFT(Rendering):
    """One row per accepted sample that selection kept, all of them or the best or most diverse of each problem.

    Drops: ``selection:<reason>``, ``step_refuted``, ``steps_unchecked``, ``steps_not_all_supported``, ``not_chosen``.
    """

    shapes: tuple[str, ...] = SHAPES
    """``messages`` (one list) and ``prompt_completion`` (two columns), one or both."""
    take: str = "all"
    """``all`` rows of a problem, the ``best`` k, or the k most ``diverse``."""
    k: int = 1
    """Rows per problem under ``best`` and ``diverse``."""
    prefer: str = "first"
    """Which is best, and where diversity begins: ``first``, ``shortest``, ``longest`` or ``score``."""
    score_by: str | None = None
    """Verifier whose score is meant; None: the mean of all that gave one."""
    steps: str = "any"
    """Filtered chain of thought: ``any`` steps, ``unrefuted`` (some supported, none refuted) or all ``supported``."""
    format: str = "trl"
    """``trl``, ``llama_factory``, ``axolotl``, ``openrlhf`` or ``verl``: the settings file written beside the rows."""
    files: FileOptions = field(default_factory=FileOptions)
    name: str = field(default="sft", init=False)
    about: ClassVar[str] = "Each row is a sample that the verifiers passed."
    limits: ClassVar[tuple[str, ...]] = (
        "The solutions repeat the sampler's style; many rows of one problem say nearly the same.",
    )

    def __post_init__(self) -> None:
        """Raise ``ConfigError`` naming the key that does not fit."""
        if not self.shapes or set(self.shapes) - set(SHAPES) or len(set(self.shapes)) < len(self.shapes):
            raise ConfigError(f"shapes is {list(self.shapes)}: give messages, prompt_completion or both, each once")
        super().__post_init__()
        for key, value, options in (
            ("take", self.take, ("all", "best", "diverse")),
            ("steps", self.steps, ("any", "unrefuted", "supported")),
        ):
            if value not in options:
                raise ConfigError(f"{key} is {value!r}: give one of {', '.join(options)}")
        if self.k < 1:
            raise ConfigError(f"k is {self.k}: give 1 or more")
        check_prefer(self.prefer)
        check_format(self.format, FORMATS, self.files)

    def check_field(self) -> None:
        """Strings matter to ``prompt_completion`` alone."""
        if "prompt_completion" in self.shapes:
            super().check_field()

    def write(self, groups: Iterator[RowGroup], directory: str) -> dict[str, Any]:
        """See ``engine.protocols.Product``; one row per accepted sample, or fewer as ``take`` and ``steps`` say."""
        shapes = {shape: [*self._columns(shape), *provenance.columns()] for shape in self.shapes}
        side = Format(self.format, "conversation", self.name)
        with open_product(self, directory, "samples", shapes, side) as writer:
            for group in groups:
                writer.drop_rows(group.accepted)
                usable = []
                for row in group.selected:
                    reason = None if self.steps == "any" else clean(row, self.steps)
                    if reason is None:
                        usable.append(row)
                    else:
                        writer.drop(reason)
                chosen = self._chosen(usable)
                writer.drop("not_chosen", len(usable) - len(chosen))
                for row in chosen:
                    origin = provenance.of(row)
                    writer.add({shape: self._shaped(shape, row) | origin for shape in self.shapes}, row)
        return writer.facts()

    def _chosen(self, rows: list[Row]) -> Sequence[Row]:
        if self.take == "all":
            return rows
        order = ranked(rows, self.prefer, self.score_by)
        taken = diverse(order, self.k) if self.take == "diverse" else order[: self.k]
        return sorted(taken, key=lambda row: row.sample.index)

    def _shaped(self, shape: str, row: Row) -> dict[str, Any]:
        if shape == "messages":
            return {"messages": [*self.turns(row.prompt), self.assistant(row.sample)]}
        return {"prompt": self.prompt(row.prompt), "completion": self.completion(row)}

    def _columns(self, shape: str) -> list[Column]:
        import pyarrow as pa

        if shape == "messages":
            told = "the conversation: prompt turns, then the accepted sample as the assistant's turn"
            return [("messages", pa.list_(self.turn_type()), told)]
        kind = self.text_type()
        return [("prompt", kind, "what the model was asked"), ("completion", kind, "the accepted sample")]
