"""Logs that are read by age: one register a question, the newest value first (kamstrup-kmp-mc601-logs.md).

Nothing in a reply says of which day it is. Days are counted back from the meter's own date, which is read
before and after: what was read while the date changed is not delivered. Two questions in a row never ask for
the same register, so that a late answer to one is never taken for an answer to the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from metering.calendar import ArchiveKind, MeterSlot, slot_start, slots_between
from metering.errors import DecodeError, MeterBusy
from metering.readings import ArchiveRecord, Gap, GapReason
from protocols.conversation import Conversation, Deliver
from protocols.vendor.kmp.dialogue import Dialogue
from protocols.vendor.kmp.measured import Measured, measured
from protocols.vendor.kmp.replies import NO_REGISTER, series_of
from protocols.vendor.kmp.requests import MOST_VALUES, read_by_age
from protocols.vendor.kmp.values import Value

CLOSING: Final = timedelta(minutes=10)
"""For so long after the end of a slot it is not sure which slot is the newest in the log."""

Series = dict[int, list[Value]]
"""Values from the first age of a block on, by register; none for what the log does not keep."""


@dataclass(frozen=True, slots=True)
class AgeLog:
    """`newest`: the record number of the last closed slot, 1 unless record 1 is the slot that is running."""

    command: int
    kind: ArchiveKind
    depth: int
    rows: tuple[Measured, ...]
    newest: int = 1


def read_ages(dialogue: Dialogue, log: AgeLog, slots: Sequence[MeterSlot]) -> Conversation[None]:
    """Delivers a record or a gap for each slot."""
    now = yield from dialogue.clock()
    running = _running(log, now)
    if slots and now - running < CLOSING:
        raise MeterBusy("The meter has just begun a new day; its log is read in the next cycle.")
    asked = {slot: slots_between(log.kind, slot.start, running) for slot in slots}
    yield Deliver(
        tuple(Gap(log.kind, slot, _reason(age)) for slot, age in asked.items() if not 0 < age <= log.depth)
    )
    for block in _blocks([(age, slot) for slot, age in asked.items() if 0 < age <= log.depth]):
        series = yield from _series(dialogue, log, block)
        if _running(log, (yield from dialogue.clock())) != running:
            raise MeterBusy("A new day began while the log was read; it is read again in the next cycle.")
        yield Deliver(tuple(_record(log, series, age - block[0][0], slot) for age, slot in block))


Block = list[tuple[int, MeterSlot]]
"""Slots of one reply with their ages, the newest first."""


def _blocks(aged: Block) -> Iterator[Block]:
    """Slots that one question a register brings."""
    left = sorted(aged)
    while left:
        first = left[0][0]
        yield [each for each in left if each[0] < first + MOST_VALUES]
        left = [each for each in left if each[0] >= first + MOST_VALUES]


def _series(dialogue: Dialogue, log: AgeLog, block: Block) -> Conversation[Series]:
    first, count = block[0][0], block[-1][0] - block[0][0] + 1
    series: Series = {}
    for row in log.rows:
        values = yield from _values(dialogue, log, row.register, first, count)
        series[row.register] = values or []
    return series


def _values(
    dialogue: Dialogue, log: AgeLog, register: int, first: int, count: int
) -> Conversation[list[Value] | None]:
    """One register's values. That it is not kept must be said twice: this answer names no register."""

    def fits(data: bytes) -> bool:
        return data == NO_REGISTER or _is_of(register, data)

    request = read_by_age(log.command, register, first + log.newest - 1, count)
    values = series_of((yield from dialogue.ask(request, fits)))
    return values if values is not None else series_of((yield from dialogue.ask(request, fits)))


def _record(log: AgeLog, series: Series, place: int, slot: MeterSlot) -> ArchiveRecord | Gap:
    values = {register: each[place] for register, each in series.items() if place < len(each)}
    if not values:
        return Gap(log.kind, slot, GapReason.NO_RECORD)
    return ArchiveRecord(log.kind, slot, slot.start, tuple(measured(log.rows, values)))


def _reason(age: int) -> GapReason:
    return GapReason.NOT_YET_CLOSED if age <= 0 else GapReason.OUT_OF_DEPTH


def _running(log: AgeLog, now: datetime) -> datetime:
    return slot_start(log.kind, now)


def _is_of(register: int, data: bytes) -> bool:
    try:
        values = series_of(data)
    except DecodeError:
        return False
    return bool(values and values[0].header.register == register)
