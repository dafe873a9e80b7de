"""The device side of the older models: RAM, FLASH and records by date (logika-m4.md section 8)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Final, NamedTuple

from metering.calendar import ArchiveKind, MeterSlot, slot_at, slot_start
from metering.errors import ConfigurationError
from protocols.vendor.logika_m4.frames import ANYBODY, WAKE_UP, LongFrame, ShortFrame, decode
from simulators.families import DevicePlan
from simulators.numbers import Numbers, numbers_at, numbers_over
from simulators.truth import Truths
from simulators.vendor.logika_m4.attention import Attention
from simulators.vendor.logika_m4.numbers import Units, amount, memory_float, truths

SESSION, READ_FLASH, READ_RAM, ERROR = 0x3F, 0x45, 0x52, 0x21
UNKNOWN_REQUEST, BAD_PARAMETERS, NO_DATA = 0, 2, 3
FIND: Final = {0x48: ArchiveKind.HOUR, 0x59: ArchiveKind.DAY, 0x4D: ArchiveKind.MONTH}
RECORDS_KEPT: Final = {ArchiveKind.HOUR: 1080, ArchiveKind.DAY: 365, ArchiveKind.MONTH: 100}

PAGE, MOST_PAGES, MOST_RAM = 64, 64, 64
WAKES_SLOWLY: Final = 1.0
PATIENCE: Final = 120.0
"""Seconds."""
CLOCK: Final = 0xF3
_MOMENT: Final = timedelta(microseconds=1)


class Input(NamedTuple):
    """Where one heat input has its numbers: current values and increments in RAM, totals in FLASH."""

    circuit: int
    channel: int
    current: int
    totals: int
    increments: int
    scheme: int


@dataclass(frozen=True, slots=True)
class MemoryLayout:
    """One model. Addresses of settings are those of their 16 bytes."""

    answer: bytes
    units: Units
    settings: Mapping[int, str]
    identifier: int
    inputs: tuple[Input, ...]
    current: str
    totals: str
    record: str
    record_size: int


LAYOUTS: Final[Mapping[str, MemoryLayout]] = {
    "logika-spt943": MemoryLayout(
        answer=bytes.fromhex("542B03"),
        units=Units("Gcal", "kgf/cm2"),
        settings={0x0200: "0", 0x0230: "1", 0x0240: "0"},
        identifier=0x0270,
        inputs=(
            Input(1, 1, 0x0204, 0x424A, 0x0520, 0x0520),
            Input(2, 2, 0x0234, 0x677B, 0x0568, 0x0840),
        ),
        current="G1 G2 G3 P1 P2 t1 t2 dt t3 tx tair",
        totals="V1 V2 V3 M1 M2 M3 Q Tcount Qhot",
        record="P1 P2 t1 t2 t3 tx tair V1 V2 V3 M1 M2 M3 Q Tcount Qhot",
        record_size=68,
    ),
    "logika-spt941-10": MemoryLayout(
        answer=bytes.fromhex("922910"),
        units=Units("GJ", "MPa"),
        settings={0x0200: "1", 0x0240: "1", 0x0250: "0"},
        identifier=0x0440,
        inputs=(Input(1, 0, 0x0204, 0x424A, 0x0520, 0x0210),),
        current="G1 G2 G3 t1 t2 dt",
        totals="V1 V2 V3 M1 M2 M3 Q Tcount",
        record="t1 t2 V1 V2 V3 M1 M2 M3 Q Tcount",
        record_size=64,
    ),
}

Region = tuple[int, int, Callable[[], bytes]]
"""Address, size, and what stands there."""


class Refused(Exception):
    """The device answers with this error code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class MemoryDevice:
    """One meter. `scheme` and `flags` may be set by a test, as by a man at the meter's keys."""

    def __init__(self, plan: DevicePlan) -> None:
        if len(plan.serial) > 8 or not plan.address.isdecimal() or int(plan.address) > ANYBODY:
            raise ConfigurationError(
                f"{plan.model} {plan.serial} at {plan.address}: an identifier (ИД) of at most 8 characters "
                "and a network number, please."
            )
        self.model = plan.model
        self.serial = plan.serial
        self.address = plan.address
        self.memory = plan.memory
        self.layout = LAYOUTS[plan.model]
        self.scheme = 0
        self.flags = bytes(3)
        self._labels_are_ends = plan.choices.get("day_label") != "own"
        self._flags_high_first = plan.choices.get("flags_order") == "high_first"
        self._attention = Attention(int(plan.address), plan.elapsed, WAKES_SLOWLY, PATIENCE)
        self._channel = 0

    def hear(self, frame: bytes) -> bytes | None:
        """The answer to a whole request; None where a real device keeps silent."""
        if frame.startswith(WAKE_UP):
            self._attention.wake()
            return None
        request = decode(frame)
        if isinstance(request, LongFrame):
            return None
        if request.function == SESSION:
            if not self._attention.begin(request.network):
                return None
            self._channel = request.data[0]
        elif not self._attention.is_meant(request.network) or not self._attention.is_in_session():
            return None
        try:
            parts = list(self._answers(request.function, request.data))
        except Refused as refusal:
            return ShortFrame(request.network, ERROR, bytes((refusal.code,))).encode()
        return b"".join(ShortFrame(request.network, request.function, part).encode() for part in parts)

    def truth_snapshot(self, meter_time: datetime) -> Truths:
        """What current values must say that were read in this minute."""
        shown = self._symbols(f"{self.layout.current} {self.layout.totals}")
        numbers = numbers_at(self.memory, _minute(meter_time))
        return truths(shown, self.layout.units, self.memory, numbers, self.layout.totals.split())

    def truth_archive(self, kind: ArchiveKind, start: datetime) -> Truths | None:
        """What the record of this slot must say; None when the meter rightly has none."""
        if kind not in RECORDS_KEPT or not self.memory.has_record(kind, start, RECORDS_KEPT[kind]):
            return None
        numbers = numbers_over(self.memory, slot_at(kind, start))
        held = self._symbols(self.layout.record)
        return truths(held, self.layout.units, self.memory, numbers)

    def _symbols(self, names: str) -> list[tuple[str, int]]:
        return [(name, one.circuit) for one in self.layout.inputs for name in names.split()]

    def _answers(self, function: int, data: bytes) -> Iterator[bytes]:
        if function == SESSION:
            yield self.layout.answer
        elif function == READ_RAM:
            yield self._ram(data)
        elif function == READ_FLASH:
            yield from self._pages(data)
        elif function in FIND:
            yield self._record(FIND[function], data)
        else:
            raise Refused(UNKNOWN_REQUEST)

    def _ram(self, data: bytes) -> bytes:
        address, size = int.from_bytes(data[:2], "little"), data[2]
        if not 1 <= size <= MOST_RAM:
            raise Refused(BAD_PARAMETERS)
        return _cut(self._ram_regions(), address, size)

    def _pages(self, data: bytes) -> Iterator[bytes]:
        first, count = int.from_bytes(data[:2], "little"), data[2]
        if not 1 <= count <= MOST_PAGES:
            raise Refused(BAD_PARAMETERS)
        image = _cut(self._flash_regions(), first * PAGE, count * PAGE)
        for at in range(0, len(image), PAGE):
            yield image[at : at + PAGE]

    def _ram_regions(self) -> Iterator[Region]:
        layout, now = self.layout, self.memory.meter_time()
        minute = _minute(now)
        shown = bytes((now.year - 2000, now.month, now.day, now.hour, now.minute, now.second))
        yield CLOCK, len(shown), lambda: shown
        for one in layout.inputs:
            yield one.current, 4 * len(layout.current.split()), partial(self._measured, one, minute)
            yield one.increments, 4 * len(layout.totals.split()), partial(self._increments, one, minute)

    def _flash_regions(self) -> Iterator[Region]:
        layout = self.layout
        texts = {**layout.settings, layout.identifier: self.serial}
        texts |= {one.scheme: str(self.scheme) for one in layout.inputs}
        for address, text in texts.items():
            yield address, 16, partial(_setting, text)
        hour = slot_start(ArchiveKind.HOUR, self.memory.meter_time())
        for one in layout.inputs:
            yield one.totals, 8 * len(layout.totals.split()), partial(self._totals, one, hour)

    def _measured(self, one: Input, minute: datetime) -> bytes:
        numbers = numbers_at(self.memory, minute)
        return b"".join(memory_float(number) for number in self._row(self.layout.current, one, numbers))

    def _totals(self, one: Input, hour: datetime) -> bytes:
        """As they stood at the last full hour: a whole number and the rest."""
        levels = list(self._row(self.layout.totals, one, numbers_at(self.memory, hour)))
        return b"".join(
            int(level).to_bytes(4, "little") + memory_float(level - int(level)) for level in levels
        )

    def _increments(self, one: Input, minute: datetime) -> bytes:
        since = MeterSlot(slot_start(ArchiveKind.HOUR, minute), minute)
        numbers = numbers_over(self.memory, since)
        return b"".join(memory_float(number) for number in self._row(self.layout.totals, one, numbers))

    def _record(self, kind: ArchiveKind, stamp: bytes) -> bytes:
        one = next((one for one in self.layout.inputs if one.channel == self._channel), None)
        start = self._start(kind, stamp)
        if one is None or one.circuit > self.memory.circuits:
            raise Refused(NO_DATA)
        if not self.memory.has_record(kind, start, RECORDS_KEPT[kind]):
            raise Refused(NO_DATA)
        numbers = numbers_over(self.memory, slot_at(kind, start))
        floats = (memory_float(number) for number in self._row(self.layout.record, one, numbers))
        flags = self.flags[::-1] if self._flags_high_first else self.flags
        return (flags + bytes((self.scheme,)) + b"".join(floats)).ljust(self.layout.record_size, b"\x00")

    def _start(self, kind: ArchiveKind, stamp: bytes) -> datetime:
        """The start of the slot that this date names; Refused for no date at all."""
        year, month, day, hour = stamp
        try:
            named = datetime.fromisoformat(f"{1900 + year}-{month:02}-{day or 1:02}T{hour:02}:00:00")
        except ValueError as error:
            raise Refused(BAD_PARAMETERS) from error
        is_end = kind is ArchiveKind.HOUR or self._labels_are_ends
        return slot_start(kind, named - _MOMENT) if is_end else named

    def _row(self, names: str, one: Input, numbers: Numbers) -> Iterator[Decimal]:
        present = one.circuit <= self.memory.circuits
        for name in names.split():
            yield amount(name, one.circuit, self.layout.units, numbers) if present else Decimal(0)


def _cut(regions: Iterable[Region], address: int, size: int) -> bytes:
    """These bytes of a memory that is zero where no region stands."""
    image = bytearray(size)
    for begin, length, content in regions:
        if begin < address + size and address < begin + length:
            for at, octet in enumerate(content(), begin - address):
                if 0 <= at < size:
                    image[at] = octet
    return bytes(image)


def _setting(text: str) -> bytes:
    return bytes(4) + text.encode("cp866").ljust(8, b" ") + bytes(4)


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
