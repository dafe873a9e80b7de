"""Completeness and timeliness counted by the database: expected numbers are arithmetic on what was stored."""

from __future__ import annotations

from datetime import timedelta

import pytest

from metering.completeness import CountedPeriod, Tally
from metering.polls import Outcome
from metering.readings import GapReason
from storage.completeness import Completeness, Place
from storage.pool import Database
from tests.support.archive import DAY, HOUR, MIDNIGHT, held, hours, known_model, polled, store
from tests.support.registry import place

GAP = """
    insert into gap (meter_id, kind, slot_start, slot_end, reason, poll_id, frame, recorded_at, first_at)
    values ($1, 'hour', $2, $2::timestamptz + interval '1 hour', $3, $4, 1, now(), now())
"""


@pytest.fixture
async def meter(database: Database) -> int:
    """Registered long ago, with hours, days and levels that nobody asked for yet."""
    here = await place(database)
    await database.rows("update meter set registered_at = '2025-01-01'")
    await database.rows("update site set district = 'Медеу', service_centre = 'North'")
    await known_model(database)
    return here.meter


def period(days: int = 1, until: timedelta = 30 * DAY) -> CountedPeriod:
    return CountedPeriod(MIDNIGHT, MIDNIGHT + days * DAY, MIDNIGHT + until)


async def tallies(database: Database, asked: CountedPeriod) -> dict[tuple[str, str], Tally]:
    completeness = Completeness(database)
    counted = await completeness.counted(await completeness.watched(), asked)
    return {(one.wanted.kind.value, one.wanted.day.isoformat()): one.tally for one in counted}


async def test_stored_slots_gaps_and_held_slots_are_told_apart(database: Database, meter: int) -> None:
    first, second, third = [await polled(database, meter, MIDNIGHT + DAY) for _ in range(3)]
    await store(database, meter, first, hours(*range(0, 20)))
    await database.rows(GAP, meter, hours(20)[0], "no_record", first)
    await held(database, meter, second, hours(21)[0])
    await held(database, meter, third, hours(22)[0], waiting=False)
    found = await tallies(database, period())
    assert found["hour", "2026-01-10"] == Tally(24, 20, 1, {GapReason.NO_RECORD: 1})
    assert found["hour", "2026-01-10"].missing == 2
    assert found["total", "2026-01-10"] == Tally(1, 0)


async def test_slots_beside_the_wanted_ones_do_not_count(database: Database, meter: int) -> None:
    """The last hour of the day before, the first one of the day after, and an archive that is not wanted."""
    poll = await polled(database, meter, MIDNIGHT + DAY)
    await store(database, meter, poll, hours(-1, 24))
    await store(database, meter, poll, [MIDNIGHT], "day")
    assert {kind: one.stored for (kind, _), one in (await tallies(database, period())).items()} == {
        "hour": 0,
        "total": 0,
    }


async def test_settings_of_plans_say_what_is_wanted(database: Database, meter: int) -> None:
    await database.rows(
        "insert into poll_plan (settings, changed_by, changed_at) values ('{\"hour.depth\": 0}', 'me', now())"
    )
    assert [kind for kind, _ in await tallies(database, period())] == ["total"]
    await database.rows(
        "insert into poll_plan (usage_point_id, settings, changed_by, changed_at) "
        "select id, '{\"hour.depth\": 24, \"total.depth\": 0}', 'me', now() from usage_point"
    )
    assert [kind for kind, _ in await tallies(database, period())] == ["hour"]


async def test_a_model_nobody_told_of_is_wanted_nothing_of(database: Database) -> None:
    await place(database)
    assert await tallies(database, period()) == {}


async def test_points_are_found_by_place_and_in_pages(database: Database, meter: int) -> None:
    other = await place(database, 2)
    completeness = Completeness(database)
    assert [one.meter_id for one in await completeness.watched(Place(district="Медеу"))] == [meter]
    assert [one.meter_id for one in await completeness.watched(Place(service_centre="South"))] == []
    first = await completeness.watched(limit=1)
    second = await completeness.watched(after=first[-1].usage_point_id, limit=1)
    assert [one.meter_id for one in (*first, *second)] == [meter, other.meter]
    assert await completeness.watched(after=second[-1].usage_point_id) == []


async def test_the_cause_is_the_word_with_which_most_polls_failed(database: Database, meter: int) -> None:
    silent = await place(database, 2)
    never = await place(database, 3)
    for outcome in ("ok", "ok", "ok", "no_carrier", "busy", "no_carrier"):
        await polled(database, meter, MIDNIGHT + HOUR, outcome)
    await polled(database, silent.meter, MIDNIGHT - 9 * DAY, "busy")
    causes = await Completeness(database).causes(
        [meter, silent.meter, never.meter], MIDNIGHT.date(), MIDNIGHT.date() + DAY
    )
    assert causes == {meter: Outcome.NO_CARRIER}
