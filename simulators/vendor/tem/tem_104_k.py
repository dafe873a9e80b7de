"""A simulated TEM-104-K of firmware 2.09: one supply system. Source: tem-104.md section 7a."""

from __future__ import annotations

from typing import Final

from metering.calendar import ArchiveKind
from protocols.checksums import arithmetic_sum
from simulators.numbers import Sent
from simulators.vendor.tem.cells import HUNDREDTH, WHOLE, Cell, measured, seconds, total
from simulators.vendor.tem.maps import Archive, Live, Map, Words, short
from simulators.vendor.tem.rings import RingPlace
from simulators.vendor.tem.stamps import one_date_day_first
from simulators.vendor.tem.tem_104_1 import clock


def _integrators(words: Words) -> tuple[Cell, ...]:
    return (
        total(0x00, 0x04, "volume_supply", "m3"),
        total(0x08, 0x0C, "mass_supply", "t"),
        total(0x10, 0x14, "energy_heating", "Gcal"),
        seconds(0x28, "operating_time"),
    )


def _flow(words: Words) -> tuple[Cell, ...]:
    return (measured(0x00, "volume_flow_supply", "m3/h"),)


def _temperatures(words: Words) -> tuple[Cell, ...]:
    return measured(0x00, "temperature_supply", "°C"), measured(0x04, "temperature_return", "°C")


def _record(words: Words) -> tuple[Cell, ...]:
    return (
        total(0x04, 0x08, "energy_heating", "Gcal"),
        total(0x0C, 0x10, "mass_supply", "t"),
        measured(0x14, "temperature_supply", "°C"),
        measured(0x18, "temperature_return", "°C"),
        Cell(0x1C, WHOLE, Sent("operating_time", "h", HUNDREDTH)),
    )


MAP: Final = Map(
    name="\u0422\u0415\u041c-101".encode("cp1251"),
    timer_size=0x200,
    flash_request=short,
    serial=lambda serial: {0x0000: serial.encode("ascii")[:7].ljust(8, b"\x00")},
    settings=lambda circuits: {0x0018: b"\x01"},
    clock=clock,
    live=(
        Live(False, 0x0140, 0x30, _integrators),
        Live(True, 0x00B4, 0x04, _flow),
        Live(True, 0x0108, 0x08, _temperatures),
    ),
    archive=Archive(
        0x30,
        _record,
        one_date_day_first,
        lambda octets: 0xFF - arithmetic_sum(octets),
        {
            ArchiveKind.HOUR: RingPlace(0x0000, 800, 0x009F),
            ArchiveKind.DAY: RingPlace(0x9600, 400, 0x0096),
            ArchiveKind.MONTH: RingPlace(0xE100, 12),
        },
    ),
    pointer=lambda address: address.to_bytes(2, "big"),
    points_at_last=True,
    firmware=b"v2.09\x00\x00",
)
