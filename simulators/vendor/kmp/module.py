"""The interval log of a module or of MULTICAL 801 (A2, A3): records by ID (kamstrup-kmp.md section 6)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from simulators.vendor.kmp.logs import BoundaryLog

FROM_RECORD, TOWARDS_PAST = 0xA2, 0xA3
INTERVAL_LOG: Final = 1
FIRST_RECORD: Final = 0x10F3
"""The ID of the first record after installation."""

EMPTY, OUT_OF_RANGE, CUT_SHORT = 0x01, 0x04, 0x08
MOST_REGISTERS: Final = 8

_HEADER: Final = 5
_IDS: Final = 0x10000


class Module:
    """One interval log; `seconds_first`: how it reads the bytes of a time."""

    def __init__(self, log: BoundaryLog, *, seconds_first: bool) -> None:
        self.log = log
        self._seconds_first = seconds_first

    def answer(self, command: int, asked: bytes) -> bytes | None:
        """The reply's data; silence to other logs and commands."""
        if len(asked) < 2 or asked[0] != INTERVAL_LOG or asked[1] > MOST_REGISTERS:
            return None
        end = 2 + 2 * asked[1]
        wanted = [int.from_bytes(asked[at : at + 2], "big") for at in range(2, end, 2)]
        kept = [register for register in wanted if self.log.has(register)]
        count, longest = asked[end], asked[end + 1]
        entries = self._entries(command, asked[end + 2 :], count)
        if entries is None:
            return None
        return self._reply(entries, kept, longest)

    def _entries(self, command: int, place: bytes, count: int) -> Sequence[int] | None:
        """Numbers of the entries that are asked for; empty when there are none from there on."""
        log = self.log
        if command == FROM_RECORD and len(place) == 2:
            age = (self._record(log.count - 1) - int.from_bytes(place, "big")) % _IDS
            first = log.count - 1 - age
            return range(first, min(first + count, log.count)) if first >= log.oldest else ()
        if command == TOWARDS_PAST and len(place) == 10:
            moment = self._moment(place[:8])
            newest = bisect_right(log.boundaries, moment) - 1 if moment else -1
            return range(newest, max(newest - count, log.oldest - 1), -1) if newest >= log.oldest else ()
        return None

    def _reply(self, entries: Sequence[int], registers: Sequence[int], longest: int) -> bytes:
        log, rows, info = self.log, bytes((INTERVAL_LOG, len(registers))), 0
        for place, entry in enumerate(entries):
            values = (log.value(register, log.boundaries[entry]) for register in registers)
            row = b"".join(value[_HEADER * (place > 0) :] for value in values)
            if 1 + len(rows) + 2 + len(row) + 5 > longest:
                info |= CUT_SHORT
                break
            rows += self._record(entry).to_bytes(2, "big") + row
        if not entries:
            info |= OUT_OF_RANGE if log.count else EMPTY
        newest = self._record(log.count - 1).to_bytes(2, "big")
        return rows + newest + newest + bytes((info,))

    def _record(self, entry: int) -> int:
        return (FIRST_RECORD + entry) % _IDS

    def _moment(self, octets: bytes) -> datetime | None:
        year, month, day, hour, minute, second = (octets[::-1] if self._seconds_first else octets)[:6]
        try:
            return datetime(2000 + year, month, day, hour, minute, second)
        except ValueError:
            return None
