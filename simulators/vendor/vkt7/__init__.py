"""Simulated VKT-7: the maker's session, read list and archives by date, on the common plant."""

from __future__ import annotations

from typing import Final

from metering.errors import ConfigurationError
from protocols.vendor.vkt7.frames import awake, frames_in, request_sizes
from simulators.families import DevicePlan, SimulatedFamily, SimulatedMeter
from simulators.marks import Marks
from simulators.vendor.vkt7.meter import Vkt7Meter

_WOKEN: Final = 0xFF


def split(buffer: bytes) -> tuple[bytes, int] | None:
    """The first whole request of a buffer with the wake-up bytes before it, and where it ends."""
    found = next(frames_in(buffer, request_sizes), None)
    if found is None:
        return None
    start, end = found
    while start and buffer[start - 1] == _WOKEN:
        start -= 1
    return buffer[start:end], end


def build(plan: DevicePlan) -> SimulatedMeter:
    if not plan.address.isdecimal():
        raise ConfigurationError(f"A VKT-7's address is a number, not {plan.address!r}.")
    return Vkt7Meter(plan.model, int(plan.address), plan.serial, plan.memory)


def _address(frame: bytes) -> bytes:
    """Requests and replies alike begin with the address."""
    return awake(frame)[1][:1]


SIMULATED: Final = SimulatedFamily("vkt7", ("teplokom-vkt-7",), build, split, Marks(_address, _address))
