"""Logs behind an application reset: the newest record first, each further telegram the one before.

Source: sku-02.md section 3 (day log of the QALCOSONIC HEAT1); heat-meters-m-bus.md section 7 for the
sub-codes. A record holds register levels and means at its own stamp, the slot's end: what is delivered was
dated by the meter, and an amount is the difference of two neighbours that were both read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from metering.calendar import ArchiveKind, MeterSlot, next_start
from metering.errors import TeploError, WrongMeter
from metering.quantities import Behaviour
from metering.readings import ArchiveRecord, Gap, GapReason, MeterValue
from protocols.conversation import Conversation, Deliver
from protocols.mbus.frames import FCB
from protocols.mbus.mapping import log_record
from protocols.mbus.model import Log, Profile
from protocols.mbus.reading import Reader, ReadOut, content

Records = Mapping[datetime, ArchiveRecord]
"""What a log holds, by stamp."""


def read_log(reader: Reader, profile: Profile, log: Log, slots: Sequence[MeterSlot]) -> Conversation[None]:
    """A record or a gap for each slot; a log that broke off is raised once what it brought is delivered."""
    records: dict[datetime, ArchiveRecord] = {}
    left = set(slots)
    if not left:
        return
    out = yield from reader.between(log.question, _steps(reader, profile, log, left, records))
    if not left:
        return
    if out.broke_off is not None:
        raise out.broke_off
    yield Deliver(tuple(_gap(log.kind, slot, records) for slot in sorted(left, reverse=True)))


def _steps(
    reader: Reader, profile: Profile, log: Log, left: set[MeterSlot], records: dict[datetime, ArchiveRecord]
) -> Conversation[ReadOut]:
    """Back in time until nothing is wanted any more. Takes out of `left` what it delivers."""
    oldest = min(slot.start for slot in left)
    telegram, count = yield from reader.first()
    for _ in range(log.depth + 1):
        record = log_record(profile, telegram, log.storage, log.kind)
        if record is None or record.meter_time in records:
            break
        records[record.meter_time] = record
        for answer in tuple(_answers(log.kind, left, records)):
            left.discard(answer.slot)
            yield Deliver((answer,))
        if not left or record.meter_time <= oldest:
            break
        try:
            following = yield from reader.next(count, telegram)
        except WrongMeter:
            raise
        except TeploError as error:
            return ReadOut((telegram,), error)
        if content(following) == content(telegram):
            break
        telegram, count = following, count ^ FCB
    return ReadOut((telegram,))


def _gap(kind: ArchiveKind, slot: MeterSlot, records: Records) -> Gap:
    """Why a slot was not in the log: the one that follows the newest record is still to be closed."""
    closed_at = slot.start if kind is ArchiveKind.TOTAL else slot.end
    newest = max(records, default=closed_at)
    still_open = newest < closed_at <= next_start(kind, newest)
    return Gap(kind, slot, GapReason.NOT_YET_CLOSED if still_open else GapReason.NO_RECORD)


def _answers(kind: ArchiveKind, left: set[MeterSlot], records: Records) -> Iterator[ArchiveRecord]:
    for slot in left:
        answer = _total(slot, records) if kind is ArchiveKind.TOTAL else _period(kind, slot, records)
        if answer is not None:
            yield answer


def _total(slot: MeterSlot, records: Records) -> ArchiveRecord | None:
    """The levels at the slot's start."""
    record = records.get(slot.start)
    if record is None:
        return None
    levels = tuple(value for value in record.values if value.quantity.behaviour is Behaviour.REGISTER)
    return ArchiveRecord(ArchiveKind.TOTAL, slot, slot.start, levels, record.conditions) if levels else None


def _period(kind: ArchiveKind, slot: MeterSlot, records: Records) -> ArchiveRecord | None:
    """What was counted between the slot's ends, and the means that its record holds."""
    opening, closing = records.get(slot.start), records.get(slot.end)
    if opening is None or closing is None:
        return None
    before = {(value.quantity, value.circuit): value for value in opening.values}
    values = tuple(_within(value, before.get((value.quantity, value.circuit))) for value in closing.values)
    known = tuple(value for value in values if value is not None)
    return ArchiveRecord(kind, slot, closing.meter_time, known, closing.conditions)


def _within(value: MeterValue, before: MeterValue | None) -> MeterValue | None:
    """An amount for a register, the mean itself for what goes up and down; None where none can be known."""
    if value.quantity.behaviour is not Behaviour.REGISTER or value.value is None:
        return value
    if before is None or before.unit != value.unit:
        return None
    if before.value is None:
        return replace(value, value=None, absence=before.absence)
    return replace(value, value=value.value - before.value)
