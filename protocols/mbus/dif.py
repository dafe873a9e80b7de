"""Data information: what the DIF and its DIFEs say of a record (m-bus.md section 6)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from metering.errors import DecodeError

EXTENSION: Final = 0x80
MOST_EXTENSIONS: Final = 10
"""DIFEs, and VIFEs, that one record may have."""

MANUFACTURER_DATA: Final = 0x0F
MORE_FOLLOWS: Final = 0x1F
IDLE_FILLER: Final = 0x2F
GLOBAL_READOUT: Final = 0x7F
SELECTED: Final = 0x8
"""Data field of a record that a request asks for."""
_SPECIAL: Final = 0x0F


class Function(StrEnum):
    """Bits 5..4 of the DIF, in the order of their codes."""

    INSTANTANEOUS = "instantaneous"
    MAXIMUM = "maximum"
    MINIMUM = "minimum"
    ERROR = "error"


class Coding(StrEnum):
    """How the data field codes its bytes."""

    NONE = "no data"
    INTEGER = "integer"
    REAL = "real"
    BCD = "BCD"
    VARIABLE = "variable length"


@dataclass(frozen=True, slots=True)
class DataField:
    """Bits 3..0 of the DIF. `size` in bytes; a variable field says its own size in its first byte."""

    code: int
    coding: Coding
    size: int


FIELDS: Final = (
    DataField(0x0, Coding.NONE, 0),
    DataField(0x1, Coding.INTEGER, 1),
    DataField(0x2, Coding.INTEGER, 2),
    DataField(0x3, Coding.INTEGER, 3),
    DataField(0x4, Coding.INTEGER, 4),
    DataField(0x5, Coding.REAL, 4),
    DataField(0x6, Coding.INTEGER, 6),
    DataField(0x7, Coding.INTEGER, 8),
    DataField(0x8, Coding.NONE, 0),
    DataField(0x9, Coding.BCD, 1),
    DataField(0xA, Coding.BCD, 2),
    DataField(0xB, Coding.BCD, 3),
    DataField(0xC, Coding.BCD, 4),
    DataField(0xD, Coding.VARIABLE, 1),
    DataField(0xE, Coding.BCD, 6),
)
"""By code; code F is a special function and no record."""

_FUNCTIONS: Final = tuple(Function)


@dataclass(frozen=True, slots=True)
class DataInformation:
    """Which of the meter's values a record is, and how its data are coded."""

    field: DataField
    function: Function = Function.INSTANTANEOUS
    storage: int = 0
    tariff: int = 0
    subunit: int = 0

    def encode(self) -> bytes:
        """The DIF and as few DIFEs as the numbers need."""
        octets = [self.field.code | _FUNCTIONS.index(self.function) << 4 | (self.storage & 1) << 6]
        storage, tariff, subunit = self.storage >> 1, self.tariff, self.subunit
        while storage or tariff or subunit:
            octets[-1] |= EXTENSION
            octets.append(storage & 0x0F | (tariff & 3) << 4 | (subunit & 1) << 6)
            storage, tariff, subunit = storage >> 4, tariff >> 2, subunit >> 1
        return bytes(octets)


def is_special(dif: int) -> bool:
    """Whether this DIF stands for a special function instead of a record."""
    return dif & _SPECIAL == _SPECIAL


def extensions_end(octets: bytes, start: int, kind: str, most: int = 1 + MOST_EXTENSIONS) -> int:
    """Where a chain of at most `most` bytes ends, each of which announces the next one with its bit 7.

    DecodeError when the chain is longer, or the telegram ends inside it.
    """
    for end in range(start, min(len(octets), start + most)):
        if not octets[end] & EXTENSION:
            return end + 1
    if len(octets) >= start + most:
        raise DecodeError(f"More than {MOST_EXTENSIONS} {kind}Es in the record at byte {start}.")
    raise DecodeError(f"The telegram ends inside the {kind} of the record at byte {start}.")


def parse(octets: bytes, start: int) -> tuple[DataInformation, int]:
    """What the DIF at `start` and its DIFEs say, and where they end."""
    end = extensions_end(octets, start, "DIF")
    dif = octets[start]
    storage, tariff, subunit = dif >> 6 & 1, 0, 0
    for position, dife in enumerate(octets[start + 1 : end]):
        storage |= (dife & 0x0F) << (4 * position + 1)
        tariff |= (dife >> 4 & 3) << (2 * position)
        subunit |= (dife >> 6 & 1) << position
    function = _FUNCTIONS[dif >> 4 & 3]
    return DataInformation(FIELDS[dif & _SPECIAL], function, storage, tariff, subunit), end
