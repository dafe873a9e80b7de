"""Clocks and stamps: BCD or binary parts in some order, or Unix seconds. Meter time, naive.

Sources: tem-104.md sections 4 to 7a.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from metering.errors import DecodeError
from protocols.fields import bcd
from protocols.vendor.tem.commands import Memory

CENTURY: Final = 2000
EPOCH: Final = datetime.combine(date(1970, 1, 1), time())

STAMP: Final[Mapping[str, int]] = {"hour": 0, "day": 1, "month": 2, "year": 3}
"""Four bytes of a record of TEM-104, TEM-104-1 and TEM-106."""
STAMP_DAY_FIRST: Final[Mapping[str, int]] = {"day": 0, "month": 1, "year": 2, "hour": 3}
"""Four bytes of a record of TEM-104-K."""

_CONTIGUOUS: Final[Mapping[str, int]] = {
    name: at for at, name in enumerate(("second", "minute", "hour", "day", "month", "year"))
}
_WITH_WEEKDAY: Final[Mapping[str, int]] = {**_CONTIGUOUS, "day": 4, "month": 5, "year": 6}
_WITH_ALARMS: Final[Mapping[str, int]] = {
    "second": 0,
    "minute": 2,
    "hour": 4,
    "day": 7,
    "month": 8,
    "year": 9,
}


@dataclass(frozen=True, slots=True)
class Clock:
    """Where the clock lies. `layouts`: orders of its parts; the first that gives a date is taken."""

    memory: Memory
    at: int
    size: int
    layouts: tuple[Mapping[str, int], ...]
    binary: bool = False

    def decode(self, data: bytes) -> datetime:
        """The meter's time; DecodeError when no calendar has it."""
        times = (moment(data, layout, binary=self.binary) for layout in self.layouts)
        found = next((one for one in times if one is not None), None)
        if found is None:
            raise DecodeError(
                f"The meter's clock says {data.hex(' ')}, which is no date: its clock is not set, or this is "
                "another model than the registered one."
            )
        return found


def moment(data: bytes, layout: Mapping[str, int], *, binary: bool = False) -> datetime | None:
    """The date and time of these bytes; None when no calendar has it."""
    parts = {name: data[at] if binary else bcd(data[at : at + 1]) for name, at in layout.items()}
    year, month, day, hour, minute, second = (
        parts.get(name, 0) for name in ("year", "month", "day", "hour", "minute", "second")
    )
    if None in (year, month, day, hour, minute, second):
        return None
    try:
        return datetime.combine(
            date(CENTURY + (year or 0), month or 0, day or 0), time(hour or 0, minute or 0, second or 0)
        )
    except ValueError:
        return None


def unix_time(seconds: int) -> datetime:
    """Seconds since 1970, without a zone."""
    return EPOCH + timedelta(seconds=seconds)


TEM_104: Final = Clock(Memory.CLOCK, 0x10, 10, (_WITH_ALARMS, _CONTIGUOUS))
"""The maker's order first; one program found the parts side by side."""
TEM_104_1: Final = Clock(Memory.CLOCK, 0x00, 7, (_WITH_WEEKDAY,))
TEM_106: Final = Clock(Memory.TIMER, 0x0482, 6, (_CONTIGUOUS,))
TEM_104M: Final = Clock(Memory.CLOCK, 0x00, 6, (_CONTIGUOUS,), binary=True)
"""The document lists seven registers and allows six at once; the day of the week is left out."""
