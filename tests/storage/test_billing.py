"""Billing asks for all usage points at once."""

from __future__ import annotations

from metering.calendar import ArchiveKind, BillingPeriod
from storage.billing import Billing
from storage.polls import Polls
from storage.pool import Database
from tests.support.registry import DAY, HOUR, START, place, reading, record, report, snapshot

POINTS = 200
PERIOD = BillingPeriod(START, START + 31 * DAY)


async def test_a_period_of_many_points_with_months_of_registers(database: Database) -> None:
    """Meter n counts n Gcal a day; half of the meters keep totals, half are only seen at one at night."""
    spots = [await place(database, number, installed_at=START - 90 * DAY) for number in range(1, POINTS + 1)]
    for number, spot in enumerate(spots, start=1):
        days = [(START + day * DAY, reading(str(number * (100 + day)))) for day in range(-20, 40)]
        totals = [record(at, level, kind=ArchiveKind.TOTAL) for at, level in days if number % 2]
        seen = [snapshot(at + HOUR, level) for at, level in days if not number % 2]
        await Polls(database).save(report(spot.meter, archive=totals, snapshots=seen))
    answer = await Billing(database).registers(PERIOD, tolerance=2 * DAY)
    assert list(answer) == [spot.usage_point for spot in spots]
    differences = [segment.difference for segments in answer.values() for segment in segments]
    assert differences == [31 * number for number in range(1, POINTS + 1)]
