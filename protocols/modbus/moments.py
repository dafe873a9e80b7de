"""How meters write dates: Unix seconds of their own local time, or one byte a part in some order.

A part may also be `unused`, or `year_low` and `year_high`: the two bytes of a year that is written in full.

Every date here is meter time: naive, by the meter's own clock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from metering.errors import DecodeError

PARTS: Final = ("year", "month", "day", "hour", "minute", "second")
WRITTEN: Final = (*PARTS, "unused", "year_low", "year_high")
UNIX: Final = ("unix",)
"""Four bytes, high first: seconds since 1970 on the meter's own clock, without a zone."""

_EPOCH: Final = datetime.combine(date(1970, 1, 1), time())
_CENTURY: Final = 2000
_BYTES: Final[Mapping[str, Callable[[datetime], int]]] = {
    "year": lambda moment: moment.year % 100,
    "year_low": lambda moment: moment.year & 0xFF,
    "year_high": lambda moment: moment.year >> 8,
    "unused": lambda moment: 0,
}


@dataclass(frozen=True, slots=True)
class MomentLayout:
    """The order of the parts, one byte each, or `unix`. `mask` takes flags out of every byte.

    Parts that are not sent are the first of their kind: midnight, minute 0.
    """

    parts: tuple[str, ...]
    mask: int = 0xFF

    @property
    def size(self) -> int:
        """Bytes on the wire."""
        return 4 if self.parts == UNIX else len(self.parts)

    def decode(self, data: bytes) -> datetime:
        """The moment in these bytes; DecodeError when no calendar has it."""
        if self.parts == UNIX:
            return _EPOCH + timedelta(seconds=int.from_bytes(data, "big"))
        sent = dict(zip(self.parts, (byte & self.mask for byte in data), strict=True))
        month, day = sent.get("month", 1), sent.get("day", 1)
        return meter_time(_year(sent), month, day, *(sent.get(part, 0) for part in PARTS[3:]))

    def encode(self, moment: datetime) -> bytes:
        """These parts of a moment."""
        if self.parts == UNIX:
            return int((moment - _EPOCH) // timedelta(seconds=1)).to_bytes(4, "big")
        return bytes(part_of(moment, part) for part in self.parts)


def part_of(moment: datetime, part: str) -> int:
    """One part as meters write it: the year within its century."""
    value = _BYTES[part](moment) if part in _BYTES else getattr(moment, part)
    return int(value)


def _year(sent: Mapping[str, int]) -> int:
    if "year_low" in sent:
        return sent["year_low"] + 0x100 * sent.get("year_high", 0)
    return _CENTURY + sent.get("year", 0)


def meter_time(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    """A naive moment; DecodeError when no calendar has it."""
    try:
        return datetime.combine(date(year, month, day), time(hour, minute, second))
    except ValueError as error:
        written = f"{year}-{month}-{day} {hour}:{minute}:{second}"
        raise DecodeError(
            f"The meter's date {written} does not exist: {error}. Likely another model is registered, or the "
            "clock was never set: check the model and the clock on the meter's display."
        ) from error
