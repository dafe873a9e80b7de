"""Sheets of files as people make them, bounded in size, before anything in them is understood."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from billing.registry_table.cells import Cell

LARGEST_FILE: Final = 8 * 2**20
MOST_ROWS: Final = 50_000
MOST_COLUMNS: Final = 60
MOST_FAULTS: Final = 1000
"""So many are told of one file; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong and where; `row` as the sheet numbers it, 0: the sheet itself; `column` "": the row."""

    sheet: str
    row: int
    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class Formula:
    """A cell that is reckoned: what it shows depends on who opens it."""


SheetCell = Cell | Formula


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet by its name; `header` is its first row, `rows` are those below that are not empty."""

    name: str
    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[SheetCell, ...]], ...]


def is_empty(cells: Sequence[SheetCell]) -> bool:
    """Whether nothing is written there."""
    return all(cell is None or cell == "" for cell in cells)


def faults_of(sheet: Sheet) -> Iterator[Fault]:
    """What is wrong with a sheet as a whole."""
    if len(sheet.rows) > MOST_ROWS:
        yield Fault(sheet.name, 0, "", f"more than {MOST_ROWS} rows: split the file")
    for name in sorted({name for name in sheet.header if name and sheet.header.count(name) > 1}):
        yield Fault(sheet.name, 1, name, "this column is there twice")
