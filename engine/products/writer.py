"""Writes the rows of a product and counts what was taken and what was dropped, so that the numbers add up."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, Protocol

from engine.products.files import FileOptions, ShapeFiles, whole_directory
from engine.records import Row

MANY = 100
"""Sources and licences beyond this number are counted together."""
Column = tuple[str, Any, str]
"""Name, pyarrow type, and what it means."""
Side = Callable[[Path, Mapping[str, Any]], None]
"""Writes files beside the rows, given the directory and what ``Writer.facts`` says of its shapes."""


class Described(Protocol):
    """What a product says of itself."""

    about: ClassVar[str]
    """What a row is, in one sentence for the card."""
    limits: ClassVar[tuple[str, ...]]
    """What a row is not, in sentences for the card."""
    files: FileOptions


class Writer:
    """One product's files and counts; made by ``open_product``.

    Everything that is looked at, a sample, a pair or a problem (``unit``), is either written by ``add`` or dropped with
    a reason, so ``taken`` is always ``rows`` plus all drops.
    """

    def __init__(
        self, product: Described, unit: str, shapes: Mapping[str, list[Column]], outputs: dict[str, ShapeFiles]
    ) -> None:
        self._product = product
        self.unit = unit
        self.rows = self.tokens = 0
        self.dropped: Counter[str] = Counter()
        self._shapes = shapes
        self._outputs = outputs
        self._sources: Counter[str] = Counter()
        self._licences: Counter[str] = Counter()
        self.shape_facts: dict[str, Any] = {}

    def add(self, records: Mapping[str, dict[str, Any]], *rows: Row) -> None:
        """Write one record per shape; ``rows`` are the samples that it is made of, the one to learn from first."""
        for shape, record in records.items():
            self._outputs[shape].add(record)
        self.rows += 1
        self.tokens += sum(row.sample.tokens for row in rows)
        if rows:
            self.count_problem(rows[0].problem.source, rows[0].problem.licence)

    def count_problem(self, source: str, licence: str | None) -> None:
        """Count where a record comes from."""
        _count(self._sources, source or "not named")
        _count(self._licences, licence or "not named")

    def drop(self, reason: str, times: int = 1) -> None:
        """Count what is not written."""
        if times:
            self.dropped[reason] += times

    def drop_rows(self, rows: Iterable[Row]) -> None:
        """Count the rows that selection has dropped, by its reason."""
        for row in rows:
            if row.dropped is not None:
                self.drop(f"selection:{row.dropped}")

    def facts(self) -> dict[str, Any]:
        """What ``Product.write`` returns."""
        return {
            "rows": self.rows,
            "unit": self.unit,
            "taken": self.rows + self.dropped.total(),
            "dropped": dict(sorted(self.dropped.items())),
            "shapes": self.shape_facts,
            "tokens": self.tokens,
            "sources": dict(sorted(self._sources.items())),
            "licences": dict(sorted(self._licences.items())),
            "replaced": max(output.replaced for output in self._outputs.values()),
            "about": self._product.about,
            "limits": list(self._product.limits),
        }

    def close(self) -> None:
        """Finish the files."""
        for shape, output in self._outputs.items():
            columns = [
                {"name": name, "type": str(kind), "description": told} for name, kind, told in self._shapes[shape]
            ]
            self.shape_facts[shape] = output.close() | {"columns": columns}


@contextmanager
def open_product(
    product: Described, directory: str, unit: str, shapes: Mapping[str, list[Column]], side: Side | None = None
) -> Iterator[Writer]:
    """A writer for ``directory``, which is replaced whole when the block ends, and untouched if it raises.

    ``side`` makes further files from the finished writer, such as LLaMA-Factory's ``dataset_info.json``. Raises
    ``ProofstillError`` when the disk refuses.
    """
    import pyarrow as pa

    with whole_directory(directory) as root:
        outputs: dict[str, ShapeFiles] = {}
        try:
            for shape, columns in shapes.items():
                schema = pa.schema([pa.field(name, kind) for name, kind, _ in columns])
                outputs[shape] = ShapeFiles(root, shape, schema, product.files)
            writer = Writer(product, unit, shapes, outputs)
            yield writer
            writer.close()
            if side is not None:
                side(root, writer.shape_facts)
        finally:
            for output in outputs.values():
                output.abandon()


def _count(counts: Counter[str], name: str) -> None:
    clean = name.encode("utf-8", "replace").decode()
    counts[clean if clean in counts or len(counts) < MANY else "others"] += 1
