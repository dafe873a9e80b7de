"""Which slot a record of an archive is of, by its own stamps.

Sources: tem-104.md sections 4 to 7a. A record whose stamps do not cover a whole slot of its kind, such as
one of a report date in mid-month, is none of that slot's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple, Protocol

from metering.calendar import ArchiveKind, next_start, slot_start
from protocols.vendor.tem.choices import STAMP, UNIX_TIME
from protocols.vendor.tem.clock import moment, unix_time
from protocols.vendor.tem.numbers import Number, Order, whole_at

_MOMENT: Final = timedelta(microseconds=1)


class Stamped(NamedTuple):
    """The slot's start, when the record was written, and whether it is of that whole slot."""

    start: datetime
    written: datetime
    covers: bool


class Stamps(Protocol):
    """How a model stamps its records; None when the stamp is no date."""

    def of(self, kind: ArchiveKind, data: bytes, words: Mapping[str, str]) -> Stamped | None: ...


@dataclass(frozen=True, slots=True)
class TwoDates:
    """When the record was written, and a moment within the slot that it describes."""

    layout: Mapping[str, int]
    written_at: int
    period_at: int

    def of(self, kind: ArchiveKind, data: bytes, words: Mapping[str, str]) -> Stamped | None:
        """The slot around the period's stamp; that of a report date in mid-month covers no month."""
        written = moment(data[self.written_at :], self.layout)
        period = moment(data[self.period_at :], self.layout)
        if written is None or period is None:
            return None
        start = slot_start(kind, period)
        ended = written >= next_start(kind, start)
        return Stamped(start, written, ended and _is_boundary(kind, written))


@dataclass(frozen=True, slots=True)
class OneDate:
    """One stamp, of which the document does not say whether it is the slot's end or its start."""

    layout: Mapping[str, int]

    def of(self, kind: ArchiveKind, data: bytes, words: Mapping[str, str]) -> Stamped | None:
        """The slot that ends or starts there; some firmware leaves the hour of a day's record undefined."""
        parts = {name: at for name, at in self.layout.items() if name != "hour" or kind is ArchiveKind.HOUR}
        stamp = moment(data, parts)
        if stamp is None:
            return None
        if words.get(STAMP.name) == "start":
            return Stamped(slot_start(kind, stamp), next_start(kind, stamp), _is_boundary(kind, stamp))
        return _ended(kind, stamp)


@dataclass(frozen=True, slots=True)
class UnixTime:
    """Seconds since 1970 of the writing."""

    order: Order

    def of(self, kind: ArchiveKind, data: bytes, words: Mapping[str, str]) -> Stamped | None:
        """The slot that had ended when the record was written."""
        written = unix_time(whole_at(Number.LONG, data, 0, self.order))
        return _ended(kind, written + _zone(words.get(UNIX_TIME.name, "")))


def _ended(kind: ArchiveKind, written: datetime) -> Stamped:
    boundary = slot_start(kind, written)
    return Stamped(slot_start(kind, boundary - _MOMENT), written, _is_boundary(kind, written))


def _is_boundary(kind: ArchiveKind, stamp: datetime) -> bool:
    """A month's record is one of the calendar's month only when its report date is the first."""
    return kind is not ArchiveKind.MONTH or stamp.day == 1


def _zone(word: str) -> timedelta:
    """What `utc+5` adds to the stamps."""
    return timedelta(hours=int(word.removeprefix("utc+"))) if word.startswith("utc+") else timedelta()
