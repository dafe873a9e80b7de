"""Registers that ran over or were reset: what later levels are raised by, so that they go on growing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from metering.calendar import ArchiveKind
from metering.errors import ConfigurationError
from metering.evidence import DISQUALIFYING, EventKind
from metering.polls import PollReport
from metering.quantities import REGISTERS
from metering.readings import Reading
from storage import sql
from storage.pool import Database

_SQL = sql.statements("register_events")
_INVALID = [flag.value for flag in DISQUALIFYING]


@dataclass(frozen=True, slots=True)
class NewEvent:
    """`at`: the first instant at which the register stood at `level_after`; levels in the canonical unit.

    `capacity`: where a register that ran over begins anew; None of one that was reset.
    """

    meter_id: int
    circuit: int
    quantity: str
    at: datetime
    kind: EventKind
    level_before: Decimal
    level_after: Decimal
    capacity: Decimal | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event with who decided that it is one."""

    id: int
    event: NewEvent
    decided_by: str
    decided_at: datetime


class RegisterEvents:
    """Each changes every later level of its register; the registry's journal tells who made it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, event: NewEvent, by: str, at: datetime) -> StoredEvent:
        """ConfigurationError when it cannot have been so, ReadingConflict when one stands at this instant."""
        wrong = _wrong(event)
        if wrong:
            raise ConfigurationError(wrong)
        row = await self._database.row(_SQL["add"], *_columns(event), by, at, event.note)
        return _stored(row)

    async def of_register(
        self, meter_id: int, circuit: int, quantity: str, until: datetime
    ) -> list[StoredEvent]:
        """All by which levels at this instant are raised, by time; there is at most one an instant."""
        rows = await self._database.rows(_SQL["of_register"], meter_id, circuit, quantity, until)
        return [_stored(row) for row in rows]

    async def list(self, meter_id: int, after: int = 0, limit: int = 100) -> list[StoredEvent]:
        """A page by id."""
        return [_stored(row) for row in await self._database.rows(_SQL["list"], meter_id, after, limit)]

    async def remove(self, event_id: int) -> bool:
        """Whether there was one: it was entered by mistake, and never happened."""
        return await self._database.value(_SQL["remove"], event_id) is not None


async def record_resets(connection: Any, report: PollReport, by: str, at: datetime, note: str) -> None:
    """An event where the registers of this accepted report, stored already, stand lower than before.

    What was counted between the last level before and the first one after is not known and not added.
    """
    for key, levels in _levels(report).items():
        before: Decimal | None = None
        for read_at, level in sorted(levels):
            if before is None:
                before = await connection.fetchval(
                    _SQL["level_before"], report.meter_id, *key, read_at, _INVALID
                )
            if before is not None and level < before:
                await connection.execute(
                    _SQL["add_reset"], report.meter_id, *key, read_at, before, level, by, at, note
                )
            before = level


def _levels(report: PollReport) -> dict[tuple[int, str], list[tuple[datetime, Decimal]]]:
    """By circuit and quantity, every valid level that the report brought."""
    levels: dict[tuple[int, str], list[tuple[datetime, Decimal]]] = defaultdict(list)
    for read_at, reading in _registers(report):
        if reading.value is not None and not reading.flags & DISQUALIFYING:
            levels[reading.circuit, reading.quantity.name].append((read_at, reading.value))
    return levels


def _registers(report: PollReport) -> Iterator[tuple[datetime, Reading]]:
    told: Iterable[tuple[datetime, tuple[Reading, ...]]] = [
        *((one.slot.start, one.readings) for one in report.archive if one.kind is ArchiveKind.TOTAL),
        *((one.read_at, one.readings) for one in report.snapshots),
    ]
    for read_at, readings in told:
        yield from ((read_at, one) for one in readings if one.quantity.name in REGISTERS)


def _wrong(event: NewEvent) -> str:
    if event.quantity not in REGISTERS:
        return f"{event.quantity} is no register; there are: {', '.join(REGISTERS)}."
    if event.level_after >= event.level_before:
        return "A register that ran over or was reset stands lower afterwards than before."
    if (event.kind is EventKind.ROLLOVER) != (event.capacity is not None):
        return "A rollover needs the register's capacity, a reset has none."
    if event.capacity is not None and event.capacity <= event.level_before:
        return "A register's capacity is above every level that it ever showed."
    return ""


def _columns(event: NewEvent) -> tuple[object, ...]:
    return (
        *(event.meter_id, event.circuit, event.quantity, event.at, event.kind.value),
        *(event.level_before, event.level_after, event.capacity),
    )


def _stored(row: Any) -> StoredEvent:
    columns = {name: row[name] for name in NewEvent.__slots__}
    event = NewEvent(**columns | {"kind": EventKind(row["kind"])})
    return StoredEvent(row["id"], event, row["decided_by"], row["decided_at"])
