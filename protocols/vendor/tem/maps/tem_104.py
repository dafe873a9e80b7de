"""TEM-104. Source: tem-104.md section 4 (maker's description of 2007 and 2017).

Rows: V, M and Q as whole parts and fractions. Heat stands by systems, as the one program that splits it does.
"""

from __future__ import annotations

from typing import Final

from metering.calendar import ArchiveKind
from protocols.checksums import arithmetic_sum
from protocols.vendor.tem import clock, status
from protocols.vendor.tem.commands import FlashOrder, Memory
from protocols.vendor.tem.layout import Layout, Row
from protocols.vendor.tem.memory_map import Addressing, Archive, Area, MemoryMap, Part, Serial
from protocols.vendor.tem.numbers import Number, Order
from protocols.vendor.tem.schemes import TYPES_104, Structures
from protocols.vendor.tem.stamps import TwoDates
from protocols.vendor.tem.status import Status
from protocols.vendor.tem.systems import By

TOTALS: Final = (
    Row("volume", "m3", 0x38, Number.LONG, By.FLOW, fraction=0x08),
    Row("mass", "t", 0x48, Number.LONG, By.FLOW, fraction=0x18),
    Row("energy", "heat_unit", 0x58, Number.LONG, By.SYSTEM, fraction=0x28),
    Row("on_time", "s", 0x68, Number.LONG, By.METER),
    Row("operating_time", "s", 0x6C, Number.LONG, By.SYSTEM),
)
RECORD: Final = Layout(
    0x100,
    (
        *TOTALS,
        Row("temperature", "°C", 0xC8, Number.SIGNED, By.TEMPERATURES_BY_THREE, step="0.01"),
        Row("pressure", "MPa", 0xE0, Number.BYTE, By.PRESSURES_BY_THREE, step="0.01"),
    ),
    (
        Status(0xBC, Number.BYTE, "tekerr", status.LIMITS),
        Status(0xC0, Number.WORD, "teherr", status.FAULTS),
    ),
)
INTEGRATORS: Final = Layout(0x7C, TOTALS, blocks=((0x08, 0x74),))

MEASURED: Final = (
    Row("temperature", "°C", 0x00, Number.FLOAT, By.TEMPERATURE_OF_SYSTEM),
    Row("pressure", "MPa", 0x10, Number.FLOAT, By.PRESSURE_OF_SYSTEM),
    Row("volume_flow", "m3/h", 0x40, Number.FLOAT, By.FLOW_OF_SYSTEM),
    Row("mass_flow", "t/h", 0x50, Number.FLOAT, By.FLOW_OF_SYSTEM),
)
SYSTEM_SIZE: Final = 0x92
"""From the values of one system in RAM to those of the next."""

_PARAMETERS: Final = Layout(
    0x74,
    MEASURED,
    (
        Status(0x70, Number.BYTE, "tekerr", status.LIMITS, By.METER),
        Status(0x72, Number.WORD, "teherr", status.FAULTS, By.METER),
    ),
)

MAP: Final = MemoryMap(
    order=Order.BIG,
    flash=FlashOrder.LENGTH_FIRST,
    serial=Serial(0x007C),
    clock=clock.TEM_104,
    scheme=Structures(0x0000, 4, 0x0600, 0x19, TYPES_104),
    parts=(
        Part(Memory.TIMER, (0x0200,), INTEGRATORS),
        Part(Memory.RAM, (0x2200,), _PARAMETERS, SYSTEM_SIZE),
    ),
    archives={
        "": Archive(
            RECORD,
            TwoDates(clock.STAMP, 0x00, 0x04),
            (arithmetic_sum,),
            {
                ArchiveKind.HOUR: Area(0x00000, 1536, Addressing.NEXT, 0x00F4),
                ArchiveKind.DAY: Area(0x60000, 368, Addressing.NEXT, 0x00F8),
                ArchiveKind.MONTH: Area(0x77000, 144, Addressing.NEXT, 0x00FC),
            },
        )
    },
)
