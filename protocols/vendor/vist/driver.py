"""The driver of the VIS.T. Source: vis-t.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from metering.calendar import ArchiveKind, MeterSlot
from metering.conditions import Condition
from metering.errors import NotSupported
from metering.meters import MeterConfiguration, MeterIdentity
from metering.readings import ArchiveRecord, Gap, GapReason, MeterValue, Snapshot
from protocols.conversation import Conversation, Deliver
from protocols.driver import Choice, DriverInfo, LineDefaults, Verification
from protocols.family import Choices, Found
from protocols.vendor.vist.archive import HEADER_REGISTERS, Header, Record, header, record
from protocols.vendor.vist.dialogue import Dialogue
from protocols.vendor.vist.numbers import (
    BLOCK_SIZES,
    COUNTED,
    MEASURED,
    RUNNING_SIZES,
    Kept,
    announced,
    measured,
    totals,
)
from protocols.vendor.vist.settings import (
    FIRMWARE,
    SERIAL,
    TEXT_REGISTERS,
    SystemSettings,
    area,
    read_settings,
    systems,
)

MODEL: Final = "teplovizor-vis-t"
MAKER: Final = "Teplovizor"
HEAT_UNIT: Final = Choice(
    "heat_unit",
    ("Gcal", "GJ"),
    "A setting of the meter says in which unit it counts heat; where it could be read is not known.",
)

INFO: Final = DriverInfo(
    model=MODEL,
    protocol="vist",
    maker=MAKER,
    title="VIS.T",
    manual="none public; three programs that read the meter (vis-t.md)",
    verification=Verification.NOT_ON_HARDWARE,
    line=LineDefaults(baud=9600, parity="E", timeout=1.0),
    depths={ArchiveKind.HOUR: 1536},
    largest_request=12,
    choices=(HEAT_UNIT,),
    notes=(
        "Frames are constructed from the rules of three programs; no traffic of a meter was recorded.",
        "Only hours are archived. Records carry no time: the newest is the hour before the header's last "
        "update, each one before it an hour earlier.",
        "UNCONFIRMED: that hours without power are recorded as well; where they are not, what lies before a "
        "power failure is labelled too late. Compare sums of hours with differences of totals.",
        "UNCONFIRMED: the unit of heat; line setting vist.heat_unit.",
        "UNCONFIRMED: line speed and parity; take them from the meter's own settings.",
        "UNCONFIRMED: pressures are shown as atmospheres and taken as kgf/cm2.",
        "UNCONFIRMED: channels 1, 2 and 3 are taken as supply, return and make-up, t4 as outdoor.",
        "UNCONFIRMED: bits of the error word; they are reported by their numbers.",
        "The archive's depth stands in its header; the depth here only bounds what is asked.",
    ),
)


class VistDriver:
    """Implements protocols.driver.Driver."""

    info = INFO

    def __init__(self, choices: Choices) -> None:
        self._heat_unit = choices.get(HEAT_UNIT.name, HEAT_UNIT.words[0])

    def identify(self, address: str) -> Conversation[MeterIdentity]:
        """Serial number and firmware."""
        dialogue = Dialogue(address)
        serial = yield from dialogue.text(SERIAL, TEXT_REGISTERS)
        firmware = yield from dialogue.text(FIRMWARE, TEXT_REGISTERS)
        return MeterIdentity(serial=serial, maker=MAKER, model=INFO.title, firmware=firmware)

    def read_configuration(self, address: str) -> Conversation[MeterConfiguration]:
        """Systems, masks and decimals."""
        return MeterConfiguration((yield from read_settings(Dialogue(address))))

    def read_clock(self, address: str, configuration: MeterConfiguration) -> Conversation[datetime | None]:
        return (yield from Dialogue(address).clock())

    def read_current(self, address: str, configuration: MeterConfiguration) -> Conversation[Snapshot]:
        """Totals and instants of one minute of the meter's clock; once more when it changed meanwhile."""
        dialogue, of = Dialogue(address), tuple(systems(configuration.settings))
        snapshot, ended_at = yield from self._snapshot(dialogue, of)
        if snapshot.meter_time is not None and _minute(snapshot.meter_time) != _minute(ended_at):
            snapshot, _ = yield from self._snapshot(dialogue, of)
        return snapshot

    def read_archive(
        self, address: str, configuration: MeterConfiguration, kind: ArchiveKind, slots: Sequence[MeterSlot]
    ) -> Conversation[None]:
        """Delivers an hour's record or a gap for each slot, one by one, all systems together."""
        if kind is not ArchiveKind.HOUR:
            raise NotSupported(f"A VIS.T has no archive {kind}: it keeps hours alone.")
        dialogue = Dialogue(address)
        headers: dict[int, Header] = {}
        for system in systems(configuration.settings):
            headers[system.number] = yield from _header(dialogue, system.number)
        for slot in slots:
            yield Deliver(((yield from self._hour(dialogue, headers, slot)),))

    def _snapshot(
        self, dialogue: Dialogue, of: Sequence[SystemSettings]
    ) -> Conversation[tuple[Snapshot, datetime]]:
        began_at = yield from dialogue.clock()
        values: list[MeterValue] = []
        for system in of:
            values += yield from self._current(dialogue, system)
        ended_at = yield from dialogue.clock()
        return Snapshot(tuple(values), began_at), ended_at

    def _current(self, dialogue: Dialogue, system: SystemSettings) -> Conversation[list[MeterValue]]:
        base, number = area(system.number), system.number
        live = {row.block for row in announced(MEASURED, system.measured)}
        blocks = yield from _blocks(dialogue, base, {at: BLOCK_SIZES[at] for at in BLOCK_SIZES if at in live})
        values = [*measured(system.measured, Kept(system.decimals, blocks), number, self._heat_unit)]
        counting = {row.block for row in announced(COUNTED, system.counted)}
        if not counting:
            return values
        of = yield from _header(dialogue, number)
        sizes = {at: RUNNING_SIZES[at] for at in RUNNING_SIZES if at in counting}
        running = Kept(system.running_decimals, (yield from _blocks(dialogue, base, sizes)))
        closed = Kept(of.decimals, {0: of.data})
        return [*values, *totals(system.counted, running, closed, number, self._heat_unit)]

    def _hour(
        self, dialogue: Dialogue, headers: Mapping[int, Header], slot: MeterSlot
    ) -> Conversation[ArchiveRecord | Gap]:
        """One record of all systems; what one of them cannot give now is a gap that is asked for again."""
        values: list[MeterValue] = []
        conditions: frozenset[Condition] = frozenset()
        missing: list[GapReason] = []
        for system, of in headers.items():
            found = yield from self._record(dialogue, of, system, slot)
            if isinstance(found, GapReason):
                missing.append(found)
            else:
                values += found.values
                conditions |= found.conditions
        passing = [reason for reason in missing if reason in _PASSING]
        if passing or not values:
            return Gap(ArchiveKind.HOUR, slot, (passing or missing or [GapReason.NO_RECORD])[0])
        return ArchiveRecord(ArchiveKind.HOUR, slot, slot.start, tuple(values), conditions)

    def _record(
        self, dialogue: Dialogue, of: Header, system: int, slot: MeterSlot
    ) -> Conversation[Record | GapReason]:
        number = of.number(slot)
        if isinstance(number, GapReason):
            return number
        data = yield from dialogue.record(system - 1, number, of.registers)
        if data is None:
            return GapReason.NO_RECORD
        return record(of, data, system, self._heat_unit) or GapReason.UNREADABLE


def ask(address: str) -> Conversation[Found]:
    """Who answers there."""
    return Found(MODEL, (yield from VistDriver({}).identify(address)))


_PASSING: Final = frozenset({GapReason.NOT_YET_CLOSED, GapReason.UNREADABLE})


def _header(dialogue: Dialogue, system: int) -> Conversation[Header]:
    data = yield from dialogue.record(system - 1, 0, HEADER_REGISTERS)
    if data is None:
        raise NotSupported(f"The meter has no archive of its system {system}; check the registered model.")
    return header(data)


def _blocks(dialogue: Dialogue, base: int, sizes: Mapping[int, int]) -> Conversation[dict[int, bytes]]:
    blocks: dict[int, bytes] = {}
    for at, count in sizes.items():
        blocks[at] = yield from dialogue.input(base + at, count)
    return blocks


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
