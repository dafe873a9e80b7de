"""From M-Bus records to our quantities, by a model's rows (heat-meters-m-bus.md sections 1 and 1.1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from metering.calendar import ArchiveKind, slot_at
from metering.conditions import Condition, ConditionName
from metering.quantities import Behaviour, Quantity, quantity
from metering.readings import Absence, ArchiveRecord, MeterValue, Snapshot
from protocols.mbus import offsets
from protocols.mbus.conditions import TEMPORARY_ERROR, conditions, of_flags
from protocols.mbus.model import Profile, Row, Stored, StoredDate
from protocols.mbus.records import DataRecord, Function, Telegram
from protocols.mbus.stamps import day_of_every_year, last_anniversary, meant, month_start, slot_end

PRESENT: Final = 0
"""The storage number of the present."""

SENSOR_FAULTS: Final = frozenset(
    {ConditionName.SENSOR_BREAK, ConditionName.SENSOR_SHORT, ConditionName.SENSOR_FAULT}
)

_DATES: Final = ("date", "date_time")
_FULL_DISPLAYS: Final = (b"\xff\x7f", b"\x99\x99", b"\x99\x99\x99", b"\x99\x99\x99\x99")
"""What a sensor that fails is sent as while the header reports a temporary error (section 1, rule 6)."""


def snapshot(profile: Profile, telegrams: Sequence[Telegram]) -> Snapshot:
    """Current values and registers, what the meter reports, and its clock where it sends it."""
    values = _values(profile.rows, telegrams, PRESENT) + offsets.values(profile.fields, telegrams)
    reported = conditions(profile.conditions, telegrams, values)
    return Snapshot(_without_faulty(values, reported), shown_clock(profile, telegrams), None, reported)


def shown_clock(profile: Profile, telegrams: Sequence[Telegram]) -> datetime | None:
    """The meter's own time, as this model sends it; None when it is not sent or marked invalid."""
    if profile.clock_at is not None:
        return offsets.clock(profile.clock_at, telegrams)
    return clock(telegrams)


def clock(telegrams: Sequence[Telegram]) -> datetime | None:
    """The time of the date record of the present."""
    shown = _date_values(telegrams, PRESENT)
    return next((value for value in shown if isinstance(value, datetime)), None)


def stored_levels(profile: Profile, telegrams: Sequence[Telegram]) -> tuple[ArchiveRecord, ...]:
    """Total records: register levels of past midnights. A storage whose day has not come yet gives none."""
    now = clock(telegrams)
    records: dict[datetime, ArchiveRecord] = {}
    for stored in profile.stored:
        for storage in range(stored.first, stored.last + 1):
            start = _midnight(stored, storage, telegrams, now)
            if start is None or (now is not None and start > now):
                continue
            values = _values(profile.rows, telegrams, storage)
            levels, reported = _registers(values), of_flags(profile.conditions, values)
            if levels:
                slot = slot_at(ArchiveKind.TOTAL, start)
                record = ArchiveRecord(ArchiveKind.TOTAL, slot, start, levels, reported)
                records.setdefault(start, record)
    return tuple(records.values())


def log_record(profile: Profile, telegram: Telegram, storage: int, kind: ArchiveKind) -> ArchiveRecord | None:
    """Levels and means that a log's telegram holds, at the slot's end; None when it tells no such moment."""
    written = next(_date_values((telegram,), storage), None)
    end = slot_end(written, kind) if written else None
    if end is None:
        return None
    values = _values(profile.rows, (telegram,), storage)
    reported = of_flags(profile.conditions, values)
    return ArchiveRecord(kind, slot_at(kind, end), end, _without_faulty(values, reported), reported)


def _values(rows: Sequence[Row], telegrams: Sequence[Telegram], storage: int) -> tuple[MeterValue, ...]:
    """One value for each quantity and circuit: one with a number before one without, then the first row's.

    The status of a header speaks of the present only.
    """
    chosen: dict[tuple[Quantity, int], tuple[int, MeterValue]] = {}
    for telegram in telegrams:
        for record in telegram.records:
            place = _row(rows, record) if record.storage == storage else None
            if place is None:
                continue
            value = _meter_value(rows[place], record, telegram.header.status if storage == PRESENT else 0)
            known = chosen.get((value.quantity, value.circuit))
            if known is None or _rank(place, value) < _rank(*known):
                chosen[value.quantity, value.circuit] = place, value
    return tuple(value for _, value in chosen.values())


def _rank(place: int, value: MeterValue) -> tuple[bool, int]:
    return value.value is None, place


def _row(rows: Sequence[Row], record: DataRecord) -> int | None:
    """The place of the first row that reads this record."""
    return next((place for place, row in enumerate(rows) if _matches(row, record)), None)


def _matches(row: Row, record: DataRecord) -> bool:
    place = (row.of, row.qualifiers, row.tariff, row.subunit)
    if place != (record.quantity, record.qualifiers, record.tariff, record.subunit):
        return False
    return row.function is record.function or _is_missing_instant(row, record)


def _is_missing_instant(row: Row, record: DataRecord) -> bool:
    """A meter reports a missing sensor by function "error"; for times that function is a genuine counter."""
    instant = quantity(row.quantity).behaviour is Behaviour.INSTANT
    return instant and row.function is Function.INSTANTANEOUS and record.function is Function.ERROR


def _meter_value(row: Row, record: DataRecord, status: int) -> MeterValue:
    measured = quantity(row.quantity)
    if measured.behaviour is Behaviour.FLAGS:
        return MeterValue(measured, "", Decimal(int.from_bytes(record.data, "little")), None, row.circuit)
    if measured.behaviour is Behaviour.INSTANT and _in_error(record, status):
        return MeterValue(measured, record.unit, None, Absence.ERROR_STATE, row.circuit)
    if record.value in row.absent:
        return MeterValue(measured, record.unit, None, Absence.ERROR_STATE, row.circuit)
    if isinstance(record.value, Decimal):
        return MeterValue(measured, record.unit, record.value, None, row.circuit)
    return MeterValue(measured, record.unit, None, record.absence or Absence.NOT_DECODED, row.circuit)


def _in_error(record: DataRecord, status: int) -> bool:
    missing = record.value == 0 or record.data in _FULL_DISPLAYS
    return record.function is Function.ERROR or bool(status & TEMPORARY_ERROR and missing)


def _without_faulty(values: Iterable[MeterValue], reported: frozenset[Condition]) -> tuple[MeterValue, ...]:
    """A sensor that the meter reports as broken does not measure exactly zero."""
    faulty = {
        (condition.place, condition.circuit) for condition in reported if condition.name in SENSOR_FAULTS
    }
    return tuple(
        replace(value, value=None, absence=Absence.ERROR_STATE)
        if value.value == 0 and (value.quantity.name, value.circuit) in faulty
        else value
        for value in values
    )


def _registers(values: Iterable[MeterValue]) -> tuple[MeterValue, ...]:
    return tuple(value for value in values if value.quantity.behaviour is Behaviour.REGISTER)


def _date_values(telegrams: Sequence[Telegram], storage: int) -> Iterator[date]:
    """Dates and date-times (a datetime is a date too) that stand for a whole storage."""
    for telegram in telegrams:
        for record in telegram.records:
            plain = (record.function, record.tariff, record.subunit, record.qualifiers)
            whole = record.storage == storage and plain == (Function.INSTANTANEOUS, 0, 0, ())
            if whole and record.quantity in _DATES and isinstance(record.value, date):
                yield record.value


def _midnight(
    stored: Stored, storage: int, telegrams: Sequence[Telegram], now: datetime | None
) -> datetime | None:
    """When the levels of a storage stood; None when that is not told or not over."""
    if stored.date is StoredDate.MONTH_START:
        return month_start(now)
    dated_by = stored.dated_by or storage
    if stored.date is StoredDate.EVERY_YEAR:
        return last_anniversary(_every_year(telegrams, dated_by), stored.convention, now)
    written = next(_date_values(telegrams, dated_by), None)
    if stored.date is StoredDate.RECORDED:
        return meant(written, stored.convention)
    return last_anniversary(written, stored.convention, now)


def _every_year(telegrams: Sequence[Telegram], storage: int) -> date | None:
    """Day and month of the first date record of a storage, its year being "every"."""
    found = (
        day_of_every_year(record.data)
        for telegram in telegrams
        for record in telegram.records
        if record.storage == storage and record.quantity in _DATES
    )
    return next(found, None)
