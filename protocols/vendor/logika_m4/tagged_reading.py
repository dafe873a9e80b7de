"""One archive of a younger device while it is read: records of all its channels become one per slot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from metering.calendar import ArchiveKind, MeterSlot
from metering.conditions import Condition
from metering.quantities import Behaviour
from metering.readings import Absence, ArchiveRecord, Gap, MeterValue
from protocols.conversation import Conversation
from protocols.vendor.logika_m4.schemes import SchemeWatch
from protocols.vendor.logika_m4.settings import scheme_name, words_of
from protocols.vendor.logika_m4.slots import is_closed, reason_for_none
from protocols.vendor.logika_m4.symbols import Field
from protocols.vendor.logika_m4.tagged_archive import date_size, label, read_range
from protocols.vendor.logika_m4.tagged_dialogue import TaggedDialogue
from protocols.vendor.logika_m4.tagged_models import TaggedModel
from protocols.vendor.logika_m4.tagged_values import Understood, levels, understand, written
from protocols.vendor.logika_m4.tags import Item

ByChannel = Mapping[int, Mapping[datetime, Sequence[Item]]]


@dataclass
class TaggedReading:
    """`now`: what the meter's clock showed when the reading began."""

    model: TaggedModel
    dialogue: TaggedDialogue
    kind: ArchiveKind
    settings: Mapping[str, str]
    now: datetime

    def __post_init__(self) -> None:
        self._schemes = SchemeWatch(self.settings, self._ask_for_schemes)

    def read(self, run: Sequence[MeterSlot]) -> Conversation[tuple[ArchiveRecord | Gap, ...]]:
        """A record or a gap for each of these neighbouring slots."""
        closed = [label(self.kind, slot) for slot in run if is_closed(self.kind, slot, self.now)]
        by_channel: dict[int, Mapping[datetime, Sequence[Item]]] = {}
        size = date_size(self.kind, self.model.short_months)
        for channel in self._layouts if closed else ():
            by_channel[channel] = yield from read_range(self.dialogue, self.kind, channel, closed, size)
        answers = []
        for slot in run:
            answers.append((yield from self._answer(slot, by_channel)))
        return tuple(answers)

    @property
    def _layouts(self) -> Mapping[int, Sequence[Field]]:
        return self.model.totals if self.kind is ArchiveKind.TOTAL else self.model.records

    def _answer(self, slot: MeterSlot, by_channel: ByChannel) -> Conversation[ArchiveRecord | Gap]:
        at = label(self.kind, slot)
        held = [(channel, records[at]) for channel, records in by_channel.items() if at in records]
        parts = []
        for channel, items in held:
            parts.append((yield from self._part(channel, items)))
        values = tuple(value for part in parts for value in part.values)
        if not any(_says_something(value) for value in values):
            depth = self.model.info.depths[self.kind]
            return Gap(self.kind, slot, reason_for_none(self.kind, slot, self.now, depth))
        conditions = frozenset[Condition]().union(*(part.conditions for part in parts))
        return ArchiveRecord(self.kind, slot, at, values, conditions)

    def _part(self, channel: int, items: Sequence[Item]) -> Conversation[Understood]:
        fields = self._layouts[channel]
        found = understand(self.model, fields, items, self.settings)
        then = next(iter(found.schemes), "")
        change = yield from self._schemes.check(scheme_name(max(channel, 1)), then, channel)
        found = replace(found, conditions=found.conditions | change)
        return levels(found, fields, items) if self.kind is ArchiveKind.TOTAL else found

    def _ask_for_schemes(self) -> Conversation[Mapping[str, str]]:
        items = yield from self.dialogue.read(self.model.schemes)
        names = [scheme_name(place) for place in range(1, len(items) + 1)]
        return words_of(names, (written(item) for item in items))


def _says_something(value: MeterValue) -> bool:
    """A record of an interval that the clock skipped holds flags, and otherwise no data."""
    return value.quantity.behaviour is not Behaviour.FLAGS and value.absence is not Absence.NO_DATA
