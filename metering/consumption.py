"""The heat of a billing period: what the registers of a usage point gained between its boundaries.

The level of a register at a boundary depends on the boundary and on what is known alone, so that the closing
level of a period is the opening one of the next: adjacent periods add up exactly to the whole, whatever was
read when. Nothing is rounded here, and what is not known is None with the reasons, never 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from typing import Final

from metering.billing_lines import WORST_LAST, Status
from metering.billing_rules import BillingRule
from metering.calendar import BillingPeriod, Slot
from metering.estimation import estimate, together
from metering.evidence import Evidence, RecordReading
from metering.exact import exact_sum
from metering.known_register import KnownRegister
from metering.level_chain import hours_text, instant, level_at, methods_text
from metering.levels import BoundaryLevel, Estimate, Segment, Step, Unmeasured, one_after_another
from metering.reasons import Because, Reason, reason

STATUS_OF_STEP: Final = {
    Step.ACT: Status.MEASURED,
    Step.REGISTER: Status.MEASURED,
    Step.RECORDS: Status.CALCULATED,
    Step.NEARBY: Status.MEASURED,
    Step.REPORTED: Status.REPORTED,
    Step.INTERPOLATED: Status.SUBSTITUTED,
    Step.ESTIMATED: Status.ESTIMATED,
}
"""What a level makes of the bill that rests on it, where no person told it."""

_MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Consumption:
    """What a usage point consumed in a period, in the canonical unit.

    `value` is `measured` + `estimated`, exactly; all three are None exactly when the status is ABSENT.
    `estimated` is negative where an earlier period's estimate is made good. `uncertainty`: how far the value
    may be off on account of what was not measured. `completeness` is the share of the period (0..1, six
    digits, rounded down) between the instants that its levels belong to; of several circuits, the mean.
    """

    period: BillingPeriod
    value: Decimal | None
    measured: Decimal | None
    estimated: Decimal | None
    uncertainty: Decimal
    status: Status
    completeness: Decimal
    reasons: tuple[Reason, ...]
    segments: tuple[Segment, ...]

    @property
    def opening(self) -> BoundaryLevel | None:
        """The first meter's opening level; None also where several circuits are added up."""
        return self.segments[0].opening if one_after_another(self.segments) else None

    @property
    def closing(self) -> BoundaryLevel | None:
        """The last meter's closing level; None also where several circuits are added up."""
        return self.segments[-1].closing if one_after_another(self.segments) else None


def consumption(period: BillingPeriod, evidence: Iterable[Evidence], rule: BillingRule) -> Consumption:
    """The sum over all meters of the period; neither the order of installations nor of readings matters."""
    touched = sorted((one for one in evidence if _touches(one, period)), key=_order)
    segments = tuple(_segment(period, KnownRegister(one), rule) for one in touched)
    unmetered = _unmetered(period, segments)
    obstacles = tuple(_obstacles(period, segments))
    reasons = (
        *map(_no_meter, unmetered),
        *obstacles,
        *dict.fromkeys(why for segment in segments for why in _whys(segment)),
    )
    completeness = _completeness(period, segments, unmetered)
    if not segments or obstacles:
        return Consumption(
            period, None, None, None, Decimal(0), Status.ABSENT, completeness, reasons, segments
        )
    return Consumption(
        period=period,
        value=exact_sum(segment.difference or Decimal(0) for segment in segments),
        measured=exact_sum(segment.measured or Decimal(0) for segment in segments),
        estimated=exact_sum(segment.estimated or Decimal(0) for segment in segments),
        uncertainty=exact_sum(segment.uncertainty for segment in segments),
        status=max((status for segment in segments for status in _statuses(segment)), key=WORST_LAST.index),
        completeness=completeness,
        reasons=reasons,
        segments=segments,
    )


def _touches(installation: Evidence, period: BillingPeriod) -> bool:
    removed_at = installation.removed_at or period.end
    return installation.installed_at < period.end and removed_at > period.start


def _order(installation: Evidence) -> tuple[datetime, int, int]:
    return installation.installed_at, installation.circuit, installation.meter_id


def _segment(period: BillingPeriod, register: KnownRegister, rule: BillingRule) -> Segment:
    """An error hour counts where it starts, so that it counts in one period alone."""
    one = register.evidence
    slot = _boundaries(one, period)
    hours = [hour for hour in register.error_hours if slot.start <= hour.slot.start < slot.end]
    estimates = [_error_hour(hour, register, rule) for hour in hours]
    left = [hour for hour, found in zip(hours, estimates, strict=True) if found is None]
    return Segment(
        meter_id=one.meter_id,
        circuit=one.circuit,
        installed_at=one.installed_at,
        removed_at=one.removed_at,
        opening=level_at(register, slot.start, rule),
        closing=level_at(register, slot.end, rule),
        error_hours=together(found for found in estimates if found is not None),
        unmeasured=_unmeasured(left),
    )


def _unmeasured(hours: Sequence[RecordReading]) -> Unmeasured | None:
    """Of hours in their order."""
    if not hours:
        return None
    length = sum((hour.unmeasured for hour in hours), timedelta())
    return Unmeasured(hours[0].slot.start, hours[-1].slot.end, length)


def _boundaries(installation: Evidence | Segment, period: BillingPeriod) -> Slot:
    removed_at = installation.removed_at or period.end
    return Slot(max(period.start, installation.installed_at), min(period.end, removed_at))


def _error_hour(hour: RecordReading, register: KnownRegister, rule: BillingRule) -> Estimate | None:
    """What the meter did not measure in it; None where the rule wants none or no method gives any."""
    longest = rule.longest_estimate
    lately = register.experience.before(hour.slot, longest)
    if not rule.estimate_error_hours or not lately or hour.slot.end - lately[-1].slot.end > longest:
        return None
    return estimate(Slot(hour.slot.start, hour.slot.start + hour.unmeasured), register.experience, rule)


def _statuses(segment: Segment) -> Iterator[Status]:
    for level in (segment.opening, segment.closing):
        if level is not None:
            yield STATUS_OF_STEP[level.step]
            yield Status.REPORTED if level.reported else Status.MEASURED
    yield Status.ESTIMATED if segment.error_hours.length else Status.MEASURED


def _whys(segment: Segment) -> Iterator[Reason]:
    for level in (segment.opening, segment.closing):
        yield from level.reasons if level is not None else ()
    if segment.error_hours.length:
        yield reason(
            Because.ERROR_HOURS_ESTIMATED,
            hours=hours_text(segment.error_hours.length),
            methods=methods_text(segment.error_hours),
        )
    if segment.unmeasured:
        yield reason(
            Because.ERROR_HOURS,
            hours=hours_text(segment.unmeasured.length),
            start=instant(segment.unmeasured.since),
            end=instant(segment.unmeasured.until),
        )


def _completeness(period: BillingPeriod, segments: tuple[Segment, ...], unmetered: Sequence[Slot]) -> Decimal:
    covered = sum((_covered(segment, period) for segment in segments), timedelta())
    slots = [_boundaries(segment, period) for segment in segments] + list(unmetered)
    whole = sum((slot.end - slot.start for slot in slots), timedelta())
    share = Decimal(covered // _MICROSECOND) / Decimal(whole // _MICROSECOND)
    return share.quantize(Decimal("0.000001"), rounding=ROUND_DOWN)


def _covered(segment: Segment, period: BillingPeriod) -> timedelta:
    if segment.opening is None or segment.closing is None:
        return timedelta()
    slot = _boundaries(segment, period)
    start, end = max(slot.start, segment.opening.known_until), min(slot.end, segment.closing.known_until)
    return max(end - start, timedelta())


def _unmetered(period: BillingPeriod, segments: tuple[Segment, ...]) -> list[Slot]:
    """Times without any meter; where circuits run side by side, also those in which one of them had none."""
    boundaries = [_boundaries(segment, period) for segment in segments]
    found = list(_between(period.start, boundaries, period.end))
    if not one_after_another(segments):
        for circuit in sorted({segment.circuit for segment in segments}):
            own = [slot for one, slot in zip(segments, boundaries, strict=True) if one.circuit == circuit]
            found += [gap for gap in _between(own[0].start, own, own[-1].end) if gap not in found]
    return found


def _between(start: datetime, slots: Iterable[Slot], end: datetime) -> Iterator[Slot]:
    """What ascending slots leave open."""
    reached = start
    for slot in slots:
        if slot.start > reached:
            yield Slot(reached, slot.start)
        reached = max(reached, slot.end)
    if reached < end:
        yield Slot(reached, end)


def _no_meter(slot: Slot) -> Reason:
    return reason(Because.NO_METER, start=instant(slot.start), end=instant(slot.end))


def _obstacles(period: BillingPeriod, segments: tuple[Segment, ...]) -> Iterator[Reason]:
    for segment in segments:
        yield from _missing(period, segment)
        if segment.opening is not None and segment.closing is not None:
            yield from _disagreements(segment.meter_id, segment.opening, segment.closing)
    if segments and all(map(_same_register, segments)):
        yield reason(Because.NOTHING_READ, hinders=True)


def _missing(period: BillingPeriod, segment: Segment) -> Iterator[Reason]:
    slot = _boundaries(segment, period)
    for at, level in ((slot.start, segment.opening), (slot.end, segment.closing)):
        if level is None:
            yield reason(Because.NO_LEVEL, hinders=True, meter=str(segment.meter_id), at=instant(at))


def _same_register(segment: Segment) -> bool:
    """Whether both levels are one and the same reading, and nothing was added to it."""
    opening, closing = segment.opening, segment.closing
    return (
        opening is not None
        and closing is not None
        and closing.step is not Step.ESTIMATED
        and opening.sources == closing.sources
        and opening.known_until == closing.known_until
    )


def _disagreements(meter_id: int, opening: BoundaryLevel, closing: BoundaryLevel) -> Iterator[Reason]:
    start, end = instant(opening.at), instant(closing.at)
    if closing.value < opening.value:
        yield reason(
            Because.REGISTER_WENT_BACK,
            hinders=True,
            meter=str(meter_id),
            before=f"{opening.value:f}",
            start=start,
            after=f"{closing.value:f}",
            end=end,
        )
    if opening.factor_set != closing.factor_set:
        yield reason(
            Because.FACTOR_SETS_DIFFER,
            hinders=True,
            start=start,
            end=end,
            first=opening.factor_set,
            second=closing.factor_set,
        )
