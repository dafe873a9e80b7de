"""The one driver of the TEM family: it interprets a model's row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from metering.calendar import ArchiveKind, MeterSlot
from metering.errors import ConfigurationChanged, DecodeError, NotSupported
from metering.meters import MeterConfiguration, MeterIdentity
from metering.readings import Gap, GapReason, Snapshot
from protocols.conversation import Conversation, Deliver
from protocols.driver import DriverInfo, LineDefaults, Stamp
from protocols.vendor.tem.archives import ArchiveReader
from protocols.vendor.tem.choices import (
    CONTENT,
    DATE_SEARCH,
    EXTENDED_READ,
    LARGEST_READ,
    NAME_CHECK,
    READS,
)
from protocols.vendor.tem.commands import Memory, set_clock
from protocols.vendor.tem.current import CurrentReader
from protocols.vendor.tem.dialogue import Dialogue
from protocols.vendor.tem.finding import (
    DateFinder,
    Finder,
    RingFinder,
    places_back_from,
    places_by_stamp,
)
from protocols.vendor.tem.identity import (
    MAKER,
    SMALLEST_READ,
    checked,
    identity_of,
    read_firmware,
    read_name,
)
from protocols.vendor.tem.layout import Decoder
from protocols.vendor.tem.memory_map import Addressing, Archive
from protocols.vendor.tem.models import MODELS, Model
from protocols.vendor.tem.numbers import whole_at
from protocols.vendor.tem.records import Records
from protocols.vendor.tem.systems import settings_of, systems_of

PROTOCOL = "tem"
LINE = LineDefaults(baud=9600, parity="N", timeout=2.0, quiet=0.15)
FIRMWARE = "firmware"
"""The setting on which the archive of TEM-104-K depends."""


class TemDriver:
    """Speaks to one model. `words`: the line's choices. Implements protocols.driver.Driver."""

    def __init__(self, name: str, words: Mapping[str, str]) -> None:
        self.name = name
        self.model: Model = MODELS[name]
        self.words = {choice.name: choice.words[0] for choice in self.model.choices} | dict(words)
        self._decoder = Decoder(self.model.map.order, self.words)

    @property
    def info(self) -> DriverInfo:
        """What the row says of the model."""
        model = self.model
        return DriverInfo(
            model=self.name,
            protocol=PROTOCOL,
            maker=MAKER,
            title=model.title,
            manual=model.manual,
            verification=model.verification,
            line=LINE,
            depths=self._depths(),
            stamp=Stamp.SLOT_END,
            largest_request=self._largest,
            choices=model.choices,
            sets_clock=model.sets_clock,
            notes=model.notes,
        )

    def identify(self, address: str) -> Conversation[MeterIdentity]:
        """Name and serial number; WrongMeter when the name is another model's."""
        dialogue = self._dialogue(address)
        name = yield from read_name(dialogue)
        if self.words[NAME_CHECK.name] == "strict":
            checked(name, self.model)
        return (yield from identity_of(dialogue, self.model, name))

    def read_configuration(self, address: str) -> Conversation[MeterConfiguration]:
        """The systems with their channels, and the firmware where the archive depends on it."""
        dialogue = self._dialogue(address)
        settings = settings_of((yield from self.model.map.scheme.read(dialogue)))
        if self.model.map.firmware:
            settings[FIRMWARE] = yield from read_firmware(dialogue)
        return MeterConfiguration(settings)

    def read_clock(self, address: str, configuration: MeterConfiguration) -> Conversation[datetime | None]:
        """The meter's own time."""
        return (yield from self._current(self._dialogue(address), configuration).clock())

    def read_current(self, address: str, configuration: MeterConfiguration) -> Conversation[Snapshot]:
        """Totals and instants of one minute of the meter's clock."""
        return (yield from self._current(self._dialogue(address), configuration).snapshot())

    def read_archive(
        self, address: str, configuration: MeterConfiguration, kind: ArchiveKind, slots: Sequence[MeterSlot]
    ) -> Conversation[None]:
        """Delivers a record or a gap for each slot; ConfigurationChanged when the systems are others now."""
        if kind not in self._depths():
            raise NotSupported(f"No archive {kind} of {self.model.title} is known.")
        yield from self._unchanged(address, configuration)
        dialogue, archive = self._dialogue(address), self._archive(configuration)
        kept = ArchiveKind.DAY if kind is ArchiveKind.TOTAL else kind
        if kept not in archive.areas:
            yield Deliver(tuple(Gap(kind, slot, GapReason.NO_RECORD) for slot in slots))
            return
        reader = yield from self._reader(dialogue, configuration, archive, kept)
        yield from reader.totals(slots) if kind is ArchiveKind.TOTAL else reader.amounts(slots)

    @property
    def _largest(self) -> int:
        return EXTENDED_READ if self._extended else int(self.words.get(LARGEST_READ.name, SMALLEST_READ))

    @property
    def _extended(self) -> bool:
        return self.words.get(READS.name) == "extended"

    def _dialogue(self, address: str) -> Dialogue:
        return Dialogue(address, self.model.map.flash, self._largest, extended=self._extended)

    def _current(self, dialogue: Dialogue, configuration: MeterConfiguration) -> CurrentReader:
        return CurrentReader(dialogue, self.model.map, self._decoder, systems_of(configuration))

    def _depths(self) -> dict[ArchiveKind, int]:
        """Of all firmwares; records that hold amounts give no totals."""
        areas = [area for archive in self.model.map.archives.values() for area in archive.areas.items()]
        depths = {kind: area.count for kind, area in reversed(areas)}
        if ArchiveKind.DAY in depths and self.words.get(CONTENT.name) != "amounts":
            depths[ArchiveKind.TOTAL] = depths[ArchiveKind.DAY]
        return depths

    def _archive(self, configuration: MeterConfiguration) -> Archive:
        """The archive of the meter's firmware."""
        written = configuration.settings.get(FIRMWARE, "")
        if self.model.map.firmware and not written:
            raise DecodeError("The meter does not tell its firmware, on which its archive depends.")
        firmware = _version(written)
        archives = self.model.map.archives.items()
        return next(archive for since, archive in archives if _version(since) <= firmware)

    def _unchanged(self, address: str, configuration: MeterConfiguration) -> Conversation[None]:
        now = yield from self.read_configuration(address)
        if now.settings != configuration.settings:
            raise ConfigurationChanged(
                f"The meter's systems were {dict(configuration.settings)}, they are {dict(now.settings)} now."
            )

    def _reader(
        self, dialogue: Dialogue, configuration: MeterConfiguration, archive: Archive, kind: ArchiveKind
    ) -> Conversation[ArchiveReader]:
        now = yield from self._current(dialogue, configuration).clock()
        records = Records(dialogue, archive, kind, self.words)
        finder = yield from self._finder(dialogue, records, now)
        systems = systems_of(configuration)
        return ArchiveReader(finder, kind, archive.record, self._decoder, systems, now)

    def _finder(self, dialogue: Dialogue, records: Records, now: datetime) -> Conversation[Finder]:
        area = records.area
        if area.addressing is Addressing.SEARCH:
            return DateFinder(records, dialogue, self.words[DATE_SEARCH.name])
        if area.addressing is Addressing.SCAN:
            return RingFinder(records, (yield from places_by_stamp(records)), now)
        data = yield from dialogue.read(Memory.TIMER, area.pointer, area.pointer_number.size)
        pointer = whole_at(area.pointer_number, data, 0, self.model.map.order)
        return RingFinder(records, places_back_from(pointer, records), now)


class ClockSettingTemDriver(TemDriver):
    """A model whose document gives the command. Implements protocols.driver.ClockSetter as well."""

    def set_clock(
        self, address: str, configuration: MeterConfiguration, meter_time: datetime
    ) -> Conversation[None]:
        """Sets the meter's clock; the year in its century."""
        dialogue = self._dialogue(address)
        yield from dialogue.ask(set_clock(dialogue.address, meter_time))


def _version(written: str) -> tuple[int, ...]:
    """`2.09` as numbers, nothing of an empty text; DecodeError for what is no version."""
    parts = written.split(".") if written else []
    if not all(part.isascii() and part.isdecimal() for part in parts):
        raise DecodeError(
            f"The meter says that its firmware is {written!r}, which is no version: where its archive lies "
            "depends on it, so that none of it is read."
        )
    return tuple(map(int, parts))
