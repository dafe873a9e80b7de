"""A sheet as a workbook: one worksheet, laid out as on paper.

Nothing in it is ever a formula or a link, whatever a text begins with.
"""

from __future__ import annotations

import io
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from itertools import islice
from typing import Any, Final

import xlsxwriter

from reports.formats import STYLES, printable, shown
from reports.sheet import (
    Cell,
    Column,
    Field,
    Format,
    Group,
    Mark,
    Orientation,
    Row,
    Section,
    Sheet,
    Table,
    Value,
)

_LONGEST_TEXT: Final = 32_767
_LONGEST_NAME: Final = 31
_NOT_IN_A_NAME: Final = str.maketrans("[]:*?/\\'", "        ")
_MOST_DIGITS: Final = 15
"""Significant ones that a spreadsheet keeps; a longer number is written as text, which loses nothing."""
_WIDEST: Final = 60
_FIELDS_IN_A_ROW: Final = 2
_FILLS: Final = {
    Mark.GAP: "#ECEFF2",
    Mark.DOUBTFUL: "#FDF3D8",
    Mark.FAILED: "#FBE3E0",
    Mark.FULFILLED: "#E3F1E6",
}
_OPTIONS: Final = {
    "in_memory": True,
    "strings_to_numbers": False,
    "strings_to_formulas": False,
    "strings_to_urls": False,
}


def xlsx(sheet: Sheet) -> bytes:
    """The same bytes for the same sheet."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, _OPTIONS) as book:
        made_at = sheet.made_at.replace(tzinfo=None)
        book.set_properties({"title": printable(sheet.title), "created": made_at})
        _Worksheet(book, sheet).write()
    return file.getvalue()


class _Worksheet:
    """Writes from top to bottom; `_at` is the next row."""

    def __init__(self, book: Any, sheet: Sheet) -> None:
        self._book = book
        self._sheet = sheet
        self._page = book.add_worksheet(_name(sheet.title))
        self._styles: dict[tuple[tuple[str, object], ...], Any] = {}
        self._at = 0

    def write(self) -> None:
        sheet = self._sheet
        self._set_up()
        self._line(sheet.title, bold=True, font_size=14)
        self._line(sheet.subtitle, font_color="#5B6570")
        self._fields(sheet.fields)
        for section in sheet.sections:
            self._section(section)
        self._at += 1
        for note in sheet.notes:
            self._line(note, italic=True)
        for one in sheet.signatures:
            self._at += 1
            self._line(f"{one.role}  ____________________  {one.name}")
        self._at += 1
        self._line(sheet.made.format(at=shown(sheet.made_at, sheet.language)), font_color="#5B6570")

    def _set_up(self) -> None:
        self._page.set_paper(9)
        self._page.fit_to_pages(1, 0)
        self._page.hide_gridlines(2)
        if self._sheet.orientation is Orientation.LANDSCAPE:
            self._page.set_landscape()
        tables = [one.table for one in self._sheet.sections if one.table is not None]
        for place in range(max((len(one.columns) for one in tables), default=4)):
            widths = [one.columns[place].width for one in tables if place < len(one.columns)]
            self._page.set_column(place, place, min(max(widths, default=24), _WIDEST) + 1)

    def _section(self, section: Section) -> None:
        self._at += 1
        self._line(section.heading, bold=True)
        for paragraph in section.paragraphs:
            self._line(paragraph)
        self._fields(section.fields)
        if section.table is not None:
            self._table(section.table)

    def _line(self, text: str, **look: object) -> None:
        if text:
            self._page.write_string(self._at, 0, _text(text), self._style(**look))
            self._at += 1

    def _fields(self, fields: tuple[Field, ...]) -> None:
        rest = iter(fields)
        while pair := list(islice(rest, _FIELDS_IN_A_ROW)):
            for number, one in enumerate(pair):
                label = f"{one.label}, {one.unit}" if one.unit else one.label
                self._page.write_string(self._at, 2 * number, _text(label), self._style(font_color="#5B6570"))
                self._cell(2 * number + 1, one.value, one.format, one.places, bold=True, align="left")
            self._at += 1

    def _table(self, table: Table) -> None:
        self._head(table.columns)
        for group in table.groups:
            self._group(group, table.columns)
        self._rows(table.sums, table.columns, bold=True, top=1)

    def _head(self, columns: tuple[Column, ...]) -> None:
        for place, column in enumerate(columns):
            heading = f"{column.heading}\n{column.unit}" if column.unit else column.heading
            align = "right" if column.format is Format.NUMBER else "left"
            look = self._style(bold=True, text_wrap=True, top=2, bottom=1, align=align, valign="vcenter")
            self._page.write_string(self._at, place, _text(heading), look)
        self._at += 1
        if sum(one.table is not None for one in self._sheet.sections) == 1:
            self._page.freeze_panes(self._at, 1)
            self._page.repeat_rows(self._at - 1)

    def _group(self, group: Group, columns: tuple[Column, ...]) -> None:
        self._line(group.heading, bold=True, bg_color="#F4F6F8")
        self._rows(group.rows, columns)
        self._rows(group.sums, columns, bold=True, top=1)

    def _rows(self, rows: tuple[Row, ...], columns: tuple[Column, ...], **look: object) -> None:
        for row in rows:
            for place, (cell, column) in enumerate(zip(row.cells, columns, strict=True)):
                self._cell(place, cell, column.format, column.places, **look)
            self._at += 1

    def _cell(self, place: int, cell: Cell, format_: Format, places: int, **look: object) -> None:
        if cell.mark in _FILLS:
            look["bg_color"] = _FILLS[cell.mark]
        style = partial(self._style, **look)
        match cell.value:
            case None:
                self._page.write_blank(self._at, place, None, style())
            case Decimal() | int() if _fits(cell.value):
                self._page.write_number(self._at, place, cell.value, style(num_format=_digits(places)))
            case datetime() | date():
                told = _naive(cell.value)
                self._page.write_datetime(self._at, place, told, style(num_format=self._days(told, format_)))
            case _:
                self._page.write_string(self._at, place, _text(_plain(cell.value)), style())

    def _days(self, value: date, format_: Format) -> str:
        signs = STYLES[self._sheet.language]
        whole = format_ is Format.DATE or not isinstance(value, datetime)
        pattern = signs.day if whole else signs.moment
        return "".join(_PATTERN.get(sign, sign) for sign in pattern.replace("%", ""))

    def _style(self, **look: object) -> Any:
        """One format for each look: a workbook may not have many."""
        key = tuple(sorted(look.items()))
        if key not in self._styles:
            self._styles[key] = self._book.add_format(look)
        return self._styles[key]


_PATTERN: Final = {"Y": "yyyy", "m": "mm", "d": "dd", "H": "hh", "M": "mm"}
"""A spreadsheet's signs for those of strftime."""


def _name(title: str) -> str:
    return " ".join(printable(title).translate(_NOT_IN_A_NAME).split())[:_LONGEST_NAME].strip() or "1"


def _text(text: str) -> str:
    clean = printable(text)
    return clean if len(clean) <= _LONGEST_TEXT else clean[: _LONGEST_TEXT - 1] + "…"


def _plain(value: Value) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _fits(value: Decimal | int) -> bool:
    number = Decimal(value)
    return number.is_finite() and len(f"{number:f}".strip("-").replace(".", "").strip("0")) <= _MOST_DIGITS


def _digits(places: int) -> str:
    return "#,##0." + "0" * places if places else "#,##0"


def _naive(value: date) -> date:
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value
