"""A VIS.T frame in words. Source: vis-t.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Final

from metering.errors import DecodeError, FrameError
from protocols.annotation import Annotation, Part, annotated
from protocols.vendor.vist.archive import HEADER_REGISTERS, PARTS, UPDATE_AT, header
from protocols.vendor.vist.dialogue import moment
from protocols.vendor.vist.frames import (
    CRC,
    FILE,
    HOLDING,
    INPUT,
    LARGEST_UNIT,
    REFERENCE_TYPE,
    REFUSED,
    is_sealed,
    sealed,
)
from protocols.vendor.vist.numbers import FLOWS, MASS_FLOWS, POWER, PRESSURES, RUNNING_SIZES, TEMPERATURES
from protocols.vendor.vist.settings import (
    COUNTED_MASK,
    DECIMALS,
    FIRMWARE,
    MEASURED_MASK,
    MOST_SYSTEMS,
    RUNNING_DECIMALS,
    SERIAL,
    SYSTEMS,
    area,
)

_HOLDING: Final[Mapping[int, str]] = {
    FIRMWARE: "firmware version",
    SERIAL: "serial number",
    SYSTEMS: "number of systems",
}
_LIVE: Final[Mapping[int, str]] = {
    MEASURED_MASK: "mask of measured values",
    DECIMALS: "decimals of the channels and of heat power",
    TEMPERATURES: "temperatures t1 to t4",
    PRESSURES: "pressures P1 to P3",
    FLOWS: "volume flows 1 to 3",
    MASS_FLOWS: "mass flows 1 to 3",
    POWER: "heat power",
    COUNTED_MASK: "mask of accumulated values",
    RUNNING_DECIMALS: "decimals of the channels and of heat",
    **dict(zip(RUNNING_SIZES, ("volumes", "masses", "heat", "working time"), strict=True)),
}
_INPUT: Final[Mapping[int, str]] = {0: "clock"} | {
    area(system) + at: f"system {system}: {words}{' of the running hour' if at in RUNNING_SIZES else ''}"
    for system in range(1, MOST_SYSTEMS + 1)
    for at, words in _LIVE.items()
}
_REGISTER_REQUEST, _FILE_REQUEST, _REFUSAL = 8, 12, 5
_HEADER_SIZE: Final = 2 * HEADER_REGISTERS
_REGISTERS: Final = {HOLDING: ("holding", _HOLDING), INPUT: ("input", _INPUT)}


def explain(frame: bytes) -> list[Annotation]:
    """Annotations that cover the frame; FrameError when it is none."""
    if len(frame) < _REFUSAL or not is_sealed(frame):
        raise FrameError("Not a VIS.T frame: its CRC is wrong.")
    body = _body(frame)
    if body is None or not 1 <= frame[0] <= LARGEST_UNIT:
        raise FrameError("Not a VIS.T frame: it has none of the forms that functions 03, 04 and 14h have.")
    return annotated(frame, [(1, f"meter {frame[0]}"), *body, (CRC, "CRC, right")])


def typical(frame: bytes) -> bool:
    """Whether it reads a file, or registers that the reference describes; others are any Modbus meter's."""
    if frame[1] in _REGISTERS and len(frame) == _REGISTER_REQUEST:
        return _word(frame, 2) in _REGISTERS[frame[1]][1]
    return frame[1] == FILE


def reseal(frame: bytes) -> bytes:
    """The frame with its CRC set right."""
    return sealed(frame[:-CRC]) if len(frame) > CRC else frame


def _body(frame: bytes) -> list[Part] | None:
    """What stands between address and CRC; None when it is no frame of this meter."""
    function = frame[1]
    if function & REFUSED and len(frame) == _REFUSAL:
        return [(1, f"function {function & ~REFUSED:02X}h is refused"), (1, f"code {frame[2]:02X}h")]
    if function in _REGISTERS:
        return list(_of_registers(frame)) or None
    return (list(_of_file(frame)) or None) if function == FILE else None


def _of_registers(frame: bytes) -> Iterator[Part]:
    """No reply has the length of a request: that one's count of bytes would be odd."""
    kind, names = _REGISTERS[frame[1]]
    if len(frame) == _REGISTER_REQUEST:
        address = _word(frame, 2)
        yield 1, f"function {frame[1]:02X}h: read {kind} registers"
        yield 2, f"from {address:04X}h: {names.get(address, 'not described')}"
        yield 2, f"{_word(frame, 4)} registers"
    elif frame[2] == len(frame) - _REFUSAL and frame[2] and frame[2] % 2 == 0:
        yield 1, f"function {frame[1]:02X}h: {kind} registers"
        yield 1, f"{frame[2]} bytes"
        yield frame[2], _what(frame[3:-CRC])


def _what(data: bytes) -> str:
    """The reply does not repeat what was asked for."""
    numbers = " ".join(
        str(int.from_bytes(data[at : at + 2], "big", signed=True)) for at in range(0, len(data), 2)
    )
    return f"the registers that were asked for: {numbers}"


def _of_file(frame: bytes) -> Iterator[Part]:
    if len(frame) == _FILE_REQUEST and frame[3] == REFERENCE_TYPE:
        yield 1, "function 14h: read a record of a file"
        yield 1, f"length byte {frame[2]:02X}h"
        yield 1, "reference type 06"
        yield 2, f"file {_word(frame, 4)}: hour archive of system {_word(frame, 4) + 1}"
        yield 2, f"record {_word(frame, 6)}{': the header' if not _word(frame, 6) else ''}"
        yield 2, f"{_word(frame, 8)} registers"
    elif tuple(frame[2:5]) == (len(frame) - 5, len(frame) - 6, REFERENCE_TYPE):
        yield 1, "function 14h: a record of a file"
        yield 2, f"lengths {frame[2]} and {frame[3]}"
        yield 1, "reference type 06"
        yield from _header(frame[5:-CRC]) if len(frame) - 7 == _HEADER_SIZE else _record(frame[5:-CRC])


def _header(data: bytes) -> Iterator[Part]:
    mask = int.from_bytes(data[6:10], "big")
    names = [part.words for part in PARTS if part.bit & mask]
    yield 6, "not described"
    yield 4, f"mask {mask:08X}h: {', '.join(names) or 'nothing'}"
    yield 2, f"{_word(data, 10)} records present"
    yield 2, f"index {_word(data, 12)}, the number of the newest record"
    yield 2, f"of at most {_word(data, 14)} records"
    yield 6, f"last update {_moment(data)}"
    for at in (22, 26, 30):
        yield 4, f"total V{(at - 18) // 4}: {_total(data, at, 4, (at - 22) // 4)}"
    for at in (34, 38, 42):
        yield 4, f"total M{(at - 30) // 4}: {_total(data, at, 4, (at - 34) // 4)}"
    yield 4, f"total working time, h: {Decimal(int.from_bytes(data[46:50], 'big')).scaleb(-2):f}"
    yield 8, f"total heat: {_total(data, 50, 8, 3)}"
    yield 4, f"decimals of channels 1, 2, 3 and of heat: {' '.join(map(str, data[58:62]))}"
    yield len(data) - 62, "not described"


def _record(data: bytes) -> Iterator[Part]:
    yield 1, "sum of the record's other bytes"
    yield len(data) - 1, "the values that the header's mask announces"


def _total(data: bytes, at: int, size: int, channel: int) -> str:
    raw = int.from_bytes(data[at : at + size], "big", signed=True)
    try:
        return f"{Decimal(raw).scaleb(-header(data).decimals[channel]):f}"
    except DecodeError:
        return f"{raw} before its decimals"


def _moment(data: bytes) -> str:
    try:
        return moment(data[UPDATE_AT : UPDATE_AT + 6]).isoformat(" ")
    except DecodeError:
        return "at a time that no calendar has"


def _word(octets: bytes, at: int) -> int:
    return int.from_bytes(octets[at : at + 2], "big")
