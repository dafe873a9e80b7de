"""What every repository promises, over PostgreSQL and over TimescaleDB."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from metering.billing_rules import BillingRule
from metering.calendar import ArchiveKind, BillingPeriod
from metering.conditions import Condition, ConditionName
from metering.consumption import Consumption, consumption
from metering.errors import ConfigurationError, ReadingConflict, StorageError
from metering.meters import MeterConfiguration, MeterIdentity
from metering.plans import PollPlan
from metering.polls import Direction, Outcome
from metering.readings import Absence, Flag, GapReason
from storage.access_log import Access, AccessLog
from storage.books import Books
from storage.conditions import Conditions
from storage.evidence import Evidences
from storage.gathered import Asked
from storage.jobs import Jobs
from storage.keys import ApiKeys
from storage.polls import Polls
from storage.pool import Database
from storage.readings import Readings
from storage.registered import Installation, Line
from storage.usage_points import Registry
from storage.values import Cause, SaveResult
from teplo.migrate import newest_revision
from tests.support.registry import (
    DAY,
    HOUR,
    POLLING,
    START,
    missing,
    place,
    reading,
    record,
    report,
    snapshot,
)

PERIOD = BillingPeriod(START, START + 31 * DAY)


@pytest.fixture(params=["database", pytest.param("timescale", marks=pytest.mark.timescale)])
def store(request: pytest.FixtureRequest) -> Database:
    """An open pool on each kind of database."""
    database: Database = request.getfixturevalue(request.param)
    return database


async def test_a_new_database_says_what_it_is(store: Database) -> None:
    state = await store.check()
    assert state.reachable
    assert state.revision == newest_revision()


async def test_adding_twice_changes_the_particulars_and_keeps_the_id(store: Database) -> None:
    registry = Registry(store)
    site = await registry.add_site("s1", "Дом", "ул. Абая, 1")
    assert await registry.add_site("s1", "Дом 1", "ул. Абая, 1") == site
    assert (await registry.site(site)).name == "Дом 1"  # type: ignore[union-attr]
    point = await registry.add_usage_point("p1", "Отопление", site, "+05:00")
    assert (
        await registry.add_usage_point("p1", "ГВС", site, "+05:00", billed_quantity="energy_total") == point
    )
    assert (await registry.usage_point(point)).billed_quantity == "energy_total"  # type: ignore[union-attr]
    line = await registry.add_line("tcp://10.0.0.1:4001", "10.0.0.1:4001")
    assert await registry.add_line("tcp://10.0.0.1:4001", "10.0.0.1:4001", "north") == line
    assert await registry.line(line) == Line(line, "tcp://10.0.0.1:4001", "north", None, "north")
    meter = await registry.add_meter("123", "m", "1", line, "+05:00")
    assert await registry.add_meter("123", "m", "2", line, "+05:00") == meter
    assert [m.address for m in await registry.meters()] == ["2"]


async def test_two_lines_on_one_endpoint_are_refused_by_name(store: Database) -> None:
    registry = Registry(store)
    await registry.add_line("tcp://10.0.0.1:4001", "10.0.0.1:4001")
    with pytest.raises(ConfigurationError, match="rfc2217://") as refused:
        await registry.add_line("rfc2217://10.0.0.1:4001", "10.0.0.1:4001", "north")
    assert "tcp://10.0.0.1:4001" in str(refused.value)
    assert [line.collector for line in await registry.lines("north")] == [None]


async def test_a_collector_sees_free_lines_and_its_own(store: Database) -> None:
    registry = Registry(store)
    free = await registry.add_line("tcp://a:1", "a:1")
    north = await registry.add_line("serial:/dev/ttyS0", "/dev/ttyS0", "north")
    await registry.add_line("serial:/dev/ttyS1", "/dev/ttyS1", "south")
    assert [line.id for line in await registry.lines("north")] == [free, north]
    assert [line.id for line in await registry.lines()] == [free]


async def test_two_polled_meters_on_one_address_are_refused(store: Database) -> None:
    registry = Registry(store)
    line = await registry.add_line("tcp://a:1", "a:1")
    old = await registry.add_meter("1", "m", "5", line, "+05:00")
    with pytest.raises(ConfigurationError, match="address 5"):
        await registry.add_meter("2", "m", "5", line, "+05:00")
    await registry.add_meter("1", "m", "5", line, "+05:00", polled=False)
    new = await registry.add_meter("2", "m", "5", line, "+05:00")
    assert [meter.id for meter in await registry.meters_on_line(line)] == [new]
    assert [meter.id for meter in await registry.meters()] == [old, new]


async def test_a_meter_on_an_unknown_line_is_refused(store: Database) -> None:
    with pytest.raises(ConfigurationError, match="line 77"):
        await Registry(store).add_meter("1", "m", "5", 77, "+05:00")


async def test_one_meter_at_a_time_measures_a_usage_point(store: Database) -> None:
    registry = Registry(store)
    first, second = await place(store, 1), await place(store, 2, installed_at=None)
    with pytest.raises(ConfigurationError, match="already"):
        await registry.install(first.usage_point, second.meter, 1, START + DAY)
    await registry.remove(first.usage_point, first.meter, START + DAY)
    await registry.install(first.usage_point, second.meter, 1, START + DAY)
    await registry.install(first.usage_point, second.meter, 1, START + DAY)
    assert await registry.installations(first.usage_point) == [
        Installation(first.usage_point, first.meter, 1, START, START + DAY),
        Installation(first.usage_point, second.meter, 1, START + DAY, None),
    ]
    assert len(await registry.installations_of_meter(second.meter)) == 1


async def test_a_meter_cannot_be_removed_before_it_was_installed(store: Database) -> None:
    registry = Registry(store)
    first = await place(store)
    with pytest.raises(ConfigurationError, match="not after"):
        await registry.remove(first.usage_point, first.meter, START - DAY)
    with pytest.raises(ConfigurationError, match="not installed"):
        await registry.remove(first.usage_point, first.meter + 1, START + DAY)


async def test_pages_follow_the_id(store: Database) -> None:
    registry = Registry(store)
    places = [await place(store, number) for number in (1, 2, 3)]
    assert [p.id for p in await registry.usage_points(limit=2)] == [p.usage_point for p in places[:2]]
    assert [p.id for p in await registry.usage_points(places[1].usage_point)] == [places[2].usage_point]
    assert await registry.meter(places[2].meter + 1) is None


async def test_a_poll_is_stored_with_its_frames_and_what_the_meter_said_of_itself(store: Database) -> None:
    polls, spot = Polls(store), await place(store)
    sent = report(
        spot.meter,
        particulars={
            "message": "Нет ответа на второй вопрос",
            "identity": MeterIdentity("00000001", maker="KAM", version="8"),
            "configuration": MeterConfiguration({"unit": "GJ"}),
            "clock_difference": timedelta(seconds=-95),
        },
    )
    sent = replace(sent, outcome=Outcome.PARTLY_READ)
    assert await polls.save(sent) == SaveResult(0, 0, 0)
    stored = await polls.poll(sent.id)
    assert stored is not None
    for name in ("outcome", "message", "identity", "configuration", "clock_difference", "started_at"):
        assert getattr(stored, name) == getattr(sent, name)
    assert await polls.frames(sent.id) == sent.frames
    assert sent.frames[0].direction is Direction.SENT
    assert await polls.poll(uuid4()) is None


async def test_polls_are_listed_newest_first_and_by_page(store: Database) -> None:
    polls, first, second = Polls(store), await place(store, 1), await place(store, 2)
    sent = [report(first.meter, at=START + hours * HOUR) for hours in range(4)]
    for item in [*sent, report(second.meter, at=START)]:
        await polls.save(item)
    newest = [item.id for item in reversed(sent)]
    assert [p.id for p in await polls.list(first.meter)] == newest
    assert [p.id for p in await polls.list(first.meter, limit=2)] == newest[:2]
    assert [p.id for p in await polls.list(first.meter, after=newest[1])] == newest[2:]
    assert [p.id for p in await polls.list(since=START + 2 * HOUR)] == newest[:2]
    last = await polls.last_poll_per_meter()
    assert last[first.meter].id == newest[0]
    assert last.keys() == {first.meter, second.meter}


async def test_a_poll_of_an_unregistered_meter_is_refused(store: Database) -> None:
    with pytest.raises(ReadingConflict, match="not registered"):
        await Polls(store).save(report(77))


NUMBERS = (
    "0",
    "0.000",
    "-12.5",
    "34510",
    "0.00000000000000000001",
    "123456789012345678901234567890.123456789",
)


@pytest.mark.parametrize("number", NUMBERS)
async def test_a_decimal_comes_back_digit_by_digit(store: Database, number: str) -> None:
    spot = await place(store)
    await Polls(store).save(report(spot.meter, archive=[record(START, reading(number))]))
    (value,) = await Readings(store).archive(spot.meter, ArchiveKind.HOUR, START, START + HOUR)
    assert str(value.value) == str(Decimal(number)) or value.value == Decimal(number) == 0
    assert value.origin.raw_value == Decimal(number)


async def test_an_archive_value_keeps_its_origin(store: Database) -> None:
    spot = await place(store)
    flagged = reading("1.5", circuit=2, flags=[Flag.CLOCK_DRIFT, Flag.WENT_BACK])
    sent = report(spot.meter, archive=[record(START, flagged, reading(None))])
    assert await Polls(store).save(sent) == SaveResult(2, 0, 0)
    absent, value = await Readings(store).archive(spot.meter, ArchiveKind.HOUR, START, START + HOUR)
    assert (value.circuit, value.value, value.flags) == (2, Decimal("1.5"), flagged.flags)
    assert (value.slot, value.meter_time) == (sent.archive[0].slot, sent.archive[0].meter_time)
    assert (value.origin.poll_id, value.origin.frame, value.origin.raw_unit) == (sent.id, 2, "Gcal")
    assert (absent.value, absent.absence) == (None, Absence.ERROR_STATE)


async def test_an_archive_is_paged_by_its_key(store: Database) -> None:
    spot, readings = await place(store), Readings(store)
    hours = [record(START + n * HOUR, reading("1"), reading("2", "volume")) for n in range(3)]
    await Polls(store).save(report(spot.meter, archive=hours))
    whole = await readings.archive(spot.meter, ArchiveKind.HOUR, START, START + DAY)
    assert len(whole) == 6
    last = whole[2]
    after = (last.slot.start, last.circuit, last.quantity)
    assert await readings.archive(spot.meter, ArchiveKind.HOUR, START, START + DAY, limit=3) == whole[:3]
    assert await readings.archive(spot.meter, ArchiveKind.HOUR, START, START + DAY, after=after) == whole[3:]
    volumes = await readings.archive(spot.meter, ArchiveKind.HOUR, START, START + 2 * HOUR, "volume")
    assert [value.value for value in volumes] == [2, 2]


async def test_saving_a_report_again_changes_nothing(store: Database) -> None:
    polls, readings, spot = Polls(store), Readings(store), await place(store)
    sent = report(
        spot.meter,
        archive=[record(START, reading("1"))],
        snapshots=[snapshot(START, reading("2"))],
        gaps=[missing(START + HOUR)],
    )
    assert await polls.save(sent) == SaveResult(2, 0, 0)
    assert await polls.save(sent) == SaveResult(0, 2, 0)
    assert len(await polls.list()) == 1
    assert len(await readings.archive(spot.meter, ArchiveKind.HOUR, START, START + DAY)) == 1
    assert await readings.revisions(spot.meter, START, START + DAY) == []


async def test_another_value_of_a_slot_is_a_revision(store: Database) -> None:
    polls, readings, spot = Polls(store), Readings(store), await place(store)
    first = report(spot.meter, archive=[record(START, reading("1"), reading("5", "volume"))])
    second = report(
        spot.meter, at=START + DAY, archive=[record(START, reading("2"), reading("5.0", "volume"))]
    )
    await polls.save(first)
    assert await polls.save(second) == SaveResult(0, 1, 1)
    energy, volume = await readings.archive(spot.meter, ArchiveKind.HOUR, START, START + HOUR)
    assert (energy.value, energy.origin.poll_id) == (2, second.id)
    assert (volume.value, volume.origin.poll_id) == (5, first.id)
    (revision,) = await readings.revisions(spot.meter, START, START + DAY)
    assert (revision.old.value, revision.old.origin.poll_id, revision.replaced_by) == (1, first.id, second.id)
    assert (revision.recorded_at, revision.cause) == (second.finished_at, Cause.READ)


async def test_a_report_that_comes_late_does_not_hide_a_newer_value(store: Database) -> None:
    polls, readings, spot = Polls(store), Readings(store), await place(store)
    early = report(spot.meter, archive=[record(START, reading("1"))])
    late = report(spot.meter, at=START + DAY, archive=[record(START, reading("2"))])
    await polls.save(late)
    assert await polls.save(early) == SaveResult(0, 0, 1)
    (value,) = await readings.archive(spot.meter, ArchiveKind.HOUR, START, START + HOUR)
    assert (value.value, value.origin.poll_id) == (2, late.id)
    (revision,) = await readings.revisions(spot.meter, START, START + DAY)
    assert (revision.old.value, revision.old.origin.poll_id, revision.replaced_by) == (1, early.id, late.id)


async def test_an_absence_that_becomes_a_value_is_a_revision(store: Database) -> None:
    polls, readings, spot = Polls(store), Readings(store), await place(store)
    await polls.save(report(spot.meter, archive=[record(START, reading(None))]))
    again = report(spot.meter, at=START + DAY, archive=[record(START, reading("0"))])
    assert await polls.save(again) == SaveResult(0, 0, 1)
    (revision,) = await readings.revisions(spot.meter, START, START + DAY)
    assert revision.old.absence is Absence.ERROR_STATE


async def test_a_slot_that_one_poll_read_twice_is_stored_once(store: Database) -> None:
    spot = await place(store)
    twice = report(spot.meter, archive=[record(START, reading("1")), record(START, reading("2"))])
    assert await Polls(store).save(twice) == SaveResult(1, 0, 0)
    (value,) = await Readings(store).archive(spot.meter, ArchiveKind.HOUR, START, START + HOUR)
    assert value.value == 2


BROKEN = Condition(ConditionName.SENSOR_BREAK, 1, "temperature_supply")
STRANGE = Condition(ConditionName.UNKNOWN, code="status bit 3")


async def test_conditions_stand_beside_the_values_they_came_with(store: Database) -> None:
    spot = await place(store)
    hour = replace(record(START, reading("1")), conditions=frozenset({BROKEN}))
    now = replace(snapshot(START + DAY, reading("2")), conditions=frozenset({BROKEN, STRANGE}))
    polled = report(spot.meter, archive=[hour], snapshots=[now])
    await Polls(store).save(polled)
    stored = await Conditions(store).of_meter(spot.meter, START, START + 2 * DAY)
    assert [(one.kind, one.at, one.condition) for one in stored] == [
        (ArchiveKind.HOUR, START, BROKEN),
        (None, START + DAY, STRANGE),
        (None, START + DAY, BROKEN),
    ]
    assert {(one.poll_id, one.frame) for one in stored} == {(polled.id, 2)}
    rest = await Conditions(store).of_meter(spot.meter, START, START + 2 * DAY, after=stored[1].key)
    assert rest == stored[2:]


async def test_the_conditions_of_the_value_that_stands_stand(store: Database) -> None:
    spot, polls = await place(store), Polls(store)
    early = replace(record(START, reading("1")), conditions=frozenset({BROKEN}))
    late = replace(record(START, reading("2")), conditions=frozenset({STRANGE}))
    first, second = report(spot.meter, archive=[early]), report(spot.meter, at=START + DAY, archive=[late])
    for one in (second, first):
        await polls.save(one)
        stored = await Conditions(store).of_meter(spot.meter, START, START + DAY)
        assert [each.condition for each in stored] == [STRANGE]


async def test_a_later_value_brings_its_own_conditions(store: Database) -> None:
    spot, polls = await place(store), Polls(store)
    early = replace(record(START, reading("1")), conditions=frozenset({BROKEN}))
    await polls.save(report(spot.meter, archive=[early]))
    await polls.save(report(spot.meter, at=START + DAY, archive=[record(START, reading("2"))]))
    assert await Conditions(store).of_meter(spot.meter, START, START + DAY) == []


async def test_known_slots_are_records_and_gaps(store: Database) -> None:
    polls, readings, spot = Polls(store), Readings(store), await place(store)
    hours = [START + n * HOUR for n in range(3)]
    twice = [missing(hours[1], GapReason.UNREADABLE), missing(hours[1])]
    await polls.save(report(spot.meter, archive=[record(hours[0], reading("1"))], gaps=twice))
    stored = await readings.archive(spot.meter, ArchiveKind.HOUR, START, START + DAY)
    assert [value.slot.start for value in stored] == [hours[0]]
    (gap,) = await readings.gaps(spot.meter, START, START + DAY)
    assert (gap.slot.start, gap.reason, gap.asked) == (hours[1], GapReason.NO_RECORD, 1)
    assert gap.recorded_at == gap.first_at == START + POLLING


async def test_a_record_removes_the_gap_of_its_slot_and_no_gap_comes_back(store: Database) -> None:
    polls, readings, spot = Polls(store), Readings(store), await place(store)
    await polls.save(report(spot.meter, gaps=[missing(START, GapReason.NOT_YET_CLOSED)]))
    await polls.save(report(spot.meter, at=START + HOUR, archive=[record(START, reading("1"))]))
    await polls.save(report(spot.meter, at=START + DAY, gaps=[missing(START, GapReason.OUT_OF_DEPTH)]))
    assert len(await readings.archive(spot.meter, ArchiveKind.HOUR, START, START + DAY)) == 1
    assert await readings.gaps(spot.meter, START, START + DAY) == []


async def test_the_reason_of_a_gap_is_the_one_heard_last(store: Database) -> None:
    polls, readings, spot = Polls(store), Readings(store), await place(store)
    reasons = ((2, GapReason.UNREADABLE), (3, GapReason.NO_RECORD), (1, GapReason.NOT_YET_CLOSED))
    for hours, reason in reasons:
        await polls.save(report(spot.meter, at=START + hours * HOUR, gaps=[missing(START, reason)]))
    (gap,) = await readings.gaps(spot.meter, START, START + DAY)
    assert (gap.reason, gap.recorded_at) == (GapReason.NO_RECORD, START + 3 * HOUR + POLLING)
    assert (gap.first_at, gap.asked) == (START + HOUR + POLLING, 2)


async def test_the_last_levels_are_valid_ones_of_registers(store: Database) -> None:
    polls, spot, books = Polls(store), await place(store), Books(store)
    zero = replace(reading("0"), flags=frozenset({Flag.WENT_BACK}))
    for hours, value in enumerate((reading("7"), reading("8"), zero)):
        at = START + hours * HOUR
        await polls.save(report(spot.meter, at=at, snapshots=[snapshot(at, value)]))
    now, later = START + DAY, START + 40 * DAY + 3 * HOUR
    (level,) = (await books.line(spot.line, PollPlan(), now)).meters[0].levels  # type: ignore[union-attr]
    assert (level.quantity, level.unit, level.value) == (zero.quantity, zero.raw_unit, reading("8").raw_value)
    assert (await books.line(spot.line, PollPlan(), later)).meters[0].levels == ()  # type: ignore[union-attr]


async def test_the_latest_snapshot_is_whole(store: Database) -> None:
    polls, readings, spot = Polls(store), Readings(store), await place(store)
    assert await readings.latest_snapshot(spot.meter) == []
    for hours in (2, 1):
        shown = snapshot(START + hours * HOUR, reading(str(hours)), reading("70", "temperature_supply"))
        await polls.save(report(spot.meter, at=START + hours * HOUR, snapshots=[shown]))
    latest = await readings.latest_snapshot(spot.meter)
    assert [(value.quantity, value.value) for value in latest] == [
        ("energy_heating", 2),
        ("temperature_supply", 70),
    ]
    seen = await readings.snapshots(spot.meter, START, START + DAY)
    assert [value.read_at for value in seen] == [START + 2 * HOUR] * 2 + [START + HOUR] * 2


async def test_nothing_is_half_stored_when_the_end_of_a_report_is_refused(store: Database) -> None:
    polls, readings, spot = Polls(store), Readings(store), await place(store)
    wrong = replace(missing(START + HOUR), frame=-1)
    whole = report(
        spot.meter,
        archive=[record(START, reading("1"))],
        snapshots=[snapshot(START, reading("2"))],
        gaps=[wrong],
    )
    with pytest.raises(ReadingConflict):
        await polls.save(whole)
    assert await polls.poll(whole.id) is None
    assert await polls.frames(whole.id) == ()
    assert await readings.latest_snapshot(spot.meter) == []
    assert await readings.archive(spot.meter, ArchiveKind.HOUR, START, START + DAY) == []
    assert await polls.save(replace(whole, gaps=())) == SaveResult(2, 0, 0)


async def test_a_number_that_is_none_is_refused(store: Database) -> None:
    spot = await place(store)
    with pytest.raises(StorageError):
        await Polls(store).save(report(spot.meter, archive=[record(START, reading("NaN"))]))


async def registers(store: Database, point: int, quantity: str = "energy_heating") -> Consumption:
    """What a point consumed in the period by registers within a day and a half of its boundaries."""
    asked = Asked(point, quantity, PERIOD, BillingRule())
    return consumption(PERIOD, (await Evidences(store).of([asked]))[point], BillingRule())


async def test_registers_of_a_period_are_the_last_at_or_before_its_boundaries(store: Database) -> None:
    spot = await place(store, installed_at=START - 10 * DAY)
    totals = {-2 * DAY: "98", -DAY: "99", 0 * DAY: "100", 30 * DAY: "130", 31 * DAY + HOUR: "131.1"}
    archive = [
        record(START + offset, reading(level), reading("1", "volume"), kind=ArchiveKind.TOTAL)
        for offset, level in totals.items()
    ]
    snapshots = [snapshot(START, reading("100.4")), snapshot(START + 31 * DAY - HOUR, reading("130.9"))]
    await Polls(store).save(report(spot.meter, archive=archive, snapshots=snapshots))
    found = await registers(store, spot.usage_point)
    assert found.opening is not None and found.closing is not None
    assert (found.opening.known_until, found.opening.value) == (START, 100)
    assert (found.closing.known_until, found.closing.value) == (PERIOD.end - HOUR, Decimal("130.9"))
    assert found.value == Decimal("30.9")


@pytest.mark.parametrize("flag", list(Flag))
async def test_a_register_in_serious_doubt_is_passed_over(store: Database, flag: Flag) -> None:
    spot = await place(store, installed_at=START - 10 * DAY)
    seen = [snapshot(START - HOUR, reading("50")), snapshot(START, reading("0", flags=[flag]))]
    await Polls(store).save(report(spot.meter, snapshots=[*seen, snapshot(START - DAY, reading(None))]))
    found = await registers(store, spot.usage_point)
    assert found.opening is not None
    assert found.opening.value == (0 if flag is Flag.CLOCK_DRIFT else 50)


async def test_a_point_is_billed_by_its_own_quantity_and_circuit(store: Database) -> None:
    registry, spot = Registry(store), await place(store, installed_at=None)
    site = await registry.add_site("house", "Дом")
    water = await registry.add_usage_point("w", "ГВС", site, "+05:00", billed_quantity="energy_hot_water")
    await registry.install(water, spot.meter, 2, START)
    seen = snapshot(
        START,
        reading("1"),
        reading("2", circuit=2),
        reading("3", "energy_hot_water", circuit=2),
        reading("4", "energy_hot_water"),
    )
    await Polls(store).save(report(spot.meter, snapshots=[seen]))
    for quantity, level in (("energy_hot_water", 3), ("energy_heating", 2)):
        found = await registers(store, water, quantity)
        assert found.opening is not None and found.opening.value == level


async def test_who_asked_is_remembered(store: Database) -> None:
    log, (key, _) = AccessLog(store), await ApiKeys(store).create("billing", ["consumption"])
    asked = [
        Access(PERIOD.start, key, "billing", "GET", "/api/v1/consumption", "month=2026-01", 200, answered)
        for answered in ({"lines": 3, "total": "12.345"}, {"lines": 1, "total": None}, None)
    ]
    await log.keep(asked)
    assert [one for _, one in await log.page()] == asked[::-1]
    (newest, _), *_ = await log.page(limit=1)
    assert [one for _, one in await log.page(before=newest)] == asked[1::-1]


async def test_a_key_opens_until_it_is_revoked(store: Database) -> None:
    keys = ApiKeys(store)
    identifier, plain = await keys.create("1С", ["readings", "consumption", "readings"])
    found = await keys.find(plain)
    assert found is not None
    assert (found.id, found.name, found.scopes) == (identifier, "1С", {"readings", "consumption"})
    assert await keys.find(plain + "x") is None
    assert await keys.revoke(identifier)
    assert not await keys.revoke(identifier)
    assert await keys.find(plain) is None
    (listed,) = await keys.list()
    assert listed.revoked_at is not None


async def test_a_key_is_nowhere_stored_as_it_is(store: Database) -> None:
    _, plain = await ApiKeys(store).create("billing", [])
    stored = await store.value("select string_agg(api_key::text, '') from api_key")
    assert plain not in stored
    assert plain.encode().hex() not in stored


async def test_a_line_is_in_the_queue_once_with_its_highest_priority(store: Database) -> None:
    jobs = Jobs(store)
    await jobs.request_lines({1: None, 2: "north"})
    for priority in (3, 9, 5):
        await jobs.request_line(1, priority=priority)
    await jobs.request_lines({})
    assert await jobs.depth() == {("serve_line", "queued"): 1, ("serve_line@north", "queued"): 1}
    assert await store.value("select max(priority) from pgqueuer") == 9
