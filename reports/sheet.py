"""A sheet of paper as a value: what stands on it, before it is a PDF or a workbook.

Texts come translated; numbers stay exact, and each renderer shows them in the columns' formats.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

Value = Decimal | int | str | date | datetime | None
"""What a cell holds; None is absence and never 0. A datetime is shown as it stands, without a zone."""


class Mark(StrEnum):
    """How a reader has to take a value."""

    PLAIN = "plain"
    DOUBTFUL = "doubtful"
    """A value with a flag: told, but not to be relied on."""
    GAP = "gap"
    """There should be a value here, and is none."""
    FULFILLED = "fulfilled"
    FAILED = "failed"


class Format(StrEnum):
    """What the values of a column are."""

    TEXT = "text"
    CODE = "code"
    """Bytes and identifiers: every sign as wide as every other."""
    NUMBER = "number"
    DATE = "date"
    MOMENT = "moment"
    """Day, hour and minute."""


class Orientation(StrEnum):
    """How the paper lies."""

    PORTRAIT = "portrait"
    LANDSCAPE = "landscape"


@dataclass(frozen=True, slots=True)
class Cell:
    """A value with what has to be known of it."""

    value: Value
    mark: Mark = Mark.PLAIN


@dataclass(frozen=True, slots=True)
class Column:
    """`width` counts characters; `places`: digits after the point of a number, as printed."""

    heading: str
    unit: str = ""
    format: Format = Format.TEXT
    places: int = 0
    width: int = 12


@dataclass(frozen=True, slots=True)
class Row:
    """As many cells as the table has columns."""

    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Rows that belong together, under a heading ("" for none), with what they come to."""

    rows: tuple[Row, ...]
    heading: str = ""
    sums: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """`sums` stand at the end, under all groups: totals, averages."""

    columns: tuple[Column, ...]
    groups: tuple[Group, ...]
    sums: tuple[Row, ...] = ()

    def rows(self) -> Iterator[Row]:
        """Every row, sums included, in the order of the paper."""
        for group in self.groups:
            yield from group.rows
            yield from group.sums
        yield from self.sums


@dataclass(frozen=True, slots=True)
class Field:
    """A label with what is filled in behind it; without a value it is a line to write on."""

    label: str
    value: Cell = field(default=Cell(None))
    unit: str = ""
    format: Format = Format.TEXT
    places: int = 0


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a sheet: a heading, then sentences, fields and a table, of which each may be missing."""

    heading: str = ""
    paragraphs: tuple[str, ...] = ()
    fields: tuple[Field, ...] = ()
    table: Table | None = None


@dataclass(frozen=True, slots=True)
class Signature:
    """Who signs: the part they play, and their name where it is known."""

    role: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One document. `language`: en, ru or kk. `made_at`: aware, in the zone in which it is to be printed.

    `page`: the text of a page's number, with {page} and {pages}; `made`: the text of `made_at`, with {at}.
    """

    title: str
    language: str
    made_at: datetime
    sections: tuple[Section, ...]
    subtitle: str = ""
    fields: tuple[Field, ...] = ()
    notes: tuple[str, ...] = ()
    signatures: tuple[Signature, ...] = ()
    orientation: Orientation = Orientation.PORTRAIT
    page: str = "{page} / {pages}"
    made: str = "{at}"
