"""The driver of the KM-5. Source: km-5.md."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from metering.calendar import ArchiveKind, MeterSlot
from metering.conditions import Condition, ConditionName
from metering.meters import MeterConfiguration, MeterIdentity
from metering.readings import ArchiveRecord, Gap, GapReason, MeterValue, Snapshot
from protocols.conversation import Conversation, Deliver
from protocols.driver import Choice, DriverInfo, LineDefaults, Stamp, Verification
from protocols.family import Choices, Found
from protocols.levels import amounts, registers
from protocols.vendor.km5 import records
from protocols.vendor.km5.archives import Ring, previous
from protocols.vendor.km5.dialogue import Dialogue
from protocols.vendor.km5.frames import REQUEST, Command

MODEL: Final = "tbn-km-5"
MAKER: Final = "TBN Energoservis"
PRESSURE_UNITS: Final = {"kgf_cm2": "kgf/cm2", "bar": "bar", "MPa": "MPa"}
PRESSURE_UNIT: Final = Choice(
    "pressure_unit",
    tuple(PRESSURE_UNITS),
    "The meter does not say in which unit it sends pressures; printouts look like kgf/cm2.",
)

INFO: Final = DriverInfo(
    model=MODEL,
    protocol="km5",
    maker=MAKER,
    title="KM-5-1 to KM-5-7",
    manual="none public; two programs that read the meter (km-5.md)",
    verification=Verification.NOT_ON_HARDWARE,
    line=LineDefaults(baud=9600, parity="N", stop=2, timeout=1.0),
    depths={ArchiveKind.HOUR: 1440, ArchiveKind.DAY: 366, ArchiveKind.MONTH: 36, ArchiveKind.TOTAL: 366},
    stamp=Stamp.SLOT_END,
    largest_request=REQUEST,
    default_address="00000001",
    choices=(PRESSURE_UNIT,),
    notes=(
        "Frames are constructed from the rules of two programs that read the meter; no traffic was recorded.",
        "UNCONFIRMED: archive depths. The meter tells how far its archives reach back; the depths here only "
        "bound what is asked.",
        "UNCONFIRMED: the network address is taken as the serial number; no command for the latter is known.",
        "UNCONFIRMED: the unit of pressures; line setting km5.pressure_unit.",
        "UNCONFIRMED: heat power is taken as Gcal/h, as heat is Gcal.",
        "UNCONFIRMED: line numbers of a ring that has wrapped, and what a search by time finds between two "
        "records; records are known by their own stamps alone.",
        "UNCONFIRMED: bits of the status bytes; those that are not zero are reported with their codes.",
        "Left out: G3, of which no source says where it is measured; t3, t4 and the archive's fields P3/t3, "
        "Vi, V1/M3 and V2/M4, which mean one or the other by a setting that cannot be read. An outdoor "
        "temperature of exactly zero counts as not fitted.",
        "Amounts are differences of running totals, 32-bit floats: above 16384 t steps of 0.002 t show.",
    ),
)


class Km5Driver:
    """Implements protocols.driver.Driver."""

    info = INFO

    def __init__(self, choices: Choices) -> None:
        word = choices.get(PRESSURE_UNIT.name, PRESSURE_UNIT.words[0])
        self._pressure_unit = PRESSURE_UNITS[word]

    def identify(self, address: str) -> Conversation[MeterIdentity]:
        """The network address that the meter knows itself by, its version and its type."""
        dialogue = Dialogue(address)
        yield from dialogue.ask(Command.ADDRESS)
        version = yield from dialogue.ask(Command.VERSION)
        stamp = yield from dialogue.clock()
        return MeterIdentity(
            serial=address.zfill(8), maker=MAKER, model=stamp.model, firmware=_text(version, *_VERSION)
        )

    def read_configuration(self, address: str) -> Conversation[MeterConfiguration]:
        """No setting on which values depend can be read."""
        yield from ()
        return MeterConfiguration()

    def read_clock(self, address: str, configuration: MeterConfiguration) -> Conversation[datetime | None]:
        stamp = yield from Dialogue(address).clock()
        return stamp.moment

    def read_current(self, address: str, configuration: MeterConfiguration) -> Conversation[Snapshot]:
        """Totals and instants of one minute of the meter's clock; once more when it changed meanwhile."""
        dialogue = Dialogue(address)
        snapshot, ended_at = yield from self._snapshot(dialogue)
        if snapshot.meter_time is not None and _minute(snapshot.meter_time) != _minute(ended_at):
            snapshot, _ = yield from self._snapshot(dialogue)
        return snapshot

    def read_archive(
        self, address: str, configuration: MeterConfiguration, kind: ArchiveKind, slots: Sequence[MeterSlot]
    ) -> Conversation[None]:
        """Delivers a record or a gap for each slot, one by one."""
        dialogue = Dialogue(address)
        now = (yield from dialogue.clock()).moment
        ring = Ring(dialogue, kind)
        has_records = yield from ring.open()
        for slot in slots:
            if closed_at(kind, slot) > now:
                yield Deliver((Gap(kind, slot, GapReason.NOT_YET_CLOSED),))
            elif not has_records:
                yield Deliver((Gap(kind, slot, GapReason.NO_RECORD),))
            else:
                record = yield from self._record(ring, slot)
                yield Deliver((record,))

    def _snapshot(self, dialogue: Dialogue) -> Conversation[tuple[Snapshot, datetime]]:
        began_at = (yield from dialogue.clock()).moment
        values: list[MeterValue] = []
        for group, fields in records.GROUPS.items():
            answer = yield from dialogue.ask(Command.CURRENT, bytes((group,)))
            values += records.values(fields, answer, self._pressure_unit)
        status = yield from dialogue.ask(Command.STATUS)
        ended_at = (yield from dialogue.clock()).moment
        return Snapshot(tuple(values), began_at, conditions=_conditions(status)), ended_at

    def _record(self, ring: Ring, slot: MeterSlot) -> Conversation[ArchiveRecord | Gap]:
        """Levels at a slot's start are those of the day before; amounts, those at its end less these."""
        if ring.kind is ArchiveKind.TOTAL:
            line = yield from ring.record(previous(ArchiveKind.DAY, slot))
        else:
            line = yield from ring.record(slot)
        if isinstance(line, GapReason):
            return Gap(ring.kind, slot, line)
        levels = records.values(records.RECORD, line.answer, self._pressure_unit)
        if ring.kind is ArchiveKind.TOTAL:
            return ArchiveRecord(ring.kind, slot, line.moment, registers(levels))
        before = yield from ring.before(line, slot)
        opening = () if before is None else records.values(records.RECORD, before.answer, self._pressure_unit)
        return ArchiveRecord(ring.kind, slot, line.moment, amounts(levels, opening))


_VERSION: Final = (records.VERSION_AT, records.VERSION_SIZE)


def ask(address: str) -> Conversation[Found]:
    """Whether the meter of this number is there: its clock alone is asked for, which tells the type too."""
    stamp = yield from Dialogue(address).clock()
    return Found(MODEL, MeterIdentity(serial=address.zfill(8), maker=MAKER, model=stamp.model))


def closed_at(kind: ArchiveKind, slot: MeterSlot) -> datetime:
    """When the record of a slot is complete: at its end, a total at its start."""
    return slot.start if kind is ArchiveKind.TOTAL else slot.end


def _conditions(status: bytes) -> frozenset[Condition]:
    raised = ((words, status[at]) for at, words in records.STATUS if words in records.REPORTED)
    return frozenset(
        Condition(ConditionName.UNKNOWN, code=f"{words} {code:02X}") for words, code in raised if code
    )


def _text(answer: bytes, at: int, size: int) -> str:
    return answer[at : at + size].decode("ascii", "replace").strip("\x00 ")


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
