"""The device side of TSRV-010, TSRV-010M and MT200DS: packets in, text out, rings addressed by time.

Written from vzlet-tsr-legacy.md. Where the reference leaves something open these devices have: months
numbered by year and month, records dated with the beginning of their period (months with their last day), and
"Not implemented" for what belongs to a heating system that is not in use.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Final

from metering.calendar import ArchiveKind, MeterSlot, slot_at, slot_start
from metering.errors import ConfigurationError, NotSupported
from protocols.vendor.vzlet_tsr.frames import CODE_PAGE, Line, is_packet, parse_address
from simulators.families import DevicePlan
from simulators.levels import numbers_closing, registers, truths_between
from simulators.memory import MeterMemory
from simulators.numbers import FLOAT_STEP, Numbers, Sent, numbers_at, on_wire, truths_of
from simulators.truth import Truth, Truths
from simulators.vendor.vzlet_tsr.makes import MAKES, THOUSANDTH, Pipe, additional_fields, main_fields

DATE, SET_CLOCK, CLOCK_SIZE = 0x42, 0x41, 14
NOT_IMPLEMENTED: Final = "Not implemented"
DEPTHS: Final = {ArchiveKind.HOUR: 1428, ArchiveKind.DAY: 60, ArchiveKind.MONTH: 24}
RINGS: Final = (
    (ArchiveKind.HOUR, 0x0800, 42),
    (ArchiveKind.DAY, 0xF260, 40),
    (ArchiveKind.MONTH, 0xFBC0, 40),
)
_MOMENT: Final = timedelta(microseconds=1)


class VzletTsrMeter:
    """One meter. Address 0 is RS-232. Silent at damaged packets and at packets that are too long."""

    def __init__(self, plan: DevicePlan) -> None:
        if not plan.serial.isdecimal():
            raise ConfigurationError(
                f"Serial {plan.serial!r} of a simulated {plan.model}: it has digits alone."
            )
        self.model = plan.model
        self.address = plan.address
        self.serial = plan.serial
        self.memory: MeterMemory = plan.memory
        self._digit_zero = {"binary": 0, "ascii": ord("0")}[plan.choices.get("clock_digits", "binary")]
        self._line = Line(parse_address(plan.address))
        self._make = MAKES[plan.model]
        self._main, self._additional = main_fields(self._make), additional_fields(self._make)
        self._stored = lru_cache(maxsize=4096)(self._compute_stored)
        self._texts: Mapping[int, Callable[[int], str | None]] = {
            self._make.named_by: lambda argument: self._make.name,
            0x50: lambda argument: self.serial,
            0x40: lambda argument: f"{self._line.address:02X}",
            DATE: lambda argument: self._date(),
            0x43: lambda argument: f"{self.memory.meter_time():%H:%M:%S}",
            0x9E: lambda argument: "1" if self._used_pipe(argument) else None,
            0xA9: lambda argument: "2" if self._system(argument) else None,
            0x38: lambda argument: "0" * 16,
            0x3B: lambda argument: "0" * (32 if self._make.extended else 16),
        }

    def hear(self, frame: bytes) -> bytes | None:
        """The reply to a packet; what stands before it is an address, a preamble or noise."""
        start = frame[: -_size(frame)] if _size(frame) else b""
        packet = frame[len(start) :]
        mine = start[-1:] == bytes((self._line.address,)) if self._line.address else not any(start)
        if not is_packet(packet) or not mine:
            return None
        content = self._content(packet[1], packet[2:-1])
        return None if content is None else self._line.reply(content)

    def truth_snapshot(self, meter_time: datetime) -> Truths:
        at = meter_time.replace(second=0, microsecond=0)
        truths = truths_of(self._current_rows(), numbers_at(self.memory, at))
        return {
            key: Truth(one.value, one.tolerance + abs(one.value) * FLOAT_STEP) for key, one in truths.items()
        }

    def truth_archive(self, kind: ArchiveKind, start: datetime) -> Truths | None:
        """Totals alone tell nothing of the oldest record's own amounts."""
        rows = [field.sent for field in (*self._main, *self._additional) if self._is_used(field.sent)]
        if kind is ArchiveKind.TOTAL:
            day = slot_at(ArchiveKind.DAY, slot_start(ArchiveKind.DAY, start - _MOMENT))
            kept = self._has(ArchiveKind.DAY, day)
            return truths_of(registers(rows), numbers_at(self.memory, start)) if kept else None
        slot = slot_at(kind, start)
        if not self._has(kind, slot):
            return None
        truths = truths_between(rows, self.memory, slot)
        before = slot_at(kind, slot_start(kind, start - _MOMENT))
        if self._has(kind, before):
            return truths
        counted = {(row.quantity, row.circuit) for row in registers(rows)}
        return {key: one for key, one in truths.items() if key not in counted}

    def _content(self, code: int, data: bytes) -> bytes | None:
        if code in (0x08, 0x18) and len(data) > 2:
            return self._record(code, data)
        if code == SET_CLOCK and len(data) == CLOCK_SIZE:
            self._set_clock(data)
            return self._date().encode(CODE_PAGE)
        argument = data[0] if data else 0
        text = self._texts[code](argument) if code in self._texts else self._value(code, argument)
        return (NOT_IMPLEMENTED if text is None else text).encode(CODE_PAGE)

    def _date(self) -> str:
        return f"{self.memory.meter_time():%d.%m.%y}"

    def _set_clock(self, data: bytes) -> None:
        """Digits of second, minute, hour, day, month, year, units before tens; others change nothing."""
        digits = [octet - self._digit_zero for octet in data[:12]]
        second, minute, hour, day, month, year = (
            tens * 10 + units for units, tens in zip(digits[::2], digits[1::2], strict=True)
        )
        try:
            moment = datetime(2000 + year, month, day, hour, minute, second)
        except ValueError:
            return
        self.memory.drift += moment - self.memory.meter_time()

    def _value(self, code: int, argument: int) -> str | None:
        sent = self._asked(code, argument)
        if sent is None or not self._is_used(sent):
            return None
        at = self.memory.meter_time().replace(second=0, microsecond=0)
        number = _number(sent, numbers_at(self.memory, at))
        return f"{number.quantize(sent.step or THOUSANDTH):f}"

    def _asked(self, code: int, argument: int) -> Sent | None:
        """What a function with this argument tells."""
        system = self._system(argument)
        if code in _OF_A_SYSTEM:
            return None if system is None else _OF_A_SYSTEM[code]._replace(circuit=system)
        if code == 0xD3 and argument == 2 and self._make.cold_pressure:
            return Sent("pressure_cold_water", "MPa", THOUSANDTH)
        if code in _OF_A_PIPE:
            return self._of_a_pipe(code, argument)
        return _OF_THE_METER.get(code) or self._make.counters.get((code, argument))

    def _of_a_pipe(self, code: int, argument: int) -> Sent | None:
        pipe = self._used_pipe(argument)
        if pipe is None or (code == 0x34 and argument == 2 and not self._make.extended):
            return None
        quantity, unit = _OF_A_PIPE[code]
        return Sent(f"{quantity}_{pipe.place}", unit, THOUSANDTH, pipe.circuit)

    def _current_rows(self) -> list[Sent]:
        asked = (self._asked(code, argument) for code in _VALUES for argument in range(6))
        return [sent for sent in asked if sent is not None and self._is_used(sent)]

    def _system(self, argument: int) -> int | None:
        """A heating system in use."""
        system = {1: 1, 0: 2}.get(argument)
        return system if system is not None and system <= self.memory.circuits else None

    def _used_pipe(self, argument: int) -> Pipe | None:
        pipe = self._make.pipe(argument)
        return pipe if pipe is not None and pipe.circuit <= self.memory.circuits else None

    def _is_used(self, sent: Sent) -> bool:
        return sent.circuit <= self.memory.circuits

    def _record(self, code: int, data: bytes) -> bytes | None:
        """The address and the record that stands there; silence where none begins."""
        address = int.from_bytes(data[:2], "big")
        for kind, start, size in RINGS:
            index, rest = divmod(address - start, size)
            if 0 <= index < DEPTHS[kind] and not rest and data[2:].count(b" ") == size:
                slot = self._slot(kind, index)
                stored = bytes(size) if slot is None else self._stored(code, kind, slot, size)
                return data[:2] + stored
        return None

    def _compute_stored(self, code: int, kind: ArchiveKind, slot: MeterSlot, size: int) -> bytes:
        image, numbers = bytearray(44), numbers_closing(self.memory, slot)
        if code == 0x08:
            start = slot.end - timedelta(days=1) if kind is ArchiveKind.MONTH else slot.start
            image[:4] = bytes((start.day, start.month, start.year % 100, start.hour))
        for field in self._main if code == 0x08 else self._additional:
            number = _number(field.sent, numbers) if self._is_used(field.sent) else Decimal(0)
            steps = number if field.sent.step is None else round(number / field.sent.step)
            data = struct.pack(field.form, steps)
            image[field.at : field.at + len(data)] = data
        return bytes(image[:size])

    def _slot(self, kind: ArchiveKind, index: int) -> MeterSlot | None:
        """The newest slot with a record at this place; what the power failed to overwrite stays."""
        running = slot_start(kind, self.memory.meter_time())
        age = (_number_of(kind, running) - index) % DEPTHS[kind]
        start = _earlier(kind, running, age)
        while start >= slot_start(kind, self.memory.installed):
            if self._was_written(kind, slot_at(kind, start)):
                return slot_at(kind, start)
            start = _earlier(kind, start, DEPTHS[kind])
        return None

    def _has(self, kind: ArchiveKind, slot: MeterSlot) -> bool:
        """A slot that started as many slots ago as the ring has places may just be overwritten."""
        running = slot_start(kind, self.memory.meter_time())
        kept = _number_of(kind, running) - _number_of(kind, slot.start) <= DEPTHS[kind]
        return kept and self._was_written(kind, slot)

    def _was_written(self, kind: ArchiveKind, slot: MeterSlot) -> bool:
        return slot.end <= self.memory.meter_time() and any(self.memory.powered(slot))


_OF_A_PIPE: Final = {
    0x30: ("volume", "m3"),
    0x31: ("volume_flow", "m3/h"),
    0x34: ("temperature", "°C"),
    0xD3: ("pressure", "MPa"),
}
_OF_A_SYSTEM: Final = {
    0x36: Sent("energy_heating", "Gcal", THOUSANDTH),
    0xA5: Sent("power", "Gcal/h", THOUSANDTH),
}
_OF_THE_METER: Final = {
    0x35: Sent("temperature_difference", "K", THOUSANDTH),
    0xD1: Sent("temperature_cold_water", "°C", THOUSANDTH),
}
_VALUES: Final = (*_OF_A_PIPE, *_OF_A_SYSTEM, *_OF_THE_METER, 0x39, 0x3A, 0x59)


def _number_of(kind: ArchiveKind, start: datetime) -> int:
    """The maker's running number of an hour or a day."""
    if kind is ArchiveKind.MONTH:
        return start.year * 12 + start.month
    years = start.year - 1
    day = years * 365 + years // 4 + start.timetuple().tm_yday
    return day * 24 + start.hour if kind is ArchiveKind.HOUR else day


def _earlier(kind: ArchiveKind, start: datetime, count: int) -> datetime:
    """The start of the slot so many slots before."""
    if kind is not ArchiveKind.MONTH:
        return start - count * (timedelta(hours=1) if kind is ArchiveKind.HOUR else timedelta(days=1))
    year, month = divmod(start.year * 12 + start.month - 1 - count, 12)
    return start.replace(year=year, month=month + 1)


def _number(sent: Sent, numbers: Numbers) -> Decimal:
    """In the unit of the wire; zero for what no plant measures."""
    try:
        return on_wire(sent, numbers)
    except NotSupported:
        return Decimal(0)


def _size(frame: bytes) -> int:
    """The length of the packet at a frame's end, which begins at its first, second or third byte."""
    starts = (start for start in range(3) if is_packet(frame[start:]))
    return next((len(frame) - start for start in starts), 0)
