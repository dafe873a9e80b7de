"""Slots, archive kinds, the meter's zone and billing periods. Every interval here is half-open."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from metering.errors import ConfigurationError

BEGINNING: Final = datetime(1, 1, 2, tzinfo=UTC)
LONGEST_LEAP: Final = timedelta(days=1)
MOST_CHANGES: Final = 20


class ArchiveKind(StrEnum):
    """What one archive record covers.

    In hour, day and month records a register quantity is the amount within the slot. A total record holds
    register levels as they stood at the slot's start.
    """

    HOUR = "hour"
    DAY = "day"
    MONTH = "month"
    TOTAL = "total"


@dataclass(frozen=True, slots=True, order=True)
class MeterSlot:
    """A half-open interval [start, end) on the meter's own clock: naive datetimes."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """A half-open interval [start, end) of aware UTC instants."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class BillingPeriod:
    """A half-open interval [start, end) of aware UTC instants for which heat is billed."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ConfigurationError(
                "A billing period needs a zone: write 2026-01-01T00:00:00+05:00, not a bare date."
            )
        if self.end <= self.start:
            raise ConfigurationError(
                f"A billing period must end after it starts: {self.start} .. {self.end}."
            )


class MeterZone:
    """The zone in which a meter's clock is set: a fixed offset (`+05:00`) or a zone name (`Asia/Almaty`).

    A zone that changed, because the law did or somebody set the clock over, is written with each change
    behind a semicolon: `+06:00;2024-02-29T18:00:00Z=+05:00`. Changes are UTC instants, oldest first.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        first, *changes = name.split(";")
        if len(changes) > MOST_CHANGES:
            raise ConfigurationError(f"A zone with more than {MOST_CHANGES} changes is refused.")
        rules = [(BEGINNING, _zone(first)), *map(_change, changes)]
        starts = [start for start, _ in rules]
        if starts != sorted(set(starts)):
            raise ConfigurationError(f"The changes of the zone {name!r} must follow each other in time.")
        self._rules = tuple(zip(starts, [*starts[1:], None], [zone for _, zone in rules], strict=True))

    def to_utc(self, meter_time: datetime) -> datetime:
        """The instant of a naive meter time; in a repeated hour the first of the two, unless its fold is 1.

        A time that the clock leapt over counts by the rule before the leap.
        """
        candidates = [self._instant(meter_time, rule) for rule in self._rules]
        valid = [at for at, (start, end, _) in candidates if at >= start and (end is None or at < end)]
        if valid:
            return valid[-1] if meter_time.fold else valid[0]
        return next(at for at, (_, end, _) in candidates if end is None or at < end + LONGEST_LEAP)

    def to_meter_time(self, at: datetime) -> datetime:
        """The naive time that a right clock in this zone shows at this instant."""
        rule = next(zone for start, _, zone in reversed(self._rules) if at >= start)
        return at.astimezone(rule).replace(tzinfo=None)

    def slot(self, slot: MeterSlot) -> Slot:
        """The same slot in UTC; one that the clock leapt into lasts as long as it really did."""
        start, end = self.to_utc(slot.start), self.to_utc(slot.end)
        return Slot(start, end if end > start else start + (slot.end - slot.start))

    def leaps_over(self, slot: MeterSlot) -> bool:
        """Whether the clock was put forward over the whole slot: no meter has a record of it."""
        return not (self._shows(slot.start) or self._shows(slot.end - timedelta.resolution))

    def _shows(self, meter_time: datetime) -> bool:
        return self.to_meter_time(self.to_utc(meter_time)) == meter_time

    @staticmethod
    def _instant(meter_time: datetime, rule: _Rule) -> tuple[datetime, _Rule]:
        return meter_time.replace(tzinfo=rule[2]).astimezone(UTC), rule


_Rule = tuple[datetime, datetime | None, tzinfo]
"""[start, end) of UTC instants in which this zone counts; None: until now."""


def _change(text: str) -> tuple[datetime, tzinfo]:
    at, _, zone = text.partition("=")
    try:
        start = datetime.strptime(at, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise ConfigurationError(
            f"{text!r} is no change of a zone; write it like 2024-02-29T18:00:00Z=+05:00."
        ) from error
    return start, _zone(zone)


def _zone(name: str) -> tzinfo:
    if name[:1] in "+-" and len(name) == 6 and name[3] == ":":
        try:
            offset = timedelta(hours=int(name[1:3]), minutes=int(name[4:6]))
            return timezone(-offset if name[0] == "-" else offset)
        except ValueError as error:
            raise ConfigurationError(f"{name!r} is not an offset; write it like +05:00.") from error
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ConfigurationError(
            f"Unknown zone {name!r}: write a zone name like Asia/Almaty or an offset like +05:00."
        ) from error


def slot_start(kind: ArchiveKind, meter_time: datetime) -> datetime:
    """The start of the slot of this kind that contains this moment; totals are kept by the day."""
    if kind is ArchiveKind.HOUR:
        return meter_time.replace(minute=0, second=0, microsecond=0)
    midnight = meter_time.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight.replace(day=1) if kind is ArchiveKind.MONTH else midnight


def next_start(kind: ArchiveKind, start: datetime) -> datetime:
    """The start of the slot after the one that starts here."""
    if kind is ArchiveKind.HOUR:
        return start + timedelta(hours=1)
    if kind is ArchiveKind.MONTH:
        return (start.replace(day=1) + timedelta(days=32)).replace(day=1)
    return start + timedelta(days=1)


def slots_between(kind: ArchiveKind, earlier: datetime, later: datetime) -> int:
    """How many slots further the slot of the later moment is; negative when it is an earlier one."""
    if kind is ArchiveKind.MONTH:
        return (later.year - earlier.year) * 12 + later.month - earlier.month
    step = timedelta(hours=1) if kind is ArchiveKind.HOUR else timedelta(days=1)
    return (slot_start(kind, later) - slot_start(kind, earlier)) // step


def slot_at(kind: ArchiveKind, start: datetime) -> MeterSlot:
    """The slot of this kind that starts here."""
    return MeterSlot(start, next_start(kind, start))


def slots(kind: ArchiveKind, start: datetime, end: datetime) -> Iterator[MeterSlot]:
    """Every slot that starts within [start, end), oldest first."""
    first = slot_start(kind, start)
    current = first if first >= start else next_start(kind, first)
    while current < end:
        yield slot_at(kind, current)
        current = next_start(kind, current)
