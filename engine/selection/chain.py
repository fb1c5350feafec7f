"""The selectors of a run, one after the other; what they find is written down, so that a person can look at it."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self, TextIO

from engine.build import build
from engine.codec import to_json
from engine.errors import ConfigError
from engine.protocols import Selector
from engine.rows import Finding, RowGroup


class Chain:
    """Selectors in the order of the configuration; each sees what those before it have left.

    With ``record``, a context manager: what is found is written there as JSON lines, one for each row or problem,
    and the file is put in place when the block ends well.
    """

    def __init__(self, config: Mapping[str, Any], record: Path | None = None) -> None:
        """Build the selectors. Raises ``ConfigError``."""
        self._selectors = {name: build(cfg, Selector, f"select.{name}") for name, cfg in config.items()}
        self._dropped = {name: {"rows": Counter[str](), "problems": Counter[str]()} for name in self._selectors}
        self._noted: Counter[str] = Counter()
        self._record = record
        self._file: TextIO | None = None

    def __enter__(self) -> Self:
        """Open the record."""
        if self._record is not None:
            self._file = self._partial.open("w", encoding="utf-8")
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Put the record in its place, or leave the one before."""
        if self._file is not None and self._record is not None:
            self._file.close()
            self._file = None
            if kind is None:
                self._partial.replace(self._record)
            else:
                self._partial.unlink()

    @property
    def _partial(self) -> Path:
        assert self._record is not None
        return self._record.with_name(self._record.name + ".partial")

    def apply(self, group: RowGroup) -> RowGroup:
        """The group with what is dropped marked so."""
        for name, selector in self._selectors.items():
            if not (group.selected or group.rejected):
                break
            before = len(group.selected)
            found = selector.select(group)
            if isinstance(found, Finding):
                self._write(name, group, None, found)
                if found.drops:
                    group = without(group, found.reason)
                    self._dropped[name]["rows"][found.reason] += before
                    self._dropped[name]["problems"][found.reason] += 1
                continue
            if len(found) != before:
                raise ConfigError(f"select.{name}: answered for {len(found)} of {before} rows of {group.problem.id!r}")
            group = self._marked(name, group, dict(zip((r.sample.index for r in group.selected), found, strict=True)))
        return group

    def facts(self) -> dict[str, Any]:
        """For ``stats.json``: ``dropped`` and ``noted`` count by reason; ``selectors`` does so for each, in order."""
        dropped: Counter[str] = Counter()
        selectors = {}
        for name, selector in self._selectors.items():
            dropped.update(self._dropped[name]["rows"])
            told = {unit: dict(sorted(counted.items())) for unit, counted in self._dropped[name].items()}
            facts = getattr(selector, "facts", dict)
            selectors[name] = told | {"facts": facts()}
        return {
            "dropped": dict(sorted(dropped.items())),
            "noted": dict(sorted(self._noted.items())),
            "selectors": selectors,
        }

    def _marked(self, name: str, group: RowGroup, found: Mapping[int, Finding | None]) -> RowGroup:
        rows = []
        for row in group.rows:
            finding = found.get(row.sample.index)
            if finding is not None:
                self._write(name, group, row.sample.index, finding)
            if finding is None or not finding.drops:
                rows.append(row)
            else:
                rows.append(replace(row, dropped=finding.reason))
                self._dropped[name]["rows"][finding.reason] += 1
        return replace(group, rows=tuple(rows))

    def _write(self, name: str, group: RowGroup, index: int | None, finding: Finding) -> None:
        if not finding.drops:
            self._noted[finding.reason] += 1
        if self._file is not None:
            line = {"problem_id": group.problem.id, "index": index, "selector": name, **to_json(finding)}
            self._file.write(json.dumps(line, ensure_ascii=False) + "\n")


@dataclass
class Recorded:
    """What a ``Chain`` has found in an earlier pass over the same groups, read from its record as they come past."""

    path: Path
    _lines: Iterator[dict[str, Any]] = field(init=False)
    _next: dict[str, Any] | None = field(init=False)

    def __post_init__(self) -> None:
        """Read the first line."""
        self._lines = self._read()
        self._next = next(self._lines, None)

    def apply(self, group: RowGroup) -> RowGroup:
        """The group with what was dropped marked so."""
        rows = {row.sample.index: row for row in group.rows}
        while self._next is not None and self._next["problem_id"] == group.problem.id:
            line, self._next = self._next, next(self._lines, None)
            if line["drops"] and line["index"] is None:
                return without(replace(group, rows=tuple(rows.values())), line["reason"])
            if line["drops"]:
                rows[line["index"]] = replace(rows[line["index"]], dropped=line["reason"])
        return replace(group, rows=tuple(rows.values()))

    def _read(self) -> Iterator[dict[str, Any]]:
        with self.path.open(encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)


def without(group: RowGroup, reason: str) -> RowGroup:
    """The group as a problem that is dropped; a row that was dropped before keeps its own reason."""
    rows = tuple(replace(row, dropped=row.dropped or reason) for row in group.rows)
    return replace(group, rows=rows, dropped=reason)
