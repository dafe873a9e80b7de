"""Hours that a meter has no record of, rebuilt from register levels: a calculation, never a measurement.

Between two levels that follow each other the register is taken to have grown evenly. The level at each border
of an hour is calculated once, so that the hours on both sides of it share it: hours that adjoin add up to the
difference of the levels at their ends, to the last digit.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from operator import attrgetter
from typing import Final

from metering.calendar import ArchiveKind, MeterZone, Slot, slots
from metering.evidence import DISQUALIFYING, RegisterReading
from metering.exact import difference, on_grid

LONGEST_SPAN: Final = timedelta(hours=6)
"""Nothing is rebuilt between levels further apart: how the heat lay between them is anybody's guess."""
AT_THE_BORDER: Final = timedelta(minutes=1)

_MICROSECOND: Final = timedelta(microseconds=1)
_at: Final = attrgetter("at")


class NotRebuilt(StrEnum):
    """Why an hour could not be rebuilt."""

    NO_LEVEL_BEFORE = "no_level_before"
    """None is known at its start or in the hours before."""
    NO_LEVEL_AFTER = "no_level_after"
    """None is known at its end or in the hours after."""
    TOO_FAR_APART = "too_far_apart"
    """The levels around it lie further apart than anything is rebuilt."""
    WENT_BACK = "went_back"
    """The register stood lower later than it did before: it was reset."""
    FACTORS_DIFFER = "factors_differ"
    """The levels were converted with different factor sets."""


@dataclass(frozen=True, slots=True)
class RebuiltHour:
    """What a register gained in a slot, in its canonical unit; None exactly when `absence` says why.

    It rests on the last level at or before the slot's start and the first one at or after its end.
    """

    slot: Slot
    value: Decimal | None
    opening: RegisterReading | None
    closing: RegisterReading | None
    absence: NotRebuilt | None = None

    @property
    def span(self) -> timedelta | None:
        """How far the two levels lie apart; None when one is not known."""
        return self.closing.at - self.opening.at if self.opening and self.closing else None

    @property
    def certain(self) -> bool:
        """Whether both levels stand at the slot's borders: then the meter itself counted this amount."""
        return (
            self.value is not None
            and self.opening is not None
            and self.closing is not None
            and self.slot.start - self.opening.at <= AT_THE_BORDER
            and self.closing.at - self.slot.end <= AT_THE_BORDER
        )


def hours_within(zone: MeterZone, start: datetime, end: datetime) -> Iterator[Slot]:
    """The hours on a clock of this zone that start within [start, end), aware UTC, oldest first, each once.

    An hour that a change of zone repeats is one slot of two hours, one that it leaps over is none: so the
    meter's own archive has them.
    """
    first, last = zone.to_meter_time(start), zone.to_meter_time(end)
    reached = start
    for hour in slots(ArchiveKind.HOUR, first - timedelta(hours=1), last + timedelta(hours=1)):
        slot = zone.slot(hour)
        if reached <= slot.start < end:
            yield slot
            reached = slot.end


def rebuilt_hours(
    wanted: Iterable[Slot], levels: Iterable[RegisterReading], limit: timedelta = LONGEST_SPAN
) -> Iterator[RebuiltHour]:
    """Each of these slots, calculated from levels of one register.

    Levels are ascending in time, one at an instant; those no bill may rest on are left out, and those further
    away than `limit` are not needed.
    """
    usable = [level for level in levels if not level.flags & DISQUALIFYING]
    for slot in wanted:
        yield _rebuilt(slot, _around(slot, usable), limit)


def _around(slot: Slot, levels: Sequence[RegisterReading]) -> Sequence[RegisterReading]:
    """The levels from the last at or before the slot's start to the first at or after its end."""
    first = bisect_right(levels, slot.start, key=_at) - 1
    last = bisect_left(levels, slot.end, key=_at)
    return levels[max(first, 0) : last + 1]


def _rebuilt(slot: Slot, levels: Sequence[RegisterReading], limit: timedelta) -> RebuiltHour:
    opening = levels[0] if levels and levels[0].at <= slot.start else None
    closing = levels[-1] if levels and levels[-1].at >= slot.end else None
    if opening is not None and slot.start - opening.at > limit:
        opening = None
    if closing is not None and closing.at - slot.end > limit:
        closing = None
    obstacle = _obstacle(opening, closing, levels, limit)
    value = None if obstacle else difference(_level(slot.end, levels), _level(slot.start, levels))
    return RebuiltHour(slot, value, opening, closing, obstacle)


def _obstacle(
    opening: RegisterReading | None,
    closing: RegisterReading | None,
    levels: Sequence[RegisterReading],
    limit: timedelta,
) -> NotRebuilt | None:
    if opening is None:
        return NotRebuilt.NO_LEVEL_BEFORE
    if closing is None:
        return NotRebuilt.NO_LEVEL_AFTER
    if closing.at - opening.at > limit:
        return NotRebuilt.TOO_FAR_APART
    if any(later.value < earlier.value for earlier, later in pairwise(levels)):
        return NotRebuilt.WENT_BACK
    if len({level.factor_set for level in levels}) > 1:
        return NotRebuilt.FACTORS_DIFFER
    return None


def _level(at: datetime, levels: Sequence[RegisterReading]) -> Decimal:
    """The register's level at an instant from the first of these to the last; one that was read is exact."""
    place = bisect_left(levels, at, key=_at)
    after = levels[place]
    return after.value if after.at == at else _between(levels[place - 1], after, at)


def _between(before: RegisterReading, after: RegisterReading, at: datetime) -> Decimal:
    """Rounded half to even, on a grid that both levels lie on: what stood still is not said to have grown."""
    share = Fraction((at - before.at) // _MICROSECOND, (after.at - before.at) // _MICROSECOND)
    level = Fraction(before.value) + (Fraction(after.value) - Fraction(before.value)) * share
    return on_grid(level, before.value, after.value)
