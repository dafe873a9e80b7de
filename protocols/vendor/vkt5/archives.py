"""The hour and the day archive of a VKT-5, each record chosen by its date (vkt-5.md section 4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from metering.calendar import ArchiveKind, MeterSlot, slot_start
from metering.conditions import Condition
from metering.readings import ArchiveRecord, Gap, GapReason, MeterValue
from protocols.conversation import Conversation
from protocols.vendor.vkt5.dialogue import Dialogue
from protocols.vendor.vkt5.models import DEPTH
from protocols.vendor.vkt5.requests import (
    EMPTY,
    NO_DATE,
    NO_RECORD,
    NOT_USED_INPUT,
    NOT_USED_PIPE,
    READ_ARCHIVE,
    Selector,
    archive_date,
    durations,
)
from protocols.vendor.vkt5.values import InputLayout, conditions_of

SELECTORS: Final = {ArchiveKind.HOUR: Selector.HOUR, ArchiveKind.DAY: Selector.DAY}
_ABSENT: Final = frozenset({NO_DATE, NO_RECORD, EMPTY})
"""Codes that say that there is no such record."""
_NOT_USED: Final = frozenset({NOT_USED_INPUT, NOT_USED_PIPE})
"""Codes that say that the record is older than the heat input: its configuration is the present one."""


@dataclass(slots=True)
class ArchiveReader:
    """Reads one archive as it is when the clock shows `now`; `ends`: an hour is named by its end."""

    dialogue: Dialogue
    kind: ArchiveKind
    layouts: tuple[InputLayout, ...]
    now: datetime | None
    ends: bool
    _is_empty: bool = False

    def record(self, slot: MeterSlot) -> Conversation[ArchiveRecord | Gap]:
        """The record of a slot, or why there is none."""
        reason = self._unreachable(slot)
        if reason is not None:
            return Gap(self.kind, slot, reason)
        stamp = slot.end if self.ends and self.kind is ArchiveKind.HOUR else slot.start
        if not (yield from self._select(stamp)):
            return Gap(self.kind, slot, GapReason.NO_RECORD)
        values: tuple[MeterValue, ...] = ()
        conditions: frozenset[Condition] = frozenset()
        for layout in self.layouts:
            read = yield from self._values(layout)
            if read is None:
                return Gap(self.kind, slot, GapReason.NO_RECORD)
            if read:
                values += read
                conditions |= layout.conditions | (yield from self._conditions(layout))
        if not values:
            return Gap(self.kind, slot, GapReason.NO_RECORD)
        return ArchiveRecord(self.kind, slot, stamp, values, conditions)

    def _unreachable(self, slot: MeterSlot) -> GapReason | None:
        """Why it would be idle to ask."""
        if self.now is not None and slot.end > self.now:
            return GapReason.NOT_YET_CLOSED
        if self._is_empty:
            return GapReason.NO_RECORD
        if self.now is None:
            return None
        oldest = slot_start(self.kind, self.now) - timedelta(days=DEPTH)
        return GapReason.OUT_OF_DEPTH if slot.start < oldest else None

    def _select(self, stamp: datetime) -> Conversation[bool]:
        request = archive_date(stamp)
        answer = yield from self.dialogue.ask_or_code(request)
        if answer in _ABSENT:
            self._is_empty = answer == EMPTY
            return False
        self.dialogue.answered(request, answer)
        return True

    def _values(self, layout: InputLayout) -> Conversation[tuple[MeterValue, ...] | None]:
        """None: the meter has no such record. Empty: it has one, without this heat input."""
        request = layout.request(READ_ARCHIVE, SELECTORS[self.kind])
        answer = yield from self.dialogue.ask_or_code(request)
        if answer in _ABSENT:
            self._is_empty = answer == EMPTY
            return None
        if answer in _NOT_USED:
            return ()
        return layout.values(self.dialogue.answered(request, answer))

    def _conditions(self, layout: InputLayout) -> Conversation[frozenset[Condition]]:
        """None where the meter refuses to tell."""
        request = durations(SELECTORS[self.kind], layout.number, len(layout.pipes))
        answer = yield from self.dialogue.ask_or_code(request)
        return frozenset() if isinstance(answer, int) else conditions_of(layout.number, layout.pipes, answer)
