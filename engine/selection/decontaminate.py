"""Decontamination: problems and samples that hold passages of benchmarks."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine import plain_text
from engine.errors import ConfigError, DataError, ProofstillError
from engine.files import expand
from engine.problems.hub import HubDataset
from engine.problems.rows import Row, RowError, RowSource, look_up
from engine.problems.table import Table
from engine.records import Problem
from engine.rows import Finding, RowGroup
from engine.selection.passages import Match, Passage, Passages
from engine.selection.text import check_option

QUESTIONS = ("problem", "question", "prompt", "text")
_SHOWN = 500
_Key = tuple[str, int | None]


@dataclass(frozen=True)
class Benchmark:
    """A data set that must not be trained on."""

    path: str | tuple[str, ...]
    """Files as in ``problems=jsonl`` (JSON lines, CSV, Parquet, globs), or with ``split`` a data set of the hub."""
    columns: tuple[str, ...] = ()
    """What to look for, each cell for itself; dotted paths allowed. Empty: the first of ``QUESTIONS`` there is."""
    split: str | None = None
    """Split of a hub data set; None: ``path`` names files."""
    config: str | None = None
    """Configuration of the hub data set."""
    revision: str | None = None
    """Its commit, tag or branch."""


@dataclass
class Decontaminate:
    """Drops what repeats a benchmark, notes what may, and shows which passage and where.

    The n-gram rule of Tulu 3 (arXiv 2411.15124, section 3.2): a shared n-gram makes a candidate, and it counts by the
    share of the benchmark's passage that shared n-grams cover. ``engine.selection.passages`` says what is left out.

    Reasons: ``contaminated`` (the prompt; the problem goes from every product), ``contaminated_sample`` (the row goes)
    and, below ``drop_above``, ``maybe_contaminated`` and ``maybe_contaminated_sample``, which drop nothing. Evidence:
    ``benchmark``, ``row`` (from 1), ``id``, ``column``; ``coverage``, ``run`` (words); ``where`` (``prompt``,
    ``reasoning`` or ``text``), ``start``, ``end`` and ``span`` (the text there, cut at 500 characters).
    """

    against: dict[str, Benchmark] = field(default_factory=dict)
    """Name, for evidence and cards, to data set."""
    look_at: str = "prompt"
    """The ``prompt`` alone, or ``all``: reasoning and text of every selected sample too."""
    n: int = 8
    """Words of an n-gram."""
    drop_above: float = 0.5
    """Coverage, 0 to 1, above which a passage counts as repeated."""
    review_above: float = 0.3
    """Coverage above which it is only noted."""
    common: int = 10
    """An n-gram in more passages of a benchmark than that is boilerplate."""
    reviewed: str | None = None
    """JSON lines, as in ``selection.jsonl``, that a person has looked at: those with ``"keep": true`` stay."""

    def __post_init__(self) -> None:
        """Read the benchmarks. Raises ``ConfigError`` or ``DataError`` naming the key that does not fit."""
        check_option("look_at", self.look_at, ("prompt", "all"))
        for name, fine, rule in (
            ("n", self.n >= 2, "2 or more"),
            ("drop_above", 0 <= self.drop_above < 1, "0 or more, and below 1"),
            ("review_above", 0 <= self.review_above <= self.drop_above, "0 or more, and not above drop_above"),
            ("common", self.common >= 1, "1 or more"),
        ):
            if not fine:
                raise ConfigError(f"{name} is {getattr(self, name)}: give {rule}")
        if not self.against:
            raise ConfigError(
                "against is empty: give a benchmark, as in `+select.decontaminate.against.NAME.path=FILE`"
            )
        self._keep = _reviewed(self.reviewed) if self.reviewed is not None else set()
        self._passages = Passages(self.n, self.common)
        self._rows = {name: _read(name, benchmark, self._passages) for name, benchmark in self.against.items()}
        self._passages.build()
        self._hits: Counter[tuple[str, str]] = Counter()
        self._kept = 0

    def select(self, group: RowGroup) -> Sequence[Finding | None] | Finding:
        """See ``engine.protocols.Selector``. A noted prompt is also in the evidence of its samples' findings."""
        found = self._look(group, None, {"prompt": _text(group.problem)}, "contaminated")
        if (found is not None and found.drops) or self.look_at == "prompt":
            return found or [None] * len(group.selected)
        rows = []
        for row in group.selected:
            parts = {"reasoning": row.sample.reasoning or "", "text": row.sample.text}
            finding = self._look(group, row.sample.index, parts, "contaminated_sample")
            if finding is not None and found is not None:
                finding = Finding(finding.reason, {**finding.evidence, "prompt": found.evidence}, finding.drops)
            rows.append(finding)
        return rows if found is None or any(rows) else found

    def facts(self) -> dict[str, Any]:
        """Settings, and per benchmark: rows read, passages looked for, those that are boilerplate alone, and hits."""
        passages = Counter(passage.benchmark for passage in self._passages.passages)
        boilerplate = Counter(passage.benchmark for passage in self._passages.boilerplate)
        return {
            "n": self.n,
            "drop_above": self.drop_above,
            "review_above": self.review_above,
            "look_at": self.look_at,
            "kept_by_review": self._kept,
            "against": {
                name: {
                    "rows": self._rows[name],
                    "passages": passages[name] - boilerplate[name],
                    "boilerplate": boilerplate[name],
                    "hits": {reason: many for (of, reason), many in sorted(self._hits.items()) if of == name},
                }
                for name in self.against
            },
        }

    def _look(self, group: RowGroup, index: int | None, parts: Mapping[str, str], reason: str) -> Finding | None:
        """What is found in the parts of a prompt or of a sample; of several the one that most is covered of."""
        matches = [(match, where) for where, text in parts.items() if (match := self._passages.find(text)) is not None]
        match, where = max(matches, key=lambda item: item[0].coverage, default=(None, ""))
        if match is None or match.coverage <= self.review_above:
            return None
        if (group.problem.id, index) in self._keep:
            self._kept += 1
            return None
        drops = match.coverage > self.drop_above
        reason = reason if drops else f"maybe_{reason}"
        self._hits[match.passage.benchmark, reason] += 1
        return Finding(reason, _evidence(match, where, parts[where]), drops)


def _evidence(match: Match, where: str, text: str) -> dict[str, Any]:
    passage = match.passage
    return {
        "benchmark": passage.benchmark,
        "row": passage.row,
        "id": passage.id,
        "column": passage.column,
        "coverage": round(match.coverage, 3),
        "run": match.run,
        "where": where,
        "start": match.start,
        "end": match.end,
        "span": plain_text.lines(text[match.start : match.end], _SHOWN),
    }


def _text(problem: Problem) -> str:
    """The prompt; turns of a conversation as paragraphs."""
    if isinstance(problem.prompt, str):
        return problem.prompt
    return "\n\n".join(message.content for message in problem.prompt)


def _read(name: str, benchmark: Benchmark, passages: Passages) -> int:
    """Add every cell that counts; returns how many rows were read."""
    key = f"select.decontaminate.against.{name}"
    rows, seen, there = 0, 0, dict[str, None]()
    try:
        for number, _, row in _source(key, benchmark).rows():
            if isinstance(row, RowError):
                raise DataError(f"row {number}: {row}; mend or remove it")
            rows += 1
            there.update(dict.fromkeys(row))
            for column, text in _cells(row, benchmark.columns):
                seen += 1
                passages.add(text, Passage(name, number, column, _id(row)))
    except ProofstillError as error:
        raise DataError(_with_key(key, str(error))) from None
    if not seen:
        wanted = " or ".join(map(repr, benchmark.columns or QUESTIONS))
        has = f"it has {', '.join(map(repr, there))}" if rows else "it has no row at all"
        raise DataError(f"{key}.columns: no row of {benchmark.path!r} has text in {wanted}; {has}")
    return rows


def _with_key(key: str, text: str) -> str:
    """A source's own sentence, which knows it as ``problems``."""
    text = re.sub(r"\bproblems\.(path|config|split)\b", rf"{key}.\1", text)
    if text.startswith(key):
        return text
    return f"{key}.{text}" if text.startswith("path: ") else f"{key}: {text}"


def _source(key: str, benchmark: Benchmark) -> RowSource:
    if benchmark.split is None:
        return Table(path=tuple(map(str, expand(benchmark.path, f"{key}.path"))))
    if not isinstance(benchmark.path, str):
        raise ConfigError("path: give the name of one data set, or leave split out where these are files")
    return HubDataset(path=benchmark.path, config=benchmark.config, split=benchmark.split, revision=benchmark.revision)


def _cells(row: Row, columns: Sequence[str]) -> Iterator[tuple[str, str]]:
    for column in columns or QUESTIONS:
        text = "\n\n".join(_strings(look_up(row, column)[1]))
        if text:
            yield column, text
            if not columns:
                return


def _strings(value: Any) -> Iterator[str]:
    """All text in a cell: a string, options of a list, the turns of a conversation."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from _strings(value.get("content"))
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _strings(item)


def _id(row: Row) -> str | None:
    found = row.get("id")
    return str(found) if isinstance(found, (str, int)) else None


def _reviewed(path: str) -> set[_Key]:
    """What a person wants to keep. Raises ``DataError`` for a file that is no review."""
    key, keep = "select.decontaminate.reviewed", set[_Key]()
    if not Path(path).is_file():
        raise DataError(f'{key}: there is no file {path!r}; give lines of a run\'s selection.jsonl with `"keep": true`')
    with Path(path).open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if line.isspace():
                continue
            try:
                row = json.loads(line)
                one, index, kept = row["problem_id"], row["index"], row.get("keep", False)
                fits = isinstance(one, str) and (index is None or type(index) is int) and isinstance(kept, bool)
            except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
                fits = False
            if not fits:
                raise DataError(f"{key}: line {number} of {path!r} is no line of a run's selection.jsonl; mend it")
            if kept:
                keep.add((one, index))
    return keep
