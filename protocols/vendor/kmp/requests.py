"""Questions to a meter (kamstrup-kmp.md sections 3, 6 and 7; kamstrup-kmp-mc601-logs.md)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from protocols.vendor.kmp.values import to_decimal_date

GET_TYPE, GET_SERIAL, SET_CLOCK, GET_REGISTER = 0x01, 0x02, 0x09, 0x10
DAY_LOG, MONTH_LOG = 0x66, 0x65
LOG_TOWARDS_NOW, LOG_LAST, LOG_FROM_RECORD, LOG_TOWARDS_PAST = 0xA0, 0xA1, 0xA2, 0xA3
LOGGER: Final = 0xB8
FROM_ID, FROM_NEWEST = 0x06, 0x07

MOST_REGISTERS: Final = 8
"""Registers of one request."""
MOST_VALUES: Final = 16
"""Values of one reply of a log that is read by age."""


class Request(NamedTuple):
    """A command and its data; the destination is the dialogue's."""

    command: int
    data: bytes = b""


def get_registers(registers: Sequence[int]) -> Request:
    """The values of at most MOST_REGISTERS registers."""
    return Request(GET_REGISTER, bytes((len(registers),)) + _listed(registers))


def set_clock(moment: datetime) -> Request:
    """Sets date and time; acknowledged without a frame."""
    date, time = to_decimal_date(moment)
    return Request(SET_CLOCK, date.to_bytes(4, "big") + time.to_bytes(4, "big"))


def read_by_age(command: int, register: int, first: int, count: int) -> Request:
    """`count` values of one register, the newest first; record 1 is the newest of all."""
    return Request(command, register.to_bytes(2, "big") + first.to_bytes(2, "big") + bytes((count,)))


def read_log_from(log: int, registers: Sequence[int], count: int, record: int, longest: int) -> Request:
    """Records of a module's log from this record towards now; a reply has `longest` bytes at most."""
    return Request(LOG_FROM_RECORD, _logged(log, registers, count, longest) + record.to_bytes(2, "big"))


def read_log_before(log: int, registers: Sequence[int], count: int, moment: bytes, longest: int) -> Request:
    """Records of a module's log from a moment towards the past."""
    return Request(LOG_TOWARDS_PAST, _logged(log, registers, count, longest) + moment + bytes(2))


def log_moment(moment: datetime, *, seconds_first: bool) -> bytes:
    """The eight bytes of a time in a log request: the maker's document prints them in both orders."""
    parts = (moment.year % 100, moment.month, moment.day, moment.hour, moment.minute, moment.second, 0, 0)
    return bytes(reversed(parts)) if seconds_first else bytes(parts)


def read_logger_from(logger: int, identifier: int, count: int, registers: Sequence[int]) -> Request:
    """Entries of a logger from this log ID towards the past."""
    return Request(
        LOGGER, bytes((FROM_ID, logger)) + identifier.to_bytes(4, "big") + _wanted(count, registers)
    )


def read_logger_newest(logger: int, offset: int, count: int, registers: Sequence[int]) -> Request:
    """Entries of a logger towards the past, from the one so many before the newest."""
    return Request(
        LOGGER, bytes((FROM_NEWEST, logger)) + offset.to_bytes(2, "big") + _wanted(count, registers)
    )


def _wanted(count: int, registers: Sequence[int]) -> bytes:
    return count.to_bytes(2, "big") + bytes((len(registers),)) + _listed(registers)


def _logged(log: int, registers: Sequence[int], count: int, longest: int) -> bytes:
    return bytes((log, len(registers))) + _listed(registers) + bytes((count, longest))


def _listed(registers: Sequence[int]) -> bytes:
    return b"".join(register.to_bytes(2, "big") for register in registers)
