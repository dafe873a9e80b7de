"""Reported readings as tables of text: one reading a row, under headings in any order.

    usage_point,at,value,unit,source,quantity,meter,circuit,reported_by,note
    UP-0017,2026-01-24T00:00:00+05:00,123.4,Gcal,whatsapp,,,,flat 12,photo

`usage_point` (its code), `at`, `value` and `source` must be there. A time without a zone is that of the usage
point; `meter` is a serial number; a comma may separate the digits, a semicolon the columns.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from io import StringIO
from itertools import islice
from typing import Final

from metering.errors import ConfigurationError
from metering.quantities import REGISTERS
from metering.reported import ReportSource

COLUMNS: Final = (
    *("usage_point", "at", "value", "unit", "source", "quantity"),
    *("meter", "circuit", "reported_by", "note"),
)
REQUIRED: Final = frozenset({"usage_point", "at", "value", "source"})
MOST_ROWS: Final = 5000
LONGEST_CELL: Final = 200

_NUMBER: Final = re.compile(r"\d{1,18}(?:[.,]\d{1,12})?", re.ASCII)
_CIRCUIT: Final = re.compile(r"[1-9]\d?", re.ASCII)


@dataclass(frozen=True, slots=True)
class ReportedRow:
    """A row that can be understood. `at` is naive where no zone was written; `number` counts from 2, the
    headings being row 1."""

    number: int
    usage_point: str
    at: datetime
    value: Decimal
    source: ReportSource
    unit: str | None
    quantity: str | None
    meter: str | None
    circuit: int | None
    reported_by: str
    note: str


@dataclass(frozen=True, slots=True)
class BadRow:
    """Why a row cannot be taken over."""

    number: int
    why: str


def reported_rows(text: str) -> tuple[list[ReportedRow], list[BadRow]]:
    """The rows that are understood, and the others; ConfigurationError when the headings are wrong."""
    headings, *others = _cells(text)
    _check_headings(headings)
    rows, bad = list[ReportedRow](), list[BadRow]()
    for number, cells in enumerate(others, start=2):
        if any(cells):
            try:
                rows.append(_row(number, _by_heading(headings, cells)))
            except ValueError as error:
                bad.append(BadRow(number, str(error)))
    return rows, bad


def _cells(text: str) -> list[list[str]]:
    """Every row, stripped; at least one."""
    first, *_ = text.splitlines() or [""]
    table = csv.reader(StringIO(text.removeprefix("\ufeff")), delimiter=";" if ";" in first else ",")
    try:
        rows = list(islice(table, MOST_ROWS + 2))
    except csv.Error as error:
        raise ConfigurationError(f"This is no table of text: {error}.") from error
    if len(rows) > MOST_ROWS + 1:
        raise ConfigurationError(f"A table of more than {MOST_ROWS} rows is refused: divide it.")
    return [[cell.strip() for cell in row] for row in rows] or [[]]


def _check_headings(headings: list[str]) -> None:
    unknown, lacking = set(headings) - set(COLUMNS), REQUIRED - set(headings)
    if unknown or lacking or len(set(headings)) != len(headings):
        raise ConfigurationError(
            f"The first row must name the columns, each once: {', '.join(COLUMNS)}. "
            f"Missing: {', '.join(sorted(lacking)) or '-'}; "
            f"not known: {', '.join(sorted(unknown))[:LONGEST_CELL] or '-'}."
        )


def _by_heading(headings: list[str], cells: list[str]) -> Mapping[str, str]:
    if len(cells) > len(headings):
        raise ValueError(f"it has {len(cells)} cells under {len(headings)} headings")
    if any(len(cell) > LONGEST_CELL or not cell.isprintable() for cell in cells):
        raise ValueError(f"a cell is longer than {LONGEST_CELL} characters or has control characters")
    return dict.fromkeys(COLUMNS, "") | dict(zip(headings, cells, strict=False))


def _row(number: int, cells: Mapping[str, str]) -> ReportedRow:
    lacking = [name for name in COLUMNS if name in REQUIRED and not cells[name]]
    if lacking:
        raise ValueError(f"{', '.join(lacking)} is empty")
    return ReportedRow(
        number=number,
        usage_point=cells["usage_point"],
        at=_time(cells["at"]),
        value=register_of(cells["value"]),
        source=_source(cells["source"]),
        unit=cells["unit"] or None,
        quantity=_one_of(REGISTERS, cells["quantity"], "quantity") if cells["quantity"] else None,
        meter=cells["meter"] or None,
        circuit=_circuit(cells["circuit"]) if cells["circuit"] else None,
        reported_by=cells["reported_by"],
        note=cells["note"],
    )


def _time(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"at is {text!r}; write it like 2026-01-24T00:00:00+05:00") from error
    if not 1970 <= at.year < 2200:
        raise ValueError(f"at is {text!r}: nobody reads a meter then")
    return at


def register_of(text: str) -> Decimal:
    """A register as a person writes it: at most 18 digits and 12 decimals. ValueError for anything else."""
    digits = text.replace(" ", "").replace("\u00a0", "")
    if not _NUMBER.fullmatch(digits):
        raise ValueError(f"value is {text!r}; write a register like 123.4")
    return Decimal(digits.replace(",", "."))


def _circuit(text: str) -> int:
    if not _CIRCUIT.fullmatch(text):
        raise ValueError(f"circuit is {text!r}; write 1 to 99")
    return int(text)


def _source(text: str) -> ReportSource:
    return ReportSource(_one_of([source.value for source in ReportSource], text, "source"))


def _one_of(words: Collection[str], text: str, name: str) -> str:
    if text not in words:
        raise ValueError(f"{name} is {text!r}; it may be {', '.join(words)}")
    return text
