"""The judge of soak runs: which late records are explained, and which are not."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from metering.polls import Outcome
from storage.polls import Polls
from storage.pool import Database
from tests.soak.judge import DAY, Findings, Key, explain
from tests.support.registry import HOUR, START, missing, place, report

SLOT = START + 10 * DAY
CLOCK_WRONG_BY = timedelta(minutes=7)


async def test_a_gap_explains_it_though_the_clock_of_the_meter_is_wrong(database: Database) -> None:
    meter = (await place(database)).meter
    await Polls(database).save(report(meter, at=SLOT + 30 * DAY, gaps=[missing(SLOT)]))
    assert await _unexplained(database, (meter, "hour", SLOT), SLOT + HOUR - CLOCK_WRONG_BY) == []


async def test_a_poll_that_failed_within_its_first_day_explains_it(database: Database) -> None:
    meter = (await place(database)).meter
    await Polls(database).save(replace(report(meter, at=SLOT + 20 * HOUR), outcome=Outcome.METER_SILENT))
    assert await _unexplained(database, (meter, "hour", SLOT), SLOT + HOUR) == []


async def test_a_poll_that_failed_later_and_another_ones_gap_do_not(database: Database) -> None:
    first, second = await place(database, 1), await place(database, 2)
    failed = replace(report(first.meter, at=SLOT + 2 * DAY), outcome=Outcome.METER_SILENT)
    await Polls(database).save(failed)
    await Polls(database).save(report(first.meter, at=SLOT, gaps=[missing(SLOT + HOUR)]))
    await Polls(database).save(report(second.meter, at=SLOT, gaps=[missing(SLOT)]))
    key = (first.meter, "hour", SLOT)
    assert await _unexplained(database, key, SLOT + HOUR) == [key]


async def _unexplained(database: Database, key: Key, closed_at: datetime) -> list[Key]:
    findings = Findings(late={key: closed_at})
    await explain(database, findings)
    return findings.unexplained
