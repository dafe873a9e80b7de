"""A command or an answer of SA-94 in words.

Nothing marks an answer: its length says what it is. A number whose first byte is 80 or more begins like a
command, so that only the whole of it can be told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from metering.errors import FrameError
from protocols.annotation import Annotation, Part, annotated
from protocols.vendor.sa94 import commands
from protocols.vendor.sa94.commands import BLOCK_SIZE, NUMBER_SIZE
from protocols.vendor.sa94.formats import EMPTY, day_of, number
from protocols.vendor.sa94.status import Status, is_status

PARAMETERS: Final[Mapping[int, str]] = dict(
    enumerate(
        (
            "flow Q1, m3/s",
            "flow Q2, m3/s",
            "temperature T1, °C",
            "temperature T2, °C",
            "temperature T3, °C",
            "temperature difference, K",
            "heat power, kW",
            "heat E, MWh",
            "volume V1, m3",
            "volume V2, m3",
            "time of day",
            "date",
            "operating time, s",
        )
    )
) | {14: "pressure p1, MPa", 15: "pressure p2, MPa"}

_SEGMENTS: Final = ("internal", "internal", "hours", "hours", "days", "days", "errors", "errors")


def explain(frame: bytes) -> list[Annotation]:
    """Annotations that cover it; FrameError when it is neither a command nor an answer."""
    parts = list(_BY_SIZE.get(len(frame), _nothing)(frame))
    if not parts:
        raise FrameError("Neither a command nor an answer of SA-94: answers have 1, 4 or 128 bytes.")
    return annotated(frame, parts)


def reseal(frame: bytes) -> bytes:
    """The frame itself: nothing seals it."""
    return frame


def _nothing(frame: bytes) -> Iterator[Part]:
    yield from ()


def _one(frame: bytes) -> Iterator[Part]:
    """A question for a current value, the end of a selection, or a status."""
    place = frame[0] - commands.PARAMETER
    if place in PARAMETERS:
        yield 1, f"read {PARAMETERS[place]}"
    elif frame[0] == commands.UNSELECT:
        yield 1, "unselect"
    elif is_status(frame[0]):
        yield 1, f"status: {Status(frame[0])}"


def _two(frame: bytes) -> Iterator[Part]:
    segment = frame[0] - commands.STATISTICS
    if 0 <= segment < commands.SEGMENTS and frame[1] < commands.BLOCKS:
        yield 1, f"read archive segment {segment}, {_SEGMENTS[segment]}"
        yield 1, f"block {frame[1]}"


def _three(frame: bytes) -> Iterator[Part]:
    if max(frame[1:]) > 0x7F:
        return
    if frame[0] == commands.EXTENDED and frame[1] & commands.EXTENDED_MARK and frame[2] < 0x40:
        segment, block = frame[1] >> 3 & 7, (frame[1] & 7) << 6 | frame[2]
        yield 1, "read extended archive"
        yield 2, f"segment {segment}, {_SEGMENTS[segment]}, block {block}"
    elif frame[0] & commands.SELECT == commands.SELECT:
        yield 3, f"select meter {commands.selected(frame)}"


def _item(octets: bytes) -> str:
    day = day_of(octets)
    if day:
        return f"date {day.isoformat()}"
    value = number(octets)
    if octets == EMPTY or value is None:
        return "empty"
    return f"number {value:f}" if abs(value.adjusted()) < 20 else f"number {value}"


def _four(frame: bytes) -> Iterator[Part]:
    yield 4, _item(frame)


def _block(frame: bytes) -> Iterator[Part]:
    for at in range(0, BLOCK_SIZE, NUMBER_SIZE):
        yield NUMBER_SIZE, _item(frame[at : at + NUMBER_SIZE])


_BY_SIZE: Final[Mapping[int, Callable[[bytes], Iterator[Part]]]] = {
    1: _one,
    2: _two,
    3: _three,
    NUMBER_SIZE: _four,
    BLOCK_SIZE: _block,
}
