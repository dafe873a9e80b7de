"""A simulated TEM-104-1: one supply system. Source: tem-104.md section 5."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from metering.calendar import ArchiveKind
from protocols.checksums import arithmetic_sum
from simulators.vendor.tem.cells import Cell, measured, pressure, seconds, temperature, total
from simulators.vendor.tem.maps import Archive, Live, Map, Words, length_last
from simulators.vendor.tem.rings import RingPlace
from simulators.vendor.tem.stamps import digits, one_date


def _integrators(words: Words) -> tuple[Cell, ...]:
    return (
        total(0x00, 0x04, "volume_supply", "m3"),
        total(0x08, 0x0C, "mass_supply", "t"),
        total(0x10, 0x14, "energy_heating", words.get("heat_unit", "Gcal")),
        seconds(0x18, "on_time"),
        seconds(0x1C, "operating_time"),
        seconds(0x20, "error_time"),
    )


def _measured(words: Words) -> tuple[Cell, ...]:
    return (
        measured(0x00, "volume_flow_supply", "m3/h"),
        measured(0x04, "mass_flow_supply", "t/h"),
        measured(0x08, "temperature_supply", "°C"),
        measured(0x0C, "temperature_return", "°C"),
        measured(0x10, "pressure_supply", "MPa"),
        measured(0x14, "pressure_return", "MPa"),
    )


def _record(words: Words) -> tuple[Cell, ...]:
    return (
        total(0x04, 0x08, "volume_supply", "m3"),
        total(0x0C, 0x10, "mass_supply", "t"),
        total(0x14, 0x18, "energy_heating", words.get("heat_unit", "Gcal")),
        seconds(0x1C, "on_time"),
        seconds(0x20, "operating_time"),
        temperature(0x36, "supply"),
        temperature(0x38, "return"),
        pressure(0x3A, "supply"),
        pressure(0x3B, "return"),
    )


def clock(moment: datetime) -> bytes:
    """Seconds, minutes, hours, day of the week from 1, day, month, year."""
    weekday, date = moment.isoweekday(), (moment.day, moment.month, moment.year)
    return digits(moment.second, moment.minute, moment.hour, weekday, *date)


MAP: Final = Map(
    name=b"TEM104-1",
    timer_size=0x200,
    flash_request=length_last,
    serial=lambda serial: {0x0000: serial.encode("ascii")[:6].ljust(6, b"\x00")},
    settings=lambda circuits: {0x0041: b"\x03"},
    clock=clock,
    live=(Live(False, 0x0144, 0x32, _integrators), Live(True, 0x00B8, 0x18, _measured)),
    archive=Archive(
        0x40,
        _record,
        one_date,
        arithmetic_sum,
        {
            ArchiveKind.HOUR: RingPlace(0x00000, 1536, 0x01B8),
            ArchiveKind.DAY: RingPlace(0x18000, 368, 0x01BC),
            ArchiveKind.MONTH: RingPlace(0x1DC00, 144, 0x01C0),
        },
    ),
)
