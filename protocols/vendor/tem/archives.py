"""From the slots that are wanted to records and gaps.

The meters keep levels as they stood when a record was written. What a register gained within a slot is the
difference to the record before; a total is the level that the day before ended with. A register that went
back was reset meanwhile, and what it gained is not known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from metering.calendar import ArchiveKind, MeterSlot, next_start
from metering.quantities import Behaviour, Quantity
from metering.readings import Absence, ArchiveRecord, Gap, GapReason, MeterValue
from protocols.conversation import Conversation, Deliver
from protocols.vendor.tem.choices import CONTENT
from protocols.vendor.tem.finding import Finder, Pair
from protocols.vendor.tem.layout import Decoder, Layout
from protocols.vendor.tem.records import Stored
from protocols.vendor.tem.systems import System

Gains = Mapping[tuple[Quantity, int], MeterValue]

_SECONDS: Final = {"s": Decimal(1), "h": Decimal(3600)}
_LATE: Final = Decimal(60)
"""Seconds that a record may be written late."""
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ArchiveReader:
    """Reads the archive `kind` of one meter, whose clock shows `now`; totals come from that of days."""

    finder: Finder
    kind: ArchiveKind
    layout: Layout
    decoder: Decoder
    systems: tuple[System, ...]
    now: datetime

    def amounts(self, slots: Sequence[MeterSlot]) -> Conversation[None]:
        """What each slot gained and its means, or a gap."""
        for slot in slots:
            found = yield from self._find(slot.start, slot.end)
            if isinstance(found, GapReason):
                yield Deliver((Gap(self.kind, slot, found),))
            else:
                yield Deliver((self._record(slot, found),))

    def totals(self, slots: Sequence[MeterSlot]) -> Conversation[None]:
        """The levels at the start of each day, or a gap."""
        for slot in slots:
            found = yield from self._find(slot.start - _DAY, slot.start)
            if isinstance(found, GapReason):
                yield Deliver((Gap(ArchiveKind.TOTAL, slot, found),))
            else:
                levels = tuple(filter(_is_register, self._decoded(found.closing)))
                written = _written(found.closing, slot)
                yield Deliver((ArchiveRecord(ArchiveKind.TOTAL, slot, written, levels),))

    def _find(self, start: datetime, closed_at: datetime) -> Conversation[Pair | GapReason]:
        if closed_at > self.now:
            return GapReason.NOT_YET_CLOSED
        return (yield from self.finder.find(start))

    def _record(self, slot: MeterSlot, found: Pair) -> ArchiveRecord:
        conditions = self.decoder.conditions(self.layout, found.closing.data, self.systems)
        values, written = self._values(found, slot), _written(found.closing, slot)
        return ArchiveRecord(self.kind, slot, written, values, conditions)

    def _values(self, pair: Pair, slot: MeterSlot) -> tuple[MeterValue, ...]:
        closing = self._decoded(pair.closing)
        if self.decoder.words.get(CONTENT.name) == "amounts":
            return closing
        opening = () if pair.opening is None else self._decoded(pair.opening)
        gains = _gains(closing, opening)
        if not self._are_of_slot(gains, pair, slot):
            gains = {}
        return tuple(_gain_or_mean(value, gains) for value in closing)

    def _are_of_slot(self, gains: Gains, pair: Pair, slot: MeterSlot) -> bool:
        """Whether what was counted since the record before was counted within this slot, without a reset.

        Where slots between have no record the meter was off: then it ran no longer than the slot lasts.
        """
        if any(gain.value is not None and gain.value < 0 for gain in gains.values()):
            return False
        before = None if pair.opening is None else pair.opening.stamped
        if before is None:
            return False
        if before.covers and next_start(self.kind, before.start) == slot.start:
            return True
        ran = _running_time(gains)
        return ran is not None and ran <= Decimal((slot.end - slot.start) // timedelta(seconds=1)) + _LATE

    def _decoded(self, stored: Stored) -> tuple[MeterValue, ...]:
        return self.decoder.values(self.layout, stored.data, self.systems)


def _gains(closing: Sequence[MeterValue], opening: Sequence[MeterValue]) -> Gains:
    before = {(level.quantity, level.circuit): level.value for level in opening}
    return dict(_differences(closing, before))


def _differences(
    closing: Sequence[MeterValue], before: Mapping[tuple[Quantity, int], Decimal | None]
) -> Iterator[tuple[tuple[Quantity, int], MeterValue]]:
    for level in closing:
        key = level.quantity, level.circuit
        start = before.get(key)
        if _is_register(level) and level.value is not None and start is not None:
            yield key, replace(level, value=level.value - start)


def _gain_or_mean(value: MeterValue, gains: Gains) -> MeterValue:
    if not _is_register(value) or value.value is None:
        return value
    return gains.get((value.quantity, value.circuit), replace(value, value=None, absence=Absence.NO_DATA))


def _running_time(gains: Gains) -> Decimal | None:
    """Seconds for which the meter ran: its time with power, or both of its working times."""
    times = {quantity.name: one for (quantity, circuit), one in gains.items() if circuit == 1}
    parts = [times[name] for name in ("on_time",) if name in times] or [
        times[name] for name in ("operating_time", "error_time") if name in times
    ]
    seconds = [part.value * _SECONDS[part.unit] for part in parts if part.value is not None]
    return sum(seconds, Decimal(0)) if seconds else None


def _written(stored: Stored, slot: MeterSlot) -> datetime:
    return slot.end if stored.stamped is None else stored.stamped.written


def _is_register(value: MeterValue) -> bool:
    return value.quantity.behaviour is Behaviour.REGISTER
