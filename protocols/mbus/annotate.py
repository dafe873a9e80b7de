"""Every byte of a frame with its meaning, for people: what `teplo explain m-bus` prints."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from metering.errors import DecodeError, TeploError
from protocols.annotation import Annotation, Part, annotated
from protocols.mbus import commands, dif, fixed, frames, records
from protocols.mbus.frames import Frame, LongFrame, ShortFrame
from protocols.mbus.heads import PlacedRecord
from protocols.mbus.records import Special
from protocols.mbus.telegram import Header, Telegram
from protocols.mbus.texts import field_words, meaning_words, record_words
from protocols.mbus.words import ci_words, control_words, medium_words, status_words

_DATA_SENT: Final = 0x51

_SPECIAL: Final = {
    dif.MANUFACTURER_DATA: "DIF: manufacturer's data up to the end",
    dif.MORE_FOLLOWS: "DIF: more records follow in the next telegram; manufacturer's data up to the end",
    dif.IDLE_FILLER: "idle filler",
    dif.GLOBAL_READOUT: "DIF: all records are to be read out",
}


def explain_bytes(frame: bytes) -> list[Annotation]:
    """Annotations that cover the frame without gap or overlap; FrameError when it is not a valid frame.

    Where a payload cannot be understood, the rest of it is one annotation that says why.
    """
    return annotated(frame, _frame(frames.decode(frame)))


def _frame(frame: Frame) -> Iterator[Part]:
    if isinstance(frame, LongFrame):
        length = len(frame.payload) + 2
        yield 4, f"start of a long frame; {length} bytes stand before the checksum"
        yield from _link(frame)
        yield 1, f"CI field: {ci_words(frame.payload[0])}"
        yield from _payload(frame.payload)
        yield from _END
    elif isinstance(frame, ShortFrame):
        yield 1, "start of a short frame"
        yield from _link(frame)
        yield from _END
    else:
        yield 1, "acknowledgement"


_END: Final[tuple[Part, ...]] = ((1, "checksum"), (1, "stop"))


def _link(frame: LongFrame | ShortFrame) -> Iterator[Part]:
    yield 1, f"C field: {control_words(frame.control)}"
    yield 1, f"address {frame.address}"


def _payload(payload: bytes) -> Iterator[Part]:
    """The parts behind the CI byte."""
    start = records.records_start(payload)
    try:
        if start is not None:
            yield from _HEADERS[start](records.read_header(payload))
            yield from _records(payload, start)
        elif payload[0] == _DATA_SENT:
            yield from _records(payload, 1)
        elif commands.is_divided(payload):
            yield from commands.parts(payload)
        elif len(payload) == 1 + fixed.SIZE:
            yield from _fixed(records.decode(payload))
        else:
            yield len(payload) - 1, _undivided(payload)
    except TeploError as error:
        yield len(payload) - 1, str(error)


def _undivided(payload: bytes) -> str:
    """What a payload says that has no records: an error or alarm of the meter, or data unknown to us."""
    try:
        return "; ".join(record_words(record) for record in records.decode(payload).records)
    except DecodeError:
        return "data"


def _no_header(_: Header) -> tuple[Part, ...]:
    return ()


def _short_header(header: Header) -> tuple[Part, ...]:
    return (
        (1, f"access number {header.access}"),
        (1, f"status: {status_words(header.status)}"),
        (2, f"signature {header.signature:04X}"),
    )


def _long_header(header: Header) -> tuple[Part, ...]:
    return (
        (4, f"identification {header.identification}"),
        (2, f"manufacturer {header.manufacturer}"),
        (1, f"version {header.version}"),
        (1, f"medium: {medium_words(header.medium)}"),
        *_short_header(header),
    )


_HEADERS: Final = {1: _no_header, 5: _short_header, 13: _long_header}
"""By where the records begin in the payload."""


def _fixed(telegram: Telegram) -> Iterator[Part]:
    header, (first, second) = telegram.header, telegram.records
    yield 4, f"identification {header.identification}"
    yield 1, f"access number {header.access}"
    yield 1, f"status {header.status:02X}: how the counters are coded, and errors"
    yield 2, f"units of the counters; medium: {medium_words(header.medium)}"
    yield 4, f"counter 1: {record_words(first)}"
    yield 4, f"counter 2: {record_words(second)}"


def _records(payload: bytes, start: int) -> Iterator[Part]:
    end = start
    try:
        for part in records.parts(payload, start):
            if isinstance(part, Special):
                yield 1, _SPECIAL[part.code]
                end = part.start + 1
            else:
                yield from _record(part, payload)
                end = part.end
    except DecodeError as error:
        yield len(payload) - end, str(error)
        return
    yield len(payload) - end, "manufacturer's data"


def _record(placed: PlacedRecord, payload: bytes) -> Iterator[Part]:
    record = records.record_at(placed, payload)
    yield placed.vif_start - placed.start, f"DIF: {field_words(placed.head.which)}"
    yield placed.data_start - placed.vif_start, f"VIF: {meaning_words(placed.head.what)}"
    yield placed.end - placed.data_start, record_words(record)
