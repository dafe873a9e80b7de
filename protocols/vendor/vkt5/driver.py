"""The driver of the VKT-5."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from metering.calendar import ArchiveKind, MeterSlot
from metering.errors import NotSupported
from metering.meters import MeterConfiguration, MeterIdentity
from metering.readings import MeterValue, Snapshot
from protocols.conversation import Conversation, Deliver
from protocols.driver import DriverInfo
from protocols.family import NO_CHOICES, Choices
from protocols.vendor.vkt5.archives import SELECTORS, ArchiveReader
from protocols.vendor.vkt5.configuration import (
    HAS_REQUISITES,
    firmware_in,
    firmware_of,
    firmware_text,
    pipes_by_input,
    settings_of,
)
from protocols.vendor.vkt5.dialogue import Dialogue, meter_address
from protocols.vendor.vkt5.models import INFO, MAKER, OPERATING_TIME, RATES, SERIAL, STAMP
from protocols.vendor.vkt5.requests import (
    READ_CURRENT,
    Selector,
    clock,
    configuration,
    firmware,
    requisites,
)
from protocols.vendor.vkt5.values import DOUBLE, FLOAT, InputLayout, Reads, clock_of, serial_of

_UNREAD: Final = OPERATING_TIME.words[0]


class Vkt5Driver:
    """Speaks to a VKT-5. Implements protocols.driver.Driver."""

    def __init__(self, choices: Choices = NO_CHOICES) -> None:
        self._choices = choices

    @property
    def info(self) -> DriverInfo:
        return INFO

    def identify(self, address: str) -> Conversation[MeterIdentity]:
        """The serial is a convention; the line's settings choose between two."""
        dialogue = _dialogue(address)
        version = firmware_of((yield from dialogue.ask(firmware())))
        serial = address
        if self._choices.get(SERIAL.name) != "address" and version >= HAS_REQUISITES:
            serial = serial_of((yield from dialogue.ask(requisites())))
        return MeterIdentity(serial, MAKER, "VKT-5", firmware=firmware_text(version))

    def read_configuration(self, address: str) -> Conversation[MeterConfiguration]:
        """The firmware, and which pipe of which heat input is what."""
        dialogue = _dialogue(address)
        version = firmware_of((yield from dialogue.ask(firmware())))
        pipes = settings_of((yield from dialogue.ask(configuration())))
        return MeterConfiguration({"firmware": firmware_text(version), **pipes})

    def read_clock(self, address: str, configuration: MeterConfiguration) -> Conversation[datetime | None]:
        """To the minute."""
        return (yield from _clock(_dialogue(address)))

    def read_current(self, address: str, configuration: MeterConfiguration) -> Conversation[Snapshot]:
        """Read once more when the clock's minute changed meanwhile: totals go on between the questions."""
        dialogue = _dialogue(address)
        began_at = yield from _clock(dialogue)
        values = yield from self._current_values(dialogue, configuration)
        ended_at = yield from _clock(dialogue)
        if began_at != ended_at:
            values = yield from self._current_values(dialogue, configuration)
        contract = (layout.conditions for layout in self._layouts(configuration, FLOAT, Reads.INSTANTS))
        return Snapshot(values, ended_at, conditions=frozenset().union(*contract))

    def read_archive(
        self, address: str, configuration: MeterConfiguration, kind: ArchiveKind, slots: Sequence[MeterSlot]
    ) -> Conversation[None]:
        """Each record is chosen by its date; its answers carry no stamp."""
        if kind not in SELECTORS:
            raise NotSupported(f"A VKT-5 keeps no {kind} archive that could be read.")
        dialogue = _dialogue(address)
        now = yield from _clock(dialogue)
        layouts = self._layouts(configuration, FLOAT, Reads.INSTANTS | Reads.REGISTERS)
        reader = ArchiveReader(dialogue, kind, layouts, now, self._choices.get(STAMP.name) == "end")
        for slot in slots:
            yield Deliver(((yield from reader.record(slot)),))

    def _current_values(
        self, dialogue: Dialogue, configuration: MeterConfiguration
    ) -> Conversation[tuple[MeterValue, ...]]:
        rates = self._choices.get(RATES.name) == "per_hour"
        current = Reads.INSTANTS | Reads.RATES if rates else Reads.INSTANTS
        values: tuple[MeterValue, ...] = ()
        for selector, size, reads in (
            (Selector.CURRENT, FLOAT, current),
            (Selector.CURRENT_TOTALS, DOUBLE, Reads.REGISTERS),
        ):
            for layout in self._layouts(configuration, size, reads):
                values += layout.values((yield from dialogue.ask(layout.request(READ_CURRENT, selector))))
        return values

    def _layouts(
        self, configuration: MeterConfiguration, register_size: int, reads: Reads
    ) -> tuple[InputLayout, ...]:
        """One for each heat input that is used."""
        settings, unit = configuration.settings, self._choices.get(OPERATING_TIME.name, _UNREAD)
        return tuple(
            InputLayout(
                number, pipes, firmware_in(settings), register_size, reads, "" if unit == _UNREAD else unit
            )
            for number, pipes in pipes_by_input(settings).items()
        )


def _dialogue(address: str) -> Dialogue:
    return Dialogue(meter_address(address))


def _clock(dialogue: Dialogue) -> Conversation[datetime | None]:
    return clock_of((yield from dialogue.ask(clock())))
