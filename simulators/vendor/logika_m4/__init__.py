"""Simulated Logika SPT94x calculators, older and younger (logika-m4.md section 9)."""

from __future__ import annotations

from typing import Final

from metering.errors import FrameError
from protocols.vendor.logika_m4.frames import LONG_MARK, START, WAKE_UP, decode
from simulators.families import DevicePlan, SimulatedFamily, SimulatedMeter
from simulators.marks import Marks
from simulators.vendor.logika_m4.memory_device import LAYOUTS, MemoryDevice
from simulators.vendor.logika_m4.tagged_device import TaggedDevice
from simulators.vendor.logika_m4.tagged_layouts import TAGGED

SHORT_REQUEST: Final = 9
"""Every short request has four bytes of data."""
LONG_OVERHEAD: Final = 9


def build(plan: DevicePlan) -> SimulatedMeter:
    return MemoryDevice(plan) if plan.model in LAYOUTS else TaggedDevice(plan)


def split(buffer: bytes) -> tuple[bytes, int] | None:
    """The first run of FF or whole request; noise before it is passed over."""
    woken = buffer.find(WAKE_UP)
    for at in range(len(buffer)):
        if at == woken:
            end = at + len(buffer[at:]) - len(buffer[at:].lstrip(WAKE_UP[:1]))
            return buffer[at:end], end
        end = at + _length(buffer[at:])
        if buffer[at] == START and end <= len(buffer) and _is_frame(buffer[at:end]):
            return buffer[at:end], end
    return None


def _length(octets: bytes) -> int:
    if octets[2:3] != bytes((LONG_MARK,)):
        return SHORT_REQUEST
    return LONG_OVERHEAD + int.from_bytes(octets[5:7], "little")


def _is_frame(octets: bytes) -> bool:
    try:
        decode(octets)
    except FrameError:
        return False
    return True


def mark(frame: bytes) -> bytes:
    """A short frame says nothing but the number of the device; a long one has an identifier."""
    sent = frame.lstrip(WAKE_UP[:1])
    return sent[1:4] if sent[2:3] == bytes((LONG_MARK,)) else sent[1:2]


SIMULATED: Final = SimulatedFamily(
    protocol="logika-m4",
    models=(*LAYOUTS, *TAGGED),
    build=build,
    split=split,
    marks=Marks(mark, mark),
)
