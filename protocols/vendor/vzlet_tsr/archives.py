"""Archives that are addressed by time: where a record stands, what it says, and whether it is the wanted one.

Source: vzlet-tsr-legacy.md section 4. A record carries totals as they stood at the end of its period, means
over it, and the date of its beginning; one that was not overwritten yet carries an old date.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

from metering.calendar import ArchiveKind, MeterSlot, slot_start
from metering.conditions import Condition, of_bits
from metering.quantities import quantity
from metering.readings import Absence, MeterValue
from protocols.conversation import Conversation
from protocols.fields import float32
from protocols.vendor.vzlet_tsr.current import Settings, is_used
from protocols.vendor.vzlet_tsr.dialogue import Dialogue
from protocols.vendor.vzlet_tsr.functions import Function
from protocols.vendor.vzlet_tsr.models import (
    FLOAT,
    SIGNED_WORD,
    SIZES,
    TOTAL_OF_PIPE,
    Model,
    Stored,
)


class Bank(NamedTuple):
    """One ring: where it begins, how many records it has and how long each is."""

    start: int
    depth: int
    size: int

    def address(self, index: int) -> int:
        return self.start + index % self.depth * self.size


BANKS: Final[Mapping[ArchiveKind, Bank]] = {
    ArchiveKind.HOUR: Bank(0x0800, 1428, 42),
    ArchiveKind.DAY: Bank(0xF260, 60, 40),
    ArchiveKind.MONTH: Bank(0xFBC0, 24, 40),
}
_SENSORS: Final = slice(0x28, 0x2A)
MOMENT: Final = timedelta(microseconds=1)
_CENTURY: Final = 2000


def days(moment: datetime) -> int:
    """The maker's number of a day; his years before this one have no exceptions in full centuries."""
    years = moment.year - 1
    return years * 365 + years // 4 + moment.timetuple().tm_yday


def months(moment: datetime) -> int:
    return moment.year * 12 + moment.month


_INDEX: Final[Mapping[ArchiveKind, Callable[[datetime], int]]] = {
    ArchiveKind.HOUR: lambda start: days(start) * 24 + start.hour,
    ArchiveKind.DAY: days,
    ArchiveKind.MONTH: months,
}


@dataclass(frozen=True, slots=True)
class Kept:
    """A record: its own date, and where it stands."""

    moment: datetime
    address: int
    data: bytes


@dataclass
class Archive:
    """One archive during one conversation; records once read are kept."""

    dialogue: Dialogue
    model: Model
    kind: ArchiveKind
    _records: dict[int, Kept | None] = field(default_factory=dict)
    _additional: dict[int, bytes] = field(default_factory=dict)

    @property
    def bank(self) -> Bank:
        return BANKS[self.kind]

    def record(self, slot: MeterSlot) -> Conversation[Kept | None]:
        """The record of this slot, known by its own date; None when it is not there."""
        for index in self._indices(slot):
            kept = yield from self._at(self.bank.address(index))
            if kept is not None and slot_start(self.kind, kept.moment) == slot.start:
                return kept
        return None

    def additional(self, kept: Kept) -> Conversation[bytes]:
        """The record of the other bank at the same address; it carries no date of its own."""
        if kept.address not in self._additional:
            function, size = Function.ADDITIONAL_ARCHIVE, self.bank.size
            self._additional[kept.address] = yield from self.dialogue.record(function, kept.address, size)
        return self._additional[kept.address]

    def _indices(self, slot: MeterSlot) -> Iterator[int]:
        """Where the record may stand. How months are numbered is not known: all are looked through.

        Any month that was read, also in the likely place, tells how far our numbers are off.
        """
        likely = _INDEX[self.kind](slot.start)
        if self.kind is ArchiveKind.MONTH:
            yield likely + self._months_off()
            yield likely + self._months_off()
            yield from range(likely + 1, likely + self.bank.depth)
        yield likely

    def _months_off(self) -> int:
        known = (kept for kept in self._records.values() if kept is not None)
        places = ((kept.address - self.bank.start) // self.bank.size - months(kept.moment) for kept in known)
        return next(places, 0)

    def _at(self, address: int) -> Conversation[Kept | None]:
        if address not in self._records:
            data = yield from self.dialogue.record(Function.ARCHIVE, address, self.bank.size)
            moment = stamp(data)
            self._records[address] = None if moment is None else Kept(moment, address, data)
        return self._records[address]


def stamp(data: bytes) -> datetime | None:
    """Day, month, year and hour of a record; None where no calendar has them."""
    day, month, year, hour = data[:4]
    try:
        return datetime(_CENTURY + year, month, day, hour)
    except ValueError:
        return None


def values(fields: tuple[Stored, ...], data: bytes, model: Model, settings: Settings) -> Iterator[MeterValue]:
    """What these fields of a record say; pipes whose unit is not known have no totals."""
    for stored in fields:
        named = _named(stored, model, settings)
        if named is not None and is_used(named[2], settings):
            name, unit, circuit = named
            number = _number(stored, data)
            absence = Absence.INVALID_MARK if number is None else None
            yield MeterValue(quantity(name), unit, number, absence, circuit)


def situations(
    data: bytes, model: Model, kind: ArchiveKind
) -> tuple[MeterValue | None, frozenset[Condition]]:
    """The word of abnormal situations; older models keep it with hours alone."""
    at, size = model.situations_at
    if size < SIZES[FLOAT] and kind is not ArchiveKind.HOUR:
        return None, frozenset()
    word = int.from_bytes(data[at : at + size], "big")
    said = of_bits(word, model.stored_situations, "situation")
    return MeterValue(quantity("flags"), "", Decimal(word)), said


def sensor_faults(data: bytes, model: Model, kind: ArchiveKind) -> frozenset[Condition]:
    """The sensors that failed, from the other bank's record; some models keep them, with hours alone."""
    if not model.sensors or kind is not ArchiveKind.HOUR:
        return frozenset()
    return of_bits(int.from_bytes(data[_SENSORS], "big"), model.sensors, "sensor")


def _named(stored: Stored, model: Model, settings: Settings) -> tuple[str, str, int] | None:
    if not stored.pipe:
        return stored.quantity, stored.unit, stored.circuit
    circuit, place = model.pipes[stored.pipe]
    if stored.unit is not TOTAL_OF_PIPE:
        return f"{stored.quantity}_{place}", stored.unit, circuit
    unit = settings.get(f"pipe {stored.pipe}")
    if unit is None:
        return None
    return (f"mass_{place}", "t", circuit) if unit == "t" else (f"volume_{place}", "m3", circuit)


def _number(stored: Stored, data: bytes) -> Decimal | None:
    """Floats have their low byte first, whole numbers their high one."""
    octets = data[stored.at : stored.at + SIZES[stored.form]]
    if stored.form == FLOAT:
        return float32(octets[::-1])
    return Decimal(int.from_bytes(octets, "big", signed=stored.form == SIGNED_WORD)).scaleb(-stored.decimals)
