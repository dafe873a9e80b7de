"""Pulsar archives: the records of one channel between two dates (pulsar.md 3).

The records of a counting channel are its readings at their dates, so that a slot's amount is the reading at
its end less the one at its start. For heat meters that is not confirmed: a choice says what else they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from metering.calendar import ArchiveKind, MeterSlot, next_start, slot_start, slots_between
from metering.errors import DecodeError
from metering.readings import ArchiveRecord, Gap, GapReason, MeterValue
from protocols.conversation import Conversation
from protocols.vendor.pulsar import moments, values
from protocols.vendor.pulsar.dialogue import ARCHIVE, Dialogue, mask
from protocols.vendor.pulsar.models import Channel

MOST_RECORDS: Final = 58
"""In one answer. The document allows 59, but 20 bytes of frame and 59 floats are more than L can say."""
TYPES: Final[Mapping[ArchiveKind, int]] = {
    ArchiveKind.HOUR: 1,
    ArchiveKind.DAY: 2,
    ArchiveKind.MONTH: 3,
    ArchiveKind.TOTAL: 2,
}
KEPT: Final[Mapping[ArchiveKind, int]] = {
    ArchiveKind.HOUR: 1488,
    ArchiveKind.DAY: 184,
    ArchiveKind.MONTH: 60,
    ArchiveKind.TOTAL: 184,
}
"""Records of each archive; totals are the readings of the day archive."""

_HEAD: Final = 4 + moments.SIZE
"""Mask and date before the records."""


class Archived(StrEnum):
    """What a record of a counting channel is."""

    READINGS = "readings"
    """The counter at the record's date."""
    AMOUNTS_SINCE = "amounts_since"
    """The amount of the slot that starts at the record's date."""
    AMOUNTS_UNTIL = "amounts_until"
    """The amount of the slot that ends at the record's date."""

    def stamps(self, kind: ArchiveKind, slot: MeterSlot) -> tuple[datetime, ...]:
        """The dates of the records that a slot is made of, oldest first."""
        if kind is ArchiveKind.TOTAL or self is Archived.AMOUNTS_SINCE:
            return (slot.start,)
        return (slot.end,) if self is Archived.AMOUNTS_UNTIL else (slot.start, slot.end)


Levels = Mapping[datetime, MeterValue]
"""The records of one channel by their dates."""


@dataclass(frozen=True, slots=True)
class Archive:
    """One archive of one meter; `meter_time` is the meter's clock when the reading began."""

    kind: ArchiveKind
    archived: Archived
    channels: tuple[Channel, ...]
    meter_time: datetime

    def windows(self, slots: Sequence[MeterSlot]) -> Iterator[tuple[MeterSlot, ...]]:
        """The slots newest first, in groups whose records can be asked for at once."""
        group: list[MeterSlot] = []
        for slot in sorted(slots, reverse=True):
            if group and self._records(slot, group[0]) > MOST_RECORDS:
                yield tuple(group)
                group = []
            group.append(slot)
        if group:
            yield tuple(group)

    def read(self, dialogue: Dialogue, window: Sequence[MeterSlot]) -> Conversation[tuple[Levels, ...]]:
        """The records of every channel over a window, newest slot first."""
        first, last = self._stamps(window[-1])[0], self._stamps(window[0])[-1]
        found = []
        for channel in self.channels:
            found.append((yield from self._levels(dialogue, channel, first, last)))
        return tuple(found)

    def answer(self, slot: MeterSlot, levels: Sequence[Levels]) -> ArchiveRecord | Gap:
        """What the archive has for a slot."""
        found = tuple(
            self._value(channel, slot, known) for channel, known in zip(self.channels, levels, strict=True)
        )
        if all(value.value is None for value in found):
            return Gap(self.kind, slot, self._reason(slot))
        return ArchiveRecord(self.kind, slot, self._stamps(slot)[-1], found)

    def _reason(self, slot: MeterSlot) -> GapReason:
        age = slots_between(self.kind, slot.start, self.meter_time)
        return GapReason.OUT_OF_DEPTH if age >= KEPT[self.kind] else GapReason.NO_RECORD

    def _value(self, channel: Channel, slot: MeterSlot, levels: Levels) -> MeterValue:
        opening, closing = (levels.get(stamp) for stamp in (self._stamps(slot)[0], self._stamps(slot)[-1]))
        if opening is None or closing is None:
            return values.archived(channel, values.NO_DATA)
        if len(self._stamps(slot)) == 1 or closing.value is None:
            return closing
        if opening.value is None:
            return replace(closing, value=None, absence=opening.absence)
        return replace(closing, value=closing.value - opening.value)

    def _levels(
        self, dialogue: Dialogue, channel: Channel, first: datetime, last: datetime
    ) -> Conversation[Levels]:
        chosen = mask(channel.number)
        asked = chosen + TYPES[self.kind].to_bytes(2, "little") + moments.encode(first) + moments.encode(last)

        def accepts(data: bytes) -> bool:
            return data[:4] == chosen and len(data) >= _HEAD and not (len(data) - _HEAD) % values.SINGLE

        data = yield from dialogue.ask(ARCHIVE, asked, accepts)
        return self._dated(channel, data)

    def _dated(self, channel: Channel, data: bytes) -> Levels:
        """The first record belongs to the date that the answer names, the others follow it."""
        stamp = moments.decode(data[4:_HEAD])
        if stamp is None or slot_start(self.kind, stamp) != stamp:
            raise DecodeError(f"The archive begins at {stamp}, which is no start of a {self.kind}.")
        found = {}
        for at in range(_HEAD, len(data), values.SINGLE):
            found[stamp] = values.archived(channel, data[at : at + values.SINGLE])
            stamp = next_start(self.kind, stamp)
        return found

    def _stamps(self, slot: MeterSlot) -> tuple[datetime, ...]:
        return self.archived.stamps(self.kind, slot)

    def _records(self, oldest: MeterSlot, newest: MeterSlot) -> int:
        return slots_between(self.kind, self._stamps(oldest)[0], self._stamps(newest)[-1]) + 1
