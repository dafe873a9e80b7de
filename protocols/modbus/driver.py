"""The one driver of every Modbus register-map model: it interprets a profile."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from itertools import cycle

from metering.calendar import ArchiveKind, MeterSlot, slots_between
from metering.conditions import Condition
from metering.errors import FrameError, NotSupported
from metering.meters import MeterConfiguration, MeterIdentity
from metering.readings import MeterValue, Snapshot
from protocols.conversation import Conversation, Deliver, Pause
from protocols.driver import DriverInfo, Stamp
from protocols.modbus import parameters
from protocols.modbus.archive_map import ParameterList, RecordLayout, RecordStamp
from protocols.modbus.archive_records import read_slot
from protocols.modbus.archives import ArchiveReader, read_selected, select, stamp_of
from protocols.modbus.dialogue import Dialogue
from protocols.modbus.messages import Framing, report_id, write_registers
from protocols.modbus.numbers import Settings, record_conditions, record_values, values_at
from protocols.modbus.places import Setting, Text
from protocols.modbus.planning import Block
from protocols.modbus.register_map import Profile
from protocols.modbus.states import conditions_at
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
            totals_every=profile.totals_every,
            stamp=Stamp.SLOT_END if ends else Stamp.SLOT_START,
            largest_request=_LARGEST_FRAME,
            choices=profile.choices,
            sets_clock=profile.clock.sets,
            notes=profile.notes,
        )

    def identify(self, address: str) -> Conversation[MeterIdentity]:
        """The serial number, and what else the model tells of itself."""
        dialogue, identity = self._dialogue(address), self.profile.identity
        model, firmware = self.profile.title, ""
        if identity.report_id:
            model, firmware = _reported((yield from dialogue.ask(report_id())))
        serial = (yield from _text(dialogue, identity.serial)) if identity.serial else ""
        if identity.firmware:
            firmware = yield from _text(dialogue, identity.firmware)
        return MeterIdentity(serial, self.profile.maker, model, firmware=firmware)

    def read_configuration(self, address: str) -> Conversation[MeterConfiguration]:
        """The settings on which the meaning of the values depends; none for many models."""
        profile, dialogue = self.profile, self._dialogue(address)
        wanted = [Block(setting.function, setting.at, 1) for setting in profile.settings]
        registers = yield from dialogue.read(wanted, largest=profile.largest, gap=profile.gap)
        settings = {
            setting.name: _setting(setting, registers.bytes_at(setting.function, setting.at, 2))
            for setting in profile.settings
        }
        if profile.parameters:
            settings[parameters.SETTING] = yield from _parameters(dialogue, profile.parameters)
        return MeterConfiguration(settings)

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
        readers = [
            ArchiveReader(dialogue, archive, self.profile.selection, number) for number in archive.numbers
        ]
        for slot in slots:
            record = yield from read_slot(self.profile, readers, slot, now, configuration.settings)
            yield Deliver((record,))

    def _dialogue(self, address: str) -> Dialogue:
        return Dialogue(address, self._framing, self._transactions, loose=self.profile.loose)

    def _clock(self, dialogue: Dialogue) -> Conversation[datetime]:
        clock = self.profile.clock
        request = dialogue.reading(clock.function, clock.at, clock.layout.size, clock.count)
        data = yield from dialogue.ask(request)
        return clock.layout.decode(data[: clock.layout.size])

    def _snapshot(self, dialogue: Dialogue, settings: Settings) -> Conversation[tuple[Snapshot, datetime]]:
        began_at = yield from self._clock(dialogue)
        record = self.profile.current.record
        if record:
            data = yield from self._current_record(dialogue, record, began_at)
            values = record_values(self.profile, record, data, settings)
            conditions = record_conditions(self.profile, record, data, settings)
        else:
            values, conditions = yield from self._current_registers(dialogue, settings)
        return Snapshot(values, began_at, conditions=conditions), (yield from self._clock(dialogue))

    def _current_record(self, dialogue: Dialogue, record: RecordLayout, now: datetime) -> Conversation[bytes]:
        """A selection that was lost leaves an archive record in its place: its own stamp is of another hour.

        Current values carry the present hour, or no date at all.
        """
        current, selection = self.profile.current, self.profile.selection
        if current.selected is None or selection is None:
            request = dialogue.reading(current.function, current.at, record.size, record.count)
            return (yield from dialogue.ask(request))
        for _ in range(selection.attempts):
            yield from dialogue.ask(select(selection, current.selected, None))
            yield Pause(selection.pause)
            data = yield from dialogue.ask(read_selected(dialogue, selection, record))
            own = stamp_of(record, data)
            if own is None or slots_between(ArchiveKind.HOUR, now, own) in (0, 1):
                return data
        raise FrameError(
            f"The meter shows its record of {own} instead of current values, however often they are "
            "selected: the selection is lost on the line, or somebody else selects. Ask again later."
        )

    def _current_registers(
        self, dialogue: Dialogue, settings: Settings
    ) -> Conversation[tuple[tuple[MeterValue, ...], frozenset[Condition]]]:
        profile, current = self.profile, self.profile.current
        wanted = blocks_of(profile)
        registers = yield from dialogue.read(wanted, largest=profile.largest, gap=profile.gap)
        read = partial(registers.bytes_at, current.function)
        values = values_at(profile, current.values, read, settings)
        return values, conditions_at(current.states, profile.circuits_of, read)


class ClockSettingDriver(ModbusDriver):
    """The driver of a model whose maker says how its clock is set. Implements driver.ClockSetter as well."""

    def set_clock(
        self, address: str, configuration: MeterConfiguration, meter_time: datetime
    ) -> Conversation[None]:
        """Writes the clock's registers; the meter refuses unless it stands in its service mode."""
        clock = self.profile.clock
        yield from self._dialogue(address).ask(write_registers(clock.at, clock.layout.encode(meter_time)))


def driver_of(profile: Profile, framing: Framing = Framing.RTU) -> ModbusDriver:
    """The driver of a profile, able to set the clock where the maker says how."""
    return (ClockSettingDriver if profile.clock.sets else ModbusDriver)(profile, framing)


def blocks_of(profile: Profile) -> list[Block]:
    """The registers of all current values and status words, one block a number."""
    current = profile.current
    values = [
        Block(current.function, place, (value.size + 1) // 2)
        for value in current.values
        for circuit in profile.circuits_of(value)
        for place in value.places(circuit)
    ]
    states = [
        Block(current.function, state.place(circuit), (state.size + 1) // 2)
        for state in current.states
        for circuit in profile.circuits_of(state)
    ]
    return values + states


def _parameters(dialogue: Dialogue, declared: ParameterList) -> Conversation[str]:
    request = dialogue.reading(declared.function, declared.at, declared.skip + 1, declared.count)
    return parameters.listed(declared, (yield from dialogue.ask(request)))


def _text(dialogue: Dialogue, text: Text) -> Conversation[str]:
    request = dialogue.reading(text.function, text.at, text.skip + text.size, text.count)
    data = yield from dialogue.ask(request)
    return decode_text(text.type, data[text.skip : text.skip + text.size], text.layout)


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
