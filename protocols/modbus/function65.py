"""The query of function 65 (41h): archive records of an array, by index or by the time of archiving.

Source: Vzlet, description of Modbus, appendix with function 65. Both directions: the meter asks, the
simulated meter reads the question.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from metering.errors import DecodeError
from protocols.modbus.moments import meter_time

BY_INDEX: Final = 0
BY_TIME: Final = 1
INDEX_SIZE: Final = 7
TIME_SIZE: Final = 11


@dataclass(frozen=True, slots=True)
class ArchiveQuery:
    """`count` records of an array from the one at this index, or from the one archived at this meter time."""

    array: int
    first: int | datetime
    count: int = 1

    def encode(self) -> bytes:
        """The data of the request PDU."""
        head = self.array.to_bytes(2, "big") + self.count.to_bytes(2, "big")
        if isinstance(self.first, int):
            return head + bytes([BY_INDEX]) + self.first.to_bytes(2, "big")
        at = self.first
        return head + bytes([BY_TIME, at.second, at.minute, at.hour, at.day, at.month, at.year % 100])


def decode(data: bytes) -> ArchiveQuery:
    """The query of a request PDU; years 70-99 are of the last century. DecodeError when it is none."""
    array, count = int.from_bytes(data[:2], "big"), int.from_bytes(data[2:4], "big")
    if len(data) == INDEX_SIZE and data[4] == BY_INDEX:
        return ArchiveQuery(array, int.from_bytes(data[5:7], "big"), count)
    if len(data) == TIME_SIZE and data[4] == BY_TIME:
        return ArchiveQuery(array, _moment(data[5:]), count)
    raise DecodeError(f"{data.hex(' ')} is no query of function 65.")


def _moment(parts: bytes) -> datetime:
    second, minute, hour, day, month, year = parts
    return meter_time(year + (1900 if year >= 70 else 2000), month, day, hour, minute, second)
