"""Simulated meters of the TEM family of Arvas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from metering.errors import FrameError
from protocols.vendor.tem.frames import HEAD, REQUEST, decode
from simulators.families import DevicePlan, SimulatedFamily
from simulators.marks import Marks
from simulators.vendor.tem import tem_104, tem_104_1, tem_104_k, tem_104m, tem_106
from simulators.vendor.tem.maps import Map
from simulators.vendor.tem.meter import TemMeter

MAPS: Final[Mapping[str, Map]] = {
    "arvas-tem-104": tem_104.MAP,
    "arvas-tem-104-1": tem_104_1.MAP,
    "arvas-tem-106": tem_106.MAP,
    "arvas-tesmart": tem_106.TESMART,
    "arvas-tem-104m": tem_104m.MAP,
    "arvas-tem-104m2": tem_104m.MAP_M2,
    "arvas-tem-104m-1": tem_104m.MAP_M_1,
    "arvas-tem-104-k": tem_104_k.MAP,
}


def build(plan: DevicePlan) -> TemMeter:
    """A meter of this model; ConfigurationError for an address or a serial that no such meter has."""
    return TemMeter(plan, MAPS[plan.model])


def split(buffer: bytes) -> tuple[bytes, int] | None:
    """The first whole request and where it ends."""
    start = buffer.find(REQUEST)
    while start >= 0:
        end = start + HEAD + buffer[start + HEAD - 1] + 1 if len(buffer) >= start + HEAD else len(buffer)
        if _is_frame(buffer[start:end]):
            return buffer[start:end], end
        start = buffer.find(REQUEST, start + 1)
    return None


def _is_frame(octets: bytes) -> bool:
    try:
        decode(octets)
    except FrameError:
        return False
    return True


def _mark(frame: bytes) -> bytes:
    """Address, group, command and length."""
    return frame[1:HEAD]


SIMULATED: Final = SimulatedFamily("tem", tuple(MAPS), build, split, Marks(_mark, _mark))
