"""An SKU-02 frame in words. Source: sku-02.md section 1."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from metering.errors import DecodeError, FrameError
from protocols.annotation import Annotation, Part, annotated
from protocols.fields import float32
from protocols.vendor.sku02 import answers
from protocols.vendor.sku02.answers import COUNTS, ENERGY_UNITS, REALS
from protocols.vendor.sku02.frames import (
    CLOCK,
    CLOSING,
    COMMAND_AT,
    CURRENT_VALUES,
    HEAD,
    REQUEST_SIZE,
    is_frame,
    sealed,
)

_COMMANDS: Final = {CURRENT_VALUES: "current values", CLOCK: "clock"}


def explain(frame: bytes) -> list[Annotation]:
    """Annotations that cover the frame; FrameError when it is none."""
    if not is_frame(frame):
        raise FrameError(
            "Not an SKU-02 frame: its starts, its length, its type or one of its checks is wrong."
        )
    return annotated(frame, _parts(frame))


def reseal(frame: bytes) -> bytes:
    """The frame with its three checks set right; unchanged when it is too short for them."""
    return sealed(frame[:-CLOSING]) if len(frame) > CLOSING else frame


def _parts(frame: bytes) -> Iterator[Part]:
    yield 1, "start"
    yield 2, f"length {len(frame)}"
    yield 1, "start again"
    yield 2, "device type 2: SKU-02"
    if len(frame) == REQUEST_SIZE:
        yield COMMAND_AT - 6, "zeros in a request"
        command = frame[COMMAND_AT]
        yield 1, f"command {command:02X}h: {_COMMANDS.get(command, 'not described')}"
    else:
        yield from _head(frame)
        yield from _data(frame)
    yield 1, "XOR of all before, right"
    yield 1, "the sum's complement, right"
    yield 1, "sum of all before and twice the XOR, right"
    yield 1, "stop"


def _head(frame: bytes) -> Iterator[Part]:
    energy, index = frame[answers.ENERGY_AT] & 0x0F, frame[answers.ENERGY_AT] >> 4
    shown = ENERGY_UNITS[energy] if energy < len(ENERGY_UNITS) else f"unit {energy}"
    yield 4, f"version {answers.version(frame)}"
    yield 1, f"data status {frame[answers.STATUS_AT]:02X}h"
    yield 2, f"block {_whole(frame, 11, 2)}"
    yield 4, f"{_whole(frame, 13, 4)} bytes of data in all"
    yield 1, f"modification {frame[17]}"
    yield 1, f"heat shown in {shown} and sent in kWh, multiplier index {index}"
    yield 1, f"pressures in {'MPa' if frame[answers.PRESSURE_AT] & 0x0F else 'kPa'}"
    yield 1, f"W is {'mass, t' if frame[answers.VOLUME_AT] & 0x0F else 'volume, m3'}"
    yield 4, f"serial number {answers.serial(frame)}"
    yield 4, "meter time: year, month, day, hour " + " ".join(map(str, frame[25:29]))
    yield 1, "not described in an answer"


def _data(frame: bytes) -> Iterator[Part]:
    size = len(frame) - HEAD - CLOSING
    if size < answers.CLOCK_SIZE:
        yield size, "data"
    elif size < answers.CURRENT_SIZE:
        yield answers.CLOCK_SIZE, f"clock {_clock(frame)}"
        yield size - answers.CLOCK_SIZE, "not described"
    else:
        yield from _current(frame)


def _current(frame: bytes) -> Iterator[Part]:
    """The numbers where they stand, and what is not described between them."""
    at = HEAD
    fields = [(row.at, f"{row.words}: {_whole(frame, row.at, 4)} before its multiplier") for row in COUNTS]
    fields += [(row.at, f"{row.words}: {_real(frame, row.at)}") for row in REALS]
    for start, words in fields:
        yield start - at, "not described"
        yield 4, words
        at = start + 4
    yield len(frame) - CLOSING - at, "not described"


def _whole(frame: bytes, at: int, size: int) -> int:
    return int.from_bytes(frame[at : at + size], "big")


def _real(frame: bytes, at: int) -> str:
    number = float32(frame[at : at + 4])
    return "no number" if number is None else f"{number:f}"


def _clock(frame: bytes) -> str:
    try:
        return answers.clock(frame).isoformat(" ")
    except DecodeError:
        return "at a time that no calendar has"
