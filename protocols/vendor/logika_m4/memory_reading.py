"""One archive of an older device while it is read: each heat input's record is found by its date.

To go over to the other heat input costs a wake-up, so some slots are read of one input before the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from metering.calendar import ArchiveKind, MeterSlot
from metering.conditions import Condition
from metering.readings import ArchiveRecord, Gap, MeterValue
from protocols.conversation import Conversation
from protocols.family import Choices
from protocols.vendor.logika_m4.memory_dialogue import MemoryDialogue
from protocols.vendor.logika_m4.memory_models import (
    DAY_LABEL,
    FIND_RECORD,
    FLAGS_HIGH_FIRST,
    FLAGS_ORDER,
    LABEL_IS_OWN_DAY,
    SETTING_SIZE,
    SETTING_TEXT,
    InputMemory,
    MemoryModel,
)
from protocols.vendor.logika_m4.memory_values import record
from protocols.vendor.logika_m4.schemes import SchemeWatch
from protocols.vendor.logika_m4.settings import scheme_name, words_of
from protocols.vendor.logika_m4.slots import is_closed, reason_for_none

SLOTS_AT_ONCE: Final = 12
"""So much is lost at most when the line is cut."""

Part = tuple[tuple[MeterValue, ...], frozenset[Condition]]


@dataclass
class MemoryReading:
    """`now`: what the meter's clock showed when the reading began."""

    model: MemoryModel
    dialogue: MemoryDialogue
    kind: ArchiveKind
    settings: Mapping[str, str]
    now: datetime
    choices: Choices

    def __post_init__(self) -> None:
        self._schemes = SchemeWatch(self.settings, lambda: read_schemes(self.model, self.dialogue))

    def read(self, slots: Sequence[MeterSlot]) -> Conversation[tuple[ArchiveRecord | Gap, ...]]:
        """A record or a gap for each of these slots."""
        parts: dict[tuple[MeterSlot, int], Part] = {}
        for one in sorted(self.model.inputs, key=lambda one: one.channel != self.dialogue.channel):
            for slot in slots:
                if is_closed(self.kind, slot, self.now):
                    part = yield from self._part(one, slot)
                    parts |= {(slot, one.circuit): part} if part else {}
        return tuple(self._answer(slot, parts) for slot in slots)

    def _answer(self, slot: MeterSlot, parts: Mapping[tuple[MeterSlot, int], Part]) -> ArchiveRecord | Gap:
        found = [parts[slot, one.circuit] for one in self.model.inputs if (slot, one.circuit) in parts]
        if not found:
            depth = self.model.info.depths[self.kind]
            return Gap(self.kind, slot, reason_for_none(self.kind, slot, self.now, depth))
        values = tuple(value for part, _ in found for value in part)
        said = frozenset[Condition]().union(*(conditions for _, conditions in found))
        return ArchiveRecord(self.kind, slot, self._label(slot), values, said)

    def _part(self, one: InputMemory, slot: MeterSlot) -> Conversation[Part | None]:
        stamp = stamp_of(self.kind, self._label(slot))
        size = self.model.record_size
        found = yield from self.dialogue.find_record(FIND_RECORD[self.kind], stamp, size, one.channel)
        if found is None:
            return None
        values, said, scheme = record(
            self.model, found, one.circuit, self.settings, self.choices.get(FLAGS_ORDER) == FLAGS_HIGH_FIRST
        )
        return values, said | (yield from self._schemes.check(scheme_name(one.circuit), scheme, one.circuit))

    def _label(self, slot: MeterSlot) -> datetime:
        by_end = self.choices.get(DAY_LABEL) != LABEL_IS_OWN_DAY
        return slot.end if by_end or self.kind is ArchiveKind.HOUR else slot.start


def stamp_of(kind: ArchiveKind, label: datetime) -> bytes:
    """Year since 1900, month, day and hour; what the archive does not need is 0."""
    day = 0 if kind is ArchiveKind.MONTH else label.day
    return bytes((label.year - 1900, label.month, day, label.hour if kind is ArchiveKind.HOUR else 0))


def read_schemes(model: MemoryModel, dialogue: MemoryDialogue) -> Conversation[Mapping[str, str]]:
    """The scheme of each heat input, by the setting's name."""
    texts = []
    for one in model.inputs:
        texts.append(setting_text((yield from dialogue.read_flash(one.scheme, SETTING_SIZE))))
    return words_of([scheme_name(one.circuit) for one in model.inputs], texts)


def setting_text(octets: bytes) -> str:
    """The text of a setting's 16 bytes."""
    return octets[SETTING_TEXT].replace(b"\xff", b"").decode("cp866", "replace").strip(" \x00")
