"""The device side of a KM-5: fixed frames, archives in rings of lines, running totals as 32-bit floats.

Written from km-5.md sections 2, 3 and 7. Where the reference leaves something open this device has: lines
numbered from 0 up to the capacity and then anew, a search that finds the last record not after the hour asked
for, zeros for a line that was never written, and a KM-5-2.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Final, NamedTuple

from metering.calendar import ArchiveKind, MeterSlot, next_start, slot_at, slot_start, slots
from metering.errors import NotSupported
from protocols.vendor.km5.driver import MODEL
from protocols.vendor.km5.frames import HEAD, REQUEST, Command, answer, is_sealed, parse_address
from simulators.families import DevicePlan, SimulatedFamily
from simulators.levels import instants, numbers_closing, registers, truths_between
from simulators.marks import Marks
from simulators.memory import MeterMemory
from simulators.numbers import Numbers, Sent, numbers_at, on_wire, truths_of
from simulators.truth import Truths

TYPE: Final = 1
VERSION: Final = b"02.29"
CAPACITIES: Final[Mapping[int, int]] = {0: 1440, 1: 366, 2: 48}
KINDS: Final[Mapping[int, ArchiveKind]] = {0: ArchiveKind.HOUR, 1: ArchiveKind.DAY, 2: ArchiveKind.MONTH}
ARCHIVES: Final = {kind: number for number, kind in KINDS.items()}
PRESSURE_UNITS: Final = {"kgf_cm2": "kgf/cm2", "bar": "bar", "MPa": "MPa"}
_MOMENT: Final = timedelta(microseconds=1)
_HOUR: Final = timedelta(hours=1)
_LINE: Final = struct.Struct("<H")


def current_groups(pressure: str) -> Mapping[int, tuple[Sent, ...]]:
    """The floats of each group of 2Ch, one behind the other."""
    return {
        1: (Sent("energy_heating", "Gcal"),),
        2: (Sent("mass_supply", "t"),),
        3: (Sent("mass_return", "t"),),
        4: (Sent("operating_time", "h"),),
        5: (
            Sent("volume_flow_supply", "m3/h"),
            Sent("mass_flow_supply", "t/h"),
            Sent("pressure_supply", pressure),
            Sent("pressure_return", pressure),
            Sent("temperature_supply", "°C"),
            Sent("temperature_return", "°C"),
        ),
        6: (Sent("power", "Gcal/h"),),
        7: (Sent("volume_flow_return", "m3/h"), Sent("mass_flow_return", "t/h")),
    }


def record_fields(pressure: str) -> Mapping[int, Sent]:
    """The floats of an archive record by their byte numbers."""
    return {
        13: Sent("temperature_outdoor", "°C"),
        17: Sent("pressure_supply", pressure),
        21: Sent("pressure_return", pressure),
        29: Sent("temperature_supply", "°C"),
        33: Sent("temperature_return", "°C"),
        41: Sent("mass_supply", "t"),
        45: Sent("mass_return", "t"),
        61: Sent("energy_heating", "Gcal"),
        65: Sent("operating_time", "h"),
    }


class Lines(NamedTuple):
    """What one archive holds now: the slots of its records in their order, and how many were ever written."""

    slots: tuple[MeterSlot, ...]
    written: int
    capacity: int

    def number(self, place: int) -> int:
        """The line of the record at this place, the earliest being at 0."""
        return (self.written - len(self.slots) + place) % self.capacity

    def at(self, number: int) -> MeterSlot | None:
        """The slot whose record stands in this line."""
        place = (number - self.written + len(self.slots)) % self.capacity
        return self.slots[place] if number < self.capacity and place < len(self.slots) else None


class Km5Meter:
    """One KM-5. Silent at damaged requests, at other meters' and at commands that are not described."""

    def __init__(self, plan: DevicePlan) -> None:
        self.model = plan.model
        self.address = plan.address.zfill(8)
        self.serial = plan.serial
        self.memory: MeterMemory = plan.memory
        self._wire_address = parse_address(plan.address)
        pressure = PRESSURE_UNITS[plan.choices.get("pressure_unit", "kgf_cm2")]
        self._groups, self._fields = current_groups(pressure), record_fields(pressure)
        self._lines = lru_cache(maxsize=len(KINDS))(self._compute_lines)
        self._answers: Mapping[int, Callable[[bytes], bytes | None]] = {
            Command.ADDRESS: lambda asked: b"\x02",
            Command.LINK: lambda asked: b"",
            Command.STATUS: lambda asked: b"",
            Command.VERSION: lambda asked: VERSION + b"\x00KM-5",
            Command.CURRENT: self._current,
            Command.HEADER: self._header,
            Command.RANGE: self._range,
            Command.FIND: self._find,
            Command.RECORD: self._record,
        }

    def hear(self, frame: bytes) -> bytes | None:
        """The answer to a request that is meant for this meter."""
        if not is_sealed(frame) or frame[: HEAD - 1] != self._wire_address:
            return None
        command = frame[HEAD - 1]
        data = self._answers[command](frame[HEAD:]) if command in self._answers else None
        return None if data is None else answer(self._wire_address, command, data)

    def truth_snapshot(self, meter_time: datetime) -> Truths:
        rows = [row for group in self._groups.values() for row in group]
        return truths_of(rows, numbers_at(self.memory, _minute(meter_time)))

    def truth_archive(self, kind: ArchiveKind, start: datetime) -> Truths | None:
        """Running totals alone tell nothing of the oldest record's own amounts."""
        fields = self._fields.values()
        if kind is ArchiveKind.TOTAL:
            day = slot_at(ArchiveKind.DAY, slot_start(ArchiveKind.DAY, start - _MOMENT))
            kept = day in self._lines_of(ARCHIVES[ArchiveKind.DAY]).slots
            return truths_of(registers(fields), numbers_at(self.memory, start)) if kept else None
        kept_slots = self._lines_of(ARCHIVES[kind]).slots
        slot = slot_at(kind, start)
        if slot not in kept_slots:
            return None
        rows = instants(fields) if slot == kept_slots[0] else fields
        truths = truths_between(rows, self.memory, slot)
        return {key: one for key, one in truths.items() if key[0] != "temperature_outdoor" or one.value}

    def _current(self, asked: bytes) -> bytes | None:
        now = self.memory.meter_time()
        if asked[0] == 0:
            return _stamp(now, now, now.hour)
        group = self._groups.get(asked[0])
        return None if group is None else _floats(group, numbers_at(self.memory, _minute(now)))

    def _header(self, asked: bytes) -> bytes | None:
        if asked[0] not in KINDS:
            return None
        lines = self._lines_of(asked[0])
        flags = 0x40 * bool(lines.slots) | 0x80 * (lines.written >= lines.capacity)
        last = lines.number(len(lines.slots) - 1) if lines.slots else 0
        return b"\x00\x00\x00" + bytes((flags,)) + _LINE.pack(lines.capacity) + _LINE.pack(last)

    def _range(self, asked: bytes) -> bytes | None:
        lines = self._lines_of(asked[0]) if asked[0] in KINDS else None
        if lines is None or not lines.slots:
            return None
        newest = len(lines.slots) - 1
        ends = (self._place(lines, 0), self._place(lines, newest))
        return b"\x00" + b"".join(ends) + _LINE.pack(newest + 1)

    def _find(self, asked: bytes) -> bytes | None:
        """The last record that is not after the hour asked for, else the earliest."""
        lines = self._lines_of(asked[0]) if asked[0] in KINDS else None
        if lines is None or not lines.slots:
            return None
        day, month, year, hour = (int(f"{octet:02x}") for octet in asked[1:5])
        wanted = datetime(2000 + year, month, day) + hour * _HOUR
        earlier = [place for place, slot in enumerate(lines.slots) if self._end(slot) <= wanted]
        return b"\x00" + self._place(lines, max(earlier, default=0))

    def _record(self, asked: bytes) -> bytes | None:
        if asked[0] not in KINDS:
            return None
        (number,) = _LINE.unpack(asked[1:3])
        slot = self._lines_of(asked[0]).at(number)
        if slot is None:
            return b""
        image = bytearray(72)
        image[5:13] = self._end_stamp(slot)
        numbers = numbers_closing(self.memory, slot)
        for at, sent in self._fields.items():
            image[at : at + 4] = _floats((sent,), numbers)
        return bytes(image[HEAD:-2])

    def _place(self, lines: Lines, place: int) -> bytes:
        return _LINE.pack(lines.number(place)) + self._end_stamp(lines.slots[place])

    def _end_stamp(self, slot: MeterSlot) -> bytes:
        """Midnight as hour 24 of the day that ends."""
        end = self._end(slot)
        day = end if end.hour else end - _HOUR
        return _stamp(end, day, end.hour or 24)

    def _end(self, slot: MeterSlot) -> datetime:
        """The end of the last hour of a slot in which the meter had power."""
        *_, last = self.memory.powered(slot)
        return next_start(ArchiveKind.HOUR, slot_start(ArchiveKind.HOUR, last.end - _MOMENT))

    def _lines_of(self, archive: int) -> Lines:
        kind = KINDS[archive]
        return self._lines(archive, slot_start(kind, self.memory.meter_time()))

    def _compute_lines(self, archive: int, running: datetime) -> Lines:
        kind, capacity = KINDS[archive], CAPACITIES[archive]
        first = slot_start(kind, self.memory.installed)
        written = [slot for slot in slots(kind, first, running) if any(self.memory.powered(slot))]
        return Lines(tuple(written[-capacity:]), len(written), capacity)


def split(buffer: bytes) -> tuple[bytes, int] | None:
    """The first whole request; zeros sent to flush the line are a request to nobody."""
    for start in range(len(buffer) - REQUEST + 1):
        frame = buffer[start : start + REQUEST]
        if is_sealed(frame):
            return frame, start + REQUEST
    return None


def _floats(rows: Sequence[Sent], numbers: Numbers) -> bytes:
    return b"".join(struct.pack("<f", _number(row, numbers)) for row in rows)


def _number(row: Sent, numbers: Numbers) -> Decimal:
    try:
        return on_wire(row, numbers)
    except NotSupported:
        return Decimal(0)


def _stamp(moment: datetime, day: datetime, hour: int) -> bytes:
    date, time = f"{day:%d%m%y}", f"{hour:02}{moment:%M%S}"
    return b"\xee" + bytes.fromhex(date) + bytes((TYPE,)) + bytes.fromhex(time)


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


def _mark(frame: bytes) -> bytes:
    """Address and command: an answer repeats no more."""
    return frame[:HEAD]


SIMULATED: Final = SimulatedFamily(
    protocol="km5", models=(MODEL,), build=Km5Meter, split=split, marks=Marks(_mark, _mark)
)
