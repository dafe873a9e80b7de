"""The device side of an SKU-02's own protocol: current values and the clock, without an address.

Written from sku-02.md section 1. This device counts in MWh with the smallest multiplier, volumes in m3, and
repeats the command of the request.
"""

from __future__ import annotations

import struct
from datetime import datetime
from decimal import Decimal
from typing import Final

from metering.calendar import ArchiveKind
from metering.errors import ConfigurationError, NotSupported
from protocols.vendor.sku02.driver import MODEL
from protocols.vendor.sku02.frames import (
    CLOCK,
    COMMAND_AT,
    CURRENT_VALUES,
    REQUEST_SIZE,
    START,
    check_address,
    frame,
    is_frame,
)
from simulators.families import DevicePlan, SimulatedFamily
from simulators.marks import Marks
from simulators.memory import MeterMemory
from simulators.numbers import Numbers, Sent, numbers_at, on_wire, truths_of
from simulators.truth import Truths

VERSION: Final = 3.25
_LARGEST: Final = 2**32 - 1
_ONE, _HUNDREDTH = Decimal(1), Decimal("0.01")

WHOLE: Final = {
    30: Sent("energy_heating", "kWh", _ONE, 1),
    34: Sent("energy_heating", "kWh", _ONE, 2),
    38: Sent("volume", "m3", _HUNDREDTH, 1),
    42: Sent("volume", "m3", _HUNDREDTH, 2),
    50: Sent("energy_total", "kWh", _ONE),
}
REAL: Final = {
    70: Sent("volume_flow", "m3/h", circuit=1),
    74: Sent("volume_flow", "m3/h", circuit=2),
    86: Sent("temperature_supply", "°C"),
    90: Sent("temperature_return", "°C"),
    98: Sent("pressure_supply", "kPa"),
    102: Sent("pressure_return", "kPa"),
}
THIRD_AT, RUNNING_TIME_AT = 94, 46
_HEAD: Final = 30
_CURRENT_END: Final = 106


class Sku02Meter:
    """One SKU-02. Silent at damaged requests and at commands that are not described."""

    def __init__(self, plan: DevicePlan) -> None:
        if not (plan.serial.isdecimal() and int(plan.serial) <= _LARGEST):
            raise ConfigurationError(f"Serial {plan.serial!r} of a simulated SKU-02: a number of four bytes.")
        check_address(plan.address)
        self.model = plan.model
        self.address = plan.address
        self.serial = str(int(plan.serial))
        self.memory: MeterMemory = plan.memory
        third = plan.choices.get("third_temperature", "cold_water")
        self._reals = REAL | {THIRD_AT: Sent(f"temperature_{third}", "°C")}
        time_unit = plan.choices.get("running_time", "s")
        self._wholes = WHOLE | {RUNNING_TIME_AT: Sent("operating_time", time_unit, _ONE)}

    def hear(self, request: bytes) -> bytes | None:
        """The answer to a whole request."""
        now = self.memory.meter_time()
        if not is_frame(request) or len(request) != REQUEST_SIZE:
            return None
        command = request[COMMAND_AT]
        if command == CLOCK:
            clock = struct.pack(">H", now.year) + bytes(
                (now.month, now.day, now.hour, now.minute, now.second)
            )
            return frame(command, self._head(now, len(clock)), clock)
        if command == CURRENT_VALUES:
            data = self._current(_minute(now))
            return frame(command, self._head(now, len(data)), data)
        return None

    def truth_snapshot(self, meter_time: datetime) -> Truths:
        numbers = numbers_at(self.memory, _minute(meter_time))
        rows = [*self._wholes.values(), *self._reals.values()]
        return truths_of([row for row in rows if row.circuit <= self.memory.circuits], numbers)

    def truth_archive(self, kind: ArchiveKind, start: datetime) -> Truths | None:
        """Its archives are not described, so that it has none here."""
        return None

    def _head(self, now: datetime, size: int) -> bytes:
        """Bytes 6 to 28: version, status, block, length, modification, units, serial number, time."""
        time = bytes((now.year % 100, now.month, now.day, now.hour))
        return struct.pack(">fBHIBBBBI", VERSION, 0, 1, size, 1, 0, 0, 0, int(self.serial)) + time

    def _current(self, at: datetime) -> bytes:
        image, numbers = bytearray(_CURRENT_END), numbers_at(self.memory, at)
        for place, row in self._wholes.items():
            steps = round(self._exact(row, numbers) / (row.step or _ONE))
            image[place : place + 4] = struct.pack(">I", steps)
        for place, row in self._reals.items():
            image[place : place + 4] = struct.pack(">f", self._exact(row, numbers))
        return bytes(image[_HEAD:])

    def _exact(self, row: Sent, numbers: Numbers) -> Decimal:
        """In the unit of the wire; zero for a channel that is not used and for what no plant measures."""
        if row.circuit > self.memory.circuits:
            return Decimal(0)
        try:
            return on_wire(row, numbers)
        except NotSupported:
            return Decimal(0)


def split(buffer: bytes) -> tuple[bytes, int] | None:
    """The first whole request."""
    start = buffer.find(START)
    while start >= 0:
        request = buffer[start : start + REQUEST_SIZE]
        if is_frame(request):
            return request, start + REQUEST_SIZE
        start = buffer.find(START, start + 1)
    return None


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


def _nobody(frame: bytes) -> bytes:
    """No frame says whose it is."""
    return b""


SIMULATED: Final = SimulatedFamily(
    protocol="sku02", models=(MODEL,), build=Sku02Meter, split=split, marks=Marks(_nobody, _nobody)
)
