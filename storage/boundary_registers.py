"""Registers at the moment a meter was removed or installed: from a live poll, or read off by a person."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from metering.evidence import DISQUALIFYING
from metering.quantities import REGISTERS, quantity
from metering.readings import MeterValue
from metering.units import convert
from storage import sql

_SQL = sql.statements("boundary_registers")
_INVALID: Final = sorted(flag.value for flag in DISQUALIFYING)

LIVE: Final = timedelta(hours=6)
"""A live poll may be so far from the moment of the removal: the meter stands still while it is exchanged."""


class Side(StrEnum):
    """At which end of a meter's installation."""

    OPENING = "opening"
    CLOSING = "closing"


@dataclass(frozen=True, slots=True)
class Boundary:
    """One end of a meter's installation, and who entered it when."""

    meter_id: int
    side: Side
    at: datetime
    by: str
    entered_at: datetime
    note: str = ""


@dataclass(frozen=True, slots=True)
class BoundaryRegister:
    """A register at a boundary; `value` in the canonical unit. `poll_id` None: a person read it off."""

    meter_id: int
    circuit: int
    quantity: str
    at: datetime
    side: Side
    value: Decimal
    raw_value: Decimal
    raw_unit: str
    factor: Decimal
    factor_set: str
    poll_id: UUID | None
    frame: int
    entered_by: str
    entered_at: datetime
    note: str


async def of_meters(connection: Any, meter_ids: Collection[int]) -> list[BoundaryRegister]:
    """What is on record of all these meters, oldest first."""
    rows = await connection.fetch(_SQL["of_meters"], list(meter_ids))
    return [BoundaryRegister(**dict(row) | {"side": Side(row["side"])}) for row in rows]


async def enter(
    connection: Any, boundary: Boundary, values: Iterable[MeterValue], factor_sets: dict[int, str]
) -> None:
    """Registers as a person read them, converted by the factor set of their circuit's usage point.

    UnitError when a unit does not measure its quantity.
    """
    for one in values:
        written = one.value or Decimal(0)
        converted = convert(
            written, one.unit, quantity(one.quantity.name), factor_sets.get(one.circuit, "exact")
        )
        told = (converted.value, written, one.unit, converted.factor, converted.factor_set)
        await connection.execute(_SQL["enter"], *_columns(boundary), one.circuit, one.quantity.name, *told)


async def take_from_polls(connection: Any, boundary: Boundary, within: timedelta = LIVE) -> None:
    """Registers of the meter's live poll nearest to the boundary; what a person entered stays."""
    statement = _SQL[f"take_{boundary.side}"]
    await connection.execute(statement, *_columns(boundary), within, list(REGISTERS), _INVALID)


def _columns(boundary: Boundary) -> tuple[object, ...]:
    who = (boundary.by, boundary.entered_at, boundary.note)
    return boundary.meter_id, boundary.at, boundary.side.value, *who
