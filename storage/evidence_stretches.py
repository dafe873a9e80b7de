"""Of which stretches more is to be read: what leads to a boundary, and what shows how much is usual."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from metering.evidence import LONGEST_WALK, RecordReading, RegisterReading
from storage.gathered import Gathered, OnRecord

_FURTHEST: Final = timedelta(days=180)


Boundary = tuple[int, datetime]
"""The number of an installation, and where a part of its bill begins or ends."""


class Stretch(NamedTuple):
    """A time for which more is to be read of the installation with this number."""

    number: int
    since: datetime
    until: datetime


def leading(found: Sequence[Gathered], known: OnRecord, apart: Iterable[Boundary]) -> Iterator[Stretch]:
    """Records lead to a boundary from the nearest level on either side of it."""
    for number, at in apart:
        before, after = known.around(found[number], at)
        yield Stretch(number, before.at if before else at, after.at if after else at)


def further(found: Sequence[Gathered], known: OnRecord, apart: Iterable[Boundary]) -> Iterator[Stretch]:
    """Where records do not lead from the nearest level, they may from one that is further away."""
    for number, at in apart:
        one = found[number]
        before, after = known.around(one, at)
        if before and any(_passes(record, before) for record in one.records.values()):
            yield Stretch(number, at - LONGEST_WALK, before.at)
        if after and any(_passes(record, after) for record in one.records.values()):
            yield Stretch(number, after.at, at + LONGEST_WALK)


def _passes(record: RecordReading, level: RegisterReading) -> bool:
    """Whether the way over the record goes past the level: it reaches over it, or is converted otherwise."""
    return record.slot.start < level.at < record.slot.end or record.factor_set != level.factor_set


def usual(found: Sequence[Gathered], known: OnRecord, apart: Iterable[Boundary]) -> Iterator[Stretch]:
    """Where the last level is further away than the tolerance, hours before it show what is usual."""
    for number, at in apart:
        one = found[number]
        rule = one.asked.rule
        read = max((level.at for level in known.levels(one) if level.at <= at), default=None)
        told = (reading.at for reading in known.reported[one.key] if reading.at <= at)
        if read is None or at - read > rule.tolerance:
            since = max((read or one.installed_at, *told)) - rule.average_window
            yield Stretch(number, max(since, at - _FURTHEST), at)


def estimated_hours(found: Sequence[Gathered]) -> Iterator[Stretch]:
    """Where hours of errors are estimated, all of the period, and those before it as a model."""
    for number, one in enumerate(found):
        rule, period = one.asked.rule, one.asked.period
        if rule.estimate_error_hours:
            starts = period.start - rule.average_window - rule.longest_estimate
            yield Stretch(number, starts, period.end)


def error_hours(found: Sequence[Gathered]) -> Iterator[Stretch]:
    """The whole period, where not all of its hours are read anyway."""
    for number, one in enumerate(found):
        if not one.asked.rule.estimate_error_hours:
            yield Stretch(number, one.asked.period.start, one.asked.period.end)
