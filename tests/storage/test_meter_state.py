"""What is kept of a meter's polls: how they end now, and what they cost by day."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from metering.meters import MeterConfiguration
from metering.polls import HoldReason, Outcome
from metering.readings import Flag
from storage.polls import Polls
from storage.pool import Database
from tests.support.registry import DAY, HOUR, POLLING, START, place, reading, report, snapshot


async def state(database: Database) -> Any:
    return await database.row("select * from meter_state")


async def test_failures_in_a_row_are_counted(database: Database) -> None:
    spot, polls = await place(database), Polls(database)
    ends = (Outcome.METER_SILENT, Outcome.BUSY, Outcome.PARTLY_READ, Outcome.WRONG_METER, Outcome.OK)
    counted = []
    for hours, outcome in enumerate(ends):
        await polls.save(replace(report(spot.meter, at=START + hours * HOUR), outcome=outcome))
        counted.append((await state(database))["failures"])
    assert counted == [1, 2, 3, 4, 0]
    assert (await state(database))["ok_at"] == START + 4 * HOUR + POLLING


async def test_an_end_that_says_nothing_of_the_meter_changes_no_state(database: Database) -> None:
    spot, polls = await place(database), Polls(database)
    await polls.save(report(spot.meter))
    before = await state(database)
    for hours, outcome in enumerate((Outcome.OVER_BUDGET, Outcome.STORAGE_AWAY, Outcome.CANCELLED), 1):
        await polls.save(replace(report(spot.meter, at=START + hours * HOUR), outcome=outcome))
    assert await state(database) == before


async def test_a_late_report_does_not_spoil_the_state(database: Database) -> None:
    spot, polls = await place(database), Polls(database)
    newest = replace(report(spot.meter, at=START + DAY), outcome=Outcome.METER_SILENT)
    await polls.save(newest)
    late = report(spot.meter, snapshots=[snapshot(START, reading("5"))],
                  particulars={"configuration": MeterConfiguration({"unit": "GJ"})})  # fmt: skip
    await polls.save(late)
    kept = await state(database)
    assert (kept["poll_id"], kept["outcome"], kept["failures"]) == (newest.id, "meter_silent", 1)
    assert kept["configuration"] is None
    assert kept["read_at"] == kept["ok_at"] == late.finished_at
    assert kept["level_at"] == START


async def test_a_link_that_answers_is_no_reading(database: Database) -> None:
    spot, polls = await place(database), Polls(database)
    await polls.save(report(spot.meter))
    kept = await state(database)
    assert (kept["read_at"], kept["ok_at"]) == (None, START + POLLING)


async def test_a_held_report_changes_no_accepted_configuration(database: Database) -> None:
    spot, polls = await place(database), Polls(database)
    settings = [MeterConfiguration({"unit": unit}) for unit in ("GJ", "Gcal")]
    drift = {"clock_difference": timedelta(seconds=-7)}
    seen = [snapshot(START, reading("5"))]
    await polls.save(report(spot.meter, snapshots=seen, particulars={"configuration": settings[0], **drift}))
    changed = report(spot.meter, at=START + HOUR, snapshots=seen, particulars={"configuration": settings[1]})
    await polls.save(replace(changed, held=HoldReason.SCHEME_CHANGED, outcome=Outcome.CONFIGURATION_CHANGED))
    kept = await state(database)
    assert (kept["configuration"], kept["failures"]) == ('{"unit": "GJ"}', 1)
    assert (kept["clock_difference"], kept["clock_at"]) == (timedelta(seconds=-7), START + POLLING)


async def test_a_level_in_serious_doubt_is_none(database: Database) -> None:
    spot, polls = await place(database), Polls(database)
    doubtful = reading("0", flags=[Flag.WENT_BACK])
    seen = [snapshot(START, reading("5")), snapshot(START + HOUR, doubtful),
            snapshot(START + 2 * HOUR, reading("70", "temperature_supply"))]  # fmt: skip
    await polls.save(report(spot.meter, at=START + 3 * HOUR, snapshots=seen))
    assert (await state(database))["level_at"] == START


async def test_the_days_say_what_polls_cost(database: Database) -> None:
    spot, polls = await place(database), Polls(database)
    sent = [report(spot.meter, at=START + hours * HOUR) for hours in (0, 23, 24)]
    sent.append(replace(report(spot.meter, at=START + DAY), outcome=Outcome.OVER_BUDGET, frames=()))
    await polls.save_many(sent)
    await polls.save_many(sent)
    days = await database.rows(
        "select day, outcome, polls, air_time, sent, received from poll_day order by 1, 2"
    )
    first, second = START.date(), (START + DAY).date()
    assert [tuple(row) for row in days] == [
        (first, "ok", 2, 2 * POLLING, 10, 2),
        (second, "ok", 1, POLLING, 5, 1),
        (second, "over_budget", 1, POLLING, 0, 0),
    ]
