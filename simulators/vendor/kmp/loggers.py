"""Loggers of newer meters (B8): entries by their log IDs, towards the past (kamstrup-kmp.md section 7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from simulators.vendor.kmp.logs import BoundaryLog

FROM_ID, FROM_NEWEST = 0x06, 0x07
NO_ENTRIES, OUT_OF_RANGE, UNSUPPORTED, CUT_SHORT, TAIL, HEAD = 0x01, 0x02, 0x08, 0x10, 0x40, 0x80
FIRST_ID: Final = 1

_LONGEST: Final = 236
_HEADER: Final = 5


class Loggers:
    """All loggers of a meter, by their numbers."""

    def __init__(self, logs: Mapping[int, BoundaryLog]) -> None:
        self.logs = logs

    def answer(self, asked: bytes) -> bytes | None:
        """The reply's data; silence to what is no read command or no logger of this meter."""
        log = self.logs.get(asked[1]) if len(asked) > 1 else None
        size = {FROM_ID: 4, FROM_NEWEST: 2}.get(asked[0]) if log else None
        if log is None or size is None or len(asked) < 2 + size + 3:
            return None
        place, rest = int.from_bytes(asked[2 : 2 + size], "big"), asked[2 + size :]
        number = place - FIRST_ID if asked[0] == FROM_ID else log.count - 1 - place
        wanted = [int.from_bytes(rest[at : at + 2], "big") for at in range(3, len(rest) - 1, 2)]
        return asked[:2] + _reply(log, number, int.from_bytes(rest[:2], "big"), wanted)


def _reply(log: BoundaryLog, number: int, count: int, wanted: Sequence[int]) -> bytes:
    kept = [register for register in wanted if log.has(register)]
    info = UNSUPPORTED if len(kept) < len(wanted) else 0
    rows: list[bytes] = []
    if not log.oldest <= number < log.count:
        return _head(log, 0, 0, number, info | NO_ENTRIES | OUT_OF_RANGE)
    for entry in range(number, max(number - count, log.oldest - 1), -1):
        row = _row(log, entry, kept, headed=not rows)
        if sum(map(len, rows)) + len(row) > _LONGEST:
            info |= CUT_SHORT
            break
        rows.append(row)
    info |= HEAD if number == log.count - 1 else 0
    info |= TAIL if number - len(rows) < log.oldest else 0
    return _head(log, len(rows), len(kept), number, info) + b"".join(rows)


def _row(log: BoundaryLog, entry: int, registers: Sequence[int], *, headed: bool) -> bytes:
    values = (log.value(register, log.boundaries[entry]) for register in registers)
    return b"".join(value if headed else value[_HEADER:] for value in values)


def _head(log: BoundaryLog, entries: int, registers: int, number: int, info: int) -> bytes:
    first, newest = max(0, number + FIRST_ID), max(0, log.count - 1 + FIRST_ID)
    return b"".join(
        (
            entries.to_bytes(2, "big"),
            bytes((registers,)),
            first.to_bytes(4, "big"),
            newest.to_bytes(4, "big"),
            info.to_bytes(2, "big"),
        )
    )
