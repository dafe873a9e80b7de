"""The driver of the older models: SPT943 before rev. 3 and SPT941.10/11."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from metering.calendar import ArchiveKind, MeterSlot
from metering.conditions import Condition
from metering.errors import DecodeError, NotSupported
from metering.meters import MeterConfiguration, MeterIdentity
from metering.readings import Gap, GapReason, MeterValue, Snapshot
from protocols.conversation import Conversation, Deliver
from protocols.driver import DriverInfo
from protocols.family import NO_CHOICES, Choices
from protocols.vendor.logika_m4.memory_dialogue import MemoryDialogue
from protocols.vendor.logika_m4.memory_models import (
    CLOCK_ADDRESS,
    FIND_RECORD,
    HEAD_SIZE,
    SETTING_SIZE,
    InputMemory,
    MemoryModel,
)
from protocols.vendor.logika_m4.memory_numbers import CLOCK_SIZE, FLOAT_SIZE, TOTAL_SIZE, meter_clock
from protocols.vendor.logika_m4.memory_reading import (
    SLOTS_AT_ONCE,
    MemoryReading,
    read_schemes,
    setting_text,
)
from protocols.vendor.logika_m4.memory_values import floats, situations, totals
from protocols.vendor.logika_m4.session import check_model
from protocols.vendor.logika_m4.settings import closes_with_the_calendar, words_of

Settings = Mapping[str, str]

MOST_LOOKS: Final = 3
"""Totals change with the full hour; one that changes again while it is read is not understood."""


class MemoryDriver:
    """Speaks to one model. Its session is kept between calls and opened anew by `identify`."""

    def __init__(self, model: MemoryModel, choices: Choices = NO_CHOICES) -> None:
        self.model = model
        self._choices = choices
        self._dialogue = self._new_dialogue(model.info.default_address)

    @property
    def info(self) -> DriverInfo:
        return self.model.info

    def identify(self, address: str) -> Conversation[MeterIdentity]:
        """The identifier (ИД) as the serial number; WrongMeter for another model."""
        dialogue = self._at(address)
        answer = yield from dialogue.open()
        check_model(self.info.title, self.model.signature, answer)
        serial = setting_text((yield from dialogue.read_flash(self.model.identifier, SETTING_SIZE)))
        return MeterIdentity(serial, "Logika", self.info.title, version=f"{answer[2]:02X}")

    def read_configuration(self, address: str) -> Conversation[MeterConfiguration]:
        """Units, settlement day and hour, and the schemes."""
        dialogue, places = self._at(address), self.model.settings
        first = min(places.values())
        block = yield from dialogue.read_flash(first, max(places.values()) + SETTING_SIZE - first)
        texts = [
            setting_text(block[place - first : place - first + SETTING_SIZE]) for place in places.values()
        ]
        schemes = yield from read_schemes(self.model, dialogue)
        return MeterConfiguration(words_of(places, texts) | dict(schemes))

    def read_clock(self, address: str, configuration: MeterConfiguration) -> Conversation[datetime | None]:
        """The meter's own time; DecodeError when no calendar has it."""
        return (yield from self._clock(self._at(address)))

    def read_current(self, address: str, configuration: MeterConfiguration) -> Conversation[Snapshot]:
        """Totals and instants of one minute of the meter's clock: when it changed meanwhile, read anew.

        Then with the totals looked at twice: on a slow line that takes longer than a minute.
        """
        dialogue = self._at(address)
        snapshot, ended_at = yield from self._snapshot(dialogue, configuration.settings)
        if snapshot.meter_time is None or _minute(snapshot.meter_time) != _minute(ended_at):
            snapshot, _ = yield from self._snapshot(dialogue, configuration.settings, twice=True)
        return snapshot

    def read_archive(
        self, address: str, configuration: MeterConfiguration, kind: ArchiveKind, slots: Sequence[MeterSlot]
    ) -> Conversation[None]:
        """Delivers a record or a gap for each slot; ConfigurationChanged when the scheme is another now."""
        if kind not in FIND_RECORD:
            raise NotSupported(f"{self.info.title} keeps no archive {kind}.")
        settings = configuration.settings
        if not closes_with_the_calendar(kind, settings):
            yield Deliver(tuple(Gap(kind, slot, GapReason.NO_RECORD) for slot in slots))
            return
        dialogue = self._at(address)
        now = yield from self._clock(dialogue)
        reading = MemoryReading(self.model, dialogue, kind, settings, now, self._choices)
        for first in range(0, len(slots), SLOTS_AT_ONCE):
            yield Deliver((yield from reading.read(slots[first : first + SLOTS_AT_ONCE])))

    def _new_dialogue(self, address: str) -> MemoryDialogue:
        return MemoryDialogue(address, self.model.inputs[0].channel)

    def _at(self, address: str) -> MemoryDialogue:
        if self._dialogue.address != address:
            self._dialogue = self._new_dialogue(address)
        return self._dialogue

    def _clock(self, dialogue: MemoryDialogue) -> Conversation[datetime]:
        return meter_clock((yield from dialogue.read_ram(CLOCK_ADDRESS, CLOCK_SIZE)))

    def _snapshot(
        self, dialogue: MemoryDialogue, settings: Settings, *, twice: bool = False
    ) -> Conversation[tuple[Snapshot, datetime]]:
        began_at = yield from self._clock(dialogue)
        flags = yield from dialogue.read_ram(*self.model.flags)
        values: list[MeterValue] = []
        said = frozenset[Condition]()
        for one in self.model.inputs:
            values += yield from self._input(dialogue, one, settings, twice=twice)
            number, conditions = situations(self.model, flags[:1] + flags[one.flags], one.circuit)
            values.append(number)
            said |= conditions
        return Snapshot(tuple(values), began_at, conditions=said), (yield from self._clock(dialogue))

    def _input(
        self, dialogue: MemoryDialogue, one: InputMemory, settings: Settings, *, twice: bool
    ) -> Conversation[list[MeterValue]]:
        model = self.model
        size = HEAD_SIZE + FLOAT_SIZE * len(model.current)
        current = yield from dialogue.read_ram(one.current, size)
        stored, added = yield from self._totals(dialogue, one, twice=twice)
        measured = floats(model.current, current[HEAD_SIZE:], one.circuit, settings)
        return [*measured, *totals(model.totals, stored, added, one.circuit, settings)]

    def _totals(
        self, dialogue: MemoryDialogue, one: InputMemory, *, twice: bool
    ) -> Conversation[tuple[bytes, bytes]]:
        """The totals of the last full hour and what came since; `twice`: of the same hour for sure."""
        count = len(self.model.totals)
        stored = yield from dialogue.read_flash(one.totals, TOTAL_SIZE * count)
        for _ in range(MOST_LOOKS):
            added = yield from dialogue.read_ram(one.increments, FLOAT_SIZE * count)
            again = (yield from dialogue.read_flash(one.totals, TOTAL_SIZE * count)) if twice else stored
            if again == stored:
                return stored, added
            stored = again
        raise DecodeError(
            f"The totals of {self.info.title} changed each of the {MOST_LOOKS} times that they were read: "
            "the line is too slow, or the meter is being set. Ask again."
        )


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
