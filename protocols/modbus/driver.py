"""The one driver of every Modbus register-map model: it interprets a profile."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from itertools import cycle

from metering.calendar import ArchiveKind, MeterSlot
from metering.errors import NotSupported
from metering.meters import MeterConfiguration, MeterIdentity
from metering.readings import MeterValue, Snapshot
from protocols.conversation import Conversation, Deliver, Pause
from protocols.driver import DriverInfo, Stamp
from protocols.modbus.archive_records import read_slot
from protocols.modbus.archives import ArchiveReader, read_selected, select
from protocols.modbus.dialogue import Dialogue
from protocols.modbus.messages import Framing, read_registers, report_id
from protocols.modbus.numbers import Settings, record_values, values_at
from protocols.modbus.planning import Block
from protocols.modbus.register_map import Profile, RecordStamp, Setting, Text
from protocols.modbus.texts import decode_text

_LARGEST_FRAME = 260
"""Bytes of the longest RTU frame of any request here."""


class ModbusDriver:
    """Speaks to one model, in one framing. Implements protocols.driver.Driver."""

    def __init__(self, profile: Profile, framing: Framing = Framing.RTU) -> None:
        self.profile = profile
        self._framing = framing
        self._transactions = cycle(range(1, 0x10000))

    @property
    def info(self) -> DriverInfo:
        """What the profile says of the model."""
        profile = self.profile
        ends = any(archive.stamp is RecordStamp.SLOT_END for archive in profile.archives.values())
        return DriverInfo(
            model=profile.name,
            protocol="modbus",
            maker=profile.maker,
            title=profile.title,
            manual=profile.manual,
            verification=profile.verification,
            line=profile.line,
            depths={kind: archive.depth for kind, archive in profile.archives.items()},
            stamp=Stamp.SLOT_END if ends else Stamp.SLOT_START,
            largest_request=_LARGEST_FRAME,
            notes=profile.notes,
        )

    def identify(self, address: str) -> Conversation[MeterIdentity]:
        """The serial number, and what else the model tells of itself."""
        dialogue, identity = self._dialogue(address), self.profile.identity
        model, firmware = self.profile.title, ""
        if identity.report_id:
            model, firmware = _reported((yield from dialogue.ask(report_id())))
        serial = yield from _text(dialogue, identity.serial)
        if identity.firmware:
            firmware = yield from _text(dialogue, identity.firmware)
        return MeterIdentity(serial, self.profile.maker, model, firmware=firmware)

    def read_configuration(self, address: str) -> Conversation[MeterConfiguration]:
        """The settings on which the meaning of the values depends; none for many models."""
        profile = self.profile
        wanted = [Block(setting.function, setting.at, 1) for setting in profile.settings]
        registers = yield from self._dialogue(address).read(wanted, largest=profile.largest, gap=profile.gap)
        return MeterConfiguration(
            {
                setting.name: _setting(setting, registers.bytes_at(setting.function, setting.at, 2))
                for setting in profile.settings
            }
        )

    def read_clock(self, address: str, configuration: MeterConfiguration) -> Conversation[datetime | None]:
        """The meter's own time; DecodeError when no calendar has it."""
        return (yield from self._clock(self._dialogue(address)))

    def read_current(self, address: str, configuration: MeterConfiguration) -> Conversation[Snapshot]:
        """Totals and instants of one minute of the meter's clock.

        Totals that are read one after another belong together only while nothing moved between them: when
        the clock's minute changed meanwhile, everything is read once more.
        """
        dialogue = self._dialogue(address)
        snapshot, ended_at = yield from self._snapshot(dialogue, configuration.settings)
        if snapshot.meter_time is not None and _minute(snapshot.meter_time) != _minute(ended_at):
            snapshot, _ = yield from self._snapshot(dialogue, configuration.settings)
        return snapshot

    def read_archive(
        self, address: str, configuration: MeterConfiguration, kind: ArchiveKind, slots: Sequence[MeterSlot]
    ) -> Conversation[None]:
        """Delivers a record or a gap for each slot, one by one."""
        archive = self.profile.archives.get(kind)
        if archive is None:
            raise NotSupported(f"The profile {self.profile.name} has no archive {kind}.")
        dialogue = self._dialogue(address)
        now = yield from self._clock(dialogue)
        reader = ArchiveReader(dialogue, archive, self.profile.selection)
        for slot in slots:
            record = yield from read_slot(self.profile, reader, slot, now, configuration.settings)
            yield Deliver((record,))

    def _dialogue(self, address: str) -> Dialogue:
        return Dialogue(address, self._framing, self._transactions)

    def _clock(self, dialogue: Dialogue) -> Conversation[datetime]:
        clock = self.profile.clock
        request = read_registers(clock.function, clock.at, (clock.layout.size + 1) // 2)
        data = yield from dialogue.ask(request)
        return clock.layout.decode(data[: clock.layout.size])

    def _snapshot(self, dialogue: Dialogue, settings: Settings) -> Conversation[tuple[Snapshot, datetime]]:
        began_at = yield from self._clock(dialogue)
        values = yield from self._current_values(dialogue, settings)
        return Snapshot(values, began_at), (yield from self._clock(dialogue))

    def _current_values(self, dialogue: Dialogue, settings: Settings) -> Conversation[tuple[MeterValue, ...]]:
        profile, current, selection = self.profile, self.profile.current, self.profile.selection
        if current.record and current.selected is not None and selection:
            yield from dialogue.ask(select(selection, current.selected, None))
            yield Pause(selection.pause)
            data = yield from dialogue.ask(read_selected(selection, current.record))
            return record_values(profile, current.record, data, settings)
        wanted = blocks_of(profile)
        registers = yield from dialogue.read(wanted, largest=profile.largest, gap=profile.gap)
        read = partial(registers.bytes_at, current.function)
        return values_at(profile, current.values, read, settings)


def blocks_of(profile: Profile) -> list[Block]:
    """The registers of all current values, one block a number."""
    current = profile.current
    return [
        Block(current.function, place, (value.size + 1) // 2)
        for value in current.values
        for circuit in profile.circuits_of(value)
        for place in value.places(circuit)
    ]


def _text(dialogue: Dialogue, text: Text) -> Conversation[str]:
    data = yield from dialogue.ask(read_registers(text.function, text.at, (text.size + 1) // 2))
    return decode_text(text.type, data[: text.size], text.layout)


def _reported(data: bytes) -> tuple[str, str]:
    """Model and firmware of a text like `VZLJOT TSRV-024M 76.30.03.05`, which a zero byte ends."""
    text = data.partition(b"\x00")[0].decode("ascii", "replace")
    model, _, firmware = text.rpartition(" ")
    return model, firmware


def _setting(setting: Setting, register: bytes) -> str:
    number = str(int.from_bytes(register, "big") >> setting.first_bit & ((1 << setting.bits) - 1))
    return setting.words.get(number, number)


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
