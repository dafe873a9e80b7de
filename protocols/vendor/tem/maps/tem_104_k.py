"""TEM-104-K, compact, one system. Source: tem-104.md section 7a (maker's descriptions of two firmwares)."""

from __future__ import annotations

from typing import Final

from metering.calendar import ArchiveKind
from protocols.vendor.tem import clock
from protocols.vendor.tem.commands import FlashOrder, Memory
from protocols.vendor.tem.layout import Layout, Row
from protocols.vendor.tem.memory_map import (
    Addressing,
    Archive,
    Area,
    MemoryMap,
    Part,
    Serial,
    inverted_sum,
    negated_sum,
)
from protocols.vendor.tem.numbers import Number, Order
from protocols.vendor.tem.schemes import TYPES_104_K, Single
from protocols.vendor.tem.stamps import OneDate
from protocols.vendor.tem.systems import By


def _record(water: Row) -> Layout:
    """Both firmwares' records differ by what they keep of the water: mass, or volume."""
    return Layout(
        0x30,
        (
            Row("energy", "Gcal", 0x04, Number.LONG, By.SYSTEM, fraction=0x08, places=1),
            water,
            Row("temperature", "°C", 0x14, Number.FLOAT, By.TEMPERATURE_OF_SYSTEM),
            Row("operating_time", "h", 0x1C, Number.LONG, By.SYSTEM, step="0.01"),
            Row("error_time", "h", 0x20, Number.LONG, By.SYSTEM, step="0.01"),
        ),
    )


_MASS: Final = Row("mass", "t", 0x0C, Number.LONG, By.FLOW, fraction=0x10, places=1)
_VOLUME: Final = Row("volume", "m3", 0x0C, Number.LONG, By.FLOW, fraction=0x10, places=1)

_INTEGRATORS: Final = Layout(
    0x30,
    (
        Row("volume", "m3", 0x00, Number.LONG, By.FLOW, fraction=0x04, places=1),
        Row("mass", "t", 0x08, Number.LONG, By.FLOW, fraction=0x0C, places=1),
        Row("energy", "Gcal", 0x10, Number.LONG, By.SYSTEM, fraction=0x14, places=1),
        Row("operating_time", "s", 0x28, Number.LONG, By.SYSTEM),
        Row("error_time", "s", 0x2C, Number.LONG, By.SYSTEM),
    ),
)
_FLOW: Final = Layout(0x04, (Row("volume_flow", "m3/h", 0x00, Number.FLOAT, By.FLOW_OF_SYSTEM),))
_TEMPERATURES: Final = Layout(0x08, (Row("temperature", "°C", 0x00, Number.FLOAT, By.TEMPERATURE_OF_SYSTEM),))

MAP: Final = MemoryMap(
    order=Order.BIG,
    flash=FlashOrder.SHORT,
    serial=Serial(0x0000, 7, is_text=True),
    clock=clock.TEM_104_1,
    scheme=Single(TYPES_104_K, 0x0018),
    parts=(
        Part(Memory.TIMER, (0x0140,), _INTEGRATORS),
        Part(Memory.RAM, (0x00B4,), _FLOW),
        Part(Memory.RAM, (0x0108,), _TEMPERATURES),
    ),
    firmware=True,
    archives={
        "2.08": Archive(
            _record(_MASS),
            OneDate(clock.STAMP_DAY_FIRST),
            (inverted_sum, negated_sum),
            {
                ArchiveKind.HOUR: Area(0x0000, 800, Addressing.LAST, 0x009F, Number.WORD),
                ArchiveKind.DAY: Area(0x9600, 400, Addressing.LAST, 0x0096, Number.WORD),
                ArchiveKind.MONTH: Area(0xE100, 12, Addressing.SCAN),
            },
        ),
        "": Archive(
            _record(_VOLUME),
            OneDate(clock.STAMP_DAY_FIRST),
            (inverted_sum, negated_sum),
            {
                ArchiveKind.DAY: Area(0x0000, 400, Addressing.LAST, 0x0096, Number.WORD),
                ArchiveKind.MONTH: Area(0x6000, 12, Addressing.SCAN),
            },
        ),
    },
)
