"""How a cell becomes a value. A reader raises ValueError that says how the cell is to be written."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Final

from metering.calendar import MeterZone
from metering.errors import ConfigurationError

Cell = str | int | float | bool | date | datetime | None
"""As a sheet has it; of CSV it is always text. None and "" are empty."""
Reader = Callable[[Cell], object]
"""Of a cell that is not empty."""

LONGEST: Final = 500
_DECIMAL: Final = re.compile(r"[+-]?\d{1,15}([.,]\d{1,12})?", re.ASCII)
_WHOLE: Final = re.compile(r"\d{1,18}", re.ASCII)
_RUSSIAN_DATE: Final = re.compile(r"(\d\d)\.(\d\d)\.(\d{4})", re.ASCII)
_LARGEST_KEPT: Final = 10**15
_WORDS: Final = {"yes": True, "no": False, "да": True, "нет": False, "иә": True, "жоқ": False}
_YEARS: Final = range(1970, 2200)


def text(cell: Cell) -> str:
    """A name; a whole number that a sheet made of its digits is taken as it is shown."""
    if isinstance(cell, bool) or not isinstance(cell, str | int):
        raise ValueError("this is no text: format the cell as text and write it again")
    written = str(cell).strip()
    if len(written) > LONGEST or not written.isprintable():
        raise ValueError(f"write one line of at most {LONGEST} characters")
    return written


def number_text(cell: Cell) -> str:
    """Digits that are no number, such as a serial number: sheets cut off its first zeros and last digits."""
    if not isinstance(cell, str):
        raise ValueError(
            "the sheet made a number of it and may have lost zeros or digits: format the cell as text and "
            "write it again"
        )
    return text(cell)


def decimal(cell: Cell) -> Decimal:
    """With a point or a comma."""
    written = repr(cell) if isinstance(cell, float) else str(cell).strip()
    if isinstance(cell, bool) or not _DECIMAL.fullmatch(written):
        raise ValueError("write a number like 12.5")
    try:
        return Decimal(written.replace(",", "."))
    except InvalidOperation as error:
        raise ValueError("write a number like 12.5") from error


def above_zero(cell: Cell) -> Decimal:
    found = decimal(cell)
    if found <= 0:
        raise ValueError("it must be above 0; leave the cell empty where it is not known")
    return found


def whole(least: int, most: int) -> Reader:
    """A number without a fraction; a sheet may have made 25.0 of 25."""

    def read(cell: Cell) -> int:
        written = str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell).strip()
        if isinstance(cell, bool) or not _WHOLE.fullmatch(written) or not least <= int(written) <= most:
            raise ValueError(f"write a whole number, {least} to {most}")
        return int(written)

    return read


def one_of(words: Iterable[str]) -> Reader:
    """One of these words."""
    known = tuple(words)

    def read(cell: Cell) -> str:
        written = str(cell).strip()
        if written not in known:
            raise ValueError(f"write one of: {', '.join(known)}")
        return written

    return read


def day(cell: Cell) -> date:
    """2026-03-01, 01.03.2026, or a date of the sheet."""
    if isinstance(cell, datetime):
        cell = cell.date() if cell.time() == datetime.min.time() else str(cell)
    found = cell if isinstance(cell, date) else _day(str(cell).strip())
    if found.year not in _YEARS:
        raise ValueError(f"a year lies between {_YEARS.start} and {_YEARS.stop - 1}")
    return found


def _day(written: str) -> date:
    russian = _RUSSIAN_DATE.fullmatch(written)
    try:
        return date.fromisoformat(f"{russian[3]}-{russian[2]}-{russian[1]}" if russian else written)
    except ValueError as error:
        raise ValueError("write a day like 2026-03-01 or 01.03.2026") from error


def instant(cell: Cell) -> datetime:
    """Text with an offset: a sheet's own times know no zone."""
    try:
        found = datetime.fromisoformat(str(cell).strip())
    except ValueError as error:
        raise ValueError("write a moment like 2026-03-01T00:00:00+05:00") from error
    if found.tzinfo is None:
        raise ValueError("a moment needs its offset: write it as text, like 2026-03-01T00:00:00+05:00")
    if found.year not in _YEARS:
        raise ValueError(f"a year lies between {_YEARS.start} and {_YEARS.stop - 1}")
    return found.astimezone(UTC)


def yes_or_no(cell: Cell) -> bool:
    if isinstance(cell, bool):
        return cell
    found = _WORDS.get(str(cell).strip().lower())
    if found is None:
        raise ValueError("write yes or no")
    return found


def zone(cell: Cell) -> str:
    """A zone that clocks are set in."""
    try:
        return MeterZone(text(cell)).name
    except ConfigurationError as error:
        raise ValueError(str(error)) from error


def written(value: object) -> Cell:
    """A value as it is written into a sheet, so that reading it gives the same value."""
    match value:
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case Decimal():
            return _shown(value)
        case str() | int() | date() | None:
            return value
    return str(value)


def _shown(value: Decimal) -> str | int | float:
    """A number to reckon with, wherever a sheet keeps all its digits."""
    if value == value.to_integral_value() and abs(value) < _LARGEST_KEPT:
        return int(value)
    number = float(value)
    return number if Decimal(repr(number)) == value and "e" not in repr(number) else f"{value:f}"
