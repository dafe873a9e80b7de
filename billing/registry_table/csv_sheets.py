"""CSV as spreadsheets write it: commas or semicolons, UTF-8 or Windows-1251; one subject a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from itertools import islice

from billing.registry_table.cells import LONGEST, Cell, written
from billing.registry_table.columns import Subject
from billing.registry_table.sheets import MOST_COLUMNS, MOST_ROWS, Formula, Sheet, SheetCell, is_empty
from metering.errors import ConfigurationError
from storage.registry_tables import Row


def read_csv(name: str, data: bytes) -> Sheet:
    """The sheet of this name; ConfigurationError when the bytes are no CSV."""
    text = _decoded(name, data)
    first = text.partition("\n")[0]
    lines = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=";" if first.count(";") > first.count(",") else ",",
        strict=True,
    )
    try:
        header = next(lines, [])
        rows = tuple(islice(_rows(lines), MOST_ROWS + 1))
    except csv.Error as error:
        raise ConfigurationError(
            f"{name} is no CSV: {error} in line {lines.line_num}. Save it as CSV from the spreadsheet again."
        ) from error
    return Sheet(name, tuple(cell.strip()[:LONGEST] for cell in header[:MOST_COLUMNS]), rows)


def write_csv(subject: Subject, rows: Iterable[Row]) -> bytes:
    """With semicolons, in UTF-8 with its mark: so spreadsheets open it with a click."""
    file = io.StringIO(newline="")
    lines = csv.writer(file, delimiter=";", lineterminator="\r\n")
    lines.writerow(column.name for column in subject.columns)
    for row in rows:
        lines.writerow(_text(written(row[column.name])) for column in subject.columns)
    return file.getvalue().encode("utf-8-sig")


def _decoded(name: str, data: bytes) -> str:
    for encoding in ("utf-8-sig", "cp1251"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise ConfigurationError(f"{name} is text neither in UTF-8 nor in Windows-1251; save it as CSV (UTF-8).")


def _rows(lines: Iterable[list[str]]) -> Iterator[tuple[int, tuple[SheetCell, ...]]]:
    """Numbered as a spreadsheet numbers them."""
    for number, cells in enumerate(lines, start=2):
        if not is_empty(cells):
            yield number, tuple(Formula() if cell.startswith("=") else cell for cell in cells[:MOST_COLUMNS])


def _text(cell: Cell) -> str:
    return "" if cell is None else str(cell)
