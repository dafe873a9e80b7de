"""When a meter is due: beats of its zone's wall clock, staggered by meter, slowed down by failures. Pure.

Beats of an hour or less are counted in real time from the day's first one; longer ones stand at the same
hours of every day. So a day of 23 or 25 hours neither doubles nor loses one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from metering.calendar import ArchiveKind, MeterZone, slot_start
from metering.plans import EVERY_DAY, PollPlan, Window
from metering.polls import PollHistory

MONDAY: Final = datetime(2001, 1, 1)
"""From this midnight the beats that are longer than a day are counted."""
LONGEST_BACK_OFF: Final = timedelta(hours=6)
JITTER: Final = 0.1
_DAY: Final = timedelta(days=1)
_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class _Day:
    """The span of one day within which polls may start: naive, and UTC."""

    opens: datetime
    closes: datetime
    start: datetime
    end: datetime


def next_due(meter_id: int, plan: PollPlan, history: PollHistory, zone: MeterZone) -> datetime | None:
    """The instant at which this meter is to be asked next; None means at once.

    A meter that was never asked waits for nothing but its window, see `may_start`. What its budgets allow
    goes before everything.
    """
    due = _wanted(meter_id, plan, history, zone)
    spared = history.spared_until
    return max(due, spared) if due and spared else due or spared


def may_start(plan: PollPlan, now: datetime, zone: MeterZone) -> bool:
    """Whether a poll that no person asked for may begin now: by the plan's weekdays and window."""
    if plan.window is None and plan.weekdays == EVERY_DAY:
        return True
    days = (_day(midnight, plan, zone) for midnight in islice(_midnights(plan, now, zone), 2))
    return any(day.start <= now < day.end for day in days)


def kinds_due(
    plan: PollPlan, history: PollHistory, now: datetime, zone: MeterZone, depths: Mapping[ArchiveKind, int]
) -> list[ArchiveKind]:
    """Which of the archives that a model keeps are to be filled by a poll now.

    One with a beat of its own is due when a beat has passed since anything was read, and after a poll that
    failed.
    """
    plans = {kind: plan.archives[kind] for kind in depths if kind in plan.archives}
    kept = [kind for kind, own in plans.items() if own.depth > 0 and depths[kind] > 0]
    return [kind for kind in kept if _beat_passed(plans[kind].every, history, now, zone)]


def back_off(plan: PollPlan, failures: int, name: int | str) -> timedelta:
    """Retry, doubled by each further failure, never longer than six hours; a tenth more or less by name.

    `name`: a meter's id, or anything else that shall not come back in step with its neighbours.
    """
    doublings: int = 2 ** min(failures - 1, 16)
    spread = 1 + JITTER * (2 * _share(f"{name}:{failures}") - 1)
    return min(plan.retry * doublings, LONGEST_BACK_OFF / (1 + JITTER)) * spread


def stagger(meter_id: int, span: timedelta) -> timedelta:
    """A fixed share of this span by meter, so that not all of them start in the same second."""
    return span * _share(str(meter_id))


def next_beat(plan: PollPlan, after: datetime, zone: MeterZone, share: float = 0) -> datetime:
    """The first beat later than this instant, moved on by so much of the beat or of the window."""
    days = (_day(one, plan, zone) for one in _midnights_with_beats(plan, after, zone))
    beats = (_beat_of_day(plan, day, after, zone, share) for day in days)
    return next(beat for beat in beats if beat is not None)


def _wanted(meter_id: int, plan: PollPlan, history: PollHistory, zone: MeterZone) -> datetime | None:
    if history.last_at is None:
        return None
    if not history.failures:
        return next_beat(plan, history.last_at, zone, _share(str(meter_id)))
    again = history.last_at + back_off(plan, history.failures, meter_id)
    return again if may_start(plan, again, zone) else _opening(meter_id, plan, again, zone)


def _opening(meter_id: int, plan: PollPlan, after: datetime, zone: MeterZone) -> datetime:
    """When the meter's turn comes in the next window, whatever the beat."""
    days = (_day(midnight, plan, zone) for midnight in _midnights(plan, after, zone))
    day = next(day for day in days if day.start > after)
    return day.start + stagger(meter_id, min(plan.every, day.end - day.start))


def _beat_passed(every: timedelta | None, history: PollHistory, now: datetime, zone: MeterZone) -> bool:
    if every is None or history.read_at is None or history.failures:
        return True
    return next_beat(PollPlan(every=every), history.read_at, zone) <= now


def _midnights(plan: PollPlan, after: datetime, zone: MeterZone) -> Iterator[datetime]:
    """Naive midnights of the plan's days, from the day before this instant: its window may pass midnight."""
    midnight = _on_its_weekdays(plan, slot_start(ArchiveKind.DAY, zone.to_meter_time(after)) - _DAY)
    while True:
        yield midnight
        midnight = _on_its_weekdays(plan, midnight + _DAY)


def _midnights_with_beats(plan: PollPlan, after: datetime, zone: MeterZone) -> Iterator[datetime]:
    """Those of the plan's days on which there are beats: a beat of a year is not looked for day by day."""
    midnight = next(_midnights(plan, after, zone))
    while True:
        if _has_beat(midnight, plan):
            yield midnight
        beat = MONDAY + plan.every * ((midnight - MONDAY) // plan.every + 1)
        midnight = _on_its_weekdays(plan, max(midnight + _DAY, beat - (beat - MONDAY) % _DAY))


def _on_its_weekdays(plan: PollPlan, midnight: datetime) -> datetime:
    """This midnight, or that of the next day which the plan has."""
    days = (midnight + _DAY * forward for forward in range(7))
    return next(day for day in days if day.weekday() in plan.weekdays)


def _has_beat(midnight: datetime, plan: PollPlan) -> bool:
    """Whether a beat has come since the plan's day before: those longer than a day skip days."""
    if plan.every <= _DAY:
        return True
    before = next(midnight - _DAY * back for back in range(1, 8) if _weekday(midnight, back) in plan.weekdays)
    return (midnight - MONDAY) // plan.every > (before - MONDAY) // plan.every


def _weekday(midnight: datetime, back: int) -> int:
    return (midnight.weekday() - back) % 7


def _day(midnight: datetime, plan: PollPlan, zone: MeterZone) -> _Day:
    """Hours that a changed clock leaves out are made up for by those that follow."""
    opens, closes = _span(midnight, plan.window)
    start, end = zone.to_utc(opens), zone.to_utc(closes)
    return _Day(opens, closes, start, end if end > start else start + (closes - opens))


def _span(midnight: datetime, window: Window | None) -> tuple[datetime, datetime]:
    if window is None:
        return midnight, midnight + _DAY
    past_midnight = _DAY if window.last <= window.first else timedelta()
    return midnight + _HOUR * window.first, midnight + past_midnight + _HOUR * window.last


def _beat_of_day(
    plan: PollPlan, day: _Day, after: datetime, zone: MeterZone, share: float
) -> datetime | None:
    """The day's first beat later than this instant; within a window it starts before the window ends."""
    offset = min(plan.every, day.end - day.start) * share
    first = day.start + offset
    if first > after:
        return first
    if plan.every <= _HOUR:
        beats = [first + plan.every * ((after - first) // plan.every + 1)]
    else:
        beats = [zone.to_utc(hour) + offset for hour in _hours(plan.every, day)]
    latest = day.end if plan.window else day.end + offset
    return next((beat for beat in beats if after < beat < latest), None)


def _hours(every: timedelta, day: _Day) -> list[datetime]:
    """The naive times of the day's beats."""
    return [day.opens + every * number for number in range(-((day.opens - day.closes) // every))]


def _share(name: str) -> float:
    """A number of [0, 1) that is always the same for this name."""
    digest = hashlib.sha256(name.encode()).digest()
    return int.from_bytes(digest[:4], "big") / 2**32
