"""A Pulsar frame in words: what `teplo explain pulsar` prints.

Requests and answers carry the same function and no direction; where the length leaves both open, both are
told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from metering.errors import DecodeError, FrameError
from protocols.annotation import Annotation, Part, annotated
from protocols.vendor.pulsar import moments, values
from protocols.vendor.pulsar.dialogue import REFUSALS
from protocols.vendor.pulsar.frames import CRC_SIZE, SEARCH, SEARCH_MARK, Frame, decode, is_sealed, sealed

NAMES: Final[Mapping[int, str]] = {
    0x00: "error",
    0x01: "current values",
    0x03: "write current values",
    0x04: "read clock",
    0x05: "set clock",
    0x06: "read archive",
    0x07: "read pulse weights",
    0x08: "write pulse weights",
    0x09: "line test",
    0x0A: "read parameter",
    0x0B: "write parameter",
    0x0E: "radio module numbers",
    0x0F: "radio module numbers",
    0x19: "state of the inputs",
    0x3E: "averaged flows",
}
_ARCHIVES: Final = {1: "hours", 2: "days", 3: "months"}
_MASK: Final = 4
_ARCHIVE_REQUEST: Final = _MASK + 2 + 2 * moments.SIZE


def explain(frame: bytes) -> list[Annotation]:
    """Annotations of one whole frame, request or answer; FrameError when it is none."""
    if frame.startswith(SEARCH_MARK):
        return annotated(frame, _search(frame))
    return annotated(frame, _frame(decode(frame)))


def reseal(frame: bytes) -> bytes:
    """The frame with its CRC set right."""
    return sealed(frame[:-CRC_SIZE]) if len(frame) > CRC_SIZE else frame


def _search(frame: bytes) -> Iterator[Part]:
    if len(frame) != len(SEARCH) or not is_sealed(frame):
        raise FrameError("Not a Pulsar frame: it begins like a search, but its length or CRC is wrong.")
    yield 4, "address search, for one meter alone on its line"
    digits = frame[4:8].hex()
    yield 4, f"address {digits}" if frame != SEARCH else "no address: a request"
    yield len(frame) - 8 - CRC_SIZE, "not explained by the reference"
    yield CRC_SIZE, "CRC, right"


def _frame(frame: Frame) -> Iterator[Part]:
    yield 4, f"address {frame.address}"
    yield 1, f"function: {NAMES.get(frame.function, 'unknown')}"
    yield 1, f"the frame has {10 + len(frame.data)} bytes"
    try:
        yield from list(DATA.get(frame.function, _plain)(frame.data))
    except DecodeError as error:
        yield len(frame.data), f"data: {error}"
    yield 2, f"ID {frame.number} of the question, which its answer repeats"
    yield CRC_SIZE, "CRC, right"


def _error(data: bytes) -> Iterator[Part]:
    code = data[0] if data else 0
    yield len(data[:1]), f"error {code}: {REFUSALS.get(code, (None, 'unknown'))[1]}"
    yield len(data[1:]), "not explained by the reference"


def _values(data: bytes) -> Iterator[Part]:
    if len(data) == _MASK:
        yield _MASK, f"a request's {_channels(data)}, or an answer's value {_float(data)}"
    elif len(data) == values.DOUBLE:
        yield values.DOUBLE, f"one value of 64 bits {_float(data)}, or two of 32: {_floats(data)}"
    else:
        for at in range(0, len(data), values.SINGLE):
            yield len(data[at : at + values.SINGLE]), f"value {_float(data[at : at + values.SINGLE])}"


def _date(data: bytes) -> Iterator[Part]:
    if len(data) == moments.SIZE:
        yield moments.SIZE, f"date {moments.decode(data) or 'unknown'}"
    elif data and data[0] in (0, 1):
        yield 1, "accepted" if data[0] else "refused"
        yield len(data[1:]), "filler"
    else:
        yield len(data), "data"


def _archive(data: bytes) -> Iterator[Part]:
    if len(data) < _MASK + moments.SIZE:
        yield len(data), "data"
        return
    yield _MASK, _channels(data[:_MASK])
    if len(data) == _ARCHIVE_REQUEST:
        yield 2, f"archive of {_ARCHIVES.get(int.from_bytes(data[4:6], 'little'), 'an unknown kind')}"
        yield moments.SIZE, f"from {moments.decode(data[6:12])}"
        yield moments.SIZE, f"to {moments.decode(data[12:18])}"
        return
    yield moments.SIZE, f"date of the first record: {moments.decode(data[4:10])}"
    for at in range(_MASK + moments.SIZE, len(data), values.SINGLE):
        octets = data[at : at + values.SINGLE]
        yield len(octets), f"record {_float(octets)}"


def _parameter(data: bytes) -> Iterator[Part]:
    if len(data) == 2:
        yield 2, f"parameter {int.from_bytes(data, 'little'):04X}"
    else:
        yield len(data), "the parameter's bytes, lowest first; behind its own size they mean nothing"


def _plain(data: bytes) -> Iterator[Part]:
    yield len(data), "data"


DATA: Final[Mapping[int, Callable[[bytes], Iterator[Part]]]] = {
    0x00: _error,
    0x01: _values,
    0x04: _date,
    0x05: _date,
    0x06: _archive,
    0x07: _values,
    0x0A: _parameter,
}


def _channels(octets: bytes) -> str:
    bits = int.from_bytes(octets, "little")
    numbers = [str(number + 1) for number in range(bits.bit_length()) if bits >> number & 1]
    return f"mask of channel {', '.join(numbers) or 'none'}"


def _float(octets: bytes) -> str:
    if octets in values.MARKS:
        return "absent: no data" if octets == values.NO_DATA else "absent: no power"
    if len(octets) not in (values.SINGLE, values.DOUBLE):
        return octets.hex(" ").upper()
    found = values.number(octets)
    return "that is no number" if found is None else f"{found:.12g}"


def _floats(data: bytes) -> str:
    return ", ".join(_float(data[at : at + values.SINGLE]) for at in range(0, len(data), values.SINGLE))
