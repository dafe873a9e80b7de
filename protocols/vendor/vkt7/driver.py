"""The driver of the VKT-7."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from metering.calendar import ArchiveKind, MeterSlot
from metering.errors import DecodeError, NotSupported
from metering.meters import MeterConfiguration, MeterIdentity
from metering.readings import Gap, GapReason, Snapshot
from protocols.conversation import Conversation, Deliver
from protocols.driver import DriverInfo
from protocols.family import NO_CHOICES, Choices
from protocols.vendor.vkt7.archives import TYPES, ArchiveReader
from protocols.vendor.vkt7.dialogue import Dialogue, Records, meter_address
from protocols.vendor.vkt7.information import (
    HAS_CLOCK,
    HAS_MINUTES,
    HAS_RANGE,
    HAS_SUBSCRIBER,
    ArchiveRange,
    Firmware,
    Service,
    firmware_of,
    firmware_text,
    moment,
    subscriber_of,
)
from protocols.vendor.vkt7.models import ABNORMAL, INFO, MAKER, PIPE_3
from protocols.vendor.vkt7.properties import PROPERTIES, settings_of
from protocols.vendor.vkt7.questions import (
    NO_DATA,
    ValueType,
    date_range,
    read_clock,
    service_information,
    subscriber,
    write_type,
)
from protocols.vendor.vkt7.values import Reader, Understood

_LAST_DAY: Final = "31"
"""The report day of a meter whose configuration does not name one."""


class Vkt7Driver:
    """Speaks to a VKT-7. Implements protocols.driver.Driver."""

    def __init__(self, choices: Choices = NO_CHOICES) -> None:
        self._keeps_abnormal = choices.get(ABNORMAL.name) == "kept"
        self._with_pipe_3 = choices.get(PIPE_3.name) == "make_up"

    @property
    def info(self) -> DriverInfo:
        return INFO

    def identify(self, address: str) -> Conversation[MeterIdentity]:
        """Begins the meter's session. The serial is the subscriber identifier."""
        dialogue = _dialogue(address)
        yield from dialogue.start()
        service = Service.decode((yield from dialogue.ask(service_information())))
        serial = service.subscriber
        if service.firmware >= HAS_SUBSCRIBER:
            serial = subscriber_of((yield from dialogue.ask(subscriber())))
        return MeterIdentity(
            serial, MAKER, "VKT-7", version=str(service.hardware), firmware=firmware_text(service.firmware)
        )

    def read_configuration(self, address: str) -> Conversation[MeterConfiguration]:
        """Units and decimals, firmware, measurement schemes and the report day. Begins a session."""
        dialogue = _dialogue(address)
        server = yield from dialogue.start()
        service = Service.decode((yield from dialogue.ask(service_information())))
        settings = {
            "firmware": firmware_text(service.firmware),
            "server_version": str(server),
            "report_day": str(service.report_day),
            "scheme_1": str(service.schemes[0]),
            "scheme_2": str(service.schemes[1]),
        }
        yield from dialogue.ask(write_type(ValueType.PROPERTIES))
        for asked in PROPERTIES:
            data = yield from dialogue.read_list(tuple(each.item for each in asked), size=None)
            settings |= settings_of(asked, data, server)
        return MeterConfiguration(settings)

    def read_clock(self, address: str, configuration: MeterConfiguration) -> Conversation[datetime | None]:
        """None where the firmware shows whole hours at most."""
        if _firmware(configuration) < HAS_MINUTES:
            return None
        return (yield from _clock(_dialogue(address)))

    def read_current(self, address: str, configuration: MeterConfiguration) -> Conversation[Snapshot]:
        """Current values, and the totals as at the end of the last full hour.

        Both are read once more when an hour ended between them.
        """
        dialogue, firmware = _dialogue(address), _firmware(configuration)
        if firmware < HAS_CLOCK:
            return (yield from self._snapshot(dialogue, configuration, None))
        began_at = yield from _clock(dialogue)
        shown = began_at if firmware >= HAS_MINUTES else None
        snapshot = yield from self._snapshot(dialogue, configuration, shown)
        ended_at = yield from _clock(dialogue)
        if _hour(ended_at) == _hour(began_at):
            return snapshot
        return (yield from self._snapshot(dialogue, configuration, ended_at if shown else None))

    def read_archive(
        self, address: str, configuration: MeterConfiguration, kind: ArchiveKind, slots: Sequence[MeterSlot]
    ) -> Conversation[None]:
        """ConfigurationChanged when a record was made under another measurement scheme."""
        if kind not in TYPES:
            raise NotSupported(f"A VKT-7 keeps no {kind} archive.")
        dialogue = _dialogue(address)
        reach = yield from _reach(dialogue, _firmware(configuration))
        if reach == NO_DATA and kind in (ArchiveKind.HOUR, ArchiveKind.DAY):
            yield Deliver(tuple(Gap(kind, slot, GapReason.NO_RECORD) for slot in slots))
            return
        records = Records(dialogue, TYPES[kind], self._with_pipe_3)
        yield from records.begin()
        report_day = _report_day(configuration)
        known = reach if isinstance(reach, ArchiveRange) else None
        reader = ArchiveReader(kind, records, self._reader(configuration), known, report_day)
        yield from reader.deliver(slots)

    def _snapshot(
        self, dialogue: Dialogue, configuration: MeterConfiguration, meter_time: datetime | None
    ) -> Conversation[Snapshot]:
        totals = yield from self._read(dialogue, configuration, ValueType.CURRENT_TOTALS)
        current = yield from self._read(dialogue, configuration, ValueType.CURRENT)
        return Snapshot(
            totals.values + current.values, meter_time, conditions=totals.conditions | current.conditions
        )

    def _read(
        self, dialogue: Dialogue, configuration: MeterConfiguration, value_type: ValueType
    ) -> Conversation[Understood]:
        records = Records(dialogue, value_type, self._with_pipe_3)
        yield from records.begin()
        data = yield from records.read()
        return self._reader(configuration).understood(records.items, data)

    def _reader(self, configuration: MeterConfiguration) -> Reader:
        return Reader(configuration.settings, self._keeps_abnormal)


def _dialogue(address: str) -> Dialogue:
    return Dialogue(meter_address(address))


def _firmware(configuration: MeterConfiguration) -> Firmware:
    return firmware_of(configuration.settings.get("firmware", ""))


def _report_day(configuration: MeterConfiguration) -> int:
    written = configuration.settings.get("report_day", _LAST_DAY)
    if not written.isdecimal():
        raise DecodeError(f"The report day {written!r} is no number: read the meter's configuration again.")
    return int(written)


def _clock(dialogue: Dialogue) -> Conversation[datetime]:
    return moment((yield from dialogue.ask(read_clock())))


def _reach(dialogue: Dialogue, firmware: Firmware) -> Conversation[ArchiveRange | int | None]:
    """None where the firmware does not tell, a code where the meter refuses: NO_DATA of empty archives."""
    if firmware < HAS_RANGE:
        return None
    answer = yield from dialogue.ask_or_code(date_range())
    return answer if isinstance(answer, int) else ArchiveRange.decode(answer)


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)
