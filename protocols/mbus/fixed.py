"""The fixed data structure of old meters, CI 73 and 77 (m-bus.md section 9)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Final, Literal

from metering.errors import DecodeError
from protocols.mbus.dif import FIELDS, DataField, DataInformation
from protocols.mbus.heads import RecordHead
from protocols.mbus.telegram import Header, Telegram
from protocols.mbus.vif import RESERVED, DataType, Meaning, power_of_ten
from protocols.mbus.vife import ValueInformation

SIZE: Final = 16
_BINARY: Final = 0x01
_AT_FIXED_DATE: Final = 0x02
_UNIT: Final = 0x3F
_HISTORIC: Final = 0x3E
_KILO: Final = Decimal(1000)
_MILLIONTH: Final = Decimal("0.000001")
_INTEGER_32, _BCD_8 = 0x4, 0xC


def _decades(first: int, quantity: str, unit: str, size: Decimal) -> Iterator[tuple[int, Meaning]]:
    for step in range(9):
        yield first + step, Meaning(quantity, unit, power_of_ten(step), size)


UNITS: Final[Mapping[int, Meaning]] = dict(
    (
        (0x00, Meaning("time", type=DataType.RAW)),
        (0x01, Meaning("date", type=DataType.RAW)),
        *_decades(0x02, "energy", "Wh", Decimal(1)),
        *_decades(0x0B, "energy", "J", _KILO),
        *_decades(0x14, "power", "W", Decimal(1)),
        *_decades(0x1D, "power", "J/h", _KILO),
        *_decades(0x26, "volume", "m3", _MILLIONTH),
        *_decades(0x2F, "volume_flow", "m3/h", _MILLIONTH),
        (0x38, Meaning("temperature", "°C", Decimal("0.001"))),
        (0x39, Meaning("heat_cost_allocator_units")),
        (0x3F, Meaning("dimensionless")),
    )
)

_MEDIA: Final[Mapping[int, int]] = {0x0A: 3, 0x0B: 4, 0x0C: 6, 0x0D: 7, 0x0E: 8}
"""The codes of mode 2 name the same media as those of mode 1."""


def decode(octets: bytes, order: Literal["little", "big"]) -> Telegram:
    """The sixteen bytes behind the CI; a counter at the fixed date has storage number 1."""
    if len(octets) != SIZE:
        raise DecodeError(f"A fixed data structure has {SIZE} bytes, this one has {len(octets)}.")
    step = 1 if order == "little" else -1
    first, second = octets[8:12][::step], octets[12:16][::step]
    heads = _heads(octets[5], octets[6] & _UNIT, octets[7] & _UNIT)
    counters = (heads[0].record(first), heads[1].record(second))
    return Telegram(_header(octets, order), counters, b"", more_follows=False, problems=())


def _heads(status: int, first: int, second: int) -> tuple[RecordHead, RecordHead]:
    """What the two counters are, by the status byte and their unit codes."""
    field = FIELDS[_INTEGER_32 if status & _BINARY else _BCD_8]
    storage = 1 if status & _AT_FIXED_DATE else 0
    if second == _HISTORIC:
        return _head(field, first, storage), _head(field, first, 1)
    return _head(field, first, storage), _head(field, second, storage)


def _head(field: DataField, unit: int, storage: int) -> RecordHead:
    meaning = UNITS.get(unit, RESERVED)
    return RecordHead.of(b"", DataInformation(field, storage=storage), ValueInformation(meaning))


def _header(octets: bytes, order: Literal["little", "big"]) -> Header:
    medium = octets[6] >> 6 | octets[7] >> 6 << 2
    return Header(
        identification=f"{int.from_bytes(octets[:4], order):08X}",
        medium=_MEDIA.get(medium, medium),
        access=octets[4],
        status=octets[5],
        fixed=True,
    )
