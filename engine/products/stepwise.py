"""Step-wise supervision for process reward models: the steps of a sample, each labelled right or wrong.

Format: TRL ``dataset_formats.md``, stepwise supervision; axolotl's ``stepwise_supervised`` reads it too. As in PRM800K
(Lightman et al. 2023) a row ends at its first wrong step: what comes after builds on an error.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

from engine.errors import ConfigError
from engine.products import provenance
from engine.products.files import FileOptions
from engine.products.formats import Format, check_format
from engine.products.rendering import prompt_text
from engine.products.steps import Steps, steps_of
from engine.products.writer import Column, open_product
from engine.records import Row
from engine.rows import RowGroup, Standing, standing

FORMATS = ("trl", "axolotl")


@dataclass
class Stepwise:
    """One row per sample with step labels, accepted or not: a prefix of its steps, up to the first without a label.

    A label comes from a mark that supports or refutes the step: Monte-Carlo labels of ``proofstill locate`` where
    there are any, else a verifier's marks, such as those of ``verifier=steps``. Drops: ``error``, ``no_step_verdict``,
    ``first_step_unchecked``, ``too_few_steps``, ``error_not_found`` (every step seems right, the answer is not),
    ``selection:<reason>``, ``duplicate``.
    """

    source: str | None = None
    """Whose marks: ``locate``, a verifier's name, or None for locate's and else the first verifier's that has any."""
    trust_accepted: bool = False
    """Whether an unchecked step of an accepted sample, none of whose steps is refuted, counts as right."""
    min_steps: int = 1
    """Least labelled steps of a row."""
    format: str = "trl"
    """``trl`` or ``axolotl``."""
    files: FileOptions = field(default_factory=FileOptions)
    name: str = field(default="stepwise", init=False)
    about: ClassVar[str] = "Each row is the beginning of a sample, each of its steps labelled right or wrong."
    limits: ClassVar[tuple[str, ...]] = (
        "A right step is one in which what was checked holds; that it leads anywhere is not said.",
        "A label of locate is as sure as its rollouts.",
    )

    def __post_init__(self) -> None:
        """Raise ``ConfigError`` naming the key that does not fit."""
        check_format(self.format, FORMATS, self.files)
        if self.min_steps < 1:
            raise ConfigError(f"min_steps is {self.min_steps}: give 1 or more")

    def write(self, groups: Iterator[RowGroup], directory: str) -> dict[str, Any]:
        """See ``engine.protocols.Product``; adds ``labels``: how many steps are right, wrong, and right by trust."""
        labels: Counter[str] = Counter(right=0, wrong=0, trusted=0)
        shapes = {"steps": [*_columns(), *provenance.columns()]}
        with open_product(self, directory, "samples", shapes, Format(self.format, "stepwise", self.name)) as writer:
            for group in groups:
                seen: set[tuple[str, ...]] = set()
                for row in group.rows:
                    record = self._record(row)
                    if isinstance(record, dict):
                        reason = "duplicate" if tuple(record["completions"]) in seen else None
                        seen.add(tuple(record["completions"]))
                    else:
                        reason = record
                    if reason is not None or not isinstance(record, dict):
                        writer.drop(reason or "duplicate")
                        continue
                    labels.update("right" if label else "wrong" for label in record["labels"])
                    labels["trusted"] += record.pop("trusted")
                    writer.add({"steps": record | provenance.of(row)}, row)
        return writer.facts() | {"labels": dict(labels)}

    def _record(self, row: Row) -> dict[str, Any] | str:
        """The row, or why there is none."""
        if standing(row) == Standing.ERROR:
            return "error"
        if row.dropped is not None:
            return f"selection:{row.dropped}"
        steps = steps_of(row, self.source)
        if steps is None:
            return "no_step_verdict"
        labels, trusted = self._labels(row, steps)
        if not labels:
            return "first_step_unchecked"
        if len(labels) < self.min_steps:
            return "too_few_steps"
        if standing(row) == Standing.REJECTED and all(labels) and len(labels) == len(steps.marks):
            return "error_not_found"
        marks = steps.marks[: len(labels)]
        return {
            "prompt": prompt_text(row.prompt).rstrip("\n"),
            "completions": [steps.piece(mark) for mark in marks],
            "labels": labels,
            "step_scores": [mark.score for mark in marks],
            "labelled_by": f"{steps.verdict.verifier} {steps.verdict.version}+{steps.verdict.config_hash}",
            "trusted": trusted,
        }

    def _labels(self, row: Row, steps: Steps) -> tuple[list[bool], int]:
        """Labels up to the first step without one or the first wrong step, and how many rest on trust alone."""
        trusting = self.trust_accepted and row.decision.accepted and steps.refuted is None
        labels: list[bool] = []
        trusted = 0
        for mark in steps.marks:
            if mark.verdict == "unchecked" and not trusting:
                break
            trusted += mark.verdict == "unchecked"
            labels.append(mark.verdict != "refuted")
            if mark.verdict == "refuted":
                break
        return labels, trusted


def _columns() -> list[Column]:
    import pyarrow as pa

    return [
        ("prompt", pa.string(), "what the model was asked, as text"),
        ("completions", pa.list_(pa.string()), "the steps of the sample, in order, up to the first wrong one"),
        ("labels", pa.list_(pa.bool_()), "whether each step is right"),
        ("step_scores", pa.list_(pa.float64()), "probability that everything up to the step is right, where known"),
        ("labelled_by", pa.string(), "what the labels come from, with its version and configuration hash"),
    ]
