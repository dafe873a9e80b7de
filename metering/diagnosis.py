"""What is the matter with a meter and with its line, judged by how their polls went. Rules are functions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from metering.calendar import ArchiveKind, MeterZone, slot_at, slot_start
from metering.completeness import CountedDay, CountedPeriod, Watched, oldest_wanted
from metering.plans import Keeps
from metering.polls import LINE_FAULTS, NO_POLL, READ, Outcome, PollHistory
from metering.problems import NEVER, Problem, ProblemKind, Where
from metering.wanted import lost_at, open_closing

MANY_FAILURES: Final = 5
"""Polls in a row that failed: from here on it is no accident."""
LONG: Final = timedelta(days=1)
"""A meter that was not read for so long is a problem."""
DRIFTING_SHARE: Final = 2
"""A clock that has used up this part of the allowed drift is to be set."""
WARNING: Final = timedelta(days=3)
"""So long before slots fall out of memory it is said; of a short memory half its length."""
DOWN: Final = LINE_FAULTS | {Outcome.MODEM_AWAY}


@dataclass(frozen=True, slots=True)
class MeterNow:
    """A meter where it is installed now, and how its polls went.

    `ok_at`: when everything that was due had been read. `level_at`: at what instant its newest stored level
    stood. `clock_difference`: its clock minus ours, as it was last seen.
    """

    watched: Watched
    history: PollHistory
    ok_at: datetime | None = None
    level_at: datetime | None = None
    clock_difference: timedelta | None = None

    @property
    def where(self) -> Where:
        one = self.watched
        return Where(
            one.serial,
            one.code,
            one.usage_point_id,
            one.district,
            one.service_centre,
            one.meter_id,
            one.line_id,
        )


def problems_of_meter(meter: MeterNow, now: datetime) -> list[Problem]:
    """Everything that is wrong with one meter but its missing slots."""
    if not meter.watched.polled:
        return [Problem(ProblemKind.NOT_POLLED, meter.where)]
    return [found for rule in _RULES if (found := rule(meter, now)) is not None]


def problems_of_line(meters: Iterable[MeterNow], now: datetime) -> list[Problem]:
    """The line's own fault, once for all of its polled meters, or what is wrong with each of them."""
    meters = list(meters)
    down = _line_down([meter for meter in meters if meter.watched.polled])
    found = [problem for meter in meters for problem in problems_of_meter(meter, now)]
    if down is None:
        return found
    return [down, *(problem for problem in found if problem.kind is not ProblemKind.NOT_READ)]


def _line_down(meters: list[MeterNow]) -> Problem | None:
    """It is down when the last poll of each of its meters ended by the line's fault, and not for once."""
    histories = [meter.history for meter in meters]
    if not histories or any(one.outcome not in DOWN for one in histories):
        return None
    if min(one.failures for one in histories) < MANY_FAILURES:
        return None
    last = max(meters, key=lambda meter: meter.history.last_at or NEVER)
    wedged = last.history.outcome is Outcome.GATEWAY_WEDGED
    return Problem(
        ProblemKind.GATEWAY_WEDGED if wedged else ProblemKind.LINE_DOWN,
        last.where._replace(meter_id=0),
        last.history.outcome,
        len(meters),
        max((one.read_at for one in histories if one.read_at), default=None),
    )


def _no_closing(meter: MeterNow, now: datetime) -> Problem | None:
    closing = open_closing(meter.watched.plan, now, MeterZone(meter.watched.meter_zone))
    if not closing.lacking(meter.level_at, now):
        return None
    outcome, since = _failure(meter.history), meter.level_at
    return Problem(ProblemKind.NO_CLOSING, meter.where, outcome, since=since, due_at=closing.due_at)


def _not_read(meter: MeterNow, now: datetime) -> Problem | None:
    history = meter.history
    if (history.read_at or meter.watched.registered_at) + LONG > now or history.outcome in READ:
        return None
    asked = history.outcome is None or history.failures >= MANY_FAILURES
    return (
        Problem(ProblemKind.NOT_READ, meter.where, history.outcome, since=history.read_at) if asked else None
    )


def _clock_drifts(meter: MeterNow, now: datetime) -> Problem | None:
    drift, allowed = meter.clock_difference, meter.watched.plan.allowed_drift
    if drift is None or abs(drift) * DRIFTING_SHARE < allowed:
        return None
    told = f"{drift.days * 86_400 + drift.seconds:+d} s"
    return Problem(ProblemKind.CLOCK_DRIFTS, meter.where, Outcome.CLOCK_WRONG, detail=told)


_RULES: Final[tuple[Callable[[MeterNow, datetime], Problem | None], ...]] = (
    _no_closing,
    _not_read,
    _clock_drifts,
)


def _failure(history: PollHistory) -> Outcome | None:
    """The word for why it was not read, if the last poll failed."""
    return None if history.outcome in READ | NO_POLL else history.outcome


def in_danger(meter: MeterNow, kind: ArchiveKind, now: datetime) -> CountedPeriod | None:
    """Where to look for missing slots that fall out of reach soon; None: there are none.

    All that was wanted had been read at `ok_at`; an archive with a beat of its own, one beat before. Out of
    reach is what the memory no longer holds, or the plan no longer asks for.
    """
    own, reach = meter.watched.plan.archives.get(kind), _reach(meter.watched, kind)
    if own is None or reach <= 0:
        return None
    zone = MeterZone(meter.watched.meter_zone)
    here = slot_start(ArchiveKind.HOUR, zone.to_meter_time(now))
    step = meter.watched.keeps.totals_every
    start = oldest_wanted(kind, reach, step, here)
    end = oldest_wanted(kind, reach, step, here + min(WARNING, (here - start) / 2))
    if meter.ok_at is not None:
        known = meter.ok_at - (own.every or timedelta())
        start = max(start, slot_start(kind, zone.to_meter_time(known)))
    return CountedPeriod(zone.to_utc(start), zone.to_utc(end), now) if start < end else None


def falls_out(meter: MeterNow, counted: Iterable[CountedDay], now: datetime) -> Problem | None:
    """What of these days is missing, and when the first of it is out of reach: to a day, never too late."""
    lacking = [one for one in counted if one.tally.missing]
    if not lacking:
        return None
    spared = (meter.history.spared_until or now) > now
    return Problem(
        ProblemKind.SLOTS_FALL_OUT,
        meter.where,
        Outcome.OVER_BUDGET if spared else _failure(meter.history),
        count=sum(one.tally.missing for one in lacking),
        since=meter.ok_at,
        due_at=min(_out_of_reach_at(one) for one in lacking),
        budget=meter.history.budget if spared else None,
        spared_until=meter.history.spared_until if spared else None,
    )


def _out_of_reach_at(counted: CountedDay) -> datetime:
    wanted = counted.wanted
    zone, kind = MeterZone(wanted.watched.meter_zone), wanted.kind
    slot = slot_at(kind, zone.to_meter_time(wanted.first))
    reach = Keeps({kind: _reach(wanted.watched, kind)}, wanted.watched.keeps.totals_every)
    return zone.to_utc(lost_at(kind, slot, reach))


def _reach(watched: Watched, kind: ArchiveKind) -> int:
    own = watched.plan.archives.get(kind)
    return min(watched.keeps.depths.get(kind, 0), own.depth if own else 0)
