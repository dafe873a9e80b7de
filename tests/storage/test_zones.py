"""Changes of meters' zones: entered once, seen by everybody who works with a meter's time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from metering.calendar import ArchiveKind
from metering.differences import ValueKey
from metering.errors import ConfigurationError, ReadingConflict
from metering.plans import PollPlan
from storage.books import Books
from storage.polls import Polls
from storage.pool import Database
from storage.readings import Readings
from storage.redecoding import Redecoding
from storage.replacements import put_in_place
from storage.usage_points import Registry
from storage.zones import Change, Zones
from tests.support.registry import DAY, HOUR, START, place, reading, record, report

ENTERED = datetime(2024, 2, 1, tzinfo=UTC)
SINCE = datetime(2024, 2, 29, 18, tzinfo=UTC)
LAW = Change(SINCE, "+04:00", "decree 18 of 19.01.2024")
AFTER_THE_LAW = "+05:00;2024-02-29T18:00:00Z=+04:00"
"""The meters of `place` are registered at +05:00."""


@pytest.fixture
def zones(database: Database) -> Zones:
    return Zones(database)


async def zone_of(database: Database, meter: int) -> str:
    found = await Registry(database).meter(meter)
    assert found is not None
    return found.zone


async def test_a_law_counts_for_every_meter_of_its_zone(database: Database, zones: Zones) -> None:
    first, second, other = [(await place(database, number)).meter for number in (1, 2, 3)]
    await database.rows("update meter set zone = 'Asia/Almaty' where id = $1", other)
    assert await zones.meters_in("+05:00", SINCE) == [first, second]
    assert await zones.change_by_law("+05:00", LAW, ENTERED) == [first, second]
    assert [await zone_of(database, one) for one in (first, second, other)] == [
        AFTER_THE_LAW,
        AFTER_THE_LAW,
        "Asia/Almaty",
    ]
    (entered,) = await zones.of_meter(second)
    assert (entered.change, entered.entered_at) == (LAW, ENTERED)


async def test_a_law_that_is_entered_again_changes_nothing(database: Database, zones: Zones) -> None:
    meter = (await place(database)).meter
    await zones.change_by_law("+05:00", LAW, ENTERED)
    before = await zones.of_meter(meter)
    assert await zones.change_by_law("+05:00", LAW, ENTERED + DAY) == []
    assert await zones.of_meter(meter) == before


async def test_one_law_after_the_other(database: Database, zones: Zones) -> None:
    meter = (await place(database)).meter
    back = Change(SINCE + DAY, "+05:00", "decree 19")
    await zones.change_by_law("+05:00", LAW, ENTERED)
    assert await zones.change_by_law("+04:00", back, ENTERED) == [meter]
    assert await zones.meters_in("+05:00", SINCE + 2 * DAY) == [meter]
    assert await zone_of(database, meter) == AFTER_THE_LAW + ";2024-03-01T18:00:00Z=+05:00"


async def test_what_was_entered_wrongly_is_entered_rightly(database: Database, zones: Zones) -> None:
    meter = (await place(database)).meter
    await zones.change([meter], Change(SINCE, "+03:00", "a slip"), ENTERED)
    assert await zones.change([meter], LAW, ENTERED) == [meter]
    assert await zone_of(database, meter) == AFTER_THE_LAW


async def test_a_registry_file_does_not_undo_a_law(database: Database, zones: Zones) -> None:
    spot = await place(database)
    await zones.change_by_law("+05:00", LAW, ENTERED)
    for zone in ("+05:00", "+04:00"):
        await Registry(database).add_meter("00000001", "kamstrup-multical-403", "1", spot.line, zone)
        assert await zone_of(database, spot.meter) == AFTER_THE_LAW


async def test_whoever_polls_sees_the_change(database: Database, zones: Zones) -> None:
    spot, plan = await place(database), PollPlan()
    await zones.change([spot.meter], LAW, ENTERED)
    book = await Books(database).line(spot.line, plan, START)
    assert book is not None
    assert [meter.zone for meter in book.meters] == [AFTER_THE_LAW]
    (outline,) = await Books(database).outlines(plan, START)
    assert outline.zone == AFTER_THE_LAW


async def test_a_meter_put_in_the_place_of_another_has_its_zone(database: Database, zones: Zones) -> None:
    spot = await place(database)
    await zones.change([spot.meter], LAW, ENTERED)
    async with database.transaction() as connection:
        new = await put_in_place(connection, spot.meter, "00000077", START + DAY)
    assert await zone_of(database, new) == AFTER_THE_LAW
    assert [one.change for one in await zones.of_meter(new)] == [LAW]


async def test_a_record_put_into_another_hour_leaves_its_own_wanted(database: Database) -> None:
    """As `teplo redecode` does with what was read before the law was entered."""
    meter, read = (await place(database)).meter, reading("0.1")
    hours = [record(START + number * HOUR, read) for number in range(3)]
    wrong = report(meter, archive=hours[:2])
    await Polls(database).save(wrong)
    gone = ValueKey(ArchiveKind.HOUR, START, 1, read.quantity.name)
    await Redecoding(database).write(replace(wrong, archive=tuple(hours[1:])), [gone])
    (spans,) = [row["spans"] for row in await database.rows("select spans from stored_slots")]
    assert [(span.lower, span.upper) for span in spans] == [(START + HOUR, START + 3 * HOUR)]
    stored = await Readings(database).archive(meter, ArchiveKind.HOUR, START, START + DAY)
    assert [value.slot.start for value in stored] == [START + HOUR, START + 2 * HOUR]


async def test_a_change_that_comes_before_those_of_the_registry_is_refused(
    database: Database, zones: Zones
) -> None:
    meter = (await place(database)).meter
    await database.rows("update meter set zone = $2 where id = $1", meter, AFTER_THE_LAW)
    early = Change(SINCE - DAY, "+06:00", "a slip")
    with pytest.raises(ConfigurationError):
        await zones.change([meter], early, ENTERED)
    assert await zone_of(database, meter) == AFTER_THE_LAW


async def test_a_meter_that_nobody_registered_has_no_zone(zones: Zones) -> None:
    with pytest.raises(ReadingConflict):
        await zones.change([77], LAW, ENTERED)


@pytest.mark.parametrize(
    ("since", "zone", "by"),
    [
        (SINCE, "Mars", "law"),
        (SINCE, "+04:00;2025-01-01T00:00:00Z=+05:00", "law"),
        (SINCE, "+04:00", ""),
        (SINCE.replace(tzinfo=None), "+04:00", "law"),
        (SINCE + timedelta(milliseconds=1), "+04:00", "law"),
    ],
    ids=["no zone", "a zone with changes", "nobody decreed it", "no offset", "no whole second"],
)
def test_what_is_no_change_is_refused(since: datetime, zone: str, by: str) -> None:
    with pytest.raises(ConfigurationError):
        Change(since, zone, by)


async def test_usage_points_keep_their_own_zone(database: Database, zones: Zones) -> None:
    spot = await place(database)
    await zones.change_by_law("+05:00", LAW, ENTERED)
    point = await Registry(database).usage_point(spot.usage_point)
    assert point is not None
    assert point.zone == "+05:00"
    assert await zones.usage_points_in("+05:00") == ["point-1"]
