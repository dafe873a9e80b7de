"""A simulated SA-94: silent until it is selected by its number, then it answers bare bytes (sa-94.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from metering.calendar import ArchiveKind
from metering.errors import ConfigurationError
from protocols.vendor.sa94.commands import EXTENDED, LARGEST_ID, PARAMETER, STATISTICS, UNSELECT, select
from simulators.families import DevicePlan
from simulators.numbers import Sent, numbers_at, on_wire, truths_of
from simulators.truth import Truths
from simulators.vendor.sa94 import octets
from simulators.vendor.sa94.archive import SEGMENT_BLOCK, Archive

TIME, DATE = 10, 11
_ERASED: Final = b"\xff" * SEGMENT_BLOCK
_PLAIN, _EXTENDED = 32, 64
_SEGMENT: Final = {_PLAIN: 16384, _EXTENDED: 65536}
_SELECTS: Final = range(0xC0, UNSELECT)


@dataclass(frozen=True, slots=True)
class Make:
    """How a model is built: its status byte, current values by number, and the items of a record."""

    status: int
    current: Mapping[int, Sent]
    items: Sequence[Sent | None]
    late_items: Sequence[Sent] = ()


class Sa94Meter:
    """One meter. Implements families.SimulatedMeter."""

    def __init__(self, make: Make, plan: DevicePlan) -> None:
        if not plan.address.isdecimal() or int(plan.address) > LARGEST_ID:
            raise ConfigurationError(f"Address {plan.address!r} of a simulated SA-94: a six-digit number.")
        if not plan.serial.isdecimal() or int(plan.serial) != int(plan.address):
            raise ConfigurationError(
                f"Serial {plan.serial!r} of a simulated SA-94 at {plan.address}: both are the same number."
            )
        self.model, self.address, self.serial, self.memory = (
            plan.model,
            plan.address,
            plan.serial,
            plan.memory,
        )
        self._make = make
        self._selected = False
        extended = plan.choices.get("archive") == "extended"
        self._size = _EXTENDED if extended else _PLAIN
        items = (*make.items, *make.late_items) if extended else make.items
        per_half = _SEGMENT[self._size] // self._size
        own_date = plan.choices.get("day_date") == "own"
        self._archives = {
            kind: Archive(self.memory, kind, items, per_half=per_half, own_date=own_date)
            for kind in (ArchiveKind.HOUR, ArchiveKind.DAY)
        }

    def hear(self, frame: bytes) -> bytes | None:
        """The bare bytes of an answer; None where a real meter keeps silent."""
        first = frame[0]
        if first in _SELECTS:
            self._selected = frame == select(int(self.address))
            return bytes((self._make.status,)) if self._selected else None
        if first == UNSELECT:
            self._selected = False
        if not self._selected:
            return None
        if PARAMETER <= first < PARAMETER + 16:
            return self._current(first - PARAMETER)
        return self._statistics(frame)

    def truth_snapshot(self, meter_time: datetime) -> Truths:
        """What the current values of this minute must say."""
        return truths_of(self._make.current.values(), numbers_at(self.memory, _minute(meter_time)))

    def truth_archive(self, kind: ArchiveKind, start: datetime) -> Truths | None:
        """What the archive must say; None where this meter has no such record."""
        archive = self._archives.get(ArchiveKind.HOUR if kind is ArchiveKind.HOUR else ArchiveKind.DAY)
        return archive.truths(kind, start) if archive and kind is not ArchiveKind.MONTH else None

    def _current(self, number: int) -> bytes | None:
        now = self.memory.meter_time()
        if number in (TIME, DATE):
            return octets.time(now) if number == TIME else octets.day(now)
        sent = self._make.current.get(number)
        return octets.number(on_wire(sent, numbers_at(self.memory, _minute(now)))) if sent else None

    def _statistics(self, frame: bytes) -> bytes | None:
        """A block of a segment, by the command of the records' size; silence to the other one."""
        if frame[0] == EXTENDED and len(frame) == 3 and self._size == _EXTENDED:
            segment, number = frame[1] >> 3 & 7, (frame[1] & 7) << 6 | frame[2] & 0x3F
        elif STATISTICS <= frame[0] < STATISTICS + 8 and len(frame) == 2 and self._size == _PLAIN:
            segment, number = frame[0] - STATISTICS, frame[1]
        else:
            return None
        kind = {1: ArchiveKind.HOUR, 2: ArchiveKind.DAY}.get(segment // 2)
        return self._archives[kind].block(segment % 2, number, self._size) if kind else _ERASED


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
