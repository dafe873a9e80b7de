"""The ring of lines in which a KM-5 keeps an archive: found by time, then stepped through line by line.

Source: km-5.md sections 3 and 6. A record carries running totals and the time of the last hour that was
written in its period; hours without power have none. How line numbers go on where the ring wraps and what
the search by time does between two records is not known, so every record is known by its own stamp alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from metering.calendar import ArchiveKind, MeterSlot, slot_at, slot_start
from metering.errors import DecodeError
from metering.readings import GapReason
from protocols.conversation import Conversation
from protocols.vendor.km5 import records
from protocols.vendor.km5.dialogue import Dialogue
from protocols.vendor.km5.frames import Command
from protocols.vendor.km5.records import STAMP_AT
from protocols.vendor.km5.stamps import SIZE, decode, hour_bytes, is_stamp

ARCHIVES: Final[Mapping[ArchiveKind, int]] = {
    ArchiveKind.HOUR: 0,
    ArchiveKind.DAY: 1,
    ArchiveKind.MONTH: 2,
    ArchiveKind.TOTAL: 1,
}
"""The archive's number; levels at the start of a day are those of the day before."""

_MOMENT: Final = timedelta(microseconds=1)
MOST_STEPS: Final = 3
"""Lines that are looked at beside the one that a search by time came to."""


@dataclass(frozen=True, slots=True)
class Line:
    """One record, and the end of the last hour that it covers."""

    number: int
    moment: datetime
    answer: bytes

    def ends_in(self, slot: MeterSlot) -> bool:
        return slot.start < self.moment <= slot.end


@dataclass
class Ring:
    """One archive during one conversation. Lines once read are kept; damaged: with a stamp of no calendar."""

    dialogue: Dialogue
    kind: ArchiveKind
    earliest: datetime | None = None
    _lines: dict[int, Line | None] = field(default_factory=dict)
    _damaged: set[int] = field(default_factory=set)
    _next: int | None = None

    @property
    def period(self) -> ArchiveKind:
        """What one record covers."""
        return ArchiveKind.DAY if self.kind is ArchiveKind.TOTAL else self.kind

    def open(self) -> Conversation[bool]:
        """Whether the archive has records at all; learns how far back it reaches."""
        answer = yield from self.dialogue.ask(Command.HEADER, self._number)
        if not records.header(answer).has_records:
            return False
        answer = yield from self.dialogue.ask(Command.RANGE, self._number)
        self.earliest = _moment(records.earliest(answer).stamp)
        self._next = records.latest(answer).line
        return True

    def record(self, slot: MeterSlot) -> Conversation[Line | GapReason]:
        """The record of this slot, first looked for below the one that was read last."""
        line = None if self._next is None else (yield from self._line(self._next))
        found = line if line is not None and line.ends_in(slot) else (yield from self._found(slot))
        if isinstance(found, GapReason):
            too_old = self.earliest is not None and slot.end < self.earliest
            return GapReason.OUT_OF_DEPTH if too_old else found
        self._next = found.number - 1 if found.number else None
        return found

    def before(self, line: Line, slot: MeterSlot) -> Conversation[Line | None]:
        """The record before this one. The meter was off since: its totals are those at the slot's start."""
        below = (yield from self._line(line.number - 1)) if line.number else None
        if below is not None and below.moment <= slot.start:
            return below
        found = yield from self._found(previous(self.period, slot))
        return None if isinstance(found, GapReason) else found

    @property
    def _number(self) -> bytes:
        return bytes((ARCHIVES[self.kind],))

    def _found(self, slot: MeterSlot) -> Conversation[Line | GapReason]:
        """By a search for the slot's end, and a few steps from where it came to towards the slot."""
        answer = yield from self.dialogue.ask_or_none(Command.FIND, self._number + hour_bytes(slot.end))
        place = None if answer is None else records.found(answer)
        if place is None or not is_stamp(place.stamp):
            return GapReason.NO_RECORD
        number = place.line
        for _ in range(MOST_STEPS):
            line = yield from self._line(number)
            if line is None:
                return GapReason.UNREADABLE if number in self._damaged else GapReason.NO_RECORD
            if line.ends_in(slot):
                return line
            number += 1 if line.moment <= slot.start else -1
        return GapReason.NO_RECORD

    def _line(self, number: int) -> Conversation[Line | None]:
        if not 0 <= number <= 0xFFFF:
            return None
        if number not in self._lines:
            parameters = self._number + number.to_bytes(2, "little")
            answer = yield from self.dialogue.ask_or_none(Command.RECORD, parameters)
            self._lines[number] = None if answer is None else self._line_of(number, answer)
        return self._lines[number]

    def _line_of(self, number: int, answer: bytes) -> Line | None:
        stamp = answer[STAMP_AT : STAMP_AT + SIZE]
        moment = _moment(stamp)
        if moment is None and is_stamp(stamp):
            self._damaged.add(number)
        return None if moment is None else Line(number, moment, answer)


def previous(kind: ArchiveKind, slot: MeterSlot) -> MeterSlot:
    """The slot of this kind that ends where this one starts."""
    return slot_at(kind, slot_start(kind, slot.start - _MOMENT))


def _moment(stamp: bytes) -> datetime | None:
    """A record's own time; None where none stands."""
    if not is_stamp(stamp):
        return None
    try:
        return decode(stamp).moment
    except DecodeError:
        return None
