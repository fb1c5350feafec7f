"""Unpaired preferences for KTO: each sample by itself, with a label.

Format: TRL ``dataset_formats.md``, unpaired preference. KTO wants ``desirable_weight * desirable`` and
``undesirable_weight * undesirable`` within 1 to 4/3 of each other (Ethayarajh et al. 2024, equation 8); the facts give
the balance and weights that meet it.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from engine.errors import ConfigError
from engine.products import provenance
from engine.products.choose import check_prefer, ranked
from engine.products.files import FileOptions
from engine.products.formats import Format, check_format
from engine.products.preference import LOSERS
from engine.products.rendering import Rendering
from engine.products.writer import Column, open_product
from engine.records import Row
from engine.rows import RowGroup, rejecting

FORMATS = ("trl", "llama_factory")


@dataclass
class Unpaired(Rendering):
    """One row per verified or rejected sample.

    Drops: ``selection:<reason>``, ``loser_status``, ``both_labels`` (the same text was accepted and rejected),
    ``duplicate`` (of a rejected sample), ``over_cap``, ``label_balance``.
    """

    losers: tuple[str, ...] = ("FAIL", "TIMEOUT")
    """Statuses that make a negative: FAIL, TIMEOUT (of the sample's program), NO_ANSWER (also truncated samples)."""
    max_per_label: int | None = None
    """Rows of one problem with the same label, at most; None for all."""
    prefer: str = "first"
    """Which rows come first where not all are taken: ``first``, ``shortest``, ``longest`` or ``score``."""
    score_by: str | None = None
    """Verifier whose score is meant; None: the mean of all that gave one."""
    balance: str = "none"
    """``none``, or ``problem``: as many rows of both labels from every problem."""
    format: str = "trl"
    """``trl``, or ``llama_factory`` (``messages`` with the completion, and its ``dataset_info.json``)."""
    files: FileOptions = field(default_factory=FileOptions)
    name: str = field(default="unpaired", init=False)
    about: ClassVar[str] = "Each row is a sample with a label: whether the verifiers passed it, or one refused it."
    limits: ClassVar[tuple[str, ...]] = ("A sample labelled false may be right in all but one step.",)

    def __post_init__(self) -> None:
        """Raise ``ConfigError`` naming the key that does not fit."""
        super().__post_init__()
        check_format(self.format, FORMATS, self.files)
        check_prefer(self.prefer)
        if not self.losers or set(self.losers) - set(LOSERS):
            raise ConfigError(f"losers is {list(self.losers)}: give some of {', '.join(LOSERS)}")
        if self.balance not in ("none", "problem"):
            raise ConfigError(f"balance is {self.balance!r}: give none or problem")
        if self.max_per_label is not None and self.max_per_label < 1:
            raise ConfigError(f"max_per_label is {self.max_per_label}: give 1 or more, or null for all")

    def write(self, groups: Iterator[RowGroup], directory: str) -> dict[str, Any]:
        """See ``engine.protocols.Product``; adds ``labels`` (see ``balance_of``)."""
        labels: Counter[bool] = Counter()
        shapes = {"samples": [*self._columns(), *provenance.columns()]}
        with open_product(self, directory, "samples", shapes, Format(self.format, "unpaired", self.name)) as writer:
            for group in groups:
                writer.drop_rows(group.rows)
                chosen, dropped = self._chosen(group)
                for reason, times in dropped.items():
                    writer.drop(reason, times)
                for row in chosen:
                    label = row.decision.accepted
                    labels[label] += 1
                    told = {"label": label, "refused_for": provenance.reason_of(row)}
                    writer.add({"samples": self._shaped(row) | told | provenance.of(row)}, row)
        return writer.facts() | {"labels": balance_of(labels[True], labels[False])}

    def _chosen(self, group: RowGroup) -> tuple[list[Row], Counter[str]]:
        """The rows of one problem in the order of their index, and why others are left out."""
        dropped: Counter[str] = Counter()
        right = {_text(row) for row in group.accepted}
        wrong: dict[str, Row] = {}
        for row in group.rejected:
            verdict = rejecting(row)
            if verdict is None or verdict.status.value not in self.losers:
                dropped["loser_status"] += 1
            elif _text(row) in right:
                dropped["both_labels"] += 1
            elif _text(row) in wrong:
                dropped["duplicate"] += 1
            else:
                wrong[_text(row)] = row
        contradicted = {_text(row) for row in group.rejected}
        good = [row for row in group.selected if _text(row) not in contradicted]
        dropped["both_labels"] += len(group.selected) - len(good)
        sides: Sequence[Sequence[Row]] = (good, list(wrong.values()))
        most = min(map(len, sides)) if self.balance == "problem" else max(map(len, sides))
        chosen = []
        for rows in sides:
            cap = len(rows) if self.max_per_label is None else min(self.max_per_label, len(rows))
            dropped["over_cap"] += len(rows) - cap
            dropped["label_balance"] += max(0, cap - most)
            chosen += ranked(rows, self.prefer, self.score_by)[: min(cap, most)]
        return sorted(chosen, key=lambda row: row.sample.index), dropped

    def _shaped(self, row: Row) -> dict[str, Any]:
        if self.format == "llama_factory":
            return {"messages": [*self.turns(row.prompt), self.assistant(row.sample)]}
        return {"prompt": self.prompt(row.prompt), "completion": self.completion(row)}

    def _columns(self) -> list[Column]:
        import pyarrow as pa

        told: list[Column] = [
            ("label", pa.bool_(), "true: verified and selected; false: a verifier is sure that it is wrong"),
            ("refused_for", pa.string(), "verifier, status and reason of the verdict against it; null where verified"),
        ]
        if self.format == "llama_factory":
            return [("messages", pa.list_(self.turn_type()), "prompt turns, then the sample"), *told]
        kind = self.text_type()
        return [("prompt", kind, "what the model was asked"), ("completion", kind, "the sample"), *told]


def balance_of(desirable: int, undesirable: int) -> dict[str, Any]:
    """Rows of each label, and the weight that makes up for the difference (None where one of them is missing)."""
    facts: dict[str, Any] = {"desirable": desirable, "undesirable": undesirable}
    if not desirable or not undesirable:
        return facts | {"desirable_weight": None, "undesirable_weight": None}
    return facts | {
        "desirable_weight": round(max(1.0, undesirable / desirable), 4),
        "undesirable_weight": round(max(1.0, desirable / undesirable), 4),
    }


def _text(row: Row) -> str:
    return "\0".join(" ".join(part.split()) for part in (row.sample.reasoning or "", row.sample.text))
