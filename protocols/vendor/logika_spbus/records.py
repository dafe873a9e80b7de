"""Records of text: fields behind 09, a record ends with 0C or CR LF, code page 866 (logika-spbus.md 2)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Final

from metering.errors import DecodeError
from metering.readings import Absence
from protocols.modbus.moments import meter_time

FIELD: Final = b"\x09"
RECORD_END: Final = b"\x0c"
CODE_PAGE: Final = "cp866"
NO_DATA: Final = "Нет данных?"
DIAGNOSTIC: Final = "?"
"""What ends so is no value but says why there is none."""
LONGEST_WHOLE: Final = 6
PREVIOUS_CENTURY: Final = 95
"""Years from this one on, in two digits, are of the last century."""

Record = tuple[str, ...]


def encode(records: Iterable[Sequence[str]]) -> bytes:
    """Records as they go over the line."""
    return b"".join(
        b"".join(FIELD + field.encode(CODE_PAGE) for field in record) + RECORD_END for record in records
    )


def parse(data: bytes) -> tuple[Record, ...]:
    """The records of these bytes; DecodeError when one does not begin with a field."""
    lines = data.replace(b"\r\n", RECORD_END).split(RECORD_END)
    return tuple(_record(line) for line in lines if line)


def _record(line: bytes) -> Record:
    before, *fields = line.split(FIELD)
    if before or not fields:
        raise DecodeError(f"{line[:20].hex(' ')} is no record: it does not begin with 09.")
    return tuple(field.decode(CODE_PAGE) for field in fields)


def number(written: str) -> Decimal | Absence:
    """The number of a field, or why it has none."""
    if written.endswith(DIAGNOSTIC):
        return Absence.NO_DATA if written == NO_DATA else Absence.ERROR_STATE
    try:
        value = Decimal(written.strip().replace(",", "."))
    except InvalidOperation:
        return Absence.NOT_DECODED
    return value if value.is_finite() else Absence.INVALID_MARK


def whole(written: str) -> int | None:
    """A short whole number; None for anything else."""
    return int(written) if written.isdecimal() and len(written) <= LONGEST_WHOLE else None


def with_units(records: Iterable[Record]) -> list[tuple[str, str]]:
    """Values with their units; where a unit is left out it is the one before."""
    unit, found = "", []
    for record in records:
        unit = record[1] if len(record) > 1 and record[1] else unit
        found.append((record[0], unit))
    return found


def moment(record: Record) -> datetime:
    """Day, month, year, hour, minute, second as a naive time."""
    try:
        day, month, year, hour, minute, second = (int(field) for field in record)
    except ValueError as error:
        raise DecodeError(f"{' '.join(record)!r} is no time: six numbers were expected.") from error
    return meter_time(full_year(year), month, day, hour, minute, second)


def full_year(year: int) -> int:
    """A year of two digits in full; one of four as it is."""
    if year >= 100:
        return year
    return 1900 + year if year >= PREVIOUS_CENTURY else 2000 + year


def clock(date: str, time: str) -> datetime:
    """The moment of parameters 060 (dd-mm-yy) and 061 (hh:mm:ss)."""
    return moment((*date.strip().split("-"), *time.strip().split(":")))
