"""Levels at which a register was seen, whatever they were read from."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from metering.evidence import DISQUALIFYING, RegisterReading, RegisterSource
from metering.readings import Flag
from storage import sql
from storage.pool import Database

_SQL = sql.statements("registers")


class Registers:
    """Levels that a bill may rest on."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def levels(
        self, meter_id: int, circuit: int, quantity: str, start: datetime, end: datetime
    ) -> list[RegisterReading]:
        """From `start` to `end`, both included, oldest first.

        Of each hour, counted from `start`, the first and the last, however often the meter was read; where a
        record and a snapshot tell of one instant, the record.
        """
        invalid = [flag.value for flag in DISQUALIFYING]
        rows = await self._database.rows(_SQL["levels"], meter_id, circuit, quantity, start, end, invalid)
        return [register_reading(row) for row in rows]


def register_reading(row: Any) -> RegisterReading:
    """A row of the view register_level."""
    return RegisterReading(
        at=row["at"],
        value=row["value"],
        quantity=row["quantity"],
        circuit=row["circuit"],
        meter_id=row["meter_id"],
        source=RegisterSource(row["source"]),
        poll_id=row["poll_id"],
        frame=row["frame"],
        raw_value=row["raw_value"],
        raw_unit=row["raw_unit"],
        factor=row["factor"],
        factor_set=row["factor_set"],
        flags=frozenset(Flag(flag) for flag in row["flags"]),
    )
