"""The driver of SA-94: every conversation begins with the selection of the meter."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from metering.calendar import ArchiveKind, MeterSlot
from metering.errors import NotSupported
from metering.meters import MeterConfiguration, MeterIdentity
from metering.quantities import QUANTITIES
from metering.readings import ArchiveRecord, Gap, GapReason, MeterValue, Snapshot
from protocols.conversation import Conversation, Deliver
from protocols.driver import DriverInfo, LineDefaults, Stamp, Verification
from protocols.family import Choices, Found
from protocols.levels import amounts
from protocols.vendor.sa94.dialogue import clock, current, knock, wake
from protocols.vendor.sa94.models import CHOICES, ENERGY_OF_DAY, MODELS, Model, used, value_of, values_of
from protocols.vendor.sa94.records import Layout, StoredRecord
from protocols.vendor.sa94.ring import Ring
from protocols.vendor.sa94.status import Status

MANUAL: Final = "Aswega SA-94/2M manual, section 8 and tables 13-25"
MAKER: Final = "Aswega"
LINE: Final = LineDefaults(baud=4800, parity="E", timeout=2.0)
NOTES: Final = (
    "No answer carries a checksum: everything is read until two answers are alike.",
    "One meter a line. Its serial number is the number by which it is selected and cannot be asked for.",
    "UNCONFIRMED: Q2 and V2 are those of the return pipe.",
    "UNCONFIRMED: T3 is the temperature of cold water.",
    "UNCONFIRMED: which date a day record carries (choice sa94.day_date).",
    "A day's record that the meter wrote at power-on, days later, is of no day that its date tells: that day "
    "is a gap, and the running total counts as of that date. Less than eight minutes of work in an hour go "
    "into the next record.",
    "Records hold means and, of a day, the running total of heat; months are not kept. Of extended records "
    "(choice sa94.archive) only the pressures are read besides: whether volumes, masses, hours and heat in "
    "them are amounts or totals is UNCONFIRMED.",
    "The error log (segments 6 and 7) is not read.",
)
_HOURS, _DAYS = (2, 3), (4, 5)
_DAY: Final = timedelta(days=1)


class Sa94Driver:
    """Speaks to one model. Implements protocols.driver.Driver."""

    def __init__(self, model: Model, choices: Choices) -> None:
        chosen = {choice.name: choices.get(choice.name, choice.words[0]) for choice in CHOICES}
        self._model = model
        extended = chosen["archive"] == "extended"
        late = _DAY if chosen["day_date"] == "own" else timedelta(0)
        self._hours = Layout(ArchiveKind.HOUR, _HOURS, extended)
        self._days = Layout(ArchiveKind.DAY, _DAYS, extended, late)
        self._means = model.means + (model.late_means if extended else ())

    @property
    def info(self) -> DriverInfo:
        """What the manual says of the model."""
        hours, days = self._hours.depth, self._days.depth
        return DriverInfo(
            model=self._model.name,
            protocol="sa94",
            maker=MAKER,
            title=self._model.title,
            manual=MANUAL,
            verification=Verification.NOT_ON_HARDWARE,
            line=LINE,
            depths={ArchiveKind.HOUR: hours, ArchiveKind.DAY: days, ArchiveKind.TOTAL: days},
            stamp=Stamp.SLOT_END,
            largest_request=3,
            default_address="0",
            choices=CHOICES,
            notes=NOTES,
        )

    def identify(self, address: str) -> Conversation[MeterIdentity]:
        """Whether the meter of this number is there, and which of the two models it is."""
        status = yield from wake(address)
        return _identity(address, status)

    def read_configuration(self, address: str) -> Conversation[MeterConfiguration]:
        """Whether a third temperature is used, and whether it is measured or set."""
        status = yield from wake(address)
        return MeterConfiguration({"third_temperature": "used" if _cold_water(status) else "none"})

    def read_clock(self, address: str, configuration: MeterConfiguration) -> Conversation[datetime | None]:
        """The meter's own time."""
        yield from wake(address)
        return (yield from clock())

    def read_current(self, address: str, configuration: MeterConfiguration) -> Conversation[Snapshot]:
        """Values of one minute of the meter's clock: they are read again where it changed meanwhile."""
        status = yield from wake(address)
        snapshot, ended_at = yield from self._snapshot(status)
        if snapshot.meter_time is not None and _minute(snapshot.meter_time) != _minute(ended_at):
            snapshot, _ = yield from self._snapshot(status)
        return snapshot

    def read_archive(
        self, address: str, configuration: MeterConfiguration, kind: ArchiveKind, slots: Sequence[MeterSlot]
    ) -> Conversation[None]:
        """Delivers a record or a gap for each slot, one by one."""
        if kind is ArchiveKind.MONTH:
            raise NotSupported(f"{self._model.title} keeps no month archive.")
        status = yield from wake(address)
        now = yield from clock()
        ring = Ring(self._hours if kind is ArchiveKind.HOUR else self._days)
        for slot in slots:
            yield Deliver(((yield from self._record(ring, kind, slot, now, status)),))

    def _snapshot(self, status: Status) -> Conversation[tuple[Snapshot, datetime]]:
        began_at = yield from clock()
        values = [MeterValue(QUANTITIES["flags"], "", Decimal(status.octet))]
        for row in used(self._model.current, cold_water=_cold_water(status)):
            values.append(value_of(row, (yield from current(row.place))))
        return Snapshot(tuple(values), began_at, None, status.conditions), (yield from clock())

    def _record(
        self, ring: Ring, kind: ArchiveKind, slot: MeterSlot, now: datetime, status: Status
    ) -> Conversation[ArchiveRecord | Gap]:
        boundary = slot.start if kind is ArchiveKind.TOTAL else slot.end
        if boundary > now:
            return Gap(kind, slot, GapReason.NOT_YET_CLOSED)
        found = yield from ring.find(boundary)
        if isinstance(found, GapReason):
            return Gap(kind, slot, found)
        if kind is ArchiveKind.TOTAL:
            return ArchiveRecord(kind, slot, boundary, (_energy(found),))
        values = values_of(self._means, found.items, cold_water=_cold_water(status))
        if kind is ArchiveKind.HOUR:
            return ArchiveRecord(kind, slot, boundary, tuple(values))
        opening = yield from ring.find(slot.start)  # without one the meter was off: the means are older
        if isinstance(opening, GapReason) and opening is not GapReason.OUT_OF_DEPTH:
            return Gap(kind, slot, opening)
        levels = [] if isinstance(opening, GapReason) else [_energy(opening)]
        return ArchiveRecord(kind, slot, boundary, (*values, *amounts([_energy(found)], levels)))


def ask(address: str) -> Conversation[Found]:
    """Whether the meter of this number is there, and which of the two models it is."""
    status = yield from knock(address)
    identity = _identity(address, status)
    model = next(model.name for model in MODELS.values() if model.title == identity.model)
    return Found(model, identity)


def _identity(address: str, status: Status) -> MeterIdentity:
    return MeterIdentity(address, MAKER, "SA-94/2" if status.has_two_flows else "SA-94/1")


def _energy(record: StoredRecord) -> MeterValue:
    return value_of(ENERGY_OF_DAY, record.items[ENERGY_OF_DAY.place])


def _cold_water(status: Status) -> bool:
    return status.uses_third_temperature


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
