"""When a point's readings may stand on bills: between admission and withdrawal, with everything verified.

Admission belongs to the point and outlives its meters: a replacement inside a period splits nothing. A
component counts while it is part of the meter and the meter is installed; its verification is valid through
the whole day on which it is due, in the point's zone. A meter of which no component is on record is judged by
its acts alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, pairwise, takewhile

from metering.acts import ActEntry, ActKind
from metering.calendar import BillingPeriod, MeterZone, Slot
from metering.components import Component
from metering.reasons import Because, Reason, reason


@dataclass(frozen=True, slots=True)
class FittedComponent:
    """A component that measured for the point within [start, end), aware UTC; `end` None: until now."""

    component: Component
    start: datetime
    end: datetime | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the readings of the span may stand on a bill; if not, every reason, each with its date."""

    span: Slot
    admissible: bool
    reasons: tuple[Reason, ...] = ()


def verdicts(
    period: BillingPeriod,
    acts: Iterable[ActEntry],
    components: Iterable[FittedComponent],
    acts_required: bool,
    zone: MeterZone,
) -> list[Verdict]:
    """Maximal spans with one verdict each, oldest first; together they are the period exactly.

    `acts`: all of the point that were not annulled; of two at one instant the later in order counts.
    `acts_required`: a point that has no act yet is not admitted; else it counts as admitted from the start.
    `zone` is the point's.
    """
    ordered = sorted(acts, key=lambda act: act.at)
    fitted = sorted(components, key=_order)
    judged = [
        (span, (*_of_acts(span.start, ordered, acts_required), *_of_components(span.start, fitted, zone)))
        for span in _elementary(period, ordered, fitted, zone)
    ]
    return [_verdict(list(run)) for _, run in groupby(judged, key=lambda one: one[1])]


def unverified(components: Iterable[Component], at: datetime, zone: MeterZone) -> Iterator[Reason]:
    """One reason for each component whose verification is not known to be valid at this instant."""
    for component in components:
        ends_at = component.unverified_from(zone)
        named = {"component": component.kind.value.replace("_", " "), "serial": component.serial}
        if ends_at is None:
            yield reason(Because.VERIFICATION_UNKNOWN, hinders=True, **named)
        elif at >= ends_at:
            due = str(component.verification_due)
            yield reason(Because.VERIFICATION_PAST, hinders=True, **named, due=due)


def _elementary(
    period: BillingPeriod, acts: Sequence[ActEntry], fitted: Sequence[FittedComponent], zone: MeterZone
) -> list[Slot]:
    edges = {act.at for act in acts}
    for one in fitted:
        edges |= {at for at in (one.start, one.end, one.component.unverified_from(zone)) if at is not None}
    inner = {at for at in edges if period.start < at < period.end}
    return [Slot(*span) for span in pairwise(sorted({period.start, period.end} | inner))]


def _verdict(run: Sequence[tuple[Slot, tuple[Reason, ...]]]) -> Verdict:
    reasons = run[0][1]
    return Verdict(Slot(run[0][0].start, run[-1][0].end), not reasons, reasons)


def _of_acts(at: datetime, acts: Sequence[ActEntry], acts_required: bool) -> Iterator[Reason]:
    decisive = [act for act in acts if act.kind is not ActKind.INSPECTION]
    past = [act for act in decisive if act.at <= at]
    if past and past[-1].kind is ActKind.WITHDRAWAL:
        yield _by_act(Because.WITHDRAWN, _since(past))
    elif not past and acts_required:
        admission = next((act for act in decisive if act.kind is ActKind.ADMISSION), None)
        if admission is None:
            yield reason(Because.NEVER_ADMITTED, hinders=True)
        else:
            yield _by_act(Because.NOT_YET_ADMITTED, admission)


def _since(past: Sequence[ActEntry]) -> ActEntry:
    """The withdrawal that ended the last admission: a later one of a point out of use changes nothing."""
    out_of_use = takewhile(lambda act: act.kind is ActKind.WITHDRAWAL, reversed(past))
    return list(out_of_use)[-1]


def _by_act(word: Because, act: ActEntry) -> Reason:
    at = act.at.isoformat().replace("+00:00", "Z")
    return reason(word, hinders=True, at=at, number=act.number)


def _of_components(at: datetime, fitted: Sequence[FittedComponent], zone: MeterZone) -> Iterator[Reason]:
    there = (one.component for one in fitted if one.start <= at and (one.end is None or at < one.end))
    return unverified(there, at, zone)


def _order(one: FittedComponent) -> tuple[str, str, datetime]:
    return one.component.kind.value, one.component.serial, one.start
