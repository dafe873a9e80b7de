"""What a VKT-7 can be asked, and what its refusals of each question mean (vkt7.md section 2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from types import MappingProxyType
from typing import Final

from metering.errors import ConfigurationChanged, FrameError, MeterError, NotSupported
from protocols.vendor.vkt7.frames import (
    LARGEST_BUFFER,
    READ,
    REFUSED,
    SESSION,
    SESSION_MARK,
    WAKE_UP,
    WRITE,
    answer_sizes,
    frames_in,
    read_request,
    write_request,
)
from protocols.vendor.vkt7.information import RANGE_SIZES, SERVICE_SIZES

DATA, VALUE_TYPE, ACTIVE_LIST, DATE = 0x3FFE, 0x3FFD, 0x3FFC, 0x3FFB
SERVICE, DATE_RANGE, SUBSCRIBER = 0x3FF9, 0x3FF6, 0x3EA6
CLOCK: Final = DATE
"""The date that is written is the archive's; what is read is the clock."""

NO_SUCH, NO_DATA, CHANGED = 2, 3, 5

LISTED: Final = 0x4000_0000
"""Set in every address of a written read list."""

LARGEST_CODE: Final = 82
"""The highest code of an element."""
_SESSION_DATA: Final = bytes((0x80, 0, 0, 0))
_CLOCK_SIZE: Final = 8
_ENTRY_SIZE: Final = 6

Refusals = Mapping[int, tuple[type[MeterError], str]]

_USUAL: Final[Refusals] = MappingProxyType(
    {
        NO_SUCH: (NotSupported, "it does not know this; check the registered model and its firmware"),
        NO_DATA: (NotSupported, "it has no data of this date"),
        CHANGED: (NotSupported, "the list is too long for it"),
    }
)
_OF_DATA: Final[Refusals] = MappingProxyType(
    {
        NO_SUCH: (ConfigurationChanged, "it has forgotten what is to be read; the session begins anew"),
        CHANGED: (ConfigurationChanged, "its measurement scheme changed; the settings are read again"),
    }
)


class ValueType(IntEnum):
    """What the read list is about."""

    HOUR = 0
    DAY = 1
    MONTH = 2
    TOTAL = 3
    CURRENT = 4
    CURRENT_TOTALS = 5
    PROPERTIES = 6


@dataclass(frozen=True, slots=True)
class Item:
    """An element of a list: its code, and how many bytes its value has."""

    code: int
    size: int


def _anything(data: bytes) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Question:
    """A request and the marks of its answer.

    `size`: the bytes of data that the answer must have; None: any that `fits`, for no answer says what was
    asked, and a late one must not pass for another. A start of session is answered with content to be
    ignored, so that its answer need not repeat the register (`echoes`).
    """

    function: int
    register: int
    about: str
    count: int = 0
    payload: bytes = b""
    byte_count: int | None = None
    size: int | None = None
    fits: Callable[[bytes], bool] = _anything
    echoes: bool = True
    refusals: Refusals = field(default_factory=lambda: _USUAL)

    def request(self, address: int) -> bytes:
        """The bytes to send: wake-up and frame."""
        if self.function == READ:
            return WAKE_UP + read_request(address, self.register, self.count)
        return WAKE_UP + write_request(address, self.register, self.payload, self.byte_count)

    def find(self, address: int, buffer: bytes) -> tuple[int, int] | None:
        """Where the answer to exactly this question begins and ends; None while it is not there."""
        buffer = bytes(buffer[:LARGEST_BUFFER])

        def sizes(head: bytes) -> tuple[int, ...]:
            return answer_sizes(head) if head[:1] == bytes((address,)) and self._begins(head[1:]) else ()

        found = frames_in(buffer, sizes)
        return next((extent for extent in found if self._is_answer(buffer[slice(*extent)])), None)

    def answer(self, address: int, reply: bytes) -> bytes | int:
        """The data of the answer, or the code with which the meter refuses."""
        found = self.find(address, reply)
        if found is None:
            raise FrameError
        frame = reply[slice(*found)]
        if frame[1] & REFUSED:
            return frame[2]
        return frame[3:-2] if self.function == READ else b""

    def refused(self, address: int, code: int) -> MeterError:
        """What it means that the meter answered with this code."""
        kind, meaning = self.refusals.get(code, (MeterError, "the reference does not explain this code"))
        return kind(f"Meter {address} refused {self.about} with code {code}: {meaning}.")

    def _is_answer(self, frame: bytes) -> bool:
        return frame[1] != READ or self.fits(frame[3:-2])

    def _begins(self, head: bytes) -> bool:
        if head[:1] == bytes((self.function | REFUSED,)):
            return True
        if head[:1] != bytes((self.function,)) or len(head) < 3:
            return False
        if self.function == READ:
            return self.size is None or head[1] == self.size
        return not self.echoes or head[1:3] == self.register.to_bytes(2, "big")


def start_session() -> Question:
    return Question(
        WRITE, SESSION, "the start of a session", payload=_SESSION_DATA, byte_count=SESSION_MARK, echoes=False
    )


def read_data(size: int | None = None) -> Question:
    """The values of the read list; directly after the start of a session the service block."""
    return Question(READ, DATA, "reading values", size=size, refusals=_OF_DATA)


def active_list() -> Question:
    return Question(READ, ACTIVE_LIST, "the list of active elements", fits=_is_list)


def write_list(items: tuple[Item, ...]) -> Question:
    payload = b"".join(
        (item.code | LISTED).to_bytes(4, "little") + item.size.to_bytes(2, "little") for item in items
    )
    return Question(WRITE, SESSION, f"a list of {len(items)} elements", payload=payload)


def items_of(data: bytes) -> tuple[Item, ...]:
    """The elements of a list, without the mark; their sizes are as the meter says."""
    entries = (data[at : at + _ENTRY_SIZE] for at in range(0, len(data) - _ENTRY_SIZE + 1, _ENTRY_SIZE))
    return tuple(
        Item(int.from_bytes(entry[:4], "little") & ~LISTED, int.from_bytes(entry[4:], "little"))
        for entry in entries
    )


def _is_list(data: bytes) -> bool:
    return len(data) % _ENTRY_SIZE == 0 and all(item.code <= LARGEST_CODE for item in items_of(data))


def write_type(value_type: ValueType) -> Question:
    payload = value_type.to_bytes(2, "little")
    return Question(WRITE, VALUE_TYPE, f"values of type {value_type.value}", payload=payload)


def write_date(moment: datetime) -> Question:
    payload = bytes((moment.day, moment.month, moment.year % 100, moment.hour))
    return Question(WRITE, DATE, f"the archive of {moment:%d.%m.%Y %Hh}", payload=payload)


def read_clock() -> Question:
    return Question(READ, CLOCK, "its clock", size=_CLOCK_SIZE)


def date_range() -> Question:
    return Question(READ, DATE_RANGE, "the range of its archives", fits=lambda data: len(data) in RANGE_SIZES)


def service_information() -> Question:
    return Question(READ, SERVICE, "its service information", fits=lambda data: len(data) in SERVICE_SIZES)


def subscriber() -> Question:
    return Question(READ, SUBSCRIBER, "the subscriber's identifier", count=8)
