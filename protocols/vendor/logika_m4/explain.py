"""A frame of the M4 bus in words, wake-up and all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from metering.errors import FrameError
from protocols.annotation import Annotation, Part, annotated
from protocols.vendor.logika_m4.explain_memory import memory_parts
from protocols.vendor.logika_m4.explain_tags import tagged_parts
from protocols.vendor.logika_m4.frames import WAKE_UP, Frame, LongFrame, decode
from protocols.vendor.logika_m4.memory_dialogue import READ_FLASH, READ_RAM
from protocols.vendor.logika_m4.refusals import ERROR, refusal
from protocols.vendor.logika_m4.session import SESSION, SESSION_ANSWER_SIZE, device_name
from protocols.vendor.logika_m4.tagged_archive import READ_ARCHIVE
from protocols.vendor.logika_m4.tagged_dialogue import READ_PARAMETERS

SPEED: Final = 0x42
SPEEDS: Final = (2400, 4800, 9600, 19200, 38400, 57600, 115200)

FUNCTIONS: Final[Mapping[int, str]] = {
    SESSION: "session",
    SPEED: "change of speed",
    READ_FLASH: "read FLASH",
    READ_RAM: "read RAM",
    0x48: "hour record by date",
    0x59: "day record by date",
    0x4D: "month record by date",
    0x44: "write a setting",
    0x4F: "start or stop counting",
    READ_ARCHIVE: "read archive",
    READ_PARAMETERS: "read parameters",
    0x77: "write parameters",
    0x71: "end of a protected session",
    ERROR: "error",
}


def explain(octets: bytes) -> list[Annotation]:
    """Annotations that cover the frame; FrameError with the failed check when it is none."""
    frame = octets.lstrip(WAKE_UP[:1])
    woken = len(octets) - len(frame)
    if not frame and woken >= len(WAKE_UP):
        return annotated(octets, [(woken, "wake-up")])
    if 0 < woken < len(WAKE_UP):
        raise FrameError(f"Not a frame of the M4 bus: a wake-up has at least {len(WAKE_UP)} bytes FF.")
    return annotated(octets, [(woken, "wake-up"), *_parts(decode(frame))])


def _parts(frame: Frame) -> Iterator[Part]:
    yield 1, "start"
    yield 1, f"network number {frame.network}" if frame.network != 255 else "network number 255: any device"
    if isinstance(frame, LongFrame):
        yield from _long_head(frame)
    yield 1, f"function {frame.function:02X}: {FUNCTIONS.get(frame.function, 'unknown')}"
    yield from _data(frame)
    if isinstance(frame, LongFrame):
        yield 2, "CRC, right"
    else:
        yield from ((1, "checksum, right"), (1, "end"))


def _long_head(frame: LongFrame) -> Iterator[Part]:
    yield 1, "long frame"
    yield 1, f"identifier {frame.identifier}"
    yield 1, "protected" if frame.attributes else "not protected"
    yield 2, f"{1 + len(frame.data)} bytes of function and data"


def _data(frame: Frame) -> Iterator[Part]:
    own = _WORDS.get(frame.function)
    if own is not None:
        return own(frame.data)
    if frame.function in (READ_PARAMETERS, READ_ARCHIVE) and isinstance(frame, LongFrame):
        return tagged_parts(frame.data, 0)
    return memory_parts(frame.function, frame.data)


def _session(data: bytes) -> Iterator[Part]:
    if len(data) == SESSION_ANSWER_SIZE:
        yield 2, f"signature of {device_name(data) or 'an unknown device'}"
        yield 1, f"version {data[2]:02X}"
        return
    yield 1, f"channel {data[0]}" if data else ""
    yield len(data[1:]), "reserved"


def _speed(data: bytes) -> Iterator[Part]:
    known = bool(data) and data[0] < len(SPEEDS)
    yield len(data[:1]), f"{SPEEDS[data[0]]} bit/s" if known else "unknown speed"
    yield len(data[1:]), "reserved"


def _error(data: bytes) -> Iterator[Part]:
    yield len(data), str(refusal(data))


_WORDS: Final[Mapping[int, Callable[[bytes], Iterator[Part]]]] = {
    SESSION: _session,
    SPEED: _speed,
    ERROR: _error,
}
