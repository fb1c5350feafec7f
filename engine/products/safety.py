"""Refuse the unacceptable: answers that a policy's verifiers found safe, and pairs of a safe and an unsafe answer."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

from engine.errors import ConfigError
from engine.products import provenance
from engine.products.files import FileOptions
from engine.products.formats import Format, check_format, one_message
from engine.products.hygiene import Lengths, same_text
from engine.products.pairing import crossed
from engine.products.rendering import Rendering
from engine.products.writer import Column, Writer, open_product
from engine.records import Row, Status
from engine.rows import RowGroup, Standing, standing

FORMATS = ("trl", "llama_factory", "axolotl", "openrlhf")


@dataclass
class Safety(Rendering):
    """What policy verdicts support: safe is what all ``verifiers`` PASS, unsafe what one of them FAILs.

    ``answers`` drop accepted samples as ``selection:<reason>``, ``unsafe`` or ``no_policy_verdict`` (missing, ABSTAIN
    or ERROR). ``pairs`` drop problems as ``no_safe`` or ``no_unsafe``, and pairs as ``identical``.
    """

    verifiers: tuple[str, ...] = ("safety",)
    """Names of the run's verifiers that judge by a policy."""
    make: str = "answers"
    """``answers``: kept safe answers as supervised rows; ``pairs``: safe against unsafe, for a safety reward model."""
    pairs_per_problem: int = 1
    """Pairs of one problem, at most."""
    format: str = "trl"
    """``trl``, ``llama_factory``, ``axolotl`` or ``openrlhf``."""
    files: FileOptions = field(default_factory=FileOptions)
    name: str = field(default="safety", init=False)
    about: ClassVar[str] = (
        "Each row rests on the verdict of the policy's verifiers: a safe answer, or a safe beside an unsafe one."
    )
    limits: ClassVar[tuple[str, ...]] = (
        "It may hold offensive text: that is what the unsafe side is.",
        "Safe means that the policy's verifiers passed it, which is less than harmless.",
    )

    def __post_init__(self) -> None:
        """Raise ``ConfigError`` naming the key that does not fit."""
        super().__post_init__()
        check_format(self.format, FORMATS, self.files)
        if not self.verifiers:
            raise ConfigError("verifiers is empty: name the verifiers of the run that judge by a policy")
        if self.make not in ("answers", "pairs"):
            raise ConfigError(f"make is {self.make!r}: give answers or pairs")
        if self.pairs_per_problem < 1:
            raise ConfigError(f"pairs_per_problem is {self.pairs_per_problem}: give 1 or more")
        if one_message(self.format) and self.completion_form == "strings":
            raise ConfigError(f"completion_form=strings has no place in format={self.format}: set it to messages")

    def write(self, groups: Iterator[RowGroup], directory: str) -> dict[str, Any]:
        """See ``engine.protocols.Product``; pairs add ``lengths`` (see ``Lengths.facts``)."""
        return self._write_pairs(groups, directory) if self.make == "pairs" else self._write_answers(groups, directory)

    def _write_answers(self, groups: Iterator[RowGroup], directory: str) -> dict[str, Any]:
        import pyarrow as pa

        kind = self.text_type()
        messages: list[Column] = [("messages", pa.list_(self.turn_type()), "prompt turns, then the safe answer")]
        pair: list[Column] = [("prompt", kind, "what the model was asked"), ("completion", kind, "the safe answer")]
        shapes = {"messages": [*messages, *provenance.columns()], "prompt_completion": [*pair, *provenance.columns()]}
        side = Format(self.format, "conversation", self.name)
        with open_product(self, directory, "samples", shapes, side) as writer:
            for group in groups:
                writer.drop_rows(group.accepted)
                for row in group.selected:
                    if (safe := self._safe(row)) is not True:
                        writer.drop("no_policy_verdict" if safe is None else "unsafe")
                        continue
                    origin = provenance.of(row)
                    turns, answer = self.turns(row.prompt), self.assistant(row.sample)
                    both = {"prompt": self.prompt(row.prompt), "completion": self.completion(row)}
                    writer.add(
                        {"messages": {"messages": [*turns, answer]} | origin, "prompt_completion": both | origin}, row
                    )
        return writer.facts()

    def _write_pairs(self, groups: Iterator[RowGroup], directory: str) -> dict[str, Any]:
        lengths = Lengths(balance=False)
        shapes = {"pairs": [*self._pair_columns(), *provenance.pair_columns()]}
        with open_product(self, directory, "pairs", shapes, Format(self.format, "pair", self.name)) as writer:
            for group in groups:
                self._write_problem(writer, group, lengths)
        return writer.facts() | {"lengths": lengths.facts()}

    def _write_problem(self, writer: Writer, group: RowGroup, lengths: Lengths) -> None:
        safe = [row for row in group.selected if self._safe(row) is True]
        # an error of ours says nothing, whatever the policy's own verdict on the sample
        usable = (row for row in group.rows if row.dropped is None and standing(row) != Standing.ERROR)
        unsafe = [row for row in usable if self._safe(row) is False]
        if not safe or not unsafe:
            missing = "no_unsafe" if safe else "no_safe"
            writer.drop(missing if group.dropped is None else f"selection:{group.dropped}")
            return
        written = 0
        for chosen, rejected in crossed(safe, unsafe):
            if same_text(chosen, rejected):
                writer.drop("identical")
                continue
            lengths.add(chosen, rejected)
            record = self._pair(chosen, rejected) | {"violates": self._violates(rejected)}
            writer.add({"pairs": record | provenance.of_pair(chosen, rejected)}, chosen, rejected)
            written += 1
            if written == self.pairs_per_problem:
                return

    def _safe(self, row: Row) -> bool | None:
        """Whether the policy's verifiers all PASS; False where one FAILs, None where nobody can say."""
        statuses = {verdict.verifier: verdict.status for verdict in row.verdicts}
        asked = [statuses.get(name) for name in self.verifiers]
        if any(status == Status.FAIL for status in asked):
            return False
        return True if all(status == Status.PASS for status in asked) else None

    def _violates(self, row: Row) -> list[str]:
        """What the policy's verifiers hold against a sample: their reasons."""
        against = [v for v in row.verdicts if v.verifier in self.verifiers and v.status == Status.FAIL]
        return [f"{verdict.verifier}: {verdict.reason.code}" for verdict in against]

    def _pair(self, chosen: Row, rejected: Row) -> dict[str, Any]:
        if one_message(self.format):
            sides = {"chosen": self.assistant(chosen.sample), "rejected": self.assistant(rejected.sample)}
            return {"messages": self.turns(chosen.prompt), **sides}
        both = {"chosen": self.completion(chosen), "rejected": self.completion(rejected)}
        return {"prompt": self.prompt(chosen.prompt), **both}

    def _pair_columns(self) -> list[Column]:
        import pyarrow as pa

        turn, kind = self.turn_type(), self.text_type()
        asked: Column = ("prompt", kind, "what the model was asked")
        if one_message(self.format):
            asked, kind = ("messages", pa.list_(turn), asked[2]), turn
        sides: list[Column] = [("chosen", kind, "the safe answer"), ("rejected", kind, "the unsafe one")]
        return [asked, *sides, ("violates", pa.list_(pa.string()), "what the policy's verifiers hold against it")]
