"""Data types of M-Bus records: bytes become a value, or a named absence (m-bus.md section 8).

`reader` picks the function for a record once; a learned layout keeps it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Final

from metering.readings import Absence
from protocols.mbus.dates import read_date
from protocols.mbus.dif import Coding, DataField, Function
from protocols.mbus.numbers import (
    EXACT,
    Raw,
    bcd,
    error_state_bcd,
    flags,
    negative_bcd,
    real,
    signed,
    unsigned,
)
from protocols.mbus.vif import DataType
from protocols.mbus.vife import ValueInformation

Value = Decimal | datetime | date | time | str | bytes
Decoded = tuple[Value | None, Absence | None, str]
"""A value, or why there is none: kind of absence and words."""
Reader = Callable[[bytes], Decoded]
_WHY: Final[Mapping[Absence, str]] = {
    Absence.INVALID_MARK: "the meter's mark for no value",
    Absence.NOT_BCD: "a digit above 9: a display text or an overflow",
    Absence.NO_DATA: "the record carries no data",
}


def reader(
    field: DataField, information: ValueInformation, function: Function = Function.INSTANTANEOUS
) -> Reader:
    """The function that decodes the data of every record with this DIF and VIF."""
    absence, why = _announced_absence(field, information)
    if absence:
        return _constant(absence, why)
    if field.coding is Coding.VARIABLE:
        return _variable(information)
    if information.meaning.type in _NOT_NUMBERS:
        return _NOT_NUMBERS[information.meaning.type]
    if field.coding is Coding.REAL:
        return _scaled_real(information)
    return _scaled(_raw_reader(field.coding, information, function), information)


def _announced_absence(field: DataField, information: ValueInformation) -> tuple[Absence | None, str]:
    """Why a record with this head can hold no value at all, whatever its data are."""
    if information.error:
        return Absence.RECORD_ERROR, f"the meter reports: {information.error}"
    if field.coding is Coding.NONE:
        return Absence.NO_DATA, _WHY[Absence.NO_DATA]
    if information.meaning.type is DataType.DATE and field.coding is not Coding.INTEGER:
        return Absence.NOT_DECODED, f"a date or time is not decoded from {field.coding.value}"
    return None, ""


_INTEGERS: Final[Mapping[DataType, Callable[[bytes], Raw]]] = {
    DataType.NUMBER: signed,
    DataType.UNSIGNED: unsigned,
    DataType.FLAGS: flags,
}


def _raw_reader(coding: Coding, information: ValueInformation, function: Function) -> Callable[[bytes], Raw]:
    if coding is Coding.INTEGER:
        return _INTEGERS[information.meaning.type]
    return error_state_bcd if function is Function.ERROR else bcd


def _constant(absence: Absence, why: str) -> Reader:
    return lambda _: (None, absence, why)


def _absent(absence: Absence) -> Decoded:
    return None, absence, _WHY[absence]


def _scaled(raw_reader: Callable[[bytes], Raw], information: ValueInformation) -> Reader:
    factor, offset = information.factor, information.offset

    def read(data: bytes) -> Decoded:
        raw = raw_reader(data)
        if isinstance(raw, Absence):
            return _absent(raw)
        value = EXACT.multiply(Decimal(raw), factor)
        return (EXACT.add(value, offset) if offset else value), None, ""

    return read


def _scaled_real(information: ValueInformation) -> Reader:
    factor, offset = information.factor, information.offset

    def read(data: bytes) -> Decoded:
        raw = real(data)
        if raw is None:
            return _absent(Absence.INVALID_MARK)
        return EXACT.add(EXACT.multiply(raw, factor), offset), None, ""

    return read


def _variable(information: ValueInformation) -> Reader:
    """Data that begin with their LVAR byte."""
    if information.profile or information.meaning.type not in _INTEGERS:
        return lambda data: (data[1:], None, "")
    positive = _scaled(bcd, information)
    negative = _scaled(negative_bcd, information)
    binary = _scaled(_INTEGERS[information.meaning.type], information)

    def read(data: bytes) -> Decoded:
        size, body = data[0], data[1:]
        if size <= 0xBF:
            return body[::-1].decode("latin-1"), None, ""
        if not body:
            return _absent(Absence.NO_DATA)
        if size >= 0xF0:
            return body, None, ""
        return (positive if size <= 0xC9 else negative if size <= 0xD9 else binary)(body)

    return read


_LARGEST_BINARIES: Final = {0xF5: 48, 0xF6: 64}


def variable_size(lvar: int) -> int | None:
    """How many bytes follow an LVAR byte; None for the reserved ones, whose length nobody knows."""
    if lvar <= 0xBF:
        return lvar
    if lvar <= 0xC9 or 0xD0 <= lvar <= 0xD9 or 0xE0 <= lvar <= 0xEF:
        return lvar & 0x0F
    if 0xF0 <= lvar <= 0xF4:
        return 4 * (lvar - 0xEC)
    return _LARGEST_BINARIES.get(lvar)


_NOT_NUMBERS: Final[Mapping[DataType, Reader]] = {
    DataType.DATE: read_date,
    DataType.RAW: lambda data: (data, None, ""),
    DataType.DAYLIGHT_SAVING: _constant(Absence.NOT_DECODED, "daylight saving rule (type K) is not decoded"),
    DataType.LISTENING_WINDOW: _constant(Absence.NOT_DECODED, "listening window (type L) is not decoded"),
}
