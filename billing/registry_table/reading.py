"""Sheets become rows of values; every cell that cannot be read is told of, not only the first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from billing.registry_table.columns import SUBJECTS, Column, Subject
from billing.registry_table.sheets import Fault, Formula, Sheet, SheetCell, faults_of


@dataclass(frozen=True, slots=True)
class ReadRow:
    """A row as its sheet numbers it; `values` of the columns that the sheet has."""

    number: int
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ReadSheet:
    """The rows of which every cell could be read, how many there were, and what is wrong with the others."""

    subject: str
    rows: tuple[ReadRow, ...]
    written: int
    faults: tuple[Fault, ...]


def read_sheet(sheet: Sheet) -> ReadSheet:
    """The rows of a sheet; one whose header is wrong has no rows, as nobody knows what its cells mean."""
    subject = SUBJECTS.get(sheet.name)
    if subject is None:
        known = ", ".join(SUBJECTS)
        return ReadSheet(sheet.name, (), 0, (Fault(sheet.name, 0, "", f"no such sheet; there are: {known}"),))
    faults = [*faults_of(sheet), *_faults_of_header(sheet, subject)]
    if faults:
        return ReadSheet(sheet.name, (), len(sheet.rows), tuple(faults))
    rows = []
    for number, cells in sheet.rows:
        values, wrong = _values(sheet, subject, number, cells)
        faults += wrong
        if not wrong:
            rows.append(ReadRow(number, values))
    return ReadSheet(sheet.name, tuple(rows), len(sheet.rows), tuple(faults))


def _faults_of_header(sheet: Sheet, subject: Subject) -> Iterator[Fault]:
    for name in sheet.header:
        if name not in subject.by_name:
            known = ", ".join(subject.by_name)
            yield Fault(sheet.name, 1, name, f"no such column; there are: {known}")
    for name in subject.key:
        if name not in sheet.header and subject.by_name[name].needed:
            yield Fault(sheet.name, 1, name, "this column is missing: it says which row is meant")


def _values(
    sheet: Sheet, subject: Subject, number: int, cells: tuple[SheetCell, ...]
) -> tuple[dict[str, Any], list[Fault]]:
    values: dict[str, Any] = {}
    faults = []
    if any(cell is not None and cell != "" for cell in cells[len(sheet.header) :]):
        faults.append(Fault(sheet.name, number, "", "the row is longer than the header"))
    padded = (*cells, *(None,) * (len(sheet.header) - len(cells)))
    for name, cell in zip(sheet.header, padded, strict=False):
        try:
            values[name] = _value(subject.by_name[name], cell)
        except ValueError as error:
            faults.append(Fault(sheet.name, number, name, str(error)))
    return values, faults


def _value(column: Column, cell: SheetCell) -> Any:
    if isinstance(cell, Formula):
        raise ValueError("this is a formula: put its value there")
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        if column.needed:
            raise ValueError("this cell must not be empty")
        return column.usual
    return column.read(cell)
