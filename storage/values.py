"""What polls read, told apart from what was known: values, the conditions beside them, and gaps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from metering.errors import ReadingConflict, StorageError
from metering.evidence import DISQUALIFYING
from metering.polls import PollReport
from metering.quantities import REGISTERS
from metering.readings import ArchiveReadings, MissingSlot, Reading, SnapshotReadings
from storage import sql
from storage.conditions import SNAPSHOT

_SQL = sql.statements("values")
_INCOMING: Final = (
    "meter_id", "poll_id", "finished_at", "kind", "slot_start", "circuit", "quantity", "slot_end",
    "meter_time", "value", "absence", "raw_value", "raw_unit", "factor", "factor_set", "flags", "frame",
)  # fmt: skip
_KEY: Final = 7
"""So many columns at the start say which value of which poll it is."""
_INVALID: Final = sorted(flag.value for flag in DISQUALIFYING)

Row = tuple[object, ...]
SlotKey = tuple[int, str, datetime]
"""Meter, kind (or snapshot) and start."""


class Cause(StrEnum):
    """Why a value comes to stand, or not."""

    READ = "read"
    """A poll has read it."""
    REDECODED = "redecoded"
    """The frames of the poll whose value stands were decoded again."""
    ACCEPTED = "accepted"
    """An engineer took it out of quarantine."""


@dataclass(frozen=True, slots=True)
class SaveResult:
    """What became of values: new ones, ones already stored, ones that contradicted stored ones."""

    stored: int
    unchanged: int
    revised: int

    def __add__(self, other: SaveResult) -> SaveResult:
        return SaveResult(
            self.stored + other.stored, self.unchanged + other.unchanged, self.revised + other.revised
        )


NOTHING: Final = SaveResult(0, 0, 0)


async def lock_meters(connection: Any, meter_ids: Iterable[int]) -> None:
    """Until the transaction ends nobody else stores values of these meters.

    Reports of one meter are stored one after another, so that each sees what the others changed.
    ReadingConflict when one is not registered.
    """
    wanted = set(meter_ids)
    rows = await connection.fetch(_SQL["lock_meters"], sorted(wanted))
    unknown = wanted - {row["id"] for row in rows}
    if unknown:
        raise ReadingConflict(
            f"Meter {min(unknown)} is not registered; register it before its readings are stored."
        )


async def store_values(
    connection: Any, reports: Sequence[PollReport], cause: Cause = Cause.READ
) -> SaveResult:
    """Stores what these polls, whose rows are there and whose meters are locked, brought.

    A slot stored with another value becomes a revision: the value that was read later stands in the
    archive, whichever report comes first. The result is the same as if they came one by one.
    """
    result = NOTHING
    for part in _parts(reports):
        result += await _store(connection, part, cause)
    return result


def value_count(report: PollReport) -> int:
    """How many different values the report brings."""
    return len(_values([report]))


def _parts(reports: Sequence[PollReport]) -> Iterator[list[PollReport]]:
    """In their order, so that no part brings a slot twice."""
    part, seen = list[PollReport](), set[SlotKey]()
    for report in reports:
        slots = set(_slots(report))
        if slots & seen:
            yield part
            part, seen = [], set()
        part.append(report)
        seen |= slots
    if part:
        yield part


def _slots(report: PollReport) -> Iterator[SlotKey]:
    read: tuple[ArchiveReadings | MissingSlot, ...] = (*report.archive, *report.gaps)
    for slot in read:
        yield report.meter_id, slot.kind.value, slot.slot.start
    for snapshot in report.snapshots:
        yield report.meter_id, SNAPSHOT, snapshot.read_at


async def _store(connection: Any, reports: Sequence[PollReport], cause: Cause) -> SaveResult:
    await connection.execute(_SQL["create_incoming"])
    values = _values(reports)
    result = await _store_values(connection, values, cause) if values else NOTHING
    await _store_conditions(connection, reports, revised=result.revised > 0)
    await _store_gaps(connection, reports)
    return result


async def _store_values(connection: Any, values: Sequence[Row], cause: Cause) -> SaveResult:
    await _copy(connection, values)
    starts = [row[4] for row in values]
    span = min(starts), max(starts)  # type: ignore[type-var]
    await connection.execute(_SQL["compare"], *span, cause.value)
    result = SaveResult(**await connection.fetchrow(_SQL["count"]))
    if result.revised:
        await connection.execute(_SQL["revise"], *span, cause.value)
        await connection.execute(_SQL["replace"], *span)
    await connection.execute(_SQL["insert_archive"])
    await connection.execute(_SQL["insert_snapshots"], cause.value)
    await connection.execute(_SQL["tell_slots"])
    await connection.execute(_SQL["close_gaps"])
    await connection.execute(_SQL["tell_levels"], REGISTERS, _INVALID)
    return result


async def _copy(connection: Any, values: Sequence[Row]) -> None:
    """StorageError for a value that fits no column: copying raises what statements have as a DataError."""
    try:
        await connection.copy_records_to_table("incoming_value", records=values, columns=_INCOMING)
    except (OverflowError, TypeError) as error:
        raise StorageError(
            f"A report brings what no meter can say: {error}. It is damaged, or its driver is wrong."
        ) from error


async def _store_conditions(connection: Any, reports: Sequence[PollReport], *, revised: bool) -> None:
    """What a record's values that do not stand came with does not stand either."""
    if revised:
        await connection.execute(_SQL["forget_conditions"])
    raised = [row for report in reports for row in _raised(report)]
    if raised:
        await connection.execute(_SQL["insert_conditions"], *_columns(raised))


async def _store_gaps(connection: Any, reports: Sequence[PollReport]) -> None:
    missing = {
        (report.meter_id, gap.kind, gap.slot.start): _gap(report, gap)
        for report in reports
        for gap in report.gaps
    }
    if missing:
        await connection.execute(_SQL["insert_gaps"], *_columns(missing.values()))


def _gap(report: PollReport, gap: MissingSlot) -> Row:
    return (
        report.meter_id,
        report.id,
        report.finished_at,
        gap.kind.value,
        gap.slot.start,
        gap.slot.end,
        gap.reason.value,
        gap.frame,
    )


def _raised(report: PollReport) -> Iterator[Row]:
    """Rows of conditions, in the order of their statement."""
    places: list[tuple[str, datetime, ArchiveReadings | SnapshotReadings]] = [
        *((record.kind.value, record.slot.start, record) for record in report.archive),
        *((SNAPSHOT, snapshot.read_at, snapshot) for snapshot in report.snapshots),
    ]
    for kind, at, read in places:
        for one in read.conditions:
            where = one.circuit, one.name.value, one.place, one.code
            yield report.meter_id, report.id, kind, at, *where, read.frame


def _values(reports: Iterable[PollReport]) -> list[Row]:
    """One row per key, in the order of `_INCOMING`; the last one counts where a poll read a slot twice."""
    rows = {row[:_KEY]: row for report in reports for row in _rows(report)}
    return list(rows.values())


def _rows(report: PollReport) -> Iterator[Row]:
    poll = report.meter_id, report.id, report.finished_at
    for record in report.archive:
        slot = *poll, record.kind.value, record.slot.start
        for reading in record.readings:
            yield *slot, *_value(reading, record.slot.end, record.meter_time), record.frame
    for snapshot in report.snapshots:
        slot = *poll, SNAPSHOT, snapshot.read_at
        for reading in snapshot.readings:
            yield *slot, *_value(reading, None, snapshot.meter_time), snapshot.frame


def _value(reading: Reading, slot_end: datetime | None, meter_time: datetime | None) -> Row:
    return (
        reading.circuit,
        reading.quantity.name,
        slot_end,
        meter_time,
        reading.value,
        reading.absence.value if reading.absence else None,
        reading.raw_value,
        reading.raw_unit,
        reading.factor,
        reading.factor_set,
        sorted(flag.value for flag in reading.flags),
    )


def _columns(rows: Iterable[Row]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]
