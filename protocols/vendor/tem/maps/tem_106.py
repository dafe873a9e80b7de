"""TEM-106 and TESMART (TSM-104), up to six systems. Source: tem-104.md section 6 (maker's "106po")."""

from __future__ import annotations

from typing import Final

from metering.calendar import ArchiveKind
from protocols.checksums import arithmetic_sum
from protocols.vendor.tem import clock, status
from protocols.vendor.tem.commands import FlashOrder, Memory
from protocols.vendor.tem.layout import Layout, Row
from protocols.vendor.tem.memory_map import Addressing, Archive, Area, MemoryMap, Part, Serial
from protocols.vendor.tem.numbers import Number, Order
from protocols.vendor.tem.schemes import Masks
from protocols.vendor.tem.stamps import TwoDates
from protocols.vendor.tem.status import Status
from protocols.vendor.tem.systems import By

HEAT_DIVISORS: Final = {2: 10, 3: 100, 4: 1000, 5: 10_000, 6: 100_000}
FLOW_DIVISORS: Final = {3: 10, 4: 100, 5: 1000}
"""By the comma; anything else divides by one."""

_RECORD: Final = Layout(
    0x180,
    (
        Row("volume", "m3", 0x01C, Number.LONG, By.FLOW, fraction=0x004, divisors=FLOW_DIVISORS, places=6),
        Row("mass", "t", 0x04C, Number.LONG, By.FLOW, fraction=0x034, divisors=FLOW_DIVISORS, places=6),
        Row(
            "energy",
            "heat_unit",
            0x07C,
            Number.LONG,
            By.SYSTEM,
            fraction=0x064,
            divisors=HEAT_DIVISORS,
            places=6,
        ),
        Row("on_time", "s", 0x09C, Number.LONG, By.METER),
        Row("operating_time", "s", 0x0A0, Number.LONG, By.SYSTEM),
        Row("temperature", "°C", 0x11E, Number.FLOAT, By.TEMPERATURE),
        Row("pressure", "MPa", 0x13A, Number.FLOAT, By.PRESSURE),
        Row("flags", "", 0x16A, Number.BYTE, By.SYSTEM),
    ),
    (Status(0x16A, Number.BYTE, "error", status.ERRORS_106),),
    comma=0x118,
)
_CURRENT: Final = Layout(
    0x21C,
    (
        Row("temperature", "°C", 0x000, Number.FLOAT, By.TEMPERATURE),
        Row("pressure", "MPa", 0x034, Number.FLOAT, By.PRESSURE),
        Row("volume_flow", "m3/h", 0x088, Number.FLOAT, By.FLOW),
        Row("mass_flow", "t/h", 0x0A0, Number.FLOAT, By.FLOW),
        Row("volume", "m3", 0x118, Number.LONG, By.FLOW, fraction=0x100, divisors=FLOW_DIVISORS, places=6),
        Row("mass", "t", 0x148, Number.LONG, By.FLOW, fraction=0x130, divisors=FLOW_DIVISORS, places=6),
        Row(
            "energy",
            "heat_unit",
            0x178,
            Number.LONG,
            By.SYSTEM,
            fraction=0x160,
            divisors=HEAT_DIVISORS,
            places=6,
        ),
        Row("on_time", "s", 0x200, Number.LONG, By.METER),
        Row("operating_time", "s", 0x204, Number.LONG, By.SYSTEM),
    ),
    comma=0x0FA,
    blocks=((0x000, 0x50), (0x088, 0x30), (0x0FA, 0x96), (0x200, 0x1C)),
)

MAP: Final = MemoryMap(
    order=Order.BIG,
    flash=FlashOrder.LENGTH_FIRST,
    serial=Serial(0x0152),
    clock=clock.TEM_106,
    scheme=Masks(),
    parts=(Part(Memory.TIMER, (0x0200,), _CURRENT),),
    archives={
        "": Archive(
            _RECORD,
            TwoDates(clock.STAMP, 0x000, 0x175),
            (arithmetic_sum,),
            {
                ArchiveKind.HOUR: Area(0x00000, 864, Addressing.NEXT, 0x04F4),
                ArchiveKind.DAY: Area(0x51000, 368, Addressing.NEXT, 0x04F8),
                ArchiveKind.MONTH: Area(0x73800, 128, Addressing.NEXT, 0x04FC),
            },
        )
    },
)
