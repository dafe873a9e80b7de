"""A VKT-5 frame in words (vkt-5.md sections 1 and 2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from metering.errors import FrameError
from protocols.annotation import Annotation, Part, annotated
from protocols.checksums import crc_modbus
from protocols.vendor.vkt5.requests import READ_ARCHIVE, READ_CURRENT, WRITE, Name
from protocols.vendor.vkt5.words import NAMES, REFUSALS, SELECTORS

_REFUSED: Final = 0x80
_REQUEST, _REFUSAL, _OVERHEAD = 8, 5, 5
_DATE_SIZE: Final = 8
_NAME_BITS: Final = 0x3F


def explain(frame: bytes) -> list[Annotation]:
    """Annotations that cover the frame; FrameError when it is no valid frame."""
    if len(frame) not in _sizes(frame):
        raise FrameError("Not a VKT-5 frame: its function or its length is wrong; it may be cut.")
    if reseal(frame) != frame:
        raise FrameError("Not a valid VKT-5 frame: its CRC is wrong.")
    return annotated(frame, _parts(frame))


def typical(frame: bytes) -> bool:
    """Whether it asks as no Modbus master does: for zero registers, under the name of VKT-5 data."""
    asks = len(frame) == _REQUEST and frame[1] in (READ_CURRENT, READ_ARCHIVE)
    return asks and not any(frame[4:6]) and frame[2] & _NAME_BITS in NAMES


def reseal(frame: bytes) -> bytes:
    """The frame with its CRC set right."""
    return frame[:-2] + crc_modbus(frame[:-2]).to_bytes(2, "little")


def _sizes(frame: bytes) -> tuple[int, ...]:
    """How long a frame may be that begins so. An answer has an even number of bytes, a request three."""
    if len(frame) < _REFUSAL:
        return ()
    if frame[1] in (READ_CURRENT, READ_ARCHIVE):
        return _REQUEST, _OVERHEAD + frame[2]
    if frame[1] == WRITE:
        return (_REQUEST, 9 + frame[6]) if len(frame) > _REQUEST else (_REQUEST,)
    return (_REFUSAL,) if frame[1] & _REFUSED else ()


def _parts(frame: bytes) -> Iterator[Part]:
    yield 1, f"meter {frame[0]}"
    if frame[1] & _REFUSED:
        yield 1, f"function {frame[1]:02X}: a refusal of {frame[1] & ~_REFUSED:02X}"
        yield 1, f"exception {frame[2]}: {REFUSALS.get(frame[2], 'not explained by the reference')}"
    elif frame[1] == WRITE:
        yield 1, "function 10: write" if len(frame) > _REQUEST else "function 10: written"
        yield from _addressed(frame)
        yield from _payload(frame)
    else:
        archive = frame[1] == READ_ARCHIVE
        yield 1, f"function {frame[1]:02X}: {'archive' if archive else 'current'} data"
        yield from _addressed(frame) if len(frame) == _REQUEST else _answer(frame)
    yield 2, "CRC"


def _addressed(frame: bytes) -> Iterator[Part]:
    number = frame[2] & _NAME_BITS
    name = NAMES.get(number, f"unknown data {number:02X}")
    selector = SELECTORS.get((frame[1], frame[2] >> 6)) if number < Name.CONFIGURATION else None
    yield 1, f"{name}, {selector}" if selector else name
    yield 1, f"part {frame[3]}"
    yield 2, f"{int.from_bytes(frame[4:6], 'big')} points"


def _answer(frame: bytes) -> Iterator[Part]:
    yield 1, f"{frame[2]} bytes of data"
    yield frame[2], "data; their meaning follows from the question"


def _payload(frame: bytes) -> Iterator[Part]:
    if len(frame) == _REQUEST:
        return
    payload = frame[7:-2]
    yield 1, f"byte count {len(payload)}"
    if frame[2] & _NAME_BITS == Name.TIME and len(payload) == _DATE_SIZE:
        year, month, day, hour = (int.from_bytes(payload[at : at + 2], "big") for at in range(0, 8, 2))
        yield _DATE_SIZE, f"archive date {day:02d}.{month:02d}.{year} {hour:02d}h"
    else:
        yield len(payload), "data"
