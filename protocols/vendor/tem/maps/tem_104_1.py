"""TEM-104-1, one system. Source: tem-104.md section 5 (maker's description of 2012 and 2013)."""

from __future__ import annotations

from typing import Final

from metering.calendar import ArchiveKind
from protocols.checksums import arithmetic_sum
from protocols.vendor.tem import clock, status
from protocols.vendor.tem.commands import FlashOrder, Memory
from protocols.vendor.tem.layout import Layout, Row
from protocols.vendor.tem.memory_map import Addressing, Archive, Area, MemoryMap, Part, Serial
from protocols.vendor.tem.numbers import Number, Order
from protocols.vendor.tem.schemes import TYPES_104_1, Single
from protocols.vendor.tem.stamps import OneDate
from protocols.vendor.tem.status import Status
from protocols.vendor.tem.systems import By

_RECORD: Final = Layout(
    0x40,
    (
        Row("volume", "m3", 0x04, Number.LONG, By.FLOW, fraction=0x08, places=1),
        Row("mass", "t", 0x0C, Number.LONG, By.FLOW, fraction=0x10, places=1),
        Row("energy", "heat_unit", 0x14, Number.LONG, By.SYSTEM, fraction=0x18, places=1),
        Row("on_time", "s", 0x1C, Number.LONG, By.METER),
        Row("operating_time", "s", 0x20, Number.LONG, By.SYSTEM),
        Row("temperature", "°C", 0x36, Number.SIGNED, By.TEMPERATURE_OF_SYSTEM, step="0.01"),
        Row("pressure", "MPa", 0x3A, Number.BYTE, By.PRESSURE_OF_SYSTEM, step="0.01"),
    ),
    (
        Status(0x34, Number.BYTE, "TEKERR", status.LIMITS_SINGLE),
        Status(0x35, Number.BYTE, "TEHERR", status.FAULTS_SINGLE),
    ),
)
_INTEGRATORS: Final = Layout(
    0x32,
    (
        Row("volume", "m3", 0x00, Number.LONG, By.FLOW, fraction=0x04, places=1),
        Row("mass", "t", 0x08, Number.LONG, By.FLOW, fraction=0x0C, places=1),
        Row("energy", "heat_unit", 0x10, Number.LONG, By.SYSTEM, fraction=0x14, places=1),
        Row("on_time", "s", 0x18, Number.LONG, By.METER),
        Row("operating_time", "s", 0x1C, Number.LONG, By.SYSTEM),
        Row("error_time", "s", 0x20, Number.LONG, By.SYSTEM),
    ),
    (
        Status(0x30, Number.BYTE, "TEKERR", status.LIMITS_SINGLE),
        Status(0x31, Number.BYTE, "TEHERR", status.FAULTS_SINGLE),
    ),
)
_MEASURED: Final = Layout(
    0x18,
    (
        Row("volume_flow", "m3/h", 0x00, Number.FLOAT, By.FLOW_OF_SYSTEM),
        Row("mass_flow", "t/h", 0x04, Number.FLOAT, By.FLOW_OF_SYSTEM),
        Row("temperature", "°C", 0x08, Number.FLOAT, By.TEMPERATURE_OF_SYSTEM),
        Row("pressure", "MPa", 0x10, Number.FLOAT, By.PRESSURE_OF_SYSTEM),
    ),
)

MAP: Final = MemoryMap(
    order=Order.BIG,
    flash=FlashOrder.LENGTH_LAST,
    serial=Serial(0x0000, 6, is_text=True),
    clock=clock.TEM_104_1,
    scheme=Single(TYPES_104_1, 0x0041),
    parts=(
        Part(Memory.TIMER, (0x0144,), _INTEGRATORS),
        Part(Memory.RAM, (0x00B8,), _MEASURED),
    ),
    archives={
        "": Archive(
            _RECORD,
            OneDate(clock.STAMP),
            (arithmetic_sum,),
            {
                ArchiveKind.HOUR: Area(0x00000, 1536, Addressing.NEXT, 0x01B8),
                ArchiveKind.DAY: Area(0x18000, 368, Addressing.NEXT, 0x01BC),
                ArchiveKind.MONTH: Area(0x1DC00, 144, Addressing.NEXT, 0x01C0),
            },
        )
    },
)
