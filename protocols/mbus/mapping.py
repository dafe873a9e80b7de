"""From M-Bus records to our quantities, by a model's rows (heat-meters-m-bus.md sections 1 and 1.1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Final

from metering.calendar import ArchiveKind, slot_at, slot_start
from metering.quantities import Behaviour, Quantity, quantity
from metering.readings import Absence, ArchiveRecord, MeterValue, Snapshot
from protocols.mbus.model import Convention, Profile, Row, Stored, StoredDate
from protocols.mbus.records import DataRecord, Function, Telegram

PRESENT: Final = 0
"""The storage number of the present."""

TEMPORARY_ERROR: Final = 0x10
"""Status bit: with it, an instant value of 0 is a missing sensor and not a measurement."""

_DATES: Final = ("date", "date_time")
_LAST_MINUTE: Final = time(23, 59)


def snapshot(profile: Profile, telegrams: Sequence[Telegram]) -> Snapshot:
    """Current values and registers, and the meter's clock where it sends it."""
    return Snapshot(_values(profile.rows, telegrams, PRESENT), clock(telegrams))


def clock(telegrams: Sequence[Telegram]) -> datetime | None:
    """The meter's own time; None when it is not sent or marked invalid."""
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
            levels = _registers(_values(profile.rows, telegrams, storage))
            if levels:
                slot = slot_at(ArchiveKind.TOTAL, start)
                records.setdefault(start, ArchiveRecord(ArchiveKind.TOTAL, slot, start, levels))
    return tuple(records.values())


def _values(rows: Iterable[Row], telegrams: Sequence[Telegram], storage: int) -> tuple[MeterValue, ...]:
    """One value for each quantity and circuit: the first that has a number, else the first at all."""
    chosen: dict[tuple[Quantity, int], MeterValue] = {}
    for telegram in telegrams:
        for record in telegram.records:
            row = _row(rows, record) if record.storage == storage else None
            if row is not None:
                value = _meter_value(row, record, telegram.header.status)
                known = chosen.setdefault((value.quantity, value.circuit), value)
                if known.value is None and value.value is not None:
                    chosen[value.quantity, value.circuit] = value
    return tuple(chosen.values())


def _row(rows: Iterable[Row], record: DataRecord) -> Row | None:
    return next((row for row in rows if _matches(row, record)), None)


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
    if isinstance(record.value, Decimal):
        return MeterValue(measured, record.unit, record.value, None, row.circuit)
    return MeterValue(measured, record.unit, None, record.absence or Absence.NOT_DECODED, row.circuit)


def _in_error(record: DataRecord, status: int) -> bool:
    return record.function is Function.ERROR or bool(status & TEMPORARY_ERROR and record.value == 0)


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
    if stored.date is StoredDate.MONTH_START:
        return slot_start(ArchiveKind.MONTH, now) if now else None
    written = next(_date_values(telegrams, storage), None)
    if written is None or stored.date is StoredDate.RECORDED:
        return _meant(written, stored.convention) if written else None
    return _last_anniversary(written, stored.convention, now) if now else None


def _last_anniversary(day: date, convention: Convention, now: datetime) -> datetime | None:
    for year in (now.year, now.year - 1):
        try:
            start = _meant(day.replace(year=year), convention)
        except ValueError:
            continue
        if start is not None and start <= now:
            return start
    return None


def _meant(written: date, convention: Convention) -> datetime | None:
    """The midnight that a stamp means; None for a moment within a day, which is no closing of it."""
    midnight = datetime.combine(written, time())
    following = midnight + timedelta(days=1)
    if not isinstance(written, datetime):
        return following if convention is Convention.END_OF_DAY else midnight
    if written == midnight:
        return midnight
    return following if written.time() >= _LAST_MINUTE else None
