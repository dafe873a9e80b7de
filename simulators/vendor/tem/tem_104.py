"""A simulated TEM-104: circuit 1 is a supply system on channel 1, circuit 2 circulating hot water on 2 and 3.

Source: tem-104.md section 4.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from metering.calendar import ArchiveKind
from protocols.checksums import arithmetic_sum
from simulators.vendor.tem.cells import Cell, measured, pressure, seconds, temperature, total
from simulators.vendor.tem.maps import Archive, Live, Map, Words, length_first
from simulators.vendor.tem.rings import RingPlace
from simulators.vendor.tem.stamps import digits, two_dates

SYSTEM_SIZE: Final = 0x92


def integrators(words: Words) -> tuple[Cell, ...]:
    heat = words.get("heat_unit", "Gcal")
    return (
        total(0x38, 0x08, "volume_supply", "m3"),
        total(0x3C, 0x0C, "volume_supply", "m3", 2),
        total(0x40, 0x10, "volume_return", "m3", 2),
        total(0x48, 0x18, "mass_supply", "t"),
        total(0x4C, 0x1C, "mass_supply", "t", 2),
        total(0x50, 0x20, "mass_return", "t", 2),
        total(0x58, 0x28, "energy_heating", heat),
        total(0x5C, 0x2C, "energy_hot_water", heat, 2),
        seconds(0x68, "on_time"),
        seconds(0x6C, "operating_time"),
        seconds(0x70, "operating_time", 2),
    )


def record(words: Words) -> tuple[Cell, ...]:
    return (
        *integrators(words),
        temperature(0xC8, "supply"),
        temperature(0xCA, "return"),
        temperature(0xCE, "supply", 2),
        temperature(0xD0, "return", 2),
        temperature(0xD2, "cold_water", 2),
        pressure(0xE0, "supply"),
        pressure(0xE1, "return"),
        pressure(0xE3, "supply", 2),
        pressure(0xE4, "return", 2),
    )


def parameters(words: Words) -> tuple[Cell, ...]:
    second = SYSTEM_SIZE
    return (
        measured(0x00, "temperature_supply", "°C"),
        measured(0x04, "temperature_return", "°C"),
        measured(0x10, "pressure_supply", "MPa"),
        measured(0x14, "pressure_return", "MPa"),
        measured(0x40, "volume_flow_supply", "m3/h"),
        measured(0x50, "mass_flow_supply", "t/h"),
        measured(second + 0x00, "temperature_supply", "°C", 2),
        measured(second + 0x04, "temperature_return", "°C", 2),
        measured(second + 0x08, "temperature_cold_water", "°C", 2),
        measured(second + 0x10, "pressure_supply", "MPa", 2),
        measured(second + 0x14, "pressure_return", "MPa", 2),
        measured(second + 0x40, "volume_flow_supply", "m3/h", 2),
        measured(second + 0x44, "volume_flow_return", "m3/h", 2),
        measured(second + 0x50, "mass_flow_supply", "t/h", 2),
        measured(second + 0x54, "mass_flow_return", "t/h", 2),
    )


def structures(at: int, stride: int, types: tuple[int, int]) -> dict[int, bytes]:
    """Configurations of both systems: type, four programmed flows, four flow channels."""
    supply, hot_water = types
    return {
        at: bytes((supply, 0, 0, 0, 0, 0, 0, 0, 0)),
        at + stride: bytes((hot_water, 0, 0, 0, 0, 1, 2, 0, 0)),
    }


def _clock(moment: datetime) -> bytes:
    parts = digits(moment.second, moment.minute, moment.hour, moment.day, moment.month, moment.year)
    second, minute, hour, day, month, year = parts
    return bytes((second, 0, minute, 0, hour, 0, 0, day, month, year))


MAP: Final = Map(
    name=b"TEM-104",
    timer_size=0x800,
    flash_request=length_first,
    serial=lambda serial: {0x007C: int(serial).to_bytes(4, "big")},
    settings=lambda circuits: {0x0000: bytes((circuits,)), **structures(0x0600, 0x19, (0x3, 0xB))},
    clock=_clock,
    clock_at=0x10,
    live=(
        Live(False, 0x0200, 0x100, integrators),
        Live(True, 0x2200, 2 * SYSTEM_SIZE, parameters),
    ),
    archive=Archive(
        0x100,
        record,
        two_dates(0x04),
        arithmetic_sum,
        {
            ArchiveKind.HOUR: RingPlace(0x00000, 1536, 0x00F4),
            ArchiveKind.DAY: RingPlace(0x60000, 368, 0x00F8),
            ArchiveKind.MONTH: RingPlace(0x77000, 144, 0x00FC),
        },
    ),
    most_circuits=2,
)
