"""A VKT-7 as its line sees it: asleep until woken, one session, one read list (vkt7.md sections 2, 5, 7).

It keeps silent at a frame without wake-up bytes, at a damaged one and at other meters' ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from metering.calendar import ArchiveKind, MeterSlot, slot_start
from metering.errors import ConfigurationError
from protocols.vendor.vkt7.frames import (
    LARGEST,
    LARGEST_ADDRESS,
    READ,
    WAKE_UP,
    awake,
    is_sealed,
    read_answer,
    refusal,
    write_answer,
)
from simulators.memory import MeterMemory
from simulators.numbers import Numbers, numbers_at, numbers_over, truths_of
from simulators.plant import EPOCH
from simulators.truth import Truths
from simulators.vendor.vkt7.archive import KINDS, Archive
from simulators.vendor.vkt7.elements import (
    GROUPS,
    HEAT_INPUTS,
    PRESSURES,
    Element,
    absent,
    property_value,
    sent_in,
    value,
)

_NO_SUCH, _NO_DATA, _CHANGED = 2, 3, 5
_PROPERTIES, _CURRENT, _CURRENT_TOTALS = 6, 4, 5
_MARK: Final = 0x4000_0000
_BLOCK_SIZE, _VERSION_AT = 204, 61
_GOOD: Final = bytes((0xC0, 0x00))
_LARGEST_DATA: Final = LARGEST - 9


class Refused(Exception):
    """Ends the answering of a request; `code` goes back to the caller."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass(slots=True)
class Vkt7Meter:
    """One meter. Before `scheme_changed_at` its measurement scheme had no pressures."""

    model: str
    number: int
    serial: str
    memory: MeterMemory
    report_day: int = 31
    server_version: int = 1
    firmware: tuple[int, int] = (2, 7)
    scheme_changed_at: datetime = EPOCH
    _value_type: int | None = field(default=None, init=False)
    _date: datetime = field(default=EPOCH, init=False)
    _list: tuple[tuple[int, int], ...] = field(default=(), init=False)
    _fresh: bool = field(default=False, init=False)
    _earlier_scheme: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        if not (self.serial.isascii() and 1 <= len(self.serial) <= 8):
            raise ConfigurationError(f"A VKT-7's identifier has up to eight characters, not {self.serial!r}.")
        if not 0 <= self.number <= LARGEST_ADDRESS:
            raise ConfigurationError(f"A VKT-7's address is 0..{LARGEST_ADDRESS}, not {self.number}.")

    @property
    def address(self) -> str:
        return str(self.number)

    @property
    def archive(self) -> Archive:
        return Archive(self.memory, self.report_day)

    def hear(self, frame: bytes) -> bytes | None:
        """Its answer to one whole frame with its wake-up bytes; None when it has none to give."""
        woken, body = awake(frame)
        if woken < len(WAKE_UP) or not is_sealed(body) or body[0] not in (0, self.number):
            return None
        address, function = body[0], body[1]
        register = int.from_bytes(body[2:4], "big")
        try:
            if function == READ:
                return read_answer(address, self._read(register))
            self._write(register, body[7:-2])
            return write_answer(address, register)
        except Refused as refused:
            return refusal(address, function, refused.code)

    def truth_snapshot(self, meter_time: datetime) -> Truths:
        """Current values of the minute, and totals as they stood when its hour began."""
        return {
            **self._truths(_CURRENT, numbers_at(self.memory, _minute(meter_time))),
            **self._truths(_CURRENT_TOTALS, numbers_at(self.memory, _hour(meter_time))),
        }

    def truth_archive(self, kind: ArchiveKind, start: datetime) -> Truths | None:
        """What the record must say that belongs to the slot with this start."""
        slot = self.archive.covered(kind, start)
        if slot is None:
            return None
        value_type = next(number for number, each in KINDS.items() if each is kind)
        return self._truths(value_type, self._numbers(kind, slot), self._was_earlier(slot))

    def _truths(self, value_type: int, numbers: Numbers, earlier_scheme: bool = False) -> Truths:
        return truths_of(sent_in(self._active(earlier_scheme), value_type), numbers)

    def _elements(self) -> tuple[Element, ...]:
        inputs = HEAT_INPUTS[: self.memory.circuits]
        return tuple(element for heat_input in inputs for element in heat_input)

    def _active(self, earlier_scheme: bool) -> Iterator[Element]:
        lacking = PRESSURES if earlier_scheme else frozenset()
        return (element for element in self._elements() if element.code not in lacking)

    def _was_earlier(self, slot: MeterSlot) -> bool:
        return slot.end <= self.scheme_changed_at

    def _read(self, register: int) -> bytes:
        reader = READERS.get(register)
        if reader is None:
            raise Refused(_NO_SUCH)
        return reader(self)

    def _write(self, register: int, payload: bytes) -> None:
        writer = WRITERS.get(register)
        if writer is None:
            raise Refused(_NO_SUCH)
        writer(self, payload)

    def _start_or_list(self, payload: bytes) -> None:
        if len(payload) == 4:
            self._fresh, self._value_type, self._list = True, None, ()
            self._earlier_scheme = False
            return
        entries = [payload[at : at + 6] for at in range(0, len(payload), 6)]
        asked = [(int.from_bytes(one[:4], "little") & ~_MARK, one) for one in entries]
        self._list = tuple((code, self._size(code)) for code, _ in asked)
        if sum(size + 2 for _, size in self._list) > _LARGEST_DATA:
            raise Refused(_CHANGED)

    def _size(self, code: int) -> int:
        """Whatever size is written, the true one is sent."""
        known = {element.code: element.size for element in self._elements()}
        if code in known:
            return known[code]
        encoded = property_value(code, server_version=0)
        if encoded is None:
            raise Refused(_NO_SUCH)
        return len(encoded) - len(_GOOD)

    def _choose_type(self, payload: bytes) -> None:
        number = int.from_bytes(payload, "little")
        if number > _PROPERTIES:
            raise Refused(_NO_SUCH)
        self._value_type = number
        if number in (_CURRENT, _CURRENT_TOTALS):
            self._earlier_scheme = False

    def _choose_date(self, payload: bytes) -> None:
        kind = None if self._value_type is None else KINDS.get(self._value_type)
        if kind is None:
            raise Refused(_NO_SUCH)
        try:
            day, month, year, hour = payload
            date = datetime(2000 + year, month, day, hour)
        except ValueError as error:
            raise Refused(_NO_DATA) from error
        if self.archive.dated(kind, date) is None:
            raise Refused(_NO_DATA)
        self._date = date

    def _data(self) -> bytes:
        if self._fresh:
            self._fresh = False
            block = bytearray(_BLOCK_SIZE)
            block[_VERSION_AT] = self.server_version
            return bytes(block)
        if self._value_type is None or not self._list:
            raise Refused(_NO_SUCH)
        if self._value_type == _PROPERTIES:
            found = (property_value(code, self.server_version) for code, _ in self._list)
            return b"".join(each for each in found if each is not None)
        return self._values(self._value_type)

    def _values(self, value_type: int) -> bytes:
        numbers = self._chosen_numbers(value_type)
        elements = {element.code: element for element in self._active(self._earlier_scheme)}
        sent = b""
        for code, size in self._list:
            element = elements.get(code)
            known = element is not None and element.group in GROUPS[value_type]
            sent += value(element, numbers) if element is not None and known else absent(size)
        return sent

    def _chosen_numbers(self, value_type: int) -> Numbers:
        now = self.memory.meter_time()
        if value_type == _CURRENT:
            return numbers_at(self.memory, _minute(now))
        if value_type == _CURRENT_TOTALS:
            return numbers_at(self.memory, _hour(now))
        kind = KINDS[value_type]
        slot = self.archive.dated(kind, self._date)
        if slot is None:
            raise Refused(_NO_DATA)
        if self._was_earlier(slot) is not self._earlier_scheme:
            self._earlier_scheme = not self._earlier_scheme
            raise Refused(_CHANGED)
        return self._numbers(kind, slot)

    def _numbers(self, kind: ArchiveKind, slot: MeterSlot) -> Numbers:
        total = kind is ArchiveKind.TOTAL
        return numbers_at(self.memory, slot.end) if total else numbers_over(self.memory, slot)

    def _active_list(self) -> bytes:
        if self._value_type is None:
            raise Refused(_NO_SUCH)
        return b"".join(
            (element.code | _MARK).to_bytes(4, "little") + element.size.to_bytes(2, "little")
            for element in self._active(self._earlier_scheme)
        )

    def _clock(self) -> bytes:
        now = self.memory.meter_time()
        if self.firmware < (1, 9):
            raise Refused(_NO_SUCH)
        exact = (now.minute, now.second) if self.firmware >= (2, 7) else (0, 0)
        return _date_of(now) + bytes(exact) + _GOOD

    def _range(self) -> bytes:
        now, hours_from = self.memory.meter_time(), self.archive.first(ArchiveKind.HOUR)
        if _hour(now) <= hours_from:
            raise Refused(_NO_DATA)
        days_from = self.archive.first(ArchiveKind.DAY) if self.firmware >= (1, 7) else None
        dates = [_date_of(hours_from), _date_of(now)]
        return b"".join([*dates, _date_of(days_from)] if days_from else dates)

    def _service(self) -> bytes:
        version, revision = self.firmware
        schemes = [0x0200, 0x0200 if self.memory.circuits > 1 else 0]
        words = b"".join(scheme.to_bytes(2, "little") for scheme in schemes)
        name = self.serial.encode("ascii").ljust(8)
        return bytes((version << 4 | revision,)) + words + name + bytes((self.number, self.report_day, 1))

    def _subscriber(self) -> bytes:
        if self.firmware < (1, 9):
            raise Refused(_NO_SUCH)
        name = self.serial.encode("cp866")
        return len(name).to_bytes(2, "little") + name + _GOOD


READERS: Final[Mapping[int, Callable[[Vkt7Meter], bytes]]] = {
    0x3FFE: Vkt7Meter._data,
    0x3FFC: Vkt7Meter._active_list,
    0x3FFB: Vkt7Meter._clock,
    0x3FF6: Vkt7Meter._range,
    0x3FF9: Vkt7Meter._service,
    0x3EA6: Vkt7Meter._subscriber,
}
WRITERS: Final[Mapping[int, Callable[[Vkt7Meter, bytes], None]]] = {
    0x3FFF: Vkt7Meter._start_or_list,
    0x3FFD: Vkt7Meter._choose_type,
    0x3FFB: Vkt7Meter._choose_date,
}


def _date_of(moment: datetime) -> bytes:
    return bytes((moment.day, moment.month, moment.year - 2000, moment.hour))


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


def _hour(moment: datetime) -> datetime:
    return slot_start(ArchiveKind.HOUR, moment)
