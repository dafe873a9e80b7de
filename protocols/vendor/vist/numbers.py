"""Which numbers a mask of a VIS.T announces, where they stand and how they are scaled.

Source: vis-t.md sections 3 and 4. Channels 1, 2 and 3 are taken as supply, return and make-up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Final, NamedTuple, TypeVar

from metering.quantities import quantity
from metering.readings import MeterValue

PLACES: Final = ("supply", "return", "make_up")
FOURTH_PLACE: Final = "outdoor"
HEAT_UNIT: Final = "the heat unit of the line's choice"
HEAT: Final = 3
"""The place of heat among the decimals; 0, 1 and 2 are those of the channels."""

MOST_DECIMALS: Final = 9

Decimals = tuple[int, ...]


class Measured(NamedTuple):
    """A live value: bit of the mask, place in a block of input registers, decimals or the channel's."""

    bit: int
    block: int
    at: int
    size: int
    quantity: str
    unit: str
    decimals: int | None = None
    channel: int = 0


FLOWS, MASS_FLOWS, POWER = 0x0106, 0x0112, 0x0120
TEMPERATURES, PRESSURES = 0x0006, 0x0022
BLOCK_SIZES: Final[Mapping[int, int]] = {TEMPERATURES: 4, PRESSURES: 3, FLOWS: 6, MASS_FLOWS: 6, POWER: 2}
"""Registers of each block, by its address within the system's area (0200h for system 1)."""

MEASURED: Final = (
    *(Measured(0x01 << n, FLOWS, 4 * n, 4, f"volume_flow_{PLACES[n]}", "m3/h", None, n) for n in range(3)),
    *(Measured(0x08 << n, MASS_FLOWS, 4 * n, 4, f"mass_flow_{PLACES[n]}", "t/h", None, n) for n in range(3)),
    *(
        Measured(0x40 << n, TEMPERATURES, 2 * n, 2, f"temperature_{place}", "°C", 2)
        for n, place in enumerate((*PLACES, FOURTH_PLACE))
    ),
    *(Measured(0x400 << n, PRESSURES, 2 * n, 2, f"pressure_{PLACES[n]}", "kgf/cm2", 1) for n in range(3)),
    Measured(0x2000, POWER, 0, 4, "power", HEAT_UNIT, None, HEAT),
)


class Counted(NamedTuple):
    """A total: bit of the mask, place in the archive's header and in a block of the running hour.

    `divisor`: how many units of the running hour's number, decimals apart, make one.
    """

    bit: int
    header_at: int
    header_size: int
    block: int
    at: int
    size: int
    quantity: str
    unit: str
    divisor: int
    channel: int | None


Row = TypeVar("Row", Measured, Counted)


VOLUMES, MASSES, HEATS, TIMES = 0x0212, 0x0218, 0x0234, 0x0236
RUNNING_SIZES: Final[Mapping[int, int]] = {VOLUMES: 6, MASSES: 6, HEATS: 2, TIMES: 1}
HOUR_DECIMALS: Final = 2
"""Times of the archive are hundredths of an hour."""

COUNTED: Final = (
    Counted(0x01, 46, 4, TIMES, 0, 2, "operating_time", "h", 3600, None),
    *(
        Counted(0x02 << n, 22 + 4 * n, 4, VOLUMES, 4 * n, 4, f"volume_{PLACES[n]}", "m3", 3600, n)
        for n in range(3)
    ),
    *(
        Counted(0x10 << n, 34 + 4 * n, 4, MASSES, 4 * n, 4, f"mass_{PLACES[n]}", "t", 3600, n)
        for n in range(3)
    ),
    Counted(0x80, 50, 8, HEATS, 0, 4, "energy_heating", HEAT_UNIT, 1200, HEAT),
)
_FINER: Final = 4
"""Places that a sum of total and running hour keeps beyond the total's own."""


class Kept(NamedTuple):
    """Numbers and the decimals by which they are scaled."""

    decimals: Decimals
    blocks: Mapping[int, bytes]


def unit(written: str, heat_unit: str, *, per_hour: bool = False) -> str:
    """The unit on the wire, heat's being a choice."""
    if written is not HEAT_UNIT:
        return written
    return f"{heat_unit}/h" if per_hour else heat_unit


def measured(mask: int, live: Kept, system: int, heat_unit: str) -> Iterator[MeterValue]:
    """The live values that the mask announces; `live` holds the blocks by their addresses."""
    for row in announced(MEASURED, mask):
        raw = signed(live.blocks[row.block][row.at : row.at + row.size])
        places = live.decimals[row.channel] if row.decimals is None else row.decimals
        shown = unit(row.unit, heat_unit, per_hour=True)
        yield MeterValue(quantity(row.quantity), shown, Decimal(raw).scaleb(-places), circuit=system)


def totals(mask: int, running: Kept, closed: Kept, system: int, heat_unit: str) -> Iterator[MeterValue]:
    """Levels now: the totals of the archive's header, block 0 of `closed`, and those of the running hour."""
    for row in announced(COUNTED, mask):
        places = HOUR_DECIMALS if row.channel is None else closed.decimals[row.channel]
        running_places = 0 if row.channel is None else running.decimals[row.channel]
        total = signed(closed.blocks[0][row.header_at : row.header_at + row.header_size])
        since = signed(running.blocks[row.block][row.at : row.at + row.size])
        finest = Decimal(1).scaleb(-places - _FINER)
        level = Decimal(total).scaleb(-places) + (
            Decimal(since).scaleb(-running_places) / row.divisor
        ).quantize(finest)
        yield MeterValue(quantity(row.quantity), unit(row.unit, heat_unit), level, circuit=system)


def announced(rows: Iterable[Row], mask: int) -> Iterator[Row]:
    """The rows whose bits are set."""
    return (row for row in rows if mask & row.bit)


def signed(octets: bytes) -> int:
    return int.from_bytes(octets, "big", signed=True)
