"""What bills of many usage points rest on, in a few questions for all of them.

Around most boundaries a level stands exactly there, and nothing else of the archive is read. Only around the
others records and further levels are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import chain
from operator import attrgetter
from typing import Any, Final, NamedTuple, TypeVar

from metering.billing_rules import BillingRule
from metering.calendar import ArchiveKind, BillingPeriod, Slot
from metering.evidence import (
    DISQUALIFYING,
    LONGEST_WALK,
    EventKind,
    Evidence,
    RecordReading,
    RegisterEvent,
    RegisterReading,
    ThermalLoad,
)
from metering.readings import Flag
from metering.reported import ReportedReading
from storage import sql
from storage.pool import Database
from storage.registers import register_reading
from storage.reported_readings import reported_reading

T = TypeVar("T")

_SQL = sql.statements("evidence")
_at: Final = attrgetter("at")
_EVER: Final = datetime(9999, 1, 1, tzinfo=UTC)
_FURTHEST: Final = timedelta(days=180)
_MICROSECONDS: Final = timedelta(hours=1) // timedelta.resolution
INVALID: Final = sorted(flag.value for flag in DISQUALIFYING)
"""Flags of registers on which no bill may rest."""
INVALID_AFTER_A_FALL: Final = sorted(flag.value for flag in DISQUALIFYING - {Flag.WENT_BACK})
"""The same after an event that says why the register stands lower."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A usage point's register in a period, and by which rule it is billed; `edges`: boundaries within it."""

    usage_point_id: int
    quantity: str
    period: BillingPeriod
    rule: BillingRule
    edges: tuple[datetime, ...] = ()
    load: ThermalLoad = field(default_factory=ThermalLoad)


class _Key(NamedTuple):
    meter_id: int
    circuit: int
    quantity: str


class _Span(NamedTuple):
    """A time for which more is to be read of the installation with this number."""

    number: int
    since: datetime
    until: datetime


@dataclass(slots=True)
class _Found:
    """One installation, and what is gathered of it."""

    asked: Asked
    key: _Key
    installed_at: datetime
    removed_at: datetime | None
    levels: dict[tuple[datetime, str], RegisterReading] = field(default_factory=dict)
    records: dict[tuple[str, datetime], RecordReading] = field(default_factory=dict)
    earlier_hours: dict[datetime, RecordReading] = field(default_factory=dict)

    @property
    def boundaries(self) -> list[datetime]:
        period = self.asked.period
        first, last = max(period.start, self.installed_at), min(period.end, self.removed_at or period.end)
        return sorted({first, last, *(at for at in self.asked.edges if first <= at <= last)})

    def evidence(self, known: _Known) -> Evidence:
        return Evidence(
            meter_id=self.key.meter_id,
            circuit=self.key.circuit,
            installed_at=self.installed_at,
            removed_at=self.removed_at,
            levels=tuple(self.levels.values()),
            records=tuple(self.records.values()),
            earlier_hours=tuple(self.earlier_hours.values()),
            reported=tuple(known.reported[self.key]),
            boundary_registers=tuple(known.told_by_acts(self)),
            events=tuple(known.events[self.key]),
            load=self.asked.load,
        )


class _Known(NamedTuple):
    """What is on record of registers, whatever the boundary is."""

    events: Mapping[_Key, list[RegisterEvent]]
    boundary: Mapping[_Key, list[RegisterReading]]
    reported: Mapping[_Key, list[ReportedReading]]

    def told_by_acts(self, one: _Found) -> Iterator[RegisterReading]:
        ends = one.installed_at, one.removed_at
        return (register for register in self.boundary[one.key] if register.at in ends)

    def levels(self, one: _Found) -> Iterator[RegisterReading]:
        """Those that were gathered, and those of the acts at both ends of the installation."""
        return chain(one.levels.values(), self.told_by_acts(one))

    def is_exact(self, one: _Found, at: datetime) -> bool:
        """Whether the level of the boundary is known without any record."""
        return any(level.at == at for level in self.levels(one))

    def around(self, one: _Found, at: datetime) -> tuple[RegisterReading | None, RegisterReading | None]:
        """The nearest levels that records can lead from: they begin and end on the minute."""
        levels = [level for level in self.levels(one) if level.at.second == level.at.microsecond == 0]
        before = max((level for level in levels if level.at <= at), key=_at, default=None)
        return before, min((level for level in levels if level.at > at), key=_at, default=None)

    def fell_at(self, key: _Key) -> datetime:
        """Since when a register may stand lower than before; events are in their order."""
        return next((event.at for event in self.events[key]), _EVER)


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
            usual = [*_usual(found, known, apart), *_estimated_hours(found)]
            await _records_within(connection, found, [*_leading(found, known, apart), *usual])
            await _records_within(connection, found, list(_further(found, known, apart)))
            await _error_hours(connection, found)
            await _earlier_hours(connection, found, usual)
        by_point: dict[int, list[Evidence]] = {one.usage_point_id: [] for one in asked}
        for one in found:
            by_point[one.asked.usage_point_id].append(one.evidence(known))
        return by_point


async def _installations(connection: Any, asked: Sequence[Asked]) -> list[_Found]:
    by_point = {one.usage_point_id: one for one in asked}
    columns = [(one.usage_point_id, one.period.start, one.period.end) for one in asked]
    rows = await connection.fetch(_SQL["installations"], *_columns(columns, 3))
    return [_found(by_point[row["usage_point_id"]], row) for row in rows]


def _found(asked: Asked, row: Any) -> _Found:
    key = _Key(row["meter_id"], row["circuit"], asked.quantity)
    return _Found(asked, key, row["installed_at"], row["removed_at"])


async def _known(connection: Any, found: Sequence[_Found]) -> _Known:
    meters = sorted({one.key.meter_id for one in found})
    points = sorted({one.asked.usage_point_id for one in found})
    return _Known(
        _by_key(await connection.fetch(_SQL["events"], meters), _event),
        _by_key(await connection.fetch(_SQL["boundary_registers"], meters), register_reading),
        _by_key(await connection.fetch(_SQL["reported"], points), reported_reading),
    )


async def _nearest_levels(connection: Any, found: Sequence[_Found], known: _Known) -> None:
    boundaries = [
        (number, *one.key, at, one.installed_at, one.removed_at or _EVER, known.fell_at(one.key))
        for number, one in enumerate(found)
        for at in one.boundaries
    ]
    rows = await connection.fetch(
        _SQL["nearest_levels"], *_columns(boundaries, 8), INVALID, INVALID_AFTER_A_FALL
    )
    _keep_levels(found, rows)


async def _levels_within(
    connection: Any, found: Sequence[_Found], known: _Known, apart: Iterable[tuple[int, datetime]]
) -> None:
    """Only levels on the minute, as no record begins or ends between two of them."""
    spans = [
        (number, *key, at - LONGEST_WALK, at + LONGEST_WALK, known.fell_at(key))
        for number, at in apart
        for key in [found[number].key]
    ]
    rows = await connection.fetch(_SQL["levels_within"], *_columns(spans, 7), INVALID, INVALID_AFTER_A_FALL)
    _keep_levels(found, rows)


def _keep_levels(found: Sequence[_Found], rows: Iterable[Any]) -> None:
    for row in rows:
        found[row["number"]].levels[row["at"], row["source"]] = register_reading(row)


def _leading(
    found: Sequence[_Found], known: _Known, apart: Iterable[tuple[int, datetime]]
) -> Iterator[_Span]:
    """Records lead to a boundary from the nearest level on either side of it."""
    for number, at in apart:
        before, after = known.around(found[number], at)
        yield _Span(number, before.at if before else at, after.at if after else at)


def _further(
    found: Sequence[_Found], known: _Known, apart: Iterable[tuple[int, datetime]]
) -> Iterator[_Span]:
    """Where records do not lead from the nearest level, they may from one that is further away."""
    for number, at in apart:
        one = found[number]
        before, after = known.around(one, at)
        if before and any(_passes(record, before) for record in one.records.values()):
            yield _Span(number, at - LONGEST_WALK, before.at)
        if after and any(_passes(record, after) for record in one.records.values()):
            yield _Span(number, after.at, at + LONGEST_WALK)


def _passes(record: RecordReading, level: RegisterReading) -> bool:
    """Whether the way over the record goes past the level: it reaches over it, or is converted otherwise."""
    return record.slot.start < level.at < record.slot.end or record.factor_set != level.factor_set


def _usual(found: Sequence[_Found], known: _Known, apart: Iterable[tuple[int, datetime]]) -> Iterator[_Span]:
    """Where the last level is further away than the tolerance, hours before it show what is usual."""
    for number, at in apart:
        one = found[number]
        rule = one.asked.rule
        read = max((level.at for level in known.levels(one) if level.at <= at), default=None)
        told = (reading.at for reading in known.reported[one.key] if reading.at <= at)
        if read is None or at - read > rule.tolerance:
            since = max((read or one.installed_at, *told)) - rule.average_window
            yield _Span(number, max(since, at - _FURTHEST), at)


def _estimated_hours(found: Sequence[_Found]) -> Iterator[_Span]:
    for number, one in enumerate(found):
        rule, period = one.asked.rule, one.asked.period
        if rule.estimate_error_hours:
            starts = period.start - rule.average_window - rule.longest_estimate
            yield _Span(number, starts, period.end)


async def _records_within(connection: Any, found: Sequence[_Found], spans: Iterable[_Span]) -> None:
    await _read_records(connection, found, spans, "records_within")


async def _error_hours(connection: Any, found: Sequence[_Found]) -> None:
    """Of the whole period, where not all of its hours are read anyway."""
    spans = [
        _Span(number, one.asked.period.start, one.asked.period.end)
        for number, one in enumerate(found)
        if not one.asked.rule.estimate_error_hours
    ]
    await _read_records(connection, found, spans, "error_hours")


async def _read_records(
    connection: Any, found: Sequence[_Found], spans: Iterable[_Span], statement: str
) -> None:
    asked = [(span.number, *found[span.number].key, span.since, span.until) for span in spans]
    for row in await connection.fetch(_SQL[statement], *_columns(asked, 6)):
        found[row["number"]].records[row["kind"], row["slot_start"]] = _record(row)


async def _earlier_hours(connection: Any, found: Sequence[_Found], spans: Iterable[_Span]) -> None:
    """Of the meters that the installation took over from."""
    reaching = [(span, found[span.number]) for span in spans]
    asked = [
        (span.number, one.asked.usage_point_id, *one.key[1:], span.since, one.installed_at)
        for span, one in reaching
        if span.since < one.installed_at
    ]
    for row in await connection.fetch(_SQL["earlier_hours"], *_columns(asked, 6)) if asked else ():
        found[row["number"]].earlier_hours[row["slot_start"]] = _record(row)


def _by_key(rows: Iterable[Any], made: Callable[[Any], T]) -> Mapping[_Key, list[T]]:
    found: dict[_Key, list[T]] = defaultdict(list)
    for row in rows:
        found[_Key(row["meter_id"], row["circuit"], row["quantity"])].append(made(row))
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
