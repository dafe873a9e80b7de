"""When a point's readings may stand on bills: between admission and withdrawal, with everything verified.

Admission belongs to the point and outlives its meters: a replacement inside a period splits nothing. A
component counts while it is fitted to the meter and the meter is installed; its days are whole ones in the
point's zone, and its verification is valid through the day on which the next one is due. A meter of which no
component is on record is judged by the acts alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import groupby, pairwise, takewhile
from typing import Final

from metering.acts import ActEntry, ActKind
from metering.calendar import BillingPeriod, MeterZone, Slot
from metering.components import Component, midnight
from metering.reasons import Because, Reason, reason

_NEVER: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class InstalledComponent:
    """A component fitted to its meter within the days [since, until), the meter being installed at the point
    within [installed_at, removed_at); None: until now."""

    component: Component
    since: date
    until: date | None
    installed_at: datetime
    removed_at: datetime | None

    def span(self, zone: MeterZone) -> tuple[datetime, datetime]:
        """[start, end) within which it measured for the point; an empty one ends no later than it starts."""
        ends = [self.removed_at, midnight(self.until, zone) if self.until else None]
        start = max(self.installed_at, midnight(self.since, zone))
        return start, min((at for at in ends if at is not None), default=_NEVER)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the readings of the span may stand on a bill; if not, every reason, each with its date."""

    span: Slot
    admissible: bool
    reasons: tuple[Reason, ...] = ()


def verdicts(
    period: BillingPeriod,
    acts: Iterable[ActEntry],
    components: Iterable[InstalledComponent],
    acts_required: bool,
    zone: MeterZone,
) -> list[Verdict]:
    """Maximal spans with one verdict each, oldest first; together they are the period exactly.

    `acts`: all of the point that were not annulled; of two at one instant the later in order counts.
    `acts_required`: a point that has no act yet is not admitted; else it counts as admitted from the start.
    `zone` is the point's.
    """
    ordered = sorted(acts, key=lambda act: act.at)
    installed = sorted(components, key=_order)
    judged = [
        (span, (*_of_acts(span.start, ordered, acts_required), *_of_components(span.start, installed, zone)))
        for span in _elementary(period, ordered, installed, zone)
    ]
    return [_verdict(list(run)) for _, run in groupby(judged, key=lambda one: one[1])]


def unverified(components: Iterable[Component], at: datetime, zone: MeterZone) -> Iterator[Reason]:
    """One reason for each component whose verification is not known to be valid at this instant."""
    for one in components:
        named = (("component", one.kind.replace("_", " ")), ("serial", one.serial))
        ends_at = one.unverified_from(zone)
        if ends_at is None:
            yield Reason(Because.VERIFICATION_UNKNOWN, named, hinders=True)
        elif at >= ends_at:
            due = ("due", str(one.verification_due))
            yield Reason(Because.VERIFICATION_PAST, (*named, due), hinders=True)


def _elementary(
    period: BillingPeriod, acts: Sequence[ActEntry], installed: Sequence[InstalledComponent], zone: MeterZone
) -> list[Slot]:
    edges = {act.at for act in acts}
    for one in installed:
        edges |= {at for at in (*one.span(zone), one.component.unverified_from(zone)) if at is not None}
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


def _of_components(
    at: datetime, installed: Sequence[InstalledComponent], zone: MeterZone
) -> Iterator[Reason]:
    there = [one for one in installed if one.span(zone)[0] <= at < one.span(zone)[1]]
    return unverified((one.component for one in there), at, zone)


def _order(one: InstalledComponent) -> tuple[str, str, datetime]:
    return one.component.kind.value, one.component.serial, one.installed_at
