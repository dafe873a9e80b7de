"""Records in words: what a DIF, a VIF and a value say, for people."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from typing import Final

from protocols.mbus.dif import SELECTED, Coding, DataInformation
from protocols.mbus.telegram import DataRecord
from protocols.mbus.values import Value
from protocols.mbus.vife import ValueInformation

_BITS: Final = 8


def plain(value: Value) -> str:
    """A value as text: decimals without exponent, dates in ISO 8601, bytes in hex."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, (date, time)):
        return value.isoformat()
    return value.hex().upper() if isinstance(value, bytes) else value


def record_words(record: DataRecord) -> str:
    """The value with its unit, or why there is none."""
    if record.value is None:
        return f"no value: {record.why}"
    return " ".join(filter(None, (plain(record.value), record.unit)))


def field_words(which: DataInformation) -> str:
    """What a DIF and its DIFEs say; zeros are left out."""
    numbers = (("storage", which.storage), ("tariff", which.tariff), ("subunit", which.subunit))
    counted = (f"{name} {number}" for name, number in numbers if number)
    return ", ".join((_coding_words(which), which.function.value, *counted))


def _coding_words(which: DataInformation) -> str:
    field = which.field
    if field.code == SELECTED:
        return "selected for read-out"
    if field.coding in (Coding.NONE, Coding.VARIABLE):
        return field.coding.value
    if field.coding is Coding.BCD:
        return f"{2 * field.size} digits BCD"
    return f"{_BITS * field.size} bits {field.coding.value}"


def meaning_words(what: ValueInformation) -> str:
    """What a VIF and its VIFEs say."""
    meaning = what.meaning
    words = meaning.quantity.replace("_", " ")
    unit = "" if not meaning.unit else f" in {meaning.unit}"
    factor = "" if what.factor == 1 else f" times {what.factor:f}"
    offset = "" if not what.offset else f" plus {what.offset:f}"
    return ", ".join((words + unit + factor + offset, *what.qualifiers))
