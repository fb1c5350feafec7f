"""Think and no-think twins: the same problems solved, and verified, with thinking and without, in one fused set.

Format: TRL's per-row ``chat_template_kwargs``; verl's per-row ``enable_thinking``. The tags ``/think`` and
``/no_think`` and the empty think block are those of Qwen3's report (2025, section 4.3).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

from engine.errors import ConfigError
from engine.products import provenance
from engine.products.choose import check_prefer, ranked
from engine.products.files import FileOptions
from engine.products.formats import Format, check_format
from engine.products.rendering import Rendering, Turn
from engine.products.twin import with_twins
from engine.products.writer import Column, Writer, open_product
from engine.records import Row
from engine.rows import RowGroup

FORMATS = ("trl", "llama_factory", "axolotl", "openrlhf", "verl")
MODES = ("think", "no_think")


@dataclass
class Modes(Rendering):
    """Rows of problems that have a verified sample of either mode, as many of one as of the other before mixing.

    Both modes come from one run, whose samples carry their mode, or from two: this one and ``twin``. Drops:
    ``selection:<reason>``, ``mode_unknown``, ``think_without_reasoning``, ``no_think_with_reasoning``, ``no_twin``,
    ``not_chosen``, ``mixing_ratio``.
    """

    twin: str | None = None
    """Directory of a run on the same problems in the other mode; None where this run has both."""
    per_problem: int = 1
    """Rows of each mode from one problem, at most."""
    think_share: float = 0.5
    """Share of the rows that think, in (0, 1): rows of the other mode are left out, evenly over the problems."""
    prefer: str = "first"
    """Which rows are taken: ``first``, ``shortest``, ``longest`` or ``score``."""
    score_by: str | None = None
    """Verifier whose score is meant; None: the mean of all that gave one."""
    tags: bool = False
    """Whether the last user turn ends with Qwen3's ``/think`` or ``/no_think``."""
    empty_think: bool = False
    """Whether an answer without thinking begins with an empty think block."""
    format: str = "trl"
    """``trl``, ``llama_factory``, ``axolotl``, ``openrlhf`` or ``verl``: the settings file beside the rows."""
    files: FileOptions = field(default_factory=FileOptions)
    name: str = field(default="modes", init=False)
    about: ClassVar[str] = (
        "Each row is a sample that the verifiers passed, with thinking or without; a problem has both or none."
    )
    limits: ClassVar[tuple[str, ...]] = (
        "The answer of a thinking sample was verified, its thoughts were not, unless a verifier above reads them.",
    )

    def __post_init__(self) -> None:
        """Raise ``ConfigError`` naming the key that does not fit."""
        super().__post_init__()
        check_format(self.format, FORMATS, self.files)
        check_prefer(self.prefer)
        if self.per_problem < 1:
            raise ConfigError(f"per_problem is {self.per_problem}: give 1 or more")
        if not 0 < self.think_share < 1:
            raise ConfigError(f"think_share is {self.think_share}: give a number between 0 and 1")
        if self.reasoning == "drop":
            raise ConfigError("reasoning=drop leaves nothing to tell the modes apart: give think_tags or field")
        if self.empty_think and self.reasoning == "field":
            raise ConfigError("empty_think needs think tags: set reasoning=think_tags, or empty_think=false")

    def write(self, groups: Iterator[RowGroup], directory: str) -> dict[str, Any]:
        """See ``engine.protocols.Product``; adds ``modes``: rows of each.

        Raises ``UsageError`` when ``twin`` is no run directory.
        """
        shapes = {shape: [*self._columns(shape), *provenance.columns()] for shape in ("messages", "prompt_completion")}
        written = dict.fromkeys(MODES, 0)
        twins = ((group.rows, ()) for group in groups) if self.twin is None else with_twins(groups, self.twin)
        with open_product(self, directory, "samples", shapes, Format(self.format, "modes", self.name)) as writer:
            for own, others in twins:
                for row in self._twins(writer, [*own, *others]):
                    mode = str(row.sample.mode)
                    if not self._fits(mode, written):
                        writer.drop("mixing_ratio")
                        continue
                    written[mode] += 1
                    origin = provenance.of(row)
                    writer.add({shape: self._shaped(shape, row) | origin for shape in shapes}, row)
        return writer.facts() | {"modes": written}

    def _twins(self, writer: Writer, rows: list[Row]) -> list[Row]:
        """The chosen rows of one problem: as many that think as that do not, the scarcer mode of the mix last."""
        sides: dict[str, list[Row]] = {mode: [] for mode in MODES}
        for row in rows:
            if not row.decision.accepted:
                continue
            reason = _misfit(row) if row.dropped is None else f"selection:{row.dropped}"
            if reason is None:
                sides[str(row.sample.mode)].append(row)
            else:
                writer.drop(reason)
        many = sum(map(len, sides.values()))
        each = min(self.per_problem, *map(len, sides.values()))
        writer.drop("not_chosen" if each else "no_twin", many - 2 * each)
        order = MODES if self.think_share >= 0.5 else MODES[::-1]
        return [row for mode in order for row in ranked(sides[mode], self.prefer, self.score_by)[:each]]

    def _fits(self, mode: str, written: dict[str, int]) -> bool:
        """Whether a row may be added: the mode with the greater share always, the other as long as it is behind."""
        scarce, common = MODES if self.think_share < 0.5 else MODES[::-1]
        share = min(self.think_share, 1 - self.think_share)
        return mode == common or written[scarce] + 1 <= written[common] * share / (1 - share) + 1e-9

    def _shaped(self, shape: str, row: Row) -> dict[str, Any]:
        thinks = row.sample.mode == "think"
        told = {"chat_template_kwargs": {"enable_thinking": thinks}, "enable_thinking": thinks}
        turns, answer = self._asked(row, thinks), self._answer(row, thinks)
        if shape == "messages":
            return {"messages": [*turns, answer], **told}
        if self.completion_form == "strings":
            text = "".join(f"{turn['content']}\n\n" for turn in turns)
            return {"prompt": text, "completion": str(answer["content"]), **told}
        return {"prompt": turns, "completion": [answer], **told}

    def _asked(self, row: Row, thinks: bool) -> list[Turn]:
        turns = self.turns(row.prompt)
        if self.tags:
            last = max((i for i, turn in enumerate(turns) if turn["role"] == "user"), default=len(turns) - 1)
            tag = "/think" if thinks else "/no_think"
            turns[last] = turns[last] | {"content": f"{turns[last]['content']} {tag}"}
        return turns

    def _answer(self, row: Row, thinks: bool) -> Turn:
        answer = self.assistant(row.sample)
        if self.empty_think and not thinks:
            answer["content"] = self.think_template.format(reasoning="", answer=answer["content"])
        return answer

    def _columns(self, shape: str) -> list[Column]:
        import pyarrow as pa

        flag = pa.struct([("enable_thinking", pa.bool_())])
        told: list[Column] = [
            ("chat_template_kwargs", flag, "arguments for the chat template of this row, as TRL reads them"),
            ("enable_thinking", pa.bool_(), "the same for verl"),
        ]
        if shape == "messages":
            return [("messages", pa.list_(self.turn_type()), "prompt turns, then the accepted sample"), *told]
        kind = self.text_type()
        return [("prompt", kind, "what the model was asked"), ("completion", kind, "the accepted sample"), *told]


def _misfit(row: Row) -> str | None:
    """Why a row shows neither mode, or None."""
    mode, reasoning = row.sample.mode, (row.sample.reasoning or "").strip()
    if mode not in MODES:
        return "mode_unknown"
    if mode == "think":
        return None if reasoning else "think_without_reasoning"
    return "no_think_with_reasoning" if reasoning else None
