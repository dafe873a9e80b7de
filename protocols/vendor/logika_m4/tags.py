"""Tagged data of the younger devices: items of tag, length and data (logika-m4.md section 4, ASN.1 BER)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import IntEnum
from typing import Final

from metering.errors import DecodeError
from metering.readings import Absence
from protocols.fields import float32

FLOAT_SIZE: Final = 4
LONG_LENGTHS: Final = {0x81: 1, 0x82: 2}
"""How many bytes of length follow this one."""


class Tag(IntEnum):
    """What an item is."""

    OCTET_STRING = 0x04
    NULL = 0x05
    TEXT = 0x16
    SEQUENCE = 0x30
    UNSIGNED = 0x41
    SIGNED = 0x42
    FLOAT = 0x43
    MIXED = 0x44
    OPERATIVE = 0x45
    ACKNOWLEDGEMENT = 0x46
    TIME = 0x47
    DATE = 0x48
    ARCHIVE_DATE = 0x49
    PARAMETER = 0x4A
    FLAGS = 0x4B
    ERROR = 0x55


@dataclass(frozen=True, slots=True)
class Item:
    """One item; `offset` is where its tag stands and `size` all its bytes, tag and length included."""

    tag: int
    data: bytes
    offset: int = 0
    size: int = 0

    @property
    def items(self) -> tuple[Item, ...]:
        """What a sequence holds; DecodeError when it is cut."""
        return tuple(parse(self.data, self.offset + self.size - len(self.data)))


def encode(tag: int, data: bytes = b"") -> bytes:
    """One item, its length in the shortest form."""
    size = len(data)
    if size < 0x80:
        length = bytes((size,))
    else:
        length = bytes((0x81, size)) if size < 0x100 else b"\x82" + size.to_bytes(2, "big")
    return bytes((tag,)) + length + data


def parse(data: bytes, base: int = 0) -> Iterator[Item]:
    """The items of these bytes; DecodeError when one is longer than what is left. `base` counts as offset."""
    at = 0
    while at < len(data):
        begin = at + 2 + LONG_LENGTHS.get(data[at + 1] if at + 1 < len(data) else 0, 0)
        end = begin + _length(data[at + 1 : begin])
        if end > len(data):
            raise DecodeError(
                f"Item {data[at]:02X} is cut: it needs {end - at} bytes, {len(data) - at} left."
            )
        yield Item(data[at], data[begin:end], base + at, end - at)
        at = end


def _length(octets: bytes) -> int:
    if not octets:
        raise DecodeError("The last item has no length.")
    if octets[0] < 0x80:
        return octets[0]
    if octets[0] not in LONG_LENGTHS or len(octets) != 1 + LONG_LENGTHS[octets[0]]:
        raise DecodeError(f"{octets.hex(' ')} is no length of an item.")
    return int.from_bytes(octets[1:], "big")


def number(item: Item) -> Decimal | Absence:
    """The number of an item, or why it has none."""
    decode = _NUMBERS.get(item.tag)
    return decode(item.data) if decode else Absence.NOT_DECODED


def _unsigned(data: bytes) -> Decimal | Absence:
    return Decimal(int.from_bytes(data, "little"))


def _signed(data: bytes) -> Decimal | Absence:
    return Decimal(int.from_bytes(data, "little", signed=True))


def _float(data: bytes) -> Decimal | Absence:
    value = float32(data[::-1]) if len(data) == FLOAT_SIZE else None
    return Absence.INVALID_MARK if value is None else value


def _mixed(data: bytes) -> Decimal | Absence:
    fraction = _float(data[FLOAT_SIZE:])
    if isinstance(fraction, Absence):
        return fraction
    return int.from_bytes(data[:FLOAT_SIZE], "little", signed=True) + fraction


def _written(data: bytes) -> Decimal | Absence:
    try:
        value = Decimal(data.decode("cp1251", "replace").strip(" \x00").replace(",", "."))
    except InvalidOperation:
        return Absence.NOT_DECODED
    return value if value.is_finite() else Absence.INVALID_MARK


_NUMBERS: Final[Mapping[int, Callable[[bytes], Decimal | Absence]]] = {
    Tag.UNSIGNED: _unsigned,
    Tag.FLAGS: _unsigned,
    Tag.SIGNED: _signed,
    Tag.FLOAT: _float,
    Tag.MIXED: _mixed,
    Tag.TEXT: _written,
    Tag.NULL: lambda data: Absence.NO_DATA,
    Tag.ERROR: lambda data: Absence.RECORD_ERROR,
}


def text(item: Item) -> str:
    """What stands in a text, in Windows-1251."""
    return item.data.decode("cp1251", "replace").strip(" \x00")
