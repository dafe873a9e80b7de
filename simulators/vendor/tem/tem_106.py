"""A simulated TEM-106 or TESMART: a supply system, and circulating hot water. Source: tem-104.md section 6.

The comma of both systems and of their flow channels is 3: heat is kept a hundredfold, water tenfold.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final

from metering.calendar import ArchiveKind
from protocols.checksums import arithmetic_sum
from simulators.vendor.tem.cells import Cell, measured, seconds, total
from simulators.vendor.tem.maps import Archive, Live, Map, Words, length_first
from simulators.vendor.tem.rings import RingPlace
from simulators.vendor.tem.stamps import digits, two_dates

_COMMA: Final = b"\x03\x03\x03\x00\x00\x00"
_HEAT_TIMES, _WATER_TIMES = 100, 10

Cells = Callable[[Words], tuple[Cell, ...]]


def _totals(words: Words, usual: str, volume: int, mass: int, heat: int) -> tuple[Cell, ...]:
    """Fractions of six channels, and their whole parts 18h behind."""
    unit, scaled = words.get("heat_unit", "MWh"), words.get("comma", usual) == "applied"
    of_heat, of_water = (_HEAT_TIMES, _WATER_TIMES) if scaled else (1, 1)
    return (
        total(volume + 0x18, volume, "volume_supply", "m3", 1, of_water),
        total(volume + 0x1C, volume + 0x04, "volume_supply", "m3", 2, of_water),
        total(volume + 0x20, volume + 0x08, "volume_return", "m3", 2, of_water),
        total(mass + 0x18, mass, "mass_supply", "t", 1, of_water),
        total(mass + 0x1C, mass + 0x04, "mass_supply", "t", 2, of_water),
        total(mass + 0x20, mass + 0x08, "mass_return", "t", 2, of_water),
        total(heat + 0x18, heat, "energy_heating", unit, 1, of_heat),
        total(heat + 0x1C, heat + 0x04, "energy_hot_water", unit, 2, of_heat),
    )


def _sensors(temperatures: int, pressures: int) -> tuple[Cell, ...]:
    return (
        measured(temperatures, "temperature_supply", "°C"),
        measured(temperatures + 0x04, "temperature_return", "°C"),
        measured(temperatures + 0x08, "temperature_supply", "°C", 2),
        measured(temperatures + 0x0C, "temperature_return", "°C", 2),
        measured(temperatures + 0x10, "temperature_cold_water", "°C", 2),
        measured(pressures, "pressure_supply", "MPa"),
        measured(pressures + 0x04, "pressure_return", "MPa"),
        measured(pressures + 0x08, "pressure_supply", "MPa", 2),
        measured(pressures + 0x0C, "pressure_return", "MPa", 2),
    )


def _current(usual: str) -> Cells:
    return lambda words: (
        *_sensors(0x000, 0x034),
        measured(0x088, "volume_flow_supply", "m3/h"),
        measured(0x08C, "volume_flow_supply", "m3/h", 2),
        measured(0x090, "volume_flow_return", "m3/h", 2),
        measured(0x0A0, "mass_flow_supply", "t/h"),
        measured(0x0A4, "mass_flow_supply", "t/h", 2),
        measured(0x0A8, "mass_flow_return", "t/h", 2),
        *_totals(words, usual, 0x100, 0x130, 0x160),
        seconds(0x200, "on_time"),
        seconds(0x204, "operating_time"),
        seconds(0x208, "operating_time", 2),
    )


def _record(usual: str) -> Cells:
    return lambda words: (
        *_totals(words, usual, 0x004, 0x034, 0x064),
        seconds(0x09C, "on_time"),
        seconds(0x0A0, "operating_time"),
        seconds(0x0A4, "operating_time", 2),
        *_sensors(0x11E, 0x13A),
    )


def _settings(circuits: int) -> dict[int, bytes]:
    """Types, masks of flow, temperature and pressure channels, commas."""
    return {
        0x0000: bytes((circuits, 0, 7)),
        0x0007: b"\x01\x06",
        0x000D: b"\x03\x1c",
        0x0013: b"\x03\x1c",
        0x02FA: _COMMA,
    }


def _clock(moment: datetime) -> bytes:
    return digits(moment.second, moment.minute, moment.hour, moment.day, moment.month, moment.year)


MAP: Final = Map(
    name=b"TEM-106",
    timer_size=0x800,
    flash_request=length_first,
    serial=lambda serial: {0x0152: int(serial).to_bytes(4, "big")},
    settings=_settings,
    clock=_clock,
    clock_at=0x0482,
    clock_in_timer=True,
    live=(Live(False, 0x0200, 0x21C, _current("applied")),),
    archive=Archive(
        0x180,
        _record("applied"),
        two_dates(0x175),
        arithmetic_sum,
        {
            ArchiveKind.HOUR: RingPlace(0x00000, 864, 0x04F4),
            ArchiveKind.DAY: RingPlace(0x51000, 368, 0x04F8),
            ArchiveKind.MONTH: RingPlace(0x73800, 128, 0x04FC),
        },
        fixed={0x118: _COMMA},
    ),
    most_circuits=2,
)
assert MAP.archive is not None
TESMART: Final = replace(
    MAP,
    name=b"TSM-104",
    live=(Live(False, 0x0200, 0x21C, _current("ignored")),),
    archive=replace(MAP.archive, cells=_record("ignored")),
)
