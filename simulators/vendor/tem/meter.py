"""A simulated meter of the TEM family: three memories, a clock, and the commands that read them.

To what a real one has no answer it keeps silent: other addresses, unknown commands, places that it does not
have, and more bytes at once than its firmware sends. Current values stand still within a minute.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Final

from metering.calendar import ArchiveKind
from metering.errors import ConfigurationError, FrameError
from protocols.vendor.tem.frames import REPLY, REQUEST, Frame, decode
from simulators.families import DevicePlan
from simulators.numbers import numbers_at, truths_of
from simulators.truth import Truths
from simulators.vendor.tem.archive import MeterArchive
from simulators.vendor.tem.cells import fill, of_circuits
from simulators.vendor.tem.maps import Live, Map

_LARGEST_READ: Final = 64
_ARCHIVE_TYPES: Final = (ArchiveKind.HOUR, ArchiveKind.DAY, ArchiveKind.MONTH)
_NONE_FOUND: Final = 0xFFFF
_EXTENDED: Final = 0x80
_LARGEST_EXTENDED: Final = 255
_PLACES: Final = {(0x0F, 0x01): slice(0, 2), (0x0C, 0x01): slice(0, 2), (0x0F, 0x03): slice(-2, None)}
"""Where the low bytes of the address stand in the request of an extended read."""


class TemMeter:
    """One meter. The plan's choices tell which of two readings of the reference is true of it."""

    def __init__(self, plan: DevicePlan, model_map: Map) -> None:
        self.model = plan.model
        self.address = plan.address
        self.serial = plan.serial
        self.memory = plan.memory
        self.map = model_map
        self.words = plan.choices
        self.circuits = min(plan.memory.circuits, model_map.most_circuits)
        self._number = _address(plan)
        self._fixed = self._fixed_bytes()
        self._largest = int(plan.choices.get("largest_read", _LARGEST_READ))
        self._archive = self._made_archive()
        self._image = lru_cache(maxsize=8)(self._compute_image)

    def hear(self, frame: bytes) -> bytes | None:
        """The reply to a request for this meter; None where a real one is silent."""
        try:
            asked = decode(frame)
        except FrameError:
            return None
        if asked.signature != REQUEST or asked.address != self._number:
            return None
        if asked.group & _EXTENDED:
            return self._extended_reply(asked)
        data = self._answer(asked, self._largest)
        return (
            None if data is None else Frame(REPLY, asked.address, asked.group, asked.command, data).encode()
        )

    def _extended_reply(self, asked: Frame) -> bytes | None:
        """What the M models answer to a read of up to 255 bytes: the place's low bytes stand in the head."""
        command = asked.group ^ _EXTENDED, asked.command
        if not self.map.finds_by_date or command not in _PLACES or len(asked.data) < 3:
            return None
        data = self._answer(replace(asked, group=command[0]), _LARGEST_EXTENDED)
        high, low = asked.data[_PLACES[command]]
        return None if data is None else Frame(REPLY, asked.address, high, low, data).encode()

    def truth_snapshot(self, meter_time: datetime) -> Truths:
        """What current values must say that were read in this minute of the meter's clock."""
        numbers = numbers_at(self.memory, _minute(meter_time))
        cells = (cell for live in self.map.live for cell in live.cells(self.words))
        return truths_of((cell.sent for cell in of_circuits(cells, self.circuits)), numbers)

    def truth_archive(self, kind: ArchiveKind, start: datetime) -> Truths | None:
        """What the record of this slot must say; None when the meter rightly has none."""
        return None if self._archive is None else self._archive.truth(kind, start)

    def _answer(self, asked: Frame, largest: int) -> bytes | None:
        answers: Mapping[tuple[int, int], Callable[[bytes], bytes | None]] = {
            (0x00, 0x00): lambda data: self.map.name,
            (0x00, 0x01): lambda data: self.map.firmware or None,
            (0x0F, 0x01): lambda data: _placed(data, self._timer, largest),
            (0x0C, 0x01): lambda data: _placed(data, self._ram, largest),
            (0x0F, 0x02): self._clock,
            (0x0F, 0x03): lambda data: self._flash(data, largest),
            (0x0D, 0x11): self._find,
        }
        answer = answers.get((asked.group, asked.command))
        return None if answer is None else answer(asked.data)

    def _timer(self, at: int, size: int) -> bytes | None:
        if at + size > self.map.timer_size:
            return None
        image = bytearray(self.map.timer_size)
        for place, octets in self._timer_places().items():
            image[place : place + len(octets)] = octets
        return bytes(image[at : at + size])

    def _timer_places(self) -> dict[int, bytes]:
        """Current values first: settings and the clock may lie within them."""
        now = self.memory.meter_time()
        places = {live.at: self._image(live, _minute(now)) for live in self.map.live if not live.ram}
        places |= self._fixed | self._pointers()
        return places | {self.map.clock_at: self.map.clock(now)} if self.map.clock_in_timer else places

    def _ram(self, at: int, size: int) -> bytes | None:
        for live in self.map.live:
            if live.ram and live.at <= at and at + size <= live.at + live.size:
                return self._image(live, _minute(self.memory.meter_time()))[at - live.at :][:size]
        return None

    def _clock(self, data: bytes) -> bytes | None:
        if self.map.clock_in_timer or len(data) != 2:
            return None
        registers = bytes(self.map.clock_at) + self.map.clock(self.memory.meter_time())
        return registers[data[0] :][: data[1]] if sum(data) <= len(registers) else None

    def _flash(self, data: bytes, largest: int) -> bytes | None:
        place = self.map.flash_request(data)
        if place is None or self._archive is None or not 0 < place[1] <= largest:
            return None
        return self._archive.read(*place)

    def _find(self, data: bytes) -> bytes | None:
        if self._archive is None or not self.map.finds_by_date:
            return None
        if len(data) != 5 or data[0] >= len(_ARCHIVE_TYPES):
            return None
        number = self._archive.find(_ARCHIVE_TYPES[data[0]], data[1:])
        return (_NONE_FOUND if number is None else number).to_bytes(2, "big")

    def _compute_image(self, live: Live, minute: datetime) -> bytes:
        image = bytearray(live.size)
        cells = of_circuits(live.cells(self.words), self.circuits)
        fill(image, cells, numbers_at(self.memory, minute), self.map.order)
        return bytes(image)

    def _pointers(self) -> dict[int, bytes]:
        """Where each ring goes on, or where it ended."""
        archive = self._archive
        if archive is None:
            return {}
        found = {}
        for ring in archive.rings.values():
            if ring.place.pointer is not None:
                cell = (ring.next_cell() - self.map.points_at_last) % ring.place.count
                address = ring.place.start + cell * archive.record_size
                found[ring.place.pointer] = self.map.pointer(address)
        return found

    def _made_archive(self) -> MeterArchive | None:
        archive = self.map.archive
        if archive is None:
            return None
        return MeterArchive(archive, self.memory, self.words, self.map.order, self.circuits)

    def _fixed_bytes(self) -> dict[int, bytes]:
        try:
            return {**self.map.settings(self.circuits), **self.map.serial(self.serial)}
        except (ValueError, OverflowError) as error:
            raise ConfigurationError(
                f"Serial {self.serial!r} of a simulated {self.model}: write a number of at most 9 digits."
            ) from error


def _placed(data: bytes, read: Callable[[int, int], bytes | None], largest: int) -> bytes | None:
    if len(data) != 3 or not 0 < data[2] <= largest:
        return None
    return read(int.from_bytes(data[:2], "big"), data[2])


def _address(plan: DevicePlan) -> int:
    if not (plan.address.isdecimal() and 1 <= int(plan.address) <= 240):
        raise ConfigurationError(f"Address {plan.address!r} of a simulated {plan.model}: write 1 to 240.")
    return int(plan.address)


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
