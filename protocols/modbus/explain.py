"""A Modbus RTU frame in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from metering.errors import FrameError
from protocols.annotation import Annotation, Part, annotated
from protocols.checksums import crc_modbus

SMALLEST: Final = 4


def explain(frame: bytes) -> list[Annotation]:
    """Annotations that cover the frame; FrameError when its CRC is wrong."""
    if len(frame) < SMALLEST or reseal(frame) != frame:
        raise FrameError("Not a valid Modbus RTU frame: its CRC is wrong.")
    return annotated(frame, _parts(frame))


def reseal(frame: bytes) -> bytes:
    """The frame with its CRC set right."""
    return frame[:-2] + crc_modbus(frame[:-2]).to_bytes(2, "little")


def _parts(frame: bytes) -> Iterator[Part]:
    yield 1, f"unit {frame[0]}"
    yield 1, f"function {frame[1]:02X}"
    yield len(frame) - 4, "data"
    yield 2, "CRC"
