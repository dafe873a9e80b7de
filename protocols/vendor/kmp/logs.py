"""The two kinds of logs whose entries carry their own stamp: a module's (A2, A3) and a logger (B8)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from metering.errors import DecodeError, FrameError, NotSupported
from protocols.conversation import Conversation
from protocols.vendor.kmp.dialogue import Dialogue
from protocols.vendor.kmp.log_search import Entry
from protocols.vendor.kmp.registers import CLOCK, DATE
from protocols.vendor.kmp.replies import (
    LOG_EMPTY,
    LOGGER_INVALID_REQUEST,
    LOGGER_MEMORY_ERROR,
    LogReply,
    Row,
    log_of,
    logger_of,
)
from protocols.vendor.kmp.requests import (
    FROM_ID,
    FROM_NEWEST,
    Request,
    log_moment,
    read_log_before,
    read_log_from,
    read_logger_from,
    read_logger_newest,
)
from protocols.vendor.kmp.values import decimal_date

STAMP: Final = (DATE, CLOCK)
"""The registers that every entry is asked for, so that it says when it was written."""

LARGEST_QUESTION: Final = 32
"""Entries asked for at once; the meter sends as many as its reply holds."""

_LONGEST: Final = 0xFA
_FIXED, _A_REGISTER, _A_RECORD, _A_VALUE = 8, 5, 2, 4
"""Bytes of a module's reply: without anything, for each register, for each record, for each value in it."""

_RECORD_IDS: Final = 0x10000


class ModuleLog:
    """The interval log of a top or base module, or of MULTICAL 801 itself: records by their IDs."""

    INTERVAL: Final = 1

    def __init__(
        self, dialogue: Dialogue, registers: Sequence[int], now: datetime, *, seconds_first: bool
    ) -> None:
        self._dialogue = dialogue
        self._registers = (*STAMP, *registers)
        self._now = log_moment(now, seconds_first=seconds_first)
        self._newest = 0

    def newest(self, count: int) -> Conversation[list[Entry]]:
        """The newest record, asked for by the meter's own time; from it on records are asked for by ID."""
        request = read_log_before(self.INTERVAL, self._registers, 1, self._now, _LONGEST)
        reply = log_of((yield from self._dialogue.ask(request, _is_whole)))
        if reply.info & LOG_EMPTY:
            return []
        if not reply.records:
            raise NotSupported(
                "The log does not know the meter's own time: it wants its bytes in the other order. Set the "
                "line's choice kmp.log_time to the other word."
            )
        self._newest = reply.newest
        return self._entries(reply)

    def entries(self, age: int, count: int) -> Conversation[list[Entry]]:
        """A reply goes towards now, so it is begun further back: by one record where that is out of range."""
        taken = min(count, self._most())
        reply = yield from self._from(self._newest - age - taken + 1, taken)
        if not reply.records and taken > 1:
            reply = yield from self._from(self._newest - age, 1)
        return self._entries(reply)

    def _from(self, record: int, count: int) -> Conversation[LogReply]:
        request = read_log_from(self.INTERVAL, self._registers, count, record % _RECORD_IDS, _LONGEST)
        return log_of((yield from self._dialogue.ask(request, _is_whole)))

    def _entries(self, reply: LogReply) -> list[Entry]:
        return [
            Entry((self._newest - identifier) % _RECORD_IDS, stamp_of(row), row)
            for identifier, row in reply.records.items()
        ]

    def _most(self) -> int:
        """Records that one reply holds (section 6: 3 + 2m + 5n + 4mn + 5 bytes)."""
        count = len(self._registers)
        return (_LONGEST - _FIXED - _A_REGISTER * count) // (_A_RECORD + _A_VALUE * count)


class Logger:
    """A logger of MULTICAL 403 and 603: entries by their log IDs."""

    def __init__(self, dialogue: Dialogue, number: int, registers: Sequence[int]) -> None:
        self._dialogue = dialogue
        self._number = number
        self._registers = (*STAMP, *registers)
        self._newest = 0

    def newest(self, count: int) -> Conversation[list[Entry]]:
        """The newest entries; the reply says the newest ID, too."""
        asked = min(count, LARGEST_QUESTION)
        request = read_logger_newest(self._number, 0, asked, self._registers)
        reply = yield from self._ask(request, FROM_NEWEST)
        self._newest = max(reply.records, default=reply.newest)
        return self._entries(reply)

    def entries(self, age: int, count: int) -> Conversation[list[Entry]]:
        """IDs count up from the first entry ever written."""
        identifier = self._newest - age
        if identifier < 0:
            return []
        asked = min(count, LARGEST_QUESTION)
        request = read_logger_from(self._number, identifier, asked, self._registers)
        reply = yield from self._ask(request, FROM_ID)
        return self._entries(reply)

    def _ask(self, request: Request, sub: int) -> Conversation[LogReply]:
        def fits(data: bytes) -> bool:
            return data[:2] == bytes((sub, self._number)) and _is_readable(data)

        reply = logger_of((yield from self._dialogue.ask(request, fits)))
        if reply.info & LOGGER_INVALID_REQUEST:
            raise NotSupported(
                f"The meter calls a request to its logger {self._number} invalid: check the registered model."
            )
        return reply

    def _entries(self, reply: LogReply) -> list[Entry]:
        is_sound = not reply.info & LOGGER_MEMORY_ERROR
        return [
            Entry(self._newest - identifier, stamp_of(row), row, is_sound)
            for identifier, row in reply.records.items()
        ]


def stamp_of(row: Row) -> datetime:
    """When an entry was written; FrameError when it does not say so."""
    if any(register not in row for register in STAMP):
        raise FrameError("The log sent an entry without date and clock; no entry can be told from another.")
    return decimal_date(row[DATE].integer, row[CLOCK].integer)


def _is_whole(data: bytes) -> bool:
    try:
        log_of(data)
    except DecodeError:
        return False
    return True


def _is_readable(data: bytes) -> bool:
    try:
        logger_of(data)
    except DecodeError:
        return False
    return True
