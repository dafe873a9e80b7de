"""The driver of every Pulsar model: its row says which channel is which quantity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from itertools import cycle
from typing import Final

from metering.calendar import ArchiveKind, MeterSlot
from metering.conditions import of_bits
from metering.errors import DecodeError, MeterError, NotSupported
from metering.meters import MeterConfiguration, MeterIdentity
from metering.quantities import QUANTITIES
from metering.readings import Absence, Gap, GapReason, MeterValue, Snapshot
from protocols.conversation import Conversation, Deliver
from protocols.driver import Choice, DriverInfo, LineDefaults, Stamp
from protocols.family import Choices
from protocols.vendor.pulsar import moments, values
from protocols.vendor.pulsar.archives import KEPT, Archive, Archived
from protocols.vendor.pulsar.dialogue import (
    CURRENT,
    DIAGNOSTICS,
    FIRMWARE,
    READ_CLOCK,
    SET_CLOCK,
    Dialogue,
    mask,
)
from protocols.vendor.pulsar.frames import LARGEST
from protocols.vendor.pulsar.models import Channel, Model

MAKER: Final = "Teplovodokhran"
ARCHIVED: Final = Choice(
    "archive",
    tuple(Archived),
    "What the archive records of counting channels are: readings of the counter as the maker describes his "
    "loggers, or amounts of the slot after or before the record's date. Compare one day with the display.",
)
_ACCEPTED: Final = 1
_NOTES: Final = (
    "The serial number is the network address, as the meter leaves the works.",
    "Archived registers are 32-bit floats: seven digits, so an hour's amount of a large counter is coarse.",
    "UNCONFIRMED: whether archived temperatures are means or moments; they are left out of archive records.",
    "UNCONFIRMED: that archive records of heat meters are readings of the counters; see the choice archive.",
)


class PulsarDriver:
    """Speaks to one model. Implements protocols.driver.Driver and ClockSetter."""

    def __init__(self, model: Model, choices: Choices) -> None:
        self._model = model
        self._archived = Archived(choices.get(ARCHIVED.name, ARCHIVED.words[0]))
        self._numbers = cycle(range(1, 0x10000))

    @property
    def info(self) -> DriverInfo:
        model, readings = self._model, self._archived is Archived.READINGS
        return DriverInfo(
            model=model.name,
            protocol="pulsar",
            maker=MAKER,
            title=model.title,
            manual="Pulsar-M exchange protocol, 02.08.2012",
            verification=model.verification,
            line=LineDefaults(model.baud, "N", timeout=1.0),
            depths=_depths(readings),
            stamp=Stamp.SLOT_START if self._archived is Archived.AMOUNTS_SINCE else Stamp.SLOT_END,
            largest_request=LARGEST,
            choices=(ARCHIVED,),
            sets_clock=True,
            notes=(*_NOTES, *model.notes),
        )

    def identify(self, address: str) -> Conversation[MeterIdentity]:
        """The address, and the firmware's version in hexadecimal."""
        dialogue = self._dialogue(address)
        data = yield from dialogue.parameter(FIRMWARE)
        firmware = data[1::-1].hex().upper()
        return MeterIdentity(str(dialogue.address), MAKER, self._model.title, firmware=firmware)

    def read_configuration(self, address: str) -> Conversation[MeterConfiguration]:
        """Nothing is asked: channels have fixed units."""
        yield from ()
        return MeterConfiguration()

    def read_clock(self, address: str, configuration: MeterConfiguration) -> Conversation[datetime | None]:
        return (yield from _clock(self._dialogue(address)))

    def set_clock(
        self, address: str, configuration: MeterConfiguration, meter_time: datetime
    ) -> Conversation[None]:
        """Function 05; AccessDenied where writing is locked."""
        asked = moments.encode(meter_time)
        data = yield from self._dialogue(address).ask(SET_CLOCK, asked, lambda data: len(data) == 4)
        if data[0] != _ACCEPTED:
            raise MeterError("The meter refuses the new time: set it at the meter, or unlock it first.")

    def read_current(self, address: str, configuration: MeterConfiguration) -> Conversation[Snapshot]:
        """Everything in one answer; once more when the clock's minute changed meanwhile.

        A meter without a counter of hours refuses the whole question and is asked for the rest.
        """
        dialogue = self._dialogue(address)
        began_at = yield from _clock(dialogue)
        snapshot = yield from self._snapshot(dialogue, began_at)
        ended_at = yield from _clock(dialogue)
        if began_at and ended_at and _minute(began_at) != _minute(ended_at):
            snapshot = yield from self._snapshot(dialogue, ended_at)
        return snapshot

    def read_archive(
        self, address: str, configuration: MeterConfiguration, kind: ArchiveKind, slots: Sequence[MeterSlot]
    ) -> Conversation[None]:
        """Window by window, newest first; each is delivered as soon as all its channels are read."""
        if kind not in self.info.depths:
            raise NotSupported(f"{self._model.title}: no {kind} archive under the line's choice `archive`.")
        dialogue = self._dialogue(address)
        now = yield from _clock(dialogue)
        if now is None:
            raise DecodeError("The meter does not know its time, so nothing in its archive is sure: set it.")
        gaps = {slot: reason for slot in slots if (reason := _unreadable(kind, slot, now))}
        yield Deliver(tuple(Gap(kind, slot, reason) for slot, reason in gaps.items()))
        archive = Archive(kind, self._archived, self._model.archived, now)
        for window in archive.windows([slot for slot in slots if slot not in gaps]):
            levels = yield from archive.read(dialogue, window)
            yield Deliver(tuple(archive.answer(slot, levels) for slot in window))

    def _dialogue(self, address: str) -> Dialogue:
        return Dialogue(address, self._numbers)

    def _snapshot(self, dialogue: Dialogue, meter_time: datetime | None) -> Conversation[Snapshot]:
        try:
            read = yield from _current(dialogue, self._model.channels)
        except NotSupported:
            read = yield from _current(dialogue, [one for one in self._model.channels if not one.whole])
        bits = (yield from dialogue.parameter(DIAGNOSTICS))[0]
        flags = MeterValue(QUANTITIES["flags"], "", Decimal(bits))
        conditions = of_bits(bits, self._model.diagnostics, "diagnostics")
        sound = (_in_force(value, self._model, bits) for value in read)
        return Snapshot((*sound, flags), meter_time, conditions=conditions)


def _current(dialogue: Dialogue, channels: Sequence[Channel]) -> Conversation[tuple[MeterValue, ...]]:
    possible = values.sizes(channels)
    asked = mask(*(channel.number for channel in channels))
    data = yield from dialogue.ask(CURRENT, asked, lambda data: len(data) in possible)
    return values.current(channels, data)


def _in_force(value: MeterValue, model: Model, bits: int) -> MeterValue:
    """The value, or its absence while the diagnostics tell that its sensor is faulty."""
    faulty = any(bits >> bit & 1 and value.quantity.name in names for bit, names in model.voids.items())
    return replace(value, value=None, absence=Absence.ERROR_STATE) if faulty else value


def _clock(dialogue: Dialogue) -> Conversation[datetime | None]:
    data = yield from dialogue.ask(READ_CLOCK, b"", lambda data: len(data) == moments.SIZE)
    return moments.decode(data)


def _depths(readings: bool) -> dict[ArchiveKind, int]:
    """Readings are totals as well; an amount is made of two, so that the oldest one makes none."""
    amounts = {kind: kept - readings for kind, kept in KEPT.items() if kind is not ArchiveKind.TOTAL}
    return amounts | ({ArchiveKind.TOTAL: KEPT[ArchiveKind.TOTAL]} if readings else {})


def _unreadable(kind: ArchiveKind, slot: MeterSlot, now: datetime) -> GapReason | None:
    """A clock that began anew in 2000 makes slots that no date of this protocol can name."""
    if (slot.start if kind is ArchiveKind.TOTAL else slot.end) > now:
        return GapReason.NOT_YET_CLOSED
    return None if slot.start.year in moments.YEARS else GapReason.OUT_OF_DEPTH


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
