"""TEM-104M and TEM-104M2, and the smaller TEM-104M-1.

Source: tem-104.md section 7 (maker's description of 2018, and a program for the M-1). Numbers are
little-endian in the memories. Records are found by their date. No archive of the M-1 is known.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from metering.calendar import ArchiveKind
from protocols.vendor.tem import clock, status
from protocols.vendor.tem.commands import FlashOrder, Memory
from protocols.vendor.tem.layout import Layout, Row
from protocols.vendor.tem.maps.tem_104 import MEASURED, SYSTEM_SIZE
from protocols.vendor.tem.memory_map import (
    Addressing,
    Archive,
    Area,
    MemoryMap,
    Part,
    Serial,
    inverted_sum,
)
from protocols.vendor.tem.numbers import Number, Order
from protocols.vendor.tem.schemes import TYPES_104M, Single, Structures
from protocols.vendor.tem.stamps import UnixTime
from protocols.vendor.tem.status import Status
from protocols.vendor.tem.systems import By

_TOTALS: Final = (
    Row("volume", "m3", 0x008, Number.LONG, By.FLOW, fraction=0x048),
    Row("mass", "t", 0x018, Number.LONG, By.FLOW, fraction=0x058),
    Row("energy", "Gcal", 0x028, Number.LONG, By.SYSTEM, fraction=0x068),
    Row("on_time", "s", 0x098, Number.LONG, By.METER),
    Row("operating_time", "s", 0x0A0, Number.LONG, By.SYSTEM),
)
_RECORD: Final = Layout(
    0x160,
    (
        *_TOTALS,
        Row("temperature", "°C", 0x11C, Number.SIGNED, By.TEMPERATURES_BY_THREE, step="0.01"),
        Row("pressure", "MPa", 0x134, Number.BYTE, By.PRESSURES_BY_THREE, step="pressure_step"),
    ),
    (
        Status(0x110, Number.BYTE, "tekerr", status.LIMITS),
        Status(0x114, Number.WORD, "teherr", status.FAULTS_M),
    ),
)
_INTEGRATORS: Final = replace(_RECORD, blocks=((0x008, 0x70), (0x098, 0x18), (0x110, 0x30)))
_PARAMETERS: Final = Layout(
    0x73,
    MEASURED,
    (
        Status(0x70, Number.BYTE, "tekerr", status.LIMITS, By.METER),
        Status(0x71, Number.WORD, "teherr", status.FAULTS_M, By.METER),
    ),
)

MAP: Final = MemoryMap(
    order=Order.LITTLE,
    flash=FlashOrder.LENGTH_FIRST,
    serial=Serial(0x0000),
    clock=clock.TEM_104M,
    scheme=Structures(0x0004, 4, 0x0080, 0x4D, TYPES_104M),
    parts=(
        Part(Memory.TIMER, (0x0800,), _INTEGRATORS),
        Part(Memory.RAM, (0x0000, 0x4000), _PARAMETERS, SYSTEM_SIZE),
    ),
    archives={
        "": Archive(
            _RECORD,
            UnixTime(Order.LITTLE),
            (inverted_sum,),
            {
                ArchiveKind.HOUR: Area(0x000000, 1600, Addressing.SEARCH),
                ArchiveKind.DAY: Area(0x089800, 800, Addressing.SEARCH),
                ArchiveKind.MONTH: Area(0x0CE400, 60, Addressing.SEARCH),
            },
        )
    },
)

_INTEGRATORS_M_1: Final = Layout(
    0x51,
    (
        Row("volume", "m3", 0x08, Number.LONG, By.FLOW, fraction=0x18, places=1),
        Row("mass", "t", 0x0C, Number.LONG, By.FLOW, fraction=0x1C, places=1),
        Row("energy", "Gcal", 0x10, Number.LONG, By.SYSTEM, fraction=0x20, places=1),
        Row("on_time", "s", 0x28, Number.LONG, By.METER),
        Row("operating_time", "s", 0x30, Number.LONG, By.SYSTEM),
        Row("temperature", "°C", 0x4B, Number.SIGNED, By.TEMPERATURE_OF_SYSTEM, step="0.01"),
        Row("pressure", "MPa", 0x4F, Number.BYTE, By.PRESSURE_OF_SYSTEM, step="0.01"),
    ),
    blocks=((0x08, 0x2C), (0x4B, 0x06)),
)
_FLOWS_M_1: Final = Layout(
    0x28,
    (
        Row("volume_flow", "m3/h", 0x20, Number.FLOAT, By.FLOW_OF_SYSTEM),
        Row("mass_flow", "t/h", 0x24, Number.FLOAT, By.FLOW_OF_SYSTEM),
    ),
    blocks=((0x20, 0x08),),
)

MAP_M_1: Final = MemoryMap(
    order=Order.LITTLE,
    flash=FlashOrder.LENGTH_FIRST,
    serial=Serial(0x0000),
    clock=clock.TEM_104M,
    scheme=Single({0: "single"}),
    parts=(
        Part(Memory.TIMER, (0x0180,), _INTEGRATORS_M_1),
        Part(Memory.RAM, (0x0000,), _FLOWS_M_1),
    ),
    archives={},
)
