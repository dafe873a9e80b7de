"""A frame of SPbus in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from protocols.annotation import Annotation, Part, annotated
from protocols.vendor.logika_spbus.frames import BEGIN, FUNCTION, Route, SpbusFrame, decode, route_size
from protocols.vendor.logika_spbus.records import CODE_PAGE, FIELD, RECORD_END

FUNCTIONS: Final[Mapping[int, str]] = {
    0x1D: "read parameters",
    0x03: "parameters",
    0x0C: "read indexed parameters",
    0x14: "indexed parameters",
    0x0E: "read the archive of one parameter",
    0x16: "archive of one parameter",
    0x18: "read a slice",
    0x20: "slice",
    0x19: "read the description of an archive",
    0x21: "description of an archive",
    0x7F: "result of a write",
    0x82: "hang up",
}


def explain(octets: bytes) -> list[Annotation]:
    """Annotations that cover the frame; FrameError with the failed check when it is none."""
    frame = decode(octets)
    return annotated(octets, _parts(octets, frame))


def _parts(octets: bytes, frame: SpbusFrame) -> Iterator[Part]:
    yield len(BEGIN), "start"
    yield route_size(octets[len(BEGIN) :]), _route(frame.route)
    yield len(FUNCTION), "function follows"
    yield 1, f"function {frame.function:02X}: {FUNCTIONS.get(frame.function, 'unknown')}"
    yield len(frame.head), f"head {frame.head.decode(CODE_PAGE)!r}: comes back in the answer"
    yield 2, "data follow"
    yield from _records(frame.data)
    yield 2, "end"
    yield 2, "CRC, right"


def _route(route: Route) -> str:
    return f"to {route[0]} from {route[1]}" if route else ""


def _records(data: bytes) -> Iterator[Part]:
    """A record with its end is one part."""
    for line in data.split(RECORD_END):
        end = RECORD_END if data[len(line) :].startswith(RECORD_END) else b""
        size = len(line) + len(end)
        fields = (field.decode(CODE_PAGE) for field in line.split(FIELD)[1:])
        yield size, f"record: {' | '.join(fields)}"
        data = data[size:]
