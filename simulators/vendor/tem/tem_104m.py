"""Simulated TEM-104M, TEM-104M2 and TEM-104M-1. Source: tem-104.md section 7.

Numbers are little-endian; records are found by their date.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Final

from metering.calendar import ArchiveKind
from protocols.checksums import arithmetic_sum
from simulators.vendor.tem.cells import (
    LITTLE,
    Cell,
    measured,
    pressure,
    seconds,
    temperature,
    total,
)
from simulators.vendor.tem.maps import Archive, Live, Map, Words, length_first
from simulators.vendor.tem.rings import RingPlace
from simulators.vendor.tem.stamps import unix_times
from simulators.vendor.tem.tem_104 import SYSTEM_SIZE, parameters, structures


def _record(words: Words) -> tuple[Cell, ...]:
    step = Decimal(words.get("pressure_step", "0.01"))
    return (
        total(0x008, 0x048, "volume_supply", "m3"),
        total(0x00C, 0x04C, "volume_supply", "m3", 2),
        total(0x010, 0x050, "volume_return", "m3", 2),
        total(0x018, 0x058, "mass_supply", "t"),
        total(0x01C, 0x05C, "mass_supply", "t", 2),
        total(0x020, 0x060, "mass_return", "t", 2),
        total(0x028, 0x068, "energy_heating", "Gcal"),
        total(0x02C, 0x06C, "energy_hot_water", "Gcal", 2),
        seconds(0x098, "on_time"),
        seconds(0x0A0, "operating_time"),
        seconds(0x0A4, "operating_time", 2),
        temperature(0x11C, "supply"),
        temperature(0x11E, "return"),
        temperature(0x122, "supply", 2),
        temperature(0x124, "return", 2),
        temperature(0x126, "cold_water", 2),
        pressure(0x134, "supply", 1, step),
        pressure(0x135, "return", 1, step),
        pressure(0x137, "supply", 2, step),
        pressure(0x138, "return", 2, step),
    )


def _clock(moment: datetime) -> bytes:
    """Plain binary; the day of the week from Sunday, 0."""
    time = (moment.second, moment.minute, moment.hour)
    return bytes((*time, moment.day, moment.month, moment.year % 100, moment.isoweekday() % 7))


def _serial(serial: str) -> dict[int, bytes]:
    return {0x0000: int(serial).to_bytes(4, "little")}


MAP: Final = Map(
    name=b"TEM-104M",
    timer_size=0x1000,
    flash_request=length_first,
    serial=_serial,
    settings=lambda circuits: {0x0004: bytes((circuits,)), **structures(0x0080, 0x4D, (0x3, 0xC))},
    clock=_clock,
    live=(
        Live(False, 0x0800, 0x160, _record),
        Live(True, 0x0000, 2 * SYSTEM_SIZE, parameters),
    ),
    archive=Archive(
        0x160,
        _record,
        unix_times,
        lambda octets: 0xFF - arithmetic_sum(octets),
        {
            ArchiveKind.HOUR: RingPlace(0x000000, 1600),
            ArchiveKind.DAY: RingPlace(0x089800, 800),
            ArchiveKind.MONTH: RingPlace(0x0CE400, 60),
        },
    ),
    order=LITTLE,
    most_circuits=2,
    finds_by_date=True,
)
MAP_M2: Final = replace(MAP, name=b"TEM-104M2")


def _single(words: Words) -> tuple[Cell, ...]:
    return (
        total(0x08, 0x18, "volume", "m3"),
        total(0x0C, 0x1C, "mass", "t"),
        total(0x10, 0x20, "energy_heating", "Gcal"),
        seconds(0x28, "on_time"),
        seconds(0x30, "operating_time"),
        temperature(0x4B, "supply"),
        temperature(0x4D, "return"),
        pressure(0x4F, "supply"),
        pressure(0x50, "return"),
    )


def _single_flows(words: Words) -> tuple[Cell, ...]:
    return measured(0x20, "volume_flow", "m3/h"), measured(0x24, "mass_flow", "t/h")


MAP_M_1: Final = Map(
    name=b"TEM-104M-1",
    timer_size=0x800,
    flash_request=length_first,
    serial=_serial,
    settings=lambda circuits: {},
    clock=_clock,
    live=(Live(False, 0x0180, 0x51, _single), Live(True, 0x0000, 0x28, _single_flows)),
    archive=None,
    order=LITTLE,
)
