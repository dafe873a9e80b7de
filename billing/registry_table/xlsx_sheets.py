"""XLSX workbooks, a sheet for every subject. Read without ever holding more than is allowed."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import date
from itertools import islice
from typing import Any, Final
from xml.etree.ElementTree import ParseError

import openpyxl
import xlsxwriter
from openpyxl.utils.exceptions import InvalidFileException

from billing.registry_table.cells import LONGEST, Cell, written
from billing.registry_table.columns import SUBJECTS
from billing.registry_table.sheets import MOST_COLUMNS, MOST_ROWS, Formula, Sheet, SheetCell, is_empty
from metering.errors import ConfigurationError
from storage.registry_tables import Row

MAGIC: Final = b"PK\x03\x04"
LARGEST_INSIDE: Final = 200 * 2**20
MOST_PARTS: Final = 500
MOST_SHEETS: Final = 30
TALLEST: Final = 2**20
"""Rows that the format allows: most of them may be empty ones that were coloured once."""
# openpyxl checks nothing beforehand: it stumbles over what a broken part lacks or holds, with any of these.
_STUMBLES: Final = (
    *(zipfile.BadZipFile, zlib.error, ParseError, InvalidFileException, KeyError, ValueError, TypeError),
    *(AttributeError, IndexError, EOFError, OSError, NotImplementedError, RuntimeError, AssertionError),
)


def read_xlsx(name: str, data: bytes) -> list[Sheet]:
    """Every sheet that is not empty; ConfigurationError when the bytes are no workbook, or a huge one."""
    _check_size(name, data)
    with _readable(name):
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True)
    with closing(book):
        sheets = [_sheet(str(one.title), _cells(name, one)) for one in book.worksheets[:MOST_SHEETS]]
    return [sheet for sheet in sheets if sheet.header or sheet.rows]


def write_xlsx(tables: Mapping[str, Sequence[Row]]) -> bytes:
    """A workbook with a sheet for every subject, empty ones included; identical rows make identical bytes."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_numbers": False})
    bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
    for name, subject in SUBJECTS.items():
        sheet = book.add_worksheet(name)
        sheet.freeze_panes(1, 0)
        for place, column in enumerate(subject.columns):
            sheet.write_string(0, place, column.name, bold)
            sheet.set_column(place, place, max(12, len(column.name) + 2))
            for number, row in enumerate(tables.get(name, ()), start=1):
                _write(sheet, number, place, written(row[column.name]), day)
    book.close()
    return file.getvalue()


@contextmanager
def _readable(name: str) -> Iterator[None]:
    """Around what zipfile and openpyxl do, and nothing of ours: a fault of ours is not the file's."""
    try:
        yield
    except _STUMBLES as error:
        raise ConfigurationError(
            f"{name} is no XLSX workbook that can be read: {error}. Save it from the spreadsheet again."
        ) from error


def _check_size(name: str, data: bytes) -> None:
    """Before anything is unpacked: a small file may hold a huge one."""
    with _readable(name), zipfile.ZipFile(io.BytesIO(data)) as parts:
        inside = parts.infolist()
    if len(inside) > MOST_PARTS or sum(part.file_size for part in inside) > LARGEST_INSIDE:
        raise ConfigurationError(
            f"Unpacked, {name} holds more than {LARGEST_INSIDE} bytes or {MOST_PARTS} parts; split it."
        )


def _cells(name: str, sheet: Any) -> Iterator[Sequence[Any]]:
    """Row by row, each read when it is asked for."""
    with _readable(name):
        sheet.reset_dimensions()
        yield from islice(sheet.iter_rows(max_col=MOST_COLUMNS), TALLEST)


def _sheet(title: str, rows: Iterator[Sequence[Any]]) -> Sheet:
    header = tuple(str(cell.value or "").strip()[:LONGEST] for cell in next(rows, ()))
    while header and not header[-1]:
        header = header[:-1]
    return Sheet(title, header, tuple(islice(_rows(rows), MOST_ROWS + 1)))


def _rows(rows: Iterator[Sequence[Any]]) -> Iterator[tuple[int, tuple[SheetCell, ...]]]:
    for number, row in enumerate(rows, start=2):
        cells = tuple(_cell(cell) for cell in row)
        if not is_empty(cells):
            yield number, cells


def _cell(cell: Any) -> SheetCell:
    if cell.data_type == "f":
        return Formula()
    value = cell.value
    return value if value is None or isinstance(value, str | int | float | date) else str(value)


def _write(sheet: Any, row: int, place: int, cell: Cell, day: Any) -> None:
    match cell:
        case str():
            sheet.write_string(row, place, cell)
        case int() | float():
            sheet.write_number(row, place, cell)
        case date():
            sheet.write_datetime(row, place, cell, day)
