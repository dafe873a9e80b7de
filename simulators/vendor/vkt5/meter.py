"""A VKT-5 of firmware 6.07 as its line sees it (vkt-5.md sections 1 to 4).

It keeps silent at other meters' frames.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from metering.calendar import ArchiveKind, MeterSlot, slot_at, slot_start
from metering.errors import ConfigurationError
from protocols.modbus.messages import Framing, frame
from simulators.memory import MeterMemory
from simulators.numbers import numbers_at, numbers_over, truths_of
from simulators.truth import Truths
from simulators.vendor.vkt5.data import (
    PIPES,
    Field,
    configuration,
    counted,
    durations,
    measured,
    sent_of,
    written,
)

READ_CURRENT, READ_ARCHIVE, WRITE, REFUSED = 0x03, 0x04, 0x10, 0x80
DEPTHS: Final = {ArchiveKind.HOUR: 1080, ArchiveKind.DAY: 45}

_NO_INPUT, _NO_DATE, _NO_RECORD, _UNKNOWN = 0, 2, 4, 7
_TIME: Final = 0x0B
_KINDS: Final = {0: ArchiveKind.DAY, 1: ArchiveKind.HOUR}
"""By the selector of function 04."""
_CURRENT, _TOTALS = 0, 2
"""Selectors of function 03."""

_FIRMWARE: Final = 0x67
_INPUT_STEP: Final = 28
_CODE_SIZE: Final = 13
_LARGEST_BYTE: Final = 255
_INSTANTS: Final = frozenset({"temperature", "pressure"})
_REGISTERS: Final = frozenset({"mass", "energy"})
_RATES: Final = frozenset({"mass", "power"})
_TIMES: Final = frozenset({"operating"})
_HOUR: Final = timedelta(hours=1)


class Refused(Exception):
    """Ends the answering of a request; `code` goes back to the caller."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Asked:
    """What a read request names."""

    selector: int
    part: int


@dataclass(slots=True)
class Vkt5Meter:
    """One meter; `choices` say what is true of what the maker's document leaves open."""

    model: str
    number: int
    serial: str
    memory: MeterMemory
    choices: Mapping[str, str] = field(default_factory=dict)
    _date: datetime | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        code, _, device = self.serial.rpartition("-")
        fits = device.isdecimal() and int(device) <= _LARGEST_BYTE
        if not fits or not code.isascii() or len(code) > _CODE_SIZE:
            raise ConfigurationError(
                "A VKT-5's serial is an organisation code of up to 13 characters and a device number, like "
                f"12345-7, not {self.serial!r}."
            )
        if not 1 <= self.number <= _LARGEST_BYTE:
            raise ConfigurationError(f"A VKT-5's address is 1..{_LARGEST_BYTE}, not {self.number}.")

    @property
    def address(self) -> str:
        return str(self.number)

    def hear(self, request: bytes) -> bytes | None:
        """Its answer to one whole frame; None when it has none to give."""
        if request[0] != self.number:
            return None
        function = request[1]
        try:
            answer = self._answer(function, request[2:-2])
            return frame(function, answer, self.number, Framing.RTU)
        except Refused as refused:
            return frame(function | REFUSED, bytes((refused.code,)), self.number, Framing.RTU)

    def truth_snapshot(self, meter_time: datetime) -> Truths:
        """What current values and totals must have said in this minute."""
        rates = _RATES if self.choices.get("rates") == "per_hour" else frozenset()
        numbers = numbers_at(self.memory, _minute(meter_time))
        current = [each for circuit in self._circuits() for each in measured(circuit)]
        totals = [each for circuit in self._circuits() for each in self._counted(circuit, "d")]
        sent = sent_of(current, _INSTANTS | rates) + sent_of(totals, _REGISTERS | self._times())
        return truths_of(sent, numbers)

    def truth_archive(self, kind: ArchiveKind, start: datetime) -> Truths | None:
        """What the record of this slot must say; None when there is none."""
        if kind not in DEPTHS or not self.memory.has_record(kind, start, DEPTHS[kind]):
            return None
        families = _INSTANTS | _REGISTERS | self._times()
        numbers = numbers_over(self.memory, slot_at(kind, start))
        sent = [
            each for circuit in self._circuits() for each in sent_of(self._counted(circuit, "f"), families)
        ]
        return truths_of(sent, numbers)

    def _times(self) -> frozenset[str]:
        return _TIMES if self.choices.get("operating_time", "unread") != "unread" else frozenset()

    def _counted(self, circuit: int, register: str) -> tuple[Field, ...]:
        unit = self.choices.get("operating_time", "h")
        return counted(circuit, register, "h" if unit == "unread" else unit)

    def _circuits(self) -> range:
        return range(1, self.memory.circuits + 1)

    def _answer(self, function: int, asked: bytes) -> bytes:
        if function == WRITE:
            return self._choose(asked)
        reader = READERS.get((function, asked[0] & 0x3F))
        if reader is None:
            raise Refused(_UNKNOWN)
        data = reader(self, Asked(asked[0] >> 6, asked[1]))
        return bytes((len(data),)) + data

    def _choose(self, asked: bytes) -> bytes:
        """The archive date; whether there is a record is told when it is read."""
        if asked[0] != _TIME or len(asked) != 13:
            raise Refused(_UNKNOWN)
        try:
            self._date = datetime(*struct.unpack(">4H", asked[5:]))
        except ValueError as error:
            raise Refused(_NO_DATE) from error
        return asked[:4]

    def _chosen(self, asked: Asked) -> MeterSlot:
        kind = _KINDS.get(asked.selector)
        if kind is None or self._date is None:
            raise Refused(_NO_RECORD)
        ends = kind is ArchiveKind.HOUR and self.choices.get("stamp") == "end"
        slot = slot_at(kind, slot_start(kind, self._date - _HOUR if ends else self._date))
        if not self.memory.has_record(kind, slot.start, DEPTHS[kind]):
            raise Refused(_NO_DATE)
        return slot

    def _circuit(self, number: int) -> int:
        if number not in self._circuits():
            raise Refused(_NO_INPUT)
        return number

    def _current_input(self, asked: Asked) -> bytes:
        circuit = self._circuit(asked.part // _INPUT_STEP)
        fields = {_CURRENT: measured(circuit), _TOTALS: self._counted(circuit, "d")}.get(asked.selector)
        if fields is None:
            raise Refused(_UNKNOWN)
        return written(fields, numbers_at(self.memory, _minute(self.memory.meter_time())))

    def _archived_input(self, asked: Asked) -> bytes:
        slot, circuit = self._chosen(asked), self._circuit(asked.part // _INPUT_STEP)
        return written(self._counted(circuit, "f"), numbers_over(self.memory, slot))

    def _durations(self, asked: Asked) -> bytes:
        slot, circuit = self._chosen(asked), self._circuit(asked.part)
        return durations(int(self.memory.amount("error_time", circuit, slot) * 60))

    def _configuration(self, asked: Asked) -> bytes:
        return configuration(self.memory.circuits)

    def _clock(self, asked: Asked) -> bytes:
        now = self.memory.meter_time()
        return struct.pack(">5H", now.year, now.month, now.day, now.hour, now.minute)

    def _firmware(self, asked: Asked) -> bytes:
        return bytes((0, _FIRMWARE))

    def _requisites(self, asked: Asked) -> bytes:
        code, _, device = self.serial.rpartition("-")
        return code.encode("ascii").ljust(_CODE_SIZE) + bytes((0, int(device), 0, len(PIPES)))


READERS: Final[Mapping[tuple[int, int], Callable[[Vkt5Meter, Asked], bytes]]] = {
    (READ_CURRENT, 0x00): Vkt5Meter._current_input,
    (READ_CURRENT, 0x0A): Vkt5Meter._configuration,
    (READ_CURRENT, _TIME): Vkt5Meter._clock,
    (READ_CURRENT, 0x0E): Vkt5Meter._firmware,
    (READ_CURRENT, 0x0F): Vkt5Meter._requisites,
    (READ_ARCHIVE, 0x00): Vkt5Meter._archived_input,
    (READ_ARCHIVE, 0x04): Vkt5Meter._durations,
}
"""By function and name."""


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
