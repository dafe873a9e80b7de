"""What bills of many usage points rest on, in a few questions for all of them.

Around most boundaries a level stands exactly there, and nothing else of the archive is read. Only around the
others records and further levels are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final, TypeVar

from metering.calendar import ArchiveKind, Slot
from metering.evidence import (
    DISQUALIFYING,
    LONGEST_WALK,
    EventKind,
    Evidence,
    RecordReading,
    RegisterEvent,
)
from metering.readings import Flag
from storage import sql
from storage.evidence_stretches import (
    Boundary,
    Stretch,
    error_hours,
    estimated_hours,
    further,
    leading,
    usual,
)
from storage.gathered import EVER, Asked, Gathered, OnRecord, RegisterKey
from storage.pool import Database
from storage.registers import register_reading
from storage.reported_readings import reported_reading

T = TypeVar("T")

_SQL = sql.statements("evidence")
_MICROSECONDS: Final = timedelta(hours=1) // timedelta.resolution
INVALID: Final = sorted(flag.value for flag in DISQUALIFYING)
"""Flags of registers on which no bill may rest."""
INVALID_AFTER_A_FALL: Final = sorted(flag.value for flag in DISQUALIFYING - {Flag.WENT_BACK})
"""The same after an event that says why the register stands lower."""


class Evidences:
    """Evidence of many usage points at once, in the form that metering.consumption asks for."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, asked: Sequence[Asked]) -> dict[int, list[Evidence]]:
        """By usage point, of each installation that touches its period; a point without one has none."""
        async with self._database.connection() as connection:
            found = await _installations(connection, asked)
            known = await _known(connection, found)
            await _nearest_levels(connection, found, known)
            apart = [
                (number, at)
                for number, one in enumerate(found)
                for at in one.boundaries
                if not known.is_exact(one, at)
            ]
            await _levels_within(connection, found, known, apart)
            before = [*usual(found, known, apart), *estimated_hours(found)]
            await _records(connection, found, [*leading(found, known, apart), *before], "records_within")
            await _records(connection, found, list(further(found, known, apart)), "records_within")
            await _records(connection, found, list(error_hours(found)), "error_hours")
            await _earlier_hours(connection, found, before)
        by_point: dict[int, list[Evidence]] = {one.usage_point_id: [] for one in asked}
        for one in found:
            by_point[one.asked.usage_point_id].append(one.evidence(known))
        return by_point


async def _installations(connection: Any, asked: Sequence[Asked]) -> list[Gathered]:
    by_point = {one.usage_point_id: one for one in asked}
    columns = [(one.usage_point_id, one.period.start, one.period.end) for one in asked]
    rows = await connection.fetch(_SQL["installations"], *_columns(columns, 3))
    return [_found(by_point[row["usage_point_id"]], row) for row in rows]


def _found(asked: Asked, row: Any) -> Gathered:
    key = RegisterKey(row["meter_id"], row["circuit"], asked.quantity)
    return Gathered(asked, key, row["installed_at"], row["removed_at"])


async def _known(connection: Any, found: Sequence[Gathered]) -> OnRecord:
    meters = sorted({one.key.meter_id for one in found})
    points = sorted({one.asked.usage_point_id for one in found})
    return OnRecord(
        _by_key(await connection.fetch(_SQL["events"], meters), _event),
        _by_key(await connection.fetch(_SQL["boundary_registers"], meters), register_reading),
        _by_key(await connection.fetch(_SQL["reported"], points), reported_reading),
    )


async def _nearest_levels(connection: Any, found: Sequence[Gathered], known: OnRecord) -> None:
    boundaries = [
        (number, *one.key, at, one.installed_at, one.removed_at or EVER, known.fell_at(one.key))
        for number, one in enumerate(found)
        for at in one.boundaries
    ]
    rows = await connection.fetch(
        _SQL["nearest_levels"], *_columns(boundaries, 8), INVALID, INVALID_AFTER_A_FALL
    )
    _keep_levels(found, rows)


async def _levels_within(
    connection: Any, found: Sequence[Gathered], known: OnRecord, apart: Iterable[Boundary]
) -> None:
    """Only levels on the minute, as no record begins or ends between two of them."""
    spans = [
        (number, *key, at - LONGEST_WALK, at + LONGEST_WALK, known.fell_at(key))
        for number, at in apart
        for key in [found[number].key]
    ]
    rows = await connection.fetch(_SQL["levels_within"], *_columns(spans, 7), INVALID, INVALID_AFTER_A_FALL)
    _keep_levels(found, rows)


def _keep_levels(found: Sequence[Gathered], rows: Iterable[Any]) -> None:
    for row in rows:
        found[row["number"]].levels[row["at"], row["source"]] = register_reading(row)


async def _records(
    connection: Any, found: Sequence[Gathered], stretches: Iterable[Stretch], statement: str
) -> None:
    asked = [(one.number, *found[one.number].key, one.since, one.until) for one in stretches]
    for row in await connection.fetch(_SQL[statement], *_columns(asked, 6)):
        found[row["number"]].records[row["kind"], row["slot_start"]] = _record(row)


async def _earlier_hours(connection: Any, found: Sequence[Gathered], stretches: Iterable[Stretch]) -> None:
    """Of the meters that the installation took over from."""
    asked = [
        (stretch.number, one.asked.usage_point_id, *one.key[1:], stretch.since, one.installed_at)
        for stretch in stretches
        for one in [found[stretch.number]]
        if stretch.since < one.installed_at
    ]
    for row in await connection.fetch(_SQL["earlier_hours"], *_columns(asked, 6)) if asked else ():
        found[row["number"]].earlier_hours[row["slot_start"]] = _record(row)


def _by_key(rows: Iterable[Any], made: Callable[[Any], T]) -> Mapping[RegisterKey, list[T]]:
    found: dict[RegisterKey, list[T]] = defaultdict(list)
    for row in rows:
        found[RegisterKey(row["meter_id"], row["circuit"], row["quantity"])].append(made(row))
    return found


def _event(row: Any) -> RegisterEvent:
    levels = row["level_before"], row["level_after"], row["capacity"]
    return RegisterEvent(row["at"], EventKind(row["kind"]), *levels)


def _record(row: Any) -> RecordReading:
    return RecordReading(
        slot=Slot(row["slot_start"], row["slot_end"]),
        kind=ArchiveKind(row["kind"]),
        value=row["value"],
        quantity=row["quantity"],
        circuit=row["circuit"],
        meter_id=row["meter_id"],
        poll_id=row["poll_id"],
        frame=row["frame"],
        raw_value=row["raw_value"],
        raw_unit=row["raw_unit"],
        factor=row["factor"],
        factor_set=row["factor_set"],
        operating=_hours(row["operating"]),
        flags=frozenset(Flag(flag) for flag in row["flags"]),
    )


def _hours(operating: Decimal | None) -> timedelta | None:
    return None if operating is None else timedelta(microseconds=int(operating * _MICROSECONDS))


def _columns(rows: Sequence[tuple[object, ...]], count: int) -> list[list[object]]:
    """What a statement unnests."""
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(count)]
