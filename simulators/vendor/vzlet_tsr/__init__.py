"""Simulated TSRV-010, TSRV-010M and MT200DS."""

from __future__ import annotations

from typing import Final

from protocols.vendor.vzlet_tsr.frames import LARGEST, LARGEST_ADDRESS, SMALLEST, is_packet
from simulators.families import SimulatedFamily
from simulators.marks import Marks
from simulators.vendor.vzlet_tsr.makes import MAKES
from simulators.vendor.vzlet_tsr.meter import VzletTsrMeter


def split(buffer: bytes) -> tuple[bytes, int] | None:
    """The first whole packet with what stands before it; longer ones than 64 bytes are dropped."""
    for start in range(len(buffer) - SMALLEST + 1):
        # An address may look like a length, and the blanks of an archive request like its checksum.
        end = _end(buffer, start + 1) if buffer[start] <= LARGEST_ADDRESS else None
        begun = start + 1 if end else start
        end = end or _end(buffer, start)
        if end:
            return buffer[max(0, begun - 2) : end], end
    return None


def _end(buffer: bytes, start: int) -> int | None:
    """Where the packet that begins here ends."""
    size = buffer[start]
    whole = SMALLEST <= size <= LARGEST and is_packet(buffer[start : start + size])
    return start + size if whole else None


def _nobody(frame: bytes) -> bytes:
    """On RS-232 no frame says whose it is."""
    return b""


SIMULATED: Final = SimulatedFamily(
    protocol="vzlet-tsr",
    models=tuple(MAKES),
    build=VzletTsrMeter,
    split=split,
    marks=Marks(_nobody, _nobody),
)
