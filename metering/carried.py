"""A line's book carried on by what a poll brought, without the database that it came from.

The same rules by which the database counts: a book that was carried on and one that is read anew after the
reports were stored want the same polls.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from metering.books import BookedMeter, LineBook, SimMonth, Span, Spent
from metering.calendar import ArchiveKind, next_start, slot_start
from metering.evidence import DISQUALIFYING
from metering.holding import teaches_configuration
from metering.polls import ASKED_NOBODY, Budget, Direction, Outcome, PollHistory, PollReport
from metering.quantities import Behaviour
from metering.readings import GapReason, MeterValue, MissingSlot, Reading
from metering.wanted import is_settled

IN_A_DAY: Final = timedelta(hours=24)
SAYS_NOTHING: Final = frozenset({Outcome.OVER_BUDGET, Outcome.STORAGE_AWAY, Outcome.CANCELLED})
"""Ends of polls that say nothing of the meter or its line: they are no failures, and none in between."""

_Known = Mapping[ArchiveKind, tuple[Span, ...]]
_Asked = Mapping[ArchiveKind, Mapping[datetime, int]]


def carried_on(book: LineBook, report: PollReport) -> LineBook:
    """The book after this poll; `as_of` stays when the database was last asked."""
    sim = _sim(book.sim, report)
    meters = tuple(_carried(one, report) if one.id == report.meter_id else one for one in book.meters)
    if sim is not None and sim.left <= 0:
        meters = tuple(replace(one, history=_longest(one.history, sim.until)) for one in meters)
    return replace(book, meters=meters, last_poll=report.id, sim=sim)


def followed(history: PollHistory, report: PollReport) -> PollHistory:
    """The history with this poll as its last.

    A part of the archives that was read makes one failure of any number; without it, polls that end at the
    same place each time are failures like others.
    """
    if report.outcome in SAYS_NOTHING:
        return history
    ends = {Outcome.OK: 0}
    if report.archive or report.gaps:
        ends[Outcome.PARTLY_READ] = 1
    failures = ends.get(report.outcome, history.failures + 1)
    read = report.archive or report.snapshots
    return replace(
        history,
        last_at=report.finished_at,
        failures=failures,
        outcome=report.outcome,
        read_at=report.finished_at if read else history.read_at,
    )


def merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same slot starts in as few spans as possible, in order, none touching another."""
    kept: list[Span] = []
    for span in sorted(spans, key=lambda one: one.first):
        if span.first >= span.end:
            continue
        if kept and span.first <= kept[-1].end:
            kept[-1] = Span(kept[-1].first, max(kept[-1].end, span.end))
        else:
            kept.append(span)
    return tuple(kept)


def contains(spans: Sequence[Span], start: datetime) -> bool:
    """Whether a merged span holds this slot start."""
    place = bisect_right(spans, start, key=lambda span: span.first)
    return place > 0 and start < spans[place - 1].end


def _carried(meter: BookedMeter, report: PollReport) -> BookedMeter:
    asked = _asked(meter.asked, report)
    spent = _spent(meter, report)
    carried = replace(
        meter,
        history=_spared(followed(meter.history, report), meter, spent, report.finished_at),
        spent=spent,
        known=_known(meter, asked, report),
        asked=asked,
        requests=tuple(one for one in meter.requests if one.id != report.request_id),
    )
    return carried if report.held else _accepted(carried, report)


def _spent(meter: BookedMeter, report: PollReport) -> Spent:
    before, at = meter.history.last_at, report.started_at.astimezone(UTC)
    same = before is None or _month(before) == _month(at)
    talked = (meter.spent.talked if same else timedelta()) + (report.finished_at - report.started_at)
    polls = meter.spent.polls if report.outcome in ASKED_NOBODY else (*meter.spent.polls, report.started_at)
    return Spent(talked, tuple(one for one in polls if one > at - IN_A_DAY), meter.spent.polls_allowed)


def _spared(history: PollHistory, meter: BookedMeter, spent: Spent, now: datetime) -> PollHistory:
    """A budget that this poll has used up spares the meter, as it does in storage.budgets."""
    allowed, ends = spent.polls_allowed, list[tuple[datetime, Budget]]()
    if allowed and len(spent.polls) >= allowed:
        ends.append((spent.polls[-allowed] + IN_A_DAY, Budget.BATTERY))
    if meter.plan.air_time is not None and spent.talked >= meter.plan.air_time:
        ends.append((next_start(ArchiveKind.MONTH, _month(now)), Budget.AIR_TIME))
    if history.spared_until is not None and history.budget is not None:
        ends.append((history.spared_until, history.budget))
    until, budget = max(ends, default=(None, None))
    return replace(history, spared_until=until, budget=budget)


def _sim(sim: SimMonth | None, report: PollReport) -> SimMonth | None:
    if sim is None:
        return None
    carried = report.carried(Direction.SENT) + report.carried(Direction.RECEIVED)
    month = sim.at(report.finished_at)
    return replace(month, left=month.left - carried)


def _longest(history: PollHistory, until: datetime) -> PollHistory:
    """Spared until then for the sake of the SIM, unless another budget spares it for longer."""
    if history.spared_until is not None and history.spared_until > until:
        return history
    return replace(history, spared_until=until, budget=Budget.TRAFFIC)


def _month(at: datetime) -> datetime:
    return slot_start(ArchiveKind.MONTH, at.astimezone(UTC))


def _accepted(meter: BookedMeter, report: PollReport) -> BookedMeter:
    """What a report that is not held teaches beside its slots."""
    times = [at for at in (meter.level_at, *_level_times(report)) if at is not None]
    return replace(
        meter,
        levels=_levels(meter.levels, report),
        level_at=max(times, default=None),
        configuration=report.configuration if teaches_configuration(report) else meter.configuration,
    )


def _level_times(report: PollReport) -> Iterable[datetime]:
    for snapshot in report.snapshots:
        if any(_is_level(reading) for reading in snapshot.readings):
            yield snapshot.read_at
    for record in report.archive:
        if record.kind is ArchiveKind.TOTAL and any(_is_level(reading) for reading in record.readings):
            yield record.slot.start


def _levels(levels: tuple[MeterValue, ...], report: PollReport) -> tuple[MeterValue, ...]:
    """The last valid level of each register, in the meter's own units."""
    known = {(level.quantity, level.circuit): level for level in levels}
    for snapshot in sorted(report.snapshots, key=lambda one: one.read_at):
        for one in snapshot.readings:
            if _is_level(one):
                known[one.quantity, one.circuit] = MeterValue(
                    one.quantity, one.raw_unit, one.raw_value, circuit=one.circuit
                )
    return tuple(known.values())


def _is_level(reading: Reading) -> bool:
    register = reading.quantity.behaviour is Behaviour.REGISTER
    return register and reading.value is not None and not reading.flags & DISQUALIFYING


def _asked(asked: _Asked, report: PollReport) -> _Asked:
    """How often the meter had no record, slots that came after all left out."""
    counted = {kind: dict(slots) for kind, slots in asked.items()}
    for gap in {(gap.kind, gap.slot.start): gap for gap in report.gaps}.values():
        if gap.reason is not GapReason.NOT_YET_CLOSED:
            slots = counted.setdefault(gap.kind, {})
            slots[gap.slot.start] = slots.get(gap.slot.start, 0) + 1
    for record in report.archive:
        counted.get(record.kind, {}).pop(record.slot.start, None)
    return counted


def _known(meter: BookedMeter, asked: _Asked, report: PollReport) -> _Known:
    fresh: dict[ArchiveKind, list[Span]] = {}
    for record in report.archive:
        fresh.setdefault(record.kind, []).append(Span(record.slot.start, record.slot.end))
    for gap in report.gaps:
        if _is_known(gap, report.finished_at, asked, meter.plan.most_asked):
            fresh.setdefault(gap.kind, []).append(Span(gap.slot.start, gap.slot.end))
    return {
        **meter.known,
        **{kind: merged((*meter.known.get(kind, ()), *new)) for kind, new in fresh.items()},
    }


def _is_known(gap: MissingSlot, heard_at: datetime, asked: _Asked, most_asked: int) -> bool:
    times = asked.get(gap.kind, {}).get(gap.slot.start, 0)
    return is_settled(gap.reason, heard_at - gap.slot.end, times, most_asked)
