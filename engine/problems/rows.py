"""From a row of a table to a problem: what every tabular source shares."""

import abc
import difflib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.codec import content_id
from engine.errors import ConfigError, DataError
from engine.problems.answers import FORMS, extract_answer, plain_text
from engine.problems.shapes import SHAPES
from engine.problems.tests_field import read_tests
from engine.records import BadRow, Message, Problem

TARGETS = ("id", "prompt", "answer", "tests", "entry_point", "reference_solution", "policy", "licence")

Row = Mapping[str, Any]


class RowError(Exception):
    """Why a row cannot be used: a code for counting and a sentence."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(kw_only=True)
class RowSource(abc.ABC):
    """Options that ``Table`` and ``HubDataset`` share, and the mapping from rows to problems.

    A row that cannot be used becomes a ``BadRow``. A mapped column that no row has is a ``DataError`` at the end
    of the data, since a column may well be sparse; so is a source without a usable row.
    """

    fields: dict[str, str | None] = field(default_factory=dict)
    """Column of each of ``TARGETS``, a dotted path (``answers.0.text``) into nested values allowed; null switches
    one off, and one that is not listed is looked for under its own name."""
    shape: str | None = None
    """Public shape (see ``engine.problems.shapes``) that is turned into standard columns first."""
    answer_from: str = "raw"
    """How the answer column holds the answer: raw, gsm8k, boxed or list."""
    require: tuple[str, ...] = ()
    """Fields, besides the prompt, without which a row cannot be used."""
    keep: tuple[str, ...] = ()
    """Columns that are kept in ``Problem.meta``."""
    domain: str = "math"
    """Domain of the problems: math, code, chat, …"""
    source: str | None = None
    """Name of the source in each problem; null for the file or data set."""
    licence: str | None = None
    """Licence of the rows that name none."""
    limit: int | None = None
    """Stop after that many problems."""

    def __post_init__(self) -> None:
        for name in self.fields:
            _known(f"fields.{name}", name, TARGETS)
        for name in self.require:
            _known("require", name, TARGETS)
        _known("answer_from", self.answer_from, FORMS)
        if self.shape is not None:
            _known("shape", self.shape, tuple(SHAPES))
        if self.limit is not None and self.limit < 1:
            raise ConfigError(f"limit is {self.limit}: give a positive number, or null for all")

    def problems(self) -> Iterator[Problem | BadRow]:
        """Yield problems and bad rows in the order of the source, in constant memory."""
        seen: set[str] = set()
        columns: dict[str, None] = {}
        first_bad: BadRow | None = None
        made = 0
        for number, where, row in self.rows():
            try:
                yield self._problem(self._values(row, seen, columns))
                made += 1
                if made == self.limit:
                    return
            except RowError as error:
                bad = BadRow(number, error.code, f"{where}: {error}")
                first_bad = first_bad or bad
                yield bad
        if made or self.shape is None:
            self._check_columns(seen, columns)
        if not made:
            raise DataError(f"{self.name}: no row can be used; {first_bad.text if first_bad else 'it is empty'}")

    @property
    @abc.abstractmethod
    def name(self) -> str:
        """The source in words, for problems and messages."""

    @abc.abstractmethod
    def rows(self) -> Iterator[tuple[int, str, Row | RowError]]:
        """Yield (number from 1, place in words, row or what is wrong with it); given by each kind of source."""

    def _values(self, row: Row | RowError, seen: set[str], columns: dict[str, None]) -> dict[str, Any]:
        """Values of the fields that the row has; ``seen`` collects their names and ``columns`` those of the row."""
        if isinstance(row, RowError):
            raise row
        columns.update(dict.fromkeys(row))
        if self.shape is not None:
            row = {**row, **_shaped(self.shape, row)}
        values = {}
        for name in TARGETS:
            column = self._column(name)
            found, value = (False, None) if column is None else look_up(row, column)
            if found:
                seen.add(name)
                values[name] = value
        return values | {"meta": {column: _json_value(look_up(row, column)[1]) for column in self.keep}}

    def _problem(self, values: dict[str, Any]) -> Problem:
        for name in ("prompt", *self.require):
            if values.get(name) is None:
                raise RowError("missing_field", f"column {self._column(name)!r} is missing or null")
        prompt = self._convert("prompt", values, _prompt)
        answer = self._convert("answer", values, lambda value: extract_answer(value, self.answer_from))
        entry_point = self._convert("entry_point", values, plain_text)
        tests = self._convert("tests", values, lambda value: read_tests(value, entry_point))
        return Problem(
            id=self._convert("id", values, plain_text) or content_id(prompt, answer, tests),
            prompt=prompt,
            domain=self.domain,
            answer=answer,
            tests=tests,
            policy=self._convert("policy", values, plain_text),
            reference_solution=self._convert("reference_solution", values, plain_text),
            source=self.source if self.source is not None else self.name,
            licence=self._convert("licence", values, plain_text) or self.licence,
            meta=values["meta"],
        )

    def _column(self, name: str) -> str | None:
        return self.fields.get(name, name)

    def _convert(self, name: str, values: dict[str, Any], convert: Any) -> Any:
        value = values.get(name)
        if value is None:
            return None
        try:
            return convert(value)
        except ValueError as error:
            raise RowError("bad_value", f"column {self._column(name)!r} {error}") from None

    def _check_columns(self, seen: set[str], columns: dict[str, None]) -> None:
        for name in TARGETS:
            column = self._column(name)
            asked_for = column != name or name in ("prompt", *self.require)
            if not columns or column is None or not asked_for or name in seen:
                continue
            close = difflib.get_close_matches(column, columns, n=1)
            hint = f"did you mean {close[0]!r}? " if close else ""
            raise DataError(
                f"{self.name}: no row has column {column!r} of problems.fields.{name}; {hint}"
                f"The columns are {', '.join(columns)}"
            )


def _known(key: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        close = difflib.get_close_matches(value, choices, n=1)
        hint = f"did you mean {close[0]!r}? " if close else ""
        raise ConfigError(f"{key}: {value!r} is unknown; {hint}Choose from {', '.join(choices)}")


def _shaped(shape: str, row: Row) -> Row:
    try:
        return SHAPES[shape](row)
    except KeyError as error:
        raise RowError("missing_field", f"column {error} of the {shape} shape is missing") from None
    except (ValueError, TypeError, IndexError, AttributeError, RecursionError) as error:
        raise RowError("bad_value", f"the row has not the {shape} shape ({error})") from None


def look_up(row: Row, path: str) -> tuple[bool, Any]:
    """Whether a column exists and its value; the whole name goes before a dotted path."""
    if path in row:
        return True, row[path]
    value: Any = row
    for part in path.split("."):
        if isinstance(value, Mapping) and part in value:
            value = value[part]
        elif isinstance(value, (list, tuple)) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            return False, None
    return True, value


def _prompt(value: Any) -> str | tuple[Message, ...]:
    if isinstance(value, (list, tuple)) and value:
        return tuple(_message(turn) for turn in value)
    if not isinstance(value, str) or not value.strip():
        raise ValueError("should be a text that is not empty, or a list of messages with role and content")
    return value


def _message(turn: Any) -> Message:
    role, content = (turn.get("role"), turn.get("content")) if isinstance(turn, Mapping) else (None, None)
    if not isinstance(role, str) or not isinstance(content, str):
        raise ValueError("has a message without a role and a content that are text")
    return Message(role, content)


def _json_value(value: Any) -> Any:
    return json.loads(json.dumps(value, default=str))
