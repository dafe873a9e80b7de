"""Simulated VKT-5: named data behind Modbus frames and archives by date, on the common plant."""

from __future__ import annotations

from typing import Final

from metering.errors import ConfigurationError
from protocols.checksums import crc_modbus
from simulators.families import DevicePlan, SimulatedFamily, SimulatedMeter
from simulators.marks import Marks
from simulators.vendor.vkt5.meter import READ_ARCHIVE, READ_CURRENT, WRITE, Vkt5Meter

_READ_SIZE: Final = 8
_WRITE_OVERHEAD: Final = 9
_COUNT_AT: Final = 6


def split(buffer: bytes) -> tuple[bytes, int] | None:
    """The first valid request of a buffer, and where it ends."""
    for start in range(len(buffer)):
        end = start + _size(buffer[start:])
        whole = start < end <= len(buffer)
        if whole and crc_modbus(buffer[start : end - 2]).to_bytes(2, "little") == buffer[end - 2 : end]:
            return buffer[start:end], end
    return None


def _size(head: bytes) -> int:
    """How long the request is that begins so; 0 when it is none."""
    if head[1:2] in (bytes((READ_CURRENT,)), bytes((READ_ARCHIVE,))):
        return _READ_SIZE
    if head[1:2] == bytes((WRITE,)) and len(head) > _COUNT_AT:
        return _WRITE_OVERHEAD + head[_COUNT_AT]
    return 0


def build(plan: DevicePlan) -> SimulatedMeter:
    if not plan.address.isdecimal():
        raise ConfigurationError(f"A VKT-5's address is a number, not {plan.address!r}.")
    return Vkt5Meter(plan.model, int(plan.address), plan.serial, plan.memory, plan.choices)


def _address(frame: bytes) -> bytes:
    """Requests and replies alike begin with the address."""
    return frame[:1]


SIMULATED: Final = SimulatedFamily("vkt5", ("teplokom-vkt-5",), build, split, Marks(_address, _address))
