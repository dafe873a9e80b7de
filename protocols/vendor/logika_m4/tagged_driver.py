"""The driver of the younger models: SPT941.20, SPT943.1 rev. 3 and SPT944."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from metering.calendar import ArchiveKind, MeterSlot
from metering.errors import ConfigurationChanged, DecodeError, NotSupported
from metering.meters import MeterConfiguration, MeterIdentity
from metering.readings import Absence, Gap, GapReason, Snapshot
from protocols.conversation import Conversation, Deliver
from protocols.driver import DriverInfo
from protocols.vendor.logika_m4.moments import clock
from protocols.vendor.logika_m4.session import check_model
from protocols.vendor.logika_m4.settings import (
    CHECKSUM,
    closes_with_the_calendar,
    scheme_name,
    words_of,
)
from protocols.vendor.logika_m4.symbols import ABNORMAL, DIAGNOSTIC, QUANTITY_OF
from protocols.vendor.logika_m4.tagged_archive import runs
from protocols.vendor.logika_m4.tagged_dialogue import MOST_PARAMETERS, TaggedDialogue
from protocols.vendor.logika_m4.tagged_models import CLOCK, DEVICE, SERIAL, Row, TaggedModel
from protocols.vendor.logika_m4.tagged_reading import TaggedReading
from protocols.vendor.logika_m4.tagged_values import understand, written
from protocols.vendor.logika_m4.tags import Item, number, text

_ROWS_AT_ONCE: Final = MOST_PARAMETERS - len(CLOCK)
Settings = Mapping[str, str]


class TaggedDriver:
    """Speaks to one model. Its session is kept between calls and opened anew by `identify`."""

    def __init__(self, model: TaggedModel) -> None:
        self.model = model
        self._dialogue = TaggedDialogue(model.info.default_address)

    @property
    def info(self) -> DriverInfo:
        return self.model.info

    def identify(self, address: str) -> Conversation[MeterIdentity]:
        """Serial number, and the device's own text of model and software; WrongMeter for another model."""
        dialogue = self._at(address)
        check_model(self.info.title, self.model.signature, (yield from dialogue.open()))
        device, serial, *_ = yield from dialogue.read((DEVICE, SERIAL, *CLOCK))
        return _identity(device, serial, self.model.serial_mask)

    def read_configuration(self, address: str) -> Conversation[MeterConfiguration]:
        """Units, settlement day and hour, the settings' checksum and the schemes."""
        settings = self.model.settings
        items = yield from self._at(address).read((*settings.values(), *self.model.schemes))
        names = [*settings, *(scheme_name(place) for place in range(1, len(self.model.schemes) + 1))]
        return MeterConfiguration(words_of(names, (written(item) for item in items)))

    def read_clock(self, address: str, configuration: MeterConfiguration) -> Conversation[datetime | None]:
        """The meter's own time; DecodeError when no calendar has it."""
        clock_time, date = yield from self._at(address).read(CLOCK)
        return clock(clock_time, date)

    def read_current(self, address: str, configuration: MeterConfiguration) -> Conversation[Snapshot]:
        """Totals and instants of one minute of the meter's clock: when it changed meanwhile, read anew."""
        snapshot, ended_at = yield from self._snapshot(self._at(address), configuration.settings)
        if snapshot.meter_time is not None and _minute(snapshot.meter_time) != _minute(ended_at):
            snapshot, _ = yield from self._snapshot(self._at(address), configuration.settings)
        return snapshot

    def read_archive(
        self, address: str, configuration: MeterConfiguration, kind: ArchiveKind, slots: Sequence[MeterSlot]
    ) -> Conversation[None]:
        """Delivers a record or a gap for each slot; ConfigurationChanged when the settings are others now."""
        if kind not in self.info.depths:
            raise NotSupported(f"{self.info.title} keeps no archive {kind} that we could read.")
        if not closes_with_the_calendar(kind, configuration.settings):
            yield Deliver(tuple(Gap(kind, slot, GapReason.NO_RECORD) for slot in slots))
            return
        dialogue = self._at(address)
        now = yield from self._unchanged(dialogue, configuration.settings)
        reading = TaggedReading(self.model, dialogue, kind, configuration.settings, now)
        for run in runs(slots, self.model.fit):
            yield Deliver((yield from reading.read(run)))

    def _at(self, address: str) -> TaggedDialogue:
        if self._dialogue.address != address:
            self._dialogue = TaggedDialogue(address)
        return self._dialogue

    def _unchanged(self, dialogue: TaggedDialogue, settings: Settings) -> Conversation[datetime]:
        """The meter's time, once its settings are known to be those that were read."""
        clock_time, date, checksum = yield from dialogue.read((*CLOCK, self.model.settings[CHECKSUM]))
        known = settings.get(CHECKSUM)
        if known is not None and words_of([CHECKSUM], [written(checksum)])[CHECKSUM] != known:
            raise ConfigurationChanged()
        return clock(clock_time, date)

    def _snapshot(
        self, dialogue: TaggedDialogue, settings: Settings
    ) -> Conversation[tuple[Snapshot, datetime]]:
        rows = [row for row in self.model.current if _is_wanted(row)]
        moments: list[datetime] = []
        items: list[Item] = []
        for first in range(0, len(rows), _ROWS_AT_ONCE):
            some = rows[first : first + _ROWS_AT_ONCE]
            clock_time, date, *values = yield from dialogue.read((*CLOCK, *(row.parameter for row in some)))
            moments.append(clock(clock_time, date))
            items += values
        found = understand(self.model, [row.field for row in rows], items, settings)
        return Snapshot(found.values, moments[0], conditions=found.conditions), moments[-1]


def _identity(device: Item, serial: Item, mask: int) -> MeterIdentity:
    factory_number = number(serial)
    if isinstance(factory_number, Absence):
        raise DecodeError(f"The meter's serial number (parameter {SERIAL[1]}) came without a number.")
    model, _, firmware = text(device).partition(" ")
    return MeterIdentity(str(int(factory_number) & mask), "Logika", model, firmware=firmware)


def _is_wanted(row: Row) -> bool:
    return row.field.symbol in QUANTITY_OF or row.field.symbol in (ABNORMAL, DIAGNOSTIC)


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
