"""M-Bus application layer: a payload becomes a header and data records (EN 13757-3, m-bus.md 4 to 8).

A payload is a CI byte and everything behind it up to the frame's checksum.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from metering.errors import DecodeError
from metering.readings import Absence
from protocols.mbus import dif, fixed, headers
from protocols.mbus.application_errors import application_error
from protocols.mbus.dif import FIELDS, Coding, DataInformation, Function
from protocols.mbus.heads import PlacedRecord, RecordHead, place
from protocols.mbus.telegram import NO_HEADER, DataRecord, Header, Telegram
from protocols.mbus.vib import NO_BARE_VIFS, BareVifs
from protocols.mbus.vif import DataType, Meaning
from protocols.mbus.vife import ValueInformation

__all__ = ["DataRecord", "Function", "Header", "Telegram", "decode", "split"]

Order = Literal["little", "big"]

_VARIABLE: Final[Mapping[int, tuple[int, Order]]] = {
    0x72: (headers.LONG_SIZE, "little"),
    0x76: (headers.LONG_SIZE, "big"),
    0x78: (0, "little"),
    0x7A: (headers.SHORT_SIZE, "little"),
}
"""CI of the variable data structure: size of its header, order of the bytes of a number."""
_FIXED: Final[Mapping[int, Order]] = {0x73: "little", 0x77: "big"}
_ERRORS: Final[Mapping[int, int]] = {0x70: 0, 0x6E: headers.SHORT_SIZE, 0x6F: headers.LONG_SIZE}
"""CI of application errors: size of the header before the code."""
_ALARM: Final = 0x71
_REVERSED: Final = frozenset(ci for ci, (_, order) in _VARIABLE.items() if order == "big")
_TAILS: Final = frozenset({dif.MANUFACTURER_DATA, dif.MORE_FOLLOWS})
_PASSED_OVER: Final = frozenset({dif.IDLE_FILLER, dif.GLOBAL_READOUT})
_STEPPED_OVER: Final = frozenset({Absence.NOT_DECODED, Absence.NOT_BCD, Absence.RECORD_ERROR})


@dataclass(frozen=True, slots=True)
class Special:
    """A DIF that stands for itself: a tail of manufacturer's data, an idle filler, a global read-out."""

    start: int
    code: int


@dataclass(frozen=True, slots=True)
class Body:
    """How a payload is divided. `tail` is where a DIF 0F or 1F stands, or where the payload ends."""

    records: tuple[PlacedRecord, ...]
    tail: int
    manufacturer_data: bytes = b""
    more_follows: bool = False


def decode(payload: bytes, bare: BareVifs = NO_BARE_VIFS) -> Telegram:
    """The meter's answer; DecodeError when any part of it cannot be delimited, so nothing is half accepted.

    An application error of the meter is raised: MeterBusy for codes 08 and 09, else NotSupported.
    """
    if not payload:
        raise DecodeError("The frame has no payload: not even a CI field.")
    ci = payload[0]
    if ci in _VARIABLE:
        return _variable(payload, bare)
    if ci in _FIXED:
        return fixed.decode(payload[1:], _FIXED[ci])
    if ci in _ERRORS:
        raise application_error(payload[1 + _ERRORS[ci] :])
    if ci == _ALARM:
        return _alarm(payload[1:])
    raise DecodeError(
        f"CI {ci:02X} is not an answer with records; the meter speaks a dialect of its own here."
    )


def split(payload: bytes, start: int, bare: BareVifs = NO_BARE_VIFS) -> Body:
    """Divides a payload into its records, from `start` on; idle fillers are passed over."""
    placed = []
    for part in parts(payload, start, bare):
        if isinstance(part, PlacedRecord):
            placed.append(part)
        elif part.code in _TAILS:
            behind = payload[part.start + 1 :]
            return Body(tuple(placed), part.start, behind, part.code == dif.MORE_FOLLOWS)
    return Body(tuple(placed), len(payload))


def parts(payload: bytes, start: int, bare: BareVifs = NO_BARE_VIFS) -> Iterator[PlacedRecord | Special]:
    """Record after record from `start`, and the DIFs between them that are none; ends with a DIF 0F or 1F.

    DecodeError where a part does not end within the payload or its length is unknown.
    """
    while start < len(payload):
        code = payload[start]
        if not dif.is_special(code):
            placed = place(payload, start, bare)
            yield placed
            start = placed.end
        elif code in _TAILS:
            yield Special(start, code)
            return
        elif code in _PASSED_OVER:
            yield Special(start, code)
            start += 1
        else:
            raise DecodeError(f"DIF {code:02X} at byte {start} is reserved: nobody knows what follows it.")


def records_start(payload: bytes) -> int | None:
    """Where the records of a variable data structure begin; None for every other CI."""
    return 1 + _VARIABLE[payload[0]][0] if payload[0] in _VARIABLE else None


def record_at(placed: PlacedRecord, payload: bytes) -> DataRecord:
    """The record that lies at this place of a payload."""
    data = payload[placed.data_start : placed.end]
    if payload[0] not in _REVERSED:
        return placed.head.record(data)
    kept = 1 if placed.head.which.field.coding is Coding.VARIABLE else 0
    return placed.head.record(data[:kept] + data[kept:][::-1])


def problem(number: int, record: DataRecord) -> str | None:
    """What stands in the telegram's problems about this record, if anything."""
    if record.absence not in _STEPPED_OVER:
        return None
    return f"record {number} ({record.dif_vif.hex().upper()}): {record.why}"


def assemble(header: Header, body: Body, payload: bytes) -> Telegram:
    """The telegram of a divided payload, with the problems of its records named."""
    found = tuple(record_at(placed, payload) for placed in body.records)
    named = (problem(number, record) for number, record in enumerate(found))
    problems = tuple(words for words in named if words)
    return Telegram(header, found, body.manufacturer_data, body.more_follows, problems)


def read_header(payload: bytes) -> Header:
    """The header of a variable data structure; DecodeError when it is cut off."""
    size, order = _VARIABLE[payload[0]]
    if len(payload) < 1 + size:
        raise DecodeError(f"The header has {size} bytes, only {len(payload) - 1} are there.")
    return headers.parse(payload[1 : 1 + size], order)


def _variable(payload: bytes, bare: BareVifs) -> Telegram:
    header = read_header(payload)
    body = split(payload, 1 + _VARIABLE[payload[0]][0], bare)
    return assemble(header, body, payload)


def _alarm(data: bytes) -> Telegram:
    """CI 71: one byte of flags that only the manufacturer explains."""
    if len(data) != 1:
        raise DecodeError(f"An alarm telegram has one byte, this one has {len(data)}.")
    head = RecordHead.of(
        b"", DataInformation(FIELDS[1]), ValueInformation(Meaning("alarm_flags", type=DataType.FLAGS))
    )
    return Telegram(NO_HEADER, (head.record(data),), b"", more_follows=False, problems=())
